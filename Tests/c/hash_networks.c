/* Whole networks of one element type, trained for some steps. */
#include "hash.h"
#include "network_cases.h"

#if TEST_F64
#define HASH_NETWORKS hash_networks_f64
#define HASH_NOTEBOOK hash_notebook_f64
#else
#define HASH_NETWORKS hash_networks
#define HASH_NOTEBOOK hash_notebook
#endif

static const Shape shapes[] = {{1, 1, {1, 1}},
                               {33, 3, {2, 20, 3, 1}},
                               {40, 2, {5, 17, 3}},
                               {17, 4, {31, 16, 15, 33, 4}},
                               {513, 2, {16, 33, 5}},
                               /* Shared by several threads: with one optimizer, as emulated CPUs
                                * take long for them. */
                               {1100, 3, {20, 64, 33, 10}},
                               {150, 2, {200, 300, 10}}};

enum { LARGE = 5 };

static void hash_reals(const real *values, size_t count) { hash_bytes(values, count * sizeof *values); }

static void hash_network(const Case *c, Network *network) {
    const size_t count = oracle_parameter_count(&c->options);
    size_t state_count = 0;
    const real *state = state_of(network, &state_count);
    hash_reals(parameters_of(network), count);
    hash_reals(gradients_of(network), count);
    hash_reals(state, state_count);
}

static void hash_outputs(const Case *c, Network *network) {
    const size_t count = c->data.m * c->y.units;
    const reg_strides strides = {1, (ptrdiff_t)c->y.units};
    real *first = BUFFER(real, count), *second = BUFFER(real, count);
    MUST(REG(network_predict)(network, c->data.m, c->data.x, c->data.x_strides, first, second, strides));
    hash_reals(first, count);
    hash_reals(second, count);
    MUST(REG(network_predict_dropout)(network, c->data.m, c->data.x, c->data.x_strides, 3, 5, first, second,
                                      strides));
    hash_reals(first, count);
    hash_reals(second, count);
}

/* Gradients and updates by hand, then epochs of mini-batches; costs and outputs at the end. */
static void hash_training(Shape shape, reg_optimizer kind) {
    Case c;
    double cost = 0, costs[2] = {0, 0}, validation_costs[2] = {0, 0};
    fill_network(&c, shape);
    if (random_int(0, 1)) c.options.max_norm = 1.5;
    const Layout x = (Layout)random_int(0, REVERSED), y = (Layout)random_int(0, REVERSED);
    fill_data(&c, shape.m, x, y, random_int(0, 1));
    Network *network = create_network(&c);
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    MUST(reg_optimizer_defaults(kind, &o));
    o.schedule = (reg_schedule)random_int(REG_CONSTANT, REG_INVERSE_SCALING);
    o.clip_norm = random_int(0, 1) * 0.5;
    MUST(REG(network_set_optimizer)(network, &o));
    for (int step = 0; step < 3; step++) {
        MUST(REG(network_gradient)(network, &c.data, NULL, &cost));
        hash_bytes(&cost, sizeof cost);
        MUST(REG(network_apply)(network));
        hash_network(&c, network);
    }
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = 2;
    options.batch_size = shape.m / 3 + 1;
    options.shuffle = 1;
    options.costs = costs;
    options.validation_costs = validation_costs;
    MUST(REG(network_fit)(network, &c.data, &c.data, &options, NULL));
    hash_network(&c, network);
    hash_bytes(costs, sizeof costs);
    hash_bytes(validation_costs, sizeof validation_costs);
    MUST(REG(network_cost)(network, &c.data, &cost, NULL));
    hash_bytes(&cost, sizeof cost);
    hash_outputs(&c, network);
    REG(network_destroy)(network);
    release_buffers();
}

/* Integers and a square root: the same without FMA. */
static void hash_initial(void) {
    for (int init = REG_INIT_HE; init <= REG_INIT_LECUN; init++) {
        Case c;
        fill_network(&c, (Shape){1, 3, {5, 17, 33, 2}});
        c.options.init = (reg_init)init;
        Network *network = NULL;
        MUST(REG(network_create)(&c.options, &network));
        hash_reals(parameters_of(network), oracle_parameter_count(&c.options));
        REG(network_destroy)(network);
        release_buffers();
    }
    print_integer_hash("initial_" REAL_NAME);
}

void HASH_NOTEBOOK(size_t iterations) {
    Case c;
    cases_are_recorded = true;
    random_seed(31);
    fill_network(&c, (Shape){211, 3, {2, 20, 3, 1}});
    c.options.loss = REG_BINARY_CROSS_ENTROPY;
    c.options.label_smoothing = 0;
    c.options.init = REG_INIT_HE;
    const double keep_prob[] = {1, 0.86, 0.86};
    c.options.keep_prob = keep_prob;
    c.options.activations = NULL;
    c.options.l1 = c.options.l2 = NULL;
    fill_data(&c, 211, UNITS_EXAMPLES, UNITS_EXAMPLES, false);
    Network *network = create_network(&c);
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    MUST(reg_optimizer_defaults(REG_SGD, &o));
    o.learning_rate = 0.3;
    MUST(REG(network_set_optimizer)(network, &o));
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = iterations;
    MUST(REG(network_fit)(network, &c.data, NULL, &options, NULL));
    hash_network(&c, network);
    REG(network_destroy)(network);
    release_buffers();
    print_real_hash("notebook_" REAL_NAME);
}

void HASH_NETWORKS(void) {
    static const char *const names[] = {"sgd_" REAL_NAME, "momentum_" REAL_NAME, "nesterov_" REAL_NAME,
                                        "adam_" REAL_NAME, "adamw_" REAL_NAME};
    cases_are_recorded = true;
    random_seed(30);
    hash_initial();
    for (int kind = REG_SGD; kind <= REG_ADAMW; kind++) {
        for (size_t i = 0; i < (kind == REG_ADAM ? COUNT(shapes) : LARGE); i++)
            hash_training(shapes[i], (reg_optimizer)kind);
        print_real_hash(names[kind]);
    }
}
