/* What the fuzzers share: choices made from bytes, buffers between pages that cannot be touched, and
 * the judgement of a status. A case is a string of bytes; every choice in it is read from them, so a
 * case is repeated by its bytes, and a coverage-guided fuzzer can change them. */
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

/* Says what is wrong and where, and aborts. */
#define DEMAND(condition) \
    ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
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
/* A size round a tile or a vector: 0 to most. */
size_t choose_size(size_t most);
/* So many elements of this size have more bytes than there are addresses. */
size_t choose_impossible(size_t size);
/* Any number, special ones often. */
double choose_real(void);
/* Mostly in [low, high], sometimes any number. */
double choose_near(double low, double high);
/* Mostly 0 to count - 1, sometimes anything. */
uint32_t choose_enum(uint32_t count);
int64_t choose_integer(void);

/* ---- Buffers --------------------------------------------------------------------------- */

enum { MOST_BYTES = 1 << 20, MOST_BUFFERS = 24 };

/* `size` bytes, at most MOST_BYTES, all 0xA5, that end where a page begins that cannot be touched,
 * or begin where one ends. Valid until the case ends. */
void *fuzz_buffer(size_t size);
/* The buffers that there are now are no longer used. A case begins without one. */
void release_buffers(void);
/* A call may not write there. */
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

/* Makes the call. `wrong` are the errors that its arguments have, of which it may give any: it must
 * give one of them if there is one, else REG_OK. `possible` are errors that it may give besides. A
 * call that failed has written to no buffer, and none to a frozen one. */
#define JUDGE(call, wrong, possible) (before_call(), after_call((call), (wrong), (possible), #call))
void before_call(void);
reg_status after_call(reg_status got, Statuses wrong, Statuses possible, const char *call);

/* ---- Matrices -------------------------------------------------------------------------- */

/* units x examples elements, or what cannot be any. */
typedef struct Matrix {
    reg_strides strides;
    size_t element, units, examples;
    size_t length;   /* elements from the first to the last in memory */
    size_t origin;   /* of which element (0, 0) is this one */
    Statuses wrong, possible;
    bool is_large;   /* no error, but more than a buffer here holds */
} Matrix;

/* A layout, sensible or not, for an input or an output; neither size is 0. */
Matrix choose_matrix(size_t units, size_t examples, size_t element, bool is_output);
/* Element (0, 0) in a buffer of exactly its length, or of a few elements if there is an error;
 * inputs are filled and frozen. */
void *matrix_buffer(const Matrix *matrix, bool is_output);
/* Nothing was written between the elements. */
void check_padding(const Matrix *matrix, const void *first);

#endif
