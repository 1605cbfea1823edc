/* Functions of the host for the C tests. host_linux.c and host_wasi.c implement them, and the
 * guarded buffers and describe_crashes of check.h. */
#ifndef SWIFTREG_TESTS_HOST_H
#define SWIFTREG_TESTS_HOST_H

#include <stdbool.h>

/* Whether a library for this host reads and writes files. */
#ifdef __linux__
#define HOST_HAS_FILES 1
#else
#define HOST_HAS_FILES 0
#endif

/* Calls run(contexts[i]) for i = 0 ... count - 1, at most MAX_AT_ONCE, in one thread each; on a
 * host without threads, one after the other. results[i], unless `results` is NULL, receives the
 * result of call i. */
enum { MAX_AT_ONCE = 8 };
void run_at_once(int count, void *(*run)(void *context), void *const *contexts, void **results);

/* The number of threads of this process; 0 if unknown. */
int thread_count(void);

/* The lock of the allocator in blocks.c, which several threads may call. */
void lock_blocks(void);
void unlock_blocks(void);

#endif
