/* The course notebook's network, 2-20-3-1, trained on a microcontroller with L2 and dropout on its points
 * (points.h, of scripts/mcu_points.py). The weights are those of a desktop, bit for bit: so is the hash. */
#include "board.h"
#include "points.h"

enum { LAYERS = 3, EPOCHS = 200, BATCH = 32 };

/* How many of the training points are on the right side. */
static uint32_t count_right(reg_network *network) {
    uint32_t right = 0;
    for (size_t first = 0; first < POINTS; first += BATCH) {
        float outputs[BATCH];
        const size_t count = POINTS - first < BATCH ? POINTS - first : BATCH;
        must(reg_network_predict(network, count, points[first], (reg_strides){1, 2}, outputs, NULL,
                                 (reg_strides){1, 1}));
        for (size_t e = 0; e < count; e++) right += (outputs[e] > 0.5f) == (labels[first + e] > 0.5f);
    }
    return right;
}

int main(void) {
    board_start();
    const size_t widths[LAYERS + 1] = {2, 20, 3, 1};
    const double keep_prob[LAYERS] = {1, 0.86, 0.86}; /* of the inputs and of the hidden layers */
    const double l2[LAYERS] = {0.1, 0.1, 0.1};
    const reg_network_options options = {.struct_size = sizeof options,
                                         .layers = LAYERS,
                                         .widths = widths,
                                         .seed = 3,
                                         .keep_prob = keep_prob,
                                         .l2 = l2};
    reg_network *network;
    must(reg_network_create(&options, &network));
    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    must(reg_optimizer_defaults(REG_SGD, &optimizer));
    optimizer.learning_rate = 0.3;
    must(reg_network_set_optimizer(network, &optimizer));
    const size_t heap = board_heap_needed(network, BATCH, POINTS);
    if (heap > 0) {
        board_write("heap: ");
        write_number((uint32_t)heap);
        board_write(" bytes\n");
    }

    const reg_data data = {.struct_size = sizeof data,
                           .m = POINTS,
                           .x = points[0],
                           .x_strides = {1, 2},
                           .y = labels,
                           .y_strides = {1, 1}};
    const reg_fit_options fit = {
        .struct_size = sizeof fit, .epochs = EPOCHS, .batch_size = BATCH, .shuffle = 1};
    reg_fit_result result = {.struct_size = sizeof result};
    must(reg_network_fit(network, &data, NULL, &fit, &result));
    board_write("cost: ");
    write_real(result.cost);
    board_write("\nright: ");
    write_number(count_right(network));
    board_write(" of ");
    write_number(POINTS);
    float *parameters;
    size_t count;
    must(reg_network_parameters(network, &parameters, &count));
    board_write("\nweights: ");
    write_sha256(parameters, count * sizeof *parameters);
    board_write("\n");
    reg_network_destroy(network);
    return 0;
}
