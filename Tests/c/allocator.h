/* Calls whose allocations fail, one after the other. */
#ifndef SWIFTREG_TESTS_ALLOCATOR_H
#define SWIFTREG_TESTS_ALLOCATOR_H

#include "blocks.h"
#include "swiftreg.h"

/* Makes the call with no allocation allowed, then with one, until none fails. The call sets
 * `allowed` to the limit and back. Each attempt runs in a new thread, because a thread keeps its
 * working memory; everything that the thread allocated must be freed when it ends. */
void check_call(const char *name, reg_status (*call)(long limit));
/* The number of allocations that failed, over all calls. */
extern long failed_allocations;

/* Networks without memory, and the amount that they need. */
void check_network_memory(void);

#endif
