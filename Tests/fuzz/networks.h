/* Networks of chosen options, and calls with them. For files that are compiled twice, as
 * typed.h. */
#ifndef SWIFTREG_TESTS_FUZZ_NETWORKS_H
#define SWIFTREG_TESTS_FUZZ_NETWORKS_H

#include "fuzz.h"
#include "typed.h"

#if TEST_F64
typedef reg_network_f64 Network;
typedef reg_data_f64 Data;
#else
typedef reg_network Network;
typedef reg_data Data;
#endif

enum { FUZZ_LAYERS = 4 };

#define choose_network TYPED(choose_network)
#define choose_optimizer TYPED(choose_optimizer)
#define use_network TYPED(use_network)
#define copy_network TYPED(copy_network)

/* A network of chosen options; NULL if they were refused, as the header demands. */
Network *choose_network(void);

/* Sets chosen options of its optimizer, which must be refused or take effect. */
void choose_optimizer(Network *network);

/* A chosen call with chosen arguments. */
void use_network(Network *network);

/* Serializes, reads and serializes again: the bytes must be the same. */
void copy_network(const Network *network);

#endif
