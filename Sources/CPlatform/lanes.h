/* Operations on vectors of 64 bytes, each one expression of the compiler's vector extension.
 *
 * Swift's own SIMD operators are, for most of these, a loop over the lanes that the optimizer is
 * left to find the vector instruction in: it does so in a small function and fails in a large one
 * (xor, shifts, select and conversions above all). An inlined C expression is a vector operation
 * from the start. Kernels are written over struct types in Sources/Kernels/Lanes.swift, the only
 * user of this header. No expression here multiplies and adds: contraction is never the
 * compiler's choice. */
#ifndef SWIFTREG_LANES_H
#define SWIFTREG_LANES_H

#include <stdint.h>

#define LANES_TYPE(name, element, count) typedef element name __attribute__((ext_vector_type(count)))
LANES_TYPE(lanes_f32, float, 16);
LANES_TYPE(lanes_i32, int32_t, 16);
LANES_TYPE(lanes_u32, uint32_t, 16);
LANES_TYPE(lanes_u8, uint8_t, 16);
LANES_TYPE(lanes_f64, double, 8);
LANES_TYPE(lanes_i64, int64_t, 8);
LANES_TYPE(lanes_u64, uint64_t, 8);
/* Parts of the vectors of floating point, for what is narrow: quarters, and halves where there are
 * registers of 256 bits (no function may take such a vector elsewhere). */
LANES_TYPE(lanes_f32x4, float, 4);
LANES_TYPE(lanes_f64x2, double, 2);
#ifdef __AVX__
LANES_TYPE(lanes_f32x8, float, 8);
LANES_TYPE(lanes_f64x4, double, 4);
#endif
#ifdef __wasm__
LANES_TYPE(lanes_u32x4, uint32_t, 4);
LANES_TYPE(lanes_u64x2, uint64_t, 2);
#endif
#undef LANES_TYPE

#define LANES static inline __attribute__((always_inline))

/* a * b + c, rounded once: an instruction; an operation of relaxed SIMD, which must not run on an
 * engine that does not fuse it; or exact arithmetic in place of it. */
#ifndef __wasm__
#if defined(__x86_64__) && !defined(__FMA__)
/* A build for every x86-64 CPU that fuses all the same: one call for a vector on a CPU that has the instruction,
 * one call of libm for each lane on another. The callee loads quarters, as the caller stored them: a processor
 * forwards no two stores to one load. */
#define LANES_FMA_CALL(type, quarters, quarter)                                                              \
    static __attribute__((noinline, target("fma"))) void lanes_##type##_fma_called(                          \
        const lanes_##type *a, const lanes_##type *b, lanes_##type *c) {                                     \
        const lanes_##quarter *a4 = (const lanes_##quarter *)a, *b4 = (const lanes_##quarter *)b;            \
        lanes_##quarter *c4 = (lanes_##quarter *)c;                                                          \
        for (int i = 0; i < quarters; i++) c4[i] = __builtin_elementwise_fma(a4[i], b4[i], c4[i]);           \
    }                                                                                                        \
    LANES lanes_##type lanes_##type##_fma(lanes_##type a, lanes_##type b, lanes_##type c) {                  \
        if (!__builtin_cpu_supports("fma")) return __builtin_elementwise_fma(a, b, c);                       \
        lanes_##type##_fma_called(&a, &b, &c);                                                               \
        return c;                                                                                            \
    }
#define LANES_FMA(type) LANES_FMA_##type
#define LANES_FMA_f32 LANES_FMA_CALL(f32, 4, f32x4)
#define LANES_FMA_f64 LANES_FMA_CALL(f64, 4, f64x2)
#define LANES_FMA_f32x4 LANES_FMA_CALL(f32x4, 1, f32x4)
#define LANES_FMA_f64x2 LANES_FMA_CALL(f64x2, 1, f64x2)
#else
#define LANES_FMA(type)                                                                                      \
    LANES lanes_##type lanes_##type##_fma(lanes_##type a, lanes_##type b, lanes_##type c) {                  \
        return __builtin_elementwise_fma(a, b, c);                                                           \
    }
#endif
LANES_FMA(f32)
LANES_FMA(f64)
LANES_FMA(f32x4)
LANES_FMA(f64x2)
#ifdef __AVX__
LANES_FMA(f32x8)
LANES_FMA(f64x4)
#endif
#undef LANES_FMA
#else
#include "fused_lanes.h"
#endif

/* Floating point. A comparison's lanes are -1 or 0; select takes `a` where a lane is -1. */
#define LANES_FLOAT(type, bits)                                                                              \
    LANES lanes_##type lanes_##type##_all(__typeof__(((lanes_##type){0})[0]) a) { return a; }                \
    LANES lanes_##type lanes_##type##_add(lanes_##type a, lanes_##type b) { return a + b; }                  \
    LANES lanes_##type lanes_##type##_sub(lanes_##type a, lanes_##type b) { return a - b; }                  \
    LANES lanes_##type lanes_##type##_mul(lanes_##type a, lanes_##type b) { return a * b; }                  \
    LANES lanes_##type lanes_##type##_div(lanes_##type a, lanes_##type b) { return a / b; }                  \
    LANES lanes_##type lanes_##type##_abs(lanes_##type a) { return __builtin_elementwise_abs(a); }           \
    LANES lanes_##type lanes_##type##_sqrt(lanes_##type a) { return __builtin_elementwise_sqrt(a); }         \
    LANES lanes_##bits lanes_##type##_less(lanes_##type a, lanes_##type b) { return a < b; }                 \
    LANES lanes_##bits lanes_##type##_equal(lanes_##type a, lanes_##type b) { return a == b; }               \
    LANES lanes_##type lanes_##type##_select(lanes_##bits m, lanes_##type a, lanes_##type b) {               \
        return m ? a : b;                                                                                    \
    }
LANES_FLOAT(f32, i32)
LANES_FLOAT(f64, i64)
#undef LANES_FLOAT

/* The greater of two, `a` if it is NaN. By halves where those are registers: of a vector that it must
 * divide, the compiler does not see that this is one instruction. */
#ifdef __AVX512F__
#define LANES_AT_LEAST(type)                                                                                 \
    LANES lanes_##type lanes_##type##_at_least(lanes_##type a, lanes_##type low) { return a < low ? low : a; }
#else
#define LANES_AT_LEAST(type)                                                                                 \
    LANES lanes_##type lanes_##type##_at_least(lanes_##type a, lanes_##type low) {                           \
        lanes_##type max;                                                                                    \
        max.lo = a.lo < low.lo ? low.lo : a.lo;                                                              \
        max.hi = a.hi < low.hi ? low.hi : a.hi;                                                              \
        return max;                                                                                          \
    }
#endif
LANES_AT_LEAST(f32)
LANES_AT_LEAST(f64)
#undef LANES_AT_LEAST

LANES lanes_f64 lanes_f32_low(lanes_f32 a) { return __builtin_convertvector(a.lo, lanes_f64); }
LANES lanes_f64 lanes_f32_high(lanes_f32 a) { return __builtin_convertvector(a.hi, lanes_f64); }

/* What halves and quarters are used for. */
#define LANES_NARROW(type)                                                                                   \
    LANES lanes_##type lanes_##type##_all(__typeof__(((lanes_##type){0})[0]) a) { return a; }                \
    LANES lanes_##type lanes_##type##_add(lanes_##type a, lanes_##type b) { return a + b; }                  \
    LANES lanes_##type lanes_##type##_mul(lanes_##type a, lanes_##type b) { return a * b; }                  \
    LANES lanes_##type lanes_##type##_relu(lanes_##type a) { return a < 0 ? 0 : a; }
LANES_NARROW(f32x4)
LANES_NARROW(f64x2)
#ifdef __AVX__
LANES_NARROW(f32x8)
LANES_NARROW(f64x4)
#endif
#undef LANES_NARROW

/* The first n elements at p, at most a vector, and `rest` in the other lanes; the first n lanes to p.
 * Nothing else is read or written: the mask of the instruction is also one of what it accesses. Those of AVX2 are
 * not used: QEMU reads the whole vector, and AMD's CPUs store by microcode. */
#ifdef __AVX512VL__
#define LANES_PARTIAL(type, element, count, letter, mask)                                                    \
    LANES lanes_##type lanes_##type##_load_partial(const element *p, intptr_t n, element rest) {             \
        typedef element vector __attribute__((vector_size(count * sizeof(element))));                        \
        return (lanes_##type)__builtin_ia32_loadup##letter##512_mask(p, (vector)(lanes_##type)rest,          \
                                                                     (mask)((1u << n) - 1));                 \
    }                                                                                                        \
    LANES void lanes_##type##_store_partial(lanes_##type a, element *p, intptr_t n) {                        \
        typedef element vector __attribute__((vector_size(count * sizeof(element))));                        \
        __builtin_ia32_storeup##letter##512_mask(p, (vector)a, (mask)((1u << n) - 1));                       \
    }
LANES_PARTIAL(f32, float, 16, s, uint16_t)
LANES_PARTIAL(f64, double, 8, d, uint8_t)
#undef LANES_PARTIAL
#endif

/* The sum of all lanes by halves: 0 + 4, 1 + 5, ...; then 0 + 2, ...; then 0 + 1. */
LANES double lanes_f64_sum(lanes_f64 a) {
    __typeof__(a.lo) four = a.lo + a.hi;
    __typeof__(four.lo) two = four.lo + four.hi;
    return two.x + two.y;
}
LANES float lanes_f32_sum(lanes_f32 a) {
    __typeof__(a.lo) eight = a.lo + a.hi;
    __typeof__(eight.lo) four = eight.lo + eight.hi;
    __typeof__(four.lo) two = four.lo + four.hi;
    return two.x + two.y;
}

/* One step of those sums for two vectors at once. A vector holds the partial sums of several vectors, each
 * of 16 (8, 4, 2) lanes, in the order in which earlier steps left them; the result those of a, of b,
 * of half as many lanes. Sixteen floats (eight doubles) are summed by four (three) steps. */
LANES lanes_f32 lanes_f32_fold16(lanes_f32 a, lanes_f32 b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
LANES lanes_f32 lanes_f32_fold8(lanes_f32 a, lanes_f32 b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
/* From here on within each 128 bits: those of a and of b alternate. */
LANES lanes_f32 lanes_f32_fold4(lanes_f32 a, lanes_f32 b) {
    return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
           __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
}
LANES lanes_f32 lanes_f32_fold2(lanes_f32 a, lanes_f32 b) {
    return __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30) +
           __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
}
LANES lanes_f64 lanes_f64_fold8(lanes_f64 a, lanes_f64 b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
}
LANES lanes_f64 lanes_f64_fold4(lanes_f64 a, lanes_f64 b) {
    return __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
           __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
}
LANES lanes_f64 lanes_f64_fold2(lanes_f64 a, lanes_f64 b) {
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
}

/* 2^n for whole numbers n, where it is a normal number: n arrives plus the float whose lowest bit
 * counts ones, so that its low bits are n. */
LANES lanes_f32 lanes_f32_power(lanes_f32 n) {
    lanes_i32 bits = (lanes_i32)(n + 0x1.8p23f);
    return (lanes_f32)((bits + 127) << 23);
}
LANES lanes_f64 lanes_f64_power(lanes_f64 n) {
    lanes_i64 bits = (lanes_i64)(n + 0x1.8p52);
    return (lanes_f64)((bits + 1023) << 52);
}

/* The same for a sum that was rounded to a whole number by adding 0x1.8p23 + 127 (0x1.8p52 + 1023)
 * to n: its low bits are n plus the bias of exponents. */
LANES lanes_f32 lanes_f32_power_of_sum(lanes_f32 sum) { return (lanes_f32)((lanes_i32)sum << 23); }
LANES lanes_f64 lanes_f64_power_of_sum(lanes_f64 sum) { return (lanes_f64)((lanes_i64)sum << 52); }

/* For a normal positive a = m 2^n with m in [sqrt(1/2), sqrt(2)): m, and n. Taking the bits of
 * sqrt(1/2) away first puts the border of the exponent field there. */
LANES lanes_f32 lanes_f32_mantissa(lanes_f32 a) {
    lanes_i32 bits = (lanes_i32)a - 0x3f3504f3;
    return (lanes_f32)((bits & 0x007fffff) + 0x3f3504f3);
}
LANES lanes_f32 lanes_f32_exponent(lanes_f32 a) {
    lanes_i32 bits = (lanes_i32)a - 0x3f3504f3;
    return (lanes_f32)((bits >> 23) + 0x4b400000) - 0x1.8p23f;
}
LANES lanes_f64 lanes_f64_mantissa(lanes_f64 a) {
    lanes_u64 bits = (lanes_u64)a - 0x3fe6a09e667f3bcdu;
    return (lanes_f64)((bits & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu);
}
LANES lanes_f64 lanes_f64_exponent(lanes_f64 a) {
    /* Moved up by 1, so that a logical shift will do: AVX2 has no other for 64 bits. */
    lanes_u64 bits = (lanes_u64)a + (0x3ff0000000000000u - 0x3fe6a09e667f3bcdu);
    return (lanes_f64)((bits >> 52) | 0x4330000000000000u) - (0x1p52 + 1023);
}

/* 2^-n for the same a. */
LANES lanes_f32 lanes_f32_inverse_power(lanes_f32 a) {
    lanes_i32 bits = (lanes_i32)a - 0x3f3504f3;
    return (lanes_f32)(0x3f800000 - (bits & (int32_t)0xff800000));
}
LANES lanes_f64 lanes_f64_inverse_power(lanes_f64 a) {
    lanes_u64 bits = (lanes_u64)a - 0x3fe6a09e667f3bcdu;
    return (lanes_f64)(0x3ff0000000000000u - (bits & 0xfff0000000000000u));
}

/* The magnitude of a with the sign of b; -|a|; and whether every lane of a is above low and below
 * high. */
#define LANES_SIGNS(type, unsigned_type, sign)                                                               \
    LANES lanes_##type lanes_##type##_with_sign(lanes_##type a, lanes_##type b) {                            \
        return (lanes_##type)(((lanes_##unsigned_type)a & ~sign) | ((lanes_##unsigned_type)b & sign));       \
    }                                                                                                        \
    LANES lanes_##type lanes_##type##_negative(lanes_##type a) {                                             \
        return (lanes_##type)((lanes_##unsigned_type)a | sign);                                              \
    }                                                                                                        \
    LANES int lanes_##type##_all_between(lanes_##type a, lanes_##type low, lanes_##type high) {              \
        return __builtin_reduce_and((low < a) & (a < high)) != 0;                                            \
    }
LANES_SIGNS(f32, u32, 0x80000000u)
LANES_SIGNS(f64, u64, 0x8000000000000000u)
#undef LANES_SIGNS

/* Requests the cache line of `p`, to be written or to be read. `p` need not be an address of anything. */
LANES void lanes_prefetch(const void *p) { __builtin_prefetch(p, 1, 3); }
LANES void lanes_prefetch_read(const void *p) { __builtin_prefetch(p, 0, 3); }

/* `n` or `p`, without telling the compiler how it was computed: it would compute it again in a
 * loop. */
LANES intptr_t lanes_opaque(intptr_t n) {
    __asm__("" : "+r"(n));
    return n;
}
LANES const void *lanes_opaque_address(const void *p) {
    __asm__("" : "+r"(p));
    return p;
}

/* Keeps the compiler from moving loads and stores across. */
LANES void lanes_barrier(void) { __asm__ volatile("" ::: "memory"); }

/* Four rows of four to four columns `width` elements apart. */
#define LANES_TRANSPOSE(type, element)                                                                       \
    LANES void lanes_##type##_transpose(const element *row0, const element *row1, const element *row2,       \
                                        const element *row3, element *to, intptr_t width) {                  \
        typedef element four __attribute__((ext_vector_type(4)));                                            \
        four a, b, c, d;                                                                                     \
        __builtin_memcpy(&a, row0, sizeof a);                                                                \
        __builtin_memcpy(&b, row1, sizeof a);                                                                \
        __builtin_memcpy(&c, row2, sizeof a);                                                                \
        __builtin_memcpy(&d, row3, sizeof a);                                                                \
        four ab = __builtin_shufflevector(a, b, 0, 4, 2, 6);                                                 \
        four AB = __builtin_shufflevector(a, b, 1, 5, 3, 7);                                                 \
        four cd = __builtin_shufflevector(c, d, 0, 4, 2, 6);                                                 \
        four CD = __builtin_shufflevector(c, d, 1, 5, 3, 7);                                                 \
        a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);                                                     \
        b = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);                                                     \
        c = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);                                                     \
        d = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);                                                     \
        __builtin_memcpy(to, &a, sizeof a);                                                                  \
        __builtin_memcpy(to + width, &b, sizeof a);                                                          \
        __builtin_memcpy(to + 2 * width, &c, sizeof a);                                                      \
        __builtin_memcpy(to + 3 * width, &d, sizeof a);                                                      \
    }
/* Four elements, `at` from the start, of as many rows as a vector has lanes, to four columns `width` apart. A vector is
 * loaded from every fourth row, so that no move crosses four lanes. */
LANES void lanes_f32_transpose_vectors(const float *const *rows, intptr_t at, float *to, intptr_t width) {
    lanes_f32 v[4];
    for (int i = 0; i < 4; i++) {
        lanes_f32x4 a, b, c, d;
        __builtin_memcpy(&a, rows[i] + at, sizeof a);
        __builtin_memcpy(&b, rows[i + 4] + at, sizeof b);
        __builtin_memcpy(&c, rows[i + 8] + at, sizeof c);
        __builtin_memcpy(&d, rows[i + 12] + at, sizeof d);
        v[i] = __builtin_shufflevector(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7),
                                       __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3, 4,
                                       5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    for (int i = 0; i < 2; i++) {
        const lanes_f32 a = v[2 * i], b = v[2 * i + 1];
        v[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        v[2 * i + 1] =
            __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    }
    for (int i = 0; i < 2; i++) {
        const lanes_f32 a = v[i], b = v[i + 2];
        const lanes_f32 first =
            __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
        const lanes_f32 second =
            __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
        __builtin_memcpy(to + 2 * i * width, &first, sizeof first);
        __builtin_memcpy(to + (2 * i + 1) * width, &second, sizeof second);
    }
}
LANES void lanes_f64_transpose_vectors(const double *const *rows, intptr_t at, double *to, intptr_t width) {
    typedef double four __attribute__((ext_vector_type(4)));
    lanes_f64 v[4];
    for (int i = 0; i < 4; i++) {
        four a, b;
        __builtin_memcpy(&a, rows[i] + at, sizeof a);
        __builtin_memcpy(&b, rows[i + 4] + at, sizeof b);
        v[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
    }
    for (int i = 0; i < 2; i++) {
        const lanes_f64 a = v[2 * i], b = v[2 * i + 1];
        v[2 * i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
        v[2 * i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 2; i++) {
        const lanes_f64 a = v[i], b = v[i + 2];
        const lanes_f64 first = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
        const lanes_f64 second = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        __builtin_memcpy(to + i * width, &first, sizeof first);
        __builtin_memcpy(to + (i + 2) * width, &second, sizeof second);
    }
}
/* Two such rows to four columns of two. */
#define LANES_ZIP(type, element)                                                                             \
    LANES void lanes_##type##_zip(const element *from, intptr_t stride, element *to, intptr_t width) {       \
        typedef element four __attribute__((ext_vector_type(4)));                                            \
        four a, b;                                                                                           \
        __builtin_memcpy(&a, from, sizeof a);                                                                \
        __builtin_memcpy(&b, from + stride, sizeof a);                                                       \
        four low = __builtin_shufflevector(a, b, 0, 4, 1, 5);                                                \
        four high = __builtin_shufflevector(a, b, 2, 6, 3, 7);                                               \
        __builtin_memcpy(to, &low, sizeof low / 2);                                                          \
        __builtin_memcpy(to + width, (element *)&low + 2, sizeof low / 2);                                   \
        __builtin_memcpy(to + 2 * width, &high, sizeof high / 2);                                            \
        __builtin_memcpy(to + 3 * width, (element *)&high + 2, sizeof high / 2);                             \
    }
LANES_TRANSPOSE(f32, float)
LANES_TRANSPOSE(f64, double)
LANES_ZIP(f32, float)
LANES_ZIP(f64, double)
#undef LANES_TRANSPOSE
#undef LANES_ZIP

/* Whether doubles are a function of libgcc for each operation. */
LANES int lanes_has_soft_f64(void) {
#if (defined(__ARM_FP) && !(__ARM_FP & 8)) || (defined(__riscv) && __riscv_flen < 64)
    return 1;
#else
    return 0;
#endif
}

/* Integers. */
LANES int64_t lanes_i32_multiply_add(int64_t sum, int32_t a, int32_t b) { return sum + (int64_t)a * b; }
/* 2^n for n <= 30, as a factor: the compiler would make a product with it a shift of 64 bits, which takes longer
 * on a core of 32. */
LANES int32_t lanes_i32_power_of_two(uint32_t n) {
    int32_t power = (int32_t)(1u << n);
    __asm__("" : "+r"(power));
    return power;
}
LANES lanes_u64 lanes_u64_all(uint64_t a) { return a; }
LANES lanes_u64 lanes_u64_xor(lanes_u64 a, lanes_u64 b) { return a ^ b; }
LANES lanes_u64 lanes_u64_add(lanes_u64 a, lanes_u64 b) { return a + b; }
LANES lanes_u64 lanes_u64_and(lanes_u64 a, lanes_u64 b) { return a & b; }
LANES lanes_u32 lanes_u32_all(uint32_t a) { return a; }
LANES lanes_u32 lanes_u32_xor(lanes_u32 a, lanes_u32 b) { return a ^ b; }
/* The upper halves as the lower ones; the upper ones are then of no use. With AVX-512 by a shuffle: shifts would
 * share a port with the multiplications. */
LANES lanes_u64 lanes_u64_upper(lanes_u64 a) {
#ifdef __AVX512F__
    return (lanes_u64)__builtin_shufflevector((lanes_u32)a, (lanes_u32)a, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11,
                                              11, 13, 13, 15, 15);
#else
    return a >> 32;
#endif
}
/* The product of the lower halves. */
#ifndef __wasm__
LANES lanes_u64 lanes_u64_product(lanes_u64 a, uint32_t b) { return (a & 0xffffffffu) * b; }
#else
/* The products of lanes 0 and 1, and of lanes 2 and 3: one instruction each, which the compiler does
 * not choose by itself. */
LANES lanes_u64x2 lanes_u32x4_product_low(lanes_u32x4 a, lanes_u32x4 b) {
    lanes_u64x2 p;
    __asm__("local.get %1\n\tlocal.get %2\n\ti64x2.extmul_low_i32x4_u\n\tlocal.set %0"
            : "=r"(p)
            : "r"(a), "r"(b));
    return p;
}
LANES lanes_u64x2 lanes_u32x4_product_high(lanes_u32x4 a, lanes_u32x4 b) {
    lanes_u64x2 p;
    __asm__("local.get %1\n\tlocal.get %2\n\ti64x2.extmul_high_i32x4_u\n\tlocal.set %0"
            : "=r"(p)
            : "r"(a), "r"(b));
    return p;
}
LANES lanes_u64 lanes_u64_product(lanes_u64 a, uint32_t b) {
    lanes_u64 p;
    const lanes_u32x4 first = __builtin_shufflevector((lanes_u32)a, (lanes_u32)a, 0, 2, 4, 6);
    const lanes_u32x4 second = __builtin_shufflevector((lanes_u32)a, (lanes_u32)a, 8, 10, 12, 14);
    p.lo.lo = lanes_u32x4_product_low(first, b);
    p.lo.hi = lanes_u32x4_product_high(first, b);
    p.hi.lo = lanes_u32x4_product_low(second, b);
    p.hi.hi = lanes_u32x4_product_high(second, b);
    return p;
}

/* Four lanes of Philox: see UnitPhilox.swift. */
LANES lanes_u32x4 lanes_u32x4_all(uint32_t a) { return a; }
LANES lanes_u32x4 lanes_u32x4_xor(lanes_u32x4 a, lanes_u32x4 b) { return a ^ b; }
LANES lanes_u32x4 lanes_u32x4_and(lanes_u32x4 a, lanes_u32x4 b) { return a & b; }
LANES lanes_u32x4 lanes_u32x4_add(lanes_u32x4 a, lanes_u32x4 b) { return a + b; }
LANES lanes_u32x4 lanes_u32x4_product(lanes_u32x4 a, uint32_t b, lanes_u32x4 *upper) {
    const lanes_u32x4 p = (lanes_u32x4)lanes_u32x4_product_low(a, b);
    const lanes_u32x4 q = (lanes_u32x4)lanes_u32x4_product_high(a, b);
    *upper = __builtin_shufflevector(p, q, 1, 3, 5, 7);
    return __builtin_shufflevector(p, q, 0, 2, 4, 6);
}
LANES lanes_u32 lanes_u32x4_join(lanes_u32x4 a, lanes_u32x4 b, lanes_u32x4 c, lanes_u32x4 d) {
    lanes_u32 all;
    all.lo.lo = a;
    all.lo.hi = b;
    all.hi.lo = c;
    all.hi.hi = d;
    return all;
}
#endif

/* The halves of p changed over, the new lower ones xored with those of x, the upper ones with
 * `upper`. */
LANES lanes_u64 lanes_u64_swap_xor(lanes_u64 p, lanes_u64 x, uint32_t upper) {
    lanes_u32 swapped = __builtin_shufflevector((lanes_u32)p, (lanes_u32)p, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11,
                                                10, 13, 12, 15, 14);
    return (lanes_u64)(swapped ^ __builtin_shufflevector((lanes_u32)x, (lanes_u32)upper, 0, 16, 2, 16, 4, 16,
                                                         6, 16, 8, 16, 10, 16, 12, 16, 14, 16));
}

/* Interleaves two vectors: x0 y0 x2 y2 x1 y1 x3 y3 of the lanes 0 to 3 (`low`) or 4 to 7 (`high`), an
 * order without moves across 128 bits. */
LANES lanes_u32 lanes_u64_interleave_low(lanes_u64 x, lanes_u64 y) {
    return (lanes_u32)__builtin_shufflevector(x, y, 0, 8, 2, 10, 1, 9, 3, 11);
}
LANES lanes_u32 lanes_u64_interleave_high(lanes_u64 x, lanes_u64 y) {
    return (lanes_u32)__builtin_shufflevector(x, y, 4, 12, 6, 14, 5, 13, 7, 15);
}

/* The lower or the upper halves of a and of b, in turn. */
LANES lanes_u32 lanes_u64_join_lower(lanes_u64 a, lanes_u64 b) {
    return __builtin_shufflevector((lanes_u32)a, (lanes_u32)b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12,
                                   28, 14, 30);
}
LANES lanes_u32 lanes_u64_join_upper(lanes_u64 a, lanes_u64 b) {
    return __builtin_shufflevector((lanes_u32)a, (lanes_u32)b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13,
                                   29, 15, 31);
}

/* What the words and their limit are xored with, so that a comparison of the instruction set orders them: without
 * AVX-512 there is a signed one only. */
#ifdef __AVX512F__
typedef lanes_u32 lanes_ordered;
LANES uint32_t lanes_order_mask(void) { return 0; }
#else
typedef lanes_i32 lanes_ordered;
LANES uint32_t lanes_order_mask(void) { return 0x80000000u; }
#endif
#define LANES_AT_MOST(words, limit) ((lanes_ordered)(words) <= (lanes_ordered)(lanes_u32)(limit))
/* `value` where a word is at most `limit`, both xored with the mask, else 0: for sixteen floats, for the lower and
 * the upper eight doubles, and for sixteen bytes. */
LANES lanes_f32 lanes_u32_keep(lanes_u32 words, uint32_t limit, float value) {
    return LANES_AT_MOST(words, limit) ? (lanes_f32)value : (lanes_f32)0.0f;
}
LANES lanes_f64 lanes_u32_keep_low(lanes_u32 words, uint32_t limit, double value) {
    lanes_i32 kept = LANES_AT_MOST(words, limit);
    return __builtin_convertvector(kept.lo, lanes_i64) ? (lanes_f64)value : (lanes_f64)0.0;
}
LANES lanes_f64 lanes_u32_keep_high(lanes_u32 words, uint32_t limit, double value) {
    lanes_i32 kept = LANES_AT_MOST(words, limit);
    return __builtin_convertvector(kept.hi, lanes_i64) ? (lanes_f64)value : (lanes_f64)0.0;
}
LANES lanes_u8 lanes_u32_keep_bytes(lanes_u32 words, uint32_t limit, uint8_t value) {
    return __builtin_convertvector(LANES_AT_MOST(words, limit), lanes_u8) & value;
}
#undef LANES_AT_MOST

#undef LANES
#endif
