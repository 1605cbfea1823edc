#include "blocks.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__thread long allowed = -1;
__thread bool refused;

void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

/* ---- Blocks ---------------------------------------------------------------------------- */

/* Every block and its size, in a hash table: a free place has no memory. */
enum { PLACES = 1 << 14 };
static struct Block {
    void *memory;
    size_t size;
} table[PLACES];
static size_t live, peak;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Behind each block; long enough for a vector that is stored one element too far. */
static const unsigned char canary[64] = {0xC5, 0x3A, 0x96, 0x69, 0xA3, 0x5C, 0x0F, 0xF1};

static size_t home(const void *memory) {
    return (size_t)((uint64_t)((uintptr_t)memory >> 4) * 0x9e3779b97f4a7c15u >> 50);
}

static void *count_in(void *memory, size_t size) {
    if (memory == NULL) return NULL;
    memcpy((char *)memory + size, canary, sizeof canary);
    pthread_mutex_lock(&lock);
    size_t i = home(memory);
    while (table[i].memory != NULL) i = (i + 1) % PLACES;
    table[i] = (struct Block){memory, size};
    live += size;
    if (live > peak) peak = live;
    pthread_mutex_unlock(&lock);
    return memory;
}

static void check_canary(struct Block block) {
    if (memcmp((char *)block.memory + block.size, canary, sizeof canary) == 0) return;
    fprintf(stderr, "heap overrun: written behind a block of %zu bytes\n", block.size);
    abort();
}

/* The size of the block. */
static size_t count_out(void *memory) {
    if (memory == NULL) return 0;
    pthread_mutex_lock(&lock);
    size_t i = home(memory);
    while (table[i].memory != NULL && table[i].memory != memory) i = (i + 1) % PLACES;
    const struct Block block = table[i];
    live -= block.size;
    /* What collided with it moves up, so that no search ends too early. */
    for (size_t k = (i + 1) % PLACES; table[i].memory != NULL && table[k].memory != NULL; k = (k + 1) % PLACES) {
        const size_t wants = home(table[k].memory);
        if ((k - wants) % PLACES < (k - i) % PLACES) continue;
        table[i] = table[k];
        i = k;
    }
    table[i].memory = NULL;
    pthread_mutex_unlock(&lock);
    if (block.memory != NULL) check_canary(block);
    return block.size;
}

__attribute__((destructor)) static void check_blocks(void) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < PLACES; i++)
        if (table[i].memory != NULL) check_canary(table[i]);
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

/* A block of the C library, counted, with a canary behind it; NULL if there is none. */
static void *new_block(size_t alignment, size_t size) {
    if (!allow() || size > SIZE_MAX - sizeof canary) return NULL;
    const size_t bytes = size + sizeof canary;
    return count_in(alignment == 0 ? __libc_malloc(bytes) : __libc_memalign(alignment, bytes), size);
}

void *malloc(size_t size) {
    void *memory = new_block(0, size);
    if (memory == NULL) errno = ENOMEM;
    return memory;
}

void *calloc(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    void *memory = malloc(count * size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

void *realloc(void *memory, size_t size) {
    void *larger = malloc(size);
    if (larger == NULL || memory == NULL) return larger;
    const size_t old = count_out(memory);
    memcpy(larger, memory, old < size ? old : size);
    __libc_free(memory);
    return larger;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *memory = new_block(alignment, size);
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

void free(void *memory) {
    count_out(memory);
    __libc_free(memory);
}
