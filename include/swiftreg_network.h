/*
 * swiftreg: training of whole networks. The conventions are those of swiftreg.h, and:
 *
 * Handles   A reg_network (float) or reg_network_f64 (double) owns its parameters, gradients,
 *           optimizer state and working memory; it is made by a create, load or deserialize and
 *           freed by destroy. Networks in different threads are independent. One network is not to
 *           be used from two threads at once, not even to predict.
 * Structs   Every struct of options or results begins with its size: set `struct_size` to
 *           sizeof(the struct) before the call. In options, 0 or NULL in any other field is the
 *           default that the field's comment names. Structs grow at their end only. A program that
 *           was compiled against an older header runs with a newer library: what its structs lack is
 *           the default. One that was compiled against a newer header runs with an older library as
 *           long as the fields that the library does not know are 0, else the call fails with SIZE.
 * Layers    A network has L weight matrices ("layers"); W[l] is (widths[l + 1], widths[l]). Units
 *           are numbered in the same way: layer 0 is the input, layer L the output. The output's
 *           activation belongs to the loss, which is computed from pre-activations.
 * Data      Examples come by strides in either layout, as in swiftreg.h, and are only read.
 *           Targets have one value for each output unit: in [0, 1] for binary cross-entropy (0 and
 *           1, not -1 and 1), one-hot or probabilities for softmax cross-entropy, any for squared
 *           error. That is checked only if reg_data.check_targets is set: others give a cost that
 *           need not have a minimum. NaN or infinity in them is no crash, but gives a cost that
 *           is not finite.
 *
 * docs/formulas.md has every formula with its source, docs/carry-over.md how settings carry over from
 * other libraries.
 */
#ifndef SWIFTREG_NETWORK_H
#define SWIFTREG_NETWORK_H

#include "swiftreg.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct reg_network reg_network;
typedef struct reg_network_f64 reg_network_f64;

/* ---- What a network is ----------------------------------------------------------------- */

/* The data term of the cost, a weighted mean over examples, of pre-activations z and targets y: */
typedef enum reg_loss {
    REG_BINARY_CROSS_ENTROPY = 0,  /* sum over outputs of softplus(z) - y z; output sigmoid(z) */
    REG_SOFTMAX_CROSS_ENTROPY = 1, /* log(sum exp z) * sum(y) - sum(y z); output softmax(z) */
    REG_SQUARED_ERROR = 2,         /* sum over outputs of (z - y)^2 / 2; output z */
    REG_LOSS_32_BITS = 0x7fffffff
} reg_loss;
REG_ASSERT_ENUM(reg_loss);

/* Initial weights; biases begin at 0. All but the notebook's are uniform on (-r, r): parameter
 * number i among all is r * ((2 w(i) + 1) / 2^32 - 1), in double, with the words w of reg_philox
 * for the network's seed and stream 2^16 - 1. */
typedef enum reg_init {
    REG_INIT_HE = 0,       /* r = sqrt(6 / n_in) (He et al. 2015) */
    REG_INIT_XAVIER = 1,   /* r = sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010) */
    REG_INIT_LECUN = 2,    /* r = sqrt(3 / n_in) (LeCun et al. 1998) */
    REG_INIT_NOTEBOOK = 3, /* randn / sqrt(n_in) of NumPy's legacy generator, seeded with the lower
                             32 bits of `seed`; the notebook's seed is 3 */
    REG_INIT_32_BITS = 0x7fffffff
} reg_init;
REG_ASSERT_ENUM(reg_init);

#define REG_MAX_LAYERS 1024

typedef struct reg_network_options {
    size_t struct_size;
    size_t layers;                     /* L, 1 to REG_MAX_LAYERS */
    const size_t *widths;              /* L + 1, none of them 0 */
    const reg_activation *activations; /* L - 1, of the hidden layers; NULL: all ReLU */
    reg_loss loss;
    reg_init init;
    uint64_t seed;           /* of the masks, the order of the examples, the initial weights */
    const double *keep_prob; /* L, of the input and the hidden layers; NULL: all 1 */
    const double *l2;        /* L, lambda of each W: cost + l2 / (2 m) * sum W^2; NULL: all 0 */
    const double *l1;        /* L, of each W: cost + l1 / m * sum |W|; NULL: all 0 */
    double label_smoothing;  /* s in [0, 1): targets become y (1 - s) + s / K; K is the number of
                                classes, 2 for binary cross-entropy. Not for squared error */
    double max_norm;         /* after an update, the weights into a unit (a row of W) are scaled
                                down to this Euclidean norm; 0: not */
} reg_network_options;

/* A new network, with its initial weights, SGD at a learning rate of 0.01, step 0 and epoch 0.
 * *network is NULL after an error. Nothing of the options is kept after the call.
 * Errors: NULL; SIZE (also a struct_size too small); SHAPE; ACTIVATION; LOSS; INIT; KEEP_PROB;
 * LAMBDA (an l1 or l2); LABEL_SMOOTHING; MAX_NORM; MEMORY; ISA. */
reg_status reg_network_create(const reg_network_options *options, reg_network **network);
reg_status reg_network_create_f64(const reg_network_options *options, reg_network_f64 **network);

/* Frees a network and all that was borrowed from it. NULL is a no-op, as is a network in a report of
 * its training. */
void reg_network_destroy(reg_network *network);
void reg_network_destroy_f64(reg_network_f64 *network);

/* What the network was made of. The pointers in *options are the network's own: valid until it is
 * destroyed, never NULL where they have a length. Errors: NULL; SIZE. */
reg_status reg_network_describe(const reg_network *network, reg_network_options *options);
reg_status reg_network_describe_f64(const reg_network_f64 *network, reg_network_options *options);

/* Changes the regularization between updates: keep_prob, l2, l1, label_smoothing and max_norm become
 * those of *options, with NULL and 0 for their defaults as in create. Its other fields are not read, so
 * that the options of reg_network_describe can be used with some of them changed. Parameters,
 * optimizer state, step and epoch stay; weights beyond a new max_norm are scaled down by the next
 * update. After an error nothing has changed. Errors: NULL; SIZE; KEEP_PROB; LAMBDA (an l1 or l2);
 * LABEL_SMOOTHING; MAX_NORM. */
reg_status reg_network_set_regularization(reg_network *network, const reg_network_options *options);
reg_status reg_network_set_regularization_f64(reg_network_f64 *network, const reg_network_options *options);

/* ---- What a network holds -------------------------------------------------------------- */

/* Where the parameters of layer l are: W, (n_out, n_in) with rows contiguous, at elements
 * weights ... weights + n_out * n_in of the flat buffers below, b at biases ... biases + n_out. The
 * order is W[0], b[0], W[1], b[1], ... without gaps. */
typedef struct reg_layer {
    size_t struct_size;
    size_t n_out;
    size_t n_in;
    size_t weights;
    size_t biases;
} reg_layer;

/* Errors: NULL; SIZE; SHAPE (no such layer). */
reg_status reg_network_layer(const reg_network *network, size_t layer, reg_layer *out);
reg_status reg_network_layer_f64(const reg_network_f64 *network, size_t layer, reg_layer *out);

/* The flat buffers, `*count` elements each: the parameters; their gradient; the state of the
 * optimizer (0, 1 or 2 values a parameter: the first moments of all, then the second). Borrowed:
 * read and write them as you like between calls; parameters and gradients are valid until the
 * network is destroyed, the state until its optimizer changes. Errors: NULL; MEMORY. */
reg_status reg_network_parameters(reg_network *network, float **parameters, size_t *count);
reg_status reg_network_parameters_f64(reg_network_f64 *network, double **parameters, size_t *count);
reg_status reg_network_gradients(reg_network *network, float **gradients, size_t *count);
reg_status reg_network_gradients_f64(reg_network_f64 *network, double **gradients, size_t *count);
reg_status reg_network_optimizer_state(reg_network *network, float **state, size_t *count);
reg_status reg_network_optimizer_state_f64(reg_network_f64 *network, double **state, size_t *count);

/* How far training has come: `step` updates in `epoch` epochs. The step chooses the masks, the
 * epoch the order of the examples and the learning rate. */
typedef struct reg_position {
    size_t struct_size;
    uint64_t step;
    uint64_t epoch;
} reg_position;

/* Errors: NULL; SIZE (also, in set, a step or epoch of 2^48 or more); in set, STATE (in a report of this
 * network). */
reg_status reg_network_get_position(const reg_network *network, reg_position *position);
reg_status reg_network_get_position_f64(const reg_network_f64 *network, reg_position *position);
reg_status reg_network_set_position(reg_network *network, const reg_position *position);
reg_status reg_network_set_position_f64(reg_network_f64 *network, const reg_position *position);

/* The most bytes that a network will hold beyond its parameters for training with batches of
 * `batch_size` examples (0: prediction only) of `m`, and with `validates` as many to validate with:
 * gradients, optimizer state, the copies that fit keeps (of the last good epoch, and of the best),
 * activations and working memory on the present number of threads. reg_network_predict_dropout
 * takes 16 bytes more for each output of at most 512 examples while it runs. Errors: NULL; SIZE. */
reg_status reg_network_memory(const reg_network *network, size_t batch_size, size_t m, int32_t validates,
                              size_t *bytes);
reg_status reg_network_memory_f64(const reg_network_f64 *network, size_t batch_size, size_t m,
                                  int32_t validates, size_t *bytes);

/* ---- How a network learns -------------------------------------------------------------- */

/* One update of parameter w from its gradient g, which has the L2 and L1 terms in it already; r is
 * the learning rate, t the number of updates so far plus 1. */
typedef enum reg_optimizer {
    REG_SGD = 0,      /* w -= r g */
    REG_MOMENTUM = 1, /* v = momentum v + g; w -= r v */
    REG_NESTEROV = 2, /* v = momentum v + g; w -= r (g + momentum v) */
    REG_ADAM = 3,     /* u = beta1 u + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
                         w -= r / (1 - beta1^t) * u / (sqrt(v / (1 - beta2^t)) + epsilon) */
    REG_ADAMW = 4,    /* w *= 1 - r weight_decay, weights only; then as Adam. Not the same as L2,
                         which goes through the moments (Loshchilov and Hutter 2019) */
    REG_RMSPROP = 5,  /* v = beta2 v + (1 - beta2) g^2; w -= r g / (sqrt(v) + epsilon) */
    REG_LION = 6,     /* w *= 1 - r weight_decay, weights only; w -= r sign(beta1 u + (1 - beta1) g);
                         u = beta2 u + (1 - beta2) g (Chen and others 2023) */
    REG_OPTIMIZER_32_BITS = 0x7fffffff
} reg_optimizer;
REG_ASSERT_ENUM(reg_optimizer);

/* The learning rate in epoch e (from 0): */
typedef enum reg_schedule {
    REG_CONSTANT = 0,        /* r */
    REG_STEP = 1,            /* r * decay^floor(e / period) */
    REG_COSINE = 2,          /* min + (r - min) (1 + cos(pi min(e, period) / period)) / 2 */
    REG_INVERSE_SCALING = 3, /* r / (e + 1)^decay */
    REG_SCHEDULE_32_BITS = 0x7fffffff
} reg_schedule;
REG_ASSERT_ENUM(reg_schedule);

typedef struct reg_optimizer_options {
    size_t struct_size;
    reg_optimizer kind;
    reg_schedule schedule;
    double learning_rate;     /* r, finite, at least 0 */
    double momentum;          /* in [0, 1) */
    double beta1;             /* in [0, 1) */
    double beta2;             /* in [0, 1) */
    double epsilon;           /* finite, at least 0 */
    double weight_decay;      /* finite, at least 0 */
    double clip_norm;         /* the gradient is scaled down to this Euclidean norm; 0: not */
    double decay;             /* step: the factor; inverse scaling: the power; at least 0 */
    uint64_t period;          /* in epochs; at least 1 for step and cosine */
    double min_learning_rate; /* of cosine; finite, at least 0 */
} reg_optimizer_options;

/* Options that are 0 but for struct_size, kind and schedule are the defaults of the kind. If any other
 * is set, all are as they are set, 0 too: begin with reg_optimizer_defaults. A number that belongs to
 * another schedule (decay, period, min_learning_rate) may be any but NaN.
 *
 * Fills the options of a kind: learning rate 0.01 (SGD, momentum, Nesterov, RMSprop), 0.001 (Adam,
 * AdamW) or 0.0001 (Lion), momentum 0.9, beta1 0.9, beta2 0.999 (RMSprop and Lion 0.99), epsilon 1e-8,
 * weight_decay 0.01, constant rate, decay 0.5, period 10; the rest 0. Set struct_size before. Errors: NULL; SIZE; OPTIMIZER. */
reg_status reg_optimizer_defaults(reg_optimizer kind, reg_optimizer_options *options);

/* Changes the optimizer. Its state begins anew at 0, unless the kind stays the same. The number of
 * updates goes on. Errors: NULL; SIZE; OPTIMIZER; SCHEDULE (also its decay, period or min rate);
 * LEARNING_RATE; MOMENTUM (also a beta); EPSILON; WEIGHT_DECAY; CLIP_NORM; STATE (another kind in a
 * report of this network). */
reg_status reg_network_set_optimizer(reg_network *network, const reg_optimizer_options *options);
reg_status reg_network_set_optimizer_f64(reg_network_f64 *network, const reg_optimizer_options *options);
/* Errors: NULL; SIZE. */
reg_status reg_network_get_optimizer(const reg_network *network, reg_optimizer_options *options);
reg_status reg_network_get_optimizer_f64(const reg_network_f64 *network, reg_optimizer_options *options);

/* ---- All options ----------------------------------------------------------------------- */

/* The enums and the options of these headers, to be read at run time: for other languages, forms and
 * tests, which then have no list of their own. */

typedef enum reg_enum {
    REG_ENUM_ACTIVATION = 0,
    REG_ENUM_LOSS = 1,
    REG_ENUM_INIT = 2,
    REG_ENUM_OPTIMIZER = 3,
    REG_ENUM_SCHEDULE = 4,
    REG_ENUM_FUNCTION = 5,
    REG_ENUM_STOP = 6,
    REG_ENUM_PRECISION = 7,
    REG_ENUM_INPUT_STEP = 8,
    REG_ENUM_32_BITS = 0x7fffffff
} reg_enum;
REG_ASSERT_ENUM(reg_enum);

typedef struct reg_enum_value {
    size_t struct_size;
    const char *name;       /* in files and in Python: "leaky_relu" */
    const char *identifier; /* in C: "REG_LEAKY_RELU" */
    uint32_t number;
} reg_enum_value;

/* The number of values, which are 0, 1, ... without gaps; 0 for what is no value of reg_enum. */
size_t reg_enum_count(reg_enum which);

/* Texts are static. Errors: NULL; SIZE; SHAPE (no such enum, or no such value). */
reg_status reg_get_enum_value(reg_enum which, uint32_t number, reg_enum_value *value);

/* The type of an option's field, or of the elements that it points to. */
typedef enum reg_option_type {
    REG_OPTION_REAL = 0,    /* double */
    REG_OPTION_INTEGER = 1, /* uint64_t */
    REG_OPTION_SIZE = 2,    /* size_t */
    REG_OPTION_FLAG = 3,    /* int32_t; not 0: yes */
    REG_OPTION_ENUM = 4,
    REG_OPTION_32_BITS = 0x7fffffff
} reg_option_type;
REG_ASSERT_ENUM(reg_option_type);

typedef struct reg_option {
    size_t struct_size;
    const char *name;      /* in files and in Python: "momentum" */
    const char *structure; /* in C: "reg_optimizer_options", and the field there */
    const char *field;
    size_t offset; /* of the field, in bytes */
    reg_option_type type;
    int32_t per_layer; /* 1: the field points to one value for each layer, or is NULL */
    reg_enum which;    /* of an enum: which one */
    reg_status status; /* the error of a value out of range */
    double minimum;    /* the range; where the maximum is infinite, integers are limited by their
                              type only */
    double maximum;
    int32_t excludes_minimum; /* 1: the value must be above the minimum */
    int32_t excludes_maximum; /* 1: the value must be below the maximum, so finite if that is not */
    double default_value;     /* of learning_rate that of SGD: see reg_optimizer_defaults */
    uint64_t losses;          /* bit i is set if the loss of number i uses the option */
    uint64_t optimizers;      /* the same for optimizers */
    uint64_t schedules;       /* the same for schedules */
} reg_option;

size_t reg_option_count(void);

/* Option number `index`. Texts are static. Errors: NULL; SIZE; SHAPE (no such option). */
reg_status reg_get_option(size_t index, reg_option *option);

/* ---- Data ------------------------------------------------------------------------------ */

/* Inputs as a sparse matrix by rows (CSR, as SciPy's csr_matrix stores it). Row r has values[k] in
 * column columns[k] for k = row_starts[r] ... row_starts[r + 1] - 1, and 0 in every other column;
 * values of the same column add up. Rows need not be sorted. */
typedef struct reg_sparse {
    size_t struct_size;
    const void *values;     /* of the network's element type */
    const void *columns;    /* int32_t or int64_t, from 0 to widths[0] - 1 */
    const void *row_starts; /* of the same type; one more than there are rows, from 0 on, never falling */
    size_t index_bytes;     /* 4 or 8: the size of an index */
} reg_sparse;

/* m examples. Unit u of row r is x[u * x_strides.unit + r * x_strides.example], its targets
 * likewise: {1, n_in} and {1, n_out} for examples one after another. Strides may be 0 or negative; fields left
 * out are {0, 0}, one value for all. `weights` are the weights of the rows: those of the
 * examples finite and at least 0, not all 0; NULL: 1 each. The m of every formula is then their sum;
 * it and 1 / m must be finite. The inputs and targets of an example of weight 0 have no effect: they
 * may be NaN. Example r is row r, or row rows[r]: so the folds of a
 * cross-validation share x, y and weights. Masks are those of example r, whichever row it is. */
typedef struct reg_data {
    size_t struct_size;
    size_t m;
    const float *x;
    reg_strides x_strides;
    const float *y;
    reg_strides y_strides;
    const float *weights;
    const size_t *rows;       /* m rows, each below row_count; they may repeat. NULL: 0, 1, ..., m - 1 */
    size_t row_count;         /* with `rows`: the rows of x, y and weights */
    const reg_sparse *sparse; /* the inputs instead of x, which is then NULL, or NULL */
    int32_t check_targets;    /* not 0: a target that is not in the range of the loss (see Data above)
                                 is an error; NaN is none */
} reg_data;

typedef struct reg_data_f64 {
    size_t struct_size;
    size_t m;
    const double *x;
    reg_strides x_strides;
    const double *y;
    reg_strides y_strides;
    const double *weights;
    const size_t *rows;
    size_t row_count;
    const reg_sparse *sparse;
    int32_t check_targets;
} reg_data_f64;

/* ---- Prediction ------------------------------------------------------------------------ */

/* The outputs for m examples, without dropout: the loss's output function of the pre-activations,
 * and the pre-activations themselves. Either may be NULL, not both; they have the same strides, as
 * an output in swiftreg.h. An example's outputs do not depend on the others beside it.
 * Errors: NULL; SIZE; SHAPE; MEMORY; ISA. */
reg_status reg_network_predict(reg_network *network, size_t m, const float *x, reg_strides x_strides,
                               float *outputs, float *pre_activations, reg_strides out_strides);
reg_status reg_network_predict_f64(reg_network_f64 *network, size_t m, const double *x, reg_strides x_strides,
                                   double *outputs, double *pre_activations, reg_strides out_strides);

/* The same for the examples of `data`, which may be sparse and may name their rows. y and weights
 * are not read. Errors: as predict. */
reg_status reg_network_predict_data(reg_network *network, const reg_data *data, float *outputs,
                                    float *pre_activations, reg_strides out_strides);
reg_status reg_network_predict_data_f64(reg_network_f64 *network, const reg_data_f64 *data, double *outputs,
                                        double *pre_activations, reg_strides out_strides);

/* Monte Carlo dropout (Gal and Ghahramani 2016): the mean of the outputs over `samples` sets of
 * masks, and their standard deviation (with divisor `samples`; 0 for one sample). Sample s draws
 * the masks of step s under `seed`, example r those of row r. Either output may be NULL, not both.
 * Errors: as predict; SHAPE also if samples is 0, SIZE also if it is 2^48 or more. */
reg_status reg_network_predict_dropout(reg_network *network, size_t m, const float *x, reg_strides x_strides,
                                       size_t samples, uint64_t seed, float *mean, float *deviation,
                                       reg_strides out_strides);
reg_status reg_network_predict_dropout_f64(reg_network_f64 *network, size_t m, const double *x,
                                           reg_strides x_strides, size_t samples, uint64_t seed, double *mean,
                                           double *deviation, reg_strides out_strides);

/* ---- Cost and gradient ----------------------------------------------------------------- */

/* The cost of the examples without dropout: the data term and the L2 and L1 terms in *cost, the
 * data term alone in *data_term, unless that is NULL. Label smoothing applies.
 * Errors: NULL; SIZE; SHAPE (m is 0); SAMPLE_WEIGHT; TARGET; MEMORY; ISA. */
reg_status reg_network_cost(reg_network *network, const reg_data *data, double *cost, double *data_term);
reg_status reg_network_cost_f64(reg_network_f64 *network, const reg_data_f64 *data, double *cost,
                                double *data_term);

/* A batch, or a part of one, as a rank of a data-parallel run has it. */
typedef struct reg_part {
    size_t struct_size;
    uint64_t first_row;  /* the number of the part's first example in the whole batch */
    double total_weight; /* the m of the whole batch (its number of examples or sum of weights), of
                            which a part may have none; 0: this part is the whole */
} reg_part;

/* The gradient of the cost at the network's present step, dropout included, into the network's
 * gradient buffer, and the cost itself into *cost, if that is not NULL. Row r of the part draws the
 * masks of row first_row + r. Parts whose rows follow one another give gradients and costs whose
 * sums are those of the whole batch, within rounding: each takes its share m / total_weight of the
 * L2 and L1 terms. `part` may be NULL. A gradient that is not finite is no error here.
 * Errors: NULL; SIZE; SHAPE (m is 0); SAMPLE_WEIGHT (also a total_weight not finite, negative or
 * less than the part's); TARGET; MEMORY; ISA. */
reg_status reg_network_gradient(reg_network *network, const reg_data *data, const reg_part *part,
                                double *cost);
reg_status reg_network_gradient_f64(reg_network_f64 *network, const reg_data_f64 *data, const reg_part *part,
                                    double *cost);

/* One update from the gradient buffer, at the learning rate of the present epoch; the step counts
 * on. The buffer itself is not changed. Errors: NULL; SIZE (the step would reach 2^48); NOT_FINITE
 * (clip_norm is in use and the norm is not finite: nothing is changed); MEMORY; STATE (in a report of
 * this network); ISA. */
reg_status reg_network_apply(reg_network *network);
reg_status reg_network_apply_f64(reg_network_f64 *network);

/* Compares the gradient of the examples at the present step with central differences of the cost,
 * w +- step, for at most `max_parameters` evenly spread over each W and b. *max_error is the
 * largest |a - n| / max(1e-8, |a| + |n|) of an analytic a and a numeric n (ReLU kinks, L1 at 0 and
 * float precision make it large without a mistake). The gradient buffer is overwritten, the
 * parameters are as before. Errors: as gradient; SHAPE also if `step` is not above 0. */
reg_status reg_network_check_gradient(reg_network *network, const reg_data *data, double step,
                                      size_t max_parameters, double *max_error);
reg_status reg_network_check_gradient_f64(reg_network_f64 *network, const reg_data_f64 *data, double step,
                                          size_t max_parameters, double *max_error);

/* ---- Training -------------------------------------------------------------------------- */

/* How an epoch went. */
typedef struct reg_progress {
    size_t struct_size;
    uint64_t epoch;         /* the number of epochs completed, over all calls of fit */
    uint64_t step;          /* the number of updates, likewise */
    double cost;            /* the mean of the batches' costs by their m, each taken before its
                               update, dropout and the L2 and L1 terms included */
    double validation_cost; /* the data term after the epoch, without dropout; NaN if none */
    double learning_rate;
    int32_t is_last; /* 1: no further epoch follows, whatever the report returns: all are done,
                               or patience has ended; else 0 */
} reg_progress;

/* Called by fit, on its thread, after an epoch; not 0 ends the training there. Meanwhile the network is
 * as after this epoch, and the report may use it: its buffers, and every function that does not train it,
 * set its position or free it. Those fail with STATE and change nothing: fit, fit_many, apply,
 * set_position, and set_optimizer with another kind; destroy does nothing. New options of the optimizer
 * or the regularization hold from the next epoch on. What a report writes to the gradients, also by
 * gradient and check_gradient, is overwritten by the next batch; what it writes to the parameters and the
 * optimizer's state is trained further. Nothing else in a report changes the training. If a report runs
 * out of memory, the training keeps its own. A report of fit_many computes on its own thread alone. */
typedef int (*reg_report)(const reg_progress *progress, void *context);

/* The shuffled order of an epoch comes from the network's seed: from 0, 1, ..., m - 1, element i is
 * exchanged with element floor(v(i) (i + 1) / 2^64), for i from m - 1 down to 1, where
 * v(i) = w(2 i) + 2^32 w(2 i + 1), with the words w of reg_philox for
 * stream = epoch * 2^16 + 2^16 - 2. */
typedef struct reg_fit_options {
    size_t struct_size;
    uint64_t epochs;             /* at most so many more; steps and epochs stay below 2^48 */
    size_t batch_size;           /* examples in an update; 0: all. The last batch may be smaller. One
                                 whose weights are all 0 is no update */
    int32_t shuffle;             /* not 0: a new order in each epoch, see above */
    uint64_t patience;           /* stop after more than so many epochs in a row in which the cost
                                 (with validation data, theirs) did not fall below the lowest so
                                 far by more than min_delta; 0: never */
    double min_delta;            /* at least 0 */
    double *costs;               /* NULL, or room for `epochs` values of reg_progress.cost */
    double *validation_costs;    /* NULL, or likewise, with validation data */
    reg_report report;           /* NULL: none */
    void *context;               /* passed to report */
    uint64_t report_every;       /* epochs between reports; the last one is always reported; 0: 1 */
    const uint8_t *const *masks; /* NULL, or for each of the L layers NULL or a mask of 0 and 1
                                    that is used in every step instead of a drawn one: unit u of
                                    example r of the data at u * m + r */
} reg_fit_options;

typedef enum reg_stop {
    REG_STOP_EPOCHS = 0,   /* all epochs are done */
    REG_STOP_REPORT = 1,   /* report said so */
    REG_STOP_PATIENCE = 2, /* the cost no longer fell */
    REG_STOP_32_BITS = 0x7fffffff
} reg_stop;
REG_ASSERT_ENUM(reg_stop);

typedef struct reg_fit_result {
    size_t struct_size;
    reg_stop reason;
    uint64_t epochs;      /* completed in this call */
    double cost;          /* of the last of them; NaN if none */
    uint64_t best_epoch;  /* the epoch (as in reg_progress) with the lowest validation cost, or 0 */
    double best_cost;     /* that cost; NaN without validation data */
    uint64_t failed_step; /* after NOT_FINITE: the step whose cost or gradient was not finite, or
                             the one after the epoch whose parameters were not */
} reg_fit_result;

/* Trains for some epochs more. With validation data, the parameters are at the end those of the
 * epoch with the lowest validation cost in this call, also without patience; the optimizer's state
 * is not set back. If a cost (also of validation), or a parameter after an epoch, is not finite,
 * training stops, and parameters, state and position are those at the end of the last good epoch.
 * `validation` and `result` may be NULL. The options' arrays are read or written during the call
 * only; `costs` only for epochs completed, and *result after OK and NOT_FINITE.
 * Errors: NULL; SIZE; SHAPE (m is 0); SAMPLE_WEIGHT; TARGET; KEEP_PROB (a mask for a layer whose keep_prob
 * is 1); MIN_DELTA; NOT_FINITE; MEMORY; STATE (in a report of this network); ISA. */
reg_status reg_network_fit(reg_network *network, const reg_data *data, const reg_data *validation,
                           const reg_fit_options *options, reg_fit_result *result);
reg_status reg_network_fit_f64(reg_network_f64 *network, const reg_data_f64 *data,
                               const reg_data_f64 *validation, const reg_fit_options *options,
                               reg_fit_result *result);

/* Called by fit_many, with the context of a job's options, before the job's first epoch (`ended` is 0)
 * and after its status and *result are written (`ended` is 1). An answer other than 0 before the first
 * epoch leaves the network as it is: the job ends with OK, 0 epochs and REG_STOP_REPORT. The answer after
 * the last one is not read. Before the first epoch, what a report may do is allowed; after the last one,
 * every call with the network. */
typedef int (*reg_fit_event)(int32_t ended, void *context);

/* One of many fits: the arguments of reg_network_fit, and its status. */
typedef struct reg_fit_job {
    size_t struct_size;
    reg_network *network;
    const reg_data *data;
    const reg_data *validation;     /* NULL: none */
    const reg_fit_options *options; /* its report is called on the thread that trains the network,
                                       perhaps while others are called */
    reg_fit_result *result;         /* or NULL */
    reg_fit_event event;            /* NULL: none; called as the report, with the same context */
    reg_status status;              /* out: that of this fit */
} reg_fit_job;

typedef struct reg_fit_job_f64 {
    size_t struct_size;
    reg_network_f64 *network;
    const reg_data_f64 *data;
    const reg_data_f64 *validation;
    const reg_fit_options *options;
    reg_fit_result *result;
    reg_fit_event event;
    reg_status status;
} reg_fit_job_f64;

/* Trains `count` independent networks, with the results of reg_network_fit for one after the other,
 * bit for bit. Each network is trained on one thread of the pool; networks that are fewer than the
 * threads and large are trained one after the other, each on all threads. Job i is at byte
 * i * jobs[0].struct_size of `jobs`. Data may be shared; a network may be in one job only (SHAPE).
 * Every argument is checked before any network is trained. A job that fails stops no other: its
 * status says why; one whose arguments are refused has no event. The working memory of the networks is
 * freed at the end.
 * Returns OK, or the status of the first job that failed. Errors of the call itself: NULL, SIZE,
 * MEMORY; no network was then trained. */
reg_status reg_fit_many(reg_fit_job *jobs, size_t count);
reg_status reg_fit_many_f64(reg_fit_job_f64 *jobs, size_t count);

/* ---- Files ----------------------------------------------------------------------------- */

/* A network in the safetensors format, which any tool for it reads: the tensors W1, b1, W2, ...
 * and, where there is one, the optimizer's state; all options and the position as metadata, as
 * docs/files.md lists them. What was saved goes on bit for bit as if it had not been.
 *
 * `*size` receives the number of bytes, and `buffer` as many if it is not NULL and `capacity` is
 * enough. Errors: NULL; SIZE (capacity is too small; *size is set all the same); MEMORY. */
reg_status reg_network_serialize(const reg_network *network, void *buffer, size_t capacity, size_t *size);
reg_status reg_network_serialize_f64(const reg_network_f64 *network, void *buffer, size_t capacity,
                                     size_t *size);

/* A new network from `size` bytes. No number in them is trusted. *network is NULL after an error.
 * Errors: NULL; FORMAT (damaged, truncated, not written by this library, or of the other
 * element type); MEMORY; ISA. */
reg_status reg_network_deserialize(const void *buffer, size_t size, reg_network **network);
reg_status reg_network_deserialize_f64(const void *buffer, size_t size, reg_network_f64 **network);

/* The same to and from a file. Saving follows symbolic links, writes a new file, `.swiftreg-*.tmp` beside
 * the place that `path` leads to, and renames it: after any error or crash, the old file is whole. The
 * new file has the permissions of the old one, and its owner where that is allowed; without an old one,
 * those that the umask leaves. Something that is no regular file is an error.
 *
 * A file that cannot be replaced (it is a mount of its own, as in a container, or its folder takes no new
 * files) is overwritten. After an error, it has its old content again. Only a crash meanwhile leaves a file
 * that is refused as FORMAT, and so may be what another process reads meanwhile; saving processes wait for
 * each other. Errors: as above; FILE (errno says why). */
reg_status reg_network_save(const reg_network *network, const char *path);
reg_status reg_network_save_f64(const reg_network_f64 *network, const char *path);
reg_status reg_network_load(const char *path, reg_network **network);
reg_status reg_network_load_f64(const char *path, reg_network_f64 **network);

/* A network of whichever element type the bytes or the file have: one of *network and *network_f64, the
 * other is NULL; both are after an error. Errors: as deserialize and load. */
reg_status reg_network_deserialize_any(const void *buffer, size_t size, reg_network **network,
                                       reg_network_f64 **network_f64);
reg_status reg_network_load_any(const char *path, reg_network **network, reg_network_f64 **network_f64);

/* ---- C ---------------------------------------------------------------------------------- */

/* The element type of an exported function. */
typedef enum reg_precision {
    REG_PRECISION_OWN = 0, /* that of the network */
    REG_PRECISION_FLOAT32 = 1,
    REG_PRECISION_FLOAT64 = 2,
    REG_PRECISION_32_BITS = 0x7fffffff
} reg_precision;
REG_ASSERT_ENUM(reg_precision);

/* What becomes of an input v, with the step's constant c for this input. NaN, a missing input, passes
 * through all but the last one. */
typedef enum reg_input_step {
    REG_STEP_SUBTRACT = 0, /* v - c */
    REG_STEP_DIVIDE = 1,   /* v / c */
    REG_STEP_MULTIPLY = 2, /* v * c */
    REG_STEP_ADD = 3,      /* v + c */
    REG_STEP_AT_LEAST = 4, /* the greater of v and c */
    REG_STEP_AT_MOST = 5,  /* the lesser of v and c */
    REG_STEP_MISSING = 6,  /* NaN if v is c, else v */
    REG_STEP_IMPUTE = 7,   /* c if v is NaN, else v */
    REG_INPUT_STEP_32_BITS = 0x7fffffff
} reg_input_step;
REG_ASSERT_ENUM(reg_input_step);

typedef struct reg_export_options {
    size_t struct_size;
    reg_precision precision;
    int32_t block;                    /* not 0: also the function NAME_block */
    const char *header;               /* the path of a header with the declarations; NULL: none */
    size_t steps;                     /* of the inputs, one after the other, before the first layer */
    const reg_input_step *step_kinds; /* `steps` */
    const double *step_values;        /* (steps, n_in): the constants */
    size_t classes;                   /* 0, or for NAME_class: 2 for one output of binary
                                         cross-entropy, the outputs for softmax cross-entropy */
    const char *const *labels;        /* NULL, or `classes` texts for NAME_labels */
} reg_export_options;

/* Writes the network as one C file, C99 and C++11 at once, that needs nothing but math.h; T is float or
 * double:
 *
 *     void NAME(const T x[n_in], T y[n_out]);           the outputs of one example
 *     void NAME_block(const T *x, long m, T *y);        of m examples, in rows
 *     long NAME_class(const T x[n_in]);                 the number of the likeliest class, from 0:
 *                                                       the first of the largest outputs, or y > 1/2
 *     extern const char *const NAME_labels[classes];    the labels, by this number
 *
 * The outputs are those of reg_network_predict of a network of this type within rounding, also where values
 * overflow or underflow; sums are equal to the bit where math.h defines FP_FAST_FMA. x and y must not
 * overlap. `name` is an identifier of C, of at most 255 characters, no keyword of C or C++ and no name of
 * math.h. `options` NULL: all 0. The same network gives the same file. Files are written as by save; an
 * error leaves both old ones, but for an error of the system between the two renamings.
 * Errors: NULL; NAME (also a header at `path`); SIZE; SHAPE (precision, step_kinds, classes); FILE; MEMORY. */
reg_status reg_network_export_c(const reg_network *network, const char *path, const char *name,
                                const reg_export_options *options);
reg_status reg_network_export_c_f64(const reg_network_f64 *network, const char *path, const char *name,
                                    const reg_export_options *options);

#ifdef __cplusplus
}
#endif

#endif /* SWIFTREG_NETWORK_H */
