/* Dense layers, forward and backward, against plain loops in double.
 *
 * With small integers every sum is exact in any order, so results must be equal. With real numbers the
 * error must be within the bound for a sum of n rounded products. */
#include <string.h>

#include "layouts.h"
#include "tests.h"
#include "typed.h"

/* A sum, and the sum of its terms' magnitudes, which bounds the rounding error. */
typedef struct Sum {
    double value, size;
} Sum;

static void add(Sum *sum, double x) {
    sum->value += x;
    sum->size += fabs(x);
}

static bool within(real got, Sum want, bool whole, size_t terms) {
    if (whole) return got == want.value;
    return close_to(got, want.value, (double)(terms + 2) * REAL_EPSILON * want.size);
}

/* ---- Forward --------------------------------------------------------------------------- */

typedef struct Shape {
    size_t n_out, n_in, m;
} Shape;

static void check_forward(Shape s, Layout in, Layout to, reg_activation activation, bool whole) {
    describe("forward " REAL_NAME " %zu x %zu x %zu layouts %d %d activation %d", s.n_out, s.n_in, s.m, in,
             to, activation);
    const real *w = random_vector(s.n_out * s.n_in, whole), *b = random_vector(s.n_out, whole);
    const Matrix a = random_matrix(in, s.n_in, s.m, whole);
    freeze_buffers();
    const Matrix z = matrix(to, s.n_out, s.m), out = matrix(to, s.n_out, s.m);
    const Matrix alone = matrix(to, s.n_out, s.m), other = matrix(UNITS_EXAMPLES, s.n_out, s.m);
    CHECK_OK(REG(forward_dense)(w, b, s.n_out, s.n_in, s.m, a.first, a.strides, activation, z.first,
                                out.first, out.strides));
    CHECK_OK(REG(forward_dense)(w, b, s.n_out, s.n_in, s.m, a.first, a.strides, activation, NULL, alone.first,
                                alone.strides));
    CHECK_OK(REG(forward_dense)(w, b, s.n_out, s.n_in, s.m, a.first, a.strides, activation, NULL, other.first,
                                other.strides));
    /* Tests only that the activation was applied to z; elementwise.c tests its values. */
    real *activated = BUFFER(real, z.length);
    CHECK_OK(REG(forward_activation)(z.all, z.length, activation, activated));
    bool right = true, finished = true, alike = true;
    for (size_t u = 0; u < s.n_out; u++) {
        for (size_t r = 0; r < s.m; r++) {
            Sum sum = {0, 0};
            add(&sum, b[u]);
            for (size_t k = 0; k < s.n_in; k++) add(&sum, (double)w[u * s.n_in + k] * *element(&a, k, r));
            right &= within(*element(&z, u, r), sum, whole, s.n_in);
            finished &= same(*element(&out, u, r), activated[element(&z, u, r) - z.all]);
            /* The same bits in every output layout. */
            alike &= same(*element(&out, u, r), *element(&other, u, r));
        }
    }
    CHECK(right);
    CHECK(finished);
    CHECK(alike);
    CHECK(memcmp(out.all, alone.all, out.length * sizeof(real)) == 0);
    CHECK(padding_is_untouched(&z) && padding_is_untouched(&out));
}

/* ---- Backward -------------------------------------------------------------------------- */

static void check_input_gradient(Shape s, const real *w, const Matrix *dz, const Matrix *da, bool whole) {
    bool right = true;
    for (size_t k = 0; k < s.n_in; k++) {
        for (size_t r = 0; r < s.m; r++) {
            Sum sum = {0, 0};
            for (size_t u = 0; u < s.n_out; u++) add(&sum, (double)w[u * s.n_in + k] * *element(dz, u, r));
            right &= within(*element(da, k, r), sum, whole, s.n_out);
        }
    }
    CHECK(right);
    CHECK(padding_is_untouched(da));
}

static void check_weight_gradient(Shape s, const real *w, const Matrix *dz, const Matrix *a, double lambda,
                                  const real *dw, const real *db, bool whole) {
    const double m = (double)s.m, terms = whole ? 4 : (double)s.m + 4;
    bool weights = true, biases = true;
    for (size_t u = 0; u < s.n_out; u++) {
        Sum bias = {0, 0};
        for (size_t r = 0; r < s.m; r++) add(&bias, *element(dz, u, r));
        /* Integers: an exact sum, rounded only by the division. */
        const double size = (whole ? fabs(bias.value) : bias.size) / m;
        biases &= close_to(db[u], bias.value / m, terms * REAL_EPSILON * size);
        for (size_t k = 0; k < s.n_in; k++) {
            Sum sum = {0, 0};
            for (size_t r = 0; r < s.m; r++) add(&sum, (double)*element(dz, u, r) * *element(a, k, r));
            const double decay = lambda / m * w[u * s.n_in + k];
            const double bound = (whole ? fabs(sum.value) : sum.size) / m + fabs(decay);
            weights &= close_to(dw[u * s.n_in + k], sum.value / m + decay, terms * REAL_EPSILON * bound);
        }
    }
    CHECK(weights);
    CHECK(biases);
}

static void check_backward(Shape s, Layout in, Layout to, double lambda, bool whole) {
    describe("backward " REAL_NAME " %zu x %zu x %zu layouts %d %d lambda %g", s.n_out, s.n_in, s.m, in, to,
             lambda);
    const real *w = random_vector(s.n_out * s.n_in, whole);
    const Matrix a = random_matrix(in, s.n_in, s.m, whole);
    const Matrix dz = random_matrix((Layout)random_int(0, LAYOUTS - 1), s.n_out, s.m, whole);
    freeze_buffers();
    real *dw = BUFFER(real, s.n_out * s.n_in), *db = BUFFER(real, s.n_out);
    const Matrix da = matrix(to, s.n_in, s.m);
    CHECK_OK(REG(backward_l2)(w, s.n_out, s.n_in, s.m, dz.first, dz.strides, a.first, a.strides, lambda, dw,
                              db, da.first, da.strides));
    check_input_gradient(s, w, &dz, &da, whole);
    check_weight_gradient(s, w, &dz, &a, lambda, dw, db, whole);

    /* Either output alone has the same bits. */
    real *dw2 = BUFFER(real, s.n_out * s.n_in), *db2 = BUFFER(real, s.n_out);
    const Matrix da2 = matrix(to, s.n_in, s.m);
    const reg_strides none = {0, 0};
    CHECK_OK(REG(backward_l2)(w, s.n_out, s.n_in, s.m, dz.first, dz.strides, a.first, a.strides, lambda, dw2,
                              db2, NULL, none));
    CHECK_OK(REG(backward_l2)(w, s.n_out, s.n_in, s.m, dz.first, dz.strides, NULL, none, lambda, NULL, NULL,
                              da2.first, da2.strides));
    CHECK(memcmp(dw, dw2, s.n_out * s.n_in * sizeof *dw) == 0);
    CHECK(memcmp(db, db2, s.n_out * sizeof *db) == 0);
    CHECK(memcmp(da.all, da2.all, da.length * sizeof(real)) == 0);
}

/* ---- Tests ----------------------------------------------------------------------------- */

static void check_layer(Shape s, bool whole) {
    const Layout in = (Layout)random_int(0, LAYOUTS - 1);
    const Layout to = (Layout)random_int(0, OUTPUT_LAYOUTS - 1);
    check_forward(s, in, to, (reg_activation)random_int(0, 2), whole);
    release_buffers();
    check_backward(s, in, to, random_int(0, 1) * 0.7, whole);
    release_buffers();
}

/* Sizes around the ends of tiles, vectors, chains and blocks. */
static const size_t edges[] = {1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 24, 25, 31, 32, 33, 65};
static const size_t depths[] = {1, 2, 3, 4, 15, 16, 17, 63, 255, 256, 257, 383, 384, 385, 513, 769};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
enum { SHALLOW_DEPTHS = 8 }; /* the first ones, below a chain's length */

TEST(dense_exact) {
    size_t d = 0;
    for (size_t i = 0; i < COUNT(edges); i++)
        for (size_t j = 0; j < COUNT(edges); j++, d++) {
            /* On an emulated CPU every pair of edges has a depth, a sixth of the pairs a deep one. */
            const size_t count = quick && d / COUNT(depths) % 6 > 0 ? SHALLOW_DEPTHS : COUNT(depths);
            check_layer((Shape){edges[i], depths[d % count], edges[j]}, true);
        }
    /* Deep in the dimensions that only backward products sum over. */
    for (size_t i = 0; i < COUNT(depths); i++) {
        check_layer((Shape){7, 13, depths[i]}, true);
        check_layer((Shape){depths[i], 17, 9}, true);
    }
    /* More rows and columns than one packed block. */
    check_layer((Shape){290, 5, 3}, true);
    check_layer((Shape){3, 4, 2100}, true);
}

TEST(dense_rounding) {
    for (int i = 0; i < 60; i++) {
        const Shape s = {(size_t)random_int(1, 40), (size_t)random_int(1, 40), (size_t)random_int(1, 40)};
        check_layer(s, false);
    }
    check_layer((Shape){20, 2, 211}, false);
    check_layer((Shape){3, 20, 211}, false);
    check_layer((Shape){21, 600, 33}, false);
}

/* A NaN in one example or unit affects only the results computed from it. */
TEST(dense_isolation) {
    for (int i = 0; i < 40; i++) {
        const Shape s = {(size_t)random_int(1, 35), (size_t)random_int(1, 35), (size_t)random_int(1, 35)};
        const Layout layout = (Layout)random_int(0, OUTPUT_LAYOUTS - 1);
        describe("NaN " REAL_NAME " %zu x %zu x %zu layout %d", s.n_out, s.n_in, s.m, layout);
        real *w = random_vector(s.n_out * s.n_in, true), *b = random_vector(s.n_out, true);
        const Matrix a = random_matrix(layout, s.n_in, s.m, true), out = matrix(layout, s.n_out, s.m);
        const size_t bad_example = random_bits() % s.m, bad_unit = random_bits() % s.n_out;
        *element(&a, random_bits() % s.n_in, bad_example) = NAN;
        w[bad_unit * s.n_in + random_bits() % s.n_in] = NAN;
        CHECK_OK(REG(forward_dense)(w, b, s.n_out, s.n_in, s.m, a.first, a.strides, REG_RELU, NULL, out.first,
                                    out.strides));
        bool right = true;
        for (size_t u = 0; u < s.n_out; u++)
            for (size_t r = 0; r < s.m; r++)
                right &= (bool)isnan(*element(&out, u, r)) == (u == bad_unit || r == bad_example);
        CHECK(right);
        release_buffers();
    }
}

TEST(dense_unaligned) {
    enum { N_OUT = 13, N_IN = 19, M = 37 };
    const real *w = random_vector(N_OUT * N_IN, true), *b = random_vector(N_OUT, true);
    const Matrix a = random_matrix(UNITS_EXAMPLES, N_IN, M, true), out = matrix(UNITS_EXAMPLES, N_OUT, M);
    char *w1 = BUFFER(char, sizeof(real) * N_OUT * N_IN + 1), *b1 = BUFFER(char, sizeof(real) * N_OUT + 1);
    char *a1 = BUFFER(char, sizeof(real) * a.length + 1), *out1 = BUFFER(char, sizeof(real) * out.length + 1);
    memcpy(w1 + 1, w, sizeof(real) * N_OUT * N_IN);
    memcpy(b1 + 1, b, sizeof(real) * N_OUT);
    memcpy(a1 + 1, a.all, sizeof(real) * a.length);
    CHECK_OK(REG(forward_dense)(w, b, N_OUT, N_IN, M, a.first, a.strides, REG_SIGMOID, NULL, out.first,
                                out.strides));
    CHECK_OK(REG(forward_dense)((const void *)(w1 + 1), (const void *)(b1 + 1), N_OUT, N_IN, M,
                                (const void *)(a1 + 1), a.strides, REG_SIGMOID, NULL, (void *)(out1 + 1),
                                out.strides));
    CHECK(memcmp(out.all, out1 + 1, sizeof(real) * out.length) == 0);
}

/* Large enough for two threads; the division differs by direction. */
TEST(dense_parts) {
    check_layer((Shape){130, 70, 140}, true);
    check_layer((Shape){37, 90, 400}, true);
}

/* Few weights and contiguous examples: vectors instead of tiles, the last of which overlaps its
 * predecessor. Large enough for two threads, in runs of 64 examples. */
TEST(dense_small) {
    static const Layout layouts[] = {UNITS_EXAMPLES, PADDED_ROWS};
    static const reg_activation activations[] = {REG_IDENTITY, REG_RELU, REG_SIGMOID, REG_TANH};
    for (size_t i = 0; i < COUNT(layouts) * COUNT(activations); i++) {
        const Layout in = layouts[i / COUNT(activations)];
        for (size_t j = 0; j < COUNT(layouts); j++) {
            const size_t a = i % COUNT(activations);
            check_forward((Shape){9, 5, 77}, in, layouts[j], activations[a], true);
            /* On an emulated CPU each pair of layouts and each activation once. */
            if (!quick || a == COUNT(layouts) * (i / COUNT(activations)) + j)
                check_forward((Shape){400, 8, 333}, in, layouts[j], activations[a], true);
            release_buffers();
        }
    }
}

/* The stride of a dimension of size 1 is never used and may have any value. */
TEST(dense_unused_stride) {
    enum { N_OUT = 3, M = 40 };
    const real *w = random_vector(N_OUT, true), *b = random_vector(N_OUT, true), *a = random_vector(M, true);
    real *out = BUFFER(real, N_OUT * M), *other = BUFFER(real, N_OUT * M);
    CHECK_OK(REG(forward_dense)(w, b, N_OUT, 1, M, a, (reg_strides){M, 1}, REG_RELU, NULL, out,
                                (reg_strides){M, 1}));
    CHECK_OK(REG(forward_dense)(w, b, N_OUT, 1, M, a, (reg_strides){PTRDIFF_MIN, 1}, REG_RELU, NULL, other,
                                (reg_strides){M, 1}));
    CHECK(memcmp(out, other, sizeof(real) * N_OUT * M) == 0);
}

/* Few units, contiguous in each example: blocks of examples are transposed, on two threads. Some
 * doubles and layouts use tiles instead. */
TEST(dense_small_transposed) {
    static const Layout layouts[] = {EXAMPLES_UNITS, PADDED_EXAMPLES, STEPPED};
    static const Layout inputs[] = {EXAMPLES_UNITS, UNITS_EXAMPLES, REVERSED, BROADCAST};
    static const Shape shapes[] = {{20, 2, 211},   {3, 20, 1500},  {9, 20, 6001},
                                   {20, 30, 2003}, {1, 200, 5999}, {4, 65, 333},
                                   {10, 257, 444}, {9, 800, 17},   {100, 66, 1}};
    static const reg_activation activations[] = {REG_IDENTITY, REG_RELU, REG_SIGMOID, REG_TANH};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (size_t j = 0; j < COUNT(inputs); j++) {
            const reg_activation activation = activations[(i + j) % COUNT(activations)];
            check_forward(shapes[i], inputs[j], layouts[(i + j) % COUNT(layouts)], activation, j % 2 == 0);
            release_buffers();
        }
    }
}
