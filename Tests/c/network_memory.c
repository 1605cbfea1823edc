/* Networks when allocations fail: a status, and an unchanged, usable network. Memory use must equal
 * the result of reg_network_memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator.h"
#include "check.h"
#include "host.h"
#include "swiftreg_network.h"

#define SIZED(type) ((type){.struct_size = sizeof(type)})

/* ---- A network and its data ------------------------------------------------------------ */

enum { MAX_M = 1500, MAX_UNITS = 300 };
static float x[MAX_M * MAX_UNITS], y[MAX_M * MAX_UNITS];

typedef struct Shape {
    size_t layers, widths[4];
} Shape;

static const double keep_prob[3] = {0.9, 0.5, 0.5};

static reg_network *make(Shape shape, reg_optimizer kind) {
    reg_network_options options = SIZED(reg_network_options);
    reg_optimizer_options optimizer = SIZED(reg_optimizer_options);
    reg_network *network = NULL;
    options.layers = shape.layers;
    options.widths = shape.widths;
    options.keep_prob = keep_prob;
    CHECK_OK(reg_network_create(&options, &network));
    CHECK_OK(reg_optimizer_defaults(kind, &optimizer));
    CHECK_OK(reg_network_set_optimizer(network, &optimizer));
    return network;
}

static reg_data examples(Shape shape, size_t m) {
    reg_data data = SIZED(reg_data);
    data.m = m;
    data.x = x;
    data.y = y;
    data.x_strides = (reg_strides){1, (ptrdiff_t)shape.widths[0]};
    data.y_strides = (reg_strides){1, (ptrdiff_t)shape.widths[shape.layers]};
    return data;
}

static reg_status fit(reg_network *network, Shape shape, size_t m, size_t batch_size, bool validates) {
    const reg_data data = examples(shape, m);
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = 2;
    options.batch_size = batch_size;
    options.shuffle = 1;
    return reg_network_fit(network, &data, validates ? &data : NULL, &options, NULL);
}

/* ---- No memory ------------------------------------------------------------------------- */

/* Products with and without working memory of their own. */
static const Shape small = {2, {5, 7, 3}}, large = {3, {300, 200, 100, 3}};
static Shape shape;
static size_t batch;

static reg_status create(long limit) {
    reg_network_options options = SIZED(reg_network_options);
    reg_network *network = (reg_network *)&options;
    options.layers = shape.layers;
    options.widths = shape.widths;
    allowed = limit;
    const reg_status status = reg_network_create(&options, &network);
    allowed = -1;
    CHECK((status == REG_OK) == (network != NULL));
    if (status != REG_OK) CHECK_STATUS(REG_ERROR_MEMORY, status);
    reg_network_destroy(network);
    return status;
}

/* Outputs of the calls. */
static float out[MAX_M * 3];
static double number;

typedef reg_status (*Use)(reg_network *network);

static bool same_networks(reg_network *a, reg_network *b) {
    reg_position at = SIZED(reg_position), bt = SIZED(reg_position);
    float *of_a, *of_b;
    size_t count;
    CHECK_OK(reg_network_get_position(a, &at));
    CHECK_OK(reg_network_get_position(b, &bt));
    CHECK_OK(reg_network_parameters(a, &of_a, &count));
    CHECK_OK(reg_network_parameters(b, &of_b, &count));
    const bool same = memcmp(of_a, of_b, count * sizeof *of_a) == 0;
    CHECK_OK(reg_network_gradients(a, &of_a, &count));
    CHECK_OK(reg_network_gradients(b, &of_b, &count));
    return same && memcmp(of_a, of_b, count * sizeof *of_a) == 0 && at.step == bt.step &&
           at.epoch == bt.epoch;
}

/* After a failed call nothing is written, and the network continues as if the call had not been
 * made. */
static reg_status use(Use call, long limit) {
    reg_network *network = make(shape, REG_ADAM), *fresh = make(shape, REG_ADAM);
    memset(out, 0xA5, sizeof out);
    memset(&number, 0xA5, sizeof number);
    allowed = limit;
    const reg_status status = call(network);
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(is_untouched(out, sizeof out) && is_untouched(&number, sizeof number));
        CHECK(same_networks(network, fresh));
        CHECK_OK(call(network));
        CHECK_OK(call(fresh));
        CHECK(same_networks(network, fresh));
        CHECK_OK(fit(network, shape, batch, 0, false));
        CHECK_OK(fit(fresh, shape, batch, 0, false));
        CHECK(same_networks(network, fresh));
    }
    reg_network_destroy(network);
    reg_network_destroy(fresh);
    return status;
}

static reg_status use_gradients(reg_network *network) {
    float *values;
    size_t count;
    return reg_network_gradients(network, &values, &count);
}

static reg_status use_state(reg_network *network) {
    float *values;
    size_t count;
    return reg_network_optimizer_state(network, &values, &count);
}

static reg_status use_predict(reg_network *network) {
    const reg_data data = examples(shape, batch);
    return reg_network_predict(network, batch, x, data.x_strides, out, NULL, data.y_strides);
}

static reg_status use_predict_dropout(reg_network *network) {
    const reg_data data = examples(shape, batch);
    return reg_network_predict_dropout(network, batch, x, data.x_strides, 3, 1, out, NULL, data.y_strides);
}

static reg_status use_cost(reg_network *network) {
    const reg_data data = examples(shape, batch);
    return reg_network_cost(network, &data, &number, NULL);
}

static reg_status use_gradient(reg_network *network) {
    const reg_data data = examples(shape, batch);
    return reg_network_gradient(network, &data, NULL, &number);
}

static reg_status use_check(reg_network *network) {
    const reg_data data = examples(shape, batch);
    return reg_network_check_gradient(network, &data, 1e-2, 2, &number);
}

static reg_status use_fit(reg_network *network) { return fit(network, shape, batch, batch / 2, true); }

#define EVERY_USE(X)                                                                                         \
    X(gradients)                                                                                             \
    X(state)                                                                                                 \
    X(predict)                                                                                               \
    X(predict_dropout)                                                                                       \
    X(cost)                                                                                                  \
    X(gradient)                                                                                              \
    X(apply)                                                                                                 \
    X(check)                                                                                                 \
    X(fit)

static reg_status use_apply(reg_network *network) { return reg_network_apply(network); }

#define CALL(name)                                                                                           \
    static reg_status call_##name(long limit) { return use(use_##name, limit); }
EVERY_USE(CALL)

static void check_no_memory(Shape with, size_t m) {
    shape = with;
    batch = m;
    check_call("network create", create);
#define CHECK_USE(name) check_call("network " #name, call_##name);
    EVERY_USE(CHECK_USE)
}

/* More threads need more memory for a product. More threads during a training without further
 * memory change nothing: products keep the division of the beginning of the call. */
static int add_threads(const reg_progress *progress, void *context) {
    (void)progress, (void)context;
    CHECK_OK(reg_set_num_threads(16));
    allowed = 0;
    return 0;
}

static void *train_while_threads_change(void *context) {
    reg_network *network = make(large, REG_SGD);
    const reg_data data = examples(large, 600);
    reg_fit_options options = SIZED(reg_fit_options);
    (void)context;
    options.epochs = 3;
    options.report = add_threads;
    const reg_status status = reg_network_fit(network, &data, &data, &options, NULL);
    allowed = -1;
    CHECK_OK(status);
    reg_network_destroy(network);
    return NULL;
}

static void check_threads_change(void) {
    describe("more threads during a training");
    void *const context = NULL;
    CHECK_OK(reg_set_num_threads(1));
    run_at_once(1, train_while_threads_change, &context, NULL);
}

/* A report that runs out of memory takes none from the training: it goes on without an allocation, in the
 * memory that it has, also where an earlier report made it grow. */
typedef struct Starved {
    reg_network *network;
    int reports;
} Starved;

static reg_status predict_many(reg_network *network) {
    const reg_data data = examples(large, MAX_M);
    return reg_network_predict(network, MAX_M, x, data.x_strides, out, NULL, data.y_strides);
}

/* No memory, memory for the values but not for the products, enough memory, and no more than that. */
static int predict_without_memory(const reg_progress *progress, void *context) {
    static const long limits[] = {0, 1, -1, 0};
    Starved *starved = context;
    (void)progress;
    allowed = limits[starved->reports];
    CHECK_STATUS(starved->reports < 2 ? REG_ERROR_MEMORY : REG_OK, predict_many(starved->network));
    starved->reports++;
    allowed = 0;
    return 0;
}

static void *train_while_reports_starve(void *context) {
    reg_network *network = make(large, REG_ADAM), *other = make(large, REG_ADAM);
    const reg_data data = examples(large, 40);
    reg_fit_options options = SIZED(reg_fit_options);
    Starved starved = {network, 0};
    (void)context;
    options.epochs = 4;
    options.batch_size = 16;
    options.shuffle = 1;
    options.report = predict_without_memory;
    options.context = &starved;
    CHECK_OK(reg_network_fit(network, &data, &data, &options, NULL));
    options.report = NULL;
    allowed = -1;
    CHECK_OK(reg_network_fit(other, &data, &data, &options, NULL));
    CHECK(starved.reports == 4 && same_networks(network, other));
    reg_network_destroy(network);
    reg_network_destroy(other);
    return NULL;
}

static void check_starved_reports(void) {
    describe("reports without memory");
    void *const context = NULL;
    run_at_once(1, train_while_reports_starve, &context, NULL);
}

/* ---- Amount of memory ------------------------------------------------------------------ */

typedef struct Training {
    Shape shape;
    reg_optimizer kind;
    size_t m, batch_size; /* batch_size 0: prediction only */
    bool validates;
    size_t stated, taken;
} Training;

static void *measure(void *context) {
    Training *t = context;
    const size_t before = allocated_bytes();
    reg_network *network = make(t->shape, t->kind);
    float *parameters;
    size_t count;
    CHECK_OK(reg_network_parameters(network, &parameters, &count));
    CHECK_OK(reg_network_memory(network, t->batch_size, t->m, t->validates, &t->stated));
    reset_peak();
    if (t->batch_size > 0) CHECK_OK(fit(network, t->shape, t->m, t->batch_size, t->validates));
    else
        CHECK_OK(reg_network_predict(network, t->m, x, (reg_strides){1, (ptrdiff_t)t->shape.widths[0]}, out,
                                     NULL, (reg_strides){1, (ptrdiff_t)t->shape.widths[t->shape.layers]}));
    t->taken = peak_bytes() - before - count * sizeof *parameters;
    reg_network_destroy(network);
    return NULL;
}

/* Runs in a new thread, which has no working memory yet. */
static void check_memory(Training t) {
    describe("memory of %zu %zu %zu, m %zu, batch %zu, optimizer %d, validation %d", t.shape.widths[0],
             t.shape.widths[1], t.shape.widths[2], t.m, t.batch_size, t.kind, t.validates);
    void *const context = &t;
    run_at_once(1, measure, &context, NULL);
    CHECK(t.taken <= t.stated);
    CHECK((double)t.stated <= 1.05 * (double)t.taken);
}

static void check_memories(void) {
    static const Shape shapes[] = {
        {1, {1, 1}}, {2, {5, 7, 3}}, {3, {2, 20, 3, 1}}, {3, {100, 64, 33, 3}}, {3, {300, 200, 100, 3}}};
    static const size_t ms[] = {1, 40, 512, 1500}, batches[] = {0, 1, 16, 100, 2000};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++)
            for (size_t k = 0; k < sizeof batches / sizeof batches[0]; k++)
                for (int v = 0; v < 4; v++)
                    check_memory((Training){.shape = shapes[s],
                                            .kind = v < 2 ? REG_SGD : REG_ADAM,
                                            .m = ms[i],
                                            .batch_size = batches[k],
                                            .validates = v % 2});
}

void check_network_memory(void) {
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) x[i] = y[i] = 0.5f;
    int32_t threads;
    CHECK_OK(reg_get_num_threads(&threads));
    check_no_memory(small, 40);
    check_no_memory(large, 600);
    check_threads_change();
    check_starved_reports();
    for (int32_t n = 1; n <= 2; n++) {
        CHECK_OK(reg_set_num_threads(n));
        check_memories();
    }
    CHECK_OK(reg_set_num_threads(threads));
}
