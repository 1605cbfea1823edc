/* The allocators of allocator.c take the place of the C library's, for the shared library too. They
 * can be told to fail, and count. */
#ifndef SWIFTREG_TESTS_ALLOCATOR_H
#define SWIFTREG_TESTS_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "swiftreg.h"

/* How many allocations of this thread still succeed; negative: all. */
extern __thread long allowed;
/* Whether one of this thread was refused. */
extern __thread bool refused;

/* Bytes that were asked for and not yet freed, by all threads; the most since reset_peak(). */
size_t allocated_bytes(void);
size_t peak_bytes(void);
void reset_peak(void);

/* Makes the call with no allocation allowed, then with one, until none is left to fail. The call gets
 * the limit, and sets `allowed` to it and back. A thread keeps its working memory, so each attempt has a
 * thread of its own; when it has ended, everything that it allocated must be freed. */
void check_call(const char *name, reg_status (*call)(long limit));
/* Over all calls, how many allocations were made to fail. */
extern long failed_allocations;

/* Networks without memory, and how much of it they take. */
void check_network_memory(void);

#endif
