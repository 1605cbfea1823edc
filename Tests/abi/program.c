/* A program that uses every struct of the headers, as they were in the first release. It prints what it
 * computed: the same, whichever header it was compiled against.
 *
 * With -DNEWER, the structs have fields that the library does not know, and `-DADDED=1` sets one of each
 * struct of options: the library must refuse that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "swiftreg_network.h"

#ifndef ADDED
#define ADDED 0
#endif

/* A struct with bytes behind it that no call may change. */
#define GUARDED(type, name)                                                                                  \
    struct {                                                                                                 \
        type is;                                                                                             \
        unsigned char behind[64];                                                                            \
    } name;                                                                                                  \
    memset(&name, 0, sizeof name);                                                                           \
    memset(name.behind, 0xa5, sizeof name.behind);                                                           \
    name.is.struct_size = sizeof(type)
#define CHECK_BEHIND(name)                                                                                   \
    for (size_t i = 0; i < sizeof name.behind; i++) {                                                        \
        if (name.behind[i] != 0xa5) fail(#name " was written beyond its end", REG_OK);                       \
    }

static void fail(const char *what, reg_status status) {
    printf("%s: status %d (%s)\n", what, (int)status, reg_error_message());
    exit(EXIT_FAILURE);
}

static void must(const char *what, reg_status status) {
    if (status != REG_OK) fail(what, status);
}

#if ADDED
/* Options with a field that only the program knows. */
static void refused(const char *what, reg_status status) {
    reg_error error;
    memset(&error, 0, sizeof error);
    error.struct_size = sizeof error;
    must("last error", reg_last_error(&error));
    if (status != REG_ERROR_SIZE || error.argument == NULL || strcmp(error.argument, "struct_size") != 0) {
        fail(what, status);
    }
    printf("%s: %s\n", what, error.message);
}
#endif

enum { M = 12, N_IN = 3, N_OUT = 2 };

static reg_network *make(void) {
    static const size_t widths[] = {N_IN, 5, N_OUT};
    static const double keep_prob[] = {1, 0.5}, l2[] = {0.1, 0};
    GUARDED(reg_network_options, options);
    options.is.layers = 2;
    options.is.widths = widths;
    options.is.keep_prob = keep_prob;
    options.is.l2 = l2;
    options.is.seed = 7;
    options.is.max_norm = 2;
    reg_network *network = NULL;
    must("create", reg_network_create(&options.is, &network));
#if ADDED
    reg_network *other = NULL;
    options.is.added = 1;
    refused("reg_network_options", reg_network_create(&options.is, &other));
#endif
    GUARDED(reg_network_options, made);
    must("describe", reg_network_describe(network, &made.is));
    CHECK_BEHIND(made);
    printf("%zu layers, widths %zu %zu %zu, max_norm %g\n", made.is.layers, made.is.widths[0],
           made.is.widths[1], made.is.widths[2], made.is.max_norm);
    GUARDED(reg_layer, layer);
    must("layer", reg_network_layer(network, 1, &layer.is));
    CHECK_BEHIND(layer);
    printf("layer 1: %zu %zu at %zu and %zu\n", layer.is.n_out, layer.is.n_in, layer.is.weights,
           layer.is.biases);
    return network;
}

static void optimize(reg_network *network) {
    GUARDED(reg_optimizer_options, options);
    must("optimizer defaults", reg_optimizer_defaults(REG_ADAM, &options.is));
    CHECK_BEHIND(options);
    options.is.learning_rate = 0.05;
    options.is.schedule = REG_COSINE;
    must("set optimizer", reg_network_set_optimizer(network, &options.is));
#if ADDED
    options.is.added = 1;
    refused("reg_optimizer_options", reg_network_set_optimizer(network, &options.is));
#endif
    GUARDED(reg_optimizer_options, got);
    must("get optimizer", reg_network_get_optimizer(network, &got.is));
    CHECK_BEHIND(got);
    printf("optimizer %d %d, %a %a %a %a, period %llu\n", (int)got.is.kind, (int)got.is.schedule,
           got.is.learning_rate, got.is.beta2, got.is.epsilon, got.is.min_learning_rate,
           (unsigned long long)got.is.period);
}

static int report(const reg_progress *progress, void *context) {
    printf("epoch %llu step %llu cost %a validation %a rate %a\n", (unsigned long long)progress->epoch,
           (unsigned long long)progress->step, progress->cost, progress->validation_cost,
           progress->learning_rate);
    return *(const int *)context;
}

static void train(reg_network *network) {
    float x[M * N_IN], y[M * N_OUT], weights[M];
    for (int i = 0; i < M * N_IN; i++) x[i] = (float)(i * 7 % 11) / 8 - 0.5f;
    for (int i = 0; i < M * N_OUT; i++) y[i] = (float)(i * 5 % 3 == 0);
    for (int i = 0; i < M; i++) weights[i] = (float)(1 + i % 2);
    GUARDED(reg_data, data);
    data.is.m = M;
    data.is.x = x;
    data.is.x_strides.unit = 1;
    data.is.x_strides.example = N_IN;
    data.is.y = y;
    data.is.y_strides.unit = 1;
    data.is.y_strides.example = N_OUT;
    data.is.weights = weights;
    GUARDED(reg_fit_options, options);
    int goes_on = 0;
    double costs[5];
    options.is.epochs = 5;
    options.is.batch_size = 5;
    options.is.shuffle = 1;
    options.is.costs = costs;
    options.is.report = report;
    options.is.context = &goes_on;
    GUARDED(reg_fit_result, result);
    must("fit", reg_network_fit(network, &data.is, &data.is, &options.is, &result.is));
    CHECK_BEHIND(result);
    CHECK_BEHIND(options);
    printf("stopped %d after %llu, cost %a, best %llu %a\n", (int)result.is.reason,
           (unsigned long long)result.is.epochs, result.is.cost, (unsigned long long)result.is.best_epoch,
           result.is.best_cost);
    GUARDED(reg_part, part);
    part.is.first_row = 3;
    part.is.total_weight = 40;
    double cost = 0;
    must("gradient", reg_network_gradient(network, &data.is, &part.is, &cost));
    printf("cost of a part %a\n", cost);
#if ADDED
    GUARDED(reg_data, more);
    more.is = data.is;
    more.is.added = 1;
    refused("reg_data", reg_network_cost(network, &more.is, &cost, NULL));
    part.is.added = 1;
    refused("reg_part", reg_network_gradient(network, &data.is, &part.is, &cost));
    options.is.added = 1;
    refused("reg_fit_options", reg_network_fit(network, &data.is, NULL, &options.is, NULL));
#endif
    GUARDED(reg_position, position);
    must("get position", reg_network_get_position(network, &position.is));
    CHECK_BEHIND(position);
    printf("step %llu epoch %llu\n", (unsigned long long)position.is.step,
           (unsigned long long)position.is.epoch);
    position.is.step = 99;
    must("set position", reg_network_set_position(network, &position.is));
}

/* To no file: the options are read before that is known. */
static void export_c(const reg_network *network) {
    GUARDED(reg_export_options, options);
    options.is.block = 1;
    const reg_status status = reg_network_export_c(network, "/nowhere/at/all.c", "predict", &options.is);
    CHECK_BEHIND(options);
    if (status != REG_ERROR_FILE) fail("export", status);
#if ADDED
    options.is.added = 1;
    refused("reg_export_options", reg_network_export_c(network, "/nowhere/at/all.c", "predict", &options.is));
#endif
}

int main(void) {
    GUARDED(reg_build, build);
    must("build info", reg_build_info(&build.is));
    CHECK_BEHIND(build);
    printf("swiftreg %s\n", build.is.version);
    GUARDED(reg_option, option);
    must("option", reg_get_option(4, &option.is));
    CHECK_BEHIND(option);
    GUARDED(reg_enum_value, value);
    must("enum value", reg_get_enum_value(REG_ENUM_ACTIVATION, 1, &value.is));
    CHECK_BEHIND(value);
    printf("%s: %s\n", option.is.name, value.is.identifier);
    reg_network *network = make();
    optimize(network);
    train(network);
    export_c(network);
    reg_network_destroy(network);
    return 0;
}
