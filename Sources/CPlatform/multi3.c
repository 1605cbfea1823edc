/* The product of two numbers of 128 bits, which the compiler calls where 64-bit products need their
 * upper half, and which wasi-libc lacks. */
#include <stdint.h>

typedef union wide {
    __int128 all;
    struct {
        uint64_t low, high;
    } half;
} wide;

__int128 __multi3(__int128 a, __int128 b) {
    const wide x = {a}, y = {b};
    const uint64_t x1 = x.half.low >> 32, x0 = (uint32_t)x.half.low;
    const uint64_t y1 = y.half.low >> 32, y0 = (uint32_t)y.half.low;
    const uint64_t ends = x0 * y0, middle = x1 * y0 + (ends >> 32), other = x0 * y1 + (uint32_t)middle;
    wide p;
    p.half.low = other << 32 | (uint32_t)ends;
    p.half.high =
        x1 * y1 + (middle >> 32) + (other >> 32) + x.half.high * y.half.low + x.half.low * y.half.high;
    return p.all;
}
