/* Functions of the example programs: errors, and the numbers of command lines. Define PROGRAM, the
 * name in error messages, before including it. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "swiftreg.h"

/* Ends the program with the reason if a library call failed. */
static inline void must(reg_status status) {
    if (status == REG_OK) return;
    fprintf(stderr, PROGRAM ": %s\n", reg_status_message(status));
    exit(EXIT_FAILURE);
}

/* The memory of malloc, never NULL. */
static inline void *memory(size_t count, size_t size) {
    void *block = count == 0 || size <= SIZE_MAX / count ? malloc(count * size + 1) : NULL;
    if (block == NULL) must(REG_ERROR_MEMORY);
    return block;
}

/* The value of option `name`. */
static inline double number(const char *name, const char *text, double low, double high) {
    char *end;
    const double value = strtod(text, &end);
    if (end != text && *end == '\0' && value >= low && value <= high) return value;
    fprintf(stderr, PROGRAM ": %s must be a number from %g to %g, not %s\n", name, low, high, text);
    exit(EXIT_FAILURE);
}

#endif
