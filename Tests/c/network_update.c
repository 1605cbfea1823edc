/* Updates: each optimizer, clipping, norms and schedules, against the formulas in double. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* The expected parameters and state after an update of the network. */
typedef struct Expected {
    double *parameters, *state, *sizes, *state_sizes;
    double tolerance; /* of parameters */
} Expected;

static void add_sizes(double *sizes, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) sizes[i] += fabs(values[i]);
}

static Expected expect(const Case *c, Network *network, const reg_optimizer_options *optimizer) {
    const size_t count = oracle_parameter_count(&c->options);
    size_t state_count = 0;
    const real *state = state_of(network, &state_count);
    Expected want = {doubles(parameters_of(network), count), doubles(state, state_count),
                     BUFFER(double, count), BUFFER(double, state_count), 16 * REAL_EPSILON};
    const double *gradient = doubles(gradients_of(network), count);
    const reg_position position = position_of(network);
    const double rate = oracle_rate(optimizer, position.epoch);
    memset(want.sizes, 0, count * sizeof(double));
    memset(want.state_sizes, 0, state_count * sizeof(double));
    /* Rounding is relative to the terms: old values, changes and gradients. */
    add_sizes(want.sizes, want.parameters, count);
    add_sizes(want.state_sizes, want.state, state_count);
    for (size_t i = 0; i < count; i++) want.sizes[i] += fabs(rate * gradient[i]);
    for (size_t i = 0; i < state_count; i++)
        want.state_sizes[i] +=
            i < count ? fabs(gradient[i % count]) : gradient[i % count] * gradient[i % count];
    /* 1 - beta^t is computed in double in both. */
    const double t = (double)position.step + 1;
    want.tolerance += 4 * DBL_EPSILON / (1 - pow(optimizer->beta1, t));
    want.tolerance += 4 * DBL_EPSILON / (1 - pow(optimizer->beta2, t));
    oracle_apply(&c->options, optimizer, rate, position.step + 1, gradient, want.parameters, want.state);
    add_sizes(want.sizes, want.parameters, count);
    return want;
}

static bool is_expected(const Case *c, Network *network, Expected want) {
    const size_t count = oracle_parameter_count(&c->options);
    size_t state_count = 0;
    const real *state = state_of(network, &state_count), *parameters = parameters_of(network);
    bool right = true;
    for (size_t i = 0; i < count; i++)
        right &= close_to(parameters[i], want.parameters[i], want.tolerance * want.sizes[i]);
    for (size_t i = 0; i < state_count; i++)
        right &= close_to(state[i], want.state[i], 16 * REAL_EPSILON * want.state_sizes[i] + REAL_SMALLEST);
    return right;
}

static void check_updates(Case *c, const reg_optimizer_options *optimizer, int steps) {
    Network *network = create_network(c);
    const size_t count = oracle_parameter_count(&c->options);
    CHECK_OK(REG(network_set_optimizer)(network, optimizer));
    const real *unchanged = parameters_of(network);
    for (int step = 0; step < steps; step++) {
        real *gradient = gradients_of(network);
        for (size_t i = 0; i < count; i++) gradient[i] = random_int(0, 9) == 0 ? 0 : (real)random_real(-1, 1);
        const real *before = copy_reals(gradient, count);
        const Expected want = expect(c, network, optimizer);
        CHECK_OK(REG(network_apply)(network));
        CHECK(is_expected(c, network, want));
        CHECK(memcmp(before, gradient, count * sizeof(real)) == 0);
        CHECK(parameters_of(network) == unchanged);
        CHECK(position_of(network).step == (uint64_t)step + 1 && position_of(network).epoch == 0);
    }
    REG(network_destroy)(network);
    release_buffers();
}

TEST(network_apply) {
    static const Shape shapes[] = {{1, 1, {1, 1}}, {1, 2, {3, 16, 5}}, {1, 3, {17, 33, 4, 1}}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (int kind = REG_SGD; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
            for (int variant = 0; variant < 8; variant++) {
                Case c;
                fill_network(&c, shapes[i]);
                if (variant & 1) c.options.max_norm = 0.7;
                reg_optimizer_options o = SIZED(reg_optimizer_options);
                CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &o));
                o.learning_rate = random_real(0.001, 0.3);
                if (variant & 2) o.clip_norm = random_real(0.1, 3);
                if (variant & 4) {
                    o.momentum = random_real(0, 0.99);
                    o.beta1 = random_real(0, 0.99);
                    o.beta2 = random_real(0, 0.9999);
                    o.epsilon = random_real(0, 0.1);
                    o.weight_decay = random_real(0, 1);
                }
                describe("apply " REAL_NAME " optimizer %d shape %zu variant %d", kind, i, variant);
                check_updates(&c, &o, 6);
            }
        }
    }
}

/* The limits of the ranges. */
TEST(network_apply_corners) {
    for (int kind = REG_SGD; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        Case c;
        fill_network(&c, (Shape){1, 2, {3, 16, 5}});
        reg_optimizer_options o = SIZED(reg_optimizer_options);
        o.kind = (reg_optimizer)kind;
        describe("apply " REAL_NAME " optimizer %d, all 0 but epsilon", kind);
        o.epsilon = 1e-3;
        check_updates(&c, &o, 2);
        o.learning_rate = 0.5;
        check_updates(&c, &o, 2);
        c.options.max_norm = INFINITY;
        o.clip_norm = INFINITY;
        describe("apply " REAL_NAME " optimizer %d, infinite norms", kind);
        check_updates(&c, &o, 2);
    }
}

/* A row within max_norm keeps its bits; a longer one is scaled to it. Biases do not count. */
TEST(network_max_norm) {
    Case c;
    fill_network(&c, (Shape){1, 2, {40, 33, 2}});
    c.options.max_norm = 1.25;
    Network *network = create_network(&c);
    real *parameters = parameters_of(network);
    for (size_t u = 0; u < 33; u++)
        for (size_t k = 0; k < 40; k++)
            parameters[u * 40 + k] = (real)((u % 2 ? 1.2 : 3) / sqrt(40) * (k % 3 ? 1 : -1));
    for (size_t u = 0; u < 33; u++) parameters[33 * 40 + u] = 100;
    const real *before = copy_reals(parameters, oracle_parameter_count(&c.options));
    memset(gradients_of(network), 0, oracle_parameter_count(&c.options) * sizeof(real));
    CHECK_OK(REG(network_apply)(network));
    for (size_t u = 0; u < 33; u++) {
        const real *row = parameters + u * 40;
        double squares = 0;
        for (size_t k = 0; k < 40; k++) squares += (double)row[k] * row[k];
        if (u % 2) CHECK(memcmp(row, before + u * 40, 40 * sizeof(real)) == 0);
        else CHECK(close_to(sqrt(squares), 1.25, 8 * REAL_EPSILON));
        CHECK(parameters[33 * 40 + u] == 100);
    }
    REG(network_destroy)(network);
}

/* ---- Schedules ------------------------------------------------------------------------- */

static void check_schedule(const reg_optimizer_options *o) {
    Case c;
    fill_network(&c, (Shape){1, 1, {3, 2}});
    Network *network = create_network(&c);
    CHECK_OK(REG(network_set_optimizer)(network, o));
    static const uint64_t epochs[] = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 13, 14, 15, 100, 1000};
    for (size_t i = 0; i < COUNT(epochs); i++) {
        describe("schedule " REAL_NAME " %d epoch %llu", o->schedule, (unsigned long long)epochs[i]);
        set_position(network, 3, epochs[i]);
        real *gradient = gradients_of(network), *parameters = parameters_of(network);
        for (size_t k = 0; k < 8; k++) {
            parameters[k] = 0;
            gradient[k] = (real)(0.25 * (double)k);
        }
        const double rate = oracle_rate(o, epochs[i]);
        CHECK_OK(REG(network_apply)(network));
        /* The rate is never negative, even where a cosine ends at 0. */
        const double tolerance = 32 * (REAL_EPSILON * rate + DBL_EPSILON * o->learning_rate);
        for (size_t k = 0; k < 8; k++)
            CHECK(parameters[k] <= 0 &&
                  close_to(parameters[k], -rate * 0.25 * (double)k, tolerance * (double)k + REAL_SMALLEST));
    }
    REG(network_destroy)(network);
}

TEST(network_schedules) {
    for (int schedule = REG_CONSTANT; schedule <= last_value(REG_ENUM_SCHEDULE); schedule++) {
        for (int i = 0; i < 10; i++) {
            reg_optimizer_options o = SIZED(reg_optimizer_options);
            CHECK_OK(reg_optimizer_defaults(REG_SGD, &o));
            o.schedule = (reg_schedule)schedule;
            o.learning_rate = random_real(0.1, 1);
            o.decay = i == 0 ? 0 : random_real(0.1, 1.02);
            o.period = i == 1 ? 1 : (uint64_t)random_int(1, 14);
            o.min_learning_rate = i % 2 ? 0.05 : 0;
            check_schedule(&o);
        }
    }
}

/* ---- Clipping -------------------------------------------------------------------------- */

/* With clipping, a norm that is not finite is an error, and nothing changes. */
TEST(network_clip_not_finite) {
    static const real bad[] = {NAN, INFINITY, -INFINITY};
    for (int kind = REG_SGD; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        for (int i = 0; i < 3; i++) {
            describe("clip " REAL_NAME " optimizer %d, gradient %g", kind, (double)bad[i]);
            Case c;
            fill_network(&c, (Shape){1, 2, {3, 16, 5}});
            c.options.max_norm = 0.1;
            Network *network = create_network(&c);
            reg_optimizer_options o = SIZED(reg_optimizer_options);
            CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &o));
            o.clip_norm = 1;
            CHECK_OK(REG(network_set_optimizer)(network, &o));
            const size_t count = oracle_parameter_count(&c.options);
            size_t state_count = 0;
            real *state = state_of(network, &state_count), *gradient = gradients_of(network);
            for (size_t k = 0; k < count; k++) gradient[k] = (real)0.5;
            for (size_t k = 0; k < state_count; k++) state[k] = (real)0.125;
            gradient[random_bits() % count] = bad[i];
            const real *before = copy_reals(parameters_of(network), count);
            const real *state_before = copy_reals(state, state_count);
            CHECK_STATUS(REG_ERROR_NOT_FINITE, REG(network_apply)(network));
            CHECK(memcmp(before, parameters_of(network), count * sizeof(real)) == 0);
            CHECK(state_count == 0 || memcmp(state_before, state, state_count * sizeof(real)) == 0);
            CHECK(position_of(network).step == 0);
            /* Without clipping, the norm is not checked. */
            o.clip_norm = 0;
            CHECK_OK(REG(network_set_optimizer)(network, &o));
            CHECK_OK(REG(network_apply)(network));
            CHECK(position_of(network).step == 1);
            REG(network_destroy)(network);
            release_buffers();
        }
    }
}

/* Squares that overflow or underflow in float give the right norm. */
TEST(network_clip_scale) {
    static const real sizes[] = {4 * FLT_MIN, (real)1e-25, 1, (real)1e25};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        describe("clip " REAL_NAME " gradient %g", (double)sizes[i]);
        Case c;
        fill_network(&c, (Shape){1, 1, {3, 1}});
        Network *network = create_network(&c);
        reg_optimizer_options o = SIZED(reg_optimizer_options);
        CHECK_OK(reg_optimizer_defaults(REG_SGD, &o));
        o.learning_rate = 1;
        o.clip_norm = sizes[i] > 1e20 ? 1 : (double)sizes[i];
        CHECK_OK(REG(network_set_optimizer)(network, &o));
        real *gradient = gradients_of(network), *parameters = parameters_of(network);
        for (int k = 0; k < 4; k++) {
            gradient[k] = sizes[i];
            parameters[k] = 0;
        }
        CHECK_OK(REG(network_apply)(network));
        /* Four equal values have a norm of twice their magnitude. */
        for (int k = 0; k < 4; k++)
            CHECK(close_to(parameters[k], -o.clip_norm / 2, 8 * REAL_EPSILON * o.clip_norm));
        REG(network_destroy)(network);
    }
}
