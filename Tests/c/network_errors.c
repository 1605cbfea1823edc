/* Every error of the network functions; outputs and network must stay unchanged. */
#include <limits.h>
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* ---- Buffers that a failing call must not change --------------------------------------- */

enum { M = 5, N_IN = 3, N_OUT = 2 };
static Network *network;
static size_t parameters, state_count;
static real *parameters_before, *gradients_before, *state_before;
static reg_optimizer_options optimizer_before;
/* All bytes 0xA5. */
static real *first, *second;
static double *cost, *data_term;
static size_t *size;
static real x[M * N_IN], y[M * N_OUT];
static const reg_strides in_strides = {1, N_IN}, out_strides = {1, N_OUT};

static void prepare(void) {
    const size_t widths[] = {N_IN, 4, N_OUT};
    const double keep_prob[] = {1, 0.5};
    reg_network_options options = SIZED(reg_network_options);
    options.layers = 2;
    options.widths = widths;
    options.keep_prob = keep_prob;
    network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    optimizer_before = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults(REG_ADAM, &optimizer_before));
    CHECK_OK(REG(network_set_optimizer)(network, &optimizer_before));
    set_position(network, 3, 2);
    parameters = 4 * (N_IN + 1) + N_OUT * 5;
    memset(gradients_of(network), 0x11, parameters * sizeof(real));
    parameters_before = copy_reals(parameters_of(network), parameters);
    gradients_before = copy_reals(gradients_of(network), parameters);
    const real *state = state_of(network, &state_count);
    state_before = copy_reals(state, state_count);
    first = BUFFER(real, M * N_OUT);
    second = BUFFER(real, M * N_OUT);
    cost = BUFFER(double, 1);
    data_term = BUFFER(double, 1);
    size = BUFFER(size_t, 1);
    for (int i = 0; i < M * N_IN; i++) x[i] = (real)0.25;
    for (int i = 0; i < M * N_OUT; i++) y[i] = (real)0.5;
}

static void finish(void) {
    REG(network_destroy)(network);
    network = NULL;
}

static bool all_untouched(void) {
    size_t count = 0;
    const real *state = state_of(network, &count);
    reg_optimizer_options optimizer = SIZED(reg_optimizer_options);
    CHECK_OK(REG(network_get_optimizer)(network, &optimizer));
    const size_t bytes = M * N_OUT * sizeof(real);
    return is_untouched(first, bytes) && is_untouched(second, bytes) && is_untouched(cost, sizeof *cost) &&
           is_untouched(data_term, sizeof *data_term) && is_untouched(size, sizeof *size) &&
           memcmp(parameters_before, parameters_of(network), parameters * sizeof(real)) == 0 &&
           memcmp(gradients_before, gradients_of(network), parameters * sizeof(real)) == 0 &&
           count == state_count && memcmp(state_before, state, count * sizeof(real)) == 0 &&
           memcmp(&optimizer_before, &optimizer, sizeof optimizer) == 0 && position_of(network).step == 3 &&
           position_of(network).epoch == 2;
}

#define REFUSED(status, call)                                                                                \
    do {                                                                                                     \
        CHECK_STATUS((status), call);                                                                        \
        CHECK(all_untouched());                                                                              \
    } while (0)

/* An override of a field that a macro below sets is meant. */
#pragma GCC diagnostic ignored "-Woverride-init"

static const size_t bad_counts[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 2,
                                    SIZE_MAX / 2 / sizeof(real) + 1};
static const double bad_keep_probs[] = {0, -0.5, 1.0000000000000002, INFINITY, NAN};
static const double bad_lambdas[] = {-0.1, -INFINITY, INFINITY, NAN};
static const double below_zero_or_not_finite[] = {-1e-300, -1, INFINITY, -INFINITY, NAN};
static const double not_in_zero_to_one[] = {-1e-300, -1, 1, 2, INFINITY, -INFINITY, NAN};
static const double below_zero_or_nan[] = {-1e-300, -1, -INFINITY, NAN};
static const int no_enum_values[] = {-1, 1000, INT32_MAX};
static const reg_strides too_large[] = {
    {PTRDIFF_MAX, 1}, {1, PTRDIFF_MAX}, {PTRDIFF_MIN, 1}, {1, PTRDIFF_MIN}, {PTRDIFF_MAX / 4, 1}};

/* ---- Create ---------------------------------------------------------------------------- */

static const size_t widths[] = {N_IN, 4, N_OUT};
static const double halves[] = {0.5, 0.5};

#define OPTIONS(...)                                                                                         \
    ((reg_network_options){                                                                                  \
        .struct_size = sizeof(reg_network_options), .layers = 2, .widths = widths, __VA_ARGS__})

static void refuse_options(reg_status status, reg_network_options options) {
    Network *made = network; /* anything that is not NULL */
    CHECK_STATUS(status, REG(network_create)(&options, &made));
    CHECK(made == NULL);
}

TEST(errors_network_create) {
    prepare();
    reg_network_options options = OPTIONS(.seed = 1);
    Network *made = network;
    CHECK_STATUS(REG_ERROR_NULL, REG(network_create)(NULL, &made));
    CHECK(made == NULL);
    CHECK_STATUS(REG_ERROR_NULL, REG(network_create)(&options, NULL));
    refuse_options(REG_ERROR_NULL, OPTIONS(.widths = NULL));
    for (size_t s = 0; s < sizeof(reg_network_options); s += 3)
        refuse_options(REG_ERROR_SIZE, OPTIONS(.struct_size = s));
    refuse_options(REG_ERROR_SIZE, OPTIONS(.struct_size = sizeof(reg_network_options) - 1));
    refuse_options(REG_ERROR_SHAPE, OPTIONS(.layers = 0));
    refuse_options(REG_ERROR_SHAPE, OPTIONS(.layers = REG_MAX_LAYERS + 1));
    refuse_options(REG_ERROR_SHAPE, OPTIONS(.layers = SIZE_MAX));
    for (int l = 0; l < 3; l++) {
        size_t bad[] = {3, 4, 2};
        bad[l] = 0;
        refuse_options(REG_ERROR_SHAPE, OPTIONS(.widths = bad));
        for (size_t i = 0; i < COUNT(bad_counts); i++) {
            bad[l] = bad_counts[i];
            refuse_options(REG_ERROR_SIZE, OPTIONS(.widths = bad));
        }
    }
    /* Each within bounds, but not their product, or not the sum of products. */
    const size_t square_root = (size_t)1 << (sizeof(size_t) * CHAR_BIT / 2);
    const size_t root[] = {square_root, square_root, 1}, half = (SIZE_MAX >> 4) + 1;
    const size_t sum[] = {half / sizeof(real), 4, half / sizeof(real)};
    refuse_options(REG_ERROR_SIZE, OPTIONS(.widths = root));
    refuse_options(REG_ERROR_SIZE, OPTIONS(.widths = sum));
    /* Where addresses have 32 bits, the host gives the test program less than 48 MB. */
    const size_t large = sizeof(size_t) > 4 ? (size_t)1 << 23 : sizeof(real) == 4 ? 4000 : 2500;
    const size_t no_memory[] = {large, large, 1};
    refuse_options(REG_ERROR_MEMORY, OPTIONS(.widths = no_memory));
    for (size_t i = 0; i < COUNT(no_enum_values); i++) {
        const reg_activation activations[] = {(reg_activation)no_enum_values[i]};
        refuse_options(REG_ERROR_ACTIVATION, OPTIONS(.activations = activations));
        refuse_options(REG_ERROR_LOSS, OPTIONS(.loss = (reg_loss)no_enum_values[i]));
        refuse_options(REG_ERROR_INIT, OPTIONS(.init = (reg_init)no_enum_values[i]));
    }
    refuse_options(REG_ERROR_LOSS, OPTIONS(.loss = (reg_loss)reg_enum_count(REG_ENUM_LOSS)));
    refuse_options(REG_ERROR_INIT, OPTIONS(.init = (reg_init)reg_enum_count(REG_ENUM_INIT)));
    for (int l = 0; l < 2; l++) {
        double values[] = {0.5, 0.5};
        for (size_t i = 0; i < COUNT(bad_keep_probs); i++) {
            values[l] = bad_keep_probs[i];
            refuse_options(REG_ERROR_KEEP_PROB, OPTIONS(.keep_prob = values));
        }
        for (size_t i = 0; i < COUNT(bad_lambdas); i++) {
            values[l] = bad_lambdas[i];
            refuse_options(REG_ERROR_LAMBDA, OPTIONS(.l2 = values));
            refuse_options(REG_ERROR_LAMBDA, OPTIONS(.l1 = values));
        }
    }
    for (size_t i = 0; i < COUNT(not_in_zero_to_one); i++)
        refuse_options(REG_ERROR_LABEL_SMOOTHING, OPTIONS(.label_smoothing = not_in_zero_to_one[i]));
    refuse_options(REG_ERROR_LABEL_SMOOTHING, OPTIONS(.loss = REG_SQUARED_ERROR, .label_smoothing = 0.1));
    for (size_t i = 0; i < COUNT(below_zero_or_nan); i++)
        refuse_options(REG_ERROR_MAX_NORM, OPTIONS(.max_norm = below_zero_or_nan[i]));
    options = OPTIONS(.keep_prob = halves, .l1 = halves, .max_norm = INFINITY);
    CHECK_OK(REG(network_create)(&options, &made));
    REG(network_destroy)(made);
    finish();
}

/* ---- Buffers of a network -------------------------------------------------------------- */

TEST(errors_network_handle) {
    prepare();
    reg_network_options *options = BUFFER(reg_network_options, 1);
    reg_layer *layer = BUFFER(reg_layer, 1);
    reg_position *position = BUFFER(reg_position, 1);
    real **values = BUFFER(real *, 1);
    REFUSED(REG_ERROR_NULL, REG(network_describe)(NULL, options));
    REFUSED(REG_ERROR_NULL, REG(network_describe)(network, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_layer)(NULL, 0, layer));
    REFUSED(REG_ERROR_NULL, REG(network_layer)(network, 0, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_get_position)(NULL, position));
    REFUSED(REG_ERROR_NULL, REG(network_get_position)(network, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_set_position)(NULL, position));
    REFUSED(REG_ERROR_NULL, REG(network_set_position)(network, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_parameters)(NULL, values, size));
    REFUSED(REG_ERROR_NULL, REG(network_parameters)(network, NULL, size));
    REFUSED(REG_ERROR_NULL, REG(network_parameters)(network, values, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_gradients)(NULL, values, size));
    REFUSED(REG_ERROR_NULL, REG(network_gradients)(network, NULL, size));
    REFUSED(REG_ERROR_NULL, REG(network_gradients)(network, values, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_optimizer_state)(NULL, values, size));
    REFUSED(REG_ERROR_NULL, REG(network_optimizer_state)(network, NULL, size));
    REFUSED(REG_ERROR_NULL, REG(network_optimizer_state)(network, values, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_memory)(NULL, 1, 1, 0, size));
    REFUSED(REG_ERROR_NULL, REG(network_memory)(network, 1, 1, 0, NULL));
    /* The batch size may exceed the number of examples, as in fit. */
    REFUSED(REG_ERROR_SIZE, REG(network_memory)(network, SIZE_MAX, 1, 0, size));
    for (size_t i = 0; i < COUNT(bad_counts); i++)
        REFUSED(REG_ERROR_SIZE, REG(network_memory)(network, 1, bad_counts[i], 0, size));
    CHECK(is_untouched(options, sizeof *options) && is_untouched(layer, sizeof *layer));
    CHECK(is_untouched(position, sizeof *position) && is_untouched(values, sizeof *values));
    options->struct_size = sizeof *options - 1;
    layer->struct_size = sizeof *layer - 1;
    position->struct_size = sizeof *position - 1;
    REFUSED(REG_ERROR_SIZE, REG(network_describe)(network, options));
    REFUSED(REG_ERROR_SIZE, REG(network_layer)(network, 0, layer));
    REFUSED(REG_ERROR_SIZE, REG(network_get_position)(network, position));
    REFUSED(REG_ERROR_SIZE, REG(network_set_position)(network, position));
    layer->struct_size = sizeof *layer;
    REFUSED(REG_ERROR_SHAPE, REG(network_layer)(network, 2, layer));
    REFUSED(REG_ERROR_SHAPE, REG(network_layer)(network, SIZE_MAX, layer));
    CHECK(is_untouched(&options->layers, sizeof *options - sizeof(size_t)));
    CHECK(is_untouched(&layer->n_out, sizeof *layer - sizeof(size_t)));
    CHECK(is_untouched(&position->step, sizeof *position - offsetof(reg_position, step)));
    reg_position far = SIZED(reg_position);
    far.step = (uint64_t)1 << 48;
    REFUSED(REG_ERROR_SIZE, REG(network_set_position)(network, &far));
    far.step = 0;
    far.epoch = UINT64_MAX;
    REFUSED(REG_ERROR_SIZE, REG(network_set_position)(network, &far));
    finish();
}

/* ---- Optimizers ------------------------------------------------------------------------ */

static void refuse_optimizer(reg_status status, reg_optimizer_options options) {
    REFUSED(status, REG(network_set_optimizer)(network, &options));
}

/* Adam's defaults. Each call below changes one of them. */
#define OPTIMIZER(...)                                                                                       \
    ((reg_optimizer_options){.struct_size = sizeof(reg_optimizer_options),                                   \
                             .kind = REG_ADAMW,                                                              \
                             .learning_rate = 0.1,                                                           \
                             .momentum = 0.9,                                                                \
                             .beta1 = 0.9,                                                                   \
                             .beta2 = 0.999,                                                                 \
                             .epsilon = 1e-8,                                                                \
                             .decay = 0.5,                                                                   \
                             .period = 1,                                                                    \
                             __VA_ARGS__})

TEST(errors_network_optimizer) {
    prepare();
    reg_optimizer_options *options = BUFFER(reg_optimizer_options, 1);
    CHECK_STATUS(REG_ERROR_NULL, reg_optimizer_defaults(REG_SGD, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_set_optimizer)(NULL, options));
    REFUSED(REG_ERROR_NULL, REG(network_set_optimizer)(network, NULL));
    REFUSED(REG_ERROR_NULL, REG(network_get_optimizer)(NULL, options));
    REFUSED(REG_ERROR_NULL, REG(network_get_optimizer)(network, NULL));
    CHECK(is_untouched(options, sizeof *options));
    options->struct_size = sizeof *options - 1;
    CHECK_STATUS(REG_ERROR_SIZE, reg_optimizer_defaults(REG_SGD, options));
    REFUSED(REG_ERROR_SIZE, REG(network_set_optimizer)(network, options));
    REFUSED(REG_ERROR_SIZE, REG(network_get_optimizer)(network, options));
    options->struct_size = sizeof *options;
    for (size_t i = 0; i < COUNT(no_enum_values); i++) {
        CHECK_STATUS(REG_ERROR_OPTIMIZER, reg_optimizer_defaults((reg_optimizer)no_enum_values[i], options));
        refuse_optimizer(REG_ERROR_OPTIMIZER, OPTIMIZER(.kind = (reg_optimizer)no_enum_values[i]));
        refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = (reg_schedule)no_enum_values[i]));
    }
    CHECK(is_untouched(&options->kind, sizeof *options - sizeof(size_t)));
    refuse_optimizer(REG_ERROR_SCHEDULE,
                     OPTIMIZER(.schedule = (reg_schedule)reg_enum_count(REG_ENUM_SCHEDULE)));
    for (size_t i = 0; i < COUNT(below_zero_or_not_finite); i++) {
        const double bad = below_zero_or_not_finite[i];
        refuse_optimizer(REG_ERROR_LEARNING_RATE, OPTIMIZER(.learning_rate = bad));
        refuse_optimizer(REG_ERROR_EPSILON, OPTIMIZER(.epsilon = bad));
        refuse_optimizer(REG_ERROR_WEIGHT_DECAY, OPTIMIZER(.weight_decay = bad));
        refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = REG_COSINE, .min_learning_rate = bad));
    }
    for (size_t i = 0; i < COUNT(not_in_zero_to_one); i++) {
        const double bad = not_in_zero_to_one[i];
        refuse_optimizer(REG_ERROR_MOMENTUM, OPTIMIZER(.kind = REG_MOMENTUM, .momentum = bad));
        refuse_optimizer(REG_ERROR_MOMENTUM, OPTIMIZER(.kind = REG_NESTEROV, .momentum = bad));
        refuse_optimizer(REG_ERROR_MOMENTUM, OPTIMIZER(.beta1 = bad));
        refuse_optimizer(REG_ERROR_MOMENTUM, OPTIMIZER(.beta2 = bad));
    }
    for (size_t i = 0; i < COUNT(below_zero_or_nan); i++) {
        const double bad = below_zero_or_nan[i];
        refuse_optimizer(REG_ERROR_CLIP_NORM, OPTIMIZER(.clip_norm = bad));
        refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = REG_STEP, .decay = bad));
        refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = REG_INVERSE_SCALING, .decay = bad));
    }
    refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = REG_STEP, .period = 0));
    refuse_optimizer(REG_ERROR_SCHEDULE, OPTIMIZER(.schedule = REG_COSINE, .period = 0));
    CHECK_OK(REG(network_set_optimizer)(network, &OPTIMIZER(.clip_norm = INFINITY, .period = 0)));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_apply)(NULL));
    finish();
}

/* ---- Prediction ------------------------------------------------------------------------ */

typedef struct Predict {
    Network *network;
    size_t m;
    const real *x;
    reg_strides x_strides;
    size_t samples;
    real *first, *second;
    reg_strides out_strides;
} Predict;

#define PREDICT(...)                                                                                         \
    ((Predict){.network = network,                                                                           \
               .m = M,                                                                                       \
               .x = x,                                                                                       \
               .x_strides = in_strides,                                                                      \
               .samples = 2,                                                                                 \
               .first = first,                                                                               \
               .second = second,                                                                             \
               .out_strides = out_strides,                                                                   \
               __VA_ARGS__})

/* Both functions refuse it. */
static void refuse_predict(reg_status status, Predict p) {
    REFUSED(status, REG(network_predict)(p.network, p.m, p.x, p.x_strides, p.first, p.second, p.out_strides));
    REFUSED(status, REG(network_predict_dropout)(p.network, p.m, p.x, p.x_strides, p.samples, 1, p.first,
                                                 p.second, p.out_strides));
}

TEST(errors_network_predict) {
    prepare();
    refuse_predict(REG_ERROR_NULL, PREDICT(.network = NULL));
    refuse_predict(REG_ERROR_NULL, PREDICT(.x = NULL));
    refuse_predict(REG_ERROR_NULL, PREDICT(.first = NULL, .second = NULL));
    for (size_t i = 0; i < COUNT(bad_counts); i++)
        refuse_predict(REG_ERROR_SIZE, PREDICT(.m = bad_counts[i]));
    for (size_t i = 0; i < COUNT(too_large); i++) {
        refuse_predict(REG_ERROR_SIZE, PREDICT(.x_strides = too_large[i]));
        refuse_predict(REG_ERROR_SIZE, PREDICT(.out_strides = too_large[i]));
    }
    static const reg_strides overlapping[] = {{1, 1}, {0, 1}, {1, 0}, {2, 1}, {0, 0}, {-5, 1}, {5, -1}};
    for (size_t i = 0; i < COUNT(overlapping); i++)
        refuse_predict(REG_ERROR_SHAPE, PREDICT(.out_strides = overlapping[i]));
    REFUSED(REG_ERROR_SHAPE,
            REG(network_predict_dropout)(network, M, x, in_strides, 0, 1, first, second, out_strides));
    finish();
}

TEST(isa_error_network) {
    reg_network_options options = OPTIONS(.seed = 1);
    Network *made = (Network *)&options;
    CHECK_STATUS(REG_ERROR_ISA, REG(network_create)(&options, &made));
    CHECK(made == NULL);
}
