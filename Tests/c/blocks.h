/* The allocators of blocks.c take the place of the C library's, for the shared library too. They
 * count, can be told to fail, and keep a canary behind each block: a write there ends the program
 * with an error, when the block is freed or when the program ends. */
#ifndef SWIFTREG_TESTS_BLOCKS_H
#define SWIFTREG_TESTS_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* How many allocations of this thread still succeed; negative: all. */
extern __thread long allowed;
/* Whether one of this thread was refused. */
extern __thread bool refused;

/* Bytes that were asked for and not yet freed, by all threads; the most since reset_peak(). */
size_t allocated_bytes(void);
size_t peak_bytes(void);
void reset_peak(void);

#endif
