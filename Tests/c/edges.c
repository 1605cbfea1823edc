/* Networks with extreme numbers: overflow, NaN, weights of 0. */
#include <string.h>

#include "network_cases.h"
#include "tests.h"

/* One layer, without regularization. */
static Network *linear(size_t n_in, reg_loss loss, const double *l2, double max_norm) {
    const size_t widths[] = {n_in, 1};
    reg_network_options options = SIZED(reg_network_options);
    options.layers = 1;
    options.widths = widths;
    options.loss = loss;
    options.l2 = l2;
    options.max_norm = max_norm;
    Network *network = NULL;
    CHECK_OK(REG(network_create)(&options, &network));
    return network;
}

static Data examples(size_t m, size_t n_in, const real *x, const real *y, const real *weights) {
    Data data = SIZED(Data);
    data.m = m;
    data.x = x;
    data.x_strides = (reg_strides){1, (ptrdiff_t)n_in};
    data.y = y;
    data.y_strides = (reg_strides){1, 1};
    data.weights = weights;
    return data;
}

/* The shuffled order does not fit into memory; the examples, all the same one, do. */
TEST(edges_order_too_long) {
    Network *network = linear(1, REG_SQUARED_ERROR, NULL, 0);
    const real one = 1;
    Data data = examples(SIZE_MAX / 16, 1, &one, &one, NULL);
    data.x_strides = data.y_strides = (reg_strides){0, 0};
    reg_fit_options fit = SIZED(reg_fit_options);
    fit.epochs = 1;
    fit.shuffle = 1;
    CHECK_STATUS(REG_ERROR_SIZE, REG(network_fit)(network, &data, NULL, &fit, NULL));
    REG(network_destroy)(network);
}

/* A NaN error is the maximum, also if finite errors follow it. */
TEST(edges_max_error_is_nan) {
    Network *network = linear(2, REG_SQUARED_ERROR, NULL, 0);
    parameters_of(network)[0] = (real)1e17; /* a small step does not change it: 0 / 0 */
    const real x[] = {1e-17f, 1, 2e-17f, -1}, y[] = {1, 0};
    const Data data = examples(2, 2, x, y, NULL);
    double max_error = -1;
    CHECK_OK(REG(network_check_gradient)(network, &data, 1e-5, 10, &max_error));
    CHECK(isnan(max_error));
    REG(network_destroy)(network);
}

/* Units that overflow for an input of 0, but not for the examples: the padding of a vector must not
 * count as an example of 0. Both layouts, all losses. */
TEST(edges_overflow_of_no_example) {
    const size_t widths[] = {1, 1, 2};
    const real huge = sizeof(real) == 8 ? (real)1e308 : (real)2e38;
    const real x[] = {1, 1, 1}, y[] = {1, 0, 0, 1, 1, 0};
    for (int loss = REG_BINARY_CROSS_ENTROPY; loss <= last_value(REG_ENUM_LOSS); loss++) {
        for (ptrdiff_t step = 1; step <= 2; step++) {
            Network *network = plain_network(2, widths, (reg_loss)loss);
            real *p = parameters_of(network); /* W1, b1, W2, b2 */
            p[0] = -huge, p[1] = huge, p[2] = 2, p[3] = -2;
            Data data = SIZED(Data);
            data.m = 3;
            data.x = x;
            data.x_strides = (reg_strides){3, step == 1 ? 1 : 0};
            data.y = y;
            data.y_strides = (reg_strides){1, 2};
            double cost = NAN;
            CHECK_OK(REG(network_gradient)(network, &data, NULL, &cost));
            CHECK(isfinite(cost));
            for (int i = 0; i < 6; i++) CHECK(isfinite(gradients_of(network)[i]));
            REG(network_destroy)(network);
        }
    }
}

/* Examples of weight 0 and padding columns do not contribute to the cost, whatever their
 * outputs. */
TEST(edges_no_part_in_the_cost) {
    Network *network = linear(1, REG_SQUARED_ERROR, NULL, 0);
    const real far = sizeof(real) == 8 ? (real)1e200 : (real)1e20;
    parameters_of(network)[0] = 0;
    parameters_of(network)[1] = far;
    const real x[] = {1, 2, 3}, y[] = {far, far, -far}, weights[] = {1, 1, 0};
    double cost = -1;
    const Data two = examples(2, 1, x, y, NULL), three = examples(3, 1, x, y, weights);
    CHECK_OK(REG(network_cost)(network, &two, &cost, NULL));
    CHECK(cost == 0);
    CHECK_OK(REG(network_cost)(network, &three, &cost, NULL));
    CHECK(cost == 0);
    REG(network_destroy)(network);
}

/* An overflowing penalty does not change the data term. */
TEST(edges_infinite_penalty) {
    if (sizeof(real) == 4) return; /* squares of floats do not overflow a double */
    const double l2[] = {1};
    Network *network = linear(1, REG_SQUARED_ERROR, l2, 0);
    parameters_of(network)[0] = (real)1e200;
    const real zero = 0;
    const Data data = examples(1, 1, &zero, &zero, NULL);
    double cost = -1, data_term = -1;
    CHECK_OK(REG(network_cost)(network, &data, &cost, &data_term));
    CHECK(isinf(cost) && data_term == 0);
    REG(network_destroy)(network);
}

/* max_norm scales weights whose squares overflow; it does not make them 0. */
TEST(edges_infinite_norm) {
    if (sizeof(real) == 4) return;
    Network *network = linear(1, REG_SQUARED_ERROR, NULL, 1);
    parameters_of(network)[0] = (real)1e200;
    CHECK_OK(REG(network_apply)(network));
    CHECK(parameters_of(network)[0] == (real)1e200);
    REG(network_destroy)(network);
}

/* A validation cost of NaN ends the training; the weights are those before it. */
TEST(edges_validation_is_nan) {
    Network *network = linear(1, REG_SQUARED_ERROR, NULL, 0);
    const real before = parameters_of(network)[0];
    const real x[] = {1, 2}, y[] = {1, 2}, bad[] = {1, NAN};
    const Data data = examples(2, 1, x, y, NULL), validation = examples(2, 1, x, bad, NULL);
    reg_fit_options fit = SIZED(reg_fit_options);
    fit.epochs = 3;
    CHECK_STATUS(REG_ERROR_NOT_FINITE, REG(network_fit)(network, &data, &validation, &fit, NULL));
    CHECK(parameters_of(network)[0] == before && position_of(network).epoch == 0);
    REG(network_destroy)(network);
}

/* A part of a batch may have only weights of 0: its gradient is 0. A whole batch may not. */
TEST(edges_part_without_weight) {
    Network *network = linear(1, REG_SQUARED_ERROR, NULL, 0);
    const real x[] = {1, 2}, y[] = {5, 6}, none[] = {0, 0};
    const Data data = examples(2, 1, x, y, none);
    CHECK_STATUS(REG_ERROR_SAMPLE_WEIGHT, REG(network_gradient)(network, &data, NULL, NULL));
    reg_part part = SIZED(reg_part);
    part.total_weight = 4;
    double cost = -1;
    CHECK_OK(REG(network_gradient)(network, &data, &part, &cost));
    real *gradients = NULL;
    size_t count = 0;
    CHECK_OK(REG(network_gradients)(network, &gradients, &count));
    CHECK(cost == 0 && count == 2 && gradients[0] == 0 && gradients[1] == 0);
    REG(network_destroy)(network);
}
