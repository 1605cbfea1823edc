/* Data-parallel training with MPI: each rank takes some rows of each batch, and the gradients are summed.
 *
 *     mpicc data_parallel.c -I../../include -L../../build/lib -Wl,-rpath,../../build/lib -lSwiftReg -o data_parallel
 *     mpirun -n 4 ./data_parallel
 *     mpirun -n 4 ./data_parallel --epochs 100 --batch 128       (default: 40 and 250)
 *     mpirun -n 4 ./data_parallel --save network.safetensors
 *     mpirun -n 4 ./data_parallel --times 1                      seconds of a step and of its parts
 *
 * All ranks begin with the same parameters, from the seed, and update them with the same gradient, so ranks
 * exchange only the gradient. A row draws its dropout mask by its number in the whole batch, on any rank.
 * Therefore any number of ranks trains as reg_network_fit does in one process, in the same order and with the
 * same masks. One rank gives the same bits; several ranks sum the gradient in another order and agree within
 * rounding.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* mpirun ends all ranks when one fails. */
#define PROGRAM "data_parallel"
#include "example.h"
#include "swiftreg_network.h"

enum { EXAMPLES = 1001, INPUTS = 2, CLASSES = 3, LAYERS = 3, SEED = 7 };

typedef struct Options {
    uint64_t epochs;
    size_t batch;
    const char *save;
    int times;
} Options;

/* The state of a rank. */
typedef struct Training {
    int rank, ranks;
    reg_network *network;
    float *parameters, *gradients; /* the network's own memory */
    int count;                     /* of either */
    size_t order[EXAMPLES];        /* of the examples in this epoch */
    double gradient_seconds, sum_seconds, apply_seconds;
} Training;

static float x[EXAMPLES * INPUTS], y[EXAMPLES * CLASSES];
/* A rank's rows of a batch, in the order of the epoch. */
static float part_x[EXAMPLES * INPUTS], part_y[EXAMPLES * CLASSES];

/* ---- Data ------------------------------------------------------------------------------ */

/* Points of a square in three rings. Each rank creates all of them here, but needs only the rows
 * that it takes. */
static void generate(void) {
    static double points[EXAMPLES * INPUTS];
    reg_legacy_rng rng;
    must(reg_legacy_seed(&rng, SEED));
    must(reg_legacy_uniform(&rng, EXAMPLES * INPUTS, points));
    for (size_t r = 0; r < EXAMPLES; r++) {
        const double a = 2 * points[2 * r] - 1, b = 2 * points[2 * r + 1] - 1;
        const double squared = a * a + b * b;
        x[2 * r] = (float)a;
        x[2 * r + 1] = (float)b;
        y[CLASSES * r + (squared < 0.25 ? 0 : squared < 0.75 ? 1 : 2)] = 1;
    }
}

/* The order in which reg_network_fit takes the examples in an epoch: see reg_fit_options. */
static void shuffle(size_t *order, uint64_t epoch) {
    static uint32_t words[2 * EXAMPLES];
    must(reg_philox(2 * EXAMPLES, SEED, (epoch << 16) + 65534, 0, words));
    for (size_t i = 0; i < EXAMPLES; i++) order[i] = i;
    for (size_t i = EXAMPLES - 1; i > 0; i--) {
        /* floor(v (i + 1) / 2^64) of v = high 2^32 + low, without numbers of 128 bits */
        const uint64_t low = words[2 * i], high = words[2 * i + 1], n = i + 1;
        const size_t other = (size_t)((high * n + (low * n >> 32)) >> 32);
        const size_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* ---- Training -------------------------------------------------------------------------- */

static void create(Training *training) {
    const size_t widths[LAYERS + 1] = {INPUTS, 32, 32, CLASSES};
    const double keep_prob[LAYERS] = {1, 0.9, 0.9}, l2[LAYERS] = {0.01, 0.01, 0.01};
    reg_network_options options = {.struct_size = sizeof options, .layers = LAYERS};
    options.widths = widths;
    options.loss = REG_SOFTMAX_CROSS_ENTROPY;
    options.seed = SEED;
    options.keep_prob = keep_prob;
    options.l2 = l2;
    must(reg_network_create(&options, &training->network));
    reg_optimizer_options adam = {.struct_size = sizeof adam};
    must(reg_optimizer_defaults(REG_ADAM, &adam));
    adam.learning_rate = 0.01;
    must(reg_network_set_optimizer(training->network, &adam));
    size_t count;
    must(reg_network_parameters(training->network, &training->parameters, &count));
    must(reg_network_gradients(training->network, &training->gradients, &count));
    training->count = (int)count; /* MPI counts in int: more than 2^31 - 1 go in pieces */
}

/* One update from the examples at `first` ... first + m of the epoch. Returns this rank's share of
 * the batch's cost. */
static double step(Training *training, size_t first, size_t m) {
    const size_t rank = (size_t)training->rank, ranks = (size_t)training->ranks;
    const size_t low = m * rank / ranks, high = m * (rank + 1) / ranks;
    double cost = 0, start = MPI_Wtime();
    for (size_t r = low; r < high; r++) {
        const size_t from = training->order[first + r], to = r - low;
        memcpy(part_x + INPUTS * to, x + INPUTS * from, INPUTS * sizeof *x);
        memcpy(part_y + CLASSES * to, y + CLASSES * from, CLASSES * sizeof *y);
    }
    if (low < high) {
        reg_data data = {.struct_size = sizeof data, .m = high - low, .x = part_x, .y = part_y};
        data.x_strides = (reg_strides){1, INPUTS};
        data.y_strides = (reg_strides){1, CLASSES};
        reg_part part = {.struct_size = sizeof part, .first_row = low, .total_weight = (double)m};
        must(reg_network_gradient(training->network, &data, &part, &cost));
    } else { /* fewer rows than ranks */
        memset(training->gradients, 0, (size_t)training->count * sizeof(float));
    }
    training->gradient_seconds += MPI_Wtime() - start;
    start = MPI_Wtime();
    MPI_Allreduce(MPI_IN_PLACE, training->gradients, training->count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    training->sum_seconds += MPI_Wtime() - start;
    start = MPI_Wtime();
    must(reg_network_apply(training->network));
    training->apply_seconds += MPI_Wtime() - start;
    return cost;
}

/* The mean of the batches' costs, on every rank. */
static double train_epoch(Training *training, size_t batch) {
    reg_position position = {.struct_size = sizeof position};
    must(reg_network_get_position(training->network, &position));
    shuffle(training->order, position.epoch);
    double cost = 0;
    for (size_t first = 0; first < EXAMPLES; first += batch) {
        const size_t m = batch < EXAMPLES - first ? batch : EXAMPLES - first;
        cost += step(training, first, m) * (double)m;
    }
    must(reg_network_get_position(training->network, &position));
    position.epoch++;
    must(reg_network_set_position(training->network, &position));
    MPI_Allreduce(MPI_IN_PLACE, &cost, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return cost / EXAMPLES;
}

/* ---- Program --------------------------------------------------------------------------- */

/* MPI does not guarantee that a sum has the same bits on every rank, but its libraries ensure
 * it. */
static int same_on_all(const Training *training) {
    const size_t bytes = (size_t)training->count * sizeof(float);
    float *first = memory((size_t)training->count, sizeof *first);
    memcpy(first, training->parameters, bytes);
    MPI_Bcast(first, training->count, MPI_FLOAT, 0, MPI_COMM_WORLD);
    int same = memcmp(first, training->parameters, bytes) == 0;
    MPI_Allreduce(MPI_IN_PLACE, &same, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    free(first);
    return same;
}

static size_t right_answers(reg_network *network) {
    static float outputs[EXAMPLES * CLASSES];
    must(reg_network_predict(network, EXAMPLES, x, (reg_strides){1, INPUTS}, outputs, NULL,
                             (reg_strides){1, CLASSES}));
    size_t right = 0;
    for (size_t r = 0; r < EXAMPLES; r++) {
        const float *out = outputs + CLASSES * r;
        const int best = out[0] > out[1] ? (out[0] > out[2] ? 0 : 2) : (out[1] > out[2] ? 1 : 2);
        right += y[CLASSES * r + (size_t)best] == 1;
    }
    return right;
}

static Options parse(int argc, char **argv) {
    Options options = {40, 250, NULL, 0};
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(name, "--epochs") == 0) options.epochs = (uint64_t)number(name, value, 1, 1e9);
        else if (strcmp(name, "--batch") == 0) options.batch = (size_t)number(name, value, 1, EXAMPLES);
        else if (strcmp(name, "--times") == 0) options.times = (int)number(name, value, 0, 1);
        else if (strcmp(name, "--save") == 0) options.save = value;
        else {
            fprintf(stderr, "usage: data_parallel [--epochs N] [--batch N] [--save FILE] [--times 1]\n");
            exit(EXIT_FAILURE);
        }
    }
    return options;
}

int main(int argc, char **argv) {
    static Training training;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &training.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &training.ranks);
    const Options options = parse(argc, argv);
    must(reg_set_num_threads(1)); /* each rank uses one core */
    generate();
    create(&training);
    for (uint64_t epoch = 1; epoch <= options.epochs; epoch++) {
        const double cost = train_epoch(&training, options.batch);
        if (!isfinite(cost)) must(REG_ERROR_NOT_FINITE);
        if (training.rank == 0) printf("epoch %llu: cost %.9g\n", (unsigned long long)epoch, cost);
    }
    if (!same_on_all(&training)) {
        fprintf(stderr, "data_parallel: the ranks have different parameters\n");
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    if (training.rank == 0) {
        printf("ranks: %d, all with the same parameters\n", training.ranks);
        printf("accuracy: %zu/%d\n", right_answers(training.network), EXAMPLES);
        if (options.times) {
            reg_position position = {.struct_size = sizeof position};
            must(reg_network_get_position(training.network, &position));
            const double us = 1e6 / (double)position.step;
            printf("a step, us: gradient %.1f, sum %.1f, apply %.1f\n", training.gradient_seconds * us,
                   training.sum_seconds * us, training.apply_seconds * us);
        }
        if (options.save != NULL) must(reg_network_save(training.network, options.save));
    }
    reg_network_destroy(training.network);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
