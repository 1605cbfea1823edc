#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- Crashes --------------------------------------------------------------------------- */

/* The engine prints the place of a trap. */
void describe_crashes(void) {}

/* ---- Guarded buffers ------------------------------------------------------------------- */
/*
 * Pages cannot be protected. Zones before and behind a buffer, and the bytes of a frozen buffer, are
 * compared when it is released.
 */

enum { ZONE = 512, MAX_BUFFERS = 64 };

static struct Buffer {
    unsigned char *start; /* of the zone before the buffer */
    size_t bytes;
    unsigned char *frozen; /* NULL, or a copy of the expected bytes */
} buffers[MAX_BUFFERS];
static size_t buffer_count;

/* The bytes of the zones; differs from that of a new buffer. */
static unsigned char zone_byte(size_t i) { return (unsigned char)(0x5B ^ i); }

void *buffer(size_t count, size_t size) {
    const size_t bytes = count * size;
    unsigned char *start = malloc(bytes + 2 * ZONE);
    if (start == NULL || buffer_count == MAX_BUFFERS) {
        fprintf(stderr, "no more buffers\n");
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < ZONE; i++) start[i] = start[ZONE + bytes + i] = zone_byte(i);
    memset(start + ZONE, 0xA5, bytes);
    buffers[buffer_count++] = (struct Buffer){start, bytes, NULL};
    return start + ZONE;
}

void freeze_buffers(void) {
    for (size_t i = 0; i < buffer_count; i++) {
        free(buffers[i].frozen);
        buffers[i].frozen = malloc(buffers[i].bytes + 1);
        memcpy(buffers[i].frozen, buffers[i].start + ZONE, buffers[i].bytes);
    }
}

void release_buffers(void) {
    while (buffer_count > 0) {
        const struct Buffer b = buffers[--buffer_count];
        bool is_whole = true;
        for (size_t i = 0; i < ZONE; i++)
            is_whole = is_whole && b.start[i] == zone_byte(i) && b.start[ZONE + b.bytes + i] == zone_byte(i);
        CHECK(is_whole);
        CHECK(b.frozen == NULL || memcmp(b.frozen, b.start + ZONE, b.bytes) == 0);
        free(b.frozen);
        free(b.start);
    }
}

/* ---- Threads --------------------------------------------------------------------------- */

void run_at_once(int count, void *(*run)(void *context), void *const *contexts, void **results) {
    for (int i = 0; i < count; i++) {
        void *result = run(contexts[i]);
        if (results != NULL) results[i] = result;
    }
}

int thread_count(void) { return 0; }
void lock_blocks(void) {}
void unlock_blocks(void) {}
