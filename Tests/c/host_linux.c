#include "host.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

/* ---- Crashes --------------------------------------------------------------------------- */

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

/* ---- Guarded buffers ------------------------------------------------------------------- */

static struct Mapping {
    char *start;
    size_t length; /* with both guard pages */
} mappings[64];
static size_t mapped;

void *buffer(size_t count, size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = count * size;
    const size_t inner = (bytes + page - 1) / page * page;
    char *start = mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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

/* ---- Threads --------------------------------------------------------------------------- */

void run_at_once(int count, void *(*run)(void *context), void *const *contexts, void **results) {
    pthread_t threads[MAX_AT_ONCE];
    for (int i = 0; i < count; i++) CHECK(pthread_create(&threads[i], NULL, run, contexts[i]) == 0);
    for (int i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], results == NULL ? NULL : &results[i]) == 0);
}

int thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) return 0;
    int count = -2; /* . and .. */
    while (readdir(tasks) != NULL) count++;
    closedir(tasks);
    return count;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
void lock_blocks(void) { pthread_mutex_lock(&lock); }
void unlock_blocks(void) { pthread_mutex_unlock(&lock); }
