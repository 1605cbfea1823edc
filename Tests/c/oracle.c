#include "oracle.h"

#include <math.h>

void oracle_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

uint32_t oracle_word(uint64_t seed, uint64_t stream, uint64_t i) {
    const uint64_t block = i / 4;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                                 (uint32_t)(stream >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t words[4];
    oracle_philox(counter, key, words);
    return words[i % 4];
}

bool oracle_kept(double keep_prob, uint64_t seed, uint64_t stream, uint64_t i) {
    return oracle_word(seed, stream, i) < (uint64_t)round(keep_prob * 0x1p32);
}

/* Around a carry of the word, of the low and high half of the block, of the row of a network, and
 * of the whole offset. */
const uint64_t oracle_offsets[] = {
    0,
    1,
    2,
    3,
    5,
    (uint64_t)1 << 32,
    ((uint64_t)1 << 34) - 19,
    (uint64_t)7 << 34,
    ((uint64_t)1 << 63) - 6,
    UINT64_MAX - 1001,
    UINT64_MAX - 30,
    UINT64_MAX - 6,
    UINT64_MAX,
};
const int oracle_offset_count = sizeof oracle_offsets / sizeof oracle_offsets[0];

const double oracle_keep_probs[] = {0.86, 0.5, 1.0, 0x1.fffffffffffffp-1, 1e-3, 0x1p-32, 1e-300};
const int oracle_keep_prob_count = sizeof oracle_keep_probs / sizeof oracle_keep_probs[0];
