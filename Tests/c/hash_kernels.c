/* Every kernel of one element type over random shapes, offsets and layouts. */
#include <stdio.h>

#include "hash.h"
#include "typed.h"

#if TEST_F64
#define HASH_KERNELS hash_kernels_f64
#else
#define HASH_KERNELS hash_kernels
#endif

/* Several threads share the last one. */
static const size_t counts[] = {1, 7, 16, 17, 255, 1000, 4097, 200003};
enum { COUNTS = sizeof counts / sizeof counts[0] };

static void hash_reals(const real *x, size_t count) { hash_bytes(x, count * sizeof *x); }

/* Hashes values that may be NaN: all NaNs count as one, whatever their bits. */
static void hash_numbers(real *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isnan(x[i])) x[i] = 0;
    hash_reals(x, count);
}

static void hash_dropout(void) {
    for (int i = 0; i < COUNTS; i++) {
        const size_t n = counts[i];
        const double keep_prob = random_real(0.05, 1);
        const uint64_t seed = random_bits(), stream = random_bits(), offset = random_bits();
        real *a = random_buffer(n, -2, 2, false);
        uint8_t *mask = BUFFER(uint8_t, n);
        MUST(REG(forward_dropout)(a, n, keep_prob, seed, stream, offset, a, mask));
        hash_bytes(mask, n);
        hash_reals(a, n);
        MUST(REG(backward_dropout)(a, n, keep_prob, seed, stream, ~offset, a));
        hash_reals(a, n);
        MUST(REG(apply_mask)(a, mask, n, keep_prob, a));
        hash_reals(a, n);
        release_buffers();
    }
    /* Only multiplications by 1/keep_prob: the same with and without FMA. */
    print_integer_hash("dropout_" REAL_NAME);
}

static void hash_activations(void) {
    for (int k = REG_IDENTITY; k <= REG_SIGMOID; k++) {
        for (int i = 0; i < COUNTS; i++) {
            real *z = random_buffer(counts[i], -20, 20, true), *a = BUFFER(real, counts[i]);
            MUST(REG(forward_activation)(z, counts[i], (reg_activation)k, a));
            hash_numbers(a, counts[i]);
            z = random_buffer(counts[i], -2, 2, false);
            MUST(REG(backward_activation)(z, a, counts[i], (reg_activation)k, z));
            hash_numbers(z, counts[i]);
            release_buffers();
        }
    }
    print_real_hash("activation_" REAL_NAME);
}

static void hash_elementary(void) {
    for (int k = REG_FUNCTION_EXP; k <= REG_FUNCTION_TANH; k++) {
        for (int i = 0; i < COUNTS; i++) {
            real *x = random_buffer(counts[i], -20, 20, true);
            MUST(REG(elementary)(x, counts[i], (reg_function)k, x));
            hash_numbers(x, counts[i]);
            release_buffers();
        }
    }
    print_real_hash("elementary_" REAL_NAME);
}

static void hash_update_and_cost(void) {
    for (int i = 0; i < COUNTS; i++) {
        const size_t n = counts[i];
        const real *a = random_buffer(n, 0, 1, false), *y = random_buffer(n, 0, 1, false);
        const real *const weights[2] = {a, y};
        const size_t weight_counts[2] = {n, n / 2};
        real *out = BUFFER(real, n);
        double cost = 0;
        MUST(REG(backward_cost)(a, y, n, out));
        hash_reals(out, n);
        MUST(REG(update)(a, y, n, random_real(0, 1), out));
        hash_reals(out, n);
        MUST(REG(cost)(a, y, 1, n, &cost, NULL));
        hash_bytes(&cost, sizeof cost);
        MUST(REG(cost_l2)(a, y, 1, n, weights, weight_counts, 2, 0.7, &cost, NULL));
        hash_bytes(&cost, sizeof cost);
        release_buffers();
    }
    print_real_hash("update_cost_" REAL_NAME);
}

static reg_strides random_strides(size_t units, size_t examples) {
    const ptrdiff_t pad = random_int(0, 2);
    return random_int(0, 1) ? (reg_strides){(ptrdiff_t)examples + pad, 1}
                            : (reg_strides){1, (ptrdiff_t)units + pad};
}

static size_t extent(reg_strides s, size_t units, size_t examples) {
    return (units - 1) * (size_t)s.unit + (examples - 1) * (size_t)s.example + 1;
}

static void hash_layer(size_t n_out, size_t n_in, size_t m) {
    const reg_strides in = random_strides(n_in, m), out = random_strides(n_out, m);
    const size_t in_size = extent(in, n_in, m), out_size = extent(out, n_out, m);
    const real *w = random_buffer(n_out * n_in, -1, 1, false), *b = random_buffer(n_out, -1, 1, false);
    const real *x = random_buffer(in_size, -1, 1, false);
    real *z = BUFFER(real, out_size), *a = BUFFER(real, out_size);
    real *dw = BUFFER(real, n_out * n_in), *db = BUFFER(real, n_out), *dx = BUFFER(real, in_size);
    MUST(REG(forward_dense)(w, b, n_out, n_in, m, x, in, (reg_activation)random_int(0, 2), z, a, out));
    hash_reals(z, out_size);
    hash_reals(a, out_size);
    MUST(REG(backward_l2)(w, n_out, n_in, m, z, out, x, in, random_real(0, 1), dw, db, dx, in));
    hash_reals(dw, n_out * n_in);
    hash_reals(db, n_out);
    hash_reals(dx, in_size);
    release_buffers();
}

static void hash_dense(void) {
    for (int i = 0; i < 60; i++) {
        /* One by one: C does not define the order of evaluation of arguments. */
        const size_t n_out = (size_t)random_int(1, 70), n_in = (size_t)random_int(1, 70);
        hash_layer(n_out, n_in, (size_t)random_int(1, 70));
    }
    hash_layer(20, 2, 211);
    hash_layer(3, 20, 211);
    hash_layer(1, 3, 211);
    print_real_hash("dense_" REAL_NAME);
    /* For several threads: wide, tall and deep. */
    hash_layer(150, 300, 170);
    hash_layer(30, 90, 1100);
    hash_layer(700, 70, 40);
    hash_layer(60, 1200, 50);
    print_real_hash("dense_large_" REAL_NAME);
}

/* Functions and activations that came after the hashes above, each with a line and random numbers
 * of its own, so that a new one changes no line. */
static void hash_added(void) {
    char name[64];
    reg_enum_value value = {.struct_size = sizeof value};
    for (int k = REG_FUNCTION_ERF; k <= last_value(REG_ENUM_FUNCTION); k++) {
        MUST(reg_get_enum_value(REG_ENUM_FUNCTION, (uint32_t)k, &value));
        random_seed(1000 + (uint64_t)k);
        for (int i = 0; i < COUNTS; i++) {
            real *x = random_buffer(counts[i], -8, 8, true);
            MUST(REG(elementary)(x, counts[i], (reg_function)k, x));
            hash_numbers(x, counts[i]);
            release_buffers();
        }
        snprintf(name, sizeof name, "%s_" REAL_NAME, value.name);
        print_real_hash(name);
    }
    for (int k = REG_LEAKY_RELU; k <= last_value(REG_ENUM_ACTIVATION); k++) {
        MUST(reg_get_enum_value(REG_ENUM_ACTIVATION, (uint32_t)k, &value));
        random_seed(2000 + (uint64_t)k);
        for (int i = 0; i < COUNTS; i++) {
            real *z = random_buffer(counts[i], -20, 20, true), *a = BUFFER(real, counts[i]);
            MUST(REG(forward_activation)(z, counts[i], (reg_activation)k, a));
            hash_numbers(a, counts[i]);
            real *da = random_buffer(counts[i], -2, 2, false);
            MUST(REG(backward_activation)(da, z, counts[i], (reg_activation)k, da));
            hash_numbers(da, counts[i]);
            release_buffers();
        }
        snprintf(name, sizeof name, "activation_%s_" REAL_NAME, value.name);
        print_real_hash(name);
    }
}

void HASH_KERNELS(void) {
    random_seed(20);
    hash_dropout();
    hash_elementary();
    hash_activations();
    hash_update_and_cost();
    hash_dense();
    hash_added();
}
