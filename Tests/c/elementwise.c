/* Activations, their gradients, the gradient of the cost, and the update. */
#include <string.h>

#include "tests.h"
#include "typed.h"

static const reg_activation activations[] = {REG_IDENTITY, REG_RELU, REG_SIGMOID};

static bool is_activated(reg_activation activation, real z, real got) {
    switch (activation) {
    case REG_IDENTITY: return same(got, z);
    case REG_RELU: return isnan(z) ? isnan(got) : got == (z > 0 ? z : 0);
    default: {
        /* In double, without the cancellation that a negative z would bring. */
        const double want = z < 0 ? exp((double)z) / (1 + exp((double)z)) : 1 / (1 + exp(-(double)z));
        return close_to(got, want, 4 * REAL_EPSILON * want + REAL_SMALLEST);
    }
    }
}

TEST(activation) {
    for (int k = 0; k < 3; k++) {
        for (size_t count = 0; count < 70; count++) {
            describe("activation %d " REAL_NAME " count %zu", k, count);
            real *z = random_buffer(count, -30, 30, true), *a = BUFFER(real, count);
            CHECK_OK(REG(forward_activation)(z, count, activations[k], a));
            bool right = true;
            for (size_t i = 0; i < count; i++) right &= is_activated(activations[k], z[i], a[i]);
            CHECK(right);
            CHECK_OK(REG(forward_activation)(z, count, activations[k], z));
            CHECK(memcmp(z, a, count * sizeof *z) == 0);
            release_buffers();
        }
    }
}

TEST(activation_gradient) {
    for (int k = 0; k < 3; k++) {
        for (size_t count = 0; count < 70; count++) {
            describe("gradient of activation %d " REAL_NAME " count %zu", k, count);
            /* A sigmoid's output is in [0, 1]. */
            const bool probabilities = activations[k] == REG_SIGMOID;
            real *a = random_buffer(count, probabilities ? 0 : -2, probabilities ? 1 : 2, false);
            real *da = random_buffer(count, -2, 2, false), *dz = BUFFER(real, count);
            CHECK_OK(REG(backward_activation)(da, a, count, activations[k], dz));
            bool right = true;
            for (size_t i = 0; i < count; i++) {
                const double slope = activations[k] == REG_IDENTITY ? 1
                                     : activations[k] == REG_RELU   ? a[i] > 0
                                                                    : a[i] * (1 - (double)a[i]);
                const double want = da[i] * slope;
                right &= close_to(dz[i], want, probabilities ? 4 * REAL_EPSILON * fabs(want) : 0);
            }
            CHECK(right);
            CHECK_OK(REG(backward_activation)(da, a, count, activations[k], da));
            CHECK(memcmp(da, dz, count * sizeof *da) == 0);
            release_buffers();
        }
    }
    /* Where a ReLU is inactive, dz is 0 for any da. */
    const real da[3] = {NAN, INFINITY, 5}, a[3] = {0, 0, 0};
    real dz[3];
    CHECK_OK(REG(backward_activation)(da, a, 3, REG_RELU, dz));
    CHECK(dz[0] == 0 && dz[1] == 0 && dz[2] == 0);
}

/* Activations by their formulas, also where those overflow or cancel. */
static double value_of(reg_activation k, double z) {
    switch (k) {
    case REG_LEAKY_RELU: return z > 0 ? z : 0.01 * z;
    case REG_SELU: return 1.0507009873554804935 * (z > 0 ? z : 1.6732632423543772848 * expm1(z));
    case REG_SILU: return z < -1e3 ? 0 : z / (1 + exp(-z));
    case REG_GELU: return z < -1e3 ? 0 : z / 2 * erfc(-z / sqrt(2));
    default: return tanh(z);
    }
}

static double slope_of(reg_activation k, double z) {
    switch (k) {
    case REG_LEAKY_RELU: return z > 0 ? 1 : 0.01;
    case REG_SELU: return 1.0507009873554804935 * (z > 0 ? 1 : 1.6732632423543772848 * exp(z));
    case REG_SILU: return fabs(z) > 1e3 ? z > 0 : (1 + z / (1 + exp(z))) / (1 + exp(-z));
    case REG_GELU:
        return erfc(-z / sqrt(2)) / 2 + (fabs(z) > 1e3 ? 0 : z * exp(-z * z / 2) / sqrt(2 * acos(-1)));
    default: return 1 - tanh(z) * tanh(z);
    }
}

TEST(activation_formulas) {
    for (int k = REG_LEAKY_RELU; k <= last_value(REG_ENUM_ACTIVATION); k++) {
        enum { COUNT = 4099 };
        real *z = random_buffer(COUNT, -20, 20, false), *a = BUFFER(real, COUNT), *dz = BUFFER(real, COUNT);
        real *da = random_buffer(COUNT, 1, 1, false);
        const real special[] = {0,   (real)-0.0, INFINITY,   -INFINITY,   NAN, 1,   -1,
                                100, -100,       (real)1e-9, (real)-1e-9, 700, -700};
        memcpy(z, special, sizeof special);
        for (size_t i = 100; i < 2000; i++) z[i] /= 10;
        describe("activation %d " REAL_NAME, k);
        CHECK_OK(REG(forward_activation)(z, COUNT, (reg_activation)k, a));
        /* Of most activations the derivative is that of the output. */
        const bool by_output = k != REG_GELU && k != REG_SILU;
        CHECK_OK(REG(backward_activation)(da, by_output ? a : z, COUNT, (reg_activation)k, dz));
        for (size_t i = 0; i < COUNT; i++) {
            const double value = value_of((reg_activation)k, z[i]), slope = slope_of((reg_activation)k, z[i]);
            describe("activation %d " REAL_NAME " of %a: %a, slope %a", k, z[i], a[i], dz[i]);
            CHECK(close_to(a[i], value, 8 * REAL_EPSILON * fmin(fabs(value) + fabs((double)z[i]), 1e3)));
            CHECK(close_to(dz[i], slope, 16 * REAL_EPSILON));
        }
        CHECK_OK(REG(forward_activation)(z, COUNT, (reg_activation)k, z));
        CHECK(memcmp(z + sizeof special / sizeof *special, a + sizeof special / sizeof *special,
                     (COUNT - sizeof special / sizeof *special) * sizeof *z) == 0);
        release_buffers();
    }
}

TEST(cost_gradient_and_update) {
    for (size_t count = 0; count < 70; count++) {
        describe("a - y, w - rate dw " REAL_NAME " count %zu", count);
        const double rate = random_real(-1, 1);
        real *a = random_buffer(count, -2, 2, true), *y = random_buffer(count, -2, 2, true);
        real *dz = BUFFER(real, count), *out = BUFFER(real, count);
        CHECK_OK(REG(backward_cost)(a, y, count, dz));
        CHECK_OK(REG(update)(a, y, count, rate, out));
        bool right = true;
        for (size_t i = 0; i < count; i++) {
            const double step = (real)rate * (double)y[i];
            right &= same(dz[i], a[i] - y[i]);
            right &= close_to(out[i], a[i] - step, REAL_EPSILON * (fabs(a[i] - step) + fabs(step)));
        }
        CHECK(right);
        real *in_place = BUFFER(real, count);
        memcpy(in_place, a, count * sizeof *a);
        CHECK_OK(REG(backward_cost)(in_place, y, count, in_place));
        CHECK(memcmp(in_place, dz, count * sizeof *dz) == 0);
        CHECK_OK(REG(update)(a, y, count, rate, a));
        CHECK(memcmp(a, out, count * sizeof *out) == 0);
        release_buffers();
    }
}
