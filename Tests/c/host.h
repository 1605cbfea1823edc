/* What the C tests take from the host. host_linux.c and host_wasi.c implement this, and the guarded
 * buffers and describe_crashes of check.h. */
#ifndef SWIFTREG_TESTS_HOST_H
#define SWIFTREG_TESTS_HOST_H

#include <stdbool.h>

/* Whether a library for this host reads and writes files. */
#ifdef __linux__
#define HOST_HAS_FILES 1
#else
#define HOST_HAS_FILES 0
#endif

/* Makes count calls run(contexts[i]), each in a thread of its own, at the same time; without threads,
 * one after the other. results[i], unless `results` is NULL, receives what call i returned. */
enum { MOST_AT_ONCE = 8 };
void run_at_once(int count, void *(*run)(void *context), void *const *contexts, void **results);

/* Threads of this process; 0 where the host does not tell. */
int thread_count(void);

/* Of the allocator in blocks.c, which may be called from several threads. */
void lock_blocks(void);
void unlock_blocks(void);

#endif
