/* Trains two networks through the C interface: for each, a hash of its weights and nanoseconds an epoch. Measure.swift
 * does the same through Regularized. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "swiftreg_network.h"

enum { REPETITIONS = 20 };

static void must(reg_status status) {
    if (status == REG_OK) return;
    fprintf(stderr, "%s\n", reg_error_message());
    exit(1);
}

static uint64_t state;

/* SplitMix64, in [-1, 1). */
static float next_number(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (float)((z ^ (z >> 31)) >> 40) / 8388608 - 1;
}

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void measure(const char *name, size_t layers, const size_t *widths, size_t m, size_t batch_size,
                    uint64_t epochs) {
    const size_t inputs = widths[0], outputs = widths[layers];
    float *x = malloc(m * inputs * sizeof *x), *y = malloc(m * outputs * sizeof *y);
    if (x == NULL || y == NULL) exit(1);
    state = 1;
    for (size_t i = 0; i < m * inputs; i++) x[i] = next_number();
    for (size_t i = 0; i < m * outputs; i++) y[i] = next_number() > 0;

    double keep_prob[8] = {1}, l2[8];
    for (size_t i = 0; i < layers; i++) {
        if (i > 0) keep_prob[i] = 0.86;
        l2[i] = 0.7;
    }
    reg_network_options options = {.struct_size = sizeof options,
                                   .layers = layers,
                                   .widths = widths,
                                   .seed = 1,
                                   .keep_prob = keep_prob,
                                   .l2 = l2};
    reg_optimizer_options adam = {.struct_size = sizeof adam, .kind = REG_ADAM};
    reg_data data = {.struct_size = sizeof data,
                     .m = m,
                     .x = x,
                     .x_strides = {1, (ptrdiff_t)inputs},
                     .y = y,
                     .y_strides = {1, (ptrdiff_t)outputs}};
    reg_fit_options fit = {
        .struct_size = sizeof fit, .epochs = epochs, .batch_size = batch_size, .shuffle = 1};
    reg_network *network;
    must(reg_network_create(&options, &network));
    must(reg_network_set_optimizer(network, &adam));
    double least = 1e300;
    for (int i = 0; i < REPETITIONS; i++) {
        const double start = nanoseconds();
        must(reg_network_fit(network, &data, NULL, &fit, NULL));
        const double took = nanoseconds() - start;
        if (took < least) least = took;
    }
    float *parameters;
    size_t count;
    must(reg_network_parameters(network, &parameters, &count));
    uint64_t hash = 0xCBF29CE484222325;
    for (size_t i = 0; i < count * sizeof *parameters; i++)
        hash = (hash ^ ((const unsigned char *)parameters)[i]) * 0x100000001B3;
    printf("%s %016llx %.0f\n", name, (unsigned long long)hash, least / (double)epochs);
    reg_network_destroy(network);
    free(x);
    free(y);
}

int main(void) {
    measure("2-20-3-1", 3, (const size_t[]){2, 20, 3, 1}, 211, 32, 20);
    measure("64-128-64-10", 3, (const size_t[]){64, 128, 64, 10}, 1024, 128, 1);
    return 0;
}
