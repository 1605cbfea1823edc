/* Networks on a host without files: every file operation fails, and nothing else changes. */
#include "networks.h"
#include "tests.h"

TEST(no_files) {
    network *original = random_network(true), *loaded = original;
    size_t size, other;
    const unsigned char *before = serialized(original, &size);
    CHECK_STATUS(REG_ERROR_FILE, REG(network_save)(original, "network"));
    CHECK_STATUS(REG_ERROR_FILE, REG(network_export_c)(original, "network.c", "predict", NULL));
    CHECK_STATUS(REG_ERROR_FILE, REG(network_load)("network", &loaded));
    CHECK(loaded == NULL);
    CHECK_STATUS(REG_ERROR_NAME, REG(network_export_c)(original, "network.c", "main", NULL));
    const unsigned char *after = serialized(original, &other);
    CHECK(other == size && memcmp(before, after, size) == 0);
    REG(network_destroy)(original);
}
