/* Networks to bytes and back: every bit returns. */
#include "networks.h"
#include "tests.h"

TEST(files_bytes) {
    for (int round = 0; round < 200; round++) {
        describe("files_bytes " REAL_NAME ", network %d", round);
        network *original = random_network(round % 3 != 0), *copy = NULL;
        size_t size, other;
        unsigned char *bytes = serialized(original, &size);
        CHECK(bytes[0] % 8 == 0); /* the length of the header, so that the data are aligned */
        unsigned char *small = BUFFER(unsigned char, size - 1);
        CHECK_STATUS(REG_ERROR_SIZE, REG(network_serialize)(original, small, size - 1, &other));
        CHECK(other == size && is_untouched(small, size - 1));
        freeze_buffers();
        CHECK_OK(REG(network_deserialize)(bytes, size, &copy));
        CHECK(same_networks(original, copy));
        REG(network_destroy)(copy);
        /* Read with the element type of the file. */
        reg_network *f32 = (reg_network *)bytes;
        reg_network_f64 *f64 = (reg_network_f64 *)bytes;
        CHECK_OK(reg_network_deserialize_any(bytes, size, &f32, &f64));
        CHECK((f32 == NULL) == TEST_F64 && (f64 == NULL) == !TEST_F64);
        CHECK(same_networks(original, TEST_F64 ? (network *)(void *)f64 : (network *)(void *)f32));
        reg_network_destroy(f32);
        reg_network_destroy_f64(f64);
        CHECK_STATUS(REG_ERROR_FORMAT, reg_network_deserialize_any(bytes, size - 1, &f32, &f64));
        CHECK(f32 == NULL && f64 == NULL);
        CHECK_STATUS(REG_ERROR_NULL, reg_network_deserialize_any(NULL, size, &f32, &f64));
        CHECK_STATUS(REG_ERROR_NULL, reg_network_deserialize_any(bytes, size, NULL, &f64));
        CHECK_STATUS(REG_ERROR_NULL, reg_network_deserialize_any(bytes, size, &f32, NULL));
        CHECK_STATUS(REG_ERROR_FILE, reg_network_load_any("/nowhere/at/all", &f32, &f64));
        /* At an odd address. */
        unsigned char *odd = BUFFER(unsigned char, size + 1);
        memcpy(odd + 1, bytes, size);
        CHECK_OK(REG(network_deserialize)(odd + 1, size, &copy));
        unsigned char *again = serialized(copy, &other);
        CHECK(other == size && memcmp(bytes, again, size) == 0);
        REG(network_destroy)(copy);
        REG(network_destroy)(original);
        release_buffers();
    }
}

/* 1024 layers are saved and read; a file with more is refused. */
TEST(files_max_layers) {
    size_t widths[REG_MAX_LAYERS + 1];
    for (size_t l = 0; l <= REG_MAX_LAYERS; l++) widths[l] = 1 + l % 2;
    const reg_network_options options = {
        .struct_size = sizeof options, .layers = REG_MAX_LAYERS, .widths = widths};
    network *deep = NULL, *copy = NULL;
    CHECK_OK(REG(network_create)(&options, &deep));
    size_t size;
    const unsigned char *bytes = serialized(deep, &size);
    CHECK_OK(REG(network_deserialize)(bytes, size, &copy));
    CHECK(same_networks(deep, copy));
    REG(network_destroy)(copy);
    REG(network_destroy)(deep);
}
