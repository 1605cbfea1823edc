/*
 * swiftreg._core: what the C files of the extension share.
 *
 * The extension reads and writes arrays by the buffer protocol alone (no NumPy C API), copies
 * nothing that the library can read in place, and turns every reg_status into an exception that
 * names the argument and its value. Functions are strict and positional; the documented faces are
 * the Python modules above it.
 */
#ifndef SWIFTREG_CORE_H
#define SWIFTREG_CORE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include "swiftreg.h"

/* NumPy's own limit. */
#define MAX_DIMENSIONS 64

/* ---- Module state (module.c) ----------------------------------------------------------- */

/* The arguments of numpy.empty for one type and a shape of at most two dimensions. */
typedef struct Request {
    PyObject *dtype;     /* borrowed from the state */
    Py_ssize_t shape[2]; /* -1: there is no such dimension */
    PyObject *arguments; /* a tuple, or NULL */
} Request;

enum { KEPT_REQUESTS = 16 };

typedef struct State {
    PyObject *empty, *asarray, *array, *copyto;           /* functions of numpy */
    PyObject *float32, *float64, *uint8, *uint32, *int64; /* instances of numpy.dtype */
    PyObject *order_c;                                    /* "C" */
    PyObject *legacy_type, *network_type, *network_buffer_type;
    PyObject *format_error;          /* swiftreg.FormatError */
    Request requests[KEPT_REQUESTS]; /* a training loop asks for the same few again and again */
} State;

static inline State *state_of(PyObject *module) { return (State *)PyModule_GetState(module); }

/* ---- The GIL --------------------------------------------------------------------------- */

/* Letting other threads in costs about as much as 100 elements of work and may cost the thread its
 * turn, so it is done only round calls of more than some ten microseconds. `work` is in elements
 * touched or multiply-adds. */
#define GIL_WORK 65536

#define RUN(status, work, call)                                                                              \
    do {                                                                                                     \
        if ((work) > GIL_WORK) {                                                                             \
            Py_BEGIN_ALLOW_THREADS(status) = (call);                                                         \
            Py_END_ALLOW_THREADS                                                                             \
        } else {                                                                                             \
            (status) = (call);                                                                               \
        }                                                                                                    \
    } while (0)

/* ---- Arrays (arrays.c) ----------------------------------------------------------------- */

typedef enum ElementType {
    TYPE_F32,
    TYPE_F64,
    TYPE_U8,
    TYPE_BOOL,
    TYPE_INTEGER,    /* any other integer */
    TYPE_OTHER_FLOAT /* float16, longdouble: NumPy converts them */
} ElementType;

/* The function of the family that fits. */
#define BY_TYPE(type, function, ...)                                                                         \
    ((type) == TYPE_F32 ? function(__VA_ARGS__) : function##_f64(__VA_ARGS__))

typedef enum Layout {
    LAYOUT_C,      /* C-contiguous */
    LAYOUT_STRIDED /* any strides of whole elements */
} Layout;

/* A buffer in use. Zero-initialized, or after no_array, it is valid to release. */
typedef struct Array {
    PyObject *object; /* owned: the caller's object, or NumPy's conversion of it */
    Py_buffer view;
    void *data;
    void *owned; /* data, where it is a conversion of our own */
    ElementType type;
    bool contiguous; /* C order, without gaps */
    bool aligned;    /* every element on a multiple of its size */
    Py_ssize_t count;
} Array;

/* Makes it hold nothing. An Array is large: to clear all of it for every argument would be felt. */
static inline void no_array(Array *array) {
    array->object = array->view.obj = NULL;
    array->data = array->owned = NULL;
}

void release(Array *array);
/* An array that is released where its block ends. */
#define ARRAY(name)                                                                                          \
    Array name __attribute__((cleanup(release)));                                                            \
    no_array(&name)

/* A reference that is given up where its block ends. */
static inline void give_up(PyObject **object) { Py_XDECREF(*object); }
#define OWNED __attribute__((cleanup(give_up)))

/* Inputs. All return 0, or -1 with an exception that names the argument; the array then holds
 * nothing. */

/* float32 stays float32; every other real type, and lists, become float64. */
int get_float(State *, PyObject *object, const char *name, Layout, Array *array);
/* As get_float, then converted to `type`, TYPE_F32 or TYPE_F64. */
int get_as(State *, PyObject *object, const char *name, ElementType type, Layout, Array *array);
/* Makes float32 arrays float64 unless all are float32. */
int promote(State *, Array *const *arrays, const char *const *names, const Layout *, int count);
/* As get_as with LAYOUT_C, but bytes and bools are converted without NumPy's help, in a third of the
 * time: only `data` is then of `type`, and the view is still that of the bytes. */
int get_labels(State *, PyObject *object, const char *name, ElementType type, Array *array);
/* Integers in C order, of 8 bytes, or as they are where they have `size` bytes. */
int get_indices(State *, PyObject *object, const char *name, Py_ssize_t size, Array *array);
/* A mask of 0 and 1 of any real type, as bytes; *bytes is in the array or in its `owned`. */
int get_mask(State *, PyObject *object, const char *name, const Array *like, const char *like_name,
             Array *array, const uint8_t **bytes);

/* Outputs. */

/* A new C-contiguous array. */
int new_array(State *, ElementType, PyObject *dtype, int ndim, const Py_ssize_t *shape, Array *array);
int new_float(State *, ElementType, int ndim, const Py_ssize_t *shape, Array *array);
/* The caller's array: writable, native, of the wanted type(s) and the shape of `like`. */
int get_output(PyObject *object, const char *name, ElementType type, ElementType or_type, const Array *like,
               const char *like_name, Array *array);

/* Releases the buffer and hands over the reference to the object. */
PyObject *detach(Array *array);

bool same_shape(const Array *a, const Array *b);
int check_same_shape(const Array *a, const char *a_name, const Array *b, const char *b_name);
/* Whether the ranges of addresses meet. */
bool may_overlap(const Array *a, const Array *b);
Py_ssize_t item_size(ElementType type);
/* numpy.copyto(target, source) */
int copy_to(State *, PyObject *target, PyObject *source);
/* Strides in elements; a must have two dimensions, of float32 or float64. */
reg_strides strides_of(const Array *a);

/* ---- Elementwise passes (elementwise.c) ------------------------------------------------ */

/*
 * One array in, one of its shape and type out: a new one, the caller's, or the input itself. The
 * caller's `out` is written only by a call that succeeds.
 */
typedef struct Pass {
    Array in, out, staging;
    const void *source;
    void *target;
    bool in_place; /* the caller's `out` is the input object itself; `out` is not taken again */
} Pass;

void pass_release(Pass *pass);
/* A pass that is released where its block ends. */
#define PASS(name)                                                                                           \
    Pass name __attribute__((cleanup(pass_release)));                                                        \
    no_array(&name.in);                                                                                      \
    no_array(&name.out);                                                                                     \
    no_array(&name.staging)

int pass_begin(State *, PyObject *in, const char *in_name, PyObject *out, Pass *pass);
/* As pass_begin, for an input that has been taken already; steals it. */
int pass_begin_array(State *, Array *in, const char *in_name, PyObject *out, Pass *pass);
/* The result of a call, a new reference; or NULL with the exception of its status. */
PyObject *pass_end(State *, Pass *pass, reg_status status, PyObject *out);
/* The array that a call has filled, a new reference; or NULL likewise. */
PyObject *end_with(Array *array, reg_status status);
/* Refuses a second operand, which is read while the target is written, that shares memory. */
int pass_check_operand(const Pass *pass, const Array *operand, const char *name);

/* ---- Layers (layers.c, cost.c) --------------------------------------------------------- */

/* The gradients of one layer; da has no object where it is not wanted. */
typedef struct Gradients {
    Array dw, db, da;
} Gradients;

void gradients_release(Gradients *g);
/* Gradients that are released where their block ends. */
#define GRADIENTS(name)                                                                                      \
    Gradients name __attribute__((cleanup(gradients_release)));                                              \
    no_array(&name.dw);                                                                                      \
    no_array(&name.db);                                                                                      \
    no_array(&name.da)
/* Takes W and b; promotes them and `a` to one type; makes z and out, which hold nothing yet; the caller releases them, also after an error. */
int layer_forward(State *, PyObject *w, PyObject *b, Array *a, reg_activation, Array *z, Array *out);
/* Takes W; promotes it, dz and `a` to one type; makes the gradients. */
int layer_backward(State *, PyObject *w, Array *dz, Array *a, double lambda, bool want_da, Gradients *g);
/* parameter - learning_rate * gradient: a new array or `out`, a new reference. */
PyObject *updated(State *, PyObject *parameter, const char *name, PyObject *gradient,
                  const char *gradient_name, double learning_rate, PyObject *out);
/* A - Y, a new array. */
int cost_gradient(State *, PyObject *a, PyObject *y, Array *dz);

/* ---- Scalars and errors (arguments.c) -------------------------------------------------- */

int check_count(const char *function, Py_ssize_t count, Py_ssize_t wanted);
int get_double(PyObject *object, const char *name, double *value);
int get_uint64(PyObject *object, const char *name, uint64_t *value);
/* An int or a sequence of ints; returns the number of dimensions, or -1. */
int get_shape(PyObject *object, const char *name, Py_ssize_t shape[MAX_DIMENSIONS]);
/* Raises the formatted text and the shape that the array has; returns -1. */
int raise_shape(const Array *array, const char *format, ...);
PyObject *shape_tuple(int ndim, const Py_ssize_t *shape);
/* An integer from `least` on. With `none`, None is 0, which is then no integer that may be given. */
int get_count(PyObject *object, const char *name, uint64_t least, bool none, uint64_t *value);

/* The exception for the status of the last call, with what the library says about it: under the name
 * that the argument has in Python (NULL: its usual one), without an index if it is no array there.
 * Returns NULL. */
PyObject *raise_about(reg_status status, const char *name, bool is_array);
PyObject *raise_status(reg_status status);
/* Replaces the exception by one of another class (NULL: the same), whose text has two places: for the
 * name and for the exception that it replaces. */
void reword(PyObject *class, const char *format, const char *name);

/* ---- The functions, by file ------------------------------------------------------------ */

extern PyMethodDef dropout_methods[], cost_methods[], layer_methods[], propagation_methods[],
    library_methods[], network_functions[], option_methods[];
extern PyType_Spec legacy_spec, network_spec, network_buffer_spec;

#define METHOD(name, function, text) {name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL, text}

/* Of a class, with the class as argument: the way to the module's state. */
#define CLASS_METHOD(name, function, text)                                                                   \
    {name, (PyCFunction)(void (*)(void))(function), METH_METHOD | METH_FASTCALL | METH_KEYWORDS, text}

#endif
