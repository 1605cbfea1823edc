/* Creation of networks, and access to their options and buffers. */
#include <string.h>

#include "network_cases.h"
#include "oracle.h"
#include "tests.h"

static bool starts_as(const Case *c, const real *parameters, const double *want) {
    bool right = true;
    for (size_t i = 0; i < oracle_parameter_count(&c->options); i++)
        right &= same(parameters[i], (real)want[i]);
    return right;
}

/* Each matrix takes the next normals, row by row. */
static void notebook_parameters(const Case *c, double *parameters) {
    reg_legacy_rng rng;
    CHECK_OK(reg_legacy_seed(&rng, (uint32_t)c->options.seed));
    memset(parameters, 0, oracle_parameter_count(&c->options) * sizeof *parameters);
    for (size_t l = 0; l < c->options.layers; l++) {
        const size_t at = oracle_weights(&c->options, l), count = c->widths[l + 1] * c->widths[l];
        CHECK_OK(reg_legacy_normal(&rng, count, parameters + at));
        for (size_t i = 0; i < count; i++) parameters[at + i] /= sqrt((double)c->widths[l]);
    }
}

static void check_initial(Shape shape, reg_init init) {
    Case c;
    fill_network(&c, shape);
    c.options.init = init;
    describe("initial weights " REAL_NAME " init %d layers %zu", init, shape.layers);
    const size_t count = oracle_parameter_count(&c.options);
    double *want = BUFFER(double, count);
    if (init == REG_INIT_NOTEBOOK) notebook_parameters(&c, want);
    else oracle_initial_parameters(&c.options, want);
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&c.options, &network));
    real *parameters = NULL;
    size_t got = 0;
    CHECK_OK(REG(network_parameters)(network, &parameters, &got));
    CHECK(got == count);
    CHECK(starts_as(&c, parameters, want));
    const reg_position position = position_of(network);
    CHECK(position.step == 0 && position.epoch == 0);
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_initial) {
    static const Shape shapes[] = {
        {1, 1, {1, 1}}, {1, 2, {2, 3, 1}}, {1, 3, {5, 17, 4, 3}}, {1, 2, {100, 33, 7}}};
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (int init = REG_INIT_HE; init <= last_value(REG_ENUM_INIT); init++)
            check_initial(shapes[i], (reg_init)init);
    /* The initial weights of the notebook's reference (test_legacy_known names its source). */
    const size_t widths[4] = {2, 20, 3, 1};
    reg_network_options options = SIZED(reg_network_options);
    options.layers = 3;
    options.widths = widths;
    options.init = REG_INIT_NOTEBOOK;
    options.seed = ((uint64_t)9 << 32) + 3;
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    const real *parameters = parameters_of(network);
    CHECK(parameters[0] == (real)1.2647513225859208 && parameters[1] == (real)0.30865907535175385);
    REG(network_destroy)(network);
    REG(network_destroy)(NULL);
}

static bool describes(const reg_network_options *got, const Case *c) {
    const size_t layers = c->options.layers;
    const size_t reals = layers * sizeof(double);
    return got->layers == layers && got->loss == c->options.loss && got->init == c->options.init &&
           got->seed == c->options.seed && got->label_smoothing == c->options.label_smoothing &&
           got->max_norm == c->options.max_norm &&
           memcmp(got->widths, c->widths, (layers + 1) * sizeof(size_t)) == 0 &&
           (layers == 1 ||
            memcmp(got->activations, c->activations, (layers - 1) * sizeof(reg_activation)) == 0) &&
           memcmp(got->keep_prob, c->keep_prob, reals) == 0 && memcmp(got->l2, c->l2, reals) == 0 &&
           memcmp(got->l1, c->l1, reals) == 0;
}

/* describe returns the given options; none was kept by reference. */
TEST(network_describe) {
    for (size_t layers = 1; layers <= MAX_CASE_LAYERS; layers++) {
        Case c;
        fill_network(&c, (Shape){1, layers, {3, 16, 17, 2, 5}});
        c.options.max_norm = random_int(0, 1) * 3.5;
        describe("describe " REAL_NAME " layers %zu", layers);
        Case given = c;
        given.options.widths = given.widths;
        given.options.activations = given.activations;
        given.options.keep_prob = given.keep_prob;
        given.options.l2 = given.l2;
        given.options.l1 = given.l1;
        Network *network = NULL;
        CHECK_OK(REG(network_create)(&given.options, &network));
        memset(&given, 0xA5, sizeof given);
        reg_network_options *got = BUFFER(reg_network_options, 1);
        got->struct_size = sizeof *got;
        CHECK_OK(REG(network_describe)(network, got));
        CHECK(got->struct_size == sizeof *got && describes(got, &c));
        for (size_t l = 0; l < layers; l++) {
            reg_layer *layer = BUFFER(reg_layer, 1);
            layer->struct_size = sizeof *layer;
            CHECK_OK(REG(network_layer)(network, l, layer));
            CHECK(layer->n_in == c.widths[l] && layer->n_out == c.widths[l + 1]);
            CHECK(layer->weights == oracle_weights(&c.options, l));
            CHECK(layer->biases == oracle_biases(&c.options, l));
        }
        REG(network_destroy)(network);
        release_buffers();
    }
}

/* NULL and 0 select the defaults of the header. */
TEST(network_defaults) {
    const size_t widths[3] = {2, 3, 1};
    reg_network_options options = SIZED(reg_network_options);
    options.layers = 2;
    options.widths = widths;
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    reg_network_options got = SIZED(reg_network_options);
    CHECK_OK(REG(network_describe)(network, &got));
    CHECK(got.activations != NULL && got.activations[0] == REG_RELU);
    for (int l = 0; l < 2; l++) CHECK(got.keep_prob[l] == 1 && got.l2[l] == 0 && got.l1[l] == 0);
    CHECK(got.loss == REG_BINARY_CROSS_ENTROPY && got.init == REG_INIT_HE && got.max_norm == 0);
    reg_optimizer_options optimizer = SIZED(reg_optimizer_options);
    CHECK_OK(REG(network_get_optimizer)(network, &optimizer));
    CHECK(optimizer.kind == REG_SGD && optimizer.learning_rate == 0.01 && optimizer.clip_norm == 0);
    REG(network_destroy)(network);
}

/* Positions up to the maximum; SGD has no state. */
TEST(network_position) {
    const size_t widths[2] = {2, 1};
    Network *network = plain_network(1, widths, REG_BINARY_CROSS_ENTROPY);
    size_t count = 99;
    CHECK(state_of(network, &count) != (real *)widths && count == 0);
    reg_position position = SIZED(reg_position);
    for (int i = 0; i < 3; i++) {
        static const uint64_t max_step = ((uint64_t)1 << 48) - 1;
        const uint64_t steps[3] = {1, max_step, 77}, epochs[3] = {max_step, 0, 5};
        set_position(network, steps[i], epochs[i]);
        position = position_of(network);
        CHECK(position.step == steps[i] && position.epoch == epochs[i]);
    }
    REG(network_destroy)(network);
}

/* ---- Optimizers ------------------------------------------------------------------------ */

#if !TEST_F64
/* By kind. */
static const double usual_rate[] = {0.01, 0.01, 0.01, 0.001, 0.001, 0.01, 0.0001};
static const double usual_beta2[] = {0.999, 0.999, 0.999, 0.999, 0.999, 0.99, 0.99};

static void check_defaults(void) {
    for (int kind = REG_SGD; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        reg_optimizer_options *o = BUFFER(reg_optimizer_options, 1);
        o->struct_size = sizeof *o;
        CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, o));
        CHECK(o->struct_size == sizeof *o && o->kind == (reg_optimizer)kind);
        CHECK(o->schedule == REG_CONSTANT && o->learning_rate == usual_rate[kind]);
        CHECK(o->momentum == 0.9 && o->beta1 == 0.9 && o->beta2 == usual_beta2[kind] && o->epsilon == 1e-8);
        CHECK(o->weight_decay == 0.01 && o->clip_norm == 0 && o->decay == 0.5 && o->period == 10);
        CHECK(o->min_learning_rate == 0);
    }
    release_buffers();
}
#endif

static bool all_are(const real *values, size_t count, real value) {
    bool right = true;
    for (size_t i = 0; i < count; i++) right &= values[i] == value;
    return right;
}

/* Only another kind resets the state; the position stays. */
TEST(network_optimizer) {
#if !TEST_F64
    check_defaults();
#endif
    Case c;
    fill_network(&c, (Shape){1, 2, {3, 5, 2}});
    Network *network = create_network(&c);
    const size_t parameters = oracle_parameter_count(&c.options);
    set_position(network, 7, 3);
    reg_optimizer last = REG_SGD;
    for (int i = 0; i < 40; i++) {
        const reg_optimizer kind = (reg_optimizer)random_int(REG_SGD, last_value(REG_ENUM_OPTIMIZER));
        describe("optimizer " REAL_NAME " %d after %d", kind, last);
        reg_optimizer_options set = SIZED(reg_optimizer_options), got = set;
        CHECK_OK(reg_optimizer_defaults(kind, &set));
        set.learning_rate = random_real(0, 1);
        set.clip_norm = random_real(0, 1);
        CHECK_OK(REG(network_set_optimizer)(network, &set));
        CHECK_OK(REG(network_get_optimizer)(network, &got));
        CHECK(memcmp(&set, &got, sizeof got) == 0);
        size_t count = 99;
        real *state = state_of(network, &count);
        CHECK(count == parameters * oracle_state_size(kind));
        CHECK(all_are(state, count, i > 0 && kind == last ? (real)0.25 : 0));
        for (size_t k = 0; k < count; k++) state[k] = 0.25;
        CHECK(position_of(network).step == 7 && position_of(network).epoch == 3);
        last = kind;
    }
    REG(network_destroy)(network);
}
