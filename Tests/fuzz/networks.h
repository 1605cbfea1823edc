/* Networks made of chosen options, and what is done with them. For files that are compiled twice, as
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

/* A network of chosen options, or NULL if they were refused, as they must be where the header says
 * so. */
Network *choose_network(void);

/* Sets chosen options of its optimizer, which must be refused or be there then. */
void choose_optimizer(Network *network);

/* A call with a network, chosen too; its arguments as well. */
void use_network(Network *network);

/* Serialized, read and serialized again, the bytes are the same. */
void copy_network(const Network *network);

#endif
