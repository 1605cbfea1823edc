/* The end of training: reports, patience, validation, costs that are not finite. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* ---- Reports --------------------------------------------------------------------------- */

enum { MAX_REPORTS = 64 };

/* Records the progress and the parameters of each report; stops at one. */
typedef struct Witness {
    Network *network;
    size_t parameters;
    int reports, stop_at; /* stop_at 0: never */
    reg_progress seen[MAX_REPORTS];
    real *weights[MAX_REPORTS];
    real *spoil; /* after the report number spoil_at, a NaN is written here */
    int spoil_at;
    real spoil_with;
} Witness;

static int witness(const reg_progress *progress, void *context) {
    Witness *w = context;
    CHECK(progress->struct_size == sizeof *progress && w->reports < MAX_REPORTS);
    w->seen[w->reports] = *progress;
    real *values = NULL;
    size_t count = 0;
    CHECK_OK(REG(network_parameters)(w->network, &values, &count));
    w->weights[w->reports] = malloc(count * sizeof(real));
    memcpy(w->weights[w->reports++], values, count * sizeof(real));
    if (w->spoil != NULL && w->reports == w->spoil_at) *w->spoil = w->spoil_with;
    return w->reports == w->stop_at ? -1 : 0;
}

static void forget(Witness *w) {
    for (int i = 0; i < w->reports; i++) free(w->weights[i]);
    w->reports = 0;
}

static bool has_parameters(Network *network, const real *want, size_t count) {
    return memcmp(parameters_of(network), want, count * sizeof(real)) == 0;
}

/* A small network, training data, separate validation data, and 12 epochs. */
typedef struct Training {
    Case c, validation;
    Network *network;
    size_t parameters;
    Witness witness;
    reg_fit_options options;
    reg_fit_result result;
} Training;

enum { EPOCHS = 12 };

static void begin(Training *t, double learning_rate) {
    const Shape shape = {24, 2, {3, 9, 2}};
    memset(t, 0, sizeof *t);
    fill_network(&t->c, shape);
    fill_data(&t->c, shape.m, EXAMPLES_UNITS, EXAMPLES_UNITS, false);
    t->validation = t->c;
    fill_data(&t->validation, 11, UNITS_EXAMPLES, EXAMPLES_UNITS, random_int(0, 1));
    t->network = create_network(&t->c);
    t->parameters = oracle_parameter_count(&t->c.options);
    reg_optimizer_options o = SIZED(reg_optimizer_options);
    CHECK_OK(reg_optimizer_defaults(REG_MOMENTUM, &o));
    o.learning_rate = learning_rate;
    o.schedule = REG_STEP;
    o.period = 3;
    CHECK_OK(REG(network_set_optimizer)(t->network, &o));
    set_position(t->network, 50, 10);
    t->witness = (Witness){.network = t->network, .parameters = t->parameters};
    t->options = SIZED(reg_fit_options);
    t->options.epochs = EPOCHS;
    t->options.batch_size = 10;
    t->options.report = witness;
    t->options.context = &t->witness;
    t->options.costs = BUFFER(double, EPOCHS);
    t->options.validation_costs = BUFFER(double, EPOCHS);
    t->result = SIZED(reg_fit_result);
}

static void end(Training *t) {
    forget(&t->witness);
    REG(network_destroy)(t->network);
    release_buffers();
}

static reg_status fit(Training *t, bool validates) {
    return REG(network_fit)(t->network, &t->c.data, validates ? &t->validation.data : NULL, &t->options,
                            &t->result);
}

/* Values of the array beyond those of completed epochs. */
static bool rest_is_untouched(const double *values, size_t completed) {
    return is_untouched(values + completed, (EPOCHS - completed) * sizeof *values);
}

TEST(network_reports) {
    for (int every = 0; every < 6; every++) {
        describe("reports " REAL_NAME " every %d epochs", every);
        Training t;
        begin(&t, 0.05);
        t.options.report_every = (uint64_t)every;
        CHECK_OK(fit(&t, false));
        const int period = every == 0 ? 1 : every, reports = (EPOCHS + period - 1) / period;
        CHECK(t.witness.reports == reports);
        for (int i = 0; i < t.witness.reports; i++) {
            const uint64_t epoch = i + 1 == reports ? EPOCHS : (uint64_t)((i + 1) * period);
            const reg_progress *seen = &t.witness.seen[i];
            CHECK(seen->epoch == 10 + epoch && seen->step == 50 + 3 * epoch);
            CHECK(seen->cost == t.options.costs[epoch - 1] && isnan(seen->validation_cost));
            CHECK(close_to(seen->learning_rate, 0.05 * pow(0.5, (double)((10 + epoch - 1) / 3)), 1e-15));
        }
        /* Without validation data there are no validation costs. */
        CHECK(rest_is_untouched(t.options.validation_costs, 0));
        CHECK(t.result.reason == REG_STOP_EPOCHS && t.result.epochs == EPOCHS);
        CHECK(has_parameters(t.network, t.witness.weights[reports - 1], t.parameters));
        end(&t);
    }
}

TEST(network_stops_at_report) {
    for (int stop = 1; stop <= EPOCHS; stop += 3) {
        describe("stop " REAL_NAME " at report %d", stop);
        Training t;
        begin(&t, 0.05);
        t.witness.stop_at = stop;
        CHECK_OK(fit(&t, false));
        CHECK(t.witness.reports == stop && t.result.reason == REG_STOP_REPORT);
        CHECK(t.result.epochs == (uint64_t)stop && t.result.cost == t.options.costs[stop - 1]);
        CHECK(rest_is_untouched(t.options.costs, (size_t)stop));
        CHECK(has_parameters(t.network, t.witness.weights[stop - 1], t.parameters));
        CHECK(position_of(t.network).epoch == 10 + (uint64_t)stop);
        CHECK(position_of(t.network).step == 50 + 3 * (uint64_t)stop);
        end(&t);
    }
}

/* No epochs: nothing happens. */
TEST(network_no_epochs) {
    Training t;
    begin(&t, 0.05);
    const real *before = copy_reals(parameters_of(t.network), t.parameters);
    t.options.epochs = 0;
    CHECK_OK(fit(&t, true));
    CHECK(t.witness.reports == 0 && t.result.epochs == 0 && isnan(t.result.cost));
    CHECK(t.result.reason == REG_STOP_EPOCHS && t.result.best_epoch == 0 && isnan(t.result.best_cost));
    CHECK(has_parameters(t.network, before, t.parameters) && position_of(t.network).step == 50);
    end(&t);
}

/* ---- Validation and patience ----------------------------------------------------------- */

/* At a rate at which costs rise and fall, the best epoch is seldom the last. */
TEST(network_validation) {
    for (int i = 0; i < 10; i++) {
        describe("validation " REAL_NAME " %d", i);
        Training t;
        begin(&t, i % 2 ? 1 : 0.1);
        if (i % 3 == 0) t.witness.stop_at = 7;
        CHECK_OK(fit(&t, true));
        int best = 0;
        for (int e = 0; e < t.witness.reports; e++) {
            CHECK(t.witness.seen[e].validation_cost == t.options.validation_costs[e]);
            if (t.options.validation_costs[e] < t.options.validation_costs[best]) best = e;
        }
        CHECK(t.result.epochs == (uint64_t)(i % 3 == 0 ? 7 : EPOCHS));
        CHECK(t.result.best_epoch == 11 + (uint64_t)best);
        CHECK(t.result.best_cost == t.options.validation_costs[best]);
        CHECK(t.result.cost == t.options.costs[t.result.epochs - 1]);
        CHECK(has_parameters(t.network, t.witness.weights[best], t.parameters));
        /* Position and state stay those of the last epoch. */
        CHECK(position_of(t.network).epoch == 10 + t.result.epochs);
        CHECK(rest_is_untouched(t.options.validation_costs, t.result.epochs));
        double cost = NAN, data_term = NAN;
        CHECK_OK(REG(network_cost)(t.network, &t.validation.data, &cost, &data_term));
        CHECK(data_term == t.result.best_cost);
        end(&t);
    }
}

/* The epoch, from 1, after which training stops by the rule of the header; 0: none. */
static uint64_t stops_after(const double *costs, size_t count, uint64_t patience, double min_delta) {
    double best = INFINITY;
    uint64_t without = 0;
    for (size_t e = 0; e < count; e++) {
        without = costs[e] < best - min_delta ? 0 : without + 1;
        if (without > patience) return e + 1;
        best = fmin(best, costs[e]);
    }
    return 0;
}

TEST(network_patience) {
    int stopped = 0;
    for (int i = 0; i < 24; i++) {
        const bool validates = i % 2;
        const double rate = i % 3 == 0 ? 1 : 0.3, min_delta = i % 4 < 2 ? 0 : 0.02;
        Training t, again;
        random_seed((uint64_t)i);
        begin(&t, rate);
        CHECK_OK(fit(&t, validates));
        random_seed((uint64_t)i);
        begin(&again, rate);
        again.options.patience = 1 + (uint64_t)i / 8;
        again.options.min_delta = min_delta;
        describe("patience " REAL_NAME " %d, case %d", (int)again.options.patience, i);
        CHECK_OK(fit(&again, validates));
        const double *costs = validates ? t.options.validation_costs : t.options.costs;
        const uint64_t stop = stops_after(costs, EPOCHS, again.options.patience, min_delta);
        const uint64_t epochs = stop == 0 ? EPOCHS : stop;
        CHECK(again.result.reason == (stop == 0 ? REG_STOP_EPOCHS : REG_STOP_PATIENCE));
        CHECK(again.result.epochs == epochs && again.witness.reports == (int)epochs);
        CHECK(memcmp(t.options.costs, again.options.costs, epochs * sizeof(double)) == 0);
        size_t last = epochs - 1;
        for (size_t e = 0; validates && e < epochs; e++)
            if (e == 0 || costs[e] < costs[last]) last = e;
        CHECK(has_parameters(again.network, t.witness.weights[last], t.parameters));
        stopped += stop != 0;
        forget(&t.witness);
        REG(network_destroy)(t.network);
        end(&again);
    }
    CHECK(stopped > 5 && stopped < 24);
}

/* ---- Costs that are not finite --------------------------------------------------------- */

/* After some epochs, the report makes a bias of the output not finite, which no mask or activation
 * hides: training returns to the end of the last epoch. */
TEST(network_not_finite) {
    static const real bad[] = {NAN, INFINITY};
    for (int i = 0; i < 12; i++) {
        describe("not finite " REAL_NAME " %d", i);
        Training t;
        begin(&t, 0.05);
        const int good = i % 3 + 1;
        t.witness.spoil = parameters_of(t.network) + oracle_biases(&t.c.options, 1);
        t.witness.spoil_at = good;
        t.witness.spoil_with = bad[i % 2];
        CHECK_STATUS(REG_ERROR_NOT_FINITE, fit(&t, i % 4 == 3));
        CHECK(t.witness.reports == good && t.result.epochs == (uint64_t)good);
        CHECK(t.result.cost == t.options.costs[good - 1]);
        CHECK(t.result.failed_step == 50 + 3 * (uint64_t)good);
        CHECK(rest_is_untouched(t.options.costs, (size_t)good));
        CHECK(position_of(t.network).epoch == 10 + (uint64_t)good);
        CHECK(position_of(t.network).step == 50 + 3 * (uint64_t)good);
        end(&t);
    }
}

/* A rate that is too high: parameters, state and position are those of the last finite epoch, and
 * training can continue from them. */
TEST(network_diverges) {
    for (int i = 0; i < 10; i++) {
        Training t;
        begin(&t, 0.05);
        t.c.options.loss = REG_SQUARED_ERROR;
        t.c.options.label_smoothing = 0;
        t.c.activations[0] = REG_IDENTITY;
        REG(network_destroy)(t.network);
        t.network = t.witness.network = create_network(&t.c);
        reg_optimizer_options o = SIZED(reg_optimizer_options);
        CHECK_OK(reg_optimizer_defaults(i % 2 ? REG_MOMENTUM : REG_NESTEROV, &o));
        o.learning_rate = (real)1e7 * (sizeof(real) == 4 ? 1 : 1e25);
        if (i > 7) o.clip_norm = INFINITY; /* the norm is then checked before the cost */
        CHECK_OK(REG(network_set_optimizer)(t.network, &o));
        describe("diverges " REAL_NAME " %d", i);
        real *before = copy_reals(parameters_of(t.network), t.parameters);
        t.options.report_every = 100; /* the good epochs must be kept without reports */
        CHECK_STATUS(REG_ERROR_NOT_FINITE, fit(&t, false));
        const uint64_t good = t.result.epochs;
        CHECK(good < EPOCHS && position_of(t.network).epoch == good);
        CHECK(position_of(t.network).step == 3 * good);
        CHECK(t.result.failed_step >= 3 * good && t.result.failed_step <= 3 * good + 3);
        CHECK(rest_is_untouched(t.options.costs, good));
        for (uint64_t e = 0; e < good; e++) CHECK(isfinite(t.options.costs[e]));
        bool finite = true;
        for (size_t k = 0; k < t.parameters; k++) finite &= (bool)isfinite(parameters_of(t.network)[k]);
        CHECK(finite);
        /* The same number of epochs from the same start gives the same network. */
        Network *again = create_network(&t.c);
        memcpy(parameters_of(again), before, t.parameters * sizeof(real));
        CHECK_OK(REG(network_set_optimizer)(again, &o));
        reg_fit_options options = SIZED(reg_fit_options);
        options.epochs = good;
        options.batch_size = 10;
        CHECK_OK(REG(network_fit)(again, &t.c.data, NULL, &options, NULL));
        CHECK(has_parameters(t.network, parameters_of(again), t.parameters));
        size_t count = 0;
        const real *state = state_of(t.network, &count);
        CHECK(memcmp(state, state_of(again, &count), count * sizeof(real)) == 0);
        /* Nor does it matter whether anything reads the costs. */
        REG(network_destroy)(again);
        again = create_network(&t.c);
        memcpy(parameters_of(again), before, t.parameters * sizeof(real));
        CHECK_OK(REG(network_set_optimizer)(again, &o));
        options.epochs = EPOCHS;
        CHECK_STATUS(REG_ERROR_NOT_FINITE, REG(network_fit)(again, &t.c.data, NULL, &options, NULL));
        CHECK(has_parameters(t.network, parameters_of(again), t.parameters));
        CHECK(position_of(again).step == 3 * good);
        REG(network_destroy)(again);
        end(&t);
    }
}
