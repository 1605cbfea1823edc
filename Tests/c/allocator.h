/* Calls whose allocations fail, one after the other. */
#ifndef SWIFTREG_TESTS_ALLOCATOR_H
#define SWIFTREG_TESTS_ALLOCATOR_H

#include "blocks.h"
#include "swiftreg.h"

/* Makes the call with no allocation allowed, then with one, until none is left to fail. The call gets
 * the limit, and sets `allowed` to it and back. A thread keeps its working memory, so each attempt has a
 * thread of its own; when it has ended, everything that it allocated must be freed. */
void check_call(const char *name, reg_status (*call)(long limit));
/* Over all calls, how many allocations were made to fail. */
extern long failed_allocations;

/* Networks without memory, and how much of it they take. */
void check_network_memory(void);

#endif
