/* Invalid and damaged files: an error, or another valid network. */
#include <stdio.h>
#include <stdlib.h>

#include "networks.h"
#include "tests.h"

/* Reads the bytes, which are read-only and guarded, and destroys the network. */
static reg_status read_bytes(const void *bytes, size_t size) {
    network *loaded = (network *)(uintptr_t)1;
    const reg_status status = REG(network_deserialize)(bytes, size, &loaded);
    CHECK(status == REG_OK ? loaded != NULL : status == REG_ERROR_FORMAT && loaded == NULL);
    if (loaded == NULL) return status;
    /* It is valid: it is serialized and read again as the same network. */
    network *again = NULL;
    size_t length = 0;
    CHECK_OK(REG(network_serialize)(loaded, NULL, 0, &length));
    unsigned char *copy = malloc(length);
    CHECK(copy != NULL);
    CHECK_OK(REG(network_serialize)(loaded, copy, length, &length));
    CHECK_OK(REG(network_deserialize)(copy, length, &again));
    CHECK(same_networks(loaded, again));
    free(copy);
    REG(network_destroy)(again);
    REG(network_destroy)(loaded);
    return status;
}

TEST(files_truncated) {
    network *original = random_network(true);
    size_t size;
    const unsigned char *bytes = serialized(original, &size);
    unsigned char *longer = BUFFER(unsigned char, size + 1);
    memcpy(longer, bytes, size);
    CHECK_STATUS(REG_ERROR_FORMAT, read_bytes(longer, size + 1));
    for (size_t length = 0; length < size; length++) {
        describe("files_truncated " REAL_NAME ", %zu of %zu bytes", length, size);
        unsigned char *shorter = malloc(length == 0 ? 1 : length);
        memcpy(shorter, bytes, length);
        CHECK_STATUS(REG_ERROR_FORMAT, read_bytes(shorter, length));
        free(shorter);
    }
    REG(network_destroy)(original);
}

/* Every byte of the header with each bit flipped, and with some other values. */
TEST(files_corrupted) {
    network *original = random_network(true);
    size_t size, read = 0, refused = 0;
    unsigned char *bytes = serialized(original, &size);
    const size_t header = 8 + bytes[0] + 256u * bytes[1];
    static const unsigned char others[] = "\"\\{}[],: 0\x80";
    for (size_t i = 0; i < header; i++) {
        const unsigned char before = bytes[i];
        for (size_t k = 0; k < 8 + sizeof others; k++) {
            bytes[i] = k < 8 ? before ^ (1u << k) : others[k - 8];
            if (bytes[i] == before) continue;
            describe("files_corrupted " REAL_NAME ", byte %zu is %d instead of %d", i, bytes[i], before);
            *(read_bytes(bytes, size) == REG_OK ? &read : &refused) += 1;
        }
        bytes[i] = before;
    }
    /* Another digit of the seed is still a valid file. */
    CHECK(read > 0 && refused > 10 * read);
    CHECK_OK(read_bytes(bytes, size));
    REG(network_destroy)(original);
}

/* ---- Headers of other programs --------------------------------------------------------- */

#if TEST_F64
#define TYPE "F64"
#define BYTES(a, b) b
#else
#define TYPE "F32"
#define BYTES(a, b) a
#endif

/* A network 2 - 3 - 1 with Adam. Each part can be replaced. */
static const char good_metadata[] =
    "{\"swiftreg\":\"1\",\"widths\":\"2 3 1\",\"activations\":\"relu\","
    "\"loss\":\"binary_cross_entropy\",\"init\":\"he\",\"seed\":\"18446744073709551615\","
    "\"keep_prob\":\"0x1p+0 0x1p-1\",\"l2\":\"0x0p+0 0x1.8p+1\",\"l1\":\"0x0p+0 0x0p+0\","
    "\"label_smoothing\":\"0x0p+0\",\"max_norm\":\"inf\",\"optimizer\":\"adam\","
    "\"schedule\":\"constant\",\"learning_rate\":\"0x1.47ae147ae147bp-7\",\"momentum\":\"0x1p-1\","
    "\"beta1\":\"0x1p-1\",\"beta2\":\"0x1p-1\",\"epsilon\":\"0x0.8p-1022\",\"weight_decay\":\"0x0p+0\","
    "\"clip_norm\":\"0x0p+0\",\"decay\":\"0x1p-1\",\"period\":\"10\",\"min_learning_rate\":\"0x0p+0\","
    "\"step\":\"281474976710655\",\"epoch\":\"7\"}";
#define ENTRY(name, shape, from, to)                                                                         \
    "\"" name "\":{\"dtype\":\"" TYPE "\",\"shape\":[" shape "],\"data_offsets\":[" from "," to "]}"
static const char good_parameters[] = ENTRY("W1", "3,2", "0", BYTES("24", "48")) "," ENTRY(
    "b1", "3", BYTES("24", "48"),
    BYTES("36", "72")) "," ENTRY("W2", "1,3", BYTES("36", "72"),
                                 BYTES("48", "96")) "," ENTRY("b2", "1", BYTES("48", "96"),
                                                              BYTES("52", "104"));
static const char good_moments[] =
    "," ENTRY("optimizer.first_moment", "13", BYTES("52", "104"), BYTES("104", "208")) "," ENTRY(
        "optimizer.second_moment", "13", BYTES("104", "208"), BYTES("156", "312"));
enum { PARAMETERS = 13 };

static char *header_text(void) {
    static char text[8192];
    snprintf(text, sizeof text, "{\"__metadata__\":%s,%s%s}", good_metadata, good_parameters, good_moments);
    return text;
}

/* Reads a file with this header and this number of data elements. */
static reg_status read_header(const char *text, size_t length, size_t data_elements) {
    const size_t data = data_elements * sizeof(real);
    unsigned char *bytes = BUFFER(unsigned char, 8 + length + data);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, text, length);
    memset(bytes + 8 + length, 0, data);
    freeze_buffers();
    const reg_status status = read_bytes(bytes, 8 + length + data);
    release_buffers();
    return status;
}

/* The good header with the first `from` after `after` replaced. */
static const char *replaced(const char *after, const char *from, const char *to) {
    static char text[16384];
    const char *source = header_text(), *place = strstr(source, after);
    if (place != NULL) place = strstr(place, from);
    if (!CHECK(place != NULL)) exit(EXIT_FAILURE);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - source), source, to, place + strlen(from));
    return text;
}

static void check_replaced(reg_status want, const char *after, const char *from, const char *to) {
    describe("files_headers " REAL_NAME ", after %s: %s instead of %s", after, to, from);
    const char *text = replaced(after, from, to);
    CHECK_STATUS(want, read_header(text, strlen(text), 3 * PARAMETERS));
}

typedef struct Change {
    const char *after, *from, *to;
} Change;

static const Change allowed[] = {
    {"\"1\"", ",", " , "},
    {"widths", ":", "\n:\n"},
    {"W1", "[3,2]", "[ 3 , 2 ]"},
    {"W1", "{", "{ "},
    {"seed", "18446744073709551615", "0"},
    {"max_norm", "inf", "0x0p+0"},
    {"\"l1", "0x0p+0", "-0x0p+0"},
    {"epsilon", "0x0.8p-1022", "0x1.fffffffffffffp+1023"},
    {"schedule", "constant", "inverse_scaling"},
    {"optimizer", "adam", "adamw"},
    /* Metadata of other programs. */
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"mine\""},
    {"", "\"epoch\":\"7\"", "\"format\":\"pt\",\"epoch\":\"7\""},
    {"", "\"swiftreg\"", "\"\":\"\",\"\xc3\xa9 \\u00E9\":\"a \\\"b\\\\ \\n \xe2\x82\xac\",\"swiftreg\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"1\",\"note\":\"2\",\"Epoch\":\"8\""},
    /* Numbers that a constant rate ignores. */
    {"decay\":\"0x1p", "0x1p-1", "-0x1p-1"},
    {"min_learning_rate", "0x0p+0", "-0x1p-1"},
};

static const Change forbidden[] = {
    /* Options out of range. */
    {"swiftreg", "1", "2"},
    {"swiftreg", "1", "01"},
    {"swiftreg", "1", ""},
    {"swiftreg", "1", "1 "},
    {"widths", "2 3 1", "2 0 1"},
    {"widths", "2 3 1", "0 3 1"},
    {"widths", "2 3 1", "2 3 0"},
    {"widths", "2 3 1", "2 3"},
    {"widths", "2 3 1", "2 3 1 1"},
    {"widths", "2 3 1", "2"},
    {"widths", "2 3 1", ""},
    {"widths", "2 3 1", " "},
    {"widths", "2 3 1", " 2 3 1"},
    {"widths", "2 3 1", "2  3 1"},
    {"widths", "2 3 1", "2 3 1 "},
    {"widths", "2 3 1", "2 -3 1"},
    {"widths", "2 3 1", "2 3 9223372036854775807"},
    {"widths", "2 3 1", "2 9223372036854775807 1"},
    {"widths", "2 3 1", "4294967296 4294967296 1"},
    {"widths", "2 3 1", "2 18446744073709551619 1"},
    {"widths", "2 3 1", "9223372036854775807 1 1"},
    {"widths", "2 3 1", "3 2 1"},
    {"activations", "relu", "reluu"},
    {"activations", "relu", ""},
    {"activations", "relu", "relu relu"},
    {"activations", "relu", "relu "},
    {"activations", "relu", "Relu"},
    {"loss", "binary_", "binary-"},
    {"init", "he", "hee"},
    {"init", "he", "0"},
    {"seed", "18446744073709551615", "18446744073709551616"},
    {"seed", "18446744073709551615", "-1"},
    {"seed", "18446744073709551615", "1e3"},
    {"seed", "18446744073709551615", "00"},
    {"seed", "18446744073709551615", "+1"},
    {"keep_prob", "0x1p+0", "0x0p+0"},
    {"keep_prob", "0x1p+0", "0x1p+1"},
    {"keep_prob", "0x1p+0", "-0x1p+0"},
    {"keep_prob", "0x1p+0", "nan"},
    {"keep_prob", "0x1p+0", "inf"},
    {"keep_prob", "0x1p+0", "1"},
    {"keep_prob", "0x1p+0", "0x1.0p+0"},
    {"keep_prob", "0x1p+0", "0x1.p+0"},
    {"keep_prob", "0x1p+0", "0x2p-1"},
    {"keep_prob", "0x1p+0", "0x1p0"},
    {"keep_prob", "0x1p+0", "0x1p-0"},
    {"keep_prob", "0x1p+0", "0X1P+0"},
    {"keep_prob", "0x1p+0", "0x1.8000000000000p-1"},
    {"keep_prob", "0x1p+0", "0x1.00000000000001p-1"},
    {"keep_prob", "0x1p+0", "0x1p-1023"},
    {"keep_prob", "0x1p+0", "0x0.8p-1"},
    {"keep_prob", "0x1p+0", "0x0p-1022"},
    {"keep_prob", "0x1p+0", "0x1p-99999999999999999999"},
    {"keep_prob", "0x1p+0", "0x1p+01"},
    {"keep_prob", "0x1p+0 ", ""},
    {"keep_prob", "0x1p+0 ", "0x1p+0 0x1p+0 "},
    {"keep_prob", "0x1p+0 ", "0x1p+0,"},
    {"l2", "0x1.8p+1", "inf"},
    {"l2", "0x1.8p+1", "-0x1.8p+1"},
    {"l2", "0x1.8p+1", "0x1.8p+1024"},
    {"l2", "0x1.8p+1", "0x1.Ap+1"},
    {"label_smoothing", "0x0p+0", "0x1p+0"},
    {"max_norm", "inf", "-inf"},
    {"max_norm", "inf", "nan"},
    {"max_norm", "inf", "infinity"},
    {"loss", "binary_cross_entropy", ""},
    {"optimizer", "adam", "Adam"},
    {"optimizer", "adam", "adamm"},
    {"schedule", "constant", "linear"},
    {"learning_rate", "0x1.47ae147ae147bp-7", "inf"},
    {"learning_rate", "0x1", "-0x1"},
    {"\"momentum", "0x1p-1", "0x1p+0"},
    {"beta1", "0x1p-1", "0x1p+0"},
    {"beta2", "0x1p-1", "nan"},
    {"epsilon", "0x0.8p-1022", "inf"},
    {"weight_decay", "0x0p+0", "-0x1p+0"},
    {"clip_norm", "0x0p+0", "nan"},
    {"step", "281474976710655", "281474976710656"},
    {"epoch", "7", "18446744073709551615"},
    {"epoch", "7", ""},
    /* The metadata. */
    {"", "{\"swiftreg\":\"1\",", "{"},
    {"", "\"epoch\":\"7\"", "\"epoch\":7"},
    {"", "\"epoch\":\"7\"", "\"epoch\":null"},
    {"", ",\"epoch\":\"7\"", ""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"epoch\":\"7\""},
    {"", "\"epoch\"", "\"seed\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"\\x\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"\\u12G4\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"\n\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":7"},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":\"\\\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\",\"note\":{}"},
    {"", "\"epoch\"", "\"ep\\u006fch\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"7\\n\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"\x01\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":\"\xff\""},
    {"", "\"epoch\":\"7\"", "\"epoch\":[[[[[[[[[[[[[[[[[[[["},
    {"", "__metadata__", "__metadatb__"},
    {"", "{\"__metadata__\":", "{\"__metadata__\":{},\"__metadata__\":"},
    /* The tensors. */
    {"W1", TYPE, BYTES("F64", "F32")},
    {"W1", TYPE, "BF16"},
    {"W1", TYPE, ""},
    {"W1", "[3,2]", "[2,3]"},
    {"W1", "[3,2]", "[6]"},
    {"W1", "[3,2]", "[3,2,1]"},
    {"W1", "[3,2]", "[]"},
    {"W1", "[3,2]", "[3,02]"},
    {"W1", "[3,2]", "[3,2.0]"},
    {"W1", "[3,2]", "[3,2e0]"},
    {"W1", "[3,2]", "[3,-2]"},
    {"W1", "[3,2]", "[3,2,]"},
    {"W1", "[3,2]", "[3,18446744073709551618]"},
    {"W1", "[3,2]", "[3,9223372036854775810]"},
    {"W1", "[3,2]", "\"3,2\""},
    {"b1", "[3]", "[3,1]"},
    {"b1", "[3]", "[1,3]"},
    {"b1", "[3]", "[4]"},
    {"", "\"W1\"", "\"W2\""},
    {"", "\"W1\"", "\"W3\""},
    {"", "\"W1\"", "\"W0\""},
    {"", "\"W1\"", "\"W01\""},
    {"", "\"W1\"", "\"w1\""},
    {"", "\"W1\"", "\"W\""},
    {"", "\"W1\"", "\"\""},
    {"", "\"W1\"", "\"W18446744073709551617\""},
    {"", "\"W1\"", "\"b2\""},
    {"", "\"b2\"", "\"b2 \""},
    {"", "\"W1\"", "\"layer.0.weight\""},
    {"W1", "\"dtype\":\"" TYPE "\",", ""},
    {"W1", "\"dtype\":\"" TYPE "\",", "\"dtype\":\"" TYPE "\",\"dtype\":\"" TYPE "\","},
    {"W1", "\"dtype\"", "\"note\":\"x\",\"dtype\""},
    {"W1", ",\"shape\":[3,2]", ""},
    {"W1", "data_offsets", "offsets"},
    {"W1", "[0,", "[1,"},
    {"W1", "[0,", "[-0,"},
    {"W1", BYTES("24]", "48]"), BYTES("20]", "40]")},
    {"W1", BYTES("[0,24]", "[0,48]"), BYTES("[24,0]", "[48,0]")},
    {"W1", BYTES("[0,24]", "[0,48]"), BYTES("[18446744073709551592,0]", "[18446744073709551568,0]")},
    {"W1", BYTES("[0,24]", "[0,48]"), BYTES("[12,36]", "[24,72]")},
    {"W1", BYTES("[0,24]", "[0,48]"), BYTES("[132,156]", "[264,312]")},
    {"W1", BYTES("[0,24]", "[0,48]"),
     BYTES("[9223372036854775783,9223372036854775807]", "[9223372036854775759,9223372036854775807]")},
    {"W1", BYTES("[0,24]", "[0,48]"), BYTES("[0,24,24]", "[0,48,48]")},
    {"W1", BYTES("[0,24]", "[0,48]"), "[0]"},
    {"first_moment", "[13]", "[12]"},
    {"", "second_moment", "third_moment"},
    {"", "second_moment", "first_moment"},
    {"optimizer", "adam", "sgd"},
    {"optimizer", "adam", "momentum"},
    /* JSON. */
    {"", "{\"__metadata__\"", "[\"__metadata__\""},
    {"", "{\"__metadata__\"", "{{\"__metadata__\""},
    {"W1", ",", ";"},
    {"W1", ":", "="},
    {"W1", ":", "::"},
    {"W1", "{", "["},
    {"", "\"W1\"", "W1"},
    {"", "\"W1\"", "'W1'"},
    {"W1", ",", ",,"},
    {"second_moment", "}}", "}},"},
    {"second_moment", "}}", "},}"},
    {"second_moment", "}}", "}"},
    {"second_moment", "}}", "}} x"},
    {"second_moment", "}}", "}}}"},
    {"second_moment", "}}", "}}{}"},
    {"", "{", " {"},
    {"second_moment", "}}", "}}\n"},
    {"", "{", "\xef\xbb\xbf{"},
    {"", "{", "/**/{"},
};

TEST(files_headers) {
    CHECK_OK(read_header(header_text(), strlen(header_text()), 3 * PARAMETERS));
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        check_replaced(REG_OK, allowed[i].after, allowed[i].from, allowed[i].to);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        check_replaced(REG_ERROR_FORMAT, forbidden[i].after, forbidden[i].from, forbidden[i].to);

    static char text[16384];
    const int length = snprintf(text, sizeof text, "{%s%s,\"__metadata__\":%s}  ", good_parameters,
                                good_moments, good_metadata);
    describe("files_headers " REAL_NAME ", metadata at the end");
    CHECK_OK(read_header(text, (size_t)length, 3 * PARAMETERS));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(text, (size_t)length, 3 * PARAMETERS - 1));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(text, (size_t)length, 3 * PARAMETERS + 1));
    /* Padding other than spaces. */
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(text, (size_t)length + 1, 3 * PARAMETERS));
    describe("files_headers " REAL_NAME ", no moments: they are 0");
    snprintf(text, sizeof text, "{\"__metadata__\":%s,%s}", good_metadata, good_parameters);
    CHECK_OK(read_header(text, strlen(text), PARAMETERS));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(text, strlen(text), 3 * PARAMETERS));
    describe("files_headers " REAL_NAME ", nothing but metadata, or not even that");
    snprintf(text, sizeof text, "{\"__metadata__\":%s}", good_metadata);
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(text, strlen(text), 0));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header("{}", 2, 0));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header("", 0, 0));
    CHECK_STATUS(REG_ERROR_FORMAT, read_header("{\"__metadata__\":{}}", 19, 0));
    describe("files_headers " REAL_NAME ", of another tool");
    static const char foreign[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                                  "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]}}";
    CHECK_STATUS(REG_ERROR_FORMAT, read_header(foreign, strlen(foreign), 1));
}

/* Wrong lengths of the header. */
TEST(files_lengths) {
    const char *text = header_text();
    const size_t size = 8 + strlen(text) + 3 * PARAMETERS * sizeof(real);
    static const uint64_t lengths[] = {
        0,         1, 1 << 20, UINT32_MAX, INT64_MAX - 8, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 8,
        UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        describe("files_lengths " REAL_NAME ", %llu", (unsigned long long)lengths[i]);
        unsigned char *bytes = BUFFER(unsigned char, size);
        memset(bytes, ' ', size);
        memcpy(bytes, &lengths[i], 8);
        memcpy(bytes + 8, text, strlen(text));
        CHECK_STATUS(REG_ERROR_FORMAT, read_bytes(bytes, size));
    }
    for (long difference = -3; difference <= 3; difference++) {
        const uint64_t length = strlen(text) + (uint64_t)difference;
        describe("files_lengths " REAL_NAME ", %ld too long", difference);
        unsigned char *bytes = BUFFER(unsigned char, size);
        memset(bytes, 0, size);
        memcpy(bytes, &length, 8);
        memcpy(bytes + 8, text, strlen(text));
        CHECK_STATUS(difference == 0 ? REG_OK : REG_ERROR_FORMAT, read_bytes(bytes, size));
    }
}
