/* Linux, for Swift sources that can import no Glibc overlay (Embedded Swift has none). A macro like
 * errno and a function of any number of arguments like open cannot be imported. Used by
 * Sources/Network/Platform/Linux alone. */
#ifndef SWIFTREG_LINUX_H
#define SWIFTREG_LINUX_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "cores.h"

/* ---- CPU and threads ------------------------------------------------------------------- */

/* The x86-64 level that CPU and kernel support: 1, 3 (AVX2, FMA) or 4 (AVX-512); 1 elsewhere. */
static inline int platform_x86_level(void) {
#if defined(__x86_64__)
    const unsigned fma = 1u << 12, movbe = 1u << 22, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
    const unsigned bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
    const unsigned avx512f = 1u << 16, avx512dq = 1u << 17, avx512cd = 1u << 28, avx512bw = 1u << 30,
                   avx512vl = 1u << 31;
    const unsigned lzcnt = 1u << 5;
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
    const unsigned first = fma | movbe | osxsave | avx | f16c;
    if ((c & first) != first) return 1;
    unsigned state, high;
    __asm__ volatile("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
    if ((state & 0x6) != 0x6) return 1;
    if (!__get_cpuid(0x80000001u, &a, &b, &c, &d) || !(c & lzcnt)) return 1;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 1;
    const unsigned third = bmi1 | avx2 | bmi2;
    if ((b & third) != third) return 1;
    const unsigned fourth = avx512f | avx512dq | avx512cd | avx512bw | avx512vl;
    return (b & fourth) == fourth && (state & 0xe6) == 0xe6 ? 4 : 3;
#else
    return 1;
#endif
}

/* A number that one thread counts up and others watch. */
static inline void platform_count_up(unsigned *word) { __atomic_fetch_add(word, 1, __ATOMIC_RELEASE); }

/* Watches it for some ten microseconds; whether it is no longer `value`. A thread that went to sleep
 * instead would take longer to come back, and often to the core of the one that wakes it. */
static inline int platform_watch(const unsigned *word, unsigned value) {
    for (int i = 0; i < 4000; i++) {
        if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) return 1;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
    }
    return 0;
}

/* Starts a thread that is never joined. Whether it runs. (pthread_t is a number in glibc, a pointer in
 * musl.) */
static inline int platform_start_thread(void *(*body)(void *)) {
    pthread_t thread;
    return pthread_create(&thread, NULL, body, NULL) == 0 && pthread_detach(thread) == 0;
}

/* ---- Files ----------------------------------------------------------------------------- */

static inline int platform_errno(void) { return errno; }
static inline void platform_set_errno(int value) { errno = value; }

static inline int platform_open(const char *path, int flags) { return open(path, flags, 0666); }

/* 0, or why not. */
static inline int platform_why_not_regular(const struct stat *file) {
    if (S_ISREG(file->st_mode)) return 0;
    return S_ISDIR(file->st_mode) ? EISDIR : EINVAL;
}

#endif
