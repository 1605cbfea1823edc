/* Structs of options: any numbers, sizes and pointers. Compiled twice, as typed.h. */
#include <string.h>

#include "networks.h"

/* ---- What a network is made of --------------------------------------------------------- */

/* A struct may be shorter or longer than the library's; of a shorter one nothing is read. */
static size_t choose_struct_size(size_t right, Statuses *wrong) {
    const size_t size = !rarely(40) ? right : rarely(2) ? right + choose(100) : (size_t)choose_integer();
    *wrong |= IF(size < right || size > PTRDIFF_MAX, REG_ERROR_SIZE);
    return size;
}

static const size_t *choose_widths(size_t layers, Statuses *wrong, Statuses *possible) {
    size_t *widths = fuzz_buffer((layers + 1) * sizeof *widths);
    for (size_t l = 0; l <= layers; l++) {
        widths[l] = 1 + choose(rarely(8) ? 150 : 12);
        if (rarely(60)) {
            widths[l] = 0;
            *wrong |= ONE(REG_ERROR_SHAPE);
        } else if (rarely(60)) {
            /* Too much for every machine. */
            widths[l] = rarely(2) ? (size_t)1 << (48 + choose(16)) : choose_impossible(1);
            *wrong |= ONE(REG_ERROR_SIZE);
            *possible |= ONE(REG_ERROR_MEMORY);
        }
    }
    freeze_buffer(widths);
    return widths;
}

/* One number for each layer, or NULL. */
static const double *choose_numbers(size_t layers, double low, double high, bool is_open, Statuses *wrong,
                                    reg_status error) {
    if (choose(3) == 0) return NULL;
    double *numbers = fuzz_buffer(layers * sizeof *numbers);
    for (size_t l = 0; l < layers; l++) {
        numbers[l] = choose(2) == 0 ? high * is_open : low + (high - low) * (double)choose_bits(1) / 256;
        if (is_open && numbers[l] == 0) numbers[l] = high;
        if (rarely(60)) numbers[l] = choose_real();
        const bool is_valid = is_open ? numbers[l] > 0 && numbers[l] <= high : numbers[l] >= 0 && numbers[l] < INFINITY;
        *wrong |= IF(!is_valid, error);
    }
    freeze_buffer(numbers);
    return numbers;
}

static const reg_activation *choose_activations(size_t layers, Statuses *wrong) {
    if (choose(3) == 0) return NULL;
    reg_activation *activations = fuzz_buffer((layers - 1) * sizeof *activations);
    for (size_t l = 0; l + 1 < layers; l++) {
        const uint32_t activation = rarely(40) ? (uint32_t)choose_bits(4) : (uint32_t)choose(REG_TANH + 1);
        *wrong |= IF(activation > REG_TANH, REG_ERROR_ACTIVATION);
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
    options->loss = (reg_loss)choose_enum(REG_SQUARED_ERROR + 1);
    options->init = (reg_init)choose_enum(REG_INIT_NOTEBOOK + 1);
    wrong |= IF((uint32_t)options->loss > REG_SQUARED_ERROR, REG_ERROR_LOSS);
    wrong |= IF((uint32_t)options->init > REG_INIT_NOTEBOOK, REG_ERROR_INIT);
    options->seed = choose_bits(8);
    options->keep_prob = choose_numbers(layers, 0.2, 1, true, &wrong, REG_ERROR_KEEP_PROB);
    options->l2 = choose_numbers(layers, 0, 2, false, &wrong, REG_ERROR_LAMBDA);
    options->l1 = choose_numbers(layers, 0, 2, false, &wrong, REG_ERROR_LAMBDA);
    if (choose(3) == 0) options->label_smoothing = choose_near(0, 0.5);
    const double smoothing = options->label_smoothing;
    wrong |= IF(!(smoothing >= 0 && smoothing < 1) || (smoothing != 0 && options->loss == REG_SQUARED_ERROR),
                REG_ERROR_LABEL_SMOOTHING);
    if (choose(3) == 0) options->max_norm = choose_near(0, 4);
    wrong |= IF(!(options->max_norm >= 0), REG_ERROR_MAX_NORM);
    freeze_buffer(options);
    Network **network = fuzz_buffer(sizeof *network);
    *network = NULL;
    JUDGE(REG(network_create)(options, network), wrong, possible);
    DEMAND((*network == NULL) == (wrong != 0));
    return *network;
}

/* ---- How it learns --------------------------------------------------------------------- */

void choose_optimizer(Network *network) {
    Statuses wrong = 0;
    reg_optimizer_options *options = fuzz_buffer(sizeof *options), *before = fuzz_buffer(sizeof *before),
                          *after = fuzz_buffer(sizeof *after);
    before->struct_size = after->struct_size = sizeof *before;
    DEMAND(REG(network_get_optimizer)(network, before) == REG_OK);
    freeze_buffer(before);
    const uint32_t kind = choose_enum(REG_ADAMW + 1);
    options->struct_size = choose_struct_size(sizeof *options, &wrong);
    const Statuses of_kind = wrong | IF(kind > REG_ADAMW, REG_ERROR_OPTIMIZER);
    if (JUDGE(reg_optimizer_defaults((reg_optimizer)kind, options), of_kind, 0) != REG_OK) {
        memset(options, 0, sizeof *options);
        options->struct_size = sizeof *options;
        options->kind = (reg_optimizer)kind;
        wrong = 0;
    }
    wrong |= IF(kind > REG_ADAMW, REG_ERROR_OPTIMIZER);
    const uint32_t schedule = choose_enum(REG_INVERSE_SCALING + 1);
    options->schedule = (reg_schedule)schedule;
    double *const numbers[] = {&options->learning_rate, &options->momentum, &options->beta1, &options->beta2,
                               &options->epsilon, &options->weight_decay, &options->clip_norm, &options->decay,
                               &options->min_learning_rate};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (choose(3) == 0) *numbers[i] = choose_near(0, 0.9);
    if (choose(3) == 0) options->period = rarely(2) ? choose_bits(8) : choose(5);
#define IS_FRACTION(x) ((x) >= 0 && (x) < 1)
#define IS_FINITE(x) ((x) >= 0 && (x) < INFINITY)
    const bool has_period = schedule != REG_STEP && schedule != REG_COSINE ? true : options->period > 0;
    wrong |= IF(!IS_FINITE(options->learning_rate), REG_ERROR_LEARNING_RATE) |
             IF(!IS_FRACTION(options->momentum) || !IS_FRACTION(options->beta1) || !IS_FRACTION(options->beta2),
                REG_ERROR_MOMENTUM) |
             IF(!IS_FINITE(options->epsilon), REG_ERROR_EPSILON) |
             IF(!IS_FINITE(options->weight_decay), REG_ERROR_WEIGHT_DECAY) |
             IF(!(options->clip_norm >= 0), REG_ERROR_CLIP_NORM) |
             IF(schedule > REG_INVERSE_SCALING || !IS_FINITE(options->decay) || !IS_FINITE(options->min_learning_rate) ||
                    !has_period,
                REG_ERROR_SCHEDULE);
    const reg_status status = JUDGE(REG(network_set_optimizer)(network, options), wrong, 0);
    freeze_buffer(options);
    JUDGE(REG(network_get_optimizer)(network, after), 0, 0);
    const size_t size = sizeof(size_t);
    const reg_optimizer_options *want = status == REG_OK ? options : before;
    DEMAND(memcmp((const char *)want + size, (const char *)after + size, sizeof *want - size) == 0);
}
