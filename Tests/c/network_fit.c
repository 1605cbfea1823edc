/* reg_network_fit, against a loop of gradients and updates, bit for bit. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* ---- The loop of gradients and updates ------------------------------------------------- */

/* The examples at `rows` of the data, gathered one after another. */
typedef struct Gathered {
    real *x, *y, *weights;
    Data data;
} Gathered;

static Gathered gathered_buffers(const Case *c) {
    Gathered g = {BUFFER(real, c->data.m * c->x.units), BUFFER(real, c->data.m * c->y.units),
                  BUFFER(real, c->data.m), SIZED(Data)};
    return g;
}

static void gather(const Case *c, const size_t *rows, size_t count, Gathered *g) {
    for (size_t i = 0; i < count; i++) {
        for (size_t u = 0; u < c->x.units; u++) g->x[i * c->x.units + u] = *element(&c->x, u, rows[i]);
        for (size_t u = 0; u < c->y.units; u++) g->y[i * c->y.units + u] = *element(&c->y, u, rows[i]);
        if (c->weights != NULL) g->weights[i] = c->weights[rows[i]];
    }
    g->data.m = count;
    g->data.x = g->x;
    g->data.y = g->y;
    g->data.x_strides = (reg_strides){1, (ptrdiff_t)c->x.units};
    g->data.y_strides = (reg_strides){1, (ptrdiff_t)c->y.units};
    g->data.weights = c->weights == NULL ? NULL : g->weights;
}

/* Order by the words of reg_philox. */
static void shuffled(uint64_t seed, uint64_t epoch, size_t m, size_t *order) {
    uint32_t *words = malloc(2 * m * sizeof *words);
    CHECK_OK(reg_philox(2 * m, seed, (epoch << 16) + 65534, 0, words));
    for (size_t i = 0; i < m; i++) order[i] = i;
    for (size_t i = m - 1; i >= 1; i--) {
        /* floor(v (i + 1) / 2^64), exact for fewer than 2^32 examples. */
        const uint64_t low = words[2 * i], high = words[2 * i + 1];
        const size_t j = (size_t)((high * (i + 1) + (low * (i + 1) >> 32)) >> 32);
        const size_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    free(words);
}

/* One epoch by single calls; returns the mean of the batches' costs, weighted by their m. */
static double epoch_by_hand(const Case *c, Network *network, size_t batch_size, bool shuffles) {
    const size_t m = c->data.m;
    const reg_position start = position_of(network);
    size_t *order = BUFFER(size_t, m);
    uint64_t batches = 0;
    shuffled(c->options.seed, start.epoch, m, order);
    for (size_t i = 0; i < m && !shuffles; i++) order[i] = i;
    Gathered g = gathered_buffers(c);
    double sum = 0, total = 0;
    for (size_t first = 0; first < m; first += batch_size) {
        double cost = NAN, weight = 0;
        gather(c, order + first, m - first < batch_size ? m - first : batch_size, &g);
        for (size_t r = 0; r < g.data.m; r++) weight += c->weights == NULL ? 1 : (double)g.weights[r];
        if (weight == 0) continue; /* no step */
        CHECK_OK(REG(network_gradient)(network, &g.data, NULL, &cost));
        CHECK_OK(REG(network_apply)(network));
        sum += weight * cost;
        total += weight;
        batches++;
    }
    set_position(network, start.step + batches, start.epoch + 1);
    return sum / total;
}

/* ---- Fit against the loop -------------------------------------------------------------- */

static reg_optimizer_options random_optimizer(void) {
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults((reg_optimizer)random_int(REG_SGD, last_value(REG_ENUM_OPTIMIZER)), &o));
    o.learning_rate = random_real(0.001, 0.05);
    o.schedule = (reg_schedule)random_int(REG_CONSTANT, last_value(REG_ENUM_SCHEDULE));
    o.period = 2;
    if (random_int(0, 1)) o.clip_norm = random_real(0.01, 1);
    return o;
}

static bool same_networks(const Case *c, Network *a, Network *b) {
    const size_t bytes = oracle_parameter_count(&c->options) * sizeof(real);
    size_t state = 0, state_b = 0;
    const real *states_a = state_of(a, &state), *states_b = state_of(b, &state_b);
    return memcmp(parameters_of(a), parameters_of(b), bytes) == 0 && state == state_b &&
           (state == 0 || memcmp(states_a, states_b, state * sizeof(real)) == 0) &&
           position_of(a).step == position_of(b).step && position_of(a).epoch == position_of(b).epoch;
}

static Network *twin(const Case *c, Network *network) {
    Network *other = create_network(c);
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    memcpy(parameters_of(other), parameters_of(network), oracle_parameter_count(&c->options) * sizeof(real));
    CHECK_OK(REG(network_get_optimizer)(network, &o));
    CHECK_OK(REG(network_set_optimizer)(other, &o));
    set_position(other, position_of(network).step, position_of(network).epoch);
    return other;
}

static bool close_costs(double a, double b) { return close_to(a, b, 8 * DBL_EPSILON * fabs(b)); }

static void check_fit_with(reg_optimizer_options o, Shape shape, size_t batch_size, bool shuffles,
                           uint64_t epochs) {
    Case c;
    fill_network(&c, shape);
    if (random_int(0, 3) == 0) c.options.max_norm = 1;
    fill_data(&c, shape.m, (Layout)random_int(0, LAYOUTS - 1), (Layout)random_int(0, REVERSED), false);
    if (random_int(0, 2) == 0) {
        c.weights = random_buffer(shape.m, 0.2, 2, false);
        for (size_t r = 0; r + 1 < shape.m; r++)
            if (random_int(0, 3) == 0) c.weights[r] = 0;
        c.data.weights = c.weights;
    }
    describe("fit " REAL_NAME " %zu layers %zu %zu %zu, m %zu, batch %zu, shuffle %d, loss %d, optimizer %d",
             shape.layers, shape.widths[0], shape.widths[1], shape.widths[2], shape.m, batch_size, shuffles,
             c.options.loss, o.kind);
    Network *network = create_network(&c);
    CHECK_OK(REG(network_set_optimizer)(network, &o));
    set_position(network, 1000, (uint64_t)random_int(0, 5));
    const uint64_t before = position_of(network).epoch;
    Network *hand = twin(&c, network);
    reg_fit_options *options = BUFFER(reg_fit_options, 1);
    *options = SIZED(reg_fit_options);
    options->epochs = epochs;
    options->batch_size = batch_size;
    options->shuffle = shuffles;
    options->costs = BUFFER(double, epochs);
    reg_fit_result *result = BUFFER(reg_fit_result, 1);
    result->struct_size = sizeof *result;
    double last = NAN;
    CHECK_OK(REG(network_fit)(network, &c.data, NULL, options, result));
    for (uint64_t e = 0; e < epochs; e++) {
        last = epoch_by_hand(&c, hand, batch_size == 0 ? shape.m : batch_size, shuffles);
        CHECK(close_costs(options->costs[e], last));
    }
    CHECK(same_networks(&c, network, hand));
    CHECK(result->struct_size == sizeof *result && result->reason == REG_STOP_EPOCHS);
    CHECK(result->epochs == epochs && result->cost == options->costs[epochs - 1]);
    CHECK(result->best_epoch == 0 && isnan(result->best_cost));
    CHECK(position_of(network).epoch == before + epochs);
    REG(network_destroy)(network);
    REG(network_destroy)(hand);
    release_buffers();
}

static void check_fit(Shape shape, size_t batch_size, bool shuffles, uint64_t epochs) {
    check_fit_with(random_optimizer(), shape, batch_size, shuffles, epochs);
}

/* Plain SGD, whose update is fused into the gradient's product if there are many weights. */
static void check_fit_sgd(Shape shape, size_t batch_size) {
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults(REG_SGD, &o));
    check_fit_with(o, shape, batch_size, true, 2);
}

TEST(network_fit) {
    for (int i = 0; i < 8; i++) {
        check_fit((Shape){1, 1, {1, 1}}, 0, i % 2, 3);
        check_fit((Shape){40, 2, {5, 7, 2}}, 0, i % 2, 3);
        check_fit((Shape){40, 2, {5, 7, 2}}, 16, i % 2, 3);
        check_fit((Shape){33, 3, {2, 20, 3, 1}}, 5, i % 2, 3);
        check_fit((Shape){17, 2, {16, 33, 4}}, 17, i % 2, 2);
        check_fit((Shape){17, 2, {16, 33, 4}}, 100, i % 2, 2);
        check_fit((Shape){20, 2, {3, 17, 15}}, 1, i % 2, 2);
        check_fit((Shape){100, 4, {31, 17, 64, 33, 15}}, 32, i % 2, 1);
    }
    if (quick) return;
    check_fit((Shape){1100, 3, {2, 20, 3, 1}}, 0, false, 3);
    check_fit((Shape){1100, 2, {64, 100, 10}}, 512, true, 2);
    check_fit((Shape){700, 2, {200, 300, 5}}, 300, true, 2);
    for (int i = 0; i < 4; i++) {
        check_fit_sgd((Shape){40, 3, {150, 130, 110, 4}}, 24);
        check_fit_sgd((Shape){700, 2, {200, 300, 5}}, i % 2 ? 100 : 600);
    }
    check_fit((Shape){1100, 2, {17, 33, 1}}, 128, true, 2);
}

/* The same bits with any number of threads, in any layout, in one call or several, and whether or not anything
 * reads the costs. */
TEST(network_fit_sameness) {
    const Shape shape = {quick ? 40 : 600, 3, {20, 100, 33, 3}};
    Case c;
    fill_network(&c, shape);
    c.keep_prob[0] = 0.8;
    c.keep_prob[1] = 0.5;
    fill_data(&c, shape.m, UNITS_EXAMPLES, EXAMPLES_UNITS, false);
    reg_fit_options options = SIZED(reg_fit_options);
    options.batch_size = shape.m / 2 + 3;
    options.shuffle = 1;
    Network *first = create_network(&c);
    const reg_optimizer_options o = random_optimizer();
    CHECK_OK(REG(network_set_optimizer)(first, &o));
    int32_t threads = 0;
    CHECK_OK(reg_get_num_threads(&threads));
    Network *networks[5];
    for (int i = 0; i < 5; i++) networks[i] = twin(&c, first);
    for (int i = 0; i < 5; i++) {
        const Data data = i == 0 ? c.data : move_data(&c, (Layout)i, (Layout)(i + 1));
        describe("fit " REAL_NAME " in another way, %d", i);
        CHECK_OK(reg_set_num_threads(1 + i % 3));
        for (int part = 0; part < (i == 4 ? 4 : 1); part++) {
            options.epochs = i == 4 ? 1 : 4;
            reg_fit_result result = SIZED(reg_fit_result);
            CHECK_OK(REG(network_fit)(networks[i], &data, NULL, &options, i % 2 ? &result : NULL));
        }
        CHECK(same_networks(&c, networks[0], networks[i]));
    }
    CHECK(!same_networks(&c, networks[0], first));
    CHECK_OK(reg_set_num_threads(threads));
    for (int i = 0; i < 5; i++) REG(network_destroy)(networks[i]);
    REG(network_destroy)(first);
}

/* ---- Masks of the caller --------------------------------------------------------------- */

/* The masks that the library draws at this step, for full batches. */
static const uint8_t *drawn_mask(const Case *c, size_t layer, uint64_t step) {
    const size_t m = c->data.m, n = c->widths[layer];
    uint8_t *mask = BUFFER(uint8_t, m *n), *row = BUFFER(uint8_t, n);
    for (size_t r = 0; r < m; r++) {
        CHECK_OK(reg_dropout_mask(n, c->keep_prob[layer], c->options.seed, (step << 16) + layer,
                                  (uint64_t)r << 34, row));
        for (size_t u = 0; u < n; u++) mask[u * m + r] = row[u];
    }
    return mask;
}

/* A step with given masks equals a step that draws the same masks. */
static void check_drawn_masks(Shape shape) {
    Case c;
    fill_network(&c, shape);
    fill_data(&c, shape.m, UNITS_EXAMPLES, EXAMPLES_UNITS, random_int(0, 1));
    describe("fit " REAL_NAME " with the masks it would draw, m %zu", shape.m);
    Network *network = create_network(&c), *other = twin(&c, network);
    const uint8_t *masks[MAX_CASE_LAYERS] = {NULL};
    set_position(network, 41, 2);
    set_position(other, 41, 2);
    for (size_t l = 0; l < shape.layers; l++)
        if (c.keep_prob[l] < 1 && random_int(0, 2) > 0) masks[l] = drawn_mask(&c, l, 41);
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = 1;
    CHECK_OK(REG(network_fit)(network, &c.data, NULL, &options, NULL));
    options.masks = masks;
    freeze_buffers();
    CHECK_OK(REG(network_fit)(other, &c.data, NULL, &options, NULL));
    CHECK(same_networks(&c, network, other));
    REG(network_destroy)(network);
    REG(network_destroy)(other);
    release_buffers();
}

/* An example keeps its column of the masks in any shuffle. Compared with training on examples and
 * masks that are gathered batch by batch. */
static void check_shuffled_masks(Shape shape, size_t batch_size) {
    Case c;
    fill_network(&c, shape);
    for (size_t l = 0; l < shape.layers; l++) c.keep_prob[l] = 0.5;
    fill_data(&c, shape.m, UNITS_EXAMPLES, EXAMPLES_UNITS, false);
    describe("fit " REAL_NAME " with shuffled masks, m %zu batch %zu", shape.m, batch_size);
    Network *network = create_network(&c), *hand = twin(&c, network);
    uint8_t *masks[MAX_CASE_LAYERS], *parts[MAX_CASE_LAYERS];
    for (size_t l = 0; l < shape.layers; l++) {
        masks[l] = BUFFER(uint8_t, shape.m *c.widths[l]);
        parts[l] = BUFFER(uint8_t, shape.m *c.widths[l]);
        for (size_t i = 0; i < shape.m * c.widths[l]; i++) masks[l][i] = (uint8_t)random_int(0, 1);
    }
    size_t *order = BUFFER(size_t, shape.m);
    Gathered g = gathered_buffers(&c);
    reg_fit_options options = SIZED(reg_fit_options);
    options.batch_size = batch_size;
    options.shuffle = 1;
    options.epochs = 2;
    options.masks = (const uint8_t *const *)masks;
    CHECK_OK(REG(network_fit)(network, &c.data, NULL, &options, NULL));
    options = SIZED(reg_fit_options);
    options.epochs = 1;
    options.masks = (const uint8_t *const *)parts;
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        shuffled(c.options.seed, epoch, shape.m, order);
        for (size_t first = 0; first < shape.m; first += batch_size) {
            const size_t count = shape.m - first < batch_size ? shape.m - first : batch_size;
            gather(&c, order + first, count, &g);
            for (size_t l = 0; l < shape.layers; l++)
                for (size_t u = 0; u < c.widths[l]; u++)
                    for (size_t i = 0; i < count; i++)
                        parts[l][u * count + i] = masks[l][u * shape.m + order[first + i]];
            CHECK_OK(REG(network_fit)(hand, &g.data, NULL, &options, NULL));
        }
        set_position(hand, position_of(hand).step, epoch + 1);
    }
    CHECK(same_networks(&c, network, hand));
    REG(network_destroy)(network);
    REG(network_destroy)(hand);
    release_buffers();
}

TEST(network_fit_masks) {
    for (int i = 0; i < 20; i++) {
        check_drawn_masks((Shape){(size_t)random_int(1, 70), 3, {5, 16, 33, 2}});
        check_shuffled_masks((Shape){29, 2, {5, 17, 3}}, 8);
    }
    check_shuffled_masks((Shape){33, 3, {2, 20, 3, 1}}, 40);
    if (!quick) check_drawn_masks((Shape){1100, 2, {16, 64, 1}});
    if (!quick) check_shuffled_masks((Shape){700, 2, {33, 64, 2}}, 300);
}
