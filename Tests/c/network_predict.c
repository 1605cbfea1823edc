/* Outputs of whole networks, with and without dropout, against the formulas in double. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

static void describe_case(const char *what, const Case *c) {
    describe("%s " REAL_NAME " %zu layers %zu %zu %zu, m %zu, loss %d, strides %td %td", what,
             c->options.layers, c->widths[0], c->widths[1], c->widths[2], c->data.m, c->options.loss,
             c->x.strides.unit, c->x.strides.example);
}

/* Relative to the largest output, because the terms of the sum are not known here. */
static bool is_matrix(const Matrix *got, const double *want, double tolerance) {
    double largest = 0;
    bool right = true;
    for (size_t i = 0; i < got->units * got->examples; i++) largest = fmax(largest, fabs(want[i]));
    for (size_t u = 0; u < got->units; u++)
        for (size_t r = 0; r < got->examples; r++)
            right &= close_to(*element(got, u, r), want[r * got->units + u], tolerance * (largest + 1));
    return right;
}

static reg_status predict(Network *network, const Data *data, const Matrix *outputs, const Matrix *z) {
    const reg_strides strides = outputs != NULL ? outputs->strides : z->strides;
    return REG(network_predict)(network, data->m, data->x, data->x_strides,
                                outputs == NULL ? NULL : outputs->first, z == NULL ? NULL : z->first,
                                strides);
}

static bool same_values(const Matrix *a, const Matrix *b) {
    bool right = true;
    for (size_t u = 0; u < a->units; u++)
        for (size_t r = 0; r < a->examples; r++) right &= same(*element(a, u, r), *element(b, u, r));
    return right;
}

/* An example has the same outputs alone and among others. */
static bool is_independent(Network *network, const Case *c, const Matrix *outputs) {
    bool right = true;
    for (size_t i = 0; i < 5; i++) {
        const size_t first = random_bits() % c->data.m;
        const size_t rows = i < 2 ? 1 : 1 + random_bits() % (c->data.m - first);
        const Data data = rows_of(&c->data, first, rows);
        const Matrix alone = matrix(EXAMPLES_UNITS, outputs->units, rows);
        CHECK_OK(predict(network, &data, &alone, NULL));
        for (size_t u = 0; u < outputs->units; u++)
            for (size_t r = 0; r < rows; r++)
                right &= same(*element(&alone, u, r), *element(outputs, u, first + r));
    }
    return right;
}

static void check_predict(Shape shape) {
    Case c;
    fill_network(&c, shape);
    fill_data(&c, shape.m, (Layout)random_int(0, LAYOUTS - 1), UNITS_EXAMPLES, false);
    describe_case("predict", &c);
    Network *network = create_network(&c);
    const size_t n = c.widths[shape.layers];
    const double *parameters = doubles(parameters_of(network), oracle_parameter_count(&c.options));
    double *want_z = BUFFER(double, n *shape.m), *want = BUFFER(double, n *shape.m);
    oracle_outputs(&c.options, parameters, &c.batch, want_z, want);
    const Layout to = (Layout)random_int(0, OUTPUT_LAYOUTS - 1);
    const Matrix outputs = matrix(to, n, shape.m), z = matrix(to, n, shape.m);
    const Matrix only = matrix(to, n, shape.m), only_z = matrix((Layout)random_int(0, 1), n, shape.m);
    CHECK_OK(predict(network, &c.data, &outputs, &z));
    CHECK(is_matrix(&outputs, want, 64 * REAL_EPSILON));
    CHECK(is_matrix(&z, want_z, 64 * REAL_EPSILON));
    CHECK(padding_is_untouched(&outputs) && padding_is_untouched(&z));
    CHECK_OK(predict(network, &c.data, &only, NULL));
    CHECK_OK(predict(network, &c.data, NULL, &only_z));
    CHECK(memcmp(only.all, outputs.all, outputs.length * sizeof(real)) == 0);
    CHECK(same_values(&only_z, &z));
    CHECK(is_independent(network, &c, &outputs));
    int32_t threads = 0;
    CHECK_OK(reg_get_num_threads(&threads));
    CHECK_OK(reg_set_num_threads(threads == 1 ? 2 : 1));
    CHECK_OK(predict(network, &c.data, &only, NULL));
    CHECK(memcmp(only.all, outputs.all, outputs.length * sizeof(real)) == 0);
    CHECK_OK(reg_set_num_threads(threads));
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_predict) {
    static const size_t ms[] = {1, 2, 15, 16, 17, 33, 100};
    for (size_t i = 0; i < COUNT(ms) - (quick ? 1 : 0); i++) {
        check_predict((Shape){ms[i], 1, {1, 1}});
        check_predict((Shape){ms[i], 1, {100, 17}});
        check_predict((Shape){ms[i], 2, {2, 3, 1}});
        check_predict((Shape){ms[i], 2, {15, 16, 4}});
        check_predict((Shape){ms[i], 3, {33, 31, 5, 3}});
        check_predict((Shape){ms[i], 4, {4, 64, 17, 16, 100}});
    }
    if (quick) return;
    check_predict((Shape){511, 2, {3, 17, 2}});
    check_predict((Shape){512, 2, {3, 17, 2}});
    check_predict((Shape){513, 2, {3, 17, 2}});
    check_predict((Shape){1100, 3, {64, 100, 33, 10}});
    check_predict((Shape){300, 2, {300, 301, 5}});
}

/* No examples need no buffers. */
TEST(network_predict_nothing) {
    Case c;
    fill_network(&c, (Shape){1, 2, {3, 4, 2}});
    Network *network = create_network(&c);
    real out[2] = {7, 7};
    const reg_strides strides = {1, 2}, in = {1, 3};
    CHECK_OK(REG(network_predict)(network, 0, NULL, in, out, out, strides));
    CHECK(out[0] == 7 && out[1] == 7);
    REG(network_destroy)(network);
}

/* A NaN in one example does not affect others. */
TEST(network_predict_isolation) {
    for (int i = 0; i < 30; i++) {
        Case c;
        fill_network(&c, (Shape){(size_t)random_int(1, 40), 3, {5, 17, 4, 3}});
        for (int l = 0; l < 3; l++) c.activations[l] = i % 2 ? REG_RELU : REG_TANH;
        const size_t m = (size_t)random_int(1, 40), bad = random_bits() % m;
        fill_data(&c, m, (Layout)random_int(0, REVERSED), UNITS_EXAMPLES, false);
        describe_case("NaN", &c);
        Network *network = create_network(&c);
        *element(&c.x, random_bits() % 5, bad) = NAN;
        const Matrix outputs = matrix(UNITS_EXAMPLES, 3, m), z = matrix(UNITS_EXAMPLES, 3, m);
        CHECK_OK(predict(network, &c.data, &outputs, &z));
        bool right = true;
        for (size_t u = 0; u < 3; u++)
            for (size_t r = 0; r < m; r++)
                right &= (bool)isnan(*element(&z, u, r)) == (r == bad) &&
                         (bool)isnan(*element(&outputs, u, r)) == (r == bad);
        CHECK(right);
        REG(network_destroy)(network);
        release_buffers();
    }
}

/* ---- Monte Carlo dropout --------------------------------------------------------------- */

static void oracle_mean_and_deviation(Case *c, const double *parameters, size_t samples, uint64_t seed,
                                      double *mean, double *deviation) {
    const size_t count = c->data.m * c->y.units;
    double *outputs = calloc(samples * count, sizeof *outputs);
    c->batch.drops = true;
    c->batch.seed = seed;
    for (size_t s = 0; s < samples; s++) {
        c->batch.step = s;
        oracle_outputs(&c->options, parameters, &c->batch, NULL, outputs + s * count);
    }
    for (size_t i = 0; i < count; i++) {
        double sum = 0, squares = 0;
        for (size_t s = 0; s < samples; s++) sum += outputs[s * count + i];
        mean[i] = sum / (double)samples;
        for (size_t s = 0; s < samples; s++)
            squares += (outputs[s * count + i] - mean[i]) * (outputs[s * count + i] - mean[i]);
        deviation[i] = sqrt(squares / (double)samples);
    }
    free(outputs);
}

static void check_dropout(Shape shape, size_t samples) {
    Case c;
    fill_network(&c, shape);
    fill_data(&c, shape.m, (Layout)random_int(0, LAYOUTS - 1), UNITS_EXAMPLES, false);
    describe_case("predict with dropout", &c);
    Network *network = create_network(&c);
    set_position(network, 31, 7);
    const size_t n = c.widths[shape.layers];
    const uint64_t seed = random_bits();
    const double *parameters = doubles(parameters_of(network), oracle_parameter_count(&c.options));
    double *want_mean = BUFFER(double, n *shape.m), *want_deviation = BUFFER(double, n *shape.m);
    oracle_mean_and_deviation(&c, parameters, samples, seed, want_mean, want_deviation);
    const Layout to = (Layout)random_int(0, OUTPUT_LAYOUTS - 1);
    const Matrix mean = matrix(to, n, shape.m), deviation = matrix(to, n, shape.m);
    const Matrix only = matrix(to, n, shape.m);
    CHECK_OK(REG(network_predict_dropout)(network, shape.m, c.data.x, c.data.x_strides, samples, seed,
                                          mean.first, deviation.first, mean.strides));
    CHECK(is_matrix(&mean, want_mean, 64 * REAL_EPSILON));
    CHECK(is_matrix(&deviation, want_deviation, 64 * REAL_EPSILON));
    CHECK(padding_is_untouched(&mean) && padding_is_untouched(&deviation));
    if (samples == 1)
        for (size_t i = 0; i < n * shape.m; i++) CHECK(*element(&deviation, i % n, i / n) == 0);
    CHECK_OK(REG(network_predict_dropout)(network, shape.m, c.data.x, c.data.x_strides, samples, seed,
                                          only.first, NULL, only.strides));
    CHECK(memcmp(only.all, mean.all, mean.length * sizeof(real)) == 0);
    CHECK_OK(REG(network_predict_dropout)(network, shape.m, c.data.x, c.data.x_strides, samples, seed, NULL,
                                          only.first, only.strides));
    CHECK(memcmp(only.all, deviation.all, deviation.length * sizeof(real)) == 0);
    CHECK(position_of(network).step == 31);
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_predict_dropout) {
    for (int i = 0; i < 10; i++) {
        check_dropout((Shape){1, 1, {3, 1}}, 1 + (size_t)i);
        check_dropout((Shape){17, 2, {5, 16, 3}}, 5);
        check_dropout((Shape){(size_t)random_int(1, 40), 3, {17, 33, 4, 2}}, 3);
        check_dropout((Shape){16, 2, {2, 3, 1}}, 1);
    }
    if (!quick) check_dropout((Shape){513, 2, {33, 64, 5}}, 7);
}

/* ---- Wide networks --------------------------------------------------------------------- */

enum { WIDE_INPUTS = 17000, WIDE_M = 600 };

/* Without training, the examples of wide networks pass in groups: 512 * 17000 values are more than pass
 * together. Outputs, masks and costs are those of the examples alone, and of a training pass. The inputs of
 * an example are all the same number, in memory once. */
TEST(network_predict_wide) {
    if (!HOST_HAS_FILES) return; /* nor so much memory */
    describe("wide network " REAL_NAME);
    const size_t widths[] = {WIDE_INPUTS, 3, 1};
    const double keep_prob[] = {0.9, 0.5};
    reg_network_options options = SIZED(reg_network_options);
    options.layers = 2;
    options.widths = widths;
    options.keep_prob = keep_prob;
    /* On an emulated CPU, little more than the first group. */
    const size_t m = quick ? 280 : WIDE_M, fewer = quick ? 264 : 300, samples = quick ? 1 : 2;
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    real *x = random_buffer(m, -1, 1, false), *y = BUFFER(real, m), *weights = BUFFER(real, m);
    for (size_t r = 0; r < m; r++) {
        y[r] = (real)(r % 2);
        weights[r] = (real)(r % 3);
    }
    x[3] = NAN; /* weighs 0 */
    const reg_strides strides = {0, 1}, out = {1, 1};
    real *outputs = BUFFER(real, m), *logits = BUFFER(real, m), *mean = BUFFER(real, m);
    CHECK_OK(REG(network_predict)(network, m, x, strides, outputs, logits, out));
    CHECK_OK(REG(network_predict_dropout)(network, m, x, strides, samples, 9, mean, NULL, out));
    real *few = BUFFER(real, m);
    const size_t some = quick ? 71 : 7;
    for (size_t first = 0; first < m; first += some) {
        const size_t count = m - first < some ? m - first : some;
        CHECK_OK(REG(network_predict)(network, count, x + first, strides, few + first, NULL, out));
    }
    CHECK(memcmp(outputs, few, m * sizeof(real)) == 0);
    /* Fewer examples have the same masks. */
    CHECK_OK(REG(network_predict_dropout)(network, fewer, x, strides, samples, 9, few, NULL, out));
    CHECK(memcmp(mean, few, fewer * sizeof(real)) == 0);
    double want = 0, total = 0, cost = NAN, data_term = NAN, trained = NAN, error = NAN;
    for (size_t r = 0; r < m; r++) {
        if (weights[r] == 0) continue;
        const double z = (double)logits[r];
        want += (double)weights[r] * (fmax(z, 0) + log1p(exp(-fabs(z))) - (double)y[r] * z);
        total += (double)weights[r];
    }
    Data data = SIZED(Data);
    data.m = m;
    data.x = x;
    data.x_strides = strides;
    data.y = y;
    data.y_strides = strides;
    data.weights = weights;
    CHECK_OK(REG(network_cost)(network, &data, &cost, &data_term));
    CHECK(close_to(data_term, want / total, 100 * REAL_EPSILON * want / total) && cost == data_term);
    /* The cost of a validation, and after 0 updates that of the network. */
    reg_fit_options fit = SIZED(reg_fit_options);
    fit.epochs = 1;
    fit.validation_costs = &trained;
    data.m = fewer;
    reg_optimizer_options optimizer = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults(REG_SGD, &optimizer));
    optimizer.learning_rate = 0;
    CHECK_OK(REG(network_set_optimizer)(network, &optimizer));
    CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
    CHECK_OK(REG(network_fit)(network, &data, &data, &fit, NULL));
    CHECK(trained == cost);
    /* Central differences take the masks of the gradient; floats are too coarse for them here. */
    if (!quick) {
        CHECK_OK(REG(network_check_gradient)(network, &data, 1e-5, 3, &error));
        CHECK(sizeof(real) == 4 || error < 1e-5);
    }
    REG(network_destroy)(network);
}
