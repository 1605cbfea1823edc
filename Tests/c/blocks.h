/* The allocators of blocks.c replace the C library's, in the shared library too. They count blocks,
 * fail on request, and keep a canary behind each block: an overwritten canary is an error when the
 * block is freed, or when the program ends. */
#ifndef SWIFTREG_TESTS_BLOCKS_H
#define SWIFTREG_TESTS_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* The number of allocations of this thread that still succeed; negative: all. */
extern __thread long allowed;
/* Whether an allocation of this thread failed. */
extern __thread bool refused;

/* Bytes allocated and not yet freed, by all threads; their maximum since reset_peak(). */
size_t allocated_bytes(void);
size_t peak_bytes(void);
void reset_peak(void);

#endif
