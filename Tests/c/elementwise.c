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
            /* A sigmoid's output lies in [0, 1]. */
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
    /* Where a ReLU passed nothing, dz is 0 whatever da is. */
    const real da[3] = {NAN, INFINITY, 5}, a[3] = {0, 0, 0};
    real dz[3];
    CHECK_OK(REG(backward_activation)(da, a, 3, REG_RELU, dz));
    CHECK(dz[0] == 0 && dz[1] == 0 && dz[2] == 0);
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
