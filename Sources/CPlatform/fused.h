/* Fused multiply-add where the CPU has none: a * b + c with one rounding, bit for bit what an
 * instruction gives, for targets whose vectors have 128 bits (WebAssembly). Included by lanes.h. */
#ifndef SWIFTREG_FUSED_H
#define SWIFTREG_FUSED_H

#include <stdint.h>

typedef float fused_f32x4 __attribute__((ext_vector_type(4)));
typedef double fused_f64x2 __attribute__((ext_vector_type(2)));
typedef double fused_f64x4 __attribute__((ext_vector_type(4)));
typedef int32_t fused_i32x4 __attribute__((ext_vector_type(4)));
typedef uint32_t fused_u32x4 __attribute__((ext_vector_type(4)));
typedef int64_t fused_i64x2 __attribute__((ext_vector_type(2)));
typedef int64_t fused_i64x4 __attribute__((ext_vector_type(4)));

#define FUSED static inline __attribute__((always_inline))

/* ---- float, by double ------------------------------------------------------------------ */
/*
 * The product of two floats is exact in double. The sum with c is rounded to 53 bits, then to 24:
 * twice. That differs from one rounding only where the first one ends half way between two floats
 * (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
 * rounding to odd", IEEE Transactions on Computers 2008). Such lanes are found by their bits, and
 * are rare.
 */

/* a * b + c, rounded to double. */
FUSED fused_f64x4 fused_f32x4_sum(fused_f32x4 a, fused_f32x4 b, fused_f32x4 c) {
    return __builtin_convertvector(a, fused_f64x4) * __builtin_convertvector(b, fused_f64x4) +
           __builtin_convertvector(c, fused_f64x4);
}

/* Lanes of -1 where rounding `sum` to float may be wrong: the 29 bits that go are 1 0 ... 0, or the
 * result is below the normal floats, where more go. Others are 0. */
FUSED fused_i32x4 fused_f32x4_doubtful(fused_f64x4 sum) {
    const fused_u32x4 first = (fused_u32x4)sum.lo, second = (fused_u32x4)sum.hi;
    const fused_u32x4 low = __builtin_shufflevector(first, second, 0, 2, 4, 6);
    const fused_u32x4 high = __builtin_shufflevector(first, second, 1, 3, 5, 7);
    const fused_i32x4 is_half_way = (low << 3) == 0x80000000u;
    /* The exponent field is below that of 2^-126, and the lane is not 0: twice the bits, less 1, compared
     * without a sign, which is a comparison with one after adding 2^31. */
    const fused_i32x4 is_small =
        (fused_i32x4)((high << 1) + 0x7fffffffu) < (int32_t)((897u << 21) ^ 0x80000000u) - 1;
    return is_half_way | is_small;
}

/* The same sum, rounded to odd: then rounding to float is right. */
FUSED fused_f64x4 fused_f32x4_sum_to_odd(fused_f32x4 a, fused_f32x4 b, fused_f32x4 c) {
    const fused_f64x4 p = __builtin_convertvector(a, fused_f64x4) * __builtin_convertvector(b, fused_f64x4);
    const fused_f64x4 q = __builtin_convertvector(c, fused_f64x4);
    const fused_f64x4 s = p + q;
    /* What the sum lost, exactly (Knuth's two-sum); NaN where it is infinite. */
    const fused_f64x4 back = s - p;
    const fused_f64x4 lost = (p - (s - back)) + (q - back);
    const fused_i64x4 is_inexact = lost < 0 | lost > 0;
    /* Towards 0, then to the odd one of both neighbours. */
    const fused_i64x4 is_too_far = ((fused_i64x4)s ^ (fused_i64x4)lost) >> 63;
    return (fused_f64x4)(((fused_i64x4)s + (is_too_far & is_inexact)) | (is_inexact & 1));
}

FUSED fused_f32x4 fused_f32x4_round(fused_f64x4 sum) {
#ifdef __wasm__
    /* Each half beside zeros is one instruction; the compiler, if it saw both, would make eight. */
    const fused_f64x2 none = 0;
    fused_f32x4 low = __builtin_convertvector(__builtin_shufflevector(sum.lo, none, 0, 1, 2, 3), fused_f32x4);
    fused_f32x4 high =
        __builtin_convertvector(__builtin_shufflevector(sum.hi, none, 0, 1, 2, 3), fused_f32x4);
    __asm__("" : "+r"(low));
    __asm__("" : "+r"(high));
    return __builtin_shufflevector(low, high, 0, 1, 4, 5);
#else
    return __builtin_convertvector(sum, fused_f32x4);
#endif
}

/* ---- double, by exact parts ------------------------------------------------------------ */

/* a * b and what its rounding lost, exactly, for magnitudes that neither overflow nor underflow
 * (Dekker 1971). */
FUSED void fused_f64x2_product(fused_f64x2 a, fused_f64x2 b, fused_f64x2 *high, fused_f64x2 *low) {
    const fused_f64x2 a_far = a * 0x1p27 + a, b_far = b * 0x1p27 + b;
    const fused_f64x2 a1 = a_far - (a_far - a), a2 = a - a1;
    const fused_f64x2 b1 = b_far - (b_far - b), b2 = b - b1;
    const fused_f64x2 p = a * b;
    *high = p;
    *low = ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2;
}

FUSED fused_f64x2 fused_f64x2_two_sum(fused_f64x2 a, fused_f64x2 b, fused_f64x2 *lost) {
    const fused_f64x2 s = a + b, back = s - a;
    *lost = (a - (s - back)) + (b - back);
    return s;
}

/* Right where no lane is doubtful: Boldo and Melquiond's algorithm, its last but one sum rounded to
 * odd. */
FUSED fused_f64x2 fused_f64x2_quick(fused_f64x2 a, fused_f64x2 b, fused_f64x2 c) {
    fused_f64x2 uh, ul, tl, vl, lost;
    fused_f64x2_product(a, b, &uh, &ul);
    const fused_f64x2 th = fused_f64x2_two_sum(c, ul, &tl);
    const fused_f64x2 vh = fused_f64x2_two_sum(uh, th, &vl);
    const fused_f64x2 z = fused_f64x2_two_sum(tl, vl, &lost);
    const fused_i64x2 is_inexact = lost != 0;
    const fused_i64x2 is_too_far = ((fused_i64x2)z ^ (fused_i64x2)lost) >> 63;
    const fused_i64x2 odd = ((fused_i64x2)z + (is_too_far & is_inexact)) | (is_inexact & 1);
    /* A product of 0 keeps its sign. */
    return uh == 0 ? uh + c : vh + (fused_f64x2)odd;
}

/* The same for one number: the operations on the other lane have no use. */
static __attribute__((noinline, unused)) double fused_f64_quick(double a, double b, double c) {
#ifdef __FP_FAST_FMA
    return __builtin_fma(a, b, c);
#else
    return fused_f64x2_quick((fused_f64x2){a, 0}, (fused_f64x2){b, 0}, (fused_f64x2){c, 0}).x;
#endif
}

/* Lanes of -1 where a part may overflow or underflow, or where one is infinite or NaN. */
FUSED fused_i64x2 fused_f64x2_doubtful(fused_f64x2 a, fused_f64x2 b, fused_f64x2 c) {
    const fused_f64x2 x = __builtin_elementwise_abs(a), y = __builtin_elementwise_abs(b),
                      z = __builtin_elementwise_abs(c);
    const fused_i64x2 fits = (x < 0x1p400) & (y < 0x1p400) & (z < 0x1p900) & ((x >= 0x1p-400) | (x == 0)) &
                             ((y >= 0x1p-400) | (y == 0)) & ((z >= 0x1p-900) | (z == 0));
    return ~fits;
}

/* 128 bits, unsigned. */
typedef struct fused_wide {
    uint64_t high, low;
} fused_wide;

FUSED fused_wide fused_wide_product(uint64_t a, uint64_t b) {
    const uint64_t a1 = a >> 32, a2 = (uint32_t)a, b1 = b >> 32, b2 = (uint32_t)b;
    const uint64_t ends = a2 * b2, middle = a1 * b2 + (ends >> 32), other = a2 * b1 + (uint32_t)middle;
    return (fused_wide){a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (uint32_t)ends};
}

/* Out of line, as this is rare, or long on a core of 32 bits. */
static __attribute__((noinline, unused)) fused_wide fused_wide_up(fused_wide a, int n) {
    if (n == 0) return a;
    if (n >= 64) return (fused_wide){a.low << (n - 64), 0};
    return (fused_wide){a.high << n | a.low >> (64 - n), a.low << n};
}

/* The lowest bit is set if any bit goes. */
static __attribute__((noinline, unused)) fused_wide fused_wide_down(fused_wide a, int n) {
    if (n == 0) return a;
    if (n >= 128) return (fused_wide){0, (a.high | a.low) != 0};
    if (n >= 64) {
        const uint64_t gone = n == 64 ? a.low : a.low | a.high << (128 - n);
        return (fused_wide){0, a.high >> (n - 64) | (gone != 0)};
    }
    return (fused_wide){a.high >> n, a.high << (64 - n) | a.low >> n | (a.low << (64 - n) != 0)};
}

/* A finite number other than 0 as m * 2^e, m in [2^52, 2^53). */
static __attribute__((noinline, unused)) uint64_t fused_parts(uint64_t bits, int *e) {
    const uint64_t fraction = bits & 0x000fffffffffffffu;
    const int field = (int)(bits >> 52 & 0x7ff);
    if (field != 0) {
        *e = field - 1075;
        return fraction | 0x0010000000000000u;
    }
    const int n = __builtin_clzll(fraction) - 11;
    *e = -1074 - n;
    return fraction << n;
}

/* Any a, b and c, in integers. */
static __attribute__((noinline, unused)) double fused_f64_any(double a, double b, double c) {
    uint64_t x, y, z;
    __builtin_memcpy(&x, &a, sizeof x);
    __builtin_memcpy(&y, &b, sizeof y);
    __builtin_memcpy(&z, &c, sizeof z);
    const uint64_t infinite = 0x7ff0000000000000u, magnitude = 0x7fffffffffffffffu;
    if ((x & magnitude) >= infinite || (y & magnitude) >= infinite || (x & magnitude) == 0 ||
        (y & magnitude) == 0)
        return a * b + c;
    if ((z & magnitude) >= infinite) return c;
    if ((z & magnitude) == 0) return a * b; /* that rounds once; a sum would lose the sign of a 0 */
    int ex, ey, ec;
    const uint64_t mx = fused_parts(x, &ex), my = fused_parts(y, &ey), mc = fused_parts(z, &ec);
    /* Both in the same units, 2^e: the product below 2^126, and no bits lost where they may cancel. */
    fused_wide p = fused_wide_up(fused_wide_product(mx, my), 20), q = {0, mc};
    int e = ex + ey - 20;
    const int above = ec - e;
    if (above <= 0) {
        q = fused_wide_down(q, -above);
    } else if (above <= 73) {
        q = fused_wide_up(q, above);
    } else {
        q = fused_wide_up(q, 73);
        p = fused_wide_down(p, above - 73);
        e += above - 73;
    }
    uint64_t sign = (x ^ y) >> 63;
    if (sign == z >> 63) {
        p.low += q.low;
        p.high += q.high + (p.low < q.low);
    } else {
        if (p.high < q.high || (p.high == q.high && p.low < q.low)) {
            const fused_wide larger = q;
            q = p;
            p = larger;
            sign ^= 1;
        }
        p.high -= q.high + (p.low < q.low);
        p.low -= q.low;
        if ((p.high | p.low) == 0) return 0;
    }
    const int top = p.high != 0 ? 127 - __builtin_clzll(p.high) : 63 - __builtin_clzll(p.low);
    /* Bits that go: 53 stay, fewer of a subnormal result. */
    int gone = top - 52;
    if (e + gone < -1074) gone = -1074 - e;
    if (gone <= 2) {
        /* Two bits below the last, the lower one for all that are further down. */
        p = fused_wide_up(p, 2 - gone);
    } else {
        p = fused_wide_down(p, gone - 2);
    }
    e += gone;
    uint64_t m = p.low >> 2;
    const unsigned rest = p.low & 3;
    m += rest == 3 || (rest == 2 && (m & 1));
    if (e + 1075 > 2046 || (e + 1075 == 2046 && m == 0x0020000000000000u)) m = infinite;
    else m += (uint64_t)(e + 1074) << 52;
    m |= sign << 63;
    double result;
    __builtin_memcpy(&result, &m, sizeof result);
    return result;
}

/* ---- Vectors --------------------------------------------------------------------------- */

/* Lanes of which at least one is doubtful. */
static __attribute__((noinline, cold, unused)) fused_f32x4 fused_f32x4_rare(fused_f32x4 a, fused_f32x4 b,
                                                                            fused_f32x4 c) {
    return fused_f32x4_round(fused_f32x4_sum_to_odd(a, b, c));
}

static __attribute__((noinline, unused)) fused_f64x2 fused_f64x2_fma(fused_f64x2 a, fused_f64x2 b,
                                                                     fused_f64x2 c) {
    const fused_i64x2 doubtful = fused_f64x2_doubtful(a, b, c);
    if (__builtin_expect((doubtful.x | doubtful.y) == 0, 1)) return fused_f64x2_quick(a, b, c);
    return (fused_f64x2){fused_f64_any(a.x, b.x, c.x), fused_f64_any(a.y, b.y, c.y)};
}

#undef FUSED
#endif
