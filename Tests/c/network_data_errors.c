/* Errors of the functions that take data: cost, gradient, check and fit. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

enum { M = 5, N_IN = 3, N_OUT = 2, PARAMETERS = 4 * (N_IN + 1) + N_OUT * 5 };
static Network *network;
static real *before, *gradients_before;
static real x[M * N_IN], y[M * N_OUT];
static const real ones[M] = {1, 1, 1, 1, 1};

static Data data;
static reg_fit_options options;
static double *cost, *max_error, *costs;
static reg_fit_result *result;

static void prepare(void) {
    const size_t widths[] = {N_IN, 4, N_OUT};
    const double keep_prob[] = {1, 0.5};
    reg_network_options made = SIZED(reg_network_options);
    made.layers = 2;
    made.widths = widths;
    made.keep_prob = keep_prob;
    network = NULL;
    CHECK_OK(REG(network_create)(&made, &network));
    memset(gradients_of(network), 0x11, PARAMETERS * sizeof(real));
    before = copy_reals(parameters_of(network), PARAMETERS);
    gradients_before = copy_reals(gradients_of(network), PARAMETERS);
    for (int i = 0; i < M * N_IN; i++) x[i] = (real)0.25;
    for (int i = 0; i < M * N_OUT; i++) y[i] = (real)0.5;
    data = SIZED(Data);
    data.m = M;
    data.x = x;
    data.y = y;
    data.x_strides = (reg_strides){1, N_IN};
    data.y_strides = (reg_strides){1, N_OUT};
    cost = BUFFER(double, 1);
    max_error = BUFFER(double, 1);
    costs = BUFFER(double, 3);
    result = BUFFER(reg_fit_result, 1);
    result->struct_size = sizeof *result;
    options = SIZED(reg_fit_options);
    options.epochs = 3;
    options.costs = costs;
}

static bool all_untouched(void) {
    return is_untouched(cost, sizeof *cost) && is_untouched(max_error, sizeof *max_error) &&
           is_untouched(costs, 3 * sizeof *costs) &&
           is_untouched(&result->reason, sizeof *result - sizeof(size_t)) &&
           memcmp(before, parameters_of(network), PARAMETERS * sizeof(real)) == 0 &&
           memcmp(gradients_before, gradients_of(network), PARAMETERS * sizeof(real)) == 0 &&
           position_of(network).step == 0 && position_of(network).epoch == 0;
}

#define REFUSED(status, call)                                                                                \
    do {                                                                                                     \
        CHECK_STATUS((status), call);                                                                        \
        CHECK(all_untouched());                                                                              \
    } while (0)

/* All functions refuse these data, also as validation data. */
static void refuse_data(reg_status status, const Data *bad) {
    REFUSED(status, REG(network_cost)(network, bad, cost, max_error));
    REFUSED(status, REG(network_gradient)(network, bad, NULL, cost));
    REFUSED(status, REG(network_check_gradient)(network, bad, 1e-3, 10, max_error));
    REFUSED(status, REG(network_fit)(network, bad, NULL, &options, result));
    if (bad != NULL) REFUSED(status, REG(network_fit)(network, &data, bad, &options, result));
}

/* The data with one change. */
#define BAD(status, ...)                                                                                     \
    do {                                                                                                     \
        Data bad = data;                                                                                     \
        __VA_ARGS__;                                                                                         \
        refuse_data((status), &bad);                                                                         \
    } while (0)

TEST(errors_network_data) {
    prepare();
    refuse_data(REG_ERROR_NULL, NULL);
    BAD(REG_ERROR_NULL, bad.x = NULL);
    BAD(REG_ERROR_NULL, bad.y = NULL);
    BAD(REG_ERROR_SHAPE, bad.m = 0);
    BAD(REG_ERROR_SIZE, bad.struct_size = 0);
    BAD(REG_ERROR_SIZE, bad.struct_size = offsetof(Data, rows) - 1);
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2,
                                    SIZE_MAX / 2 / sizeof(real) + 1};
    for (size_t i = 0; i < COUNT(counts); i++) BAD(REG_ERROR_SIZE, bad.m = counts[i]);
    static const reg_strides too_large[] = {
        {PTRDIFF_MAX, 1}, {1, PTRDIFF_MAX}, {PTRDIFF_MIN, 1}, {1, PTRDIFF_MIN}, {PTRDIFF_MAX / 4, 1}};
    for (size_t i = 0; i < COUNT(too_large); i++) {
        BAD(REG_ERROR_SIZE, bad.x_strides = too_large[i]);
        BAD(REG_ERROR_SIZE, bad.y_strides = too_large[i]);
    }
    static const real weights[] = {-1, NAN, INFINITY, -INFINITY, -REAL_SMALLEST};
    for (size_t i = 0; i < COUNT(weights); i++) {
        for (int r = 0; r < M; r++) {
            real some[M] = {1, 0, 1, 2, 1};
            some[r] = weights[i];
            BAD(REG_ERROR_SAMPLE_WEIGHT, bad.weights = some);
        }
    }
    static const real none[M] = {0, 0, -(real)0, 0, 0};
    BAD(REG_ERROR_SAMPLE_WEIGHT, bad.weights = none);
    REG(network_destroy)(network);
}

TEST(errors_network_calls) {
    prepare();
    REFUSED(REG_ERROR_NULL, REG(network_cost)(NULL, &data, cost, max_error));
    REFUSED(REG_ERROR_NULL, REG(network_cost)(network, &data, NULL, max_error));
    REFUSED(REG_ERROR_NULL, REG(network_gradient)(NULL, &data, NULL, cost));
    REFUSED(REG_ERROR_NULL, REG(network_check_gradient)(NULL, &data, 1e-3, 10, max_error));
    REFUSED(REG_ERROR_NULL, REG(network_check_gradient)(network, &data, 1e-3, 10, NULL));
    static const double steps[] = {0, -1e-3, NAN, -INFINITY};
    for (size_t i = 0; i < COUNT(steps); i++)
        REFUSED(REG_ERROR_SHAPE, REG(network_check_gradient)(network, &data, steps[i], 10, max_error));
    reg_part part = SIZED(reg_part);
    part.struct_size--;
    REFUSED(REG_ERROR_SIZE, REG(network_gradient)(network, &data, &part, cost));
    part.struct_size++;
    Data weighted = data;
    const real weights[M] = {2, 2, 2, 2, 2};
    weighted.weights = weights;
    static const double means[] = {-1, NAN, INFINITY, -INFINITY, 4.5};
    for (size_t i = 0; i < COUNT(means); i++) {
        part.total_weight = means[i];
        REFUSED(REG_ERROR_SAMPLE_WEIGHT, REG(network_gradient)(network, &data, &part, cost));
        REFUSED(REG_ERROR_SAMPLE_WEIGHT, REG(network_gradient)(network, &weighted, &part, cost));
    }
    part.total_weight = 9.5;
    REFUSED(REG_ERROR_SAMPLE_WEIGHT, REG(network_gradient)(network, &weighted, &part, cost));
    part.total_weight = M;
    CHECK_OK(REG(network_gradient)(network, &data, &part, NULL));
    REG(network_destroy)(network);
}

TEST(errors_network_fit) {
    prepare();
    REFUSED(REG_ERROR_NULL, REG(network_fit)(NULL, &data, NULL, &options, result));
    REFUSED(REG_ERROR_NULL, REG(network_fit)(network, &data, NULL, NULL, result));
    reg_fit_options bad = options;
    bad.struct_size = offsetof(reg_fit_options, masks) + sizeof bad.masks - 1; /* padding may follow */
    REFUSED(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &bad, result));
    bad = options;
    bad.batch_size = SIZE_MAX;
    REFUSED(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &bad, result));
    result->struct_size--;
    REFUSED(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &options, result));
    result->struct_size++;
    static const double deltas[] = {-1, -1e-300, NAN, -INFINITY};
    for (size_t i = 0; i < COUNT(deltas); i++) {
        bad = options;
        bad.min_delta = deltas[i];
        REFUSED(REG_ERROR_MIN_DELTA, REG(network_fit)(network, &data, NULL, &bad, result));
    }
    /* keep_prob of layer 0 is 1. */
    const uint8_t mask[M * 4] = {0};
    const uint8_t *masks[] = {mask, mask}, *hidden[] = {NULL, mask};
    bad = options;
    bad.masks = masks;
    REFUSED(REG_ERROR_KEEP_PROB, REG(network_fit)(network, &data, NULL, &bad, result));
    Data weighted = data;
    weighted.weights = ones;
    bad.masks = hidden;
    CHECK_OK(REG(network_fit)(network, &weighted, &data, &bad, NULL));
    /* Steps and epochs stay below 2^48, also those of many batches. */
    before = copy_reals(parameters_of(network), PARAMETERS);
    gradients_before = copy_reals(gradients_of(network), PARAMETERS);
    set_position(network, 0, 0);
    static const uint64_t epochs[] = {UINT64_MAX, (uint64_t)1 << 48, ((uint64_t)1 << 48) / M + 1};
    for (size_t i = 0; i < COUNT(epochs); i++) {
        bad = SIZED(reg_fit_options);
        bad.epochs = epochs[i];
        bad.batch_size = 1;
        CHECK_STATUS(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &bad, result));
    }
    CHECK(memcmp(before, parameters_of(network), PARAMETERS * sizeof(real)) == 0);
    CHECK(is_untouched(&result->reason, sizeof *result - sizeof(size_t)));
    /* Unlimited epochs with patience, and the largest batch size. */
    bad.epochs = ((uint64_t)1 << 48) - 2;
    bad.patience = 2;
    bad.min_delta = INFINITY;
    bad.report_every = UINT64_MAX;
    bad.batch_size = SIZE_MAX / 2;
    CHECK_OK(REG(network_fit)(network, &data, NULL, &bad, result));
    CHECK(result->reason == REG_STOP_PATIENCE && result->epochs == 3);
    REG(network_destroy)(network);
}
