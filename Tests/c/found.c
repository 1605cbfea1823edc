/* Regression tests for the findings of Tests/fuzz, for both element types. */
#include <stdlib.h>
#include <string.h>

#include "network_cases.h"

static const Shape shape = {.m = 20, .layers = 2, .widths = {3, 7, 2}};

static Network *some_network(Case *c) {
    fill_network(c, shape);
    fill_data(c, shape.m, UNITS_EXAMPLES, EXAMPLES_UNITS, true);
    return create_network(c);
}

/* Rounding up the distance between checked parameters overflowed, and trapped. */
TEST(found_check_of_all) {
    Case c;
    Network *network = some_network(&c);
    static const size_t many[] = {PTRDIFF_MAX, PTRDIFF_MAX - 1, PTRDIFF_MAX / 2, 1000};
    double all = 0;
    CHECK_OK(REG(network_check_gradient)(network, &c.data, 1e-3, 21, &all));
    for (size_t i = 0; i < COUNT(many); i++) {
        double max_error = -1;
        CHECK_OK(REG(network_check_gradient)(network, &c.data, 1e-3, many[i], &max_error));
        CHECK(max_error == all);
    }
    double none = -1;
    CHECK_OK(REG(network_check_gradient)(network, &c.data, 1e-3, 0, &none));
    CHECK(none == 0);
    REG(network_destroy)(network);
}

/* Updates continued beyond step 2^48 - 1: then fit trapped, and saved files could not be loaded. */
TEST(found_last_step) {
    Case c;
    Network *network = some_network(&c);
    const uint64_t last = ((uint64_t)1 << 48) - 1;
    CHECK_OK(REG(network_gradient)(network, &c.data, NULL, NULL));
    set_position(network, last - 1, last);
    CHECK_OK(REG(network_apply)(network));
    const size_t count = oracle_parameter_count(&c.options);
    const real *before = copy_reals(parameters_of(network), count);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(REG_ERROR_SIZE, REG(network_apply)(network));
        CHECK(position_of(network).step == last);
        CHECK(memcmp(before, parameters_of(network), count * sizeof *before) == 0);
    }
    reg_fit_options fit = SIZED(reg_fit_options);
    fit.epochs = 1;
    CHECK_STATUS(REG_ERROR_SIZE, REG(network_fit)(network, &c.data, NULL, &fit, NULL));
    size_t size = 0;
    CHECK_OK(REG(network_serialize)(network, NULL, 0, &size));
    char *bytes = malloc(size);
    Network *loaded = NULL;
    if (CHECK(bytes != NULL)) {
        CHECK_OK(REG(network_serialize)(network, bytes, size, &size));
        CHECK_OK(REG(network_deserialize)(bytes, size, &loaded));
    }
    free(bytes);
    REG(network_destroy)(loaded);
    REG(network_destroy)(network);
}

/* The memory query for training with 0 examples divided by 0. */
TEST(found_memory_of_nothing) {
    Case c;
    Network *network = some_network(&c);
    size_t nothing = 0, something = 0;
    CHECK_OK(REG(network_memory)(network, 8, 0, 1, &nothing));
    CHECK_OK(REG(network_memory)(network, 8, shape.m, 1, &something));
    CHECK(nothing < something);
    REG(network_destroy)(network);
}

/* Finite example weights with an infinite sum were accepted. */
TEST(found_infinite_sum) {
    Case c;
    Network *network = some_network(&c);
    for (size_t i = 0; i < shape.m; i++) c.weights[i] = (real)(sizeof(real) == 8 ? 1.7e308 : 3e38);
    double cost = -1;
    const reg_status status = REG(network_cost)(network, &c.data, &cost, NULL);
    /* The sum of floats is a double, which does not overflow. */
    CHECK(status == (sizeof(real) == 8 ? REG_ERROR_SAMPLE_WEIGHT : REG_OK));
    CHECK((cost == -1) == (status != REG_OK));
    CHECK(REG(network_gradient)(network, &c.data, NULL, NULL) == status);
    REG(network_destroy)(network);
}
