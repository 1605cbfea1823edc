#include "allocator.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

__thread long allowed = -1;
__thread bool refused;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

/* ---- Counting -------------------------------------------------------------------------- */

/* Every allocation and its size, in a hash table: a free place has no memory. */
enum { PLACES = 1 << 14 };
static struct Allocation {
    void *memory;
    size_t size;
} table[PLACES];
static size_t live, peak;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t home(const void *memory) {
    return (size_t)(((uintptr_t)memory >> 4) * 0x9e3779b97f4a7c15u >> 50);
}

static void *count_in(void *memory, size_t size) {
    if (memory == NULL) return NULL;
    pthread_mutex_lock(&lock);
    size_t i = home(memory);
    while (table[i].memory != NULL) i = (i + 1) % PLACES;
    table[i] = (struct Allocation){memory, size};
    live += size;
    if (live > peak) peak = live;
    pthread_mutex_unlock(&lock);
    return memory;
}

static void count_out(void *memory) {
    if (memory == NULL) return;
    pthread_mutex_lock(&lock);
    size_t i = home(memory);
    while (table[i].memory != NULL && table[i].memory != memory) i = (i + 1) % PLACES;
    if (table[i].memory != NULL) live -= table[i].size;
    /* What collided with it moves up, so that no search ends too early. */
    for (size_t k = (i + 1) % PLACES; table[i].memory != NULL && table[k].memory != NULL; k = (k + 1) % PLACES) {
        const size_t wants = home(table[k].memory);
        if ((k - wants) % PLACES < (k - i) % PLACES) continue;
        table[i] = table[k];
        i = k;
    }
    table[i].memory = NULL;
    pthread_mutex_unlock(&lock);
}

size_t allocated_bytes(void) {
    pthread_mutex_lock(&lock);
    const size_t bytes = live;
    pthread_mutex_unlock(&lock);
    return bytes;
}

size_t peak_bytes(void) {
    pthread_mutex_lock(&lock);
    const size_t bytes = peak;
    pthread_mutex_unlock(&lock);
    return bytes;
}

void reset_peak(void) {
    pthread_mutex_lock(&lock);
    peak = live;
    pthread_mutex_unlock(&lock);
}

/* ---- In place of the C library's ------------------------------------------------------- */

static bool allow(void) {
    if (allowed < 0) return true;
    if (allowed > 0) return allowed-- > 0;
    return !(refused = true);
}

static void *no_memory(void) {
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size) { return allow() ? count_in(__libc_malloc(size), size) : no_memory(); }

void *calloc(size_t count, size_t size) {
    return allow() ? count_in(__libc_calloc(count, size), count * size) : no_memory();
}

void *realloc(void *memory, size_t size) {
    if (!allow()) return no_memory();
    count_out(memory);
    return count_in(__libc_realloc(memory, size), size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *memory = allow() ? count_in(__libc_memalign(alignment, size), size) : NULL;
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

void free(void *memory) {
    count_out(memory);
    __libc_free(memory);
}

/* ---- Attempts -------------------------------------------------------------------------- */

typedef struct Attempt {
    reg_status (*call)(long limit);
    long limit;
    reg_status status;
    bool refused;
} Attempt;

static void *try_call(void *context) {
    Attempt *attempt = context;
    refused = false;
    attempt->status = attempt->call(attempt->limit);
    attempt->refused = refused;
    return NULL;
}

long failed_allocations;

static void run_attempt(Attempt *attempt) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, try_call, attempt) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

void check_call(const char *name, reg_status (*call)(long limit)) {
    Attempt attempt = {.call = call, .limit = -1};
    /* Once with all memory: what is made once for the process is no leak. */
    describe("%s", name);
    run_attempt(&attempt);
    CHECK(attempt.status == REG_OK);
    release_buffers();
    do {
        attempt.limit++;
        describe("%s, allocation %ld fails", name, attempt.limit);
        const size_t before = allocated_bytes();
        run_attempt(&attempt);
        CHECK(allocated_bytes() == before);
        CHECK(attempt.refused == (attempt.status != REG_OK));
        release_buffers();
    } while (attempt.status != REG_OK && attempt.limit < 100);
    CHECK(attempt.status == REG_OK);
    failed_allocations += attempt.limit;
}
