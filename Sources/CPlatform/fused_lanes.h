/* The fused multiply-adds of lanes.h for WebAssembly, whose vectors have 128 bits. A part of lanes.h. */
#ifndef SWIFTREG_FUSED_LANES_H
#define SWIFTREG_FUSED_LANES_H

#ifdef __wasm_relaxed_simd__

LANES lanes_f32x4 lanes_f32x4_fma(lanes_f32x4 a, lanes_f32x4 b, lanes_f32x4 c) {
    return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
}
LANES lanes_f64x2 lanes_f64x2_fma(lanes_f64x2 a, lanes_f64x2 b, lanes_f64x2 c) {
    return __builtin_wasm_relaxed_madd_f64x2(a, b, c);
}
LANES lanes_f32 lanes_f32_fma(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
    lanes_f32 sum;
    sum.lo.lo = lanes_f32x4_fma(a.lo.lo, b.lo.lo, c.lo.lo);
    sum.lo.hi = lanes_f32x4_fma(a.lo.hi, b.lo.hi, c.lo.hi);
    sum.hi.lo = lanes_f32x4_fma(a.hi.lo, b.hi.lo, c.hi.lo);
    sum.hi.hi = lanes_f32x4_fma(a.hi.hi, b.hi.hi, c.hi.hi);
    return sum;
}

#else

#include "fused.h"

LANES lanes_f32x4 lanes_f32x4_fma(lanes_f32x4 a, lanes_f32x4 b, lanes_f32x4 c) {
    const fused_f64x4 sum = fused_f32x4_sum(a, b, c);
    return __builtin_expect(__builtin_wasm_any_true_v128(fused_f32x4_doubtful(sum)), 0)
               ? fused_f32x4_rare(a, b, c)
               : fused_f32x4_round(sum);
}
LANES lanes_f64x2 lanes_f64x2_fma(lanes_f64x2 a, lanes_f64x2 b, lanes_f64x2 c) {
    return fused_f64x2_fma(a, b, c);
}
LANES lanes_f32 lanes_f32_fma(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
    const fused_f64x4 s0 = fused_f32x4_sum(a.lo.lo, b.lo.lo, c.lo.lo);
    const fused_f64x4 s1 = fused_f32x4_sum(a.lo.hi, b.lo.hi, c.lo.hi);
    const fused_f64x4 s2 = fused_f32x4_sum(a.hi.lo, b.hi.lo, c.hi.lo);
    const fused_f64x4 s3 = fused_f32x4_sum(a.hi.hi, b.hi.hi, c.hi.hi);
    const fused_i32x4 doubtful = fused_f32x4_doubtful(s0) | fused_f32x4_doubtful(s1) |
                                 fused_f32x4_doubtful(s2) | fused_f32x4_doubtful(s3);
    lanes_f32 sum;
    if (__builtin_expect(__builtin_wasm_any_true_v128(doubtful), 0)) {
        sum.lo.lo = fused_f32x4_rare(a.lo.lo, b.lo.lo, c.lo.lo);
        sum.lo.hi = fused_f32x4_rare(a.lo.hi, b.lo.hi, c.lo.hi);
        sum.hi.lo = fused_f32x4_rare(a.hi.lo, b.hi.lo, c.hi.lo);
        sum.hi.hi = fused_f32x4_rare(a.hi.hi, b.hi.hi, c.hi.hi);
        return sum;
    }
    sum.lo.lo = fused_f32x4_round(s0);
    sum.lo.hi = fused_f32x4_round(s1);
    sum.hi.lo = fused_f32x4_round(s2);
    sum.hi.hi = fused_f32x4_round(s3);
    return sum;
}

#endif

LANES lanes_f64 lanes_f64_fma(lanes_f64 a, lanes_f64 b, lanes_f64 c) {
    lanes_f64 sum;
    sum.lo.lo = lanes_f64x2_fma(a.lo.lo, b.lo.lo, c.lo.lo);
    sum.lo.hi = lanes_f64x2_fma(a.lo.hi, b.lo.hi, c.lo.hi);
    sum.hi.lo = lanes_f64x2_fma(a.hi.lo, b.hi.lo, c.hi.lo);
    sum.hi.hi = lanes_f64x2_fma(a.hi.hi, b.hi.hi, c.hi.hi);
    return sum;
}

#endif
