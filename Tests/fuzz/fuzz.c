#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_fail(const char *text, const char *file, int line) {
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
    abort();
}

/* ---- Choices --------------------------------------------------------------------------- */

static const uint8_t *next, *end;

void choose_from(const uint8_t *bytes, size_t size) {
    next = bytes;
    end = bytes + size;
}

bool has_choices(void) { return next < end; }

uint64_t choose_bits(int bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < bytes && next < end; i++) bits |= (uint64_t)*next++ << (8 * i);
    return bits;
}

size_t choose(size_t count) { return choose_bits(count > 256 ? 4 : 1) % count; }

bool rarely(size_t times) { return has_choices() && choose(times) == times - 1; }

size_t choose_size(size_t max) {
    static const size_t edges[] = {0,  1,  2,  5,  6,   7,   15,  16,  17,  31, 32,
                                   33, 63, 64, 65, 127, 128, 129, 511, 512, 513};
    const size_t kind = choose(4);
    const size_t size = kind < 2    ? choose(20)
                        : kind == 2 ? edges[choose(sizeof edges / sizeof *edges)]
                                    : choose(max + 1);
    return size > max ? max : size;
}

size_t choose_impossible(size_t size) {
    const size_t least = SIZE_MAX / size / 2 + 1;
    switch (choose(4)) {
    case 0: return SIZE_MAX - choose(20);
    case 1: return least + choose(20);
    case 2: return (SIZE_MAX >> 1) + choose(3);
    default: return least + choose_bits(8) % (SIZE_MAX - least);
    }
}

double choose_real(void) {
    static const double special[] = {0,
                                     -0.0,
                                     1,
                                     -1,
                                     NAN,
                                     INFINITY,
                                     -INFINITY,
                                     0x1p-1074,
                                     0x1p-1022,
                                     0x1.fffffffffffffp+1023,
                                     -0x1.fffffffffffffp+1023,
                                     0x1p-126f,
                                     0x1.fffffep+127,
                                     0x1p-149,
                                     1 - 0x1p-53,
                                     1 + 0x1p-52,
                                     0x1p-32,
                                     1e-300,
                                     1e30};
    const size_t kind = choose(4);
    if (kind == 0) return special[choose(sizeof special / sizeof *special)];
    if (kind == 1) return (double)choose_bits(4) * 0x1p-32;
    if (kind == 2) return ((double)choose_bits(2) - 0x1p15) * 0x1p-13;
    const uint64_t bits = choose_bits(8);
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

double choose_near(double low, double high) {
    if (rarely(12)) return choose_real();
    const size_t kind = choose(8);
    return kind == 0 ? low : kind == 1 ? high : low + (high - low) * (double)choose_bits(2) * 0x1p-16;
}

uint32_t choose_enum(uint32_t count) {
    return rarely(24) ? (uint32_t)choose_bits(4) : (uint32_t)choose(count + (rarely(24) ? 1 : 0));
}

int64_t choose_integer(void) {
    static const int64_t special[] = {INT64_MIN,
                                      INT64_MIN + 1,
                                      INT64_MAX,
                                      INT64_MAX - 1,
                                      -1,
                                      0,
                                      1,
                                      2,
                                      INT64_C(1) << 62,
                                      INT64_C(1) << 61,
                                      INT64_C(1) << 60,
                                      -(INT64_C(1) << 62),
                                      -(INT64_C(1) << 61),
                                      INT64_C(1) << 48,
                                      INT64_C(1) << 32,
                                      INT32_MAX};
    const size_t kind = choose(3);
    if (kind == 0) return special[choose(sizeof special / sizeof *special)];
    return kind == 1 ? (int64_t)choose(41) - 20 : (int64_t)choose_bits(8);
}

/* ---- Buffers --------------------------------------------------------------------------- */

/* The number of compared bytes on the side of a buffer without a guard page. */
enum { OPEN_SIDE = 256 };

/* Mapped once: a mapping for each case would take most of its time. */
static struct Arena {
    uint8_t *start;        /* after the first guard page */
    uint8_t *begin, *open; /* the buffer, and OPEN_SIDE untouched bytes */
    size_t size;
    uint64_t hash; /* before the call */
    bool is_frozen;
} arenas[MAX_BUFFERS];
static size_t used;

static void make_arenas(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    DEMAND(MAX_BYTES % page == 0 && OPEN_SIDE < page);
    for (size_t i = 0; i < MAX_BUFFERS; i++) {
        uint8_t *all = mmap(NULL, MAX_BYTES + 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        DEMAND(all != MAP_FAILED && mprotect(all + page, MAX_BYTES + page, PROT_READ | PROT_WRITE) == 0);
        arenas[i].start = all + page;
    }
}

void *fuzz_buffer(size_t size) {
    if (arenas[0].start == NULL) make_arenas();
    DEMAND(used < MAX_BUFFERS && size <= MAX_BYTES);
    struct Arena *arena = &arenas[used++];
    const bool ends_at_guard = choose(2) == 0;
    arena->begin = arena->start + (ends_at_guard ? MAX_BYTES + (size_t)sysconf(_SC_PAGESIZE) - size : 0);
    arena->open = ends_at_guard ? arena->begin - OPEN_SIDE : arena->begin + size;
    arena->size = size;
    arena->is_frozen = false;
    memset(arena->open, 0xA5, OPEN_SIDE);
    memset(arena->begin, 0xA5, size);
    return arena->begin;
}

void release_buffers(void) { used = 0; }

void freeze_buffer(const void *buffer) {
    for (size_t i = 0; i < used; i++)
        if (arenas[i].begin == buffer) arenas[i].is_frozen = true;
}

bool is_untouched(const void *bytes, size_t size) {
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++)
        if (byte[i] != 0xA5) return false;
    return true;
}

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t hash(const uint8_t *bytes, size_t size) {
    uint64_t sum = size;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
        sum ^= sum >> 29;
    }
    return sum;
}

void fill_bytes(void *bytes, size_t size) {
    uint64_t state = mix(choose_bits(4));
    for (size_t i = 0; i < size; i++) ((uint8_t *)bytes)[i] = (uint8_t)mix(state += i);
}

void fill_reals(void *reals, size_t count, size_t element) {
    static const double special[] = {NAN,  INFINITY, -INFINITY, 0,    -0.0,  1,
                                     1e30, -1e30,    1e-40,     88.8, -88.8, 710};
    const size_t kind = choose(4);
    uint64_t state = mix(choose_bits(4));
    for (size_t i = 0; i < count; i++) {
        const uint64_t bits = mix(state += 0x9e3779b97f4a7c15u);
        double real = (double)(bits >> 11) * 0x1p-52 - 1;
        if (kind == 2) real = real > 0;
        if (kind == 3 && bits % 8 == 0) real = special[(bits >> 8) % (sizeof special / sizeof *special)];
        if (element == sizeof(float)) ((float *)reals)[i] = (float)real;
        else ((double *)reals)[i] = real;
    }
}

/* ---- Judgement ------------------------------------------------------------------------- */

void before_call(void) {
    for (size_t i = 0; i < used; i++) arenas[i].hash = hash(arenas[i].begin, arenas[i].size);
}

reg_status after_call(reg_status got, Statuses wrong, Statuses possible, const char *call) {
    const Statuses allowed = wrong != 0 ? wrong | possible : possible | ONE(REG_OK);
    if ((unsigned)got >= 64 || (allowed & ONE(got)) == 0) {
        fprintf(stderr, "status %d (%s); wrong %#llx, possible %#llx\n", (int)got, reg_status_message(got),
                (unsigned long long)wrong, (unsigned long long)possible);
        fuzz_fail(call, __FILE__, __LINE__);
    }
    for (size_t i = 0; i < used; i++) {
        const bool may_write = got == REG_OK && !arenas[i].is_frozen;
        const bool is_kept = may_write || arenas[i].hash == hash(arenas[i].begin, arenas[i].size);
        if (is_kept && is_untouched(arenas[i].open, OPEN_SIDE)) continue;
        fprintf(stderr, "status %d; buffer %zu of the case was written %s\n", (int)got, i,
                is_kept ? "outside" : "where it may not be");
        fuzz_fail(call, __FILE__, __LINE__);
    }
    return got;
}

/* ---- Matrices -------------------------------------------------------------------------- */

typedef __int128 Wide;

static reg_strides choose_strides(size_t units, size_t examples) {
    const int64_t n = (int64_t)units, m = (int64_t)examples;
    switch (choose(10)) {
    case 0:
    case 1: return (reg_strides){m, 1};
    case 2:
    case 3: return (reg_strides){1, n};
    case 4: return (reg_strides){m + (int64_t)choose(5), 1};
    case 5: return (reg_strides){2, 2 * n + (int64_t)choose(5) - 2};
    case 6: return (reg_strides){m, -1};
    case 7: return (reg_strides){(int64_t)choose(2), (int64_t)choose(2)};
    case 8: return (reg_strides){(int64_t)choose(41) - 20, (int64_t)choose(41) - 20};
    default: return (reg_strides){choose_integer(), choose_integer()};
    }
}

Matrix choose_matrix(size_t units, size_t examples, size_t element, bool is_output) {
    Matrix matrix = {.element = element, .units = units, .examples = examples};
    matrix.strides = choose_strides(units, examples);
    const Wide addresses = (Wide)1 << 63, up = (Wide)matrix.strides.unit * (Wide)(units - 1),
               across = (Wide)matrix.strides.example * (Wide)(examples - 1);
    /* Each at most 2^126 before it is cut down. */
    const Wide height = up < 0 ? -up : up, width = across < 0 ? -across : across;
    const Wide span = (height < addresses ? height : addresses) + (width < addresses ? width : addresses);
    if (span * (Wide)element >= addresses - 1) matrix.wrong |= ONE(REG_ERROR_SIZE);
    if (is_output) {
        const bool steps = (units == 1 || up > 0) && (examples == 1 || across > 0);
        const bool apart =
            units == 1 || examples == 1 || matrix.strides.unit > across || matrix.strides.example > up;
        if (!steps || !apart) matrix.wrong |= ONE(REG_ERROR_SHAPE);
    }
    if (matrix.wrong == 0 && (span + 1) * (Wide)element > MAX_BYTES) {
        matrix.is_large = true;
        matrix.possible |= ONE(REG_ERROR_SIZE);
    } else if (matrix.wrong == 0) {
        matrix.length = (size_t)span + 1;
        matrix.origin = (size_t)((up < 0 ? -up : 0) + (across < 0 ? -across : 0));
    }
    return matrix;
}

void *matrix_buffer(const Matrix *matrix, bool is_output) {
    const size_t length = matrix->length == 0 ? 4 : matrix->length;
    char *buffer = fuzz_buffer(length * matrix->element);
    if (!is_output) {
        fill_reals(buffer, length, matrix->element);
        freeze_buffer(buffer);
    }
    return buffer + matrix->origin * matrix->element;
}

void check_padding(const Matrix *matrix, const void *first) {
    static bool is_inside[MAX_BYTES / sizeof(float)];
    memset(is_inside, 0, matrix->length);
    for (size_t u = 0; u < matrix->units; u++)
        for (size_t r = 0; r < matrix->examples; r++)
            is_inside[(int64_t)matrix->origin + (int64_t)u * matrix->strides.unit +
                      (int64_t)r * matrix->strides.example] = true;
    const uint8_t *begin = (const uint8_t *)first - matrix->origin * matrix->element;
    for (size_t i = 0; i < matrix->length; i++)
        if (!is_inside[i]) DEMAND(is_untouched(begin + i * matrix->element, matrix->element));
}

/* The entry point of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    choose_from(bytes, size);
    release_buffers();
    fuzz_case(bytes, size);
    return 0;
}
