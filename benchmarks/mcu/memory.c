/* The memory of training: the heap for networks of some widths, and the stack of a step. */
#include "board.h"
#include "swiftreg_bare_metal.h"

enum { M = 211, BATCH = 32, STACK = 16384 };

static _Alignas(8) uint8_t memory[512 * 1024];
static float x[M * 64], y[M * 64];

void board_start(void) {}

static void print_heap(size_t layers, const size_t *widths, reg_optimizer kind, const char *name) {
    const reg_network_options options = {.struct_size = sizeof options, .layers = layers, .widths = widths};
    reg_network *network;
    must(reg_network_create(&options, &network));
    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    must(reg_optimizer_defaults(kind, &optimizer));
    must(reg_network_set_optimizer(network, &optimizer));
    float *parameters;
    size_t count, training, predicting;
    must(reg_network_parameters(network, &parameters, &count));
    must(reg_heap_size(network, BATCH, M, 0, &training));
    must(reg_heap_size(network, 0, M, 0, &predicting));
    board_write("| ");
    for (size_t l = 0; l <= layers; l++) {
        if (l > 0) board_write("-");
        write_number((uint32_t)widths[l]);
    }
    board_write(" | ");
    board_write(name);
    board_write(" | ");
    write_number((uint32_t)(count * sizeof *parameters));
    board_write(" | ");
    write_number((uint32_t)training);
    board_write(" | ");
    write_number((uint32_t)predicting);
    board_write(" |\n");
    reg_network_destroy(network);
}

/* Trains, and returns how many bytes of stack that took: those that no longer hold a pattern. */
static __attribute__((noinline)) uint32_t stack_of_training(reg_network *network) {
    volatile uint8_t *here = __builtin_frame_address(0);
    volatile uint8_t *low = here - STACK;
    for (volatile uint8_t *p = low; p < here - 64; p++) *p = 0xa5;
    const reg_data data = {
        .struct_size = sizeof data, .m = M, .x = x, .x_strides = {1, 2}, .y = y, .y_strides = {1, 1}};
    const reg_fit_options fit = {.struct_size = sizeof fit, .epochs = 2, .batch_size = BATCH, .shuffle = 1};
    must(reg_network_fit(network, &data, NULL, &fit, NULL));
    volatile uint8_t *p = low;
    while (*p == 0xa5) p++;
    return (uint32_t)(here - p);
}

int main(void) {
    if (reg_set_heap(memory, sizeof memory) != 0) return 1;
    static const size_t notebook[] = {2, 20, 3, 1}, iris[] = {4, 16, 3}, motion[] = {24, 32, 16, 4},
                        digits[] = {64, 32, 10};
    board_write(
        "| widths | optimizer | parameters | heap, training | heap, prediction |\n| - | - | - | - | - |\n");
    print_heap(3, notebook, REG_SGD, "sgd");
    print_heap(3, notebook, REG_ADAM, "adam");
    print_heap(2, iris, REG_ADAM, "adam");
    print_heap(3, motion, REG_ADAM, "adam");
    print_heap(2, digits, REG_SGD, "sgd");
    const double keep_prob[] = {1, 0.86, 0.86}, l2[] = {0.1, 0.1, 0.1};
    const reg_network_options options = {
        .struct_size = sizeof options, .layers = 3, .widths = notebook, .keep_prob = keep_prob, .l2 = l2};
    reg_network *network;
    must(reg_network_create(&options, &network));
    board_write("\nStack of training 2-20-3-1: ");
    write_number(stack_of_training(network));
    board_write(" bytes.\n");
    return 0;
}
