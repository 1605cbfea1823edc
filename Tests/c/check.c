#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Checks ---------------------------------------------------------------------------- */

bool quick = false;
static long checks, failures;
char description[256];

void describe(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(description, sizeof description, format, arguments);
    va_end(arguments);
}

bool check(bool condition, const char *text, const char *file, int line) {
    checks++;
    if (!condition && failures++ < 20)
        fprintf(stderr, "%s:%d: failed: %s [%s]\n", file, line, text, description);
    return condition;
}

bool check_status(reg_status want, reg_status got, const char *text, const char *file, int line) {
    checks++;
    if (want != got && failures++ < 20)
        fprintf(stderr, "%s:%d: status %d (%s) instead of %d: %s [%s]\n", file, line, (int)got,
                reg_status_message(got), (int)want, text, description);
    return want == got;
}

int report(const char *what) {
    printf("%s: %ld checks, %ld failures\n", what, checks, failures);
    return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Guarded buffers ------------------------------------------------------------------- */

Guard guard = GUARD_AFTER;

bool is_untouched(const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++)
        if (byte[i] != 0xA5) return false;
    return true;
}

/* ---- Random numbers -------------------------------------------------------------------- */

static uint64_t state;

void random_seed(uint64_t seed) { state = seed; }

uint64_t random_bits(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int random_int(int low, int high) { return low + (int)(random_bits() % (uint64_t)(high - low + 1)); }

double random_real(double low, double high) {
    return low + (high - low) * (double)(random_bits() >> 11) * 0x1p-53;
}
