/* A step of AIfES' float backend. Its sources (AGPL) are not part of this repository: see run. SLICE is the
 * number of examples that pass its layers together. */
#include <basic/base/aialgo/aialgo_sequential_inference.h>
#include <basic/base/aialgo/aialgo_sequential_training.h>
#include <basic/default/ailayer/ailayer_dense_default.h>
#include <basic/default/ailayer/ailayer_input_default.h>
#include <basic/default/ailayer/ailayer_relu_default.h>
#include <basic/default/ailayer/ailayer_sigmoid_default.h>
#include <basic/default/ailoss/ailoss_crossentropy_default.h>
#include <basic/default/aiopti/aiopti_sgd_default.h>

#include "counter.h"

static _Alignas(8) uint8_t parameters[4096], memory[32768];

static void initialize(aitensor_t *tensor) {
    static uint32_t state = 3;
    float *values = tensor->data;
    for (int i = 0; i < tensor->shape[0] * tensor->shape[1]; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = ((float)(state >> 8) * 0x1p-23f - 1) * (tensor->shape[0] == 2 ? 1.7f : 0.55f);
    }
}

int main(void) {
    make_points();
    uint16_t input_shape[] = {SLICE, 2}, x_shape[] = {EXAMPLES, 2}, y_shape[] = {EXAMPLES, 1};
    aitensor_t x = AITENSOR_2D_F32(x_shape, points), y = AITENSOR_2D_F32(y_shape, labels);
    ailayer_input_f32_t input = AILAYER_INPUT_F32_A(2, input_shape);
    ailayer_dense_f32_t dense1 = AILAYER_DENSE_F32_A(20), dense2 = AILAYER_DENSE_F32_A(3),
                        dense3 = AILAYER_DENSE_F32_A(1);
    ailayer_relu_f32_t relu1 = AILAYER_RELU_F32_A(), relu2 = AILAYER_RELU_F32_A();
    ailayer_sigmoid_f32_t sigmoid = AILAYER_SIGMOID_F32_A();
    ailoss_crossentropy_f32_t loss;
    aimodel_t model;
    model.input_layer = ailayer_input_f32_default(&input);
    ailayer_t *last = ailayer_dense_f32_default(&dense1, model.input_layer);
    last = ailayer_relu_f32_default(&relu1, last);
    last = ailayer_dense_f32_default(&dense2, last);
    last = ailayer_relu_f32_default(&relu2, last);
    last = ailayer_dense_f32_default(&dense3, last);
    model.output_layer = ailayer_sigmoid_f32_default(&sigmoid, last);
    model.loss = ailoss_crossentropy_f32_default(&loss, model.output_layer);
    aialgo_compile_model(&model);
    if (aialgo_sizeof_parameter_memory(&model) > sizeof parameters) board_exit(1);
    aialgo_distribute_parameter_memory(&model, parameters, sizeof parameters);
    initialize(&dense1.weights);
    initialize(&dense2.weights);
    initialize(&dense3.weights);
    aiopti_sgd_f32_t sgd = AIOPTI_SGD_F32(0.1f / BATCH);
    aiopti_t *optimizer = aiopti_sgd_f32_default(&sgd);
    const uint32_t bytes = aialgo_sizeof_training_memory(&model, optimizer);
    if (bytes > sizeof memory) board_exit(1);
    aialgo_schedule_training_memory(&model, optimizer, memory, bytes);
    aialgo_init_model_for_training(&model, optimizer);
    start_counter();
    const uint32_t start = instructions();
    for (int epoch = 0; epoch < EPOCHS; epoch++) aialgo_train_model(&model, &x, &y, optimizer, BATCH);
    print_step(SLICE == 1 ? "AIfES, example by example" : "AIfES, a batch at once", start);
    return 0;
}
