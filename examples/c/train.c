/* Trains the 2-20-3-1 network of the course notebook "Regularization" through swiftreg's C API.
 *
 *     cc train.c -I../../include -L../../build/lib -Wl,-rpath,../../build/lib -lSwiftReg -lm -o train
 *     cc train.c $(pkg-config --cflags --libs swiftreg) -lm -o train      (after `make install`)
 *     ./train                          no regularization
 *     ./train --l2 0.7                 L2 regularization, lambda = 0.7
 *     ./train --dropout 0.86           dropout on both hidden layers, keep_prob = 0.86
 *     ./train --iterations 5000        (default: 30000)
 *     ./train --data points.csv        lines of x1,x2,label instead of generated points
 *
 * Examples are rows, as in a CSV file: unit u of example r is at r * width + u. Strides describe this to
 * swiftreg; the notebook's (units, examples) would work, too.
 *
 * CMakeLists.txt beside it builds it against an installed library, too.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "train"
#include "example.h"
#include "table.h"

enum { LAYERS = 3, MAX_WIDTH = 20, MAX_EXAMPLES = 10000 };
static const size_t widths[LAYERS + 1] = {2, 20, 3, 1}; /* the input's first */

typedef struct Options {
    double lambda, keep_prob, learning_rate;
    int iterations;
    const char *data;
} Options;

typedef struct Layer {
    size_t n_in, n_out;
    reg_activation activation;
    double w[MAX_WIDTH * MAX_WIDTH], b[MAX_WIDTH];   /* parameters */
    double dw[MAX_WIDTH * MAX_WIDTH], db[MAX_WIDTH]; /* their gradients */
    double a[MAX_EXAMPLES * MAX_WIDTH];              /* outputs, after dropout */
    double dz[MAX_EXAMPLES * MAX_WIDTH];             /* gradient at the pre-activations */
} Layer;

static Layer layers[LAYERS];
static double points[MAX_EXAMPLES * 2], labels[MAX_EXAMPLES];
static size_t examples;

/* ---- Data ------------------------------------------------------------------------------ */

/* Two classes on either side of a diagonal, with noise: the training points of swiftreg.notebook's
 * load_2D_dataset, which also draws a test set. */
static void generate_points(void) {
    enum { TRAIN = 120, TEST = 1000, COUNT = TRAIN + TEST };
    static double x1[COUNT], x2[COUNT], blur[COUNT], wrong[COUNT];
    reg_legacy_rng rng;
    must(reg_legacy_seed(&rng, 16));
    must(reg_legacy_uniform(&rng, COUNT, x1));
    must(reg_legacy_uniform(&rng, COUNT, x2));
    must(reg_legacy_normal(&rng, COUNT, blur));
    must(reg_legacy_uniform(&rng, COUNT, wrong));
    examples = TRAIN;
    for (size_t r = 0; r < examples; r++) {
        const double x = 2 * x1[r] - 1, y = 2 * x2[r] - 1;
        points[2 * r] = 1.5 * x;
        points[2 * r + 1] = 1.5 * y;
        labels[r] = (y < x + 0.3 * blur[r]) != (wrong[r] < 0.1);
    }
}

static void read_points(const char *path) {
    const Table table = read_table(path);
    if (table.columns != 3 || table.rows > MAX_EXAMPLES) {
        fprintf(stderr, "train: %s is not lines of x1,x2,label, at most %d\n", path, MAX_EXAMPLES);
        exit(EXIT_FAILURE);
    }
    examples = table.rows;
    for (size_t r = 0; r < examples; r++) {
        points[2 * r] = table.values[3 * r];
        points[2 * r + 1] = table.values[3 * r + 1];
        labels[r] = table.values[3 * r + 2];
    }
    free(table.values);
}

/* ---- Network --------------------------------------------------------------------------- */

/* The notebook's initial weights: normals of NumPy's generator after seed 3, over sqrt(n_in). */
static void initialize(void) {
    reg_legacy_rng rng;
    must(reg_legacy_seed(&rng, 3));
    for (int l = 0; l < LAYERS; l++) {
        Layer *layer = &layers[l];
        layer->n_in = widths[l];
        layer->n_out = widths[l + 1];
        layer->activation = l == LAYERS - 1 ? REG_SIGMOID : REG_RELU;
        must(reg_legacy_normal(&rng, layer->n_out * layer->n_in, layer->w));
        for (size_t i = 0; i < layer->n_out * layer->n_in; i++) layer->w[i] /= sqrt((double)layer->n_in);
        memset(layer->b, 0, sizeof layer->b);
    }
}

/* Rows of `width` units, one after another. */
static reg_strides rows(size_t width) {
    const reg_strides strides = {1, (ptrdiff_t)width};
    return strides;
}

/* The masks of hidden layer l (from 1) at a step. The row of an example determines its offset, so
 * that masks do not depend on the division into batches. */
static void dropout(Layer *layer, int l, int step, double keep_prob, double *x) {
    for (size_t r = 0; r < examples; r++)
        must(reg_forward_dropout_f64(x + r * layer->n_out, layer->n_out, keep_prob, 0,
                                     ((uint64_t)step << 16) + (uint64_t)l, (uint64_t)r << 34,
                                     x + r * layer->n_out, NULL));
}

/* keep_prob 1 for predictions. */
static void forward(int step, double keep_prob) {
    const double *below = points;
    for (int l = 0; l < LAYERS; l++) {
        Layer *layer = &layers[l];
        must(reg_forward_dense_f64(layer->w, layer->b, layer->n_out, layer->n_in, examples, below,
                                   rows(layer->n_in), layer->activation, NULL, layer->a, rows(layer->n_out)));
        if (keep_prob < 1 && l < LAYERS - 1) dropout(layer, l + 1, step, keep_prob, layer->a);
        below = layer->a;
    }
}

static void backward(int step, double keep_prob, double lambda) {
    Layer *last = &layers[LAYERS - 1];
    must(reg_backward_cost_f64(last->a, labels, examples * last->n_out, last->dz));
    for (int l = LAYERS - 1; l >= 0; l--) {
        Layer *layer = &layers[l], *below = l > 0 ? &layers[l - 1] : NULL;
        must(reg_backward_l2_f64(layer->w, layer->n_out, layer->n_in, examples, layer->dz, rows(layer->n_out),
                                 below ? below->a : points, rows(layer->n_in), lambda, layer->dw, layer->db,
                                 below ? below->dz : NULL, rows(layer->n_in)));
        if (below == NULL) break;
        /* The gradient has the same mask and scale as the activations. */
        if (keep_prob < 1) dropout(below, l, step, keep_prob, below->dz);
        must(reg_backward_activation_f64(below->dz, below->a, examples * below->n_out, below->activation,
                                         below->dz));
    }
}

static void update(double learning_rate) {
    for (int l = 0; l < LAYERS; l++) {
        Layer *layer = &layers[l];
        must(reg_update_f64(layer->w, layer->dw, layer->n_out * layer->n_in, learning_rate, layer->w));
        must(reg_update_f64(layer->b, layer->db, layer->n_out, learning_rate, layer->b));
    }
}

static double cost(double lambda) {
    const double *weights[LAYERS];
    size_t counts[LAYERS];
    double result;
    for (int l = 0; l < LAYERS; l++) {
        weights[l] = layers[l].w;
        counts[l] = layers[l].n_out * layers[l].n_in;
    }
    must(reg_cost_l2_f64(layers[LAYERS - 1].a, labels, 1, examples, weights, counts, LAYERS, lambda, &result,
                         NULL));
    return result;
}

/* ---- Program --------------------------------------------------------------------------- */

static Options parse(int argc, char **argv) {
    Options options = {0, 1, 0.3, 30000, NULL};
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(name, "--l2") == 0) options.lambda = number(name, value, 0, 1e6);
        else if (strcmp(name, "--dropout") == 0) options.keep_prob = number(name, value, 1e-6, 1);
        else if (strcmp(name, "--iterations") == 0) options.iterations = (int)number(name, value, 1, 1e9);
        else if (strcmp(name, "--data") == 0) options.data = value;
        else {
            fprintf(stderr,
                    "usage: train [--l2 LAMBDA] [--dropout KEEP_PROB] [--iterations N] [--data CSV]\n");
            exit(EXIT_FAILURE);
        }
    }
    return options;
}

int main(int argc, char **argv) {
    const Options options = parse(argc, argv);
    if (options.data != NULL) read_points(options.data);
    else generate_points();
    initialize();
    for (int step = 0; step < options.iterations; step++) {
        forward(step, options.keep_prob);
        if (step % 10000 == 0) printf("cost %d: %.15g\n", step, cost(options.lambda));
        backward(step, options.keep_prob, options.lambda);
        update(options.learning_rate);
    }
    forward(0, 1);
    printf("cost %d: %.15g\n", options.iterations, cost(options.lambda));
    size_t right = 0;
    for (size_t r = 0; r < examples; r++) right += (layers[LAYERS - 1].a[r] > 0.5) == (labels[r] > 0.5);
    printf("accuracy: %zu/%zu\n", right, examples);
    return EXIT_SUCCESS;
}
