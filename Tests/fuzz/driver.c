/* Runs a fuzzer without libFuzzer, on the shipped library. The cases are random bytes, each a function of
 * a seed and its number. Prints the number of cases; after a crash, the command that repeats it.
 *
 *     fuzz-NAME [-seed=N] [-seconds=N] [-case=N] [FILE...]
 *
 * -case=N runs one case; a FILE (as libFuzzer keeps them) is a case too. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint64_t seed = 1, number;

static void say(const char *text) {
    const ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

/* Decimal output with async-signal-safe calls only. */
static void say_number(uint64_t n) {
    char digits[21];
    char *digit = digits + sizeof digits - 1;
    *digit = 0;
    do *--digit = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    say(digit);
}

static void on_crash(int signal_number) {
    say("found by: fuzz-");
    say(fuzzer_name);
    say(" -seed=");
    say_number(seed);
    say(" -case=");
    say_number(number);
    say("\n");
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* splitmix64 */
static uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void run_case(uint64_t n) {
    static uint8_t bytes[2048];
    uint64_t state = seed;
    state = random_bits(&state) + n;
    state = random_bits(&state);
    /* Short cases are frequent: they end before unlikely choices. */
    const size_t size = 16 + random_bits(&state) % (n % 4 == 0 ? sizeof bytes - 16 : 240);
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t bits = random_bits(&state);
        memcpy(bytes + i, &bits, size - i < 8 ? size - i : 8);
    }
    number = n;
    LLVMFuzzerTestOneInput(bytes, size);
}

static void run_file(const char *path) {
    static uint8_t bytes[1 << 22];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, size);
    printf("%s: ok\n", path);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
    double seconds = 3;
    bool is_alone = false;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], on_crash);
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (strncmp(argument, "-seed=", 6) == 0) {
            seed = strtoull(argument + 6, NULL, 10);
        } else if (strncmp(argument, "-seconds=", 9) == 0) {
            seconds = strtod(argument + 9, NULL);
        } else if (strncmp(argument, "-case=", 6) == 0) {
            run_case(strtoull(argument + 6, NULL, 10));
            is_alone = true;
        } else {
            run_file(argument);
            is_alone = true;
        }
    }
    if (is_alone) return 0;
    uint64_t cases = 0;
    const double start = now();
    do {
        /* An endless case is a finding too. */
        alarm(60);
        for (int i = 0; i < 64; i++) run_case(cases++);
    } while (now() - start < seconds);
    printf("%-10s %9llu cases in %.0f s, seed %llu, no finding\n", fuzzer_name, (unsigned long long)cases,
           now() - start, (unsigned long long)seed);
    return 0;
}
