/* Functions of all fuzzers: choices from bytes, guarded buffers, and the judgement of a status. A
 * case is a string of bytes from which every choice is read. So its bytes repeat a case, and a
 * coverage-guided fuzzer can change them. */
#ifndef SWIFTREG_TESTS_FUZZ_H
#define SWIFTREG_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swiftreg_network.h"

/* ---- The fuzzers ----------------------------------------------------------------------- */

/* The name of this program's fuzzer, and one case of it. Ends the process at a finding. */
extern const char fuzzer_name[];
void fuzz_case(const uint8_t *bytes, size_t size);

/* Prints the failed condition and its place, and aborts. */
#define DEMAND(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_fail(const char *text, const char *file, int line);

/* ---- Choices --------------------------------------------------------------------------- */

/* The bytes of the case; zeros after their end. */
void choose_from(const uint8_t *bytes, size_t size);
bool has_choices(void);
uint64_t choose_bits(int bytes);
/* 0 to count - 1. */
size_t choose(size_t count);
/* True once in `times`, false when there are no more bytes. */
bool rarely(size_t times);
/* A size from 0 to max, often near the size of a tile or a vector. */
size_t choose_size(size_t max);
/* Whether this number of elements of this size exceeds the address space. */
size_t choose_impossible(size_t size);
/* Any number, special ones often. */
double choose_real(void);
/* Mostly in [low, high], sometimes any number. */
double choose_near(double low, double high);
/* Mostly 0 to count - 1, sometimes anything. */
uint32_t choose_enum(uint32_t count);
int64_t choose_integer(void);

/* ---- Buffers --------------------------------------------------------------------------- */

enum { MAX_BYTES = 1 << 20, MAX_BUFFERS = 24 };

/* `size` bytes, at most MAX_BYTES, all 0xA5, of which one side borders on an inaccessible page.
 * Valid until the case ends. */
void *fuzz_buffer(size_t size);
/* Releases all buffers. A case begins without one. */
void release_buffers(void);
/* Forbids writing to the buffer. */
void freeze_buffer(const void *buffer);
bool is_untouched(const void *bytes, size_t size);

/* `count` float or double numbers, some of them special. */
void fill_reals(void *reals, size_t count, size_t element);
/* Any bytes. */
void fill_bytes(void *bytes, size_t size);

/* ---- Judgement ------------------------------------------------------------------------- */

/* A set of statuses. */
typedef uint64_t Statuses;
#define ONE(status) ((Statuses)1 << (status))
#define IF(condition, status) ((condition) ? ONE(status) : 0)

/* Makes the call. `wrong` is the set of errors of its arguments: the call must return one of them
 * if there is one, else REG_OK. `possible` is the set of errors that it may return besides. A
 * failed call must write to no buffer, and no call to a frozen one. */
#define JUDGE(call, wrong, possible) (before_call(), after_call((call), (wrong), (possible), #call))
void before_call(void);
reg_status after_call(reg_status got, Statuses wrong, Statuses possible, const char *call);

/* ---- Matrices -------------------------------------------------------------------------- */

/* units x examples elements, or an invalid description of them. */
typedef struct Matrix {
    reg_strides strides;
    size_t element, units, examples;
    size_t length; /* elements from the first to the last in memory */
    size_t origin; /* the index of element (0, 0) */
    Statuses wrong, possible;
    bool is_large; /* valid, but larger than a buffer here */
} Matrix;

/* A layout, valid or not, for an input or an output; neither size is 0. */
Matrix choose_matrix(size_t units, size_t examples, size_t element, bool is_output);
/* Element (0, 0) in a buffer of exactly its length, or of a few elements if there is an error;
 * inputs are filled and frozen. */
void *matrix_buffer(const Matrix *matrix, bool is_output);
/* Whether nothing was written between the elements. */
void check_padding(const Matrix *matrix, const void *first);

#endif
