/* hash [ITERATIONS]
 *
 * Prints a hash of the output of every kernel and of trained networks, over the same inputs in every
 * run. Two runs that print the same lines computed the same bits: compare them across instruction
 * sets (SWIFTREG_ISA) and thread counts (SWIFTREG_NUM_THREADS). The notebook's network trains for
 * ITERATIONS, 500 by default; the notebook itself uses 30000. With TEST_FLOAT_ONLY it has the lines of float
 * alone, for a library without double. */
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "host.h"

#if TEST_FLOAT_ONLY
#define OF_DOUBLES(call) (void)0
#else
#define OF_DOUBLES(call) call
#endif

/* On a board, another main function calls this one. */
#ifdef TEST_FLOAT_ONLY
int test_main(int argc, char **argv);
#define HASH_MAIN test_main
#else
#define HASH_MAIN main
#endif

static const uint64_t basis = 0xcbf29ce484222325u, prime = 0x100000001b3u; /* FNV-1a */
static uint64_t hash = 0xcbf29ce484222325u;

void must(int status, const char *call) {
    if (status == REG_OK) return;
    fprintf(stderr, "%s: %s\n", call, reg_status_message((reg_status)status));
    exit(EXIT_FAILURE);
}

void hash_bytes(const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * prime;
}

static void print_hash(const char *kind, const char *name) {
    /* In halves: newlib has no format for 64 bits. */
    printf("%s %s %08lx%08lx\n", kind, name, (unsigned long)(hash >> 32), (unsigned long)hash & 0xffffffff);
    hash = basis;
}

void print_integer_hash(const char *name) { print_hash("integer", name); }
void print_real_hash(const char *name) { print_hash("real", name); }

static void hash_masks(void) {
    random_seed(10);
    for (int i = 0; i < 200; i++) {
        const size_t n = (size_t)random_int(0, 300);
        const uint64_t seed = random_bits(), stream = random_bits(), offset = random_bits();
        uint8_t *mask = BUFFER(uint8_t, n);
        uint32_t *words = BUFFER(uint32_t, n);
        MUST(reg_dropout_mask(n, random_real(0.05, 1), seed, stream, offset, mask));
        hash_bytes(mask, n);
        MUST(reg_philox(n, seed, stream, offset, words));
        hash_bytes(words, n * sizeof *words);
        release_buffers();
    }
    print_integer_hash("masks");
}

int HASH_MAIN(int argc, char **argv) {
    const size_t iterations = argc > 1 ? strtoull(argv[1], NULL, 10) : 500;
    hash_masks();
    hash_kernels();
    OF_DOUBLES(hash_kernels_f64());
    hash_networks();
    OF_DOUBLES(hash_networks_f64());
    hash_notebook(iterations);
    OF_DOUBLES(hash_notebook_f64(iterations));
    /* Checks that threads really ran: the bits would be the same without. */
    int32_t threads;
    MUST(reg_get_num_threads(&threads));
    if (threads > 1 && thread_count() == 1) {
        fprintf(stderr, "%d threads were asked for, and none was started\n", threads);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
