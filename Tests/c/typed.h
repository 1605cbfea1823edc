/* For files that are compiled twice: with TEST_F64 = 0 for float, 1 for double. */
#ifndef SWIFTREG_TESTS_TYPED_H
#define SWIFTREG_TESTS_TYPED_H

#include <float.h>
#include <math.h>

#include "check.h"
#include "swiftreg.h"

#if TEST_F64
typedef double real;
#define REG(name) reg_##name##_f64
#define TEST(name) void test_##name##_f64(void)
#define TYPED(name) name##_f64
#define REAL_NAME "f64"
#define REAL_EPSILON DBL_EPSILON
#define REAL_SMALLEST DBL_MIN
#define REAL_TINIEST 0x1p-1074
#else
typedef float real;
#define REG(name) reg_##name
#define TEST(name) void test_##name(void)
#define TYPED(name) name##_f32
#define REAL_NAME "f32"
#define REAL_EPSILON FLT_EPSILON
#define REAL_SMALLEST FLT_MIN
#define REAL_TINIEST 0x1p-149
#endif

/* The same bits, or both NaN. */
static inline bool same(real got, real want) {
    return isnan(want) ? isnan(got) : got == want && signbit(got) == signbit(want);
}

/* |got - want| <= tolerance, or the same infinity, or both NaN. */
static inline bool close_to(double got, double want, double tolerance) {
    return isnan(want) ? isnan(got) : got == want || fabs(got - want) <= tolerance;
}

/* Values with special rules of arithmetic. */
static const real special_values[] = {NAN,   INFINITY,      -INFINITY,      0,   (real)-0.0, 1,
                                      -1,    REAL_SMALLEST, -REAL_SMALLEST, 100, -100,       1e4f,
                                      -1e4f, 0.5f};
enum { SPECIALS = sizeof special_values / sizeof special_values[0] };

/* Random values in [low, high), with a special value now and then if `specials`. */
static inline real *random_buffer(size_t count, double low, double high, bool specials) {
    real *values = BUFFER(real, count);
    for (size_t i = 0; i < count; i++)
        values[i] = specials && random_int(0, 6) == 0 ? special_values[random_int(0, SPECIALS - 1)]
                                                      : (real)random_real(low, high);
    return values;
}

#endif
