/*
 * swiftreg: regularized training of small neural networks, as a C library.
 *
 * Conventions that hold for every function here
 * ---------------------------------------------
 * Types     `reg_name` works on float, `reg_name_f64` on double. Scalars (keep_prob, lambda,
 *           rates, costs) are double in both, so that both families draw the same masks.
 * Memory    Every buffer belongs to the caller, needs no alignment, and is never kept after the
 *           call returns. A thread keeps working memory of some megabytes from call to call.
 * Sizes     Counts are numbers of elements, not bytes. A count of 0 is a valid no-op where no
 *           mean is taken; pointers may then be NULL.
 * Errors    Every function that can fail returns a reg_status. Arguments are checked before
 *           anything is written: after an error, outputs are as they were. Nothing traps,
 *           aborts or throws across this boundary.
 * Aliasing  An output may be the same buffer as an input only where a comment says "in place".
 *           Any other overlap gives unspecified values (but no crash).
 * Threads   Every function may be called from several threads at once, on different outputs.
 * Results   Depend on the arguments only: not on the thread count, and not on the CPU as long as
 *           it has FMA (x86-64-v3, x86-64-v4, arm64). reg_build_info tells which path runs.
 *
 * Notation: n_in units below a layer, n_out units in it, m examples. W is (n_out, n_in), rows
 * contiguous. The formulas are those of the course notebook "Regularization"; docs/formulas.md
 * gives the source of each.
 */
#ifndef SWIFTREG_H
#define SWIFTREG_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header. Compare with reg_version() for that of the library in use. */
#define REG_VERSION_MAJOR 0
#define REG_VERSION_MINOR 1
#define REG_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* Enums have 4 bytes on every target: each ends with a value that needs them, also where a compiler
 * would choose the smallest type that fits (-fshort-enums, the default of arm-none-eabi-gcc). That
 * value is never used; a function that gets it returns the error of a value out of range. */
#if defined(__cplusplus)
#define REG_ASSERT_ENUM(name) static_assert(sizeof(name) == 4, #name " must have 4 bytes")
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define REG_ASSERT_ENUM(name) _Static_assert(sizeof(name) == 4, #name " must have 4 bytes")
#else
#define REG_ASSERT_ENUM(name) typedef char name##_must_have_4_bytes[sizeof(name) == 4 ? 1 : -1]
#endif

/* ---- Status ---------------------------------------------------------------------------- */

/* What a function returns. Values never change meaning; new ones may be added at the end. */
typedef enum reg_status {
    REG_OK = 0,
    REG_ERROR_NULL = 1,          /* a required pointer is NULL */
    REG_ERROR_SIZE = 2,          /* a size or stride is negative or too large for memory,
                                    or a struct_size is not set */
    REG_ERROR_SHAPE = 3,         /* a layer or an example count of 0, or strides that overlap */
    REG_ERROR_KEEP_PROB = 4,     /* keep_prob is not in (0, 1] */
    REG_ERROR_LAMBDA = 5,        /* lambda is negative, infinite or NaN */
    REG_ERROR_ACTIVATION = 6,    /* not a value of reg_activation */
    REG_ERROR_LEARNING_RATE = 7, /* infinite, NaN or, of a network, negative */
    REG_ERROR_MEMORY = 8,        /* working memory could not be allocated */
    REG_ERROR_ISA = 9,           /* SWIFTREG_ISA names a set that this CPU or build lacks */
    REG_ERROR_STATE = 10,        /* a reg_legacy_rng that reg_legacy_seed never filled, or a network whose
                                    training reports */
    REG_ERROR_THREADS = 11,      /* a thread count outside 1 to REG_MAX_THREADS */
    REG_ERROR_FUNCTION = 12,     /* not a value of reg_function */
    /* Of networks (swiftreg_network.h). */
    REG_ERROR_LOSS = 13,            /* not a value of reg_loss */
    REG_ERROR_INIT = 14,            /* not a value of reg_init */
    REG_ERROR_LABEL_SMOOTHING = 15, /* not in [0, 1), or not 0 for squared error */
    REG_ERROR_MAX_NORM = 16,        /* max_norm is negative or NaN */
    REG_ERROR_OPTIMIZER = 17,       /* not a value of reg_optimizer */
    REG_ERROR_SCHEDULE = 18,        /* not a value of reg_schedule, or a number of it is wrong */
    REG_ERROR_MOMENTUM = 19,        /* momentum, beta1 or beta2 is not in [0, 1) */
    REG_ERROR_EPSILON = 20,         /* epsilon is negative, infinite or NaN */
    REG_ERROR_WEIGHT_DECAY = 21,    /* weight_decay is negative, infinite or NaN */
    REG_ERROR_CLIP_NORM = 22,       /* clip_norm is negative or NaN */
    REG_ERROR_SAMPLE_WEIGHT = 23,   /* a weight of an example is negative or not finite, or their
                                       sum is 0, infinite or not that of the batch */
    REG_ERROR_MIN_DELTA = 24,       /* min_delta is negative or NaN */
    REG_ERROR_NOT_FINITE = 25,      /* a cost or a gradient is infinite or NaN */
    REG_ERROR_FILE = 26,            /* a file could not be read or written; errno and the
                                       message say why */
    REG_ERROR_FORMAT = 27,          /* the bytes are no network of this element type */
    REG_ERROR_NAME = 28,            /* not an identifier of C, or a keyword or a name of math.h */
    REG_ERROR_TARGET = 29,          /* a target is not in the range of the loss; only if asked for */
    REG_STATUS_32_BITS = 0x7fffffff
} reg_status;
REG_ASSERT_ENUM(reg_status);

/* One English sentence for a status, without a full stop. Never NULL, also for a value that is
 * no status. The text is static: never freed, valid for ever. */
const char *reg_status_message(reg_status status);

/* Which argument the last error of the calling thread was about. A call that succeeds changes nothing
 * of it, so it is to be read after a call that failed. `argument` is a name of these headers: a
 * parameter, or a field of a struct that is a parameter. */
typedef struct reg_error {
    size_t struct_size;
    reg_status status;    /* OK if no call failed so far */
    int32_t has_value;    /* 1: `value` is the value of the argument, or of its element */
    const char *argument; /* for instance "keep_prob"; NULL: it is about no argument */
    ptrdiff_t index;      /* of the element, where the argument is an array; else -1 */
    double value;         /* also of an integer, rounded; `message` has all its digits */
    const char *message;  /* as reg_error_message() */
} reg_error;

/* Errors: NULL; SIZE. Such an error is then the last one. */
reg_status reg_last_error(reg_error *error);

/* The same in words, without a full stop: "keep_prob[1] is 1.5; it must be in (0, 1]". Where an error
 * is about no argument, as reg_status_message or more precise. Never NULL. Valid until the next call of a function
 * of this library on the same thread. Nothing is allocated. */
const char *reg_error_message(void);

/* ---- The library ----------------------------------------------------------------------- */

/* The library's version, "major.minor.patch". Static text. */
const char *reg_version(void);

/* What runs. Fill `struct_size` with sizeof(reg_build) before the call, so that a library newer
 * than the header writes only the fields that the caller knows. */
typedef struct reg_build {
    size_t struct_size;
    const char *version; /* as reg_version() */
    const char *isa;     /* the kernels in use: "baseline", "avx2", "avx512", "neon"; in WebAssembly
                             "simd128" or "relaxed-simd" */
    const char *runtime; /* "embedded": no Swift runtime is needed; "swift": it is */
    int32_t fused;       /* 1: multiply-add is fused, results are the same bits everywhere;
                             0: a CPU without FMA, results agree within rounding */
    int32_t num_threads; /* as reg_get_num_threads() */
} reg_build;

/* Errors: NULL; SIZE (struct_size smaller than itself); ISA. */
reg_status reg_build_info(reg_build *build);

/* At most this many threads work on one call. */
#define REG_MAX_THREADS 256

/* The number of threads that a large call may use, 1 to REG_MAX_THREADS. The first use takes it
 * from SWIFTREG_NUM_THREADS, else OMP_NUM_THREADS, else the cores that the process may run on.
 * Small work uses one thread whatever the number. Results do not depend on it.
 * Errors: THREADS; NULL. */
reg_status reg_set_num_threads(int32_t num_threads);
reg_status reg_get_num_threads(int32_t *num_threads);

/* ---- Dropout --------------------------------------------------------------------------- */
/*
 * Inverted dropout. keep_prob in (0, 1] is the probability to keep an element (never a drop
 * rate). The mask is a pure function of (seed, stream, position). With i = offset + index, in
 * 64-bit wrapping arithmetic, element i is kept iff
 *
 *     w(i) < round(keep_prob * 2^32)   (halves up; compared in 64 bits, so that 1 keeps all)
 *     w(i) = philox4x32_10(counter: (lo(i / 4), hi(i / 4), lo(stream), hi(stream)),
 *                          key:     (lo(seed), hi(seed)))[i % 4]
 *
 * A kept element is multiplied by 1/keep_prob (rounded to the element type), a dropped one by 0:
 * NaN stays NaN and a dropped negative becomes -0, as in NumPy.
 *
 * Layer l of a network (0 = the input), at step t, row r of the global batch, uses
 * stream = t * 2^16 + l and offset = r * 2^34.
 */

/* out[i] = a[i] * mask(i) / keep_prob. In place (out == a) is allowed. `mask` may be NULL; else it
 * receives `count` bytes, 1 for kept and 0 for dropped.
 * Errors: NULL; SIZE; KEEP_PROB; ISA. */
reg_status reg_forward_dropout(const float *a, size_t count, double keep_prob, uint64_t seed, uint64_t stream,
                               uint64_t offset, float *out, uint8_t *mask);
reg_status reg_forward_dropout_f64(const double *a, size_t count, double keep_prob, uint64_t seed,
                                   uint64_t stream, uint64_t offset, double *out, uint8_t *mask);

/* da[i] = dout[i] * mask(i) / keep_prob: the gradient through reg_forward_dropout, the mask drawn
 * again from the same seed, stream and offset. In place (da == dout) is allowed. To use a mask
 * that was kept instead, call reg_apply_mask. Errors: as forward. */
reg_status reg_backward_dropout(const float *dout, size_t count, double keep_prob, uint64_t seed,
                                uint64_t stream, uint64_t offset, float *da);
reg_status reg_backward_dropout_f64(const double *dout, size_t count, double keep_prob, uint64_t seed,
                                    uint64_t stream, uint64_t offset, double *da);

/* The mask alone: mask[i] = 1 if element offset + i is kept, else 0. Errors: as forward. */
reg_status reg_dropout_mask(size_t count, double keep_prob, uint64_t seed, uint64_t stream, uint64_t offset,
                            uint8_t *mask);

/* out[i] = a[i] * (mask[i] != 0) / keep_prob with a mask that the caller brings; forward and
 * backward are the same operation. In place (out == a) is allowed.
 * Errors: NULL; SIZE; KEEP_PROB; ISA. */
reg_status reg_apply_mask(const float *a, const uint8_t *mask, size_t count, double keep_prob, float *out);
reg_status reg_apply_mask_f64(const double *a, const uint8_t *mask, size_t count, double keep_prob,
                              double *out);

/* The words that masks are made of: words[i] = w(offset + i), uniform on 32 bits.
 * Errors: NULL; SIZE; ISA. */
reg_status reg_philox(size_t count, uint64_t seed, uint64_t stream, uint64_t offset, uint32_t *words);

/* ---- Cost ------------------------------------------------------------------------------ */

/* Binary cross-entropy from probabilities,
 *
 *     cost = 1/m * sum over all elements of -(y log a + (1 - y) log(1 - a)),
 *
 * with a and y contiguous, n_out * m elements each, in the same order (either layout). A term
 * 0 * infinity (a saturated right answer) counts 0, as does any term that is NaN; if `ignored` is
 * not NULL it receives the number of such elements. A saturated wrong answer makes the cost
 * infinite. The sum is kept in double.
 * Errors: NULL; SIZE; SHAPE (n_out or m is 0); ISA. */
reg_status reg_cost(const float *a, const float *y, size_t n_out, size_t m, double *cost, size_t *ignored);
reg_status reg_cost_f64(const double *a, const double *y, size_t n_out, size_t m, double *cost,
                        size_t *ignored);

/* reg_cost plus the L2 term, lambda / (2 m) * sum over `layers` weight matrices of W^2. weights[l]
 * points to weight_counts[l] elements. Biases do not belong among them.
 * Errors: as reg_cost; LAMBDA. */
reg_status reg_cost_l2(const float *a, const float *y, size_t n_out, size_t m, const float *const *weights,
                       const size_t *weight_counts, size_t layers, double lambda, double *cost,
                       size_t *ignored);
reg_status reg_cost_l2_f64(const double *a, const double *y, size_t n_out, size_t m,
                           const double *const *weights, const size_t *weight_counts, size_t layers,
                           double lambda, double *cost, size_t *ignored);

/* dz[i] = a[i] - y[i]: the gradient of m * cost at the pre-activation of a sigmoid output (and
 * of a softmax output, or half the squared error of an identity output). In place is allowed.
 * Errors: NULL; SIZE; ISA. */
reg_status reg_backward_cost(const float *a, const float *y, size_t count, float *dz);
reg_status reg_backward_cost_f64(const double *a, const double *y, size_t count, double *dz);

/* ---- Activations ----------------------------------------------------------------------- */

typedef enum reg_activation {
    REG_IDENTITY = 0,
    REG_RELU = 1,       /* max(0, z); NaN stays NaN */
    REG_SIGMOID = 2,    /* 1 / (1 + exp(-z)), without overflow */
    REG_LEAKY_RELU = 3, /* z where z > 0, else 0.01 z */
    REG_TANH = 4,
    REG_GELU = 5, /* z (1 + erf(z / sqrt(2))) / 2, exact */
    REG_SILU = 6, /* z / (1 + exp(-z)), also called swish */
    REG_SELU = 7, /* s z where z > 0, else s c (exp(z) - 1); s = 1.0507..., c = 1.6732... */
    REG_ACTIVATION_32_BITS = 0x7fffffff
} reg_activation;
REG_ASSERT_ENUM(reg_activation);

/* a[i] = activation(z[i]). In place (a == z) is allowed. Errors: NULL; SIZE; ACTIVATION; ISA. */
reg_status reg_forward_activation(const float *z, size_t count, reg_activation activation, float *a);
reg_status reg_forward_activation_f64(const double *z, size_t count, reg_activation activation, double *a);

/* dz[i] = da[i] * activation'(z[i]). The derivative is computed from the layer's output a: 1 for
 * identity, 1 or 0 by a > 0 for ReLU (also after dropout), a (1 - a) for sigmoid, 1 or 0.01 by
 * a > 0 for leaky ReLU, 1 - a^2 for tanh, s or a + s c by a > 0 for SELU. Where a ReLU passed
 * nothing, dz is 0. For GELU and SiLU, whose outputs do not determine it, `a` is the pre-activation z.
 * In place (dz == da) is allowed. Errors: as forward. */
reg_status reg_backward_activation(const float *da, const float *a, size_t count, reg_activation activation,
                                   float *dz);
reg_status reg_backward_activation_f64(const double *da, const double *a, size_t count,
                                       reg_activation activation, double *dz);

/* ---- Elementary functions --------------------------------------------------------------- */

/* What activations and costs are made of: the same bits on every CPU with FMA, within 2 ULP. */
typedef enum reg_function {
    REG_FUNCTION_EXP = 0,
    REG_FUNCTION_LOG = 1,      /* natural; of 0 -infinity, of a negative NaN */
    REG_FUNCTION_LOG1P = 2,    /* log(1 + x) */
    REG_FUNCTION_SIGMOID = 3,  /* 1 / (1 + exp(-x)), without overflow */
    REG_FUNCTION_SOFTPLUS = 4, /* log(1 + exp(x)), without overflow */
    REG_FUNCTION_TANH = 5,
    REG_FUNCTION_ERF = 6, /* 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x */
    REG_FUNCTION_32_BITS = 0x7fffffff
} reg_function;
REG_ASSERT_ENUM(reg_function);

/* out[i] = function(x[i]). In place (out == x) is allowed. Errors: NULL; SIZE; FUNCTION; ISA. */
reg_status reg_elementary(const float *x, size_t count, reg_function function, float *out);
reg_status reg_elementary_f64(const double *x, size_t count, reg_function function, double *out);

/* ---- Dense layers ---------------------------------------------------------------------- */

/* Where example r of unit u lies: element u * unit + r * example of its buffer. Both may be any
 * positive number of elements (an input's also 0 or negative, as in a broadcast or reversed
 * view; the pointer is then to element (0, 0)):
 * {m, 1} is the notebook's (units, examples), {1, n} scikit-learn's (examples, units). One stride
 * of an output must step over all that the other one spans. */
typedef struct reg_strides {
    ptrdiff_t unit;
    ptrdiff_t example;
} reg_strides;

/* z = W a + b and out = activation(z), for a of n_in and z, out of n_out units and m examples.
 * b has n_out elements. z may be NULL, if the pre-activation is not wanted; z and out have the
 * same strides. Nothing may overlap.
 * Errors: NULL; SIZE; SHAPE (a size of 0, or an output's strides overlap); ACTIVATION; MEMORY;
 * ISA. */
reg_status reg_forward_dense(const float *w, const float *b, size_t n_out, size_t n_in, size_t m,
                             const float *a, reg_strides a_strides, reg_activation activation, float *z,
                             float *out, reg_strides out_strides);
reg_status reg_forward_dense_f64(const double *w, const double *b, size_t n_out, size_t n_in, size_t m,
                                 const double *a, reg_strides a_strides, reg_activation activation, double *z,
                                 double *out, reg_strides out_strides);

/* The gradient of a dense layer with L2, from dz of n_out units and the layer's input a of n_in:
 *
 *     dw = 1/m * dz a^T + lambda/m * W        (n_out, n_in), rows contiguous
 *     db = 1/m * sum over examples of dz      n_out elements
 *     da = W^T dz                             n_in units, not yet divided by m
 *
 * da may be NULL (the first layer needs none); dw and db may be NULL together, for da alone.
 * lambda 0 gives the plain gradient. Nothing may overlap.
 * Errors: NULL; SIZE; SHAPE (a size of 0, or da's strides overlap); LAMBDA; MEMORY; ISA. */
reg_status reg_backward_l2(const float *w, size_t n_out, size_t n_in, size_t m, const float *dz,
                           reg_strides dz_strides, const float *a, reg_strides a_strides, double lambda,
                           float *dw, float *db, float *da, reg_strides da_strides);
reg_status reg_backward_l2_f64(const double *w, size_t n_out, size_t n_in, size_t m, const double *dz,
                               reg_strides dz_strides, const double *a, reg_strides a_strides, double lambda,
                               double *dw, double *db, double *da, reg_strides da_strides);

/* out[i] = w[i] - learning_rate * dw[i]. In place (out == w) is allowed.
 * Errors: NULL; SIZE; LEARNING_RATE; ISA. */
reg_status reg_update(const float *w, const float *dw, size_t count, double learning_rate, float *out);
reg_status reg_update_f64(const double *w, const double *dw, size_t count, double learning_rate, double *out);

/* ---- NumPy's legacy generator ---------------------------------------------------------- */
/*
 * numpy.random.seed / rand / randn (MT19937, 53-bit doubles, normals by the polar method), bit for
 * bit, so that the initial weights and the masks of the notebook can be had without NumPy. The
 * normals take log and sqrt from libm, as NumPy does. The state is the caller's; one state is
 * not to be used from two threads at once.
 */
typedef struct reg_legacy_rng {
    uint32_t key[624];
    int32_t position;   /* 0 to 624; words of key already used */
    int32_t has_normal; /* 1: `normal` is the second value of the last pair */
    double normal;
} reg_legacy_rng;

/* As numpy.random.seed(seed). Errors: NULL. */
reg_status reg_legacy_seed(reg_legacy_rng *rng, uint32_t seed);

/* As numpy.random.rand(count): uniform doubles in [0, 1). Errors: NULL; SIZE; STATE. */
reg_status reg_legacy_uniform(reg_legacy_rng *rng, size_t count, double *out);

/* As numpy.random.randn(count): standard normals. Errors: NULL; SIZE; STATE. */
reg_status reg_legacy_normal(reg_legacy_rng *rng, size_t count, double *out);

#ifdef __cplusplus
}
#endif

#endif /* SWIFTREG_H */
