/* A step of swiftreg: plain, with L2, and with L2 and dropout; without and with the costs of the epochs. */
#include <stdbool.h>

#include "counter.h"

static void train(const char *what, double lambda, double keep, bool reads_costs) {
    const size_t widths[4] = {2, 20, 3, 1};
    const double keep_prob[3] = {1, keep, keep}, l2[3] = {lambda, lambda, lambda};
    const reg_network_options options = {.struct_size = sizeof options,
                                         .layers = 3,
                                         .widths = widths,
                                         .seed = 3,
                                         .keep_prob = keep_prob,
                                         .l2 = l2};
    reg_network *network;
    must(reg_network_create(&options, &network));
    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    must(reg_optimizer_defaults(REG_SGD, &optimizer));
    optimizer.learning_rate = 0.1;
    must(reg_network_set_optimizer(network, &optimizer));
    const reg_data data = {.struct_size = sizeof data,
                           .m = EXAMPLES,
                           .x = points[0],
                           .x_strides = {1, 2},
                           .y = labels,
                           .y_strides = {1, 1}};
    const reg_fit_options fit = {.struct_size = sizeof fit, .epochs = EPOCHS, .batch_size = BATCH};
    reg_fit_result result = {.struct_size = sizeof result};
    start_counter();
    const uint32_t start = instructions();
    must(reg_network_fit(network, &data, NULL, &fit, reads_costs ? &result : NULL));
    print_step(what, start);
    reg_network_destroy(network);
}

int main(void) {
    board_start();
    make_points();
#ifndef PROFILED
    train("swiftreg", 0, 1, false);
    train("swiftreg, L2", 0.1, 1, false);
#endif
    train("swiftreg, L2 and dropout", 0.1, 0.86, false);
#ifndef PROFILED
    train("the same with costs", 0.1, 0.86, true);
#endif
    return 0;
}
