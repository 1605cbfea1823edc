/* Every error of every function; outputs must stay unchanged. */
#include <limits.h>
#include <string.h>

#include "tests.h"
#include "typed.h"

/* Buffers that a failing call must not change: all bytes 0xA5. */
enum { COUNT = 6, BYTES = COUNT * sizeof(real) };
static real *first, *second, *third;
static uint8_t *mask;
static double *cost;
static size_t *ignored;
static const real in[COUNT] = {1, 2, 3, 4, 5, 6};
static const real half[COUNT] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};

static void prepare(void) {
    first = BUFFER(real, COUNT);
    second = BUFFER(real, COUNT);
    third = BUFFER(real, COUNT);
    mask = BUFFER(uint8_t, COUNT);
    cost = BUFFER(double, 1);
    ignored = BUFFER(size_t, 1);
}

static bool all_untouched(void) {
    return is_untouched(first, BYTES) && is_untouched(second, BYTES) && is_untouched(third, BYTES) &&
           is_untouched(mask, COUNT) && is_untouched(cost, sizeof *cost) &&
           is_untouched(ignored, sizeof *ignored);
}

#define REFUSED(status, call)                                                                                \
    do {                                                                                                     \
        CHECK_STATUS((status), call);                                                                        \
        CHECK(all_untouched());                                                                              \
    } while (0)

/* Sizes that are negative, or whose number of bytes is, or overflows. */
static const size_t bad_counts[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2,
                                    SIZE_MAX / 2 / sizeof(real) + 1};
enum { BAD_COUNTS = sizeof bad_counts / sizeof bad_counts[0] };
static const double bad_keep_probs[] = {0, -0.0, -0.5, 1.0000000000000002, 2, INFINITY, -INFINITY, NAN};
enum { BAD_KEEP_PROBS = sizeof bad_keep_probs / sizeof bad_keep_probs[0] };
static const double bad_lambdas[] = {-0.1, -INFINITY, INFINITY, NAN};
enum { BAD_LAMBDAS = sizeof bad_lambdas / sizeof bad_lambdas[0] };
static const double bad_rates[] = {INFINITY, -INFINITY, NAN};
static const int bad_activations[] = {-1, 99, 1000, INT32_MAX};

/* ---- Elementwise ----------------------------------------------------------------------- */

TEST(errors_elementwise) {
    prepare();
    REFUSED(REG_ERROR_NULL, REG(forward_dropout)(NULL, COUNT, 0.5, 0, 0, 0, first, mask));
    REFUSED(REG_ERROR_NULL, REG(forward_dropout)(in, COUNT, 0.5, 0, 0, 0, NULL, mask));
    REFUSED(REG_ERROR_NULL, REG(backward_dropout)(NULL, COUNT, 0.5, 0, 0, 0, first));
    REFUSED(REG_ERROR_NULL, REG(backward_dropout)(in, COUNT, 0.5, 0, 0, 0, NULL));
    REFUSED(REG_ERROR_NULL, REG(apply_mask)(NULL, mask, COUNT, 0.5, first));
    REFUSED(REG_ERROR_NULL, REG(apply_mask)(in, NULL, COUNT, 0.5, first));
    REFUSED(REG_ERROR_NULL, REG(apply_mask)(in, mask, COUNT, 0.5, NULL));
    REFUSED(REG_ERROR_NULL, REG(forward_activation)(NULL, COUNT, REG_RELU, first));
    REFUSED(REG_ERROR_NULL, REG(forward_activation)(in, COUNT, REG_RELU, NULL));
    REFUSED(REG_ERROR_NULL, REG(elementary)(NULL, COUNT, REG_FUNCTION_EXP, first));
    REFUSED(REG_ERROR_NULL, REG(elementary)(in, COUNT, REG_FUNCTION_EXP, NULL));
    REFUSED(REG_ERROR_NULL, REG(backward_activation)(NULL, in, COUNT, REG_RELU, first));
    REFUSED(REG_ERROR_NULL, REG(backward_activation)(in, NULL, COUNT, REG_RELU, first));
    REFUSED(REG_ERROR_NULL, REG(backward_activation)(in, in, COUNT, REG_RELU, NULL));
    REFUSED(REG_ERROR_NULL, REG(backward_cost)(NULL, in, COUNT, first));
    REFUSED(REG_ERROR_NULL, REG(backward_cost)(in, NULL, COUNT, first));
    REFUSED(REG_ERROR_NULL, REG(backward_cost)(in, in, COUNT, NULL));
    REFUSED(REG_ERROR_NULL, REG(update)(NULL, in, COUNT, 0.1, first));
    REFUSED(REG_ERROR_NULL, REG(update)(in, NULL, COUNT, 0.1, first));
    REFUSED(REG_ERROR_NULL, REG(update)(in, in, COUNT, 0.1, NULL));
    for (int i = 0; i < BAD_COUNTS; i++) {
        const size_t count = bad_counts[i];
        REFUSED(REG_ERROR_SIZE, REG(forward_dropout)(in, count, 0.5, 0, 0, 0, first, mask));
        REFUSED(REG_ERROR_SIZE, REG(backward_dropout)(in, count, 0.5, 0, 0, 0, first));
        REFUSED(REG_ERROR_SIZE, REG(apply_mask)(in, mask, count, 0.5, first));
        REFUSED(REG_ERROR_SIZE, REG(forward_activation)(in, count, REG_RELU, first));
        REFUSED(REG_ERROR_SIZE, REG(elementary)(in, count, REG_FUNCTION_EXP, first));
        REFUSED(REG_ERROR_SIZE, REG(backward_activation)(in, in, count, REG_RELU, first));
        REFUSED(REG_ERROR_SIZE, REG(backward_cost)(in, in, count, first));
        REFUSED(REG_ERROR_SIZE, REG(update)(in, in, count, 0.1, first));
    }
    for (int i = 0; i < BAD_KEEP_PROBS; i++) {
        const double keep_prob = bad_keep_probs[i];
        REFUSED(REG_ERROR_KEEP_PROB, REG(forward_dropout)(in, COUNT, keep_prob, 0, 0, 0, first, mask));
        REFUSED(REG_ERROR_KEEP_PROB, REG(backward_dropout)(in, COUNT, keep_prob, 0, 0, 0, first));
        REFUSED(REG_ERROR_KEEP_PROB, REG(apply_mask)(in, mask, COUNT, keep_prob, first));
        REFUSED(REG_ERROR_KEEP_PROB, REG(forward_dropout)(NULL, 0, keep_prob, 0, 0, 0, NULL, NULL));
    }
    for (int i = 0; i < 4; i++) {
        const reg_activation activation = (reg_activation)bad_activations[i];
        REFUSED(REG_ERROR_ACTIVATION, REG(forward_activation)(in, COUNT, activation, first));
        REFUSED(REG_ERROR_ACTIVATION, REG(backward_activation)(in, in, COUNT, activation, first));
        const reg_function function = (reg_function)bad_activations[i];
        REFUSED(REG_ERROR_FUNCTION, REG(elementary)(in, COUNT, function, first));
    }
    for (int i = 0; i < 3; i++)
        REFUSED(REG_ERROR_LEARNING_RATE, REG(update)(in, in, COUNT, bad_rates[i], first));
    /* A count of 0 needs no pointers. */
    REFUSED(REG_OK, REG(forward_dropout)(NULL, 0, 0.5, 0, 0, 0, NULL, NULL));
    REFUSED(REG_OK, REG(backward_dropout)(NULL, 0, 0.5, 0, 0, 0, NULL));
    REFUSED(REG_OK, REG(apply_mask)(NULL, NULL, 0, 0.5, NULL));
    REFUSED(REG_OK, REG(forward_activation)(NULL, 0, REG_RELU, NULL));
    REFUSED(REG_OK, REG(elementary)(NULL, 0, REG_FUNCTION_EXP, NULL));
    REFUSED(REG_OK, REG(backward_activation)(NULL, NULL, 0, REG_RELU, NULL));
    REFUSED(REG_OK, REG(backward_cost)(NULL, NULL, 0, NULL));
    REFUSED(REG_OK, REG(update)(NULL, NULL, 0, 0.1, NULL));
}

/* ---- Costs ----------------------------------------------------------------------------- */

TEST(errors_cost) {
    prepare();
    const real *weights[2] = {in, in}, *without[2] = {in, NULL};
    const size_t counts[2] = {COUNT, COUNT};
    REFUSED(REG_ERROR_NULL, REG(cost)(NULL, half, 2, 3, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost)(half, NULL, 2, 3, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost)(half, half, 2, 3, NULL, ignored));
    REFUSED(REG_ERROR_SHAPE, REG(cost)(half, half, 0, 3, cost, ignored));
    REFUSED(REG_ERROR_SHAPE, REG(cost)(half, half, 2, 0, cost, ignored));
    REFUSED(REG_ERROR_SIZE, REG(cost)(half, half, SIZE_MAX / 2, 3, cost, ignored));
    REFUSED(REG_ERROR_SIZE, REG(cost)(half, half, SIZE_MAX / 4 + 1, 4, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(NULL, half, 2, 3, weights, counts, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(half, NULL, 2, 3, weights, counts, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(half, half, 2, 3, NULL, counts, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(half, half, 2, 3, weights, NULL, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(half, half, 2, 3, without, counts, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_NULL, REG(cost_l2)(half, half, 2, 3, weights, counts, 2, 0.1, NULL, ignored));
    REFUSED(REG_ERROR_SHAPE, REG(cost_l2)(half, half, 0, 3, weights, counts, 2, 0.1, cost, ignored));
    REFUSED(REG_ERROR_SHAPE, REG(cost_l2)(half, half, 2, 0, weights, counts, 2, 0.1, cost, ignored));
    for (int i = 0; i < BAD_COUNTS; i++) {
        const size_t bad[2] = {COUNT, bad_counts[i]};
        REFUSED(REG_ERROR_SIZE, REG(cost)(half, half, bad_counts[i], 1, cost, ignored));
        REFUSED(REG_ERROR_SIZE, REG(cost)(half, half, 1, bad_counts[i], cost, ignored));
        REFUSED(REG_ERROR_SIZE, REG(cost_l2)(half, half, 2, 3, weights, bad, 2, 0.1, cost, ignored));
    }
    REFUSED(REG_ERROR_SIZE, REG(cost_l2)(half, half, 2, 3, weights, counts, SIZE_MAX, 0.1, cost, ignored));
    for (int i = 0; i < BAD_LAMBDAS; i++)
        REFUSED(REG_ERROR_LAMBDA,
                REG(cost_l2)(half, half, 2, 3, weights, counts, 2, bad_lambdas[i], cost, ignored));
}

/* ---- Dense layers ---------------------------------------------------------------------- */

/* A 2 -> 2 layer on 3 examples. Each call below changes one argument. */
typedef struct Forward {
    const real *w, *b;
    size_t n_out, n_in, m;
    const real *a;
    reg_strides a_strides;
    int activation;
    real *z, *out;
    reg_strides out_strides;
} Forward;

typedef struct Backward {
    const real *w;
    size_t n_out, n_in, m;
    const real *dz;
    reg_strides dz_strides;
    const real *a;
    reg_strides a_strides;
    double lambda;
    real *dw, *db, *da;
    reg_strides da_strides;
} Backward;

#define FORWARD(...)                                                                                         \
    ((Forward){.w = in,                                                                                      \
               .b = in,                                                                                      \
               .n_out = 2,                                                                                   \
               .n_in = 2,                                                                                    \
               .m = 3,                                                                                       \
               .a = in,                                                                                      \
               .a_strides = {3, 1},                                                                          \
               .activation = REG_RELU,                                                                       \
               .z = first,                                                                                   \
               .out = second,                                                                                \
               .out_strides = {3, 1},                                                                        \
               __VA_ARGS__})
#define BACKWARD(...)                                                                                        \
    ((Backward){.w = in,                                                                                     \
                .n_out = 2,                                                                                  \
                .n_in = 2,                                                                                   \
                .m = 3,                                                                                      \
                .dz = in,                                                                                    \
                .dz_strides = {3, 1},                                                                        \
                .a = in,                                                                                     \
                .a_strides = {3, 1},                                                                         \
                .lambda = 0.1,                                                                               \
                .dw = first,                                                                                 \
                .db = second,                                                                                \
                .da = third,                                                                                 \
                .da_strides = {3, 1},                                                                        \
                __VA_ARGS__})

static reg_status forward(Forward c) {
    return REG(forward_dense)(c.w, c.b, c.n_out, c.n_in, c.m, c.a, c.a_strides, (reg_activation)c.activation,
                              c.z, c.out, c.out_strides);
}

static reg_status backward(Backward c) {
    return REG(backward_l2)(c.w, c.n_out, c.n_in, c.m, c.dz, c.dz_strides, c.a, c.a_strides, c.lambda, c.dw,
                            c.db, c.da, c.da_strides);
}

/* An override of a field that FORWARD or BACKWARD sets is meant. */
#pragma GCC diagnostic ignored "-Woverride-init"

static void check_dense_sizes(void) {
    REFUSED(REG_ERROR_SHAPE, forward(FORWARD(.n_out = 0)));
    REFUSED(REG_ERROR_SHAPE, forward(FORWARD(.n_in = 0)));
    REFUSED(REG_ERROR_SHAPE, forward(FORWARD(.m = 0)));
    REFUSED(REG_ERROR_SHAPE, backward(BACKWARD(.n_out = 0)));
    REFUSED(REG_ERROR_SHAPE, backward(BACKWARD(.n_in = 0)));
    REFUSED(REG_ERROR_SHAPE, backward(BACKWARD(.m = 0)));
    for (int i = 0; i < BAD_COUNTS; i++) {
        REFUSED(REG_ERROR_SIZE, forward(FORWARD(.n_out = bad_counts[i])));
        REFUSED(REG_ERROR_SIZE, forward(FORWARD(.n_in = bad_counts[i])));
        REFUSED(REG_ERROR_SIZE, forward(FORWARD(.m = bad_counts[i])));
        REFUSED(REG_ERROR_SIZE, backward(BACKWARD(.n_out = bad_counts[i])));
        REFUSED(REG_ERROR_SIZE, backward(BACKWARD(.n_in = bad_counts[i])));
        REFUSED(REG_ERROR_SIZE, backward(BACKWARD(.m = bad_counts[i])));
    }
    /* Each within bounds, but not their product. */
    const size_t root = (size_t)1 << (sizeof(size_t) * CHAR_BIT / 2);
    REFUSED(REG_ERROR_SIZE, forward(FORWARD(.n_out = root, .n_in = root)));
    REFUSED(REG_ERROR_SIZE, backward(BACKWARD(.n_out = root, .m = root)));
}

static void check_dense_strides(void) {
    static const reg_strides too_large[] = {
        {PTRDIFF_MAX, 1}, {1, PTRDIFF_MAX}, {PTRDIFF_MIN, 1}, {1, PTRDIFF_MIN}, {PTRDIFF_MAX / 8, 1}};
    for (int i = 0; i < 5; i++) {
        REFUSED(REG_ERROR_SIZE, forward(FORWARD(.m = 9, .n_out = 9, .n_in = 9, .a_strides = too_large[i])));
        REFUSED(REG_ERROR_SIZE, forward(FORWARD(.m = 9, .n_out = 9, .n_in = 9, .out_strides = too_large[i])));
        REFUSED(REG_ERROR_SIZE,
                backward(BACKWARD(.m = 9, .n_out = 9, .n_in = 9, .dz_strides = too_large[i])));
        REFUSED(REG_ERROR_SIZE, backward(BACKWARD(.m = 9, .n_out = 9, .n_in = 9, .a_strides = too_large[i])));
        REFUSED(REG_ERROR_SIZE,
                backward(BACKWARD(.m = 9, .n_out = 9, .n_in = 9, .da_strides = too_large[i])));
    }
    static const reg_strides overlapping[] = {{1, 1}, {0, 1}, {1, 0}, {2, 1}, {0, 0}, {-3, 1}, {3, -1}};
    for (int i = 0; i < 7; i++) {
        REFUSED(REG_ERROR_SHAPE, forward(FORWARD(.out_strides = overlapping[i])));
        REFUSED(REG_ERROR_SHAPE, backward(BACKWARD(.da_strides = overlapping[i])));
    }
}

TEST(errors_dense) {
    prepare();
    REFUSED(REG_ERROR_NULL, forward(FORWARD(.w = NULL)));
    REFUSED(REG_ERROR_NULL, forward(FORWARD(.b = NULL)));
    REFUSED(REG_ERROR_NULL, forward(FORWARD(.a = NULL)));
    REFUSED(REG_ERROR_NULL, forward(FORWARD(.out = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.w = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.dz = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.a = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.dw = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.db = NULL)));
    REFUSED(REG_ERROR_NULL, backward(BACKWARD(.dw = NULL, .db = NULL, .da = NULL)));
    for (int i = 0; i < 4; i++)
        REFUSED(REG_ERROR_ACTIVATION, forward(FORWARD(.activation = bad_activations[i])));
    for (int i = 0; i < BAD_LAMBDAS; i++)
        REFUSED(REG_ERROR_LAMBDA, backward(BACKWARD(.lambda = bad_lambdas[i])));
    check_dense_sizes();
    check_dense_strides();
    CHECK_OK(forward(FORWARD(.z = NULL)));
    CHECK_OK(backward(BACKWARD(.da = NULL)));
}

/* ---- ISA ------------------------------------------------------------------------------- */

TEST(isa_error) {
    prepare();
    const real *weights[1] = {in};
    const size_t counts[1] = {COUNT};
    REFUSED(REG_ERROR_ISA, REG(forward_dropout)(in, COUNT, 0.5, 0, 0, 0, first, mask));
    REFUSED(REG_ERROR_ISA, REG(backward_dropout)(in, COUNT, 0.5, 0, 0, 0, first));
    REFUSED(REG_ERROR_ISA, REG(apply_mask)(in, mask, COUNT, 0.5, first));
    REFUSED(REG_ERROR_ISA, REG(forward_activation)(in, COUNT, REG_RELU, first));
    REFUSED(REG_ERROR_ISA, REG(elementary)(in, COUNT, REG_FUNCTION_EXP, first));
    REFUSED(REG_ERROR_ISA, REG(backward_activation)(in, in, COUNT, REG_RELU, first));
    REFUSED(REG_ERROR_ISA, REG(backward_cost)(in, in, COUNT, first));
    REFUSED(REG_ERROR_ISA, REG(update)(in, in, COUNT, 0.1, first));
    REFUSED(REG_ERROR_ISA, REG(cost)(half, half, 2, 3, cost, ignored));
    REFUSED(REG_ERROR_ISA, REG(cost_l2)(half, half, 2, 3, weights, counts, 1, 0.1, cost, ignored));
    REFUSED(REG_ERROR_ISA, forward(FORWARD(.z = NULL)));
    REFUSED(REG_ERROR_ISA, backward(BACKWARD(.da = NULL)));
}
