/* Untrusted network files: random bytes, and damaged files. Compiled twice, as typed.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "networks.h"

enum { MAX_FILE_BYTES = 1 << 16 };

typedef struct File {
    uint8_t bytes[MAX_FILE_BYTES + 64];
    size_t size;
} File;

void deserialize_f32(const uint8_t *bytes, size_t size, bool is_whole);
void deserialize_f64(const uint8_t *bytes, size_t size, bool is_whole);
void write_file_f32(File *file);
void write_file_f64(File *file);

#define deserialize TYPED(deserialize)
#define write_file TYPED(write_file)

/* Reads the bytes. They must be refused, or give a network that can be used and copied. */
void deserialize(const uint8_t *bytes, size_t size, bool is_whole) {
    release_buffers();
    uint8_t *file = fuzz_buffer(size);
    if (size > 0) memcpy(file, bytes, size);
    freeze_buffer(file);
    Network **network = fuzz_buffer(sizeof *network);
    before_call();
    const reg_status status = REG(network_deserialize)(file, size, network);
    DEMAND(status == REG_OK || (!is_whole && status == REG_ERROR_FORMAT));
    DEMAND((*network == NULL) == (status != REG_OK));
    if (status != REG_OK) return;
    Network *made = *network;
    copy_network(made);
    for (int i = 0; i < 3; i++) {
        release_buffers();
        use_network(made);
    }
    REG(network_destroy)(made);
}

/* The file of a network, undamaged. */
void write_file(File *file) {
    Network *network = choose_network();
    file->size = 0;
    if (network == NULL) return;
    for (size_t i = choose(3); i > 0; i--) {
        release_buffers();
        use_network(network);
    }
    size_t size = 0;
    DEMAND(REG(network_serialize)(network, NULL, 0, &size) == REG_OK);
    if (size <= MAX_FILE_BYTES && REG(network_serialize)(network, file->bytes, size, &size) == REG_OK)
        file->size = size;
    REG(network_destroy)(network);
}

#if !TEST_F64

const char fuzzer_name[] = "files";

/* ---- Damage ---------------------------------------------------------------------------- */

static uint64_t header_length(const File *file) {
    uint64_t length = 0;
    memcpy(&length, file->bytes, sizeof length);
    return length;
}

static void set_header_length(File *file, uint64_t length) { memcpy(file->bytes, &length, sizeof length); }

/* Replaces `removed` bytes at a position by the `inserted` ones. */
static void splice(File *file, size_t at, size_t removed, const char *inserted, size_t length,
                   bool keeps_header) {
    if (at > file->size || removed > file->size - at || file->size - removed + length > MAX_FILE_BYTES)
        return;
    memmove(file->bytes + at + length, file->bytes + at + removed, file->size - at - removed);
    memcpy(file->bytes + at, inserted, length);
    file->size += length - removed;
    if (keeps_header && at >= 8) set_header_length(file, header_length(file) + length - removed);
}

/* A position in the header, which has most of the rules. */
static size_t choose_place(const File *file) {
    const uint64_t length = header_length(file);
    const size_t header = length < file->size - 8 ? (size_t)length : file->size - 8;
    return rarely(8) ? choose(file->size) : 8 + choose(header + 1);
}

/* Replaces a number by another. */
static void damage_number(File *file) {
    static const char *const numbers[] = {"0",
                                          "1",
                                          "2",
                                          "-1",
                                          "00",
                                          "1.5",
                                          "1e3",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "99999999999999999999999",
                                          "4611686018427387904",
                                          "2147483648",
                                          "4294967296",
                                          "281474976710656",
                                          "281474976710655",
                                          "",
                                          "null",
                                          "[]",
                                          "0x1p+1023",
                                          "0x1p-1074",
                                          "inf",
                                          "nan"};
    size_t at = choose_place(file);
    while (at < file->size && (file->bytes[at] < '0' || file->bytes[at] > '9')) at++;
    size_t end = at;
    while (end < file->size && file->bytes[end] >= '0' && file->bytes[end] <= '9') end++;
    char own[24];
    const char *number = numbers[choose(sizeof numbers / sizeof *numbers)];
    if (choose(2) == 0) {
        /* A small change. */
        snprintf(own, sizeof own, "%llu",
                 strtoull((const char *)file->bytes + at, NULL, 10) + choose(17) - 8);
        number = own;
    }
    splice(file, at, end - at, number, strlen(number), !rarely(8));
}

static void damage(File *file) {
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "\"",
                                         " ",
                                         "\\u0000",
                                         "\\",
                                         "{}",
                                         "\"a\":\"b\",",
                                         "\"__metadata__\":{},",
                                         "\"W1\":",
                                         "\"dtype\":\"F32\",",
                                         "\"dtype\":\"F64\",",
                                         "BF16",
                                         "\t\n\r ",
                                         "optimizer.first_moment",
                                         "adam",
                                         "inf",
                                         "0x",
                                         "\x80",
                                         "\xff\xfe"};
    /* A file shorter than the length of a header is not damaged further. */
    if (file->size < 9) return;
    if (file->size < MAX_FILE_BYTES) file->bytes[file->size] = 0;
    const size_t at = choose_place(file);
    switch (choose(9)) {
    case 0: file->bytes[at < file->size ? at : 8] ^= (uint8_t)(1 << choose(8)); break;
    case 1: file->bytes[at < file->size ? at : 8] = (uint8_t)choose_bits(1); break;
    case 2: {
        const char *piece = pieces[choose(sizeof pieces / sizeof *pieces)];
        splice(file, at, 0, piece, strlen(piece), choose(4) != 0);
        break;
    }
    case 3: splice(file, at, choose(40), "", 0, choose(4) != 0); break;
    case 4: {
        /* A duplicate of existing bytes. */
        const size_t from = choose_place(file), length = choose(200);
        char copy[200];
        if (from > file->size || length > file->size - from) break;
        memcpy(copy, file->bytes + from, length);
        splice(file, at, choose(2) * length, copy, length, choose(4) != 0);
        break;
    }
    case 5:
        set_header_length(file, rarely(2) ? choose_bits(8) : header_length(file) + choose(33) - 16);
        break;
    case 6: file->size = rarely(2) ? choose(file->size + 1) : file->size - choose(9); break;
    default: damage_number(file); break;
    }
}

/* ---- A case ---------------------------------------------------------------------------- */

/* Cases that begin so are files without changes. */
static const char as_it_is[] = "file";

void fuzz_case(const uint8_t *bytes, size_t size) {
    static File file;
    if (size >= 8 && memcmp(bytes, as_it_is, 4) == 0) {
        if (size - 4 > MAX_BYTES) return;
        deserialize_f32(bytes + 4, size - 4, false);
        deserialize_f64(bytes + 4, size - 4, false);
        return;
    }
    const bool is_f64 = choose(2) == 1;
    if (is_f64) write_file_f64(&file);
    else write_file_f32(&file);
    if (file.size == 0) return;
    const size_t damages = choose(6);
    for (size_t i = 0; i < damages; i++) damage(&file);
    /* Each file is read, sometimes as the other element type. */
    if (is_f64 != rarely(16)) deserialize_f64(file.bytes, file.size, damages == 0 && is_f64);
    else deserialize_f32(file.bytes, file.size, damages == 0 && !is_f64);
}

#endif
