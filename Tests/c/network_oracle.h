/* The formulas of swiftreg_network.h, written again as plainly as can be: in double, one example
 * after another. A network is described by its options, with every array of them given. Matrices of
 * examples are (examples, units) without gaps; parameters lie as the header says. */
#ifndef SWIFTREG_TESTS_NETWORK_ORACLE_H
#define SWIFTREG_TESTS_NETWORK_ORACLE_H

#include <stdbool.h>

#include "swiftreg_network.h"

typedef reg_network_options OracleNet;

size_t oracle_parameter_count(const OracleNet *net);
/* Where W[l] begins, and b[l]. */
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
void oracle_outputs(const OracleNet *net, const double *parameters, const OracleBatch *batch,
                    double *z, double *outputs);

typedef struct OracleCost {
    double cost, data_term;
    double size; /* the sum of the sizes of what was added up: what rounding is relative to */
} OracleCost;

/* gradient and size may be NULL, but only together; `size` has for each parameter the sum of the
 * sizes of what its gradient was added up from. */
OracleCost oracle_gradient(const OracleNet *net, const double *parameters, const OracleBatch *batch,
                           double *gradient, double *size);

/* Whether a unit of example r is so near a kink of its activation that rounding of `relative`
 * could put it on the other side. */
bool oracle_is_near_kink(const OracleNet *net, const double *parameters, const OracleBatch *batch,
                         size_t r, double relative);

double oracle_rate(const reg_optimizer_options *optimizer, uint64_t epoch);

/* The values of the optimizer's state for each parameter. */
size_t oracle_state_size(reg_optimizer kind);

/* One update; t is the number of updates so far plus 1. */
void oracle_apply(const OracleNet *net, const reg_optimizer_options *optimizer, double rate, uint64_t t,
                  const double *gradient, double *parameters, double *state);

/* The order of m examples in an epoch: order[i] is the example at place i. */
void oracle_order(uint64_t seed, uint64_t epoch, size_t m, size_t *order);

#endif
