/* A plain implementation of the formulas of swiftreg_network.h, in double, one example after
 * another. A network is described by its options, without NULL arrays. Matrices of examples are
 * contiguous (examples, units); parameters have the order of the header. */
#ifndef SWIFTREG_TESTS_NETWORK_ORACLE_H
#define SWIFTREG_TESTS_NETWORK_ORACLE_H

#include <stdbool.h>

#include "swiftreg_network.h"

typedef reg_network_options OracleNet;

size_t oracle_parameter_count(const OracleNet *net);
/* The offsets of W[l] and b[l]. */
size_t oracle_weights(const OracleNet *net, size_t l);
size_t oracle_biases(const OracleNet *net, size_t l);

/* Not for the notebook's initial weights. */
void oracle_initial_parameters(const OracleNet *net, double *parameters);

typedef struct OracleBatch {
    size_t m;
    const double *x, *y;
    const double *weights; /* NULL: 1 each */
    bool drops;            /* dropout, with the masks of `seed` and `step` */
    uint64_t seed, step, first_row;
    double total_weight; /* 0: the batch is the whole */
} OracleBatch;

/* A buffer's values stay the caller's; z and outputs may be NULL. */
void oracle_outputs(const OracleNet *net, const double *parameters, const OracleBatch *batch, double *z,
                    double *outputs);

typedef struct OracleCost {
    double cost, data_term;
    double size; /* the sum of the magnitudes of the terms, which bounds the rounding error */
} OracleCost;

/* gradient and size may be NULL, but only together. `size` receives, for each parameter, the sum of
 * the magnitudes of the terms of its gradient. */
OracleCost oracle_gradient(const OracleNet *net, const double *parameters, const OracleBatch *batch,
                           double *gradient, double *size);

/* Whether a unit of example r is so near a kink of its activation that a relative rounding error of
 * `relative` could move it across. */
bool oracle_is_near_kink(const OracleNet *net, const double *parameters, const OracleBatch *batch, size_t r,
                         double relative);

double oracle_rate(const reg_optimizer_options *optimizer, uint64_t epoch);

/* The number of state values per parameter. */
size_t oracle_state_size(reg_optimizer kind);

/* One update; t is the number of updates so far plus 1. */
void oracle_apply(const OracleNet *net, const reg_optimizer_options *optimizer, double rate, uint64_t t,
                  const double *gradient, double *parameters, double *state);

/* The order of m examples in an epoch: order[i] is the example at position i. */
void oracle_order(uint64_t seed, uint64_t epoch, size_t m, size_t *order);

#endif
