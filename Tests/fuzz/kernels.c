/* The functions of swiftreg.h: any sizes, strides, scalars and pointers. Compiled twice, as
 * typed.h. */
#include <string.h>

#include "fuzz.h"
#include "typed.h"

/* ---- Vectors --------------------------------------------------------------------------- */

static size_t count;
/* The errors of the present call. */
static Statuses wrong;

static void choose_count(size_t element) {
    wrong = 0;
    if (rarely(12)) {
        count = choose_impossible(element);
        wrong |= ONE(REG_ERROR_SIZE);
    } else {
        count = choose_size(rarely(64) ? 70000 : 600);
    }
}

static size_t room(void) { return (wrong & ONE(REG_ERROR_SIZE)) != 0 ? 4 : count; }

/* Sometimes NULL, which is an error if there are elements. */
static bool choose_null(void) {
    if (!rarely(24)) return false;
    if (count > 0) wrong |= ONE(REG_ERROR_NULL);
    return true;
}

static const real *input(void) {
    if (choose_null()) return NULL;
    real *x = fuzz_buffer(room() * sizeof *x);
    fill_reals(x, room(), sizeof *x);
    freeze_buffer(x);
    return x;
}

static void *output(size_t element) { return choose_null() ? NULL : fuzz_buffer(room() * element); }

/* An output that may be its input, or overlap it, which must not crash. */
static real *place(const real **x) {
    if (*x == NULL || choose(4) > 0) return output(sizeof(real));
    real *both = fuzz_buffer((room() + 8) * sizeof *both);
    memcpy(both, *x, room() * sizeof *both);
    *x = both + (choose(2) == 0 ? 0 : choose(8));
    return both + (choose(2) == 0 ? *x - both : (ptrdiff_t)choose(8));
}

static double choose_keep_prob(void) {
    const double keep_prob = choose_near(0x1p-20, 1);
    wrong |= IF(!(keep_prob > 0 && keep_prob <= 1), REG_ERROR_KEEP_PROB);
    return keep_prob;
}

static double choose_lambda(void) {
    const double lambda = choose_near(0, 2);
    wrong |= IF(!(lambda >= 0 && lambda < INFINITY), REG_ERROR_LAMBDA);
    return lambda;
}

static reg_activation choose_activation(void) {
    const uint32_t activation = choose_enum((uint32_t)reg_enum_count(REG_ENUM_ACTIVATION));
    wrong |= IF(activation >= reg_enum_count(REG_ENUM_ACTIVATION), REG_ERROR_ACTIVATION);
    return (reg_activation)activation;
}

/* ---- Element by element ---------------------------------------------------------------- */

static void fuzz_dropout(void) {
    choose_count(sizeof(real));
    const double keep_prob = choose_keep_prob();
    const uint64_t seed = choose_bits(8), stream = choose_bits(8), offset = (uint64_t)choose_integer();
    const real *a = input();
    real *out = place(&a);
    if (choose(2) == 0) {
        uint8_t *mask = choose(2) == 0 ? NULL : fuzz_buffer(room());
        JUDGE(REG(forward_dropout)(a, count, keep_prob, seed, stream, offset, out, mask), wrong, 0);
    } else {
        JUDGE(REG(backward_dropout)(a, count, keep_prob, seed, stream, offset, out), wrong, 0);
    }
}

static void fuzz_masks(void) {
    const bool are_words = choose(2) == 0;
    const size_t element = are_words ? sizeof(uint32_t) : 1;
    choose_count(element);
    const uint64_t seed = choose_bits(8), stream = choose_bits(8), offset = (uint64_t)choose_integer();
    void *out = output(element);
    if (are_words) {
        JUDGE(reg_philox(count, seed, stream, offset, out), wrong, 0);
    } else {
        const double keep_prob = choose_keep_prob();
        JUDGE(reg_dropout_mask(count, keep_prob, seed, stream, offset, out), wrong, 0);
    }
}

static void fuzz_apply_mask(void) {
    choose_count(sizeof(real));
    const double keep_prob = choose_keep_prob();
    const real *a = input();
    uint8_t *mask = output(1);
    if (mask != NULL) {
        fill_bytes(mask, room());
        freeze_buffer(mask);
    }
    real *out = place(&a);
    JUDGE(REG(apply_mask)(a, mask, count, keep_prob, out), wrong, 0);
}

static void fuzz_activation(void) {
    choose_count(sizeof(real));
    const reg_activation activation = choose_activation();
    const real *z = input(), *da = input();
    real *out = place(&z);
    if (choose(2) == 0)
        JUDGE(REG(forward_activation)(z, count, activation, out),
              wrong & ~(da == NULL ? ONE(REG_ERROR_NULL) : 0), ONE(REG_ERROR_NULL));
    else JUDGE(REG(backward_activation)(da, z, count, activation, out), wrong, 0);
}

static void fuzz_elementary(void) {
    choose_count(sizeof(real));
    const uint32_t function = choose_enum((uint32_t)reg_enum_count(REG_ENUM_FUNCTION));
    wrong |= IF(function >= reg_enum_count(REG_ENUM_FUNCTION), REG_ERROR_FUNCTION);
    const real *x = input();
    real *out = place(&x);
    JUDGE(REG(elementary)(x, count, (reg_function)function, out), wrong, 0);
}

static void fuzz_pairs(void) {
    choose_count(sizeof(real));
    const real *a = input(), *b = input();
    real *out = place(&a);
    if (choose(2) == 0) {
        JUDGE(REG(backward_cost)(a, b, count, out), wrong, 0);
    } else {
        const double rate = choose_real();
        wrong |= IF(!isfinite(rate), REG_ERROR_LEARNING_RATE);
        JUDGE(REG(update)(a, b, count, rate, out), wrong, 0);
    }
}

/* ---- Costs ----------------------------------------------------------------------------- */

/* A size of a matrix: mostly small, sometimes beyond the address space. */
static size_t choose_extent(size_t max) {
    if (!rarely(24)) return choose_size(max);
    return choose(2) == 0 ? choose_impossible(sizeof(real)) : (size_t)1 << (30 + choose(34));
}

/* The errors of a matrix of this size; sets *is_large if it is valid but larger than a buffer
 * here. */
static Statuses check_extents(size_t rows, size_t columns, bool *is_large) {
    if ((ptrdiff_t)rows < 0 || (ptrdiff_t)columns < 0) return ONE(REG_ERROR_SIZE);
    const unsigned __int128 bytes = (unsigned __int128)rows * columns * sizeof(real);
    if (bytes > PTRDIFF_MAX) return ONE(REG_ERROR_SIZE);
    *is_large |= bytes > MAX_BYTES;
    return bytes == 0 ? ONE(REG_ERROR_SHAPE) : 0;
}

static void fuzz_cost(void) {
    enum { MAX_COST_LAYERS = 4 };
    const size_t n_out = choose_extent(40), m = choose_extent(70);
    bool is_large = false;
    wrong = check_extents(n_out, m, &is_large);
    count = wrong == 0 && !is_large ? n_out * m : 4;
    const real *a = input(), *y = input();
    const double lambda = choose_lambda();
    count = 1;
    double *cost = output(sizeof *cost);
    size_t *ignored = choose(2) == 0 ? NULL : fuzz_buffer(sizeof *ignored);
    /* NULL may be an error of the second kind of call only. */
    const Statuses possible = ONE(REG_ERROR_NULL) | ONE(REG_ERROR_SIZE);
    if (choose(2) == 0) {
        wrong &= ~ONE(REG_ERROR_LAMBDA);
        if (wrong != 0 || !is_large) JUDGE(REG(cost)(a, y, n_out, m, cost, ignored), wrong, possible);
        return;
    }
    size_t layers = choose(MAX_COST_LAYERS + 1);
    const real **weights = fuzz_buffer(layers * sizeof *weights);
    size_t *counts = fuzz_buffer(layers * sizeof *counts);
    for (size_t l = 0; l < layers; l++) {
        count = choose_size(300);
        weights[l] = input();
        counts[l] = count;
        if (rarely(24)) {
            counts[l] = choose_impossible(sizeof(real));
            wrong |= ONE(REG_ERROR_SIZE);
        }
    }
    freeze_buffer(weights);
    freeze_buffer(counts);
    if (rarely(24)) {
        layers = choose_impossible(sizeof *weights);
        wrong |= ONE(REG_ERROR_SIZE);
    }
    if (rarely(24)) {
        wrong |= IF(layers > 0, REG_ERROR_NULL);
        weights = NULL;
    }
    if (wrong != 0 || !is_large)
        JUDGE(REG(cost_l2)(a, y, n_out, m, weights, counts, layers, lambda, cost, ignored), wrong,
              ONE(REG_ERROR_SIZE));
}

/* ---- Dense layers ---------------------------------------------------------------------- */

typedef struct Layer {
    size_t n_out, n_in, m;
    bool is_large; /* valid, but larger than a buffer here */
    Statuses possible;
} Layer;

static Layer choose_layer(void) {
    Layer layer = {.n_out = choose_extent(70), .n_in = choose_extent(70), .m = choose_extent(140)};
    wrong = check_extents(layer.n_out, layer.n_in, &layer.is_large) |
            check_extents(layer.n_out, layer.m, &layer.is_large) |
            check_extents(layer.n_in, layer.m, &layer.is_large);
    /* The largest addressable matrices may be refused or not. */
    layer.possible = IF(layer.is_large, REG_ERROR_SIZE);
    return layer;
}

static Matrix choose_operand(Layer *layer, size_t units, bool is_output) {
    /* A layer without elements may have any strides. */
    const bool exists = units - 1 < PTRDIFF_MAX && layer->m - 1 < PTRDIFF_MAX;
    const Matrix matrix = choose_matrix(exists ? units : 1, exists ? layer->m : 1, sizeof(real), is_output);
    wrong |= matrix.wrong;
    layer->is_large |= matrix.is_large;
    layer->possible |= matrix.possible;
    return matrix;
}

static void *operand(const Matrix *matrix, bool is_output, bool is_needed) {
    if (!rarely(24)) return matrix_buffer(matrix, is_output);
    wrong |= IF(is_needed, REG_ERROR_NULL);
    return NULL;
}

/* n_out * n_in, or n_out. */
static size_t room_for(const Layer *layer, size_t columns) {
    return wrong != 0 || layer->is_large ? 4 : layer->n_out * columns;
}

static void fuzz_forward_dense(void) {
    Layer layer = choose_layer();
    const Matrix in = choose_operand(&layer, layer.n_in, false),
                 out = choose_operand(&layer, layer.n_out, true);
    const reg_activation activation = choose_activation();
    count = room_for(&layer, layer.n_in);
    const real *w = input();
    count = room_for(&layer, 1);
    const real *b = input();
    const real *a = operand(&in, false, true);
    real *z = choose(2) == 0 ? NULL : matrix_buffer(&out, true), *y = operand(&out, true, true);
    if (wrong == 0 && layer.is_large) return;
    const reg_status status = JUDGE(REG(forward_dense)(w, b, layer.n_out, layer.n_in, layer.m, a, in.strides,
                                                       activation, z, y, out.strides),
                                    wrong, layer.possible);
    if (status != REG_OK) return;
    check_padding(&out, y);
    if (z != NULL) check_padding(&out, z);
}

static void fuzz_backward_l2(void) {
    Layer layer = choose_layer();
    const bool wants_weights = choose(4) > 0, wants_input = choose(4) > 0;
    const Matrix dz_matrix = choose_operand(&layer, layer.n_out, false);
    Statuses before = wrong;
    const Matrix in = choose_operand(&layer, layer.n_in, false);
    if (!wants_weights) wrong = before;
    before = wrong;
    const Matrix out = choose_operand(&layer, layer.n_in, true);
    if (!wants_input) wrong = before;
    const double lambda = choose_lambda();
    count = room_for(&layer, layer.n_in);
    const real *w = input();
    const real *dz = operand(&dz_matrix, false, true), *a = operand(&in, false, wants_weights);
    real *dw = NULL, *db = NULL, *da = wants_input ? matrix_buffer(&out, true) : NULL;
    if (wants_weights) {
        dw = fuzz_buffer(room_for(&layer, layer.n_in) * sizeof *dw);
        db = rarely(24) ? NULL : fuzz_buffer(room_for(&layer, 1) * sizeof *db);
        wrong |= IF(db == NULL, REG_ERROR_NULL);
    }
    wrong |= IF(!wants_weights && !wants_input, REG_ERROR_NULL);
    if (wrong == 0 && layer.is_large) return;
    const reg_status status =
        JUDGE(REG(backward_l2)(w, layer.n_out, layer.n_in, layer.m, dz, dz_matrix.strides, a, in.strides,
                               lambda, dw, db, da, out.strides),
              wrong, layer.possible);
    if (status == REG_OK && da != NULL) check_padding(&out, da);
}

/* ---- Functions without element type ---------------------------------------------------- */

static void fuzz_legacy(void) {
    reg_legacy_rng *rng = fuzz_buffer(sizeof *rng);
    wrong = 0;
    JUDGE(reg_legacy_seed(rng, (uint32_t)choose_bits(4)), wrong, 0);
    for (int i = 0; i < 3; i++) {
        if (rarely(8)) fill_bytes(rng, sizeof *rng);
        if (rarely(8)) rng->position = (int32_t)choose_bits(4);
        if (rarely(8)) rng->has_normal = (int32_t)choose_bits(4);
        if (rarely(8)) rng->normal = choose_real();
        choose_count(sizeof(double));
        double *out = output(sizeof *out);
        reg_legacy_rng *state = rng;
        if (rarely(16)) {
            state = NULL;
            wrong |= ONE(REG_ERROR_NULL);
        } else {
            wrong |= IF(rng->position < 0 || rng->position > 624, REG_ERROR_STATE);
        }
        /* seed makes no state of zeros, and no other flag. */
        JUDGE(choose(2) == 0 ? reg_legacy_uniform(state, count, out) : reg_legacy_normal(state, count, out),
              wrong, ONE(REG_ERROR_STATE));
    }
}

static void fuzz_library(void) {
    /* A struct that is too short, or has an impossible size, stays unchanged. It may be longer than
     * the library's; unknown fields stay unchanged. */
    const size_t size = rarely(4) ? (size_t)choose_bits(8) : choose(sizeof(reg_build) + 100), longest = 4096;
    const size_t held = size < sizeof(size_t) ? sizeof(size_t) : size > longest ? sizeof(reg_build) : size;
    reg_build *build = fuzz_buffer(held);
    memcpy(build, &size, sizeof size);
    if (JUDGE(reg_build_info(build), IF(size < sizeof *build || size > longest, REG_ERROR_SIZE), 0) == REG_OK)
        for (size_t i = sizeof *build; i < size; i++) DEMAND(((const unsigned char *)build)[i] == 0xa5);
    DEMAND(reg_status_message((reg_status)choose_bits(4)) != NULL);
    int32_t before;
    DEMAND(reg_get_num_threads(&before) == REG_OK);
    const int32_t threads = rarely(2) ? (int32_t)choose_bits(4) : (int32_t)choose(5);
    const bool is_valid = threads >= 1 && threads <= REG_MAX_THREADS;
    JUDGE(reg_set_num_threads(threads), IF(!is_valid, REG_ERROR_THREADS), 0);
    int32_t *now = fuzz_buffer(sizeof *now);
    JUDGE(reg_get_num_threads(now), 0, 0);
    DEMAND(*now == (is_valid ? threads : before));
    /* Few threads, so that large calls of other cases stay fast. */
    DEMAND(reg_set_num_threads(1 + (int32_t)choose(4)) == REG_OK);
}

/* ---- A case ---------------------------------------------------------------------------- */

#if TEST_F64
void fuzz_kernels_f64(void);
void fuzz_kernels_f64(void) {
#else
const char fuzzer_name[] = "kernels";
void fuzz_kernels_f64(void);
static void fuzz_kernels_f32(void);

void fuzz_case(const uint8_t *bytes, size_t size) {
    (void)bytes;
    (void)size;
    if (choose(2) == 0) fuzz_kernels_f32();
    else fuzz_kernels_f64();
}

static void fuzz_kernels_f32(void) {
#endif
    static void (*const all[])(void) = {
        fuzz_dropout,     fuzz_masks,       fuzz_apply_mask,  fuzz_activation,    fuzz_pairs,
        fuzz_elementary,  fuzz_cost,        fuzz_cost,        fuzz_forward_dense, fuzz_forward_dense,
        fuzz_backward_l2, fuzz_backward_l2, fuzz_backward_l2, fuzz_legacy,        fuzz_library};
    all[choose(sizeof all / sizeof *all)]();
}
