/* Functions without element type: words and masks, NumPy's generator, the library. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "oracle.h"
#include "tests.h"

/* Libraries built with a sanitizer use the Swift runtime. */
#ifndef TEST_RUNTIME
#define TEST_RUNTIME "embedded"
#endif

/* ---- Philox and masks ------------------------------------------------------------------ */

/* Known answers of Random123 (kat_vectors), which test the oracle. */
void test_oracle(void) {
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t words[4];
        oracle_philox(known[i].counter, known[i].key, words);
        CHECK(memcmp(words, known[i].words, sizeof words) == 0);
    }
}

void test_philox(void) {
    uint32_t first[4];
    static const uint32_t known[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    CHECK_OK(reg_philox(4, 0, 0, 0, first));
    CHECK(memcmp(first, known, sizeof first) == 0);
    static const size_t counts[] = {0, 1, 3, 15, 16, 17, 63, 64, 65, 1000, 70001};
    for (int c = 0; c < 11; c++) {
        for (int o = 0; o < oracle_offset_count; o++) {
            const uint64_t seed = random_bits(), stream = random_bits(), offset = oracle_offsets[o];
            uint32_t *words = BUFFER(uint32_t, counts[c]);
            CHECK_OK(reg_philox(counts[c], seed, stream, offset, words));
            bool right = true;
            for (size_t i = 0; i < counts[c]; i++) right &= words[i] == oracle_word(seed, stream, offset + i);
            CHECK(right);
            release_buffers();
        }
    }
}

void test_dropout_mask(void) {
    static const size_t counts[] = {0, 1, 15, 16, 17, 31, 32, 33, 1000};
    for (int c = 0; c < 9; c++) {
        for (int p = 0; p < oracle_keep_prob_count; p++) {
            for (int o = 0; o < oracle_offset_count; o++) {
                const uint64_t seed = random_bits(), stream = random_bits(), offset = oracle_offsets[o];
                const double keep_prob = oracle_keep_probs[p];
                uint8_t *mask = BUFFER(uint8_t, counts[c]);
                CHECK_OK(reg_dropout_mask(counts[c], keep_prob, seed, stream, offset, mask));
                bool right = true;
                for (size_t i = 0; i < counts[c]; i++)
                    right &= mask[i] == oracle_kept(keep_prob, seed, stream, offset + i);
                CHECK(right);
                release_buffers();
            }
        }
    }
}

void test_errors_masks(void) {
    uint8_t *mask = BUFFER(uint8_t, 8);
    uint32_t *words = BUFFER(uint32_t, 8);
    static const double keep_probs[] = {0, -0.5, 1.5, INFINITY, NAN};
    for (int i = 0; i < 5; i++)
        CHECK_STATUS(REG_ERROR_KEEP_PROB, reg_dropout_mask(8, keep_probs[i], 0, 0, 0, mask));
    CHECK_STATUS(REG_ERROR_NULL, reg_dropout_mask(8, 0.5, 0, 0, 0, NULL));
    CHECK_STATUS(REG_ERROR_SIZE, reg_dropout_mask(SIZE_MAX, 0.5, 0, 0, 0, mask));
    CHECK_STATUS(REG_ERROR_NULL, reg_philox(8, 0, 0, 0, NULL));
    CHECK_STATUS(REG_ERROR_SIZE, reg_philox(SIZE_MAX, 0, 0, 0, words));
    CHECK_STATUS(REG_ERROR_SIZE, reg_philox(SIZE_MAX / 4, 0, 0, 0, words));
    CHECK_OK(reg_dropout_mask(0, 0.5, 0, 0, 0, NULL));
    CHECK_OK(reg_philox(0, 0, 0, 0, NULL));
    CHECK(is_untouched(mask, 8) && is_untouched(words, 32));
}

/* ---- NumPy's legacy generator ---------------------------------------------------------- */

/* numpy.random.seed(seed), then rand(2000), or randn(2001), rand(), randn(): NumPy's answers. */
void test_legacy_known(void) {
    static const struct {
        uint32_t seed;
        double uniform[4]; /* 0, 1, 999, 1999 */
        double normal[5];  /* 0, 1, 2, 1000, 2000 */
        double next_uniform, next_normal;
    } known[] = {
        {0,
         {0x1.18fe1565f12a8p-1, 0x1.6e2d4cf608733p-1, 0x1.5ab23e79781c2p-1, 0x1.00e86864bc501p-1},
         {0x1.c398ef3e5cfa5p+0, 0x1.99c2cfacc8953p-2, 0x1.f51d25222c9abp-1, 0x1.1ca723ee4cda9p-1,
          -0x1.886d839fd50f8p+0},
         0x1.a6ecd95f78f68p-4,
         -0x1.b643ad3a832eep+0},
        {1,
         {0x1.ab07d0ffa3c06p-2, 0x1.70ce5f3baf051p-1, 0x1.8c8848c20f7e2p-1, 0x1.e4b9915854642p-1},
         {0x1.9fd5190657c50p+0, -0x1.393822fb7d9adp-1, -0x1.0e6c872548fd2p-1, -0x1.39d3e17ad5739p-3,
          0x1.f543d82711ea7p-2},
         0x1.34b6fe90766c4p-3,
         0x1.e90dcd73d9cd3p-3},
        {3,
         {0x1.1a022ec486c1ap-1, 0x1.6a9259f5c1b9ap-1, 0x1.febee2445ebd8p-4, 0x1.99761db7106cdp-1},
         {0x1.c9e38e3e13df2p+0, 0x1.befc703152c8ap-2, 0x1.8b40edd841de6p-4, 0x1.1c1be18f94a4ap-5,
          0x1.865c8c133a905p-1},
         0x1.cd42b67ce5999p-1,
         0x1.7ba88acc1b601p-4},
        {UINT32_MAX,
         {0x1.8fe69a3924820p-4, 0x1.d323d824032b1p-1, 0x1.1cfe321a42891p-1, 0x1.6f8e202307648p-3},
         {0x1.4bfc38c486d8ap-1, 0x1.56b192e507eeep-1, -0x1.149e836f192fdp+0, -0x1.6aad57c204043p-1,
          -0x1.46bc84da71d17p-1},
         0x1.2cdd2a21f2cdfp-1,
         0x1.37baa4c3c0d4ep+0},
    };
    for (int i = 0; i < 4; i++) {
        describe("legacy seed %u", known[i].seed);
        reg_legacy_rng rng;
        double *u = BUFFER(double, 2000), *z = BUFFER(double, 2001), next;
        CHECK_OK(reg_legacy_seed(&rng, known[i].seed));
        CHECK_OK(reg_legacy_uniform(&rng, 2000, u));
        static const int at[5] = {0, 1, 999, 1999};
        for (int k = 0; k < 4; k++) CHECK(u[at[k]] == known[i].uniform[k]);
        CHECK_OK(reg_legacy_seed(&rng, known[i].seed));
        CHECK_OK(reg_legacy_normal(&rng, 2001, z));
        static const int normal_at[5] = {0, 1, 2, 1000, 2000};
        for (int k = 0; k < 5; k++) CHECK(z[normal_at[k]] == known[i].normal[k]);
        /* A uniform between two normals does not change the second of the pair. */
        CHECK_OK(reg_legacy_uniform(&rng, 1, &next));
        CHECK(next == known[i].next_uniform);
        CHECK_OK(reg_legacy_normal(&rng, 1, &next));
        CHECK(next == known[i].next_normal);
        release_buffers();
    }
    /* The notebook: weights by seed 3, and the next number after one forward pass by seed 1. */
    reg_legacy_rng rng;
    double weights[2], draws[23 * 211], next;
    CHECK_OK(reg_legacy_seed(&rng, 3));
    CHECK_OK(reg_legacy_normal(&rng, 2, weights));
    CHECK(weights[0] / sqrt(2) == 1.2647513225859208 && weights[1] / sqrt(2) == 0.30865907535175385);
    CHECK_OK(reg_legacy_seed(&rng, 1));
    CHECK_OK(reg_legacy_uniform(&rng, 23 * 211, draws));
    CHECK_OK(reg_legacy_uniform(&rng, 1, &next));
    CHECK(next == 0.160400046327681);
}

/* The same numbers in any division into calls. */
void test_legacy_calls(void) {
    reg_legacy_rng whole, parts;
    double *all = BUFFER(double, 3000), *pieces = BUFFER(double, 3000);
    CHECK_OK(reg_legacy_seed(&whole, 12345));
    CHECK_OK(reg_legacy_seed(&parts, 12345));
    CHECK_OK(reg_legacy_normal(&whole, 3000, all));
    for (size_t done = 0, n; done < 3000; done += n) {
        n = random_bits() % 40;
        if (n > 3000 - done) n = 3000 - done;
        CHECK_OK(reg_legacy_normal(&parts, n, n == 0 ? NULL : pieces + done));
    }
    CHECK(memcmp(all, pieces, 3000 * sizeof *all) == 0);
    CHECK_OK(reg_legacy_uniform(&whole, 1, all));
    CHECK_OK(reg_legacy_uniform(&parts, 1, pieces));
    CHECK(all[0] == pieces[0]);
}

void test_errors_legacy(void) {
    reg_legacy_rng *rng = BUFFER(reg_legacy_rng, 1), blank;
    double *out = BUFFER(double, 4);
    CHECK_STATUS(REG_ERROR_NULL, reg_legacy_seed(NULL, 1));
    CHECK_STATUS(REG_ERROR_NULL, reg_legacy_uniform(NULL, 4, out));
    CHECK_STATUS(REG_ERROR_NULL, reg_legacy_normal(NULL, 4, out));
    CHECK_STATUS(REG_ERROR_STATE, reg_legacy_uniform(rng, 4, out)); /* 0xA5: no position */
    CHECK_STATUS(REG_ERROR_STATE, reg_legacy_normal(rng, 4, out));
    CHECK(is_untouched(rng, sizeof *rng));
    memset(&blank, 0, sizeof blank);
    CHECK_STATUS(REG_ERROR_STATE, reg_legacy_uniform(&blank, 4, out));
    CHECK_OK(reg_legacy_seed(&blank, 7));
    reg_legacy_rng before = blank;
    CHECK_STATUS(REG_ERROR_NULL, reg_legacy_uniform(&blank, 4, NULL));
    CHECK_STATUS(REG_ERROR_NULL, reg_legacy_normal(&blank, 4, NULL));
    CHECK_STATUS(REG_ERROR_SIZE, reg_legacy_uniform(&blank, SIZE_MAX, out));
    CHECK_STATUS(REG_ERROR_SIZE, reg_legacy_normal(&blank, SIZE_MAX / 8, out));
    CHECK(memcmp(&before, &blank, sizeof blank) == 0);
    blank.position = 625;
    CHECK_STATUS(REG_ERROR_STATE, reg_legacy_uniform(&blank, 4, out));
    blank.position = -1;
    CHECK_STATUS(REG_ERROR_STATE, reg_legacy_normal(&blank, 4, out));
    CHECK(is_untouched(out, 4 * sizeof *out));
}

/* ---- The library ----------------------------------------------------------------------- */

void test_library(void) {
    CHECK(strcmp(reg_version(), "0.1.0") == 0);
    char header[32];
    snprintf(header, sizeof header, "%d.%d.%d", REG_VERSION_MAJOR, REG_VERSION_MINOR, REG_VERSION_PATCH);
    CHECK(strcmp(reg_version(), header) == 0);

    int statuses = 0;
    const char *unknown = reg_status_message((reg_status)9999);
    while (strcmp(reg_status_message((reg_status)statuses), unknown) != 0) statuses++;
    CHECK(statuses > REG_ERROR_NAME);
    for (int a = REG_OK; a < statuses; a++) {
        const char *text = reg_status_message((reg_status)a);
        CHECK(text != NULL && strlen(text) > 0 && text[strlen(text) - 1] != '.');
        for (int b = a + 1; b <= statuses; b++) CHECK(strcmp(text, reg_status_message((reg_status)b)) != 0);
    }
    CHECK(strstr(reg_status_message(REG_ERROR_SIZE), "struct_size") != NULL); /* the most frequent mistake */
    CHECK(reg_status_message((reg_status)-1) != NULL && reg_status_message((reg_status)9999) != NULL);

    /* The struct ends at the guard page. */
    reg_build *build = BUFFER(reg_build, 1);
    build->struct_size = sizeof *build;
    CHECK_OK(reg_build_info(build));
    CHECK(build->struct_size == sizeof *build);
    CHECK(strcmp(build->version, reg_version()) == 0 && strcmp(build->runtime, TEST_RUNTIME) == 0);
    CHECK(build->num_threads >= 1 && build->num_threads <= REG_MAX_THREADS);
    if (strcmp(TEST_RUNTIME, "embedded") == 0) CHECK(build->fused == (strcmp(build->isa, "baseline") != 0));
    CHECK_STATUS(REG_ERROR_NULL, reg_build_info(NULL));
    reg_build *small = BUFFER(reg_build, 1);
    for (size_t size = 0; size < sizeof(size_t); size++) {
        small->struct_size = size;
        CHECK_STATUS(REG_ERROR_SIZE, reg_build_info(small));
        CHECK(is_untouched(&small->version, sizeof *small - sizeof small->struct_size));
    }
}

static void *call_on_thread(void *unused) {
    (void)unused;
    enum { COUNT = 200000 };
    static const float zeros[COUNT] = {0};
    float *out = malloc(COUNT * sizeof *out);
    bool right = out != NULL;
    for (int i = 0; right && i < 20; i++) {
        right = reg_forward_activation(zeros, COUNT, REG_SIGMOID, out) == REG_OK;
        for (int k = 0; right && k < COUNT; k++) right = out[k] == 0.5f;
    }
    free(out);
    return right ? (void *)zeros : NULL;
}

void test_threads(void) {
    int32_t before, now = 0;
    CHECK_OK(reg_get_num_threads(&before));
    CHECK_STATUS(REG_ERROR_NULL, reg_get_num_threads(NULL));
    CHECK_STATUS(REG_ERROR_THREADS, reg_set_num_threads(0));
    CHECK_STATUS(REG_ERROR_THREADS, reg_set_num_threads(-1));
    CHECK_STATUS(REG_ERROR_THREADS, reg_set_num_threads(REG_MAX_THREADS + 1));
    CHECK_OK(reg_get_num_threads(&now));
    CHECK(now == before);
    CHECK_OK(reg_set_num_threads(4));
    CHECK_OK(reg_get_num_threads(&now));
    CHECK(now == 4);

    void *contexts[8] = {NULL}, *right[8] = {NULL};
    run_at_once(8, call_on_thread, contexts, right);
    for (int i = 0; i < 8; i++) CHECK(right[i] != NULL);
    CHECK_OK(reg_set_num_threads(before));
}

/* ---- ISA ------------------------------------------------------------------------------- */

void test_isa_error_untyped(void) {
    uint8_t *mask = BUFFER(uint8_t, 8);
    uint32_t *words = BUFFER(uint32_t, 8);
    CHECK_STATUS(REG_ERROR_ISA, reg_dropout_mask(8, 0.5, 0, 0, 0, mask));
    CHECK_STATUS(REG_ERROR_ISA, reg_philox(8, 0, 0, 0, words));
    CHECK(is_untouched(mask, 8) && is_untouched(words, 32));
    reg_build build = {.struct_size = sizeof build};
    CHECK_STATUS(REG_ERROR_ISA, reg_build_info(&build));
    CHECK(build.version == NULL && build.isa == NULL);
}
