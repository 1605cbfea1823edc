/*
 * swiftreg._core.Network: what the C files of the class share.
 *
 * A Network owns one reg_network or reg_network_f64. The library forbids two calls with one network
 * at once, so every method that goes there holds `turn` meanwhile; other threads wait for it, without
 * the GIL. A callback of fit may use the network, but not train it: fit lets go of `turn` meanwhile, and holds
 * `training`, as does every method that trains. The views of a network's buffers need no call: their
 * addresses are kept here.
 */
#ifndef SWIFTREG_NETWORK_EXTENSION_H
#define SWIFTREG_NETWORK_EXTENSION_H

#include "core.h"

#include <stdatomic.h>

#include "swiftreg_network.h"

/* A lock that knows its thread. */
typedef struct Turn {
    PyThread_type_lock lock;
    atomic_ulong owner; /* 0: none */
} Turn;

typedef struct Network {
    PyObject_HEAD ElementType type; /* TYPE_F32 or TYPE_F64 */
    void *handle;
    Py_ssize_t layers, inputs, outputs;
    reg_loss loss;
    Py_ssize_t count; /* of parameters, and of gradients */
    void *parameters;
    void *gradients; /* NULL until first asked for, as the state */
    void *state;
    Py_ssize_t state_count;
    Py_ssize_t state_views; /* they forbid another kind of optimizer, which moves the state */
    Turn turn, training;
} Network;

/* The function of the network's family. `handle` and pointers to data are void pointers, so that one
 * text serves both. */
#define CALL(network, function, ...) BY_TYPE((network)->type, function, (network)->handle, __VA_ARGS__)

/* Takes the network for one call, after those of other threads. -1 with an exception: the thread itself
 * is in a call with the network (RuntimeError), or a signal handler raised. */
int network_enter(Network *network);
void network_leave(Network *network);
/* The same for a call that trains the network or sets its position: also after a training by another
 * thread, callbacks included. */
int network_enter_training(Network *network);
void network_leave_training(Network *network);

/* A network in a Python object; takes over the handle, and destroys it on failure. */
PyObject *network_wrap(State *state, ElementType type, void *handle);

/* The addresses of gradients and state, kept from now on. -1 with an exception. The network is
 * taken. */
int network_need_gradients(Network *network);
int network_need_state(Network *network);

/* The elements of work in a pass over so many examples, for RUN. */
double network_work(const Network *network, Py_ssize_t examples);

/* ---- Options (options.c) --------------------------------------------------------------- */

/* Reads the library's table, once. */
int options_load(void);
const reg_option *option_of(const char *structure, const char *field);
/* The number of an enum's value by its name. -1 with an exception. */
int get_enum(reg_enum which, PyObject *object, const char *name, uint32_t *number);
/* The options of a struct of the library that are in a dict; the others stay. */
int options_from_dict(PyObject *dict, const char *structure, void *options);
/* All options of a struct; `layers` is the length of those that have a value for each layer. */
PyObject *options_to_dict(const char *structure, const void *options, size_t layers);
PyObject *layer_values(const reg_option *option, const void *values, size_t count);
/* One value for all layers, or a sequence of one for each: 1, 0, or -1 with an exception. */
int get_layer_values(const reg_option *option, PyObject *object, const char *name, const char *each,
                     Py_ssize_t count, void *values);

/* ---- Arguments ------------------------------------------------------------------------- */

/* Examples, targets and their weights as the library takes them. Zero-initialized, valid to
 * release. Not to be moved: `as` has the address of `sparse`. */
typedef struct Examples {
    Array x; /* a sparse matrix: its values */
    Array columns, row_starts, rows, y, weights;
    reg_sparse sparse;
    Py_ssize_t row_count; /* of X, Y and the weights */
    Py_ssize_t m;         /* of these, the rows in use */
    union {
        reg_data f32;
        reg_data_f64 f64;
    } as;
} Examples;

/* args: X is (n, inputs), in any strides, or a matrix of scipy.sparse in the format CSR; Y (n, outputs)
 * or for one output (n,), in the range of the network's loss, or NaN; weights (n,) or None. `rows` are
 * the numbers of the rows in use, which may repeat, or None: all. The names are those of the errors. */
int get_examples(State *, const Network *, PyObject *const args[3], PyObject *rows,
                 const char *const names[3], Examples *examples);
void release_examples(Examples *examples);
/* Examples that are released where their block ends. */
#define EXAMPLES(name) Examples name __attribute__((cleanup(release_examples))) = {.m = 0}
extern const char *const example_names[3];

/* ---- The methods, by file -------------------------------------------------------------- */

#define NETWORK_METHOD(name)                                                                                 \
    PyObject *name(PyObject *object, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,            \
                   PyObject *keywords)

/* network_views.c */
NETWORK_METHOD(network_parameters);
NETWORK_METHOD(network_gradients);
NETWORK_METHOD(network_optimizer_state);
/* network_data.c */
NETWORK_METHOD(network_predict);
NETWORK_METHOD(network_predict_dropout);
NETWORK_METHOD(network_cost);
NETWORK_METHOD(network_gradient);
NETWORK_METHOD(network_apply);
NETWORK_METHOD(network_check_gradient);
/* network_fit.c */
NETWORK_METHOD(network_fit);
PyObject *network_fit_many(PyObject *module, PyObject *const *args, Py_ssize_t count);
/* network_files.c */
NETWORK_METHOD(network_serialize);
NETWORK_METHOD(network_save);
NETWORK_METHOD(network_export_c);
PyObject *network_deserialize(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *network_load(PyObject *module, PyObject *const *args, Py_ssize_t count);

#endif
