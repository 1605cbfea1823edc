/* The table of options and the errors that name their argument. */
#include <stdio.h>
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* ---- Errors ---------------------------------------------------------------------------- */

/* Whether the last error has this argument, index and message. */
static void check_error(reg_status status, const char *argument, ptrdiff_t index, const char *message) {
    reg_error error = SIZED(reg_error);
    CHECK_OK(reg_last_error(&error));
    describe("error " REAL_NAME ": \"%s\" instead of \"%s\"", error.message, message);
    CHECK(error.status == status && error.index == index);
    CHECK((argument == NULL) == (error.argument == NULL));
    if (argument != NULL && error.argument != NULL) CHECK(strcmp(error.argument, argument) == 0);
    CHECK(strcmp(error.message, message) == 0 && strcmp(reg_error_message(), message) == 0);
}

static const size_t widths[] = {3, 4, 2};

static reg_status create_with(reg_network_options options) {
    options.struct_size = sizeof options;
    options.layers = 2;
    options.widths = widths;
    Network *network = NULL;
    const reg_status status = REG(network_create)(&options, &network);
    REG(network_destroy)(network);
    return status;
}

TEST(error_arguments) {
    const double keep_prob[] = {1, 1.5}, l1[] = {-0.1, 0};
    CHECK_STATUS(REG_ERROR_KEEP_PROB, create_with((reg_network_options){.keep_prob = keep_prob}));
    check_error(REG_ERROR_KEEP_PROB, "keep_prob", 1, "keep_prob[1] is 1.5; it must be in (0, 1]");
    /* A successful call does not change it. */
    CHECK_OK(create_with((reg_network_options){.seed = 1}));
    check_error(REG_ERROR_KEEP_PROB, "keep_prob", 1, "keep_prob[1] is 1.5; it must be in (0, 1]");
    CHECK_STATUS(REG_ERROR_LAMBDA, create_with((reg_network_options){.l1 = l1}));
    check_error(REG_ERROR_LAMBDA, "l1", 0, "l1[0] is -0.1; it must be finite and at least 0");
    CHECK_STATUS(REG_ERROR_MAX_NORM, create_with((reg_network_options){.max_norm = NAN}));
    check_error(REG_ERROR_MAX_NORM, "max_norm", -1, "max_norm is nan; it must be at least 0");
    CHECK_STATUS(REG_ERROR_LABEL_SMOOTHING,
                 create_with((reg_network_options){.loss = REG_SQUARED_ERROR, .label_smoothing = 0.125}));
    check_error(REG_ERROR_LABEL_SMOOTHING, "label_smoothing", -1,
                "label_smoothing is 0.125; it must be 0 with this loss");
    CHECK_STATUS(REG_ERROR_LOSS, create_with((reg_network_options){.loss = (reg_loss)99}));
    check_error(REG_ERROR_LOSS, "loss", -1, "loss is 99; it must be a value of its enum");
    const reg_activation activations[] = {(reg_activation)77};
    CHECK_STATUS(REG_ERROR_ACTIVATION, create_with((reg_network_options){.activations = activations}));
    check_error(REG_ERROR_ACTIVATION, "activations", 0,
                "activations[0] is 77; it must be a value of reg_activation");

    real numbers[4] = {0.5, 0.5, 0.5, 0.5};
    uint8_t mask[4];
    CHECK_STATUS(REG_ERROR_NULL, REG(forward_dropout)(numbers, 4, 0.5, 0, 0, 0, NULL, mask));
    check_error(REG_ERROR_NULL, "out", -1, "out is NULL");
    CHECK_STATUS(REG_ERROR_NULL, REG(backward_dropout)(NULL, 4, 0.5, 0, 0, 0, numbers));
    check_error(REG_ERROR_NULL, "dout", -1, "dout is NULL");
    CHECK_STATUS(REG_ERROR_SIZE, REG(forward_activation)(numbers, SIZE_MAX, REG_RELU, numbers));
    char too_large[80];
    snprintf(too_large, sizeof too_large, "count is %zu; it is too large for memory", (size_t)SIZE_MAX);
    check_error(REG_ERROR_SIZE, "count", -1, too_large);
    double cost;
    CHECK_STATUS(REG_ERROR_LAMBDA, REG(cost_l2)(numbers, numbers, 2, 2, NULL, NULL, 0, -1, &cost, NULL));
    check_error(REG_ERROR_LAMBDA, "lambda", -1, "lambda is -1; it must be finite and at least 0");
    CHECK_STATUS(REG_ERROR_SHAPE, REG(cost)(numbers, numbers, 2, 0, &cost, NULL));
    check_error(REG_ERROR_SHAPE, "m", -1, "m is 0; it must not be 0");
    const reg_strides one = {1, 1}, rows = {1, 2};
    CHECK_STATUS(REG_ERROR_SHAPE,
                 REG(forward_dense)(numbers, numbers, 2, 2, 2, numbers, rows, REG_RELU, NULL, numbers, one));
    check_error(REG_ERROR_SHAPE, "out_strides", -1, "out_strides make elements of the output overlap");
    CHECK_STATUS(REG_ERROR_LEARNING_RATE, REG(update)(numbers, numbers, 4, -INFINITY, numbers));
    check_error(REG_ERROR_LEARNING_RATE, "learning_rate", -1, "learning_rate is -inf; it must be finite");
    CHECK_STATUS(REG_ERROR_THREADS, reg_set_num_threads(-7));
    check_error(REG_ERROR_THREADS, "num_threads", -1, "num_threads is -7; it must be in 1 to 256");
    reg_build build = {.struct_size = 3};
    CHECK_STATUS(REG_ERROR_SIZE, reg_build_info(&build));
    check_error(REG_ERROR_SIZE, "struct_size", -1, "struct_size is 3; it must be set to sizeof(the struct)");
    Network *network = NULL;
    CHECK_STATUS(REG_ERROR_FORMAT, REG(network_deserialize)("nonsense", 8, &network));
    check_error(REG_ERROR_FORMAT, NULL, -1, reg_status_message(REG_ERROR_FORMAT));
    CHECK_STATUS(REG_ERROR_NULL, reg_last_error(NULL));
    check_error(REG_ERROR_NULL, "error", -1, "error is NULL");
}

TEST(error_data) {
    Network *network = plain_network(2, widths, REG_SQUARED_ERROR);
    real x[9] = {0}, y[6] = {0}, weights[3] = {1, -2, 1};
    Data data = SIZED(Data);
    data.m = 3;
    data.x = x, data.x_strides = (reg_strides){1, 3};
    data.y = y, data.y_strides = (reg_strides){1, 2};
    data.weights = weights;
    double cost;
    CHECK_STATUS(REG_ERROR_SAMPLE_WEIGHT, REG(network_cost)(network, &data, &cost, NULL));
    check_error(REG_ERROR_SAMPLE_WEIGHT, "weights", 1, "weights[1] is -2; it must be finite and at least 0");
    memset(weights, 0, sizeof weights);
    CHECK_STATUS(REG_ERROR_SAMPLE_WEIGHT, REG(network_cost)(network, &data, &cost, NULL));
    check_error(REG_ERROR_SAMPLE_WEIGHT, "weights", -1, "weights must not be all 0");
    data.weights = NULL;
    reg_part part = SIZED(reg_part);
    part.total_weight = 2;
    CHECK_STATUS(REG_ERROR_SAMPLE_WEIGHT, REG(network_gradient)(network, &data, &part, NULL));
    check_error(REG_ERROR_SAMPLE_WEIGHT, "total_weight", -1,
                "total_weight is 2; it must be finite, and at least the part's own m or sum of weights");
    reg_fit_options fit = SIZED(reg_fit_options);
    fit.epochs = UINT64_MAX;
    CHECK_STATUS(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &fit, NULL));
    check_error(REG_ERROR_SIZE, "epochs", -1,
                "epochs is 18446744073709551615; it must leave the step and the epoch below 2^48");
    fit.epochs = 1;
    fit.min_delta = -1;
    CHECK_STATUS(REG_ERROR_MIN_DELTA, REG(network_fit)(network, &data, NULL, &fit, NULL));
    check_error(REG_ERROR_MIN_DELTA, "min_delta", -1, "min_delta is -1; it must be at least 0");
    REG(network_destroy)(network);
}

/* With check_targets, targets are compared with the range of the loss, in every layout; NaN
 * passes. */
TEST(error_targets) {
    static const struct {
        reg_loss loss;
        double bad;
    } cases[] = {
        {REG_BINARY_CROSS_ENTROPY, -0.25}, {REG_BINARY_CROSS_ENTROPY, 1.5}, {REG_SOFTMAX_CROSS_ENTROPY, -1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Network *network = plain_network(2, widths, cases[i].loss);
        real x[9] = {0}, y[6] = {0, 1, 0, 0.5, 0, 1};
        Data data = SIZED(Data);
        data.m = 3;
        data.x = x, data.x_strides = (reg_strides){1, 3};
        data.y = y, data.y_strides = (reg_strides){1, 2};
        data.check_targets = 1;
        double cost;
        CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
        y[5] = NAN;
        CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
        y[3] = (real)cases[i].bad;
        CHECK_STATUS(REG_ERROR_TARGET, REG(network_cost)(network, &data, &cost, NULL));
        reg_error error = SIZED(reg_error);
        CHECK_OK(reg_last_error(&error));
        CHECK(strcmp(error.argument, "y") == 0 && error.index == 1 && error.value == cases[i].bad);
        data.y = y + 4, data.y_strides = (reg_strides){1, -2};
        CHECK_STATUS(REG_ERROR_TARGET, REG(network_gradient)(network, &data, NULL, &cost));
        data.y = y + 3, data.y_strides = (reg_strides){0, 0};
        CHECK_STATUS(REG_ERROR_TARGET, REG(network_cost)(network, &data, &cost, NULL));
        data.check_targets = 0;
        CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
        /* A struct of the first release has no such field. */
        data.check_targets = 1;
        data.struct_size = offsetof(Data, check_targets);
        CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
        REG(network_destroy)(network);
    }
}

/* ---- Regularization -------------------------------------------------------------------- */

static bool same_regularization(const Network *a, const Network *b) {
    reg_network_options left = SIZED(reg_network_options), right = left;
    CHECK_OK(REG(network_describe)(a, &left));
    CHECK_OK(REG(network_describe)(b, &right));
    const size_t bytes = left.layers * sizeof(double);
    return memcmp(left.keep_prob, right.keep_prob, bytes) == 0 && memcmp(left.l2, right.l2, bytes) == 0 &&
           memcmp(left.l1, right.l1, bytes) == 0 && left.label_smoothing == right.label_smoothing &&
           left.max_norm == right.max_norm && left.seed == right.seed && left.loss == right.loss;
}

/* set_regularization makes a network equal to one created so, bit for bit; an error changes
 * nothing. */
TEST(set_regularization) {
    for (int i = 0; i < 20; i++) {
        Case c;
        fill_network(&c, (Shape){9, 3, {3, 17, 4, 2}});
        if (i % 2) c.options.max_norm = 0.9;
        fill_data(&c, 9, UNITS_EXAMPLES, UNITS_EXAMPLES, false);
        Network *want = NULL, *got = NULL;
        CHECK_OK(REG(network_create)(&c.options, &want));
        reg_network_options plain = c.options;
        plain.keep_prob = plain.l2 = plain.l1 = NULL;
        plain.label_smoothing = plain.max_norm = 0;
        CHECK_OK(REG(network_create)(&plain, &got));
        CHECK_OK(REG(network_set_regularization)(got, &c.options));
        CHECK(same_regularization(want, got));
        reg_fit_options fit = SIZED(reg_fit_options);
        fit.epochs = 4, fit.batch_size = 4, fit.shuffle = 1;
        CHECK_OK(REG(network_fit)(want, &c.data, NULL, &fit, NULL));
        CHECK_OK(REG(network_fit)(got, &c.data, NULL, &fit, NULL));
        const size_t bytes = oracle_parameter_count(&c.options) * sizeof(real);
        CHECK(memcmp(parameters_of(want), parameters_of(got), bytes) == 0);
        /* The network owns the arrays of describe. */
        reg_network_options own = SIZED(reg_network_options);
        CHECK_OK(REG(network_describe)(got, &own));
        CHECK_OK(REG(network_set_regularization)(got, &own));
        CHECK(same_regularization(want, got));
        double bad[] = {0.5, 0.5, i % 3 == 0 ? NAN : -1};
        reg_network_options wrong = own;
        wrong.max_norm = 7;
        if (i % 3 == 1) wrong.keep_prob = bad;
        else if (i % 3 == 2) wrong.l2 = bad;
        else wrong.l1 = bad;
        CHECK_STATUS(i % 3 == 1 ? REG_ERROR_KEEP_PROB : REG_ERROR_LAMBDA,
                     REG(network_set_regularization)(got, &wrong));
        CHECK(same_regularization(want, got));
        CHECK_STATUS(REG_ERROR_NULL, REG(network_set_regularization)(got, NULL));
        CHECK_STATUS(REG_ERROR_NULL, REG(network_set_regularization)(NULL, &own));
        own.struct_size = 8;
        CHECK_STATUS(REG_ERROR_SIZE, REG(network_set_regularization)(got, &own));
        CHECK_OK(REG(network_set_regularization)(got, &plain));
        CHECK(memcmp(parameters_of(want), parameters_of(got), bytes) == 0);
        REG(network_destroy)(want);
        REG(network_destroy)(got);
        release_buffers();
    }
}

/* ---- The table of options -------------------------------------------------------------- */

static Network *optimized;

static reg_status set_optimizer(const reg_option *option, reg_optimizer kind, reg_schedule schedule,
                                double value) {
    reg_optimizer_options options = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults(kind, &options));
    options.schedule = schedule;
    char *field = (char *)&options + option->offset;
    const uint64_t integer = (uint64_t)value;
    if (option->type == REG_OPTION_REAL) memcpy(field, &value, sizeof value);
    else memcpy(field, &integer, sizeof integer);
    return REG(network_set_optimizer)(optimized, &options);
}

/* The first optimizer that uses the option, and the first schedule that does or does not. */
static bool find_users(const reg_option *option, bool used, reg_optimizer *kind, reg_schedule *schedule) {
    int k = 0, s = 0;
    while (k <= last_value(REG_ENUM_OPTIMIZER) && !(option->optimizers >> k & 1)) k++;
    while (s <= last_value(REG_ENUM_SCHEDULE) && (option->schedules >> s & 1) != used) s++;
    *kind = (reg_optimizer)k;
    *schedule = (reg_schedule)s;
    return k <= last_value(REG_ENUM_OPTIMIZER) && s <= last_value(REG_ENUM_SCHEDULE);
}

static void check_range(const reg_option *option) {
    reg_optimizer kind;
    reg_schedule schedule;
    if (!CHECK(find_users(option, true, &kind, &schedule))) return;
    describe("option " REAL_NAME " %s", option->field);
    const bool real_number = option->type == REG_OPTION_REAL;
    const double low = option->minimum, high = option->maximum;
    CHECK(option->default_value >= low && option->default_value <= high);
    CHECK_STATUS(option->excludes_minimum ? option->status : REG_OK,
                 set_optimizer(option, kind, schedule, low));
    if (real_number) {
        CHECK_STATUS(option->excludes_maximum ? option->status : REG_OK,
                     set_optimizer(option, kind, schedule, high));
        CHECK_OK(set_optimizer(option, kind, schedule, nextafter(high, low)));
        CHECK_STATUS(option->status, set_optimizer(option, kind, schedule, NAN));
        CHECK_STATUS(option->status, set_optimizer(option, kind, schedule, -INFINITY));
        if (!isinf(high))
            CHECK_STATUS(option->status, set_optimizer(option, kind, schedule, nextafter(high, INFINITY)));
    }
    if (low > 0 || real_number) {
        CHECK_STATUS(option->status,
                     set_optimizer(option, kind, schedule, real_number ? nextafter(low, -1) : low - 1));
        reg_error error = SIZED(reg_error);
        CHECK_OK(reg_last_error(&error));
        CHECK(strcmp(error.argument, option->field) == 0);
        if (find_users(option, false, &kind, &schedule))
            CHECK_OK(set_optimizer(option, kind, schedule, low - 1));
    }
}

TEST(option_ranges) {
    optimized = plain_network(2, widths, REG_SQUARED_ERROR);
    reg_option option = SIZED(reg_option);
    size_t count = 0;
    for (; reg_get_option(count, &option) == REG_OK; count++) {
        if (strcmp(option.structure, "reg_optimizer_options") == 0 && option.type != REG_OPTION_ENUM)
            check_range(&option);
        const size_t choices = reg_enum_count(option.which);
        if (option.type == REG_OPTION_ENUM)
            CHECK(option.maximum == (double)choices - 1 && option.minimum == 0);
    }
    CHECK(count == reg_option_count());
    CHECK_STATUS(REG_ERROR_SHAPE, reg_get_option(count, &option));
    CHECK_STATUS(REG_ERROR_SHAPE, reg_get_option(SIZE_MAX, &option));
    CHECK_STATUS(REG_ERROR_NULL, reg_get_option(0, NULL));
    REG(network_destroy)(optimized);
}

TEST(option_enums) {
    size_t enums = 0;
    for (; reg_enum_count((reg_enum)enums) > 0; enums++) {
        for (uint32_t n = 0; n < reg_enum_count((reg_enum)enums); n++) {
            reg_enum_value value = SIZED(reg_enum_value);
            CHECK_OK(reg_get_enum_value((reg_enum)enums, n, &value));
            CHECK(value.number == n && strlen(value.name) > 0 && strncmp(value.identifier, "REG_", 4) == 0);
        }
        reg_enum_value value = SIZED(reg_enum_value);
        CHECK_STATUS(REG_ERROR_SHAPE,
                     reg_get_enum_value((reg_enum)enums, (uint32_t)reg_enum_count((reg_enum)enums), &value));
    }
    reg_enum_value value = SIZED(reg_enum_value);
    CHECK(enums == REG_ENUM_INPUT_STEP + 1);
    CHECK_STATUS(REG_ERROR_SHAPE, reg_get_enum_value((reg_enum)enums, 0, &value));
    CHECK_STATUS(REG_ERROR_SHAPE, reg_get_enum_value(REG_ENUM_32_BITS, 0, &value));
    CHECK_STATUS(REG_ERROR_NULL, reg_get_enum_value(REG_ENUM_LOSS, 0, NULL));
    CHECK(reg_enum_count((reg_enum)-1) == 0);
}

/* Options with only a kind are its defaults, not a learning rate of 0. */
TEST(optimizer_of_kind_alone) {
    Network *network = plain_network(2, widths, REG_SQUARED_ERROR);
    for (int kind = 0; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        for (int schedule = 0; schedule <= last_value(REG_ENUM_SCHEDULE); schedule++) {
            reg_optimizer_options options = SIZED(reg_optimizer_options), want = options, got = options;
            options.kind = (reg_optimizer)kind;
            options.schedule = (reg_schedule)schedule;
            CHECK_OK(REG(network_set_optimizer)(network, &options));
            CHECK_OK(REG(network_get_optimizer)(network, &got));
            CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &want));
            want.schedule = (reg_schedule)schedule;
            CHECK(memcmp(&want, &got, sizeof got) == 0 && got.learning_rate > 0);
        }
    }
    REG(network_destroy)(network);
}
