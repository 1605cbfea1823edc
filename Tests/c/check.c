#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Checks ---------------------------------------------------------------------------- */

bool quick = false;
static long checks, failures;
static char description[256];

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

static void on_crash(int signal_number) {
    static const char text[] = "crashed while testing: ";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    written += write(STDERR_FILENO, description, strlen(description));
    written += write(STDERR_FILENO, "\n", 1);
    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void describe_crashes(void) {
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGILL, on_crash);
}

int report(const char *what) {
    printf("%s: %ld checks, %ld failures\n", what, checks, failures);
    return failures == 0 && checks > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Guarded buffers ------------------------------------------------------------------- */

Guard guard = GUARD_AFTER;

static struct Mapping {
    char *start;
    size_t length; /* with both guard pages */
} mappings[64];
static size_t mapped;

void *buffer(size_t count, size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * size;
    const size_t inner = (bytes + page - 1) / page * page;
    char *start = mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    if (start == MAP_FAILED || mapped == sizeof mappings / sizeof mappings[0]) {
        fprintf(stderr, "no more buffers\n");
        exit(EXIT_FAILURE);
    }
    mprotect(start, page, PROT_NONE);
    mprotect(start + page + inner, page, PROT_NONE);
    mappings[mapped++] = (struct Mapping){start, inner + 2 * page};
    memset(start + page, 0xA5, inner);
    return guard == GUARD_AFTER ? start + page + inner - bytes : start + page;
}

void freeze_buffers(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < mapped; i++)
        if (mappings[i].length > 2 * page)
            mprotect(mappings[i].start + page, mappings[i].length - 2 * page, PROT_READ);
}

void release_buffers(void) {
    while (mapped > 0) {
        mapped--;
        munmap(mappings[mapped].start, mappings[mapped].length);
    }
}

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

int random_int(int low, int high) {
    return low + (int)(random_bits() % (uint64_t)(high - low + 1));
}

double random_real(double low, double high) {
    return low + (high - low) * (double)(random_bits() >> 11) * 0x1p-53;
}
