/* The costs, against a compensated sum in double with the C library's log. */
#include "tests.h"
#include "typed.h"

static double term(real a, real y) {
    /* 1 - a in the element type, as in the kernel. */
    return -(y * log((double)a) + (1 - (double)y) * log((double)(real)(1 - a)));
}

/* Kahan summation: keeps the oracle's own rounding out of the comparison. */
static void add(double *sum, double *lost, double x) {
    const double corrected = x - *lost, next = *sum + corrected;
    *lost = (next - *sum) - corrected;
    *sum = next;
}

/* One count of elements, in every division into units and examples. */
static void check_cost(size_t n_out, size_t m) {
    describe("cost " REAL_NAME " n_out %zu m %zu", n_out, m);
    const size_t count = n_out * m;
    const real *a = random_buffer(count, 0.001, 0.999, false);
    real *y = BUFFER(real, count);
    double sum = 0, lost = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        y[i] = random_int(0, 3) > 0 ? (real)random_int(0, 1) : (real)random_real(0, 1);
        add(&sum, &lost, term(a[i], y[i]));
        size += fabs(term(a[i], y[i]));
    }
    double cost = NAN;
    size_t ignored = 99;
    CHECK_OK(REG(cost)(a, y, n_out, m, &cost, &ignored));
    CHECK(close_to(cost, sum / (double)m, 4 * REAL_EPSILON * size / (double)m));
    CHECK(ignored == 0);
    double again = NAN;
    CHECK_OK(REG(cost)(a, y, n_out, m, &again, NULL));
    CHECK(again == cost);
    release_buffers();
}

TEST(cost) {
    for (size_t m = 1; m < 70; m++) {
        check_cost(1, m);
        check_cost(3, m);
        check_cost(m, 2);
    }
    check_cost(1, 70001);
}

TEST(cost_extremes) {
    double cost = NAN;
    size_t ignored = 99;
    /* Saturated correct outputs: 0 * infinity is 0, and `ignored` counts it. */
    const real a[4] = {0, 1, 0.5f, 1}, y[4] = {0, 1, 1, 1};
    CHECK_OK(REG(cost)(a, y, 1, 4, &cost, &ignored));
    CHECK(close_to(cost, log(2) / 4, 4 * REAL_EPSILON));
    CHECK(ignored == 3);
    /* A saturated wrong output. */
    const real wrong[2] = {0, 0.5f}, ones[2] = {1, 1};
    CHECK_OK(REG(cost)(wrong, ones, 1, 2, &cost, &ignored));
    CHECK(cost == INFINITY && ignored == 0);
    /* NaN terms are 0. */
    const real lost[3] = {NAN, 0.5f, 2}, labels[3] = {1, 0, 0};
    CHECK_OK(REG(cost)(lost, labels, 1, 3, &cost, &ignored));
    CHECK(close_to(cost, log(2) / 3, 4 * REAL_EPSILON));
    CHECK(ignored == 2);
    /* The smallest and the largest probabilities. */
    const real edge[2] = {REAL_SMALLEST, 1 - REAL_EPSILON / 2}, right[2] = {1, 0};
    CHECK_OK(REG(cost)(edge, right, 1, 2, &cost, &ignored));
    CHECK(close_to(cost, -(log(REAL_SMALLEST) + log(REAL_EPSILON / 2)) / 2, 100 * REAL_EPSILON));
}

TEST(cost_l2) {
    for (size_t m = 1; m < 40; m += 7) {
        const size_t counts[5] = {40, 0, 60, 70001, 3};
        const real *a = random_buffer(m, 0.1, 0.9, false), *y = random_buffer(m, 0, 1, false);
        const real **weights = BUFFER(const real *, 5);
        size_t *weight_counts = BUFFER(size_t, 5);
        double squares = 0;
        for (size_t l = 0; l < 5; l++) {
            weights[l] = counts[l] == 0 ? NULL : random_buffer(counts[l], -1, 1, false);
            weight_counts[l] = counts[l];
            for (size_t i = 0; i < counts[l]; i++) squares += (double)weights[l][i] * weights[l][i];
        }
        freeze_buffers();
        for (size_t layers = 0; layers <= 5; layers += 5) {
            for (double lambda = 0; lambda < 1; lambda += 0.7) {
                double plain, cost = NAN;
                size_t ignored = 99;
                CHECK_OK(REG(cost)(a, y, 1, m, &plain, NULL));
                CHECK_OK(REG(cost_l2)(a, y, 1, m, layers > 0 ? weights : NULL,
                                      layers > 0 ? weight_counts : NULL, layers, lambda, &cost, &ignored));
                const double penalty = layers > 0 ? lambda / (2 * (double)m) * squares : 0;
                CHECK(close_to(cost, plain + penalty, 1e-12 * (plain + penalty)));
                CHECK(ignored == 0);
            }
        }
        release_buffers();
    }
}
