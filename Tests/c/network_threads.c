/* Networks in several threads at once: the same results as alone. */
#include <string.h>

#include "host.h"
#include "network_cases.h"
#include "tests.h"

enum { THREADS = 4 };

/* The training of one thread. */
typedef struct Job {
    Case c;
    Network *network;
    real *outputs;
    double cost;
    reg_status status;
} Job;

static void *train(void *context) {
    Job *job = context;
    const size_t n = job->c.y.units;
    reg_fit_options options = SIZED(reg_fit_options);
    options.batch_size = job->c.data.m / 2 + 1;
    options.shuffle = 1;
    options.epochs = 1;
    for (int round = 0; round < 5 && job->status == REG_OK; round++) {
        job->status = REG(network_fit)(job->network, &job->c.data, NULL, &options, NULL);
        if (job->status == REG_OK)
            job->status = REG(network_cost)(job->network, &job->c.data, &job->cost, NULL);
        if (job->status == REG_OK)
            job->status =
                REG(network_predict)(job->network, job->c.data.m, job->c.data.x, job->c.data.x_strides,
                                     job->outputs, NULL, (reg_strides){1, (ptrdiff_t)n});
    }
    return NULL;
}

static void prepare(Job *job, int number) {
    /* Some are large enough for several threads of the library. */
    static const Shape shapes[THREADS] = {
        {40, 2, {5, 16, 3}}, {400, 2, {64, 100, 4}}, {17, 3, {2, 20, 3, 1}}, {400, 2, {33, 128, 4}}};
    random_seed((uint64_t)number);
    fill_network(&job->c, shapes[number]);
    fill_data(&job->c, quick ? 20 : shapes[number].m, EXAMPLES_UNITS, UNITS_EXAMPLES, false);
    job->network = create_network(&job->c);
    job->outputs = BUFFER(real, job->c.data.m * job->c.y.units);
    job->cost = NAN;
    job->status = REG_OK;
}

TEST(network_threads) {
    int32_t before = 0;
    CHECK_OK(reg_get_num_threads(&before));
    CHECK_OK(reg_set_num_threads(2));
    static Job alone[THREADS], together[THREADS];
    for (int i = 0; i < THREADS; i++) {
        prepare(&alone[i], i);
        prepare(&together[i], i);
        train(&alone[i]);
    }
    void *contexts[THREADS];
    for (int i = 0; i < THREADS; i++) contexts[i] = &together[i];
    run_at_once(THREADS, train, contexts, NULL);
    for (int i = 0; i < THREADS; i++) {
        describe("network in thread %d " REAL_NAME, i);
        const Case *c = &alone[i].c;
        CHECK_OK(alone[i].status);
        CHECK_OK(together[i].status);
        CHECK(alone[i].cost == together[i].cost);
        CHECK(memcmp(alone[i].outputs, together[i].outputs, c->data.m * c->y.units * sizeof(real)) == 0);
        CHECK(memcmp(parameters_of(alone[i].network), parameters_of(together[i].network),
                     oracle_parameter_count(&c->options) * sizeof(real)) == 0);
        REG(network_destroy)(alone[i].network);
        REG(network_destroy)(together[i].network);
    }
    CHECK_OK(reg_set_num_threads(before));
}
