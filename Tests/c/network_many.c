/* Selected rows, sparse inputs, and many fits in one call, against dense examples and single fits,
 * bit for bit. */
#include <stdlib.h>
#include <string.h>

#include "network_cases.h"
#include "tests.h"

#if TEST_F64
typedef reg_fit_job_f64 Job;
#else
typedef reg_fit_job Job;
#endif

/* ---- Rows and sparse inputs ---------------------------------------------------------------- */

/* `count` random rows of the case's examples. */
static size_t *random_rows(const Case *c, size_t count) {
    size_t *rows = BUFFER(size_t, count);
    for (size_t i = 0; i < count; i++) rows[i] = (size_t)random_int(0, (int)c->data.m - 1);
    return rows;
}

/* The examples at these rows, copied one after another. */
static Data copied_rows(const Case *c, const size_t *rows, size_t count) {
    const size_t n = c->x.units, k = c->y.units;
    real *x = BUFFER(real, count * n), *y = BUFFER(real, count * k), *weights = NULL;
    if (c->weights != NULL) weights = BUFFER(real, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t u = 0; u < n; u++) x[i * n + u] = *element(&c->x, u, rows[i]);
        for (size_t u = 0; u < k; u++) y[i * k + u] = *element(&c->y, u, rows[i]);
        if (weights != NULL) weights[i] = c->weights[rows[i]];
    }
    Data data = SIZED(Data);
    data.m = count;
    data.x = x;
    data.y = y;
    data.x_strides = (reg_strides){1, (ptrdiff_t)n};
    data.y_strides = (reg_strides){1, (ptrdiff_t)k};
    data.weights = weights;
    return data;
}

/* The case's inputs as a sparse matrix without zeros; unsorted, with one value in two parts. */
static reg_sparse *sparse_of(const Case *c, bool wide) {
    const size_t m = c->data.m, n = c->x.units;
    real *values = BUFFER(real, 2 * m * n);
    int64_t *columns = calloc(2 * m * n, sizeof *columns), *starts = calloc(m + 1, sizeof *starts);
    size_t count = 0;
    for (size_t r = 0; r < m; r++) {
        for (size_t u = n; u-- > 0;) {
            const real value = *element(&c->x, u, r);
            if (value == 0) continue;
            values[count] = value / 2;
            columns[count++] = (int64_t)u;
            values[count] = value / 2;
            columns[count++] = (int64_t)u;
        }
        starts[r + 1] = (int64_t)count;
    }
    reg_sparse *sparse = BUFFER(reg_sparse, 1);
    *sparse = SIZED(reg_sparse);
    sparse->values = values;
    sparse->index_bytes = wide ? 8 : 4;
    int64_t *wide_columns = BUFFER(int64_t, count), *wide_starts = BUFFER(int64_t, m + 1);
    int32_t *narrow_columns = BUFFER(int32_t, count), *narrow_starts = BUFFER(int32_t, m + 1);
    for (size_t k = 0; k < count; k++) narrow_columns[k] = (int32_t)(wide_columns[k] = columns[k]);
    for (size_t r = 0; r <= m; r++) narrow_starts[r] = (int32_t)(wide_starts[r] = starts[r]);
    sparse->columns = wide ? (const void *)wide_columns : narrow_columns;
    sparse->row_starts = wide ? (const void *)wide_starts : narrow_starts;
    free(columns);
    free(starts);
    return sparse;
}

static void fill(Case *c, Shape shape, bool weighted) {
    fill_network(c, shape);
    fill_data(c, shape.m, (Layout)random_int(0, LAYOUTS - 1), (Layout)random_int(0, REVERSED), weighted);
}

/* The results of a call with the data. */
typedef struct Results {
    double cost, data_term, gradient_cost;
    real *outputs, *gradients, *parameters;
} Results;

static Results results_of(const Case *c, const Data *data) {
    const size_t count = oracle_parameter_count(&c->options), n = c->y.units;
    Network *network = create_network(c);
    Results r = {NAN, NAN, NAN, BUFFER(real, data->m * n), NULL, NULL};
    CHECK_OK(REG(network_cost)(network, data, &r.cost, &r.data_term));
    CHECK_OK(REG(network_predict_data)(network, data, r.outputs, NULL, (reg_strides){1, (ptrdiff_t)n}));
    CHECK_OK(REG(network_gradient)(network, data, NULL, &r.gradient_cost));
    r.gradients = copy_reals(gradients_of(network), count);
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = 2;
    options.batch_size = data->m / 2 + 1;
    options.shuffle = 1;
    CHECK_OK(REG(network_fit)(network, data, data, &options, NULL));
    r.parameters = copy_reals(parameters_of(network), count);
    REG(network_destroy)(network);
    return r;
}

static void check_same_results(const Case *c, const Data *got, const Data *want) {
    const size_t count = oracle_parameter_count(&c->options);
    random_seed(7);
    const Results a = results_of(c, got);
    random_seed(7);
    const Results b = results_of(c, want);
    CHECK(memcmp(&a.cost, &b.cost, sizeof a.cost) == 0);
    CHECK(memcmp(&a.data_term, &b.data_term, sizeof a.cost) == 0);
    CHECK(memcmp(&a.gradient_cost, &b.gradient_cost, sizeof a.cost) == 0);
    CHECK(memcmp(a.outputs, b.outputs, want->m * c->y.units * sizeof(real)) == 0);
    CHECK(memcmp(a.gradients, b.gradients, count * sizeof(real)) == 0);
    CHECK(memcmp(a.parameters, b.parameters, count * sizeof(real)) == 0);
}

TEST(network_rows) {
    static const Shape shapes[] = {{1, 1, {1, 1}},
                                   {5, 2, {3, 4, 2}},
                                   {16, 2, {4, 17, 1}},
                                   {40, 2, {33, 20, 3}},
                                   {600, 3, {8, 20, 3, 1}}};
    for (size_t i = 0; i < COUNT(shapes) - (quick ? 1 : 0); i++) {
        for (int round = 0; round < 4; round++) {
            Case c;
            fill(&c, shapes[i], round % 2);
            const size_t count = (size_t)random_int(1, (int)shapes[i].m + 9);
            size_t *rows = random_rows(&c, count);
            describe("rows " REAL_NAME " %zu of %zu, %zu inputs", count, shapes[i].m, shapes[i].widths[0]);
            Data by_rows = c.data;
            by_rows.m = count;
            by_rows.rows = rows;
            by_rows.row_count = c.data.m;
            const Data copied = copied_rows(&c, rows, count);
            check_same_results(&c, &by_rows, &copied);
            release_buffers();
        }
    }
}

TEST(network_sparse) {
    static const Shape shapes[] = {
        {1, 1, {1, 1}}, {5, 2, {3, 4, 2}}, {40, 2, {33, 20, 3}}, {600, 2, {30, 20, 1}}};
    for (size_t i = 0; i < COUNT(shapes) - (quick ? 1 : 0); i++) {
        for (int round = 0; round < 4; round++) {
            Case c;
            fill(&c, shapes[i], round % 2);
            for (size_t k = 0; k < c.x.length; k++)
                if (random_int(0, 2) > 0) c.x.all[k] = 0;
            describe("sparse " REAL_NAME " %zu examples, %zu inputs", shapes[i].m, shapes[i].widths[0]);
            Data sparse = c.data;
            sparse.x = NULL;
            sparse.sparse = sparse_of(&c, round / 2);
            check_same_results(&c, &sparse, &c.data);
            const size_t count = (size_t)random_int(1, (int)shapes[i].m);
            size_t *rows = random_rows(&c, count);
            sparse.m = count;
            sparse.rows = rows;
            sparse.row_count = c.data.m;
            const Data copied = copied_rows(&c, rows, count);
            check_same_results(&c, &sparse, &copied);
            release_buffers();
        }
    }
}

TEST(network_sparse_errors) {
    Case c;
    fill(&c, (Shape){4, 1, {3, 1}}, false);
    for (size_t k = 0; k < c.x.length; k++) c.x.all[k] = 1;
    Network *network = create_network(&c);
    double cost;
    reg_sparse sparse = *sparse_of(&c, false);
    Data data = c.data;
    data.sparse = &sparse;
    CHECK_STATUS(REG_ERROR_SHAPE, REG(network_cost)(network, &data, &cost, NULL)); /* x and sparse */
    data.x = NULL;
    CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
    const reg_sparse good = sparse;
    sparse.index_bytes = 2;
    CHECK_STATUS(REG_ERROR_SIZE, REG(network_cost)(network, &data, &cost, NULL));
    sparse = good;
    sparse.struct_size = 3;
    CHECK_STATUS(REG_ERROR_SIZE, REG(network_cost)(network, &data, &cost, NULL));
    sparse = good;
    sparse.row_starts = NULL;
    CHECK_STATUS(REG_ERROR_NULL, REG(network_cost)(network, &data, &cost, NULL));
    sparse = good;
    sparse.values = NULL;
    CHECK_STATUS(REG_ERROR_NULL, REG(network_cost)(network, &data, &cost, NULL));
    sparse = good;
    sparse.columns = NULL;
    CHECK_STATUS(REG_ERROR_NULL, REG(network_cost)(network, &data, &cost, NULL));

    static const struct {
        int32_t starts[5], columns[8];
    } bad[] = {{{1, 2, 4, 6, 8}, {0}},
               {{0, 2, 1, 6, 8}, {0}},
               {{0, 2, 4, 6, -8}, {0}},
               {{0, 2, 4, 6, 8}, {0, 0, 0, 3, 0, 0, 0, 0}},
               {{0, 2, 4, 6, 8}, {0, 0, 0, -1, 0, 0, 0, 0}}};
    real values[8] = {0};
    for (size_t i = 0; i < COUNT(bad); i++) {
        describe("bad sparse matrix %zu", i);
        sparse = good;
        sparse.values = values;
        sparse.row_starts = bad[i].starts;
        sparse.columns = bad[i].columns;
        CHECK_STATUS(REG_ERROR_SHAPE, REG(network_cost)(network, &data, &cost, NULL));
    }
    static const int32_t none[5] = {0};
    sparse = good;
    sparse.values = sparse.columns = NULL;
    sparse.row_starts = none;
    CHECK_OK(REG(network_cost)(network, &data, &cost, NULL)); /* all zeros */

    data = c.data;
    size_t rows[] = {0, 3, 4, 1};
    data.rows = rows;
    data.row_count = 4;
    CHECK_STATUS(REG_ERROR_SHAPE, REG(network_cost)(network, &data, &cost, NULL));
    CHECK(strstr(reg_error_message(), "rows[2] is 4") != NULL);
    rows[2] = (size_t)-1;
    CHECK_STATUS(REG_ERROR_SHAPE, REG(network_cost)(network, &data, &cost, NULL));
    rows[2] = 2;
    CHECK_OK(REG(network_cost)(network, &data, &cost, NULL));
    REG(network_destroy)(network);
}

/* ---- Many fits ----------------------------------------------------------------------------- */

enum { MANY = 9 };

typedef struct Reports {
    uint64_t epochs;
    int begun, ended;
    bool refuse;
    const Job *job; /* NULL: a single fit */
} Reports;

static int count_reports(const reg_progress *progress, void *context) {
    ((Reports *)context)->epochs++;
    return progress->epoch >= 4;
}

/* Checks are not for several threads: what is wrong is counted as a second event. */
static int count_events(int32_t ended, void *context) {
    Reports *reports = context;
    const Job *job = reports->job;
    if (!ended) {
        reports->begun += reports->epochs == 0 ? 1 : 2;
        return reports->refuse;
    }
    bool is_written = job->status != REG_ERROR_FILE && (job->result == NULL || job->result->epochs > 0 ||
                                                        job->status != REG_OK || reports->refuse);
    reports->ended += is_written ? 1 : 2;
    return 1;
}

static void check_many(int threads, bool few_and_large) {
    int32_t before = 0;
    CHECK_OK(reg_get_num_threads(&before));
    CHECK_OK(reg_set_num_threads(threads));
    const int jobs_count = few_and_large ? 1 : MANY;
    Case c[MANY];
    Network *alone[MANY], *together[MANY];
    reg_fit_options options[MANY];
    reg_fit_result results[MANY], alone_results[MANY];
    Reports reports[MANY] = {{0}}, alone_reports[MANY] = {{0}};
    double costs[MANY][4], alone_costs[MANY][4];
    Job *jobs = BUFFER(Job, MANY);
    for (int i = 0; i < jobs_count; i++) {
        const Shape shape = few_and_large ? (Shape){300, 2, {64, 128, 4}}
                                          : (Shape){(size_t)(20 + 7 * i), 2, {5, (size_t)(3 + i), 2}};
        fill(&c[i], shape, i % 3 == 0);
        options[i] = SIZED(reg_fit_options);
        options[i].epochs = (uint64_t)(i % 4) + 1;
        options[i].batch_size = i % 2 ? 8 : 0;
        options[i].shuffle = i % 2;
        if (i % 4 == 2) options[i].report = count_reports;
        /* One of them diverges. */
        if (i == 3) c[i].y.first[0] = (real)INFINITY;
        Network **both[] = {&alone[i], &together[i]};
        for (int k = 0; k < 2; k++) {
            random_seed((uint64_t)i);
            *both[k] = create_network(&c[i]);
        }
        jobs[i] = SIZED(Job);
        jobs[i].network = together[i];
        jobs[i].data = &c[i].data;
        if (i % 3 == 1) jobs[i].validation = &c[i].data;
        jobs[i].options = &options[i];
        results[i] = SIZED(reg_fit_result);
        alone_results[i] = SIZED(reg_fit_result);
        jobs[i].result = i == 5 ? NULL : &results[i];
        jobs[i].status = REG_ERROR_FILE;
        if (i % 4 != 1) jobs[i].event = count_events;
        reports[i].job = &jobs[i];
        reports[i].refuse = i == 8;
        reg_fit_options single = options[i];
        single.context = &alone_reports[i];
        single.costs = alone_costs[i];
        options[i].context = &reports[i];
        options[i].costs = costs[i];
        CHECK_STATUS(i == 3 ? REG_ERROR_NOT_FINITE : REG_OK,
                     REG(network_fit)(alone[i], &c[i].data, jobs[i].validation, &single, &alone_results[i]));
    }
    const reg_status status = REG(fit_many)(jobs, (size_t)jobs_count);
    CHECK(status == (few_and_large ? REG_OK : REG_ERROR_NOT_FINITE));
    for (int i = 0; i < jobs_count; i++) {
        describe("fit_many " REAL_NAME " job %d, %d threads", i, threads);
        CHECK(jobs[i].status == (i == 3 ? REG_ERROR_NOT_FINITE : REG_OK));
        CHECK(reports[i].begun == (i % 4 != 1) && reports[i].ended == (i % 4 != 1));
        if (reports[i].refuse) {
            CHECK(results[i].epochs == 0 && results[i].reason == REG_STOP_REPORT);
            CHECK(isnan(results[i].cost) && position_of(together[i]).epoch == 0);
            CHECK(reports[i].epochs == 0);
            continue;
        }
        CHECK(memcmp(parameters_of(alone[i]), parameters_of(together[i]),
                     oracle_parameter_count(&c[i].options) * sizeof(real)) == 0);
        if (i != 5) {
            CHECK(results[i].epochs == alone_results[i].epochs &&
                  results[i].reason == alone_results[i].reason);
            CHECK(memcmp(&results[i].cost, &alone_results[i].cost, sizeof(double)) == 0);
            CHECK(results[i].best_epoch == alone_results[i].best_epoch);
            CHECK(memcmp(costs[i], alone_costs[i], alone_results[i].epochs * sizeof(double)) == 0);
        }
        CHECK(reports[i].epochs == alone_reports[i].epochs);
        CHECK(position_of(together[i]).step == position_of(alone[i]).step);
    }
    for (int i = 0; i < jobs_count; i++) {
        REG(network_destroy)(alone[i]);
        REG(network_destroy)(together[i]);
    }
    CHECK_OK(reg_set_num_threads(before));
    release_buffers();
}

TEST(network_fit_many) {
    for (int threads = 1; threads <= 4; threads++) check_many(threads, false);
    if (!quick) check_many(2, true);
    CHECK_OK(REG(fit_many)(NULL, 0));
    CHECK_STATUS(REG_ERROR_NULL, REG(fit_many)(NULL, 1));
}

/* A refused job is not trained and does not stop the others. */
TEST(network_fit_many_errors) {
    Case c;
    fill(&c, (Shape){10, 2, {3, 4, 1}}, false);
    Network *networks[4];
    reg_fit_options options = SIZED(reg_fit_options);
    options.epochs = 1;
    Job jobs[4];
    for (int i = 0; i < 4; i++) {
        networks[i] = create_network(&c);
        jobs[i] = SIZED(Job);
        jobs[i].network = networks[i];
        jobs[i].data = &c.data;
        jobs[i].options = &options;
    }
    Reports refused = {.job = &jobs[1]};
    reg_fit_options refused_options = options;
    refused_options.context = &refused;
    jobs[1].data = NULL;
    jobs[1].options = &refused_options;
    jobs[1].event = count_events;
    jobs[2].network = networks[0];
    CHECK_STATUS(REG_ERROR_NULL, REG(fit_many)(jobs, 4));
    CHECK(jobs[0].status == REG_OK && jobs[1].status == REG_ERROR_NULL);
    CHECK(jobs[2].status == REG_ERROR_SHAPE && jobs[3].status == REG_OK);
    CHECK(refused.begun == 0 && refused.ended == 0);
    const uint64_t epochs[] = {1, 0, 0, 1};
    for (int i = 0; i < 4; i++) CHECK(position_of(networks[i]).epoch == epochs[i]);
    jobs[3].struct_size -= 1;
    CHECK_STATUS(REG_ERROR_SIZE, REG(fit_many)(jobs, 4));
    for (int i = 0; i < 4; i++) CHECK(position_of(networks[i]).epoch == epochs[i]);
    for (int i = 0; i < 4; i++) REG(network_destroy)(networks[i]);
}
