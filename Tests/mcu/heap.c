/* reg_heap_size is exact: with as many bytes, networks of many shapes are created and trained, with one byte
 * less they are not, and nothing of theirs changes. */
#include <string.h>

#include "checks.h"
#include "swiftreg_bare_metal.h"

enum { MAX_WIDTH = 40, MAX_EXAMPLES = 70 };

static _Alignas(8) uint8_t memory[256 * 1024];
static float x[MAX_EXAMPLES * MAX_WIDTH], y[MAX_EXAMPLES * MAX_WIDTH];

static reg_network *create(const size_t *widths, size_t layers, reg_init init, reg_optimizer kind) {
    const reg_network_options options = {.struct_size = sizeof options,
                                         .layers = layers,
                                         .widths = widths,
                                         .init = init,
                                         .loss = REG_SQUARED_ERROR};
    reg_network *network;
    if (reg_network_create(&options, &network) != REG_OK) return NULL;
    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    must(reg_optimizer_defaults(kind, &optimizer));
    must(reg_network_set_optimizer(network, &optimizer));
    return network;
}

static reg_status fit(reg_network *network, const size_t *widths, size_t layers, size_t m, size_t batch_size,
                      int validates) {
    const reg_data data = {.struct_size = sizeof data,
                           .m = m,
                           .x = x,
                           .x_strides = {1, (ptrdiff_t)widths[0]},
                           .y = y,
                           .y_strides = {1, (ptrdiff_t)widths[layers]}};
    const reg_fit_options fit = {
        .struct_size = sizeof fit, .epochs = 2, .batch_size = batch_size, .shuffle = 1};
    return reg_network_fit(network, &data, validates ? &data : NULL, &fit, NULL);
}

static void try_shape(const size_t *widths, size_t layers, size_t m, size_t batch_size, reg_init init,
                      reg_optimizer kind, int validates) {
    size_t bytes;
    check(reg_set_heap(memory, sizeof memory) == 0, "the heap of everything");
    reg_network *network = create(widths, layers, init, kind);
    check(network != NULL, "a network");
    check(reg_set_heap(memory, sizeof memory) == 1, "no other heap while there are networks");
    must(reg_heap_size(network, batch_size, m, validates, &bytes));
    reg_network_destroy(network);

    check(bytes <= sizeof memory && reg_set_heap(memory, bytes) == 0, "a heap of the size");
    memset(memory + bytes, 0x5a, sizeof memory - bytes);
    network = create(widths, layers, init, kind);
    check(network != NULL, "a network on it");
    must(fit(network, widths, layers, m, batch_size, validates));
    float output[MAX_WIDTH];
    must(reg_network_predict(network, 1, x, (reg_strides){1, 1}, output, NULL, (reg_strides){1, 1}));
    reg_network_destroy(network);
    for (size_t i = bytes; i < sizeof memory; i++)
        if (memory[i] != 0x5a) check(0, "no byte beyond the heap is written");

    check(reg_set_heap(memory, bytes - 1) == 0, "a heap of one byte less");
    network = create(widths, layers, init, kind);
    if (network != NULL) {
        static float before[2048];
        float *parameters;
        size_t count;
        must(reg_network_parameters(network, &parameters, &count));
        memcpy(before, parameters, count * sizeof *before);
        check(fit(network, widths, layers, m, batch_size, validates) == REG_ERROR_MEMORY,
              "too little memory");
        check(memcmp(before, parameters, count * sizeof *before) == 0, "the same parameters");
        reg_network_destroy(network);
    }
}

int main(void) {
    static const size_t shapes[][4] = {{2, 20, 3, 1}, {1, 1, 1, 1}, {7, 33, 17, 5}, {40, 9, 30, 2}};
    static const size_t examples[][2] = {{1, 1}, {32, 32}, {70, 32}, {70, 16}, {19, 70}};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        x[i] = (float)(i % 17) / 17;
        y[i] = (float)(i % 5) / 5;
    }
    check(reg_set_heap(NULL, 1000) == 1 && reg_set_heap(memory, 255) == 1, "no heap");
    check(create(shapes[0], 3, REG_INIT_HE, REG_SGD) == NULL, "no network without a heap");
    for (size_t s = 0; s < 4; s++)
        for (size_t layers = 1; layers <= 3; layers++)
            for (size_t e = 0; e < 5; e++)
                for (int v = 0; v < 2; v++) {
                    const reg_optimizer kind = (s + e) % 2 ? REG_ADAM : REG_SGD;
                    const reg_init init = (layers + e) % 2 ? REG_INIT_HE : REG_INIT_NOTEBOOK;
                    try_shape(shapes[s], layers, examples[e][0], examples[e][1], init, kind, v);
                }
    return end_checks();
}
