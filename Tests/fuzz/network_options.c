/* Structs of options: any numbers, sizes and pointers. Compiled twice, as typed.h. */
#include <string.h>

#include "networks.h"

/* ---- Options of a network -------------------------------------------------------------- */

/* A struct_size. Only that of the struct is right, because the buffer is not longer. With another
 * size, no field is read. */
static size_t choose_struct_size(size_t right, Statuses *wrong) {
    size_t size = right;
    if (rarely(40)) size = rarely(2) ? choose(right) : (size_t)choose_integer();
    if (size > right && size < 1 << 16) size = right;
    *wrong |= IF(size != right, REG_ERROR_SIZE);
    return size;
}

/* ---- The library's own table of options ------------------------------------------------ */

static reg_option option_of(const char *structure, const char *field) {
    reg_option option = {.struct_size = sizeof option};
    for (size_t i = 0; reg_get_option(i, &option) == REG_OK; i++)
        if (strcmp(option.structure, structure) == 0 && strcmp(option.field, field) == 0) return option;
    DEMAND(field == NULL);
    return option;
}

static Statuses judge_real(const reg_option *option, double value) {
    const bool above = option->excludes_minimum ? value > option->minimum : value >= option->minimum;
    const bool below = option->excludes_maximum ? value < option->maximum : value <= option->maximum;
    return IF(!(above && below), option->status);
}

static uint32_t choose_value(reg_enum which, reg_status status, Statuses *wrong) {
    const uint32_t count = (uint32_t)reg_enum_count(which), value = choose_enum(count);
    *wrong |= IF(value >= count, status);
    return value;
}

static const size_t *choose_widths(size_t layers, Statuses *wrong, Statuses *possible) {
    size_t *widths = fuzz_buffer((layers + 1) * sizeof *widths);
    for (size_t l = 0; l <= layers; l++) {
        widths[l] = 1 + choose(rarely(8) ? 150 : 12);
        if (rarely(60)) {
            widths[l] = 0;
            *wrong |= ONE(REG_ERROR_SHAPE);
        } else if (rarely(60)) {
            /* Larger than any memory. */
            widths[l] = rarely(2) ? (size_t)1 << (48 + choose(16)) : choose_impossible(1);
            *wrong |= ONE(REG_ERROR_SIZE);
            *possible |= ONE(REG_ERROR_MEMORY);
        }
    }
    freeze_buffer(widths);
    return widths;
}

/* One number for each layer, or NULL. */
static const double *choose_numbers(size_t layers, const char *field, double low, double high,
                                    Statuses *wrong) {
    if (choose(3) == 0) return NULL;
    const reg_option option = option_of("reg_network_options", field);
    DEMAND(option.per_layer == 1 && option.type == REG_OPTION_REAL);
    double *numbers = fuzz_buffer(layers * sizeof *numbers);
    for (size_t l = 0; l < layers; l++) {
        numbers[l] =
            choose(2) == 0 ? option.default_value : low + (high - low) * (double)choose_bits(1) / 256;
        if (rarely(60)) numbers[l] = choose_real();
        *wrong |= judge_real(&option, numbers[l]);
    }
    freeze_buffer(numbers);
    return numbers;
}

static const reg_activation *choose_activations(size_t layers, Statuses *wrong) {
    if (choose(3) == 0) return NULL;
    reg_activation *activations = fuzz_buffer((layers - 1) * sizeof *activations);
    for (size_t l = 0; l + 1 < layers; l++) {
        const size_t count = reg_enum_count(REG_ENUM_ACTIVATION);
        const uint32_t activation = (uint32_t)(rarely(40) ? choose_bits(4) : choose(count));
        *wrong |= IF(activation >= count, REG_ERROR_ACTIVATION);
        memcpy(&activations[l], &activation, sizeof activation);
    }
    freeze_buffer(activations);
    return activations;
}

Network *choose_network(void) {
    Statuses wrong = 0, possible = 0;
    reg_network_options *options = fuzz_buffer(sizeof *options);
    memset(options, 0, sizeof *options);
    options->struct_size = choose_struct_size(sizeof *options, &wrong);
    size_t layers = 1 + choose(FUZZ_LAYERS);
    options->layers = layers;
    if (rarely(60)) {
        options->layers = rarely(2) ? 0 : REG_MAX_LAYERS + 1 + choose_bits(7);
        wrong |= ONE(REG_ERROR_SHAPE);
    }
    options->widths = choose_widths(layers, &wrong, &possible);
    if (rarely(60)) {
        options->widths = NULL;
        wrong |= ONE(REG_ERROR_NULL);
    }
    options->activations = choose_activations(layers, &wrong);
    options->loss = (reg_loss)choose_value(REG_ENUM_LOSS, REG_ERROR_LOSS, &wrong);
    options->init = (reg_init)choose_value(REG_ENUM_INIT, REG_ERROR_INIT, &wrong);
    options->seed = choose_bits(8);
    options->keep_prob = choose_numbers(layers, "keep_prob", 0.2, 1, &wrong);
    options->l2 = choose_numbers(layers, "l2", 0, 2, &wrong);
    options->l1 = choose_numbers(layers, "l1", 0, 2, &wrong);
    if (choose(3) == 0) options->label_smoothing = choose_near(0, 0.5);
    const reg_option smoothing = option_of("reg_network_options", "label_smoothing");
    const bool is_used = options->loss < 64 && (smoothing.losses >> options->loss & 1) != 0;
    wrong |= judge_real(&smoothing, options->label_smoothing) |
             IF(options->label_smoothing != 0 && !is_used, smoothing.status);
    if (choose(3) == 0) options->max_norm = choose_near(0, 4);
    const reg_option max_norm = option_of("reg_network_options", "max_norm");
    wrong |= judge_real(&max_norm, options->max_norm);
    freeze_buffer(options);
    Network **network = fuzz_buffer(sizeof *network);
    *network = NULL;
    JUDGE(REG(network_create)(options, network), wrong, possible);
    DEMAND((*network == NULL) == (wrong != 0));
    return *network;
}

/* ---- Optimizers ------------------------------------------------------------------------ */

void choose_optimizer(Network *network) {
    Statuses wrong = 0;
    reg_optimizer_options *options = fuzz_buffer(sizeof *options), *before = fuzz_buffer(sizeof *before),
                          *after = fuzz_buffer(sizeof *after);
    before->struct_size = after->struct_size = sizeof *before;
    DEMAND(REG(network_get_optimizer)(network, before) == REG_OK);
    freeze_buffer(before);
    Statuses of_kind = 0;
    const uint32_t kind = choose_value(REG_ENUM_OPTIMIZER, REG_ERROR_OPTIMIZER, &of_kind);
    options->struct_size = choose_struct_size(sizeof *options, &wrong);
    if (JUDGE(reg_optimizer_defaults((reg_optimizer)kind, options), wrong | of_kind, 0) != REG_OK) {
        memset(options, 0, sizeof *options);
        options->struct_size = sizeof *options;
        options->kind = (reg_optimizer)kind;
        options->epsilon = 1; /* all 0 would select the defaults of the kind */
        wrong = 0;
    }
    wrong |= of_kind;
    const uint32_t schedule = choose_value(REG_ENUM_SCHEDULE, REG_ERROR_SCHEDULE, &wrong);
    options->schedule = (reg_schedule)schedule;
    reg_option option = {.struct_size = sizeof option};
    for (size_t i = 0; reg_get_option(i, &option) == REG_OK; i++) {
        if (strcmp(option.structure, "reg_optimizer_options") != 0) continue;
        const bool is_used = (option.schedules >> (schedule & 63) & 1) != 0;
        void *field = (char *)options + option.offset;
        if (option.type == REG_OPTION_REAL) {
            double *real = field;
            if (choose(3) == 0) *real = choose_near(0, 0.9);
            if (is_used || isnan(*real)) wrong |= judge_real(&option, *real);
        } else if (option.type == REG_OPTION_INTEGER) {
            uint64_t *integer = field;
            if (choose(3) == 0) *integer = rarely(2) ? choose_bits(8) : choose(5);
            if (is_used) wrong |= judge_real(&option, (double)*integer);
        }
    }
    if (options->epsilon == 0) options->epsilon = 0.5;
    const reg_status status = JUDGE(REG(network_set_optimizer)(network, options), wrong, 0);
    freeze_buffer(options);
    JUDGE(REG(network_get_optimizer)(network, after), 0, 0);
    const size_t size = sizeof(size_t);
    const reg_optimizer_options *want = status == REG_OK ? options : before;
    DEMAND(memcmp((const char *)want + size, (const char *)after + size, sizeof *want - size) == 0);
}
