/* Random networks with their data, as the library gets them and as the oracle does. For files that
 * are compiled twice, as typed.h. */
#ifndef SWIFTREG_TESTS_NETWORK_CASES_H
#define SWIFTREG_TESTS_NETWORK_CASES_H

#include "layouts.h"
#include "network_oracle.h"

#if TEST_F64
typedef reg_network_f64 Network;
typedef reg_data_f64 Data;
#else
typedef reg_network Network;
typedef reg_data Data;
#endif

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* An options or result struct with nothing but its size. */
#define SIZED(type) ((type){.struct_size = sizeof(type)})

enum { MAX_CASE_LAYERS = 4 };

typedef struct Shape {
    size_t m, layers, widths[MAX_CASE_LAYERS + 1];
} Shape;

typedef struct Case {
    reg_network_options options; /* its arrays are the ones below */
    size_t widths[MAX_CASE_LAYERS + 1];
    reg_activation activations[MAX_CASE_LAYERS];
    double keep_prob[MAX_CASE_LAYERS], l2[MAX_CASE_LAYERS], l1[MAX_CASE_LAYERS];
    Matrix x, y;
    real *weights;
    Data data;         /* the examples for the library */
    OracleBatch batch; /* and for the oracle, without dropout */
} Case;

#define cases_are_recorded TYPED(cases_are_recorded)
/* Random cases have the activations and losses of the first release only, so that their hashes can
 * be compared with recorded ones. */
extern bool cases_are_recorded;

#define fill_network TYPED(fill_network)
#define fill_data TYPED(fill_data)
#define move_data TYPED(move_data)
#define create_network TYPED(create_network)
#define plain_network TYPED(plain_network)
#define settle_data TYPED(settle_data)
#define parameters_of TYPED(parameters_of)
#define gradients_of TYPED(gradients_of)
#define state_of TYPED(state_of)
#define doubles TYPED(doubles)
#define copy_reals TYPED(copy_reals)
#define set_position TYPED(set_position)
#define position_of TYPED(position_of)
#define is_gradient TYPED(is_gradient)
#define rows_of TYPED(rows_of)

/* Random options of every kind. */
void fill_network(Case *c, Shape shape);
/* m examples in these layouts, with weights if `weighted`. */
void fill_data(Case *c, size_t m, Layout x, Layout y, bool weighted);
/* The same examples in other layouts, each example stored separately. */
Data move_data(const Case *c, Layout x, Layout y);
/* `count` examples, beginning at `first`. */
Data rows_of(const Data *data, size_t first, size_t count);

/* A network of the options, its biases set to random numbers. */
Network *create_network(const Case *c);
/* A network with these layers + 1 widths and this loss; other options are defaults. */
Network *plain_network(size_t layers, const size_t *widths, reg_loss loss);

/* Replaces examples that rounding could move across a kink of an activation, under the masks of the
 * batch. */
void settle_data(Case *c, const real *parameters);

/* The network's buffers; copies of them are valid until release_buffers(). */
real *parameters_of(Network *network);
real *gradients_of(Network *network);
real *state_of(Network *network, size_t *count);
double *doubles(const real *values, size_t count);
real *copy_reals(const real *values, size_t count);

void set_position(Network *network, uint64_t step, uint64_t epoch);
reg_position position_of(const Network *network);

/* Whether the gradient agrees with the oracle's within rounding. */
bool is_gradient(const Case *c, const real *got, const double *want, const double *size);

#endif
