/* Dropout and masks, against the formula of the header and bit for bit. */
#include <string.h>

#include "oracle.h"
#include "tests.h"
#include "typed.h"

static real dropped_out(real a, bool kept, double keep_prob) {
    return a * (kept ? (real)(1 / keep_prob) : (real)0);
}

static void check_dropout(size_t count, double keep_prob, uint64_t offset) {
    const uint64_t seed = random_bits(), stream = random_bits();
    describe("dropout " REAL_NAME " count %zu keep_prob %g offset %#llx", count, keep_prob,
             (unsigned long long)offset);
    real *a = random_buffer(count, -2, 2, true);
    real *in_place = BUFFER(real, count);
    memcpy(in_place, a, count * sizeof *a);
    real *out = BUFFER(real, count), *masked = BUFFER(real, count), *da = BUFFER(real, count);
    uint8_t *mask = BUFFER(uint8_t, count);
    CHECK_OK(REG(forward_dropout)(a, count, keep_prob, seed, stream, offset, out, NULL));
    CHECK_OK(REG(forward_dropout)(a, count, keep_prob, seed, stream, offset, masked, mask));
    CHECK_OK(REG(backward_dropout)(a, count, keep_prob, seed, stream, offset, da));
    CHECK_OK(REG(forward_dropout)(in_place, count, keep_prob, seed, stream, offset, in_place, NULL));
    bool right = true;
    for (size_t i = 0; i < count; i++) {
        const bool kept = oracle_kept(keep_prob, seed, stream, offset + i);
        const real want = dropped_out(a[i], kept, keep_prob);
        right &= mask[i] == kept && same(out[i], want) && same(masked[i], want) && same(da[i], want) &&
                 same(in_place[i], want);
    }
    CHECK(right);
    memcpy(in_place, a, count * sizeof *a);
    CHECK_OK(REG(backward_dropout)(in_place, count, keep_prob, seed, stream, offset, in_place));
    CHECK(memcmp(in_place, out, count * sizeof *out) == 0);
    release_buffers();
}

TEST(dropout) {
    static const size_t counts[] = {0, 1, 15, 16, 17, 31, 32, 33, 1000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (int p = 0; p < oracle_keep_prob_count; p++)
            for (int o = 0; o < oracle_offset_count; o++)
                check_dropout(counts[c], oracle_keep_probs[p], oracle_offsets[o]);
}

/* Large enough for several threads. */
TEST(dropout_large) { check_dropout(200003, 0.7, (uint64_t)0 - 100001); }

TEST(dropout_unaligned) {
    enum { COUNT = 133 };
    const real *a = random_buffer(COUNT, -2, 2, false);
    char *shifted = BUFFER(char, sizeof(real) * COUNT + 1), *out = BUFFER(char, sizeof(real) * COUNT + 3);
    memcpy(shifted + 1, a, sizeof(real) * COUNT);
    CHECK_OK(REG(forward_dropout)((const void *)(shifted + 1), COUNT, 0.5, 1, 2, 3, (void *)(out + 3), NULL));
    for (size_t i = 0; i < COUNT; i++) {
        real got;
        memcpy(&got, out + 3 + i * sizeof got, sizeof got);
        CHECK(same(got, dropped_out(a[i], oracle_kept(0.5, 1, 2, 3 + i), 0.5)));
    }
}

TEST(apply_mask) {
    for (size_t count = 0; count < 70; count++) {
        for (int p = 0; p < oracle_keep_prob_count; p++) {
            const double keep_prob = oracle_keep_probs[p];
            real *a = random_buffer(count, -2, 2, true), *out = BUFFER(real, count);
            uint8_t *mask = BUFFER(uint8_t, count);
            for (size_t i = 0; i < count; i++) mask[i] = (uint8_t)(random_int(0, 1) * random_int(0, 255));
            CHECK_OK(REG(apply_mask)(a, mask, count, keep_prob, out));
            bool right = true;
            for (size_t i = 0; i < count; i++)
                right &= same(out[i], dropped_out(a[i], mask[i] != 0, keep_prob));
            CHECK(right);
            CHECK_OK(REG(apply_mask)(a, mask, count, keep_prob, a));
            CHECK(memcmp(a, out, count * sizeof *a) == 0);
            release_buffers();
        }
    }
}
