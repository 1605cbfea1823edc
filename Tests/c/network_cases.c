#include "network_cases.h"

#include <string.h>

/* ---- Networks -------------------------------------------------------------------------- */

bool cases_are_recorded = false;

static int last_of(reg_enum which, int last_recorded) {
    return cases_are_recorded ? last_recorded : last_value(which);
}

void fill_network(Case *c, Shape shape) {
    memset(c, 0, sizeof *c);
    c->options = SIZED(reg_network_options);
    c->options.layers = shape.layers;
    c->options.widths = c->widths;
    c->options.activations = c->activations;
    c->options.keep_prob = c->keep_prob;
    c->options.l2 = c->l2;
    c->options.l1 = c->l1;
    memcpy(c->widths, shape.widths, sizeof c->widths);
    c->options.loss = (reg_loss)random_int(0, last_of(REG_ENUM_LOSS, REG_SQUARED_ERROR));
    c->options.init = (reg_init)random_int(REG_INIT_HE, REG_INIT_LECUN);
    c->options.seed = random_bits();
    if (c->options.loss != REG_SQUARED_ERROR && random_int(0, 1)) c->options.label_smoothing = 0.1;
    for (size_t l = 0; l < shape.layers; l++) {
        c->activations[l] = (reg_activation)random_int(0, last_of(REG_ENUM_ACTIVATION, REG_TANH));
        c->keep_prob[l] = random_int(0, 1) ? random_real(0.4, 0.95) : 1;
        c->l2[l] = random_int(0, 1) ? random_real(0, 2) : 0;
        c->l1[l] = random_int(0, 1) ? random_real(0, 2) : 0;
    }
}

Network *plain_network(size_t layers, const size_t *widths, reg_loss loss) {
    reg_network_options options = SIZED(reg_network_options);
    options.layers = layers;
    options.widths = widths;
    options.loss = loss;
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    return network;
}

Network *create_network(const Case *c) {
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&c->options, &network));
    real *parameters = parameters_of(network);
    for (size_t l = 0; l < c->options.layers; l++)
        for (size_t i = oracle_biases(&c->options, l); i < oracle_weights(&c->options, l + 1); i++)
            parameters[i] = (real)random_real(-0.5, 0.5);
    return network;
}

/* ---- Data ------------------------------------------------------------------------------ */

static void fill_targets(Case *c, size_t r) {
    const size_t n = c->widths[c->options.layers], class = random_bits() % n;
    for (size_t k = 0; k < n; k++)
        *element(&c->y, k, r) = c->options.loss == REG_SQUARED_ERROR           ? (real)random_real(-1, 1)
                                : c->options.loss == REG_SOFTMAX_CROSS_ENTROPY ? (real)(k == class)
                                                                               : (real)random_int(0, 1);
    /* Targets other than classes are allowed. */
    if (random_int(0, 9) == 0)
        for (size_t k = 0; k < n; k++) *element(&c->y, k, r) = (real)random_real(0, 1);
}

static void write_oracle_data(Case *c) {
    double *x = (double *)c->batch.x, *y = (double *)c->batch.y, *weights = (double *)c->batch.weights;
    for (size_t r = 0; r < c->data.m; r++) {
        for (size_t u = 0; u < c->x.units; u++) x[r * c->x.units + u] = *element(&c->x, u, r);
        for (size_t u = 0; u < c->y.units; u++) y[r * c->y.units + u] = *element(&c->y, u, r);
        if (weights != NULL) weights[r] = c->weights[r];
    }
}

void fill_data(Case *c, size_t m, Layout x, Layout y, bool weighted) {
    c->x = random_matrix(x, c->widths[0], m, false);
    c->y = matrix(y, c->widths[c->options.layers], m);
    for (size_t r = 0; r < m; r++) fill_targets(c, r);
    c->weights = weighted ? random_buffer(m, 0.2, 2, false) : NULL;
    if (weighted && m > 1) c->weights[random_bits() % (m - 1)] = 0; /* not the last: a part may be it alone */
    c->data = SIZED(Data);
    c->data.m = m;
    c->data.x = c->x.first;
    c->data.x_strides = c->x.strides;
    c->data.y = c->y.first;
    c->data.y_strides = c->y.strides;
    c->data.weights = c->weights;
    c->batch = (OracleBatch){.m = m, .seed = c->options.seed};
    c->batch.x = BUFFER(double, m * c->x.units);
    c->batch.y = BUFFER(double, m * c->y.units);
    if (weighted) c->batch.weights = BUFFER(double, m);
    write_oracle_data(c);
}

static Matrix move_matrix(const Matrix *from, Layout layout) {
    const Matrix to = matrix(layout, from->units, from->examples);
    for (size_t u = 0; u < to.units; u++)
        for (size_t r = 0; r < to.examples; r++) *element(&to, u, r) = *element(from, u, r);
    return to;
}

Data move_data(const Case *c, Layout x_layout, Layout y_layout) {
    const Matrix x = move_matrix(&c->x, x_layout), y = move_matrix(&c->y, y_layout);
    Data data = c->data;
    data.x = x.first;
    data.x_strides = x.strides;
    data.y = y.first;
    data.y_strides = y.strides;
    return data;
}

Data rows_of(const Data *data, size_t first, size_t count) {
    Data rows = *data;
    rows.m = count;
    rows.x += (ptrdiff_t)first * data->x_strides.example;
    rows.y += (ptrdiff_t)first * data->y_strides.example;
    if (rows.weights != NULL) rows.weights += first;
    return rows;
}

void settle_data(Case *c, const real *parameters) {
    const double *plain = doubles(parameters, oracle_parameter_count(&c->options));
    bool near = true;
    for (int attempt = 0; near && attempt < 100; attempt++) {
        near = false;
        for (size_t r = 0; r < c->data.m; r++) {
            if (!oracle_is_near_kink(&c->options, plain, &c->batch, r, 64 * REAL_EPSILON)) continue;
            near = true;
            for (size_t u = 0; u < c->x.units; u++) *element(&c->x, u, r) = (real)random_real(-1, 1);
        }
        write_oracle_data(c);
    }
    CHECK(!near);
}

/* ---- Buffers of a network -------------------------------------------------------------- */

real *parameters_of(Network *network) {
    real *values = NULL;
    size_t count = 0;
    CHECK_OK(REG(network_parameters)(network, &values, &count));
    return values;
}

real *gradients_of(Network *network) {
    real *values = NULL;
    size_t count = 0;
    CHECK_OK(REG(network_gradients)(network, &values, &count));
    return values;
}

real *state_of(Network *network, size_t *count) {
    real *values = NULL;
    CHECK_OK(REG(network_optimizer_state)(network, &values, count));
    return values;
}

double *doubles(const real *values, size_t count) {
    double *copy = BUFFER(double, count);
    for (size_t i = 0; i < count; i++) copy[i] = values[i];
    return copy;
}

real *copy_reals(const real *values, size_t count) {
    real *copy = BUFFER(real, count);
    if (count > 0) memcpy(copy, values, count * sizeof *copy);
    return copy;
}

void set_position(Network *network, uint64_t step, uint64_t epoch) {
    reg_position position = SIZED(reg_position);
    position.step = step;
    position.epoch = epoch;
    CHECK_OK(REG(network_set_position)(network, &position));
}

reg_position position_of(const Network *network) {
    reg_position position = SIZED(reg_position);
    CHECK_OK(REG(network_get_position)(network, &position));
    return position;
}

/* ---- Rounding -------------------------------------------------------------------------- */

static bool is_near(const real *got, const double *want, const double *size, size_t first, size_t end) {
    /* The rounding error of an element affects all elements of the layers below. */
    double largest = 0;
    bool near = true;
    for (size_t i = first; i < end; i++) largest = fmax(largest, size[i]);
    for (size_t i = first; i < end; i++) near &= close_to(got[i], want[i], 64 * REAL_EPSILON * largest);
    return near;
}

bool is_gradient(const Case *c, const real *got, const double *want, const double *size) {
    bool near = true;
    for (size_t l = 0; l < c->options.layers; l++) {
        const size_t w = oracle_weights(&c->options, l), b = oracle_biases(&c->options, l);
        near &= is_near(got, want, size, w, b);
        near &= is_near(got, want, size, b, oracle_weights(&c->options, l + 1));
    }
    return near;
}
