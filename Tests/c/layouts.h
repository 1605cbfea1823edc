/* Memory layouts of units x examples. For files that are compiled twice, as typed.h. */
#ifndef SWIFTREG_TESTS_LAYOUTS_H
#define SWIFTREG_TESTS_LAYOUTS_H

#include <stdlib.h>

#include "typed.h"

typedef enum Layout {
    UNITS_EXAMPLES,  /* the notebook's */
    EXAMPLES_UNITS,  /* scikit-learn's */
    PADDED_ROWS,     /* the notebook's, as columns of a wider array */
    PADDED_EXAMPLES, /* scikit-learn's, likewise */
    STEPPED,         /* no direction contiguous */
    REVERSED,        /* inputs only: examples backwards */
    BROADCAST,       /* inputs only: one example for all */
    LAYOUTS
} Layout;
enum { OUTPUT_LAYOUTS = REVERSED };

/* units x examples elements in a buffer of exactly their extent. */
typedef struct Matrix {
    real *all;
    size_t length;
    real *first; /* element (0, 0) */
    reg_strides strides;
    size_t units, examples;
} Matrix;

static inline real *element(const Matrix *x, size_t unit, size_t example) {
    return x->first + (ptrdiff_t)unit * x->strides.unit + (ptrdiff_t)example * x->strides.example;
}

static inline Matrix matrix(Layout layout, size_t units, size_t examples) {
    Matrix x = {.units = units, .examples = examples};
    const ptrdiff_t n = (ptrdiff_t)units, m = (ptrdiff_t)examples;
    ptrdiff_t before = 0;
    switch (layout) {
    case UNITS_EXAMPLES: x.strides = (reg_strides){m, 1}; break;
    case EXAMPLES_UNITS: x.strides = (reg_strides){1, n}; break;
    case PADDED_ROWS: x.strides = (reg_strides){m + 3, 1}; break;
    case PADDED_EXAMPLES: x.strides = (reg_strides){1, n + 2}; break;
    case STEPPED: x.strides = (reg_strides){2, 2 * n + 1}; break;
    case REVERSED:
        x.strides = (reg_strides){m, -1};
        before = m - 1;
        break;
    default: x.strides = (reg_strides){1, 0}; break;
    }
    x.length = (size_t)((n - 1) * x.strides.unit + (m - 1) * labs(x.strides.example) + 1);
    x.all = BUFFER(real, x.length);
    x.first = x.all + before;
    return x;
}

/* Fills with integers from -3 to 3, or with real numbers between -1 and 1. */
static inline real random_value(bool whole) {
    return whole ? (real)random_int(-3, 3) : (real)random_real(-1, 1);
}

static inline Matrix random_matrix(Layout layout, size_t units, size_t examples, bool whole) {
    Matrix x = matrix(layout, units, examples);
    for (size_t i = 0; i < x.length; i++) x.all[i] = random_value(whole);
    return x;
}

static inline real *random_vector(size_t count, bool whole) {
    real *x = BUFFER(real, count);
    for (size_t i = 0; i < count; i++) x[i] = random_value(whole);
    return x;
}

/* The number of bytes outside the matrix that are not 0xA5. */
static inline bool padding_is_untouched(const Matrix *x) {
    bool *inside = calloc(x->length, sizeof *inside), untouched = true;
    for (size_t u = 0; u < x->units; u++)
        for (size_t r = 0; r < x->examples; r++) inside[element(x, u, r) - x->all] = true;
    for (size_t i = 0; i < x->length; i++)
        if (!inside[i]) untouched &= is_untouched(x->all + i, sizeof(real));
    free(inside);
    return untouched;
}

#endif
