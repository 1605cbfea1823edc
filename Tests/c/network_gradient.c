/* Costs and gradients of whole networks, against the formulas in double. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

static size_t parameter_count(const Case *c) { return oracle_parameter_count(&c->options); }

static void describe_case(const char *what, const Case *c) {
    describe("%s " REAL_NAME " %zu layers %zu %zu %zu, m %zu, loss %d, strides %td %td, %td %td", what,
             c->options.layers, c->widths[0], c->widths[1], c->widths[2], c->data.m, c->options.loss,
             c->x.strides.unit, c->x.strides.example, c->y.strides.unit, c->y.strides.example);
}

static bool is_cost(double got, double want, double size) {
    return close_to(got, want, 64 * REAL_EPSILON * size);
}

static void check_cost(Case *c, Network *network) {
    const double *parameters = doubles(parameters_of(network), parameter_count(c));
    const OracleCost want = oracle_gradient(&c->options, parameters, &c->batch, NULL, NULL);
    double *cost = BUFFER(double, 1), *data_term = BUFFER(double, 1), alone = NAN;
    CHECK_OK(REG(network_cost)(network, &c->data, cost, data_term));
    CHECK(is_cost(*cost, want.cost, want.size));
    CHECK(is_cost(*data_term, want.data_term, want.size));
    CHECK_OK(REG(network_cost)(network, &c->data, &alone, NULL));
    CHECK(alone == *cost);
}

/* The gradient with dropout, as a whole batch or a part of one. */
static void check_gradient(Case *c, Network *network, const reg_part *part) {
    const size_t count = parameter_count(c);
    const real *before = copy_reals(parameters_of(network), count);
    const double *parameters = doubles(before, count);
    double *want = BUFFER(double, count), *size = BUFFER(double, count), *cost = BUFFER(double, 1);
    const reg_position position = position_of(network);
    c->batch.drops = true;
    c->batch.step = position.step;
    c->batch.first_row = part == NULL ? 0 : part->first_row;
    c->batch.total_weight = part == NULL ? 0 : part->total_weight;
    settle_data(c, before);
    const OracleCost oracle = oracle_gradient(&c->options, parameters, &c->batch, want, size);
    memset(gradients_of(network), 0xA5, count * sizeof(real));
    CHECK_OK(REG(network_gradient)(network, &c->data, part, cost));
    CHECK(is_gradient(c, gradients_of(network), want, size));
    CHECK(is_cost(*cost, oracle.cost, oracle.size));
    /* Nothing else changed, and the cost may be NULL. */
    CHECK(memcmp(before, parameters_of(network), count * sizeof(real)) == 0);
    CHECK(position_of(network).step == position.step && position_of(network).epoch == position.epoch);
    const real *first = copy_reals(gradients_of(network), count);
    CHECK_OK(REG(network_gradient)(network, &c->data, part, NULL));
    CHECK(memcmp(first, gradients_of(network), count * sizeof(real)) == 0);
    c->batch = (OracleBatch){.m = c->batch.m,
                             .x = c->batch.x,
                             .y = c->batch.y,
                             .weights = c->batch.weights,
                             .seed = c->batch.seed};
}

static uint64_t random_step(void) {
    return random_int(0, 1) ? (uint64_t)random_int(0, 100) : random_bits() >> 16;
}

static void check_case(Shape shape) {
    Case c;
    fill_network(&c, shape);
    const Layout x = (Layout)random_int(0, LAYOUTS - 1), y = (Layout)random_int(0, LAYOUTS - 1);
    fill_data(&c, shape.m, x, y, shape.m > 1 && random_int(0, 2) == 0);
    Network *network = create_network(&c);
    describe_case("cost", &c);
    check_cost(&c, network);
    describe_case("gradient", &c);
    set_position(network, random_step(), random_step());
    check_gradient(&c, network, NULL);
    describe_case("gradient of a part", &c);
    reg_part part = SIZED(reg_part);
    part.first_row = random_int(0, 1) ? (uint64_t)random_int(0, 1000) : random_bits() >> 34;
    part.total_weight = random_int(0, 2) ? 2.0 * (double)shape.m + random_real(0, 100) : 0;
    check_gradient(&c, network, &part);
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_gradient) {
    static const Shape shapes[] = {{1, 1, {1, 1}},
                                   {2, 1, {3, 1}},
                                   {3, 1, {2, 17}},
                                   {15, 2, {2, 3, 1}},
                                   {16, 2, {4, 5, 1}},
                                   {17, 3, {5, 15, 16, 3}},
                                   {33, 4, {3, 4, 5, 3, 2}},
                                   {2, 2, {64, 100, 17}},
                                   {17, 2, {100, 64, 31}},
                                   {16, 1, {33, 16}},
                                   {31, 4, {31, 17, 64, 33, 15}}};
    for (int round = 0; round < 6; round++)
        for (size_t i = 0; i < COUNT(shapes); i++) check_case(shapes[i]);
    for (int i = 0; i < 60; i++) {
        Shape shape = {(size_t)random_int(1, 40), (size_t)random_int(1, 4), {0}};
        for (int l = 0; l <= MAX_CASE_LAYERS; l++) shape.widths[l] = (size_t)random_int(1, 20);
        check_case(shape);
    }
}

/* More examples than a chunk, and widths at which threads share products. */
TEST(network_gradient_large) {
    static const Shape shapes[] = {{511, 2, {16, 17, 1}},    {512, 3, {4, 31, 15, 5}},
                                   {513, 2, {33, 16, 4}},    {1100, 3, {2, 20, 3, 1}},
                                   {1100, 1, {5, 1}},        {513, 3, {64, 100, 33, 10}},
                                   {1100, 2, {100, 64, 17}}, {130, 2, {300, 301, 5}}};
    for (size_t i = 0; i < (quick ? 1 : COUNT(shapes)); i++) check_case(shapes[i]);
}

/* ---- Parts ----------------------------------------------------------------------------- */

static double sum_of_weights(const Data *data) {
    double sum = 0;
    for (size_t r = 0; r < data->m; r++) sum += data->weights == NULL ? 1 : (double)data->weights[r];
    return sum;
}

/* The gradients and costs of parts add up to those of the whole. */
static void check_parts(Shape shape, bool weighted) {
    Case c;
    fill_network(&c, shape);
    fill_data(&c, shape.m, EXAMPLES_UNITS, UNITS_EXAMPLES, weighted);
    describe_case("parts", &c);
    Network *network = create_network(&c);
    set_position(network, 12345, 6);
    const size_t count = parameter_count(&c);
    double *whole = BUFFER(double, count), *size = BUFFER(double, count), *sum = BUFFER(double, count);
    double cost = NAN, costs = 0;
    c.batch.drops = true;
    c.batch.step = 12345;
    const double *parameters = doubles(parameters_of(network), count);
    oracle_gradient(&c.options, parameters, &c.batch, whole, size);
    CHECK_OK(REG(network_gradient)(network, &c.data, NULL, &cost));
    for (size_t i = 0; i < count; i++) {
        whole[i] = gradients_of(network)[i];
        sum[i] = 0;
    }
    for (size_t first = 0, rows; first < shape.m; first += rows) {
        rows = 1 + random_bits() % (shape.m - first);
        Data data = rows_of(&c.data, first, rows);
        if (sum_of_weights(&data) == 0) data = rows_of(&c.data, first, rows = shape.m - first);
        reg_part part = SIZED(reg_part);
        part.first_row = first;
        part.total_weight = sum_of_weights(&c.data);
        double share = NAN;
        CHECK_OK(REG(network_gradient)(network, &data, &part, &share));
        costs += share;
        for (size_t i = 0; i < count; i++) sum[i] += gradients_of(network)[i];
    }
    CHECK(close_to(costs, cost, 64 * REAL_EPSILON * (fabs(cost) + 1)));
    real *rounded = BUFFER(real, count);
    for (size_t i = 0; i < count; i++) rounded[i] = (real)sum[i];
    CHECK(is_gradient(&c, rounded, whole, size));
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_parts) {
    for (int i = 0; i < 20; i++) {
        check_parts((Shape){40, 2, {7, 16, 3}}, i % 2);
        check_parts((Shape){9, 3, {17, 5, 4, 1}}, i % 2);
    }
    if (!quick) check_parts((Shape){1100, 2, {33, 64, 5}}, true);
}

/* ---- Sameness -------------------------------------------------------------------------- */

/* Same examples, same step: the same bits in every layout and with every number of threads. */
static void check_sameness(Shape shape) {
    Case c;
    fill_network(&c, shape);
    fill_data(&c, shape.m, UNITS_EXAMPLES, EXAMPLES_UNITS, random_int(0, 1));
    Network *network = create_network(&c);
    set_position(network, 99, 0);
    const size_t bytes = parameter_count(&c) * sizeof(real);
    int32_t threads = 0;
    CHECK_OK(reg_get_num_threads(&threads));
    double cost = NAN, plain = NAN;
    CHECK_OK(REG(network_gradient)(network, &c.data, NULL, &cost));
    CHECK_OK(REG(network_cost)(network, &c.data, &plain, NULL));
    const real *want = copy_reals(gradients_of(network), parameter_count(&c));
    for (int layout = 0; layout < BROADCAST; layout++) {
        const Data data = move_data(&c, (Layout)layout, (Layout)random_int(0, REVERSED));
        describe_case("layout", &c);
        CHECK_OK(reg_set_num_threads(1 + layout % 3));
        double again = NAN, plain_again = NAN;
        CHECK_OK(REG(network_gradient)(network, &data, NULL, &again));
        CHECK_OK(REG(network_cost)(network, &data, &plain_again, NULL));
        CHECK(again == cost && plain_again == plain);
        CHECK(memcmp(want, gradients_of(network), bytes) == 0);
    }
    CHECK_OK(reg_set_num_threads(threads));
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_sameness) {
    for (int i = 0; i < 10; i++) {
        check_sameness((Shape){37, 3, {5, 17, 4, 3}});
        check_sameness((Shape){1, 2, {33, 16, 1}});
        check_sameness((Shape){100, 2, {2, 3, 1}});
    }
    if (quick) return;
    check_sameness((Shape){1100, 3, {20, 64, 33, 3}});
    check_sameness((Shape){1025, 3, {2, 20, 3, 1}});
    check_sameness((Shape){300, 2, {200, 300, 10}});
}

/* ---- Extreme data ---------------------------------------------------------------------- */

/* An example of weight 0 has no effect, except that later examples have higher rows. */
TEST(network_zero_weights) {
    Case c;
    fill_network(&c, (Shape){20, 2, {4, 9, 3}});
    fill_data(&c, 20, EXAMPLES_UNITS, EXAMPLES_UNITS, true);
    Network *network = create_network(&c);
    const size_t count = parameter_count(&c);
    for (size_t r = 11; r < 20; r++) c.weights[r] = 0;
    double cost = NAN, short_cost = NAN;
    CHECK_OK(REG(network_gradient)(network, &c.data, NULL, &cost));
    const real *long_gradient = copy_reals(gradients_of(network), count);
    const double *want = doubles(long_gradient, count);
    double *size = BUFFER(double, count);
    for (size_t i = 0; i < count; i++) size[i] = 1;
    const Data data = rows_of(&c.data, 0, 11);
    CHECK_OK(REG(network_gradient)(network, &data, NULL, &short_cost));
    CHECK(close_to(short_cost, cost, 64 * REAL_EPSILON * (fabs(cost) + 1)));
    CHECK(is_gradient(&c, gradients_of(network), want, size));
    REG(network_destroy)(network);
}

/* NaN and infinity in the data are no error; the cost is then not finite. */
TEST(network_not_finite_data) {
    static const real bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 18; i++) {
        Case c;
        fill_network(&c, (Shape){19, 2, {3, 4, 2}});
        c.options.loss = (reg_loss)(i % 3);
        c.options.label_smoothing = 0;
        c.keep_prob[0] = c.keep_prob[1] = 1;
        c.activations[0] = REG_IDENTITY;
        fill_data(&c, 19, UNITS_EXAMPLES, EXAMPLES_UNITS, false);
        Network *network = create_network(&c);
        describe_case("not finite", &c);
        *(i < 9 ? element(&c.x, 1, 17) : element(&c.y, 1, 17)) = bad[i / 3 % 3];
        double cost = 0, gradient_cost = 0;
        CHECK_OK(REG(network_cost)(network, &c.data, &cost, NULL));
        CHECK_OK(REG(network_gradient)(network, &c.data, NULL, &gradient_cost));
        CHECK(!isfinite(cost) && !isfinite(gradient_cost));
        REG(network_destroy)(network);
        release_buffers();
    }
}

/* Pre-activations at which exp overflows: costs by the stable forms. */
TEST(network_extreme_costs) {
    const size_t widths[2] = {1, 2};
    const real x[3] = {-1e4f, 0, 1e4f}, y[6] = {1, 0, 0, 1, 1, 0};
    static const double want[2][3] = {{2e4, 2 * 0.6931471805599453, 0}, {2e4, 0.6931471805599453, 0}};
    for (int loss = REG_BINARY_CROSS_ENTROPY; loss <= REG_SOFTMAX_CROSS_ENTROPY; loss++) {
        for (int r = 0; r < 3; r++) {
            Network *network = plain_network(1, widths, (reg_loss)loss);
            real *parameters = parameters_of(network); /* z = (x, -x) */
            parameters[0] = 1;
            parameters[1] = -1;
            Data data = SIZED(Data);
            data.m = 1;
            data.x = x + r;
            data.y = y + 2 * r;
            data.x_strides = data.y_strides = (reg_strides){1, 1};
            double cost = NAN;
            CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
            CHECK(close_to(cost, want[loss][r], 4 * REAL_EPSILON * want[loss][r]));
            CHECK_OK(REG(network_gradient)(network, &data, NULL, NULL));
            for (size_t i = 0; i < 4; i++) CHECK(isfinite(gradients_of(network)[i]));
            REG(network_destroy)(network);
        }
    }
}

/* ---- Finite differences ---------------------------------------------------------------- */

#if TEST_F64
/* Away from kinks, gradient and differences agree, with dropout, weights and penalties. */
TEST(network_check_gradient) {
    for (int i = 0; i < 12; i++) {
        Case c;
        fill_network(&c, (Shape){9, 3, {4, 5, 3, 2}});
        for (int l = 0; l < 3; l++) {
            c.activations[l] = i % 2 ? REG_TANH : REG_SIGMOID;
            c.l1[l] = 0;
        }
        fill_data(&c, 9, EXAMPLES_UNITS, EXAMPLES_UNITS, i % 3 == 0);
        describe_case("finite differences", &c);
        Network *network = create_network(&c);
        set_position(network, 5, 0);
        const size_t count = parameter_count(&c);
        const real *before = copy_reals(parameters_of(network), count);
        double *max_error = BUFFER(double, 1);
        CHECK_OK(REG(network_check_gradient)(network, &c.data, 1e-5, i < 6 ? 1000 : 5, max_error));
        CHECK(*max_error >= 0 && *max_error < 1e-4);
        CHECK(memcmp(before, parameters_of(network), count * sizeof(real)) == 0);
        CHECK(position_of(network).step == 5);
        REG(network_destroy)(network);
        release_buffers();
    }
}
#else
/* In float, a step of 1e-2 gives only the sign and the magnitude. */
TEST(network_check_gradient) {
    Case c;
    fill_network(&c, (Shape){30, 2, {4, 5, 2}});
    c.activations[0] = REG_TANH;
    c.l1[0] = c.l1[1] = 0;
    fill_data(&c, 30, EXAMPLES_UNITS, EXAMPLES_UNITS, false);
    Network *network = create_network(&c);
    double max_error = NAN;
    CHECK_OK(REG(network_check_gradient)(network, &c.data, 1e-2, 1000, &max_error));
    CHECK(max_error >= 0 && max_error < 0.05);
    REG(network_destroy)(network);
}
#endif
