/* Calls with a network: any data, parts, positions, options of training. Compiled twice, as
 * typed.h. */
#include <stdlib.h>
#include <string.h>

#include "networks.h"

typedef struct Ends {
    size_t inputs, outputs, layers;
} Ends;

static Ends ends_of(const Network *network) {
    reg_network_options options = {.struct_size = sizeof options};
    DEMAND(REG(network_describe)(network, &options) == REG_OK);
    return (Ends){options.widths[0], options.widths[options.layers], options.layers};
}

/* ---- Data ------------------------------------------------------------------------------ */

static size_t choose_examples(Statuses *wrong) {
    if (!rarely(40)) return 1 + choose_size(rarely(10) ? 1100 : 60);
    if (rarely(2)) {
        *wrong |= ONE(REG_ERROR_SHAPE);
        return 0;
    }
    *wrong |= ONE(REG_ERROR_SIZE);
    return choose_impossible(sizeof(real));
}

/* The arguments of a call, and their errors. */
typedef struct Given {
    Statuses wrong, possible;
    bool is_large;
    bool has_no_weight; /* all weights are 0, which is their only error */
} Given;

/* Strides do not matter if m is 0 or impossible. */
static size_t existing(size_t m) { return m == 0 || m > MAX_BYTES ? 1 : m; }

static real *choose_side(Given *given, size_t units, size_t m, reg_strides *strides, bool is_output) {
    const Matrix matrix = choose_matrix(units, existing(m), sizeof(real), is_output);
    *strides = matrix.strides;
    given->wrong |= matrix.wrong;
    given->possible |= matrix.possible;
    given->is_large |= matrix.is_large || units * existing(m) * sizeof(real) > MAX_BYTES;
    if (!rarely(60)) return matrix_buffer(&matrix, is_output);
    if (!is_output) given->wrong |= ONE(REG_ERROR_NULL);
    return NULL;
}

static const Data *choose_data(Given *given, Ends ends) {
    if (rarely(60)) {
        given->wrong |= ONE(REG_ERROR_NULL);
        return NULL;
    }
    Data *data = fuzz_buffer(sizeof *data);
    data->struct_size = sizeof *data;
    data->check_targets = 0;
    data->rows = NULL;
    data->row_count = 0;
    data->sparse = NULL;
    Given of_size = {0};
    data->m = choose_examples(&of_size.wrong);
    of_size.possible = 0;
    data->x = choose_side(&of_size, ends.inputs, data->m, &data->x_strides, false);
    data->y = choose_side(&of_size, ends.outputs, data->m, &data->y_strides, false);
    data->weights = NULL;
    const size_t m = data->m;
    if (m > 0 && m <= MAX_BYTES / sizeof(real) && choose(3) == 0) {
        real *weights = fuzz_buffer(m * sizeof *weights);
        double sum = 0;
        bool is_valid = true;
        const bool is_wild = rarely(10);
        for (size_t r = 0; r < m; r++) {
            weights[r] = (real)(is_wild ? choose_real() : (double)((r * 7 + 3) % 5) / 2);
            is_valid &= weights[r] >= 0 && weights[r] < INFINITY;
            sum += weights[r];
        }
        const bool has_mean = sum > 0 && sum < INFINITY && (real)(1 / sum) < INFINITY;
        of_size.wrong |= IF(!is_valid || !has_mean, REG_ERROR_SAMPLE_WEIGHT);
        given->has_no_weight = is_valid && sum == 0;
        data->weights = weights;
        freeze_buffer(weights);
    }
    if (rarely(60)) {
        data->struct_size = choose(offsetof(Data, weights) + sizeof data->weights);
        of_size.wrong |= ONE(REG_ERROR_SIZE);
    }
    freeze_buffer(data);
    given->wrong |= of_size.wrong;
    given->possible |= of_size.possible;
    given->is_large |= of_size.is_large;
    return data;
}

/* Whether the call has an error that is certain to be found before data are read. */
static bool is_worth(const Given *given) { return given->wrong != 0 || !given->is_large; }

/* ---- Prediction ------------------------------------------------------------------------ */

static void fuzz_predict(Network *network, Ends ends) {
    Given given = {0};
    const size_t m = choose_examples(&given.wrong);
    const bool is_empty = m == 0;
    reg_strides in, out;
    const real *x = choose_side(&given, ends.inputs, m, &in, false);
    const Matrix matrix = choose_matrix(ends.outputs, existing(m), sizeof(real), true);
    out = matrix.strides;
    given.wrong |= matrix.wrong;
    given.possible |= matrix.possible;
    given.is_large |= matrix.is_large;
    real *first = choose(3) == 0 ? NULL : matrix_buffer(&matrix, true);
    real *second = choose(2) == 0 ? NULL : matrix_buffer(&matrix, true);
    given.wrong |= IF(first == NULL && second == NULL, REG_ERROR_NULL);
    if (!is_worth(&given)) return;
    reg_status status;
    if (choose(2) == 0) {
        status = JUDGE(REG(network_predict)(network, m, x, in, first, second, out),
                       is_empty ? 0 : given.wrong, given.possible);
    } else {
        const size_t samples = rarely(40) ? choose_impossible(1) : choose(4);
        const Statuses wrong = (is_empty ? 0 : given.wrong) | IF(samples == 0, REG_ERROR_SHAPE) |
                               IF(samples >> 48 != 0, REG_ERROR_SIZE);
        /* Too many samples to finish. */
        if (wrong == 0 && samples > 4) return;
        status = JUDGE(
            REG(network_predict_dropout)(network, m, x, in, samples, choose_bits(8), first, second, out),
            wrong, given.possible);
    }
    if (status != REG_OK || is_empty) return;
    if (first != NULL) check_padding(&matrix, first);
    if (second != NULL) check_padding(&matrix, second);
}

/* ---- Cost and gradient ----------------------------------------------------------------- */

static double *choose_result(Given *given, bool is_needed) {
    if (choose(is_needed ? 60 : 2) != 0) return fuzz_buffer(sizeof(double));
    given->wrong |= IF(is_needed, REG_ERROR_NULL);
    return NULL;
}

static void fuzz_cost(Network *network, Ends ends) {
    Given given = {0};
    const Data *data = choose_data(&given, ends);
    double *cost = choose_result(&given, true), *term = choose_result(&given, false);
    if (is_worth(&given)) JUDGE(REG(network_cost)(network, data, cost, term), given.wrong, given.possible);
}

static void fuzz_gradient(Network *network, Ends ends) {
    Given given = {0};
    const Data *data = choose_data(&given, ends);
    double *cost = choose_result(&given, false);
    reg_part *part = NULL;
    if (choose(2) == 0) {
        part = fuzz_buffer(sizeof *part);
        part->struct_size = rarely(40) ? choose(sizeof *part) : sizeof *part;
        part->first_row = (uint64_t)choose_integer();
        part->total_weight = choose(2) == 0 ? 0 : choose_near(0, 2000);
        /* Such a part of a batch has a gradient of 0. */
        if (given.has_no_weight && part->total_weight > 0) given.wrong &= ~ONE(REG_ERROR_SAMPLE_WEIGHT);
        given.wrong |= IF(part->struct_size != sizeof *part, REG_ERROR_SIZE);
        given.wrong |=
            IF(!(part->total_weight >= 0 && part->total_weight < INFINITY), REG_ERROR_SAMPLE_WEIGHT);
        given.possible |= IF(part->total_weight != 0, REG_ERROR_SAMPLE_WEIGHT);
        freeze_buffer(part);
    }
    if (is_worth(&given))
        JUDGE(REG(network_gradient)(network, data, part, cost), given.wrong, given.possible);
}

static void fuzz_check_gradient(Network *network, Ends ends) {
    Given given = {0};
    const Data *data = choose_data(&given, ends);
    double *max_error = choose_result(&given, true);
    const double step = choose_near(1e-5, 1e-3);
    given.wrong |= IF(!(step > 0), REG_ERROR_SHAPE);
    given.possible |= IF(!(step < INFINITY), REG_ERROR_SHAPE);
    reg_layer layer = {.struct_size = sizeof layer};
    DEMAND(REG(network_layer)(network, ends.layers - 1, &layer) == REG_OK);
    const bool is_small = layer.biases < 300 && (data == NULL || given.wrong != 0 || data->m < 100);
    const size_t max_parameters = is_small && rarely(4) ? (size_t)choose_integer() : choose(3);
    given.wrong |= IF(max_parameters > PTRDIFF_MAX, REG_ERROR_SIZE);
    if (is_worth(&given))
        JUDGE(REG(network_check_gradient)(network, data, step, max_parameters, max_error), given.wrong,
              given.possible);
}

/* ---- Training -------------------------------------------------------------------------- */

typedef struct Watched {
    Network *network;
    uint64_t calls, stop_after;
} Watched;

static void use_in_report(Network *network);

static int on_report(const reg_progress *progress, void *context) {
    Watched *watched = context;
    DEMAND(progress->struct_size == sizeof *progress && progress->epoch > 0);
    if (choose(2) == 0) use_in_report(watched->network);
    return ++watched->calls > watched->stop_after;
}

static const uint8_t *const *choose_masks(const Network *network, size_t m, Given *given) {
    reg_network_options made = {.struct_size = sizeof made};
    DEMAND(REG(network_describe)(network, &made) == REG_OK);
    const uint8_t **masks = fuzz_buffer(made.layers * sizeof *masks);
    for (size_t l = 0; l < made.layers; l++) {
        masks[l] = NULL;
        if (choose(2) == 0 || (made.keep_prob[l] == 1 && !rarely(20)) || made.widths[l] * m > MAX_BYTES)
            continue;
        uint8_t *mask = fuzz_buffer(made.widths[l] * m);
        fill_bytes(mask, made.widths[l] * m);
        freeze_buffer(mask);
        masks[l] = mask;
        given->wrong |= IF(made.keep_prob[l] == 1, REG_ERROR_KEEP_PROB);
    }
    freeze_buffer(masks);
    return masks;
}

static void fuzz_fit(Network *network, Ends ends) {
    Given given = {0};
    const Data *data = choose_data(&given, ends);
    const Statuses wrong_data = given.wrong;
    const Data *validation = choose(2) == 0 ? NULL : choose_data(&given, ends);
    if (validation == NULL) given.wrong = wrong_data;
    const size_t m = data == NULL || given.wrong != 0 || given.is_large ? 1 : data->m;
    reg_position position = {.struct_size = sizeof position};
    DEMAND(REG(network_get_position)(network, &position) == REG_OK);
    reg_fit_options *options = fuzz_buffer(sizeof *options);
    reg_fit_result *result = choose(2) == 0 ? NULL : fuzz_buffer(sizeof *result);
    Watched *watched = fuzz_buffer(sizeof *watched);
    *watched = (Watched){network, 0, choose(4)};
    memset(options, 0, sizeof *options);
    options->struct_size = sizeof *options;
    options->epochs = choose(4);
    const uint64_t epochs = options->epochs;
    options->batch_size = m > 64 ? 64 + choose(1000) : choose(m + 3);
    if (rarely(20)) options->batch_size = (size_t)choose_integer() | (m > 64 ? 64 : 0);
    options->shuffle = (int32_t)choose_bits(1);
    options->patience = rarely(8) ? choose_bits(8) : choose(3);
    options->min_delta = choose(3) != 0 ? 0 : choose_near(0, 0.1);
    options->costs = choose(2) == 0 ? NULL : fuzz_buffer(epochs * sizeof(double));
    options->validation_costs = choose(2) == 0 ? NULL : fuzz_buffer(epochs * sizeof(double));
    options->report = choose(2) == 0 ? NULL : on_report;
    options->context = watched;
    options->report_every = rarely(4) ? choose_bits(8) : choose(3);
    if (choose(3) == 0) options->masks = choose_masks(network, m, &given);
    if (rarely(60)) {
        options->epochs = UINT64_MAX >> choose(16);
        given.wrong |= ONE(REG_ERROR_SIZE);
    }
    if (rarely(60)) {
        options->struct_size = choose(sizeof *options);
        given.wrong |= ONE(REG_ERROR_SIZE);
    }
    if (result != NULL) {
        result->struct_size = rarely(60) ? choose(sizeof *result) : sizeof *result;
        given.wrong |= IF(result->struct_size != sizeof *result, REG_ERROR_SIZE);
    }
    given.wrong |= IF(!(options->min_delta >= 0), REG_ERROR_MIN_DELTA) |
                   IF(options->batch_size > PTRDIFF_MAX, REG_ERROR_SIZE);
    /* Training may diverge, and must not count beyond 2^48. */
    given.possible |=
        IF(position.step + 10000 >= (uint64_t)1 << 48 || position.epoch + 8 >= (uint64_t)1 << 48,
           REG_ERROR_SIZE);
    freeze_buffer(options);
    if (!is_worth(&given)) return;
    if (given.wrong != 0) {
        JUDGE(REG(network_fit)(network, data, validation, options, result), given.wrong, given.possible);
        return;
    }
    /* The result and the costs describe the epochs before a cost that is not finite. */
    const reg_status status = REG(network_fit)(network, data, validation, options, result);
    DEMAND(status == REG_OK || status == REG_ERROR_NOT_FINITE || (given.possible & ONE(status)) != 0);
    if (status != REG_OK) return;
    if (result != NULL)
        DEMAND(result->epochs <= epochs && (result->epochs == epochs || result->reason != REG_STOP_EPOCHS));
}

static void fuzz_apply(Network *network, Ends ends) {
    (void)ends;
    reg_position position = {.struct_size = sizeof position};
    DEMAND(REG(network_get_position)(network, &position) == REG_OK);
    JUDGE(REG(network_apply)(network), 0,
          ONE(REG_ERROR_NOT_FINITE) | IF(position.step + 1 == (uint64_t)1 << 48, REG_ERROR_SIZE));
}

/* ---- Buffers of a network -------------------------------------------------------------- */

static void fuzz_buffers(Network *network, Ends ends) {
    (void)ends;
    real **values = fuzz_buffer(sizeof *values);
    size_t *length = fuzz_buffer(sizeof *length);
    switch (choose(4)) {
    case 0: JUDGE(REG(network_parameters)(network, values, length), 0, 0); break;
    case 1: JUDGE(REG(network_gradients)(network, values, length), 0, 0); break;
    case 2: JUDGE(REG(network_optimizer_state)(network, values, length), 0, 0); break;
    default:
        JUDGE(REG(network_parameters)(choose(2) ? NULL : network, values, NULL), ONE(REG_ERROR_NULL), 0);
        return;
    }
    /* The caller may write to them. */
    if (choose(2) == 0) fill_reals(*values, *length, sizeof **values);
}

static void fuzz_position(Network *network, Ends ends) {
    (void)ends;
    reg_position *position = fuzz_buffer(sizeof *position);
    position->struct_size = rarely(20) ? choose(sizeof *position) : sizeof *position;
    position->step = choose(2) == 0 ? choose(1000) : ((uint64_t)1 << 48) - choose(4);
    position->epoch = choose(2) == 0 ? choose(1000) : ((uint64_t)1 << 48) - choose(4);
    if (rarely(4)) position->step = choose_bits(8);
    if (rarely(4)) position->epoch = choose_bits(8);
    freeze_buffer(position);
    const bool is_far = position->step >> 48 != 0 || position->epoch >> 48 != 0;
    JUDGE(REG(network_set_position)(network, position),
          IF(is_far || position->struct_size != sizeof *position, REG_ERROR_SIZE), 0);
}

static void fuzz_layer(Network *network, Ends ends) {
    reg_layer *layer = fuzz_buffer(sizeof *layer);
    layer->struct_size = rarely(20) ? choose(sizeof *layer) : sizeof *layer;
    const size_t l = rarely(3) ? (size_t)choose_integer() : choose(ends.layers + 1);
    JUDGE(REG(network_layer)(network, l, layer),
          IF(layer->struct_size != sizeof *layer, REG_ERROR_SIZE) | IF(l >= ends.layers, REG_ERROR_SHAPE), 0);
    size_t *bytes = fuzz_buffer(sizeof *bytes);
    const size_t batch = rarely(3) ? (size_t)choose_integer() : choose(2000);
    const size_t m = rarely(3) ? (size_t)choose_integer() : choose(2000);
    JUDGE(REG(network_memory)(network, batch, m, (int32_t)choose(2), bytes),
          IF(batch > PTRDIFF_MAX || m > PTRDIFF_MAX / sizeof(size_t), REG_ERROR_SIZE), ONE(REG_ERROR_SIZE));
}

void copy_network(const Network *network) {
    size_t size = 0, again = 0;
    DEMAND(REG(network_serialize)(network, NULL, 0, &size) == REG_OK && size > 8);
    char *bytes = malloc(size), *more = malloc(size);
    DEMAND(bytes != NULL && more != NULL);
    DEMAND(REG(network_serialize)(network, bytes, size - 1, &again) == REG_ERROR_SIZE && again == size);
    DEMAND(REG(network_serialize)(network, bytes, size, &again) == REG_OK && again == size);
    Network *copy = NULL;
    DEMAND(REG(network_deserialize)(bytes, size, &copy) == REG_OK && copy != NULL);
    DEMAND(REG(network_serialize)(copy, more, size, &again) == REG_OK && again == size);
    DEMAND(memcmp(bytes, more, size) == 0);
    REG(network_destroy)(copy);
    free(bytes);
    free(more);
}

static void fuzz_copy(Network *network, Ends ends) {
    (void)ends;
    copy_network(network);
}

/* Invalid identifiers are refused; valid ones fail at a missing folder. */
static void fuzz_export(Network *network, Ends ends) {
    (void)ends;
    const size_t length = choose(rarely(8) ? 300 : 12);
    char *name = fuzz_buffer(length + 1);
    static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-% \\\"";
    for (size_t i = 0; i < length; i++)
        name[i] = rarely(30) ? (char)choose_bits(1) : usual[choose(sizeof usual - (rarely(8) ? 1 : 6))];
    name[length] = 0;
    freeze_buffer(name);
    bool is_name = name[0] != 0 && !(name[0] >= '0' && name[0] <= '9') && strlen(name) <= 255;
    for (const char *c = name; *c != 0; c++) is_name &= memchr(usual, *c, 63) != NULL;
    JUDGE(REG(network_export_c)(network, "/nowhere/at/all.c", name, NULL),
          is_name ? ONE(REG_ERROR_FILE) : ONE(REG_ERROR_NAME), ONE(REG_ERROR_NAME));
}

/* ---- In a report ----------------------------------------------------------------------- */

static void fuzz_refused(Network *network, Ends ends) {
    (void)ends;
    const Statuses refused = ONE(REG_ERROR_STATE);
    const reg_position position = {sizeof position, choose_bits(6), choose_bits(6)};
    const reg_fit_options options = {.struct_size = sizeof options, .epochs = choose(3)};
    JUDGE(REG(network_apply)(network), refused, 0);
    JUDGE(REG(network_set_position)(network, &position), refused, 0);
    JUDGE(REG(network_fit)(network, NULL, NULL, &options, NULL), refused, 0);
    REG(network_destroy)(network);
}

static void use_in_report(Network *network) {
    static void (*const all[])(Network *, Ends) = {fuzz_predict,        fuzz_cost,    fuzz_gradient,
                                                   fuzz_check_gradient, fuzz_buffers, fuzz_layer,
                                                   fuzz_copy,           fuzz_export,  fuzz_refused};
    all[choose(sizeof all / sizeof *all)](network, ends_of(network));
}

/* ---- A case ---------------------------------------------------------------------------- */

void use_network(Network *network) {
    static void (*const all[])(Network *, Ends) = {
        fuzz_predict,  fuzz_predict,        fuzz_cost, fuzz_gradient, fuzz_gradient,
        fuzz_apply,    fuzz_check_gradient, fuzz_fit,  fuzz_fit,      fuzz_buffers,
        fuzz_position, fuzz_layer,          fuzz_copy, fuzz_export};
    const Ends ends = ends_of(network);
    const size_t kind = choose(sizeof all / sizeof *all + 1);
    if (kind == sizeof all / sizeof *all) choose_optimizer(network);
    else all[kind](network, ends);
}
