/* Checks, guarded buffers and random numbers of the C tests. */
#ifndef SWIFTREG_TESTS_CHECK_H
#define SWIFTREG_TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swiftreg_network.h"

/* ---- Checks ---------------------------------------------------------------------------- */

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STATUS(want, call) check_status((want), (call), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS(REG_OK, call)

bool check(bool condition, const char *text, const char *file, int line);
bool check_status(reg_status want, reg_status got, const char *text, const char *file, int line);

/* Describes the present test case; printed with a failure. */
extern char description[256];
void describe(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Leaves out slow cases: for an emulated CPU. */
extern bool quick;

/* From here on, a crash prints the description. */
void describe_crashes(void);

/* Prints the numbers of checks and failures; returns the exit status. */
int report(const char *what);

/* ---- Guarded buffers ------------------------------------------------------------------- */

/* One side of a buffer borders on an inaccessible page: an access beyond it is a crash. */
typedef enum Guard { GUARD_AFTER, GUARD_BEFORE } Guard;
extern Guard guard;

/* `count` elements of `size` bytes, all bytes 0xA5. Valid until release_buffers(). */
void *buffer(size_t count, size_t size);
#define BUFFER(type, count) ((type *)buffer((count), sizeof(type)))
/* Makes all present buffers read-only: writing to one is a crash. */
void freeze_buffers(void);
void release_buffers(void);
/* All bytes are still 0xA5. */
bool is_untouched(const void *bytes, size_t size);

/* ---- Random numbers (splitmix64) ------------------------------------------------------- */

void random_seed(uint64_t seed);
uint64_t random_bits(void);
int random_int(int low, int high); /* low to high, inclusive */
double random_real(double low, double high);

/* The last value of an enum of the library. */
static inline int last_value(reg_enum which) { return (int)reg_enum_count(which) - 1; }

#endif
