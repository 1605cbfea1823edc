/* Use of a network in the reports of its own training: the training is the same, bit for bit, and what
 * would change it is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network_cases.h"
#include "networks.h"
#include "tests.h"

#if TEST_F64
typedef reg_fit_job_f64 Job;
#else
typedef reg_fit_job Job;
#endif

/* Other processes may run the same test. */
#if HOST_HAS_FILES
#include <unistd.h>
#define PROCESS ((long)getpid())
#else
#define PROCESS 0L
#endif

static bool same_double(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

static Network *copy_of(Network *source) {
    size_t size;
    const unsigned char *bytes = serialized(source, &size);
    Network *copy = NULL;
    CHECK_OK(REG(network_deserialize)(bytes, size, &copy));
    return copy;
}

/* ---- Every allowed call ---------------------------------------------------------------- */

/* A network in training, and room for what its report computes. Reports may run in several threads, and
 * count what is wrong instead of checking it. */
typedef struct User {
    Network *network;
    const Case *c;
    real *outputs[2], *deviation[2];
    double cost[2], gradient_cost[2], max_error[2];
    unsigned char *bytes;
    size_t room, parameters;
    char path[256];
    int reports, wrong, stop_at;
    bool saw_last;
} User;

static void want(User *u, bool is_right) { u->wrong += !is_right; }

static void make_room(User *u, const Case *c, Network *network, int number) {
    *u = (User){.network = network, .c = c, .parameters = oracle_parameter_count(&c->options)};
    for (int i = 0; i < 2; i++) {
        u->outputs[i] = BUFFER(real, c->data.m * c->y.units);
        u->deviation[i] = BUFFER(real, c->data.m * c->y.units);
    }
    size_t count = 0;
    state_of(network, &count); /* also saved */
    CHECK_OK(REG(network_serialize)(network, NULL, 0, &u->room));
    u->room += 4096; /* numbers become longer */
    u->bytes = BUFFER(unsigned char, u->room);
    const char *place = getenv("TMPDIR");
    snprintf(u->path, sizeof u->path, "%s/swiftreg-report-%ld-%d", place == NULL ? "/tmp" : place, PROCESS,
             number);
}

/* Calls that only compute, with the network that trains (0) or its copy (1). */
static void compute(User *u, Network *network, int which) {
    const Case *c = u->c;
    const reg_strides out = {1, (ptrdiff_t)c->y.units};
    want(u, REG(network_predict_data)(network, &c->data, u->outputs[which], NULL, out) == REG_OK);
    want(u, REG(network_predict_dropout)(network, c->data.m, c->data.x, c->data.x_strides, 2, 5, NULL,
                                         u->deviation[which], out) == REG_OK);
    want(u, REG(network_cost)(network, &c->data, &u->cost[which], NULL) == REG_OK);
    want(u, REG(network_check_gradient)(network, &c->data, 1e-2, 1, &u->max_error[which]) == REG_OK);
    want(u, REG(network_gradient)(network, &c->data, NULL, &u->gradient_cost[which]) == REG_OK);
}

static void check_files(User *u) {
#if HOST_HAS_FILES
    Network *loaded = NULL;
    want(u, REG(network_save)(u->network, u->path) == REG_OK);
    want(u, REG(network_load)(u->path, &loaded) == REG_OK);
    REG(network_destroy)(loaded);
    want(u, REG(network_export_c)(u->network, u->path, "f", NULL) == REG_OK);
    want(u, remove(u->path) == 0);
#else
    (void)u;
#endif
}

static int use(const reg_progress *progress, void *context) {
    User *u = context;
    Network *copy = NULL;
    size_t size = 0;
    real *gradients[2];
    reg_position position = SIZED(reg_position);
    reg_network_options options = SIZED(reg_network_options);
    reg_optimizer_options optimizer = SIZED(reg_optimizer_options);
    reg_layer layer = SIZED(reg_layer);
    want(u, REG(network_get_position)(u->network, &position) == REG_OK);
    want(u, position.epoch == progress->epoch && position.step == progress->step);
    want(u, REG(network_serialize)(u->network, u->bytes, u->room, &size) == REG_OK);
    want(u, REG(network_deserialize)(u->bytes, size, &copy) == REG_OK);
    if (copy == NULL) return 1;
    compute(u, u->network, 0);
    compute(u, copy, 1);
    const size_t outputs = u->c->data.m * u->c->y.units * sizeof(real);
    want(u, memcmp(u->outputs[0], u->outputs[1], outputs) == 0);
    want(u, memcmp(u->deviation[0], u->deviation[1], outputs) == 0);
    want(u, same_double(u->cost[0], u->cost[1]));
    want(u, same_double(u->max_error[0], u->max_error[1]));
    want(u, same_double(u->gradient_cost[0], u->gradient_cost[1]));
    want(u, REG(network_gradients)(u->network, &gradients[0], &size) == REG_OK);
    want(u, REG(network_gradients)(copy, &gradients[1], &size) == REG_OK);
    want(u, memcmp(gradients[0], gradients[1], size * sizeof(real)) == 0);
    REG(network_destroy)(copy);
    want(u, REG(network_describe)(u->network, &options) == REG_OK);
    want(u, REG(network_set_regularization)(u->network, &options) == REG_OK);
    want(u, REG(network_get_optimizer)(u->network, &optimizer) == REG_OK);
    want(u, REG(network_set_optimizer)(u->network, &optimizer) == REG_OK);
    want(u, REG(network_layer)(u->network, 0, &layer) == REG_OK);
    want(u, REG(network_memory)(u->network, 10, 10, 1, &size) == REG_OK);
    check_files(u);
    want(u, !u->saw_last);
    u->saw_last = progress->is_last;
    return ++u->reports == u->stop_at;
}

typedef struct Costs {
    double costs[8], validation[8];
    reg_fit_result result;
} Costs;

static bool same_costs(const Costs *a, const Costs *b) {
    const reg_fit_result *p = &a->result, *q = &b->result;
    return memcmp(a->costs, b->costs, sizeof a->costs) == 0 &&
           memcmp(a->validation, b->validation, sizeof a->validation) == 0 && p->reason == q->reason &&
           p->epochs == q->epochs && same_double(p->cost, q->cost) && p->best_epoch == q->best_epoch &&
           same_double(p->best_cost, q->best_cost) && p->failed_step == q->failed_step;
}

static reg_fit_options random_options(Costs *costs, const Case *c, bool patience) {
    reg_fit_options options = SIZED(reg_fit_options);
    memset(costs, 0, sizeof *costs);
    costs->result = SIZED(reg_fit_result);
    options.epochs = 5;
    options.batch_size = random_int(0, 3) == 0 ? 0 : c->data.m / 3 + 1;
    options.shuffle = random_int(0, 1);
    if (patience) {
        options.patience = 1;
        options.min_delta = 0.05;
    }
    options.costs = costs->costs;
    options.validation_costs = costs->validation;
    return options;
}

static void check_use(Shape shape, int threads, bool validates, int round) {
    Case c, validation;
    fill_network(&c, shape);
    fill_data(&c, shape.m, (Layout)random_int(0, LAYOUTS - 1), EXAMPLES_UNITS, round % 2);
    validation = c;
    fill_data(&validation, shape.m / 2 + 1, EXAMPLES_UNITS, UNITS_EXAMPLES, false);
    Network *network = create_network(&c);
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults((reg_optimizer)(round % (last_value(REG_ENUM_OPTIMIZER) + 1)), &o));
    o.learning_rate = random_real(0.001, 0.05);
    CHECK_OK(REG(network_set_optimizer)(network, &o));
    Network *other = copy_of(network);
    describe("use in reports " REAL_NAME ", m %zu, %d threads, validation %d, optimizer %d", shape.m, threads,
             validates, o.kind);
    Costs costs, other_costs;
    reg_fit_options options = random_options(&costs, &c, round % 3 == 0);
    User user;
    make_room(&user, &c, network, 0);
    if (round % 4 == 3) user.stop_at = 2;
    options.report = use;
    options.context = &user;
    const Data *checked = validates ? &validation.data : NULL;
    CHECK_OK(REG(network_fit)(network, &c.data, checked, &options, &costs.result));
    CHECK(user.wrong == 0 && user.reports == (int)costs.result.epochs);
    CHECK(user.saw_last == (costs.result.reason != REG_STOP_REPORT));
    options.costs = other_costs.costs;
    options.validation_costs = other_costs.validation;
    memset(&other_costs, 0, sizeof other_costs);
    other_costs.result = SIZED(reg_fit_result);
    options.report = NULL;
    if (user.stop_at != 0) options.epochs = costs.result.epochs;
    CHECK_OK(REG(network_fit)(other, &c.data, checked, &options, &other_costs.result));
    if (user.stop_at != 0) other_costs.result.reason = costs.result.reason;
    CHECK(same_networks((void *)network, (void *)other));
    CHECK(same_costs(&costs, &other_costs));
    REG(network_destroy)(network);
    REG(network_destroy)(other);
    release_buffers();
}

/* Batches with and without several threads, of one chunk and of several; data of which all are predicted
 * at once, so that working memory grows in the first report. */
TEST(network_report_use) {
    static const Shape shapes[] = {
        {40, 2, {5, 16, 3}}, {17, 3, {2, 20, 3, 1}}, {300, 2, {64, 100, 4}}, {1100, 2, {33, 64, 2}}};
    int32_t before = 0;
    CHECK_OK(reg_get_num_threads(&before));
    for (int threads = 1; threads <= 2; threads++) {
        CHECK_OK(reg_set_num_threads(threads));
        for (size_t i = 0; i < COUNT(shapes) - (quick ? 2 : 0); i++)
            for (int round = 0; round < (i < 2 && !quick ? 8 : 2); round++)
                check_use(shapes[i], threads, round % 2, round);
    }
    CHECK_OK(reg_set_num_threads(before));
}

/* ---- What is refused ------------------------------------------------------------------- */

typedef struct Refused {
    Network *network, *another;
    const Case *c;
    int reports;
} Refused;

static void check_error(reg_status status, const char *argument) {
    reg_error error = SIZED(reg_error);
    CHECK_STATUS(REG_ERROR_STATE, status);
    CHECK_OK(reg_last_error(&error));
    CHECK(error.status == REG_ERROR_STATE && strcmp(error.argument, argument) == 0);
}

static int be_refused(const reg_progress *progress, void *context) {
    Refused *r = context;
    (void)progress;
    reg_fit_options options = SIZED(reg_fit_options);
    reg_fit_result result = SIZED(reg_fit_result);
    result.epochs = 77;
    options.epochs = 1;
    check_error(REG(network_fit)(r->network, &r->c->data, NULL, &options, &result), "network");
    CHECK(result.epochs == 77);
    check_error(REG(network_apply)(r->network), "network");
    reg_position position = position_of(r->network);
    check_error(REG(network_set_position)(r->network, &position), "network");
    reg_optimizer_options o = SIZED(reg_optimizer_options), now = o;
    CHECK_OK(REG(network_get_optimizer)(r->network, &now));
    for (int kind = 0; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        if (kind == (int)now.kind) continue;
        CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &o));
        check_error(REG(network_set_optimizer)(r->network, &o), "kind");
    }
    REG(network_destroy)(r->network);
    /* The other jobs of a call are trained. */
    Job jobs[2] = {SIZED(Job), SIZED(Job)};
    jobs[0].network = r->network;
    jobs[1].network = r->another;
    jobs[0].data = jobs[1].data = &r->c->data;
    jobs[0].options = jobs[1].options = &options;
    const uint64_t epoch = position_of(r->another).epoch;
    check_error(REG(fit_many)(jobs, 2), "network");
    CHECK(jobs[0].status == REG_ERROR_STATE && jobs[1].status == REG_OK);
    CHECK(position_of(r->another).epoch == epoch + 1);
    /* Another network may be anything but idle, too. */
    CHECK_OK(REG(network_fit)(r->another, &r->c->data, NULL, &options, NULL));
    r->reports++;
    return 0;
}

TEST(network_report_refuses) {
    for (int kind = 0; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        describe("calls refused in reports " REAL_NAME ", optimizer %d", kind);
        Case c;
        fill_network(&c, (Shape){12, 2, {3, 8, 2}});
        fill_data(&c, 12, UNITS_EXAMPLES, UNITS_EXAMPLES, false);
        Network *network = create_network(&c);
        reg_optimizer_options o = SIZED(reg_optimizer_options);
        CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &o));
        CHECK_OK(REG(network_set_optimizer)(network, &o));
        Network *other = copy_of(network), *another = copy_of(network);
        Costs costs, other_costs;
        reg_fit_options options = random_options(&costs, &c, false);
        Refused refused = {network, another, &c, 0};
        options.report = be_refused;
        options.context = &refused;
        CHECK_OK(REG(network_fit)(network, &c.data, &c.data, &options, &costs.result));
        CHECK(refused.reports == 5);
        options.report = NULL;
        options.costs = other_costs.costs;
        options.validation_costs = other_costs.validation;
        memset(&other_costs, 0, sizeof other_costs);
        other_costs.result = SIZED(reg_fit_result);
        CHECK_OK(REG(network_fit)(other, &c.data, &c.data, &options, &other_costs.result));
        CHECK(same_networks((void *)network, (void *)other));
        CHECK(same_costs(&costs, &other_costs));
        /* Afterwards nothing is refused. */
        CHECK_OK(REG(network_apply)(network));
        set_position(network, 1, 2);
        REG(network_destroy)(network);
        REG(network_destroy)(other);
        REG(network_destroy)(another);
        release_buffers();
    }
}

/* ---- New options ----------------------------------------------------------------------- */

/* The options of the epoch after `epoch`. */
static void change(Network *network, uint64_t epoch) {
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    CHECK_OK(REG(network_get_optimizer)(network, &o));
    o.learning_rate = 0.05 / (double)(1 + epoch);
    o.beta1 = epoch % 2 ? 0.8 : 0.9;
    CHECK_OK(REG(network_set_optimizer)(network, &o));
    reg_network_options options = SIZED(reg_network_options);
    CHECK_OK(REG(network_describe)(network, &options));
    const double keep_prob[2] = {epoch == 2 ? 1 : 0.9, epoch == 3 ? 1 : 0.5},
                 l2[2] = {0.1 * (double)epoch, 0};
    options.keep_prob = keep_prob;
    options.l2 = l2;
    options.l1 = NULL;
    options.max_norm = epoch > 2 ? 0.7 : 0;
    CHECK_OK(REG(network_set_regularization)(network, &options));
}

static int change_options(const reg_progress *progress, void *context) {
    change(context, progress->epoch);
    return 0;
}

/* As if every epoch were a call of its own. */
TEST(network_report_options) {
    for (int kind = 0; kind <= last_value(REG_ENUM_OPTIMIZER); kind++) {
        describe("options set in reports " REAL_NAME ", optimizer %d", kind);
        Case c;
        fill_network(&c, (Shape){30, 2, {4, 20, 2}});
        fill_data(&c, 30, EXAMPLES_UNITS, EXAMPLES_UNITS, false);
        Network *network = create_network(&c);
        reg_optimizer_options o = SIZED(reg_optimizer_options);
        CHECK_OK(reg_optimizer_defaults((reg_optimizer)kind, &o));
        CHECK_OK(REG(network_set_optimizer)(network, &o));
        Network *other = copy_of(network);
        Costs costs;
        reg_fit_options options = random_options(&costs, &c, false);
        options.report = change_options;
        options.context = network;
        CHECK_OK(REG(network_fit)(network, &c.data, NULL, &options, NULL));
        options.report = NULL;
        options.epochs = 1;
        for (uint64_t epoch = 1; epoch <= 5; epoch++) {
            CHECK_OK(REG(network_fit)(other, &c.data, NULL, &options, NULL));
            change(other, epoch);
        }
        CHECK(same_networks((void *)network, (void *)other));
        REG(network_destroy)(network);
        REG(network_destroy)(other);
        release_buffers();
    }
}

/* ---- Many fits ------------------------------------------------------------------------- */

enum { MANY = 6 };

/* Before the first epoch, what a report may do is allowed; after the last one, all is. */
static int use_in_event(int32_t ended, void *context) {
    User *u = context;
    const reg_position start = {sizeof start, 0, 0};
    compute(u, u->network, 0);
    want(u, REG(network_set_position)(u->network, &start) == (ended ? REG_OK : REG_ERROR_STATE));
    return 0;
}

/* Reports on threads of the pool, which the calls in them would use again; or, of few and large networks, on
 * the calling thread. */
static void check_many(int threads, int count, Shape shape) {
    CHECK_OK(reg_set_num_threads(threads));
    describe("use in reports of fit_many " REAL_NAME ", %d networks, %d threads", count, threads);
    Case c[MANY];
    Network *network[MANY], *other[MANY];
    Costs costs[MANY], other_costs[MANY];
    reg_fit_options options[MANY];
    User user[MANY];
    Job *jobs = BUFFER(Job, MANY);
    for (int i = 0; i < count; i++) {
        fill_network(&c[i], shape);
        fill_data(&c[i], shape.m, EXAMPLES_UNITS, EXAMPLES_UNITS, false);
        network[i] = create_network(&c[i]);
        other[i] = copy_of(network[i]);
        options[i] = random_options(&costs[i], &c[i], false);
        make_room(&user[i], &c[i], network[i], i);
        jobs[i] = SIZED(Job);
        jobs[i].network = network[i];
        jobs[i].data = &c[i].data;
        if (i % 2) jobs[i].validation = &c[i].data;
        jobs[i].options = &options[i];
        jobs[i].result = &costs[i].result;
        jobs[i].event = use_in_event;
        reg_fit_options alone = options[i];
        memset(&other_costs[i], 0, sizeof other_costs[i]);
        other_costs[i].result = SIZED(reg_fit_result);
        alone.costs = other_costs[i].costs;
        alone.validation_costs = other_costs[i].validation;
        CHECK_OK(REG(network_fit)(other[i], &c[i].data, jobs[i].validation, &alone, &other_costs[i].result));
        set_position(other[i], 0, 0);
        options[i].report = use;
        options[i].context = &user[i];
    }
    CHECK_OK(REG(fit_many)(jobs, (size_t)count));
    for (int i = 0; i < count; i++) {
        CHECK(user[i].wrong == 0 && user[i].reports == 5 && user[i].saw_last);
        CHECK(same_networks((void *)network[i], (void *)other[i]));
        CHECK(same_costs(&costs[i], &other_costs[i]));
        REG(network_destroy)(network[i]);
        REG(network_destroy)(other[i]);
    }
    release_buffers();
}

TEST(network_report_many) {
    int32_t before = 0;
    CHECK_OK(reg_get_num_threads(&before));
    for (int threads = 1; threads <= 3; threads++) {
        check_many(threads, MANY, (Shape){25, 2, {6, 10, 2}});
        if (!quick) check_many(threads, MANY, (Shape){300, 2, {64, 100, 3}});
    }
    if (!quick) check_many(2, 1, (Shape){600, 2, {64, 128, 4}});
    CHECK_OK(reg_set_num_threads(before));
}
