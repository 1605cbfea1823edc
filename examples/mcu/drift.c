/* A sensor whose characteristic drifts, and a network on the microcontroller that keeps learning it.
 *
 * The sensor's reading depends on pressure and temperature; the network, 2-8-1, computes the pressure from
 * the reading and the temperature. It is trained once in the factory. Then gain and offset of the sensor
 * drift from day to day. Each day a reference gives the true pressure for 16 readings, and one network
 * takes a few steps on them; a copy of it learns nothing any more. Both are tested on fresh readings. */
#include "board.h"

enum { DAYS = 30, FACTORY = 256, DAILY = 16, TESTS = 64 };

static float readings[FACTORY][2], pressures[FACTORY];
static uint64_t drawn;

/* Uniform in [0, 1). */
static float uniform(void) {
    uint32_t word;
    must(reg_philox(1, 7, 0, drawn++, &word));
    return (float)(word >> 8) * 0x1p-24f;
}

/* Draws readings of the sensor of a day. */
static void measure(uint32_t day, size_t count) {
    const float gain = 1.0f - 0.012f * (float)day, offset = 0.01f * (float)day;
    for (size_t r = 0; r < count; r++) {
        const float pressure = uniform(), temperature = 2 * uniform() - 1, noise = 0.02f * (uniform() - 0.5f);
        const float curved = pressure * (1.3f - 0.3f * pressure);
        pressures[r] = pressure;
        readings[r][0] = gain * curved + 0.2f * temperature * pressure + offset + noise;
        readings[r][1] = temperature;
    }
}

static reg_data examples(size_t count) {
    return (reg_data){.struct_size = sizeof(reg_data),
                      .m = count,
                      .x = readings[0],
                      .x_strides = {1, 2},
                      .y = pressures,
                      .y_strides = {1, 1}};
}

/* Trains for some epochs on the first readings. */
static void train(reg_network *network, size_t count, uint64_t epochs) {
    const reg_data data = examples(count);
    const reg_fit_options fit = {
        .struct_size = sizeof fit, .epochs = epochs, .batch_size = DAILY, .shuffle = 1};
    must(reg_network_fit(network, &data, NULL, &fit, NULL));
}

/* The mean error of the pressure on the first readings, in thousandths. */
static double mean_error(reg_network *network, size_t count) {
    float sum = 0;
    for (size_t r = 0; r < count; r++) {
        float output;
        must(reg_network_predict(network, 1, readings[r], (reg_strides){1, 2}, &output, NULL,
                                 (reg_strides){1, 1}));
        sum += output > pressures[r] ? output - pressures[r] : pressures[r] - output;
    }
    return sum / (float)count;
}

int main(void) {
    board_start();
    const size_t widths[3] = {2, 8, 1};
    const double l2[2] = {1e-4, 1e-4};
    const reg_activation activation = REG_TANH;
    const reg_network_options options = {.struct_size = sizeof options,
                                         .layers = 2,
                                         .widths = widths,
                                         .activations = &activation,
                                         .loss = REG_SQUARED_ERROR,
                                         .seed = 1,
                                         .l2 = l2};
    reg_network *network, *frozen;
    must(reg_network_create(&options, &network));
    reg_optimizer_options adam = {.struct_size = sizeof adam};
    must(reg_optimizer_defaults(REG_ADAM, &adam));
    adam.learning_rate = 0.01;
    must(reg_network_set_optimizer(network, &adam));
    measure(0, FACTORY);
    train(network, FACTORY, 150);

    /* The copy, through the bytes of a file. */
    static uint8_t bytes[4096];
    size_t size;
    must(reg_network_serialize(network, bytes, sizeof bytes, &size));
    must(reg_network_deserialize(bytes, size, &frozen));

    for (uint32_t day = 0; day <= DAYS; day++) {
        measure(day, DAILY);
        train(network, DAILY, 20);
        if (day % 10 != 0) continue;
        measure(day, TESTS);
        board_write("day ");
        write_number(day);
        board_write(": error ");
        write_real(mean_error(network, TESTS));
        board_write(", without learning ");
        write_real(mean_error(frozen, TESTS));
        board_write("\n");
    }
    float *parameters;
    size_t count;
    must(reg_network_parameters(network, &parameters, &count));
    board_write("weights: ");
    write_sha256(parameters, count * sizeof *parameters);
    board_write("\n");
    reg_network_destroy(frozen);
    reg_network_destroy(network);
    return 0;
}
