/* Loops over single calls, timed in C to exclude Python, and the peak of multiply-adds. native.py
 * compiles it for this CPU. */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "swiftreg.h"
#include "swiftreg_network.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Makes `calls` calls and returns the seconds they took. */
#define TIMED(statement)                                                                                     \
    do {                                                                                                     \
        double start = now();                                                                                \
        for (long i = 0; i < calls; i++) statement;                                                          \
        return now() - start;                                                                                \
    } while (0)

/* Constants of CBLAS. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

/* Bytes of the vectors for the peak. */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
/* Number of independent chains, enough to hide the latency. */
enum { CHAINS = 12, STEPS = 1000, MAX_THREADS = 64 };

typedef reg_data data_f32;
typedef reg_data_f64 data_f64;

#define real float
#define NAME(name) name##_f32
#include "typed.h"
#undef real
#undef NAME

#define real double
#define NAME(name) name##_f64
#include "typed.h"
