/* What the C tests share: checks, guarded buffers, random numbers. */
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

/* What is being tested, printed with a failure. */
extern char description[256];
void describe(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Run on an emulated CPU: what takes long is left out. */
extern bool quick;

/* From here on, a crash tells what was being tested. */
void describe_crashes(void);

/* Prints the numbers of checks and failures; gives the exit status. */
int report(const char *what);

/* ---- Guarded buffers ------------------------------------------------------------------- */

/* Buffers end where a page begins that cannot be touched, or begin where one ends: an access
 * outside is a crash. */
typedef enum Guard { GUARD_AFTER, GUARD_BEFORE } Guard;
extern Guard guard;

/* `count` elements of `size` bytes, all bytes 0xA5. Valid until release_buffers(). */
void *buffer(size_t count, size_t size);
#define BUFFER(type, count) ((type *)buffer((count), sizeof(type)))
/* From here on, writing to any buffer there is now is a crash. */
void freeze_buffers(void);
void release_buffers(void);
/* All bytes are still 0xA5. */
bool is_untouched(const void *bytes, size_t size);

/* ---- Random numbers (splitmix64) ------------------------------------------------------- */

void random_seed(uint64_t seed);
uint64_t random_bits(void);
int random_int(int low, int high);       /* low to high, both possible */
double random_real(double low, double high);

/* The last value of an enum of the library. */
static inline int last_value(reg_enum which) { return (int)reg_enum_count(which) - 1; }

#endif
