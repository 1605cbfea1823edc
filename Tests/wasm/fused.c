/* fused
 *
 * Prints hashes of fused multiply-adds of random numbers and of hard cases. In WebAssembly they are those of
 * the library (Sources/CPlatform/lanes.h), elsewhere those of the C library, which are exact. Both must
 * print the same lines. All NaNs count as equal. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef __wasm__
#include "lanes.h"
static void fuse_f32(const float *a, const float *b, const float *c, float *out) {
    lanes_f32 x, y, z;
    lanes_f32x4 p, q, r;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memcpy(&z, c, sizeof z);
    z = lanes_f32_fma(x, y, z);
    memcpy(out, &z, sizeof z);
    /* A quarter of a vector has its own function. */
    memcpy(&p, a, sizeof p);
    memcpy(&q, b, sizeof q);
    memcpy(&r, c, sizeof r);
    r = lanes_f32x4_fma(p, q, r);
    if (memcmp(&r, out, sizeof r) != 0) memset(out, 0x55, sizeof r);
}
static void fuse_f64(const double *a, const double *b, const double *c, double *out) {
    lanes_f64 x, y, z;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memcpy(&z, c, sizeof z);
    z = lanes_f64_fma(x, y, z);
    memcpy(out, &z, sizeof z);
}
#else
static void fuse_f32(const float *a, const float *b, const float *c, float *out) {
    for (int i = 0; i < 16; i++) out[i] = fmaf(a[i], b[i], c[i]);
}
static void fuse_f64(const double *a, const double *b, const double *c, double *out) {
    for (int i = 0; i < 8; i++) out[i] = fma(a[i], b[i], c[i]);
}
#endif

/* ---- Random numbers -------------------------------------------------------------------- */

static uint64_t state;

static uint64_t bits(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int between(int low, int high) { return low + (int)(bits() % (uint64_t)(high - low + 1)); }

/* A number with a binary exponent in [low, high] and `digits` fraction bits: all random, only the
 * first ones random, or a run of ones at the end. */
static double number(int low, int high, int digits) {
    uint64_t fraction = bits() >> (64 - digits);
    const uint64_t kind = bits() % 4, run = (uint64_t)1 << bits() % (unsigned)digits;
    if (kind == 1) fraction &= ~(run - 1);
    if (kind == 2) fraction |= run - 1;
    const double x = ldexp((double)(fraction | (uint64_t)1 << digits), between(low, high) - digits);
    return bits() % 2 ? -x : x;
}

/* ---- Hashes ---------------------------------------------------------------------------- */

static uint64_t hash;

static void hash_bits(uint64_t value) {
    for (int i = 0; i < 8; i++) hash = (hash ^ (value >> 8 * i & 0xff)) * 0x100000001b3u;
}

static void print(const char *name) {
    printf("fused %s %016" PRIx64 "\n", name, hash);
    hash = 0xcbf29ce484222325u;
}

/* ---- float ----------------------------------------------------------------------------- */

static float f32[3][16];
static int f32_count;

static void flush_f32(void) {
    float out[16];
    fuse_f32(f32[0], f32[1], f32[2], out);
    for (int i = 0; i < 16; i++) {
        uint32_t word;
        memcpy(&word, &out[i], sizeof word);
        hash_bits(out[i] != out[i] ? 0x7fc00000 : word);
    }
    f32_count = 0;
}

static void add_f32(double a, double b, double c) {
    f32[0][f32_count] = (float)a;
    f32[1][f32_count] = (float)b;
    f32[2][f32_count] = (float)c;
    if (++f32_count == 16) flush_f32();
}

/* `count` cases with factors of a binary exponent in [low, high], and c in [c_low, c_high]. */
static void add_ranges_f32(long count, int low, int high, int c_low, int c_high) {
    for (long i = 0; i < count; i++) {
        const double a = number(low, high, 23), b = number(low, high, 23);
        add_f32(a, b, number(c_low, c_high, 23));
    }
}

static const float special_f32[] = {0,
                                    -0.0f,
                                    1,
                                    -1,
                                    INFINITY,
                                    -INFINITY,
                                    NAN,
                                    0x1p-149f,
                                    -0x1p-149f,
                                    0x1p-126f,
                                    0x1.fffffep127f,
                                    -0x1.fffffep127f,
                                    0x1.fffffep-1f,
                                    0x1.000002p0f,
                                    0x1p-75f,
                                    0x1p-74f,
                                    0x1p63f,
                                    0x1p64f,
                                    0.5f,
                                    0x1.8p-148f};
enum { SPECIAL_F32 = sizeof special_f32 / sizeof special_f32[0] };

static void test_f32(long count) {
    for (int i = 0; i < SPECIAL_F32; i++)
        for (int k = 0; k < SPECIAL_F32; k++)
            for (int n = 0; n < SPECIAL_F32; n++) add_f32(special_f32[i], special_f32[k], special_f32[n]);
    print("f32 special");
    add_ranges_f32(count, -5, 5, -10, 10);
    print("f32 ordinary");
    add_ranges_f32(count, -149, 127, -149, 127);
    print("f32 any");
    add_ranges_f32(count, -80, -60, -149, -120);
    print("f32 subnormal");
    for (long i = 0; i < count; i++) {
        const double a = (float)number(-5, 5, 23), b = (float)number(-5, 5, 23);
        add_f32(a, b, -a * b);
    }
    print("f32 cancels");
    for (long i = 0; i < count; i++) {
        /* The middle between two floats, or a number very close to it. */
        const double sign = bits() % 2 ? 1 : -1, hair = ldexp(sign, -24 - between(1, 60));
        const double half = bits() % 2 ? 0x1p-24 : -0x1p-24;
        const double one = bits() % 2 ? 1 : 1 + ldexp(hair, 24);
        const double other = bits() % 2 ? 0x1.ffep-13 : 0x1.001p-12;
        const double c = number(0, 0, 23);
        add_f32(half, one, c);
        add_f32(0x1.001p-12, other, c);
    }
    print("f32 half way");
    add_ranges_f32(count, 60, 64, 120, 127);
    print("f32 overflow");
}

/* ---- double ---------------------------------------------------------------------------- */

static double f64[3][8];
static int f64_count;

static void add_f64(double a, double b, double c) {
    f64[0][f64_count] = a;
    f64[1][f64_count] = b;
    f64[2][f64_count] = c;
    if (++f64_count < 8) return;
    double out[8];
    fuse_f64(f64[0], f64[1], f64[2], out);
    for (int i = 0; i < 8; i++) {
        uint64_t word;
        memcpy(&word, &out[i], sizeof word);
        hash_bits(out[i] != out[i] ? 0x7ff8000000000000u : word);
    }
    f64_count = 0;
}

/* `count` cases with factors of a binary exponent in [low, high], and c in [c_low, c_high]. */
static void add_ranges_f64(long count, int low, int high, int c_low, int c_high) {
    for (long i = 0; i < count; i++) {
        const double a = number(low, high, 52), b = number(low, high, 52);
        add_f64(a, b, number(c_low, c_high, 52));
    }
}

static const double special_f64[] = {0,
                                     -0.0,
                                     1,
                                     -1,
                                     INFINITY,
                                     -INFINITY,
                                     NAN,
                                     0x1p-1074,
                                     -0x1p-1074,
                                     0x1p-1022,
                                     0x1.fffffffffffffp1023,
                                     -0x1.fffffffffffffp1023,
                                     0x1.fffffffffffffp-1,
                                     0x1.0000000000001p0,
                                     0x1p-537,
                                     0x1p-538,
                                     0x1p511,
                                     0x1p512,
                                     0.5,
                                     0x1.8p-1073};
enum { SPECIAL_F64 = sizeof special_f64 / sizeof special_f64[0] };

static void test_f64(long count) {
    for (int i = 0; i < SPECIAL_F64; i++)
        for (int k = 0; k < SPECIAL_F64; k++)
            for (int n = 0; n < SPECIAL_F64; n++) add_f64(special_f64[i], special_f64[k], special_f64[n]);
    print("f64 special");
    add_ranges_f64(count, -30, 30, -60, 60);
    print("f64 ordinary");
    add_ranges_f64(count, -1074, 1023, -1074, 1023);
    print("f64 any");
    add_ranges_f64(count, -560, -500, -1080, -1010);
    print("f64 subnormal");
    for (long i = 0; i < count; i++) {
        const double a = number(-20, 20, 52), b = number(-20, 20, 52);
        add_f64(a, b, -a * b * (1 + ldexp(between(-4, 4), -52)));
    }
    print("f64 cancels");
    for (long i = 0; i < count; i++) {
        const double a = number(-1, 1, 52), b = number(-1, 1, 52);
        add_f64(a, b, ldexp(a * b, between(-110, 110)));
    }
    print("f64 apart");
    for (long i = 0; i < count; i++) {
        const double sign = bits() % 2 ? 1 : -1, hair = ldexp(sign, -53 - between(1, 70));
        const double half = bits() % 2 ? 0x1p-53 : -0x1p-53;
        const double one = bits() % 2 ? 1 : 1 + ldexp(hair, 53);
        add_f64(half, one, number(0, 0, 52));
    }
    print("f64 half way");
    add_ranges_f64(count, 508, 512, 1016, 1023);
    print("f64 overflow");
}

int main(void) {
    hash = 0xcbf29ce484222325u;
    test_f32(1 << 19);
    test_f64(1 << 18);
    return 0;
}
