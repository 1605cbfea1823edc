/* The largest error of reg_elementary, in units in the last place (ULP).
 *
 *     ulp f32 [FUNCTION...]            all 2^32 floats, against libm in double
 *     ulp f64 [FUNCTION...]            samples, against libm in long double
 *
 * Prints a line for each function: the largest error, its argument, and wrong results of special
 * values. Fails if an error is above 2 ULP or a special value is wrong.
 *
 * The error of a result is its distance from the exact value, in units of the spacing of the type
 * at the exact value. The oracle's own error is below 2^-27 (f32) and 2^-9 (f64) of such a unit.
 */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "swiftreg.h"

#if LDBL_MANT_DIG <= DBL_MANT_DIG
#error "long double is no oracle for double on this machine"
#endif

#define LIMIT 2.0
#define CHUNK 8192

typedef struct Errors {
    double largest; /* in ULP */
    double argument;
    double result;
    uint64_t count; /* arguments tried */
    uint64_t wrong; /* a NaN, an infinity, or the sign of a zero that is wrong */
    double wrong_argument;
} Errors;

typedef struct Function {
    const char *name;
    reg_function function;
    double (*oracle)(double);
    long double (*oracle_f64)(long double);
    /* The interval of dense f64 samples, in which the function changes without over- or
     * underflow. */
    double low, high;
    /* Arguments at which the formula changes, or the result is special. */
    double edges[8];
} Function;

static double sigmoid_of(double x) { return 1 / (1 + exp(-x)); }
static double softplus_of(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }
static long double sigmoid_ofl(long double x) { return 1 / (1 + expl(-x)); }
static long double softplus_ofl(long double x) { return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)); }

static const Function functions[] = {
    {"exp", REG_FUNCTION_EXP, exp, expl, -746, 710, {0, -708.4, -745.13, 709.78, 0.3465735, -0.3465735}},
    {"log", REG_FUNCTION_LOG, log, logl, 0, 4, {0, 1, 0x1p-1022, 1.4142135623730951, 0.7071067811865476, 2}},
    {"log1p",
     REG_FUNCTION_LOG1P,
     log1p,
     log1pl,
     -1,
     4,
     {0, -1, 1, 0.41421356237309503, -0.2928932188134524, 0x1p-53}},
    {"sigmoid",
     REG_FUNCTION_SIGMOID,
     sigmoid_of,
     sigmoid_ofl,
     -746,
     40,
     {0, -708.4, -745.13, 36.7, 0.3465735, -0.3465735}},
    {"softplus",
     REG_FUNCTION_SOFTPLUS,
     softplus_of,
     softplus_ofl,
     -746,
     40,
     {0, -708.4, -745.13, 36.7, 0.3465735, -0.3465735, 0.881373641032974, -0.881373641032974}},
    {"tanh", REG_FUNCTION_TANH, tanh, tanhl, -20, 20, {0, 0.625, -0.625, 19.06, -19.06, 0x1p-27}},
    {"erf", REG_FUNCTION_ERF, erf, erfl, -6, 6, {0, 1, -1, 5.92, -5.92, 0x1p-27, 0x1p-1022}},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

/* ---- Errors -------------------------------------------------------------------------------- */

static void note_wrong(Errors *errors, double x) {
    if (errors->wrong++ == 0) errors->wrong_argument = x;
}

static void note_error(Errors *errors, double error, double x, double result) {
    if (error > errors->largest) {
        errors->largest = error;
        errors->argument = x;
        errors->result = result;
    }
}

/* The exponent of the last place of a type at x, a finite normal double. By bits, because frexp
 * and ldexp would take longer than the function itself. */
static int last_place(double x, int digits, int smallest) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1022;
    return (exponent > smallest ? exponent : smallest) - digits;
}

/* 2^n as a normal double. */
static double power_of_two(int n) {
    uint64_t bits = (uint64_t)(1023 + n) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static void compare(float x, float result, double exact, Errors *errors) {
    if (isnan(exact) || isnan(result)) {
        if (!isnan(exact) || !isnan(result)) note_wrong(errors, x);
        return;
    }
    if (exact == 0 || isinf(exact)) {
        if (result != exact || !signbit(result) != !signbit(exact)) note_wrong(errors, x);
        return;
    }
    /* Infinity counts as the next number after the largest, on both sides. */
    exact = fmin(fmax(exact, -0x1p128), 0x1p128);
    int place = last_place(exact, FLT_MANT_DIG, FLT_MIN_EXP);
    double value = isinf(result) ? copysign(0x1p128, result) : result;
    note_error(errors, fabs(value - exact) * power_of_two(-place), x, result);
}

static void compare_f64(double x, double result, long double exact, Errors *errors) {
    if (isnan(exact) || isnan(result)) {
        if (!isnan(exact) || !isnan(result)) note_wrong(errors, x);
        return;
    }
    if (exact == 0 || isinf(exact)) {
        if (result != exact || !signbit(result) != !signbit(exact)) note_wrong(errors, x);
        return;
    }
    exact = fminl(fmaxl(exact, -0x1p1024L), 0x1p1024L);
    int exponent;
    frexpl(exact, &exponent);
    int place = (exponent > DBL_MIN_EXP ? exponent : DBL_MIN_EXP) - DBL_MANT_DIG;
    long double value = isinf(result) ? copysignl(0x1p1024L, result) : result;
    note_error(errors, (double)fabsl(ldexpl(value - exact, -place)), x, result);
}

static void fail(reg_status status) {
    fprintf(stderr, "reg_elementary: %s\n", reg_status_message(status));
    exit(2);
}

static void try_floats(const Function *f, const float *x, size_t count, Errors *errors) {
    float out[CHUNK];
    reg_status status = reg_elementary(x, count, f->function, out);
    if (status != REG_OK) fail(status);
    for (size_t i = 0; i < count; i++) compare(x[i], out[i], f->oracle(x[i]), errors);
    errors->count += count;
}

static void try_doubles(const Function *f, const double *x, size_t count, Errors *errors) {
    double out[CHUNK];
    reg_status status = reg_elementary_f64(x, count, f->function, out);
    if (status != REG_OK) fail(status);
    for (size_t i = 0; i < count; i++) compare_f64(x[i], out[i], f->oracle_f64(x[i]), errors);
    errors->count += count;
}

/* ---- Arguments ----------------------------------------------------------------------------- */

/* The part `part` of `parts` of all floats. */
static void all_floats(const Function *f, uint64_t part, uint64_t parts, Errors *errors) {
    float x[CHUNK];
    for (uint64_t first = part * CHUNK; first < (uint64_t)1 << 32; first += parts * CHUNK) {
        for (uint64_t i = 0; i < CHUNK; i++) {
            uint32_t bits = (uint32_t)(first + i);
            memcpy(&x[i], &bits, sizeof bits);
        }
        try_floats(f, x, CHUNK, errors);
    }
}

static uint64_t random_bits(uint64_t *state) { /* splitmix64 */
    uint64_t z = (*state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

#define SAMPLES (1 << 24)    /* of each kind */
#define NEIGHBOURS (1 << 16) /* of each edge, on each side */

/* Random patterns of bits (all magnitudes alike), random numbers in the interval where the
 * function changes, and all neighbours of each edge. */
static void sampled_doubles(const Function *f, uint64_t part, uint64_t parts, Errors *errors) {
    double x[CHUNK];
    uint64_t state = part;
    for (uint64_t n = part * CHUNK; n < SAMPLES; n += parts * CHUNK) {
        for (int i = 0; i < CHUNK; i++) {
            uint64_t bits = random_bits(&state);
            memcpy(&x[i], &bits, sizeof bits);
        }
        try_doubles(f, x, CHUNK, errors);
        for (int i = 0; i < CHUNK; i++)
            x[i] = f->low + (f->high - f->low) * (double)(random_bits(&state) >> 11) * 0x1p-53;
        try_doubles(f, x, CHUNK, errors);
        /* Magnitudes of 2^-60 to 2^11: where the functions are neither linear nor constant. */
        for (int i = 0; i < CHUNK; i++) {
            uint64_t bits = random_bits(&state);
            double fraction = 1 + (double)(bits >> 12) * 0x1p-52;
            x[i] = ldexp(bits & 1 ? -fraction : fraction, (int)(random_bits(&state) % 72) - 60);
        }
        try_doubles(f, x, CHUNK, errors);
    }
    for (size_t e = part; e < sizeof f->edges / sizeof f->edges[0]; e += parts)
        for (int up = 0; up < 2; up++) {
            double at = f->edges[e];
            for (int n = 0; n < NEIGHBOURS; n += CHUNK) {
                for (int i = 0; i < CHUNK; i++, at = nextafter(at, up ? INFINITY : -INFINITY)) x[i] = at;
                try_doubles(f, x, CHUNK, errors);
            }
        }
    const double special[] = {0.0,     -0.0,     INFINITY,  -INFINITY,  NAN,  DBL_MAX, -DBL_MAX,
                              DBL_MIN, -DBL_MIN, 0x1p-1074, -0x1p-1074, -1.0, 1.0};
    try_doubles(f, special, sizeof special / sizeof special[0], errors);
}

/* ---- Threads and report --------------------------------------------------------------------- */

typedef struct Job {
    const Function *function;
    int is_double;
    uint64_t part, parts;
    Errors errors;
} Job;

static void *run(void *argument) {
    Job *job = argument;
    (job->is_double ? sampled_doubles : all_floats)(job->function, job->part, job->parts, &job->errors);
    return NULL;
}

#define MAX_JOBS 64

static Errors measure(const Function *f, int is_double) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t parts = cores < 1 ? 1 : cores > MAX_JOBS ? MAX_JOBS : (uint64_t)cores;
    Job jobs[MAX_JOBS];
    pthread_t threads[MAX_JOBS];
    Errors errors = {0};
    for (uint64_t i = 0; i < parts; i++) {
        jobs[i] = (Job){.function = f, .is_double = is_double, .part = i, .parts = parts};
        if (pthread_create(&threads[i], NULL, run, &jobs[i]) != 0) {
            perror("pthread_create");
            exit(2);
        }
    }
    for (uint64_t i = 0; i < parts; i++) {
        pthread_join(threads[i], NULL);
        const Errors *w = &jobs[i].errors;
        note_error(&errors, w->largest, w->argument, w->result);
        if (w->wrong > 0 && errors.wrong == 0) errors.wrong_argument = w->wrong_argument;
        errors.wrong += w->wrong;
        errors.count += w->count;
    }
    return errors;
}

int main(int argc, char **argv) {
    int is_double = argc > 1 && strcmp(argv[1], "f64") == 0;
    if (argc < 2 || (!is_double && strcmp(argv[1], "f32") != 0)) {
        fprintf(stderr, "usage: ulp f32|f64 [exp|log|log1p|sigmoid|softplus|tanh|erf]...\n");
        return 2;
    }
    int bad = 0;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        int wanted = argc == 2;
        for (int j = 2; j < argc; j++) wanted |= strcmp(argv[j], functions[i].name) == 0;
        if (!wanted) continue;
        Errors w = measure(&functions[i], is_double);
        printf("%-8s %s  %.3f ULP at %a (%.9g) -> %a, %llu arguments", functions[i].name, argv[1], w.largest,
               w.argument, w.argument, w.result, (unsigned long long)w.count);
        if (w.wrong > 0)
            printf(", %llu WRONG special values, first at %a", (unsigned long long)w.wrong, w.wrong_argument);
        printf("\n");
        fflush(stdout);
        bad |= w.largest > LIMIT || w.wrong > 0;
    }
    return bad;
}
