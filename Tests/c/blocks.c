#include "blocks.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

__thread long allowed = -1;
__thread bool refused;

/* REPLACED(f) takes the place of the C library's function f; the linker of WebAssembly does it by
 * --wrap. */
#ifdef __wasm__
#define REPLACED(name) __wrap_##name
void *__real_malloc(size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
void __real_free(void *memory);

static void *library_memory(size_t alignment, size_t size) {
    void *memory = NULL;
    if (alignment == 0) return __real_malloc(size);
    return __real_posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}
static void library_free(void *memory) { __real_free(memory); }
#else
#define REPLACED(name) name
void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static void *library_memory(size_t alignment, size_t size) {
    return alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
}
static void library_free(void *memory) { __libc_free(memory); }
#endif

void *REPLACED(malloc)(size_t size);
void *REPLACED(calloc)(size_t count, size_t size);
void *REPLACED(realloc)(void *memory, size_t size);
int REPLACED(posix_memalign)(void **out, size_t alignment, size_t size);
void REPLACED(free)(void *memory);

/* ---- Blocks ---------------------------------------------------------------------------- */

/* A hash table of every block and its size; an empty slot has memory == NULL. */
enum { PLACES = 1 << 14 };
static struct Block {
    void *memory;
    size_t size;
} table[PLACES];
static size_t live, peak;

/* Behind each block; as long as the largest vector. */
static const unsigned char canary[64] = {0xC5, 0x3A, 0x96, 0x69, 0xA3, 0x5C, 0x0F, 0xF1};

static size_t home(const void *memory) {
    return (size_t)((uint64_t)((uintptr_t)memory >> 4) * 0x9e3779b97f4a7c15u >> 50);
}

static void *count_in(void *memory, size_t size) {
    if (memory == NULL) return NULL;
    memcpy((char *)memory + size, canary, sizeof canary);
    lock_blocks();
    size_t i = home(memory);
    while (table[i].memory != NULL) i = (i + 1) % PLACES;
    table[i] = (struct Block){memory, size};
    live += size;
    if (live > peak) peak = live;
    unlock_blocks();
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
    lock_blocks();
    size_t i = home(memory);
    while (table[i].memory != NULL && table[i].memory != memory) i = (i + 1) % PLACES;
    const struct Block block = table[i];
    live -= block.size;
    /* Later entries of the same probe sequence move up, so that no search ends too early. */
    for (size_t k = (i + 1) % PLACES; table[i].memory != NULL && table[k].memory != NULL;
         k = (k + 1) % PLACES) {
        const size_t wants = home(table[k].memory);
        if ((k - wants) % PLACES < (k - i) % PLACES) continue;
        table[i] = table[k];
        i = k;
    }
    table[i].memory = NULL;
    unlock_blocks();
    if (block.memory != NULL) check_canary(block);
    return block.size;
}

__attribute__((destructor)) static void check_blocks(void) {
    lock_blocks();
    for (size_t i = 0; i < PLACES; i++)
        if (table[i].memory != NULL) check_canary(table[i]);
    unlock_blocks();
}

size_t allocated_bytes(void) {
    lock_blocks();
    const size_t bytes = live;
    unlock_blocks();
    return bytes;
}

size_t peak_bytes(void) {
    lock_blocks();
    const size_t bytes = peak;
    unlock_blocks();
    return bytes;
}

void reset_peak(void) {
    lock_blocks();
    peak = live;
    unlock_blocks();
}

/* ---- Replacements of the C library's functions ----------------------------------------- */

static bool allow(void) {
    if (allowed < 0) return true;
    if (allowed > 0) return allowed-- > 0;
    return !(refused = true);
}

/* A block of the C library, counted, with a canary behind it; NULL if there is none. */
static void *new_block(size_t alignment, size_t size) {
    if (!allow() || size > SIZE_MAX - sizeof canary) return NULL;
    return count_in(library_memory(alignment, size + sizeof canary), size);
}

void *REPLACED(malloc)(size_t size) {
    void *memory = new_block(0, size);
    if (memory == NULL) errno = ENOMEM;
    return memory;
}

void *REPLACED(calloc)(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    void *memory = REPLACED(malloc)(count * size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

void *REPLACED(realloc)(void *memory, size_t size) {
    void *larger = REPLACED(malloc)(size);
    if (larger == NULL || memory == NULL) return larger;
    const size_t old = count_out(memory);
    memcpy(larger, memory, old < size ? old : size);
    library_free(memory);
    return larger;
}

int REPLACED(posix_memalign)(void **out, size_t alignment, size_t size) {
    void *memory = new_block(alignment, size);
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

void REPLACED(free)(void *memory) {
    count_out(memory);
    library_free(memory);
}
