/* A library with ReLU, binary cross-entropy, Adam and a constant learning rate alone: each other value is an error that
 * names it. */
#include <string.h>

#include "checks.h"
#include "swiftreg_bare_metal.h"

static uint8_t memory[8 * 1024];
static char file[4096];

static void check_error(reg_status got, reg_status want, const char *words) {
    check(got == want, words);
    check(strcmp(reg_error_message(), words) == 0, words);
}

int main(void) {
    check(reg_set_heap(memory, sizeof memory) == 0, "reg_set_heap");
    const size_t widths[] = {2, 3, 1};
    const reg_activation relu = REG_RELU, tanh = REG_TANH;
    reg_network_options options = {
        .struct_size = sizeof options, .layers = 2, .widths = widths, .activations = &tanh};
    reg_network *network;
    check_error(reg_network_create(&options, &network), REG_ERROR_ACTIVATION,
                "activations[0] is 4; it is not in this build");
    check(network == NULL, "no network");
    options.activations = &relu;
    options.loss = REG_SOFTMAX_CROSS_ENTROPY;
    check_error(reg_network_create(&options, &network), REG_ERROR_LOSS, "loss is 1; it is not in this build");
    options.loss = REG_BINARY_CROSS_ENTROPY;
    check(reg_network_create(&options, &network) == REG_OK, "reg_network_create");

    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    check_error(reg_optimizer_defaults(REG_LION, &optimizer), REG_ERROR_OPTIMIZER,
                "kind is 6; it is not in this build");
    check(reg_optimizer_defaults(REG_ADAM, &optimizer) == REG_OK, "reg_optimizer_defaults");
    optimizer.schedule = REG_COSINE;
    optimizer.period = 10;
    check_error(reg_network_set_optimizer(network, &optimizer), REG_ERROR_SCHEDULE,
                "schedule is 2; it is not in this build");
    optimizer.schedule = REG_CONSTANT;
    check(reg_network_set_optimizer(network, &optimizer) == REG_OK, "reg_network_set_optimizer");

    /* A network of another library. */
    size_t size = 0;
    check(reg_network_serialize(network, file, sizeof file, &size) == REG_OK, "reg_network_serialize");
    check(reg_network_deserialize(file, size, &network) == REG_OK, "reg_network_deserialize");
    size_t at = 0;
    while (at < size && memcmp(file + at, "\"relu", 5) != 0) at++;
    check(at < size, "the activation in the file");
    memcpy(file + at + 1, "tanh", 4);
    check_error(reg_network_deserialize(file, size, &network), REG_ERROR_FORMAT,
                "has an option that is not in this build");

    /* Functions of arrays have all: of elementary functions, and of activations what networks have. */
    float x = 0.5f, y = 0;
    check(reg_elementary(&x, 1, REG_FUNCTION_TANH, &y) == REG_OK && y > 0.4621f && y < 0.4622f, "tanh(0.5)");
    check_error(reg_forward_activation(&x, 1, REG_GELU, &y), REG_ERROR_ACTIVATION,
                "activation is 5; it is not in this build");
    return end_checks();
}
