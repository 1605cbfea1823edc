/* Networks for the tests of files, in files that are compiled twice: see typed.h. */
#ifndef SWIFTREG_TESTS_NETWORKS_H
#define SWIFTREG_TESTS_NETWORKS_H

#include <string.h>

#include "swiftreg_network.h"
#include "typed.h"

#if TEST_F64
typedef reg_network_f64 network;
#else
typedef reg_network network;
#endif

enum { MAX_TEST_LAYERS = 4 };

/* Any bits: NaN with a payload, infinities, subnormals, -0. */
static inline void fill_with_any_bits(real *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const uint64_t bits = random_bits();
        memcpy(&values[i], &bits, sizeof values[i]);
    }
}

/* A number of any magnitude, also subnormal, within (0, 1). */
static inline double any_fraction(void) {
    return ldexp(random_real(0.5, 1), random_int(0, 9) == 0 ? random_int(-1073, -1000) : random_int(-60, 0));
}

/* A network with random options, optimizer, position and parameters, and with optimizer state if it
 * has one and `has_state`. The caller destroys it. */
static inline network *random_network(bool has_state) {
    size_t widths[MAX_TEST_LAYERS + 1];
    reg_activation activations[MAX_TEST_LAYERS];
    double keep_prob[MAX_TEST_LAYERS], l2[MAX_TEST_LAYERS], l1[MAX_TEST_LAYERS];
    reg_network_options options = {.struct_size = sizeof options,
                                   .layers = (size_t)random_int(1, MAX_TEST_LAYERS),
                                   .widths = widths,
                                   .activations = activations,
                                   .loss = (reg_loss)random_int(0, last_value(REG_ENUM_LOSS)),
                                   .init = (reg_init)random_int(0, last_value(REG_ENUM_INIT)),
                                   .seed = random_bits(),
                                   .keep_prob = keep_prob,
                                   .l2 = l2,
                                   .l1 = l1};
    for (size_t l = 0; l < MAX_TEST_LAYERS; l++) {
        widths[l] = (size_t)random_int(1, 12);
        activations[l] = (reg_activation)random_int(0, last_value(REG_ENUM_ACTIVATION));
        keep_prob[l] = random_int(0, 1) == 0 ? 1 : any_fraction();
        l2[l] = random_int(0, 1) == 0 ? 0 : ldexp(any_fraction(), random_int(0, 1000));
        l1[l] = random_int(0, 1) == 0 ? 0 : any_fraction();
    }
    widths[MAX_TEST_LAYERS] = widths[options.layers] = (size_t)random_int(1, 12);
    if (options.loss != REG_SQUARED_ERROR) options.label_smoothing = random_real(0, 1);
    options.max_norm = random_int(0, 2) == 0 ? INFINITY : random_int(0, 1) == 0 ? 0 : any_fraction();
    network *made = NULL;
    CHECK_OK(REG(network_create)(&options, &made));

    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer,
                                       .kind = (reg_optimizer)random_int(0, last_value(REG_ENUM_OPTIMIZER)),
                                       .schedule = (reg_schedule)random_int(0, last_value(REG_ENUM_SCHEDULE)),
                                       .learning_rate = ldexp(any_fraction(), random_int(0, 1000)),
                                       .momentum = random_real(0, 1),
                                       .beta1 = random_real(0, 1),
                                       .beta2 = any_fraction() / 2,
                                       .epsilon = any_fraction(),
                                       .weight_decay = -0.0,
                                       .clip_norm = random_int(0, 1) == 0 ? INFINITY : any_fraction(),
                                       .decay = any_fraction(),
                                       .period = random_bits() | 1,
                                       .min_learning_rate = any_fraction()};
    CHECK_OK(REG(network_set_optimizer)(made, &optimizer));
    const reg_position position = {sizeof position, random_bits() >> random_int(16, 63),
                                   random_bits() >> random_int(16, 63)};
    CHECK_OK(REG(network_set_position)(made, &position));
    real *values = NULL;
    size_t count = 0;
    CHECK_OK(REG(network_parameters)(made, &values, &count));
    fill_with_any_bits(values, count);
    if (has_state) {
        CHECK_OK(REG(network_optimizer_state)(made, &values, &count));
        fill_with_any_bits(values, count);
    }
    return made;
}

/* The bytes of a network, in a guarded buffer that just holds them. */
static inline unsigned char *serialized(const network *source, size_t *size) {
    *size = 0;
    CHECK_OK(REG(network_serialize)(source, NULL, 0, size));
    unsigned char *bytes = BUFFER(unsigned char, *size);
    size_t again = 0;
    CHECK_OK(REG(network_serialize)(source, bytes, *size, &again));
    CHECK(again == *size);
    return bytes;
}

/* The same options, optimizer, position, parameters and state, each bit of them. */
static inline bool same_networks(network *a, network *b) {
    reg_network_options x = {.struct_size = sizeof x}, y = {.struct_size = sizeof y};
    CHECK_OK(REG(network_describe)(a, &x));
    CHECK_OK(REG(network_describe)(b, &y));
    if (x.layers != y.layers || x.loss != y.loss || x.init != y.init || x.seed != y.seed) return false;
    const size_t n = x.layers;
    if (memcmp(x.widths, y.widths, (n + 1) * sizeof *x.widths) != 0) return false;
    if (memcmp(x.activations, y.activations, (n - 1) * sizeof *x.activations) != 0) return false;
    if (memcmp(x.keep_prob, y.keep_prob, n * sizeof(double)) != 0) return false;
    if (memcmp(x.l2, y.l2, n * sizeof(double)) != 0 || memcmp(x.l1, y.l1, n * sizeof(double)) != 0)
        return false;
    if (memcmp(&x.label_smoothing, &y.label_smoothing, sizeof(double)) != 0) return false;
    if (memcmp(&x.max_norm, &y.max_norm, sizeof(double)) != 0) return false;

    reg_optimizer_options o, p;
    memset(&o, 0, sizeof o);
    memset(&p, 0, sizeof p);
    o.struct_size = p.struct_size = sizeof o;
    CHECK_OK(REG(network_get_optimizer)(a, &o));
    CHECK_OK(REG(network_get_optimizer)(b, &p));
    if (memcmp(&o, &p, sizeof o) != 0) return false;

    reg_position s = {.struct_size = sizeof s}, t = {.struct_size = sizeof t};
    CHECK_OK(REG(network_get_position)(a, &s));
    CHECK_OK(REG(network_get_position)(b, &t));
    if (s.step != t.step || s.epoch != t.epoch) return false;

    real *left = NULL, *right = NULL;
    size_t count = 0, other = 0;
    CHECK_OK(REG(network_parameters)(a, &left, &count));
    CHECK_OK(REG(network_parameters)(b, &right, &other));
    if (count != other || memcmp(left, right, count * sizeof *left) != 0) return false;
    CHECK_OK(REG(network_optimizer_state)(a, &left, &count));
    CHECK_OK(REG(network_optimizer_state)(b, &right, &other));
    return count == other && (count == 0 || memcmp(left, right, count * sizeof *left) == 0);
}

#endif
