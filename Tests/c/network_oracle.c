#include "network_oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

static double *zeros(size_t count) {
    double *values = calloc(count > 0 ? count : 1, sizeof *values);
    if (values == NULL) abort();
    return values;
}

/* ---- Parameters ------------------------------------------------------------------------ */

size_t oracle_weights(const OracleNet *net, size_t l) {
    size_t at = 0;
    for (size_t i = 0; i < l; i++) at += net->widths[i + 1] * (net->widths[i] + 1);
    return at;
}

size_t oracle_biases(const OracleNet *net, size_t l) {
    return oracle_weights(net, l) + net->widths[l + 1] * net->widths[l];
}

size_t oracle_parameter_count(const OracleNet *net) { return oracle_weights(net, net->layers); }

void oracle_initial_parameters(const OracleNet *net, double *parameters) {
    memset(parameters, 0, oracle_parameter_count(net) * sizeof *parameters);
    for (size_t l = 0; l < net->layers; l++) {
        const double n_in = (double)net->widths[l], n_out = (double)net->widths[l + 1];
        const double r = net->init == REG_INIT_HE       ? sqrt(6 / n_in)
                         : net->init == REG_INIT_XAVIER ? sqrt(6 / (n_in + n_out))
                                                        : sqrt(3 / n_in);
        for (size_t i = oracle_weights(net, l); i < oracle_biases(net, l); i++)
            parameters[i] = r * ((2 * (double)oracle_word(net->seed, 65535, i) + 1) / 0x1p32 - 1);
    }
}

/* ---- Activations ----------------------------------------------------------------------- */

static double sigmoid(double z) { return z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z)); }

static double activate(reg_activation activation, double z) {
    switch (activation) {
    case REG_IDENTITY: return z;
    case REG_RELU: return isnan(z) || z > 0 ? z : 0;
    case REG_SIGMOID: return sigmoid(z);
    case REG_LEAKY_RELU: return z > 0 ? z : 0.01 * z;
    case REG_SELU: return 1.0507009873554804935 * (z > 0 ? z : 1.6732632423543772848 * expm1(z));
    case REG_SILU: return z * sigmoid(z);
    case REG_GELU: return z / 2 * erfc(-z / sqrt(2));
    default: return tanh(z);
    }
}

static double slope(reg_activation activation, double z) {
    switch (activation) {
    case REG_IDENTITY: return 1;
    case REG_RELU: return z > 0;
    case REG_SIGMOID: return sigmoid(z) * sigmoid(-z);
    case REG_LEAKY_RELU: return z > 0 ? 1 : 0.01;
    case REG_SELU: return 1.0507009873554804935 * (z > 0 ? 1 : 1.6732632423543772848 * exp(z));
    case REG_SILU: return sigmoid(z) * (1 + z * sigmoid(-z));
    case REG_GELU: return erfc(-z / sqrt(2)) / 2 + z * exp(-z * z / 2) / sqrt(2 * 3.14159265358979323846);
    default: return 1 / (cosh(z) * cosh(z));
    }
}

/* ---- One example ----------------------------------------------------------------------- */

/* For each layer 0 ... L: pre-activations (layer 0: the input), activations after dropout, and the
 * factor of dropout, 0 or 1 / keep_prob. */
typedef struct Example {
    double **z, **a, **factor;
} Example;

static Example new_example(const OracleNet *net) {
    Example e = {malloc(3 * (net->layers + 1) * sizeof(double *)), NULL, NULL};
    if (e.z == NULL) abort();
    e.a = e.z + net->layers + 1;
    e.factor = e.a + net->layers + 1;
    for (size_t l = 0; l <= net->layers; l++) {
        e.z[l] = zeros(net->widths[l]);
        e.a[l] = zeros(net->widths[l]);
        e.factor[l] = zeros(net->widths[l]);
    }
    return e;
}

static void free_example(const OracleNet *net, Example e) {
    for (size_t l = 0; l <= net->layers; l++) {
        free(e.z[l]);
        free(e.a[l]);
        free(e.factor[l]);
    }
    free(e.z);
}

static void drop_units(const OracleNet *net, const OracleBatch *batch, size_t r, size_t l, Example e) {
    const double keep_prob = l < net->layers ? net->keep_prob[l] : 1;
    const uint64_t offset = (batch->first_row + r) << 34, stream = (batch->step << 16) + l;
    for (size_t u = 0; u < net->widths[l]; u++) {
        const bool dropping = batch->drops && keep_prob < 1;
        const bool kept = !dropping || oracle_kept(keep_prob, batch->seed, stream, offset + u);
        e.factor[l][u] = !kept ? 0 : dropping ? 1 / keep_prob : 1;
        e.a[l][u] *= e.factor[l][u];
    }
}

/* a[L] are then the pre-activations of the output. */
static void forward(const OracleNet *net, const double *parameters, const OracleBatch *batch, size_t r,
                    Example e) {
    const size_t n = net->widths[0];
    memcpy(e.z[0], batch->x + r * n, n * sizeof(double));
    memcpy(e.a[0], e.z[0], n * sizeof(double));
    drop_units(net, batch, r, 0, e);
    for (size_t l = 1; l <= net->layers; l++) {
        const size_t n_in = net->widths[l - 1];
        const double *w = parameters + oracle_weights(net, l - 1);
        const double *b = parameters + oracle_biases(net, l - 1);
        for (size_t u = 0; u < net->widths[l]; u++) {
            double sum = b[u];
            for (size_t k = 0; k < n_in; k++) sum += w[u * n_in + k] * e.a[l - 1][k];
            e.z[l][u] = sum;
            e.a[l][u] = l < net->layers ? activate(net->activations[l - 1], sum) : sum;
        }
        drop_units(net, batch, r, l, e);
    }
}

bool oracle_is_near_kink(const OracleNet *net, const double *parameters, const OracleBatch *batch, size_t r,
                         double relative) {
    Example e = new_example(net);
    forward(net, parameters, batch, r, e);
    bool near = false;
    for (size_t l = 1; l < net->layers; l++) {
        const reg_activation activation = net->activations[l - 1];
        if (activation != REG_RELU && activation != REG_LEAKY_RELU && activation != REG_SELU) continue;
        double largest = 0;
        for (size_t u = 0; u < net->widths[l]; u++) largest = fmax(largest, fabs(e.z[l][u]));
        for (size_t u = 0; u < net->widths[l]; u++)
            near |= e.factor[l][u] != 0 && fabs(e.z[l][u]) < relative * largest;
    }
    free_example(net, e);
    return near;
}

/* ---- Outputs and losses ---------------------------------------------------------------- */

/* log(sum exp z). */
static double log_sum(const double *z, size_t n) {
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < n; k++) largest = fmax(largest, z[k]);
    for (size_t k = 0; k < n; k++) sum += exp(z[k] - largest);
    return largest + log(sum);
}

static void output(reg_loss loss, const double *z, size_t n, double *out) {
    const double total = loss == REG_SOFTMAX_CROSS_ENTROPY ? log_sum(z, n) : 0;
    for (size_t k = 0; k < n; k++)
        out[k] = loss == REG_SQUARED_ERROR           ? z[k]
                 : loss == REG_SOFTMAX_CROSS_ENTROPY ? exp(z[k] - total)
                                                     : sigmoid(z[k]);
}

void oracle_outputs(const OracleNet *net, const double *parameters, const OracleBatch *batch, double *z,
                    double *outputs) {
    Example e = new_example(net);
    const size_t n = net->widths[net->layers];
    for (size_t r = 0; r < batch->m; r++) {
        forward(net, parameters, batch, r, e);
        if (z != NULL) memcpy(z + r * n, e.a[net->layers], n * sizeof *z);
        if (outputs != NULL) output(net->loss, e.a[net->layers], n, outputs + r * n);
    }
    free_example(net, e);
}

static void smooth(const OracleNet *net, const double *y, double *smoothed) {
    const size_t n = net->widths[net->layers];
    const double s = net->label_smoothing;
    const double classes = net->loss == REG_BINARY_CROSS_ENTROPY ? 2 : (double)n;
    for (size_t k = 0; k < n; k++) smoothed[k] = y[k] * (1 - s) + s / classes;
}

/* The loss of an example and the magnitude of its terms; dz, and the magnitudes of its two
 * operands. */
static double loss_of(reg_loss loss, const double *z, const double *y, size_t n, double *dz, double *dz_size,
                      double *size) {
    double value = 0, labels = 0;
    for (size_t k = 0; k < n; k++) labels += y[k];
    const double total = loss == REG_SOFTMAX_CROSS_ENTROPY ? log_sum(z, n) : 0;
    *size = fabs(total * labels);
    value += total * labels;
    for (size_t k = 0; k < n; k++) {
        if (loss == REG_SQUARED_ERROR) {
            value += (z[k] - y[k]) * (z[k] - y[k]) / 2;
            *size += (z[k] * z[k] + y[k] * y[k]) / 2;
            dz[k] = z[k] - y[k];
            dz_size[k] = fabs(z[k]) + fabs(y[k]);
        } else if (loss == REG_SOFTMAX_CROSS_ENTROPY) {
            value -= y[k] * z[k];
            *size += fabs(y[k] * z[k]);
            dz[k] = exp(z[k] - total) * labels - y[k];
            dz_size[k] = exp(z[k] - total) * labels + y[k];
        } else {
            const double softplus = fmax(z[k], 0) + log1p(exp(-fabs(z[k])));
            value += softplus - y[k] * z[k];
            *size += softplus + fabs(y[k] * z[k]);
            dz[k] = sigmoid(z[k]) - y[k];
            dz_size[k] = sigmoid(z[k]) + y[k];
        }
    }
    return value;
}

/* ---- Gradient -------------------------------------------------------------------------- */

/* Adds an example's gradient times `share`, from dz of the output; dz and its magnitudes are
 * overwritten. */
static void backward(const OracleNet *net, const double *parameters, Example e, double *dz, double *dz_size,
                     double share, double *gradient, double *size) {
    for (size_t l = net->layers; l >= 1; l--) {
        const size_t n_in = net->widths[l - 1];
        const size_t w = oracle_weights(net, l - 1), b = oracle_biases(net, l - 1);
        double *da = zeros(n_in), *da_size = zeros(n_in);
        for (size_t u = 0; u < net->widths[l]; u++) {
            gradient[b + u] += share * dz[u];
            size[b + u] += fabs(share) * dz_size[u];
            for (size_t k = 0; k < n_in; k++) {
                gradient[w + u * n_in + k] += share * dz[u] * e.a[l - 1][k];
                size[w + u * n_in + k] += fabs(share * e.a[l - 1][k]) * dz_size[u];
                da[k] += parameters[w + u * n_in + k] * dz[u];
                da_size[k] += fabs(parameters[w + u * n_in + k]) * dz_size[u];
            }
        }
        for (size_t k = 0; k < n_in && l > 1; k++) {
            const double factor = e.factor[l - 1][k] * slope(net->activations[l - 2], e.z[l - 1][k]);
            dz[k] = da[k] * factor;
            dz_size[k] = da_size[k] * fabs(factor);
        }
        free(da);
        free(da_size);
    }
}

/* `share` of the L2 and L1 terms: the part of this batch. */
static double penalize(const OracleNet *net, const double *parameters, double total_weight, double share,
                       double *gradient, double *size) {
    double cost = 0;
    for (size_t l = 0; l < net->layers; l++) {
        const double l2 = share * net->l2[l] / total_weight, l1 = share * net->l1[l] / total_weight;
        for (size_t i = oracle_weights(net, l); i < oracle_biases(net, l); i++) {
            const double w = parameters[i];
            cost += l2 / 2 * w * w + l1 * fabs(w);
            if (gradient == NULL) continue;
            gradient[i] += l2 * w + (w > 0 ? l1 : w < 0 ? -l1 : 0);
            size[i] += l2 * fabs(w) + l1;
        }
    }
    return cost;
}

OracleCost oracle_gradient(const OracleNet *net, const double *parameters, const OracleBatch *batch,
                           double *gradient, double *size) {
    size_t widest = 0;
    for (size_t l = 0; l <= net->layers; l++)
        if (net->widths[l] > widest) widest = net->widths[l];
    const size_t n = net->widths[net->layers];
    double *y = zeros(n), *dz = zeros(widest), *dz_size = zeros(widest), total = 0;
    Example e = new_example(net);
    if (gradient != NULL) {
        memset(gradient, 0, oracle_parameter_count(net) * sizeof *gradient);
        memset(size, 0, oracle_parameter_count(net) * sizeof *size);
    }
    for (size_t r = 0; r < batch->m; r++) total += batch->weights == NULL ? 1 : batch->weights[r];
    const double total_weight = batch->total_weight > 0 ? batch->total_weight : total;
    OracleCost cost = {0, 0, 0};
    for (size_t r = 0; r < batch->m; r++) {
        const double share = (batch->weights == NULL ? 1 : batch->weights[r]) / total_weight;
        double parts = 0;
        forward(net, parameters, batch, r, e);
        smooth(net, batch->y + r * n, y);
        cost.data_term += share * loss_of(net->loss, e.a[net->layers], y, n, dz, dz_size, &parts);
        cost.size += share * parts;
        if (gradient != NULL) backward(net, parameters, e, dz, dz_size, share, gradient, size);
    }
    const double penalty = penalize(net, parameters, total_weight, total / total_weight, gradient, size);
    cost.cost = cost.data_term + penalty;
    cost.size += penalty;
    free_example(net, e);
    free(y);
    free(dz);
    free(dz_size);
    return cost;
}

/* ---- Updates --------------------------------------------------------------------------- */

double oracle_rate(const reg_optimizer_options *o, uint64_t epoch) {
    const double e = (double)epoch, period = (double)o->period, r = o->learning_rate;
    switch (o->schedule) {
    case REG_STEP: return r * pow(o->decay, floor(e / period));
    case REG_COSINE:
        return o->min_learning_rate +
               (r - o->min_learning_rate) * (1 + cos(3.14159265358979323846 * fmin(e, period) / period)) / 2;
    case REG_INVERSE_SCALING: return r / pow(e + 1, o->decay);
    default: return r;
    }
}

size_t oracle_state_size(reg_optimizer kind) {
    return kind == REG_SGD                                                                           ? 0
           : kind == REG_MOMENTUM || kind == REG_NESTEROV || kind == REG_RMSPROP || kind == REG_LION ? 1
                                                                                                     : 2;
}

static double norm(const double *x, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* The first moments begin at state[0], the second at state[count]. */
static double update(const reg_optimizer_options *o, double rate, uint64_t t, double w, double g,
                     double *state, size_t count) {
    if (o->kind == REG_SGD) return w - rate * g;
    if (o->kind == REG_MOMENTUM || o->kind == REG_NESTEROV) {
        state[0] = o->momentum * state[0] + g;
        return w - rate * (o->kind == REG_MOMENTUM ? state[0] : g + o->momentum * state[0]);
    }
    if (o->kind == REG_LION) {
        const double u = o->beta1 * state[0] + (1 - o->beta1) * g;
        state[0] = o->beta2 * state[0] + (1 - o->beta2) * g;
        return w - rate * ((u > 0) - (u < 0));
    }
    if (o->kind == REG_RMSPROP) {
        state[0] = o->beta2 * state[0] + (1 - o->beta2) * g * g;
        return w - rate * g / (sqrt(state[0]) + o->epsilon);
    }
    state[0] = o->beta1 * state[0] + (1 - o->beta1) * g;
    state[count] = o->beta2 * state[count] + (1 - o->beta2) * g * g;
    return w - rate / (1 - pow(o->beta1, (double)t)) * state[0] /
                   (sqrt(state[count] / (1 - pow(o->beta2, (double)t))) + o->epsilon);
}

void oracle_apply(const OracleNet *net, const reg_optimizer_options *o, double rate, uint64_t t,
                  const double *gradient, double *parameters, double *state) {
    const size_t count = oracle_parameter_count(net);
    const double length = norm(gradient, count);
    const double scale = o->clip_norm > 0 && length > o->clip_norm ? o->clip_norm / length : 1;
    for (size_t l = 0; l < net->layers; l++) {
        const size_t biases = oracle_biases(net, l), n_in = net->widths[l];
        for (size_t i = oracle_weights(net, l); i < oracle_weights(net, l + 1); i++) {
            if ((o->kind == REG_ADAMW || o->kind == REG_LION) && i < biases)
                parameters[i] *= 1 - rate * o->weight_decay;
            parameters[i] = update(o, rate, t, parameters[i], scale * gradient[i],
                                   state == NULL ? NULL : state + i, count);
        }
        for (size_t u = 0; u < net->widths[l + 1] && net->max_norm > 0; u++) {
            double *row = parameters + oracle_weights(net, l) + u * n_in;
            const double row_norm = norm(row, n_in);
            for (size_t k = 0; k < n_in && row_norm > net->max_norm; k++) row[k] *= net->max_norm / row_norm;
        }
    }
}

void oracle_order(uint64_t seed, uint64_t epoch, size_t m, size_t *order) {
    for (size_t i = 0; i < m; i++) order[i] = i;
    for (size_t i = m; i-- > 1;) {
        const uint64_t stream = (epoch << 16) + 65534;
        const uint64_t low = oracle_word(seed, stream, 2 * (uint64_t)i);
        const uint64_t high = oracle_word(seed, stream, 2 * (uint64_t)i + 1);
        /* Exact for fewer than 2^32 examples. */
        const size_t j = (size_t)((high * (i + 1) + (low * (i + 1) >> 32)) >> 32);
        const size_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
