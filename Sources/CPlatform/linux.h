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
#include <sys/file.h>
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

/* Numbers that several threads read and write. The operations have one order for all threads. */
static inline unsigned platform_load(const unsigned *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static inline void platform_store(unsigned *word, unsigned value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* These return the number that was there before. */
static inline unsigned platform_add(unsigned *word, unsigned count) {
    return __atomic_fetch_add(word, count, __ATOMIC_SEQ_CST);
}
static inline unsigned platform_exchange(unsigned *word, unsigned value) {
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/* Takes 1 from a number that is not 0; whether there was any. */
static inline int platform_take_one(unsigned *word) {
    unsigned n = platform_load(word);
    while (n > 0) {
        if (__atomic_compare_exchange_n(word, &n, n - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) break;
    }
    return n > 0;
}

/* Watches a number for some ten microseconds; whether it is no longer `value`. A thread that went to sleep
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

static inline int platform_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

/* 0, or why not. */
static inline int platform_why_not_regular(const struct stat *file) {
    if (S_ISREG(file->st_mode)) return 0;
    return S_ISDIR(file->st_mode) ? EISDIR : EINVAL;
}

/* Gives a new file the permissions of an old one, and its owner and group as far as that is allowed. */
static inline void platform_copy_owner_and_mode(int descriptor, const struct stat *old) {
    struct stat file;
    if (fstat(descriptor, &file) == 0 && (file.st_uid != old->st_uid || file.st_gid != old->st_gid) &&
        fchown(descriptor, old->st_uid, old->st_gid) != 0 && fchown(descriptor, (uid_t)-1, old->st_gid) != 0)
        errno = 0;
    fchmod(descriptor, old->st_mode & 0777);
}

/* A file without a name, in memory; -1 where the system has none. */
static inline int platform_memory_file(void) {
    return (int)syscall(SYS_memfd_create, "swiftreg", 1 /* MFD_CLOEXEC */);
}

/* ---- Numbers --------------------------------------------------------------------------- */

/* Writes a finite number that is not negative as a floating constant of C, with the fewest digits, but at
 * least 6 (15 of a double), that are read as the same number, without zeros at their end. The C library's
 * decimal point is that of the locale, so only its digits are used. */
static inline void platform_write_decimal(double value, int is_float, char text[32]) {
    char printed[40], digits[20], *end;
    int count = 0, exponent = 0;
    for (int precision = is_float ? 6 : 15; precision <= (is_float ? 9 : 17); precision++) {
        snprintf(printed, sizeof printed, "%.*e", precision - 1, value);
        if (is_float ? strtof(printed, NULL) == (float)value : strtod(printed, NULL) == value) break;
    }
    for (end = printed; *end != 'e'; end++)
        if (*end >= '0' && *end <= '9') digits[count++] = *end;
    exponent = (int)strtol(end + 1, NULL, 10);
    while (count > 1 && digits[count - 1] == '0') count--;
    const int is_plain = exponent >= -4 && exponent < 16;
    const int whole = !is_plain ? 1 : exponent < 0 ? 0 : exponent + 1; /* digits before the point */
    if (whole == 0) *text++ = '0';
    for (int i = 0; i < whole; i++) *text++ = i < count ? digits[i] : '0';
    *text++ = '.';
    for (int i = is_plain ? exponent + 1 : 0; i < 0; i++) *text++ = '0';
    for (int i = whole; i < count; i++) *text++ = digits[i];
    if (whole >= count) *text++ = '0';
    if (is_plain) *text = 0;
    else snprintf(text, 6, "e%d", exponent);
}

#endif
