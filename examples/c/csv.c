/* Trains a classifier of doubles on a CSV file, predicts with it, and exports it as a C function.
 *
 *     cc csv.c -I../../include -L../../build/lib -Wl,-rpath,../../build/lib -lSwiftReg -lm -o csv
 *     ./csv train data.csv network.safetensors
 *     ./csv train data.csv network.safetensors --hidden 64,32 --keep-prob 0.7 --export predict.c
 *     ./csv predict network.safetensors data.csv
 *
 * A row of the file is an example: numbers, the last of which is the class, 0 to K - 1. A first line with
 * names is skipped.
 *
 * `train` holds out some of the rows (--validation), stops when their cost no longer falls (--patience), and
 * keeps the best weights. Training uses standardized columns. The standardization is then folded into the
 * first layer, so that the saved and exported network takes the original columns. To continue the training,
 * standardize again.
 *
 * `predict` prints the class of each row and the network's outputs: the probability of each class, or that
 * of class 1 if there are two. If the rows have a class, it counts the correct predictions.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "csv"
#include "example.h"
#include "swiftreg_network.h"
#include "table.h"

enum { MAX_HIDDEN = 8, MAX_CLASSES = 1000, MAX_UNITS = 100000 };
/* The stream of the mask that divides the rows; layers of networks use others (see
 * swiftreg_network.h). */
static const uint64_t split_stream = UINT64_MAX;

typedef struct Options {
    size_t hidden[MAX_HIDDEN], hidden_layers;
    double keep_prob, l2, learning_rate, validation;
    uint64_t epochs, patience, seed;
    size_t batch;
    const char *export_to;
} Options;

/* The examples of a reg_data, in rows. A row of `y` has the width of the network's output. */
typedef struct Examples {
    size_t m, inputs, outputs;
    double *x, *y;
} Examples;

static const char usage[] =
    "usage: csv train DATA.csv NETWORK.safetensors [--hidden 32,16] [--keep-prob 0.8] [--l2 0]\n"
    "           [--learning-rate 0.001] [--epochs 1000] [--batch 32] [--validation 0.2]\n"
    "           [--patience 50] [--seed 0] [--export FILE.c]\n"
    "       csv predict NETWORK.safetensors DATA.csv\n";

static void fail(const char *path, const char *reason) {
    fprintf(stderr, "csv: %s: %s\n", path, reason);
    exit(EXIT_FAILURE);
}

/* A call that reads or writes the file at `path`. */
static void must_at(const char *path, reg_status status) {
    if (status != REG_OK) fail(path, status == REG_ERROR_FILE ? strerror(errno) : reg_status_message(status));
}

/* ---- Data ------------------------------------------------------------------------------ */

/* The number of classes in the last column, at least 2. */
static size_t classes_of(const Table *table, const char *path) {
    double largest = 1;
    for (size_t r = 0; r < table->rows; r++) {
        const double class = table->values[(r + 1) * table->columns - 1];
        if (!(class >= 0 && class < MAX_CLASSES) || class != floor(class)) {
            fprintf(stderr, "csv: %s, row %zu: the class is not 0, 1, ... or %d, but %g\n", path, r + 1,
                    MAX_CLASSES - 1, class);
            exit(EXIT_FAILURE);
        }
        if (class > largest) largest = class;
    }
    return (size_t)largest + 1;
}

/* The rows whose mask is `kept`. Two classes need one output, more of them one each. */
static Examples rows(const Table *table, size_t classes, const uint8_t *mask, uint8_t kept) {
    Examples part = {0, table->columns - 1, classes == 2 ? 1 : classes, NULL, NULL};
    for (size_t r = 0; r < table->rows; r++) part.m += mask[r] == kept;
    part.x = memory(part.m * part.inputs, sizeof *part.x);
    part.y = memory(part.m * part.outputs, sizeof *part.y);
    double *x = part.x, *y = part.y;
    for (size_t r = 0; r < table->rows; r++) {
        if (mask[r] != kept) continue;
        const double *row = table->values + r * table->columns;
        const size_t class = (size_t)row[part.inputs];
        memcpy(x, row, part.inputs * sizeof *x);
        for (size_t k = 0; k < part.outputs; k++) y[k] = part.outputs == 1 ? class == 1 : class == k;
        x += part.inputs;
        y += part.outputs;
    }
    return part;
}

/* The mean of each column and its standard deviation, 1 where that is 0. */
static void moments(const Examples *examples, double *mean, double *deviation) {
    for (size_t c = 0; c < examples->inputs; c++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < examples->m; r++) sum += examples->x[r * examples->inputs + c];
        mean[c] = sum / (double)examples->m;
        for (size_t r = 0; r < examples->m; r++) {
            const double distance = examples->x[r * examples->inputs + c] - mean[c];
            squares += distance * distance;
        }
        deviation[c] = squares > 0 ? sqrt(squares / (double)examples->m) : 1;
    }
}

static void standardize(Examples *examples, const double *mean, const double *deviation) {
    for (size_t r = 0; r < examples->m; r++) {
        double *row = examples->x + r * examples->inputs;
        for (size_t c = 0; c < examples->inputs; c++) row[c] = (row[c] - mean[c]) / deviation[c];
    }
}

static reg_data_f64 data(const Examples *examples) {
    reg_data_f64 data = {.struct_size = sizeof data, .m = examples->m};
    data.x = examples->x;
    data.x_strides = (reg_strides){1, (ptrdiff_t)examples->inputs};
    data.y = examples->y;
    data.y_strides = (reg_strides){1, (ptrdiff_t)examples->outputs};
    return data;
}

/* ---- Network --------------------------------------------------------------------------- */

static reg_network_f64 *create(const Options *options, size_t inputs, size_t outputs) {
    size_t widths[MAX_HIDDEN + 2];
    double keep_prob[MAX_HIDDEN + 1], l2[MAX_HIDDEN + 1];
    widths[0] = inputs;
    for (size_t l = 0; l <= options->hidden_layers; l++) {
        widths[l + 1] = l < options->hidden_layers ? options->hidden[l] : outputs;
        keep_prob[l] = l == 0 ? 1 : options->keep_prob; /* of layer l: the input keeps all */
        l2[l] = options->l2;
    }
    reg_network_options network_options = {.struct_size = sizeof network_options,
                                           .layers = options->hidden_layers + 1};
    network_options.widths = widths;
    network_options.loss = outputs == 1 ? REG_BINARY_CROSS_ENTROPY : REG_SOFTMAX_CROSS_ENTROPY;
    network_options.seed = options->seed;
    network_options.keep_prob = keep_prob;
    network_options.l2 = l2;
    reg_network_f64 *network;
    must(reg_network_create_f64(&network_options, &network));
    reg_optimizer_options adam = {.struct_size = sizeof adam};
    must(reg_optimizer_defaults(REG_ADAM, &adam));
    adam.learning_rate = options->learning_rate;
    must(reg_network_set_optimizer_f64(network, &adam));
    return network;
}

/* W (x - mean) / deviation + b = W' x + b' with W' = W / deviation and b' = b - W' mean. */
static void take_columns_as_they_are(reg_network_f64 *network, const double *mean, const double *deviation) {
    reg_layer layer = {.struct_size = sizeof layer};
    must(reg_network_layer_f64(network, 0, &layer));
    double *parameters;
    size_t count;
    must(reg_network_parameters_f64(network, &parameters, &count));
    for (size_t unit = 0; unit < layer.n_out; unit++) {
        double *w = parameters + layer.weights + unit * layer.n_in;
        for (size_t c = 0; c < layer.n_in; c++) {
            w[c] /= deviation[c];
            parameters[layer.biases + unit] -= w[c] * mean[c];
        }
    }
}

/* The widths of input and output. */
static void end_widths(const reg_network_f64 *network, size_t *inputs, size_t *outputs) {
    reg_network_options network_options = {.struct_size = sizeof network_options};
    must(reg_network_describe_f64(network, &network_options));
    *inputs = network_options.widths[0];
    *outputs = network_options.widths[network_options.layers];
}

/* The outputs for rows that are `stride` numbers apart. The caller frees them. */
static double *outputs_of(reg_network_f64 *network, const double *x, size_t m, size_t stride) {
    size_t inputs, outputs;
    end_widths(network, &inputs, &outputs);
    double *out = memory(m * outputs, sizeof *out);
    must(reg_network_predict_f64(network, m, x, (reg_strides){1, (ptrdiff_t)stride}, out, NULL,
                                 (reg_strides){1, (ptrdiff_t)outputs}));
    return out;
}

static size_t class_of(const double *out, size_t outputs) {
    if (outputs == 1) return out[0] > 0.5;
    size_t best = 0;
    for (size_t k = 1; k < outputs; k++)
        if (out[k] > out[best]) best = k;
    return best;
}

/* The number of correctly classified rows of a table with classes. With a mask, only rows whose
 * mask is `kept` count. */
static size_t correct_predictions(const Table *table, const double *out, size_t outputs, const uint8_t *mask,
                                  uint8_t kept) {
    size_t right = 0;
    for (size_t r = 0; r < table->rows; r++)
        if (mask == NULL || mask[r] == kept)
            right +=
                (double)class_of(out + r * outputs, outputs) == table->values[(r + 1) * table->columns - 1];
    return right;
}

/* ---- Train ----------------------------------------------------------------------------- */

static int report(const reg_progress *progress, void *context) {
    (void)context;
    printf("epoch %4llu  cost %.6f", (unsigned long long)progress->epoch, progress->cost);
    if (!isnan(progress->validation_cost)) printf("  validation %.6f", progress->validation_cost);
    printf("\n");
    fflush(stdout);
    return 0;
}

static void fit(reg_network_f64 *network, const Examples *training, const Examples *validation,
                const Options *options) {
    const reg_data_f64 learned = data(training), watched = data(validation);
    reg_fit_options how = {.struct_size = sizeof how, .epochs = options->epochs};
    how.batch_size = options->batch;
    how.shuffle = 1;
    how.patience = options->patience;
    how.report = report;
    how.report_every = 10;
    reg_fit_result result = {.struct_size = sizeof result};
    const reg_status status =
        reg_network_fit_f64(network, &learned, validation->m > 0 ? &watched : NULL, &how, &result);
    if (status == REG_ERROR_NOT_FINITE)
        fprintf(stderr, "csv: in step %llu\n", (unsigned long long)result.failed_step);
    must(status);
    if (result.best_epoch > 0)
        printf("best after epoch %llu: validation %.6f\n", (unsigned long long)result.best_epoch,
               result.best_cost);
}

/* The saved network must give the predictions of the network, bit for bit. */
static void check_saved(reg_network_f64 *network, const char *path, const Table *table,
                        const double *expected) {
    reg_network_f64 *loaded;
    size_t inputs, outputs;
    must_at(path, reg_network_load_f64(path, &loaded));
    end_widths(network, &inputs, &outputs);
    double *out = outputs_of(loaded, table->values, table->rows, table->columns);
    if (memcmp(out, expected, table->rows * outputs * sizeof *out) != 0)
        fail(path, "the network that was saved predicts something else");
    free(out);
    reg_network_destroy_f64(loaded);
}

static void train(const char *csv, const char *path, const Options *options) {
    const Table table = read_table(csv);
    if (table.columns < 2) fail(csv, "there is no column beside the class");
    const size_t classes = classes_of(&table, csv);
    uint8_t *mask = memory(table.rows, 1);
    must(reg_dropout_mask(table.rows, 1 - options->validation, options->seed, split_stream, 0, mask));
    Examples training = rows(&table, classes, mask, 1), validation = rows(&table, classes, mask, 0);
    printf("%zu rows of %zu columns and %zu classes; %zu to train on, %zu for validation\n", table.rows,
           training.inputs, classes, training.m, validation.m);
    if (training.m == 0) fail(csv, "too few rows to train on");

    double *mean = memory(training.inputs, sizeof *mean);
    double *deviation = memory(training.inputs, sizeof *deviation);
    moments(&training, mean, deviation);
    standardize(&training, mean, deviation);
    standardize(&validation, mean, deviation);
    reg_network_f64 *network = create(options, training.inputs, training.outputs);
    fit(network, &training, &validation, options);
    take_columns_as_they_are(network, mean, deviation);

    double *out = outputs_of(network, table.values, table.rows, table.columns);
    const size_t outputs = training.outputs;
    printf("right: %zu/%zu of training, %zu/%zu of validation\n",
           correct_predictions(&table, out, outputs, mask, 1), training.m,
           correct_predictions(&table, out, outputs, mask, 0), validation.m);
    must_at(path, reg_network_save_f64(network, path));
    check_saved(network, path, &table, out);
    if (options->export_to != NULL) {
        const reg_export_options export = {.struct_size = sizeof export, .block = 1, .classes = classes};
        must_at(options->export_to,
                reg_network_export_c_f64(network, options->export_to, "predict", &export));
    }
    reg_network_destroy_f64(network);
    void *blocks[] = {out,        mean,         deviation,    mask,        training.x,
                      training.y, validation.x, validation.y, table.values};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) free(blocks[i]);
}

/* ---- Predict --------------------------------------------------------------------------- */

static void predict(const char *path, const char *csv) {
    reg_network_f64 *network;
    must_at(path, reg_network_load_f64(path, &network));
    size_t inputs, outputs;
    end_widths(network, &inputs, &outputs);
    const Table table = read_table(csv);
    if (table.columns != inputs && table.columns != inputs + 1) {
        fprintf(stderr, "csv: %s has %zu columns; the network takes %zu, and a class or none\n", csv,
                table.columns, inputs);
        exit(EXIT_FAILURE);
    }
    double *out = outputs_of(network, table.values, table.rows, table.columns);
    for (size_t r = 0; r < table.rows; r++) {
        printf("%zu", class_of(out + r * outputs, outputs));
        for (size_t k = 0; k < outputs; k++) printf(",%.17g", out[r * outputs + k]);
        printf("\n");
    }
    if (table.columns == inputs + 1)
        fprintf(stderr, "right: %zu/%zu\n", correct_predictions(&table, out, outputs, NULL, 0), table.rows);
    free(out);
    free(table.values);
    reg_network_destroy_f64(network);
}

/* ---- Program --------------------------------------------------------------------------- */

/* Widths with commas between them; an empty text is none. */
static void parse_hidden(const char *text, Options *options) {
    options->hidden_layers = 0;
    while (*text != '\0') {
        char width[24];
        const size_t length = strcspn(text, ",");
        if (options->hidden_layers == MAX_HIDDEN || length >= sizeof width) {
            fprintf(stderr, "csv: --hidden must be at most %d widths, not ...%s\n", MAX_HIDDEN, text);
            exit(EXIT_FAILURE);
        }
        memcpy(width, text, length);
        width[length] = '\0';
        options->hidden[options->hidden_layers++] = (size_t)number("--hidden", width, 1, MAX_UNITS);
        text += length + (text[length] == ',');
    }
}

static Options parse(int count, char **arguments) {
    Options options = {.hidden = {32, 16}, .hidden_layers = 2, .keep_prob = 0.8, .learning_rate = 0.001};
    options.validation = 0.2;
    options.epochs = 1000;
    options.patience = 50;
    options.batch = 32;
    for (int i = 0; i < count; i += 2) {
        const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(name, "--hidden") == 0) parse_hidden(value, &options);
        else if (strcmp(name, "--keep-prob") == 0) options.keep_prob = number(name, value, 1e-6, 1);
        else if (strcmp(name, "--l2") == 0) options.l2 = number(name, value, 0, 1e6);
        else if (strcmp(name, "--learning-rate") == 0) options.learning_rate = number(name, value, 0, 1e6);
        else if (strcmp(name, "--epochs") == 0) options.epochs = (uint64_t)number(name, value, 1, 1e9);
        else if (strcmp(name, "--batch") == 0) options.batch = (size_t)number(name, value, 1, 1e9);
        else if (strcmp(name, "--validation") == 0) options.validation = number(name, value, 0, 0.9);
        else if (strcmp(name, "--patience") == 0) options.patience = (uint64_t)number(name, value, 0, 1e9);
        else if (strcmp(name, "--seed") == 0) options.seed = (uint64_t)number(name, value, 0, 1e15);
        else if (strcmp(name, "--export") == 0 && *value != '\0') options.export_to = value;
        else {
            fputs(usage, stderr);
            exit(EXIT_FAILURE);
        }
    }
    return options;
}

int main(int argc, char **argv) {
    if (argc >= 4 && strcmp(argv[1], "train") == 0) {
        const Options options = parse(argc - 4, argv + 4);
        train(argv[2], argv[3], &options);
    } else if (argc == 4 && strcmp(argv[1], "predict") == 0) {
        predict(argv[2], argv[3]);
    } else {
        fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
