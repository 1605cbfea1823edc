/* What the last failed call of a thread was about, and its text: one record for each thread, without
 * allocation. */
#ifndef SWIFTREG_ERROR_RECORD_H
#define SWIFTREG_ERROR_RECORD_H

#include <stddef.h>
#include <stdint.h>

/* Empty in a build for a host with one thread (scripts/cross-modules). */
#ifndef PLATFORM_THREAD_LOCAL
#define PLATFORM_THREAD_LOCAL _Thread_local
#endif

typedef enum platform_value {
    PLATFORM_NO_VALUE,
    PLATFORM_REAL,
    PLATFORM_FLOAT, /* in the digits that a float has */
    PLATFORM_SIGNED,
    PLATFORM_UNSIGNED,
    PLATFORM_VALUE_32_BITS = 0x7fffffff
} platform_value;

typedef struct platform_error {
    int32_t status;
    platform_value kind;  /* which of the values below is the argument's */
    const char *argument; /* static, or NULL */
    const char *wanted;   /* what the argument must be; static, or NULL */
    ptrdiff_t index;      /* -1: the argument is no array */
    double real;
    int64_t integer; /* of an unsigned one, its bits */
    char text[320];
} platform_error;

static inline platform_error *platform_error_record(void) {
    static PLATFORM_THREAD_LOCAL platform_error record;
    return &record;
}

static inline char *platform_error_text(platform_error *error) { return error->text; }

#endif
