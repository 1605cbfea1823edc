/* Network: a whole network. Its creation, its description, its position. */
#include "network.h"

#include <math.h>
#include <string.h>

/* ---- One call at a time ---------------------------------------------------------------- */

/* Between looks for signals (Ctrl-C) of a thread that waits. */
#define WAIT_MICROSECONDS 50000

int network_enter(Network *network) {
    unsigned long self = PyThread_get_thread_ident();
    if (!PyThread_acquire_lock(network->turn, NOWAIT_LOCK)) {
        if (atomic_load(&network->owner) == self) {
            PyErr_SetString(PyExc_RuntimeError,
                            "the network is in use by a call of this thread, which a signal "
                            "handler or the conversion of an argument has interrupted");
            return -1;
        }
        PyLockStatus status;
        do {
            Py_BEGIN_ALLOW_THREADS;
            status = PyThread_acquire_lock_timed(network->turn, WAIT_MICROSECONDS, 0);
            Py_END_ALLOW_THREADS;
            if (status == PY_LOCK_ACQUIRED) break;
            if (PyErr_CheckSignals() < 0) return -1;
        } while (true);
    }
    atomic_store(&network->owner, self);
    return 0;
}

void network_leave(Network *network) {
    atomic_store(&network->owner, 0);
    PyThread_release_lock(network->turn);
}

double network_work(const Network *network, Py_ssize_t examples) {
    return (double)network->count * (double)examples;
}

/* ---- Arguments ------------------------------------------------------------------------- */

int get_count(PyObject *object, const char *name, uint64_t least, bool none, uint64_t *value) {
    *value = 0;
    if (none && object == Py_None) return 0;
    if (get_uint64(object, name, value) < 0) return -1;
    if (*value >= least) return 0;
    PyErr_Format(PyExc_ValueError, "%s must be %llu or more%s, got %R", name,
                 (unsigned long long)least, none ? ", or None" : "", object);
    return -1;
}

int get_choice(PyObject *object, const char *name, unsigned *value) {
    uint64_t wide;
    if (get_uint64(object, name, &wide) < 0) return -1;
    *value = wide > INT32_MAX ? INT32_MAX : (unsigned)wide;
    return 0;
}

/* A number for every layer, or a sequence of one for each. 1 if it was a number, 0 if a sequence, or -1. */
static int get_layer_values(PyObject *object, const char *name, const char *each,
                            Py_ssize_t layers, double *values) {
    PyObject *tuple = NULL;
    if (PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object)) {
        tuple = PySequence_Tuple(object);
        if (tuple == NULL) {
            /* An array of no dimensions is a number. */
            if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
            PyErr_Clear();
        }
    }
    int result = 0;
    if (tuple == NULL) {
        double value;
        if (get_double(object, name, &value) < 0) return -1;
        for (Py_ssize_t l = 0; l < layers; l++) values[l] = value;
        return 1;
    }
    if (PyTuple_Size(tuple) != layers) {
        PyErr_Format(PyExc_ValueError,
                     "%s must be a number or hold %zd of them, one for %s, got %R", name, layers,
                     each, object);
        result = -1;
    } else {
        for (Py_ssize_t l = 0; result == 0 && l < layers; l++) {
            result = get_double(PyTuple_GetItem(tuple, l), name, &values[l]);
        }
    }
    Py_DECREF(tuple);
    return result;
}

/* One number is for the hidden layers; the input then keeps all. */
static int get_keep_prob(PyObject *object, Py_ssize_t layers, double *values) {
    int result =
        get_layer_values(object, "keep_prob", "the input and each hidden layer", layers, values);
    /* One that is out of range stays where the library sees it. */
    if (result == 1 && values[0] > 0 && values[0] <= 1) values[0] = 1;
    return result;
}

/* ---- Creation -------------------------------------------------------------------------- */

typedef struct Creation {
    reg_network_options options;
    size_t *widths;
    reg_activation *activations;
    double *keep_prob, *l2, *l1;
    void *memory;
} Creation;

/* args: f64, layer_dims, activations, loss, init, seed, keep_prob, l2, l1, label_smoothing,
 * max_norm */
enum {
    F64, LAYER_DIMS, ACTIVATIONS, LOSS, INIT, SEED, KEEP_PROB, L2, L1, LABEL_SMOOTHING, MAX_NORM,
    ARGUMENTS
};

static int get_widths(PyObject *object, Creation *creation) {
    PyObject *tuple = PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object)
                          ? PySequence_Tuple(object)
                          : NULL;
    if (tuple == NULL) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "layer_dims must be a sequence of widths, got %R", object);
        return -1;
    }
    Py_ssize_t count = PyTuple_Size(tuple);
    if (count < 2 || count > REG_MAX_LAYERS + 1) {
        PyErr_Format(PyExc_ValueError, "layer_dims must hold 2 to %d widths, got %zd: %R",
                     REG_MAX_LAYERS + 1, count, object);
        Py_DECREF(tuple);
        return -1;
    }
    size_t n = (size_t)count;
    creation->memory =
        PyMem_Calloc(n, sizeof(size_t) + sizeof(reg_activation) + 3 * sizeof(double));
    if (creation->memory == NULL) {
        Py_DECREF(tuple);
        PyErr_NoMemory();
        return -1;
    }
    creation->keep_prob = creation->memory;
    creation->l2 = creation->keep_prob + n;
    creation->l1 = creation->l2 + n;
    creation->widths = (size_t *)(creation->l1 + n);
    creation->activations = (reg_activation *)(creation->widths + n);
    creation->options.layers = n - 1;
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
        uint64_t width;
        result = get_count(PyTuple_GetItem(tuple, i), "a width of layer_dims", 1, false, &width);
        creation->widths[i] = (size_t)width;
    }
    Py_DECREF(tuple);
    return result;
}

/* A tuple of the numbers of the hidden layers' activations: the documented face has made it. */
static int get_activations(PyObject *object, Creation *creation) {
    Py_ssize_t hidden = (Py_ssize_t)creation->options.layers - 1;
    if (!PyTuple_Check(object) || PyTuple_Size(object) != hidden) {
        PyErr_Format(PyExc_ValueError, "activation must hold one for each of %zd hidden layers, got %R",
                     hidden, object);
        return -1;
    }
    for (Py_ssize_t i = 0; i < hidden; i++) {
        unsigned number;
        if (get_choice(PyTuple_GetItem(object, i), "activation", &number) < 0) return -1;
        creation->activations[i] = (reg_activation)number;
    }
    return 0;
}

static int get_creation(PyObject *const *args, Creation *creation) {
    memset(creation, 0, sizeof *creation);
    reg_network_options *options = &creation->options;
    options->struct_size = sizeof *options;
    unsigned loss, init;
    if (get_widths(args[LAYER_DIMS], creation) < 0 ||
        get_activations(args[ACTIVATIONS], creation) < 0 ||
        get_choice(args[LOSS], "loss", &loss) < 0 || get_choice(args[INIT], "init", &init) < 0 ||
        get_uint64(args[SEED], "seed", &options->seed) < 0) {
        return -1;
    }
    Py_ssize_t layers = (Py_ssize_t)options->layers;
    if (get_keep_prob(args[KEEP_PROB], layers, creation->keep_prob) < 0 ||
        get_layer_values(args[L2], "l2", "each weight matrix", layers, creation->l2) < 0 ||
        get_layer_values(args[L1], "l1", "each weight matrix", layers, creation->l1) < 0 ||
        get_double(args[LABEL_SMOOTHING], "label_smoothing", &options->label_smoothing) < 0 ||
        get_double(args[MAX_NORM], "max_norm", &options->max_norm) < 0) {
        return -1;
    }
    options->widths = creation->widths;
    options->activations = creation->activations;
    options->loss = (reg_loss)loss;
    options->init = (reg_init)init;
    options->keep_prob = creation->keep_prob;
    options->l2 = creation->l2;
    options->l1 = creation->l1;
    return 0;
}

static bool all_at_least_0(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] >= 0 && isfinite(values[i]))) return false;
    }
    return true;
}

static PyObject *raise_creation(reg_status status, const Creation *creation,
                                PyObject *const *args) {
    switch (status) {
    case REG_ERROR_SHAPE:
    case REG_ERROR_SIZE:
        return PyErr_Format(PyExc_ValueError, "layer_dims=%R: %s", args[LAYER_DIMS],
                            reg_status_message(status));
    case REG_ERROR_ACTIVATION: return raise_status(status, "activation", args[ACTIVATIONS]);
    case REG_ERROR_LOSS: return raise_status(status, "loss", args[LOSS]);
    case REG_ERROR_INIT: return raise_status(status, "init", args[INIT]);
    case REG_ERROR_KEEP_PROB: return raise_status(status, "keep_prob", args[KEEP_PROB]);
    case REG_ERROR_LAMBDA:
        if (all_at_least_0(creation->l2, creation->options.layers)) {
            return raise_status(status, "l1", args[L1]);
        }
        return raise_status(status, "l2", args[L2]);
    case REG_ERROR_LABEL_SMOOTHING:
        return raise_status(status, "label_smoothing", args[LABEL_SMOOTHING]);
    case REG_ERROR_MAX_NORM: return raise_status(status, "max_norm", args[MAX_NORM]);
    default: return raise_status(status, NULL, NULL);
    }
}

static void destroy(ElementType type, void *handle) {
    BY_TYPE(type, reg_network_destroy, handle);
}

PyObject *network_wrap(State *state, ElementType type, void *handle) {
    allocfunc allocate =
        (allocfunc)PyType_GetSlot((PyTypeObject *)state->network_type, Py_tp_alloc);
    Network *self = (Network *)allocate((PyTypeObject *)state->network_type, 0);
    if (self == NULL) {
        destroy(type, handle);
        return NULL;
    }
    self->type = type;
    self->handle = handle;
    atomic_init(&self->owner, 0);
    self->turn = PyThread_allocate_lock();
    if (self->turn == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    reg_network_options options = {.struct_size = sizeof options};
    reg_status status = CALL(self, reg_network_describe, &options);
    size_t count = 0;
    if (status == REG_OK) {
        status = CALL(self, reg_network_parameters, (void *)&self->parameters, &count);
    }
    if (status != REG_OK) {
        Py_DECREF(self);
        return raise_status(status, NULL, NULL);
    }
    self->layers = (Py_ssize_t)options.layers;
    self->inputs = (Py_ssize_t)options.widths[0];
    self->outputs = (Py_ssize_t)options.widths[options.layers];
    self->loss = options.loss;
    self->count = (Py_ssize_t)count;
    return (PyObject *)self;
}

static PyObject *network_create(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    if (check_count("network_create", count, ARGUMENTS) < 0) return NULL;
    int f64 = PyObject_IsTrue(args[F64]);
    if (f64 < 0) return NULL;
    ElementType type = f64 ? TYPE_F64 : TYPE_F32;
    Creation creation;
    PyObject *result = NULL;
    if (get_creation(args, &creation) == 0) {
        void *handle = NULL;
        reg_status status =
            BY_TYPE(type, reg_network_create, &creation.options, (void *)&handle);
        result = status == REG_OK ? network_wrap(state_of(module), type, handle)
                                  : raise_creation(status, &creation, args);
    }
    PyMem_Free(creation.memory);
    return result;
}

static void network_dealloc(PyObject *object) {
    Network *self = (Network *)object;
    PyTypeObject *type = Py_TYPE(object);
    destroy(self->type, self->handle);
    if (self->turn != NULL) PyThread_free_lock(self->turn);
    freefunc release_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release_object(object);
    Py_DECREF(type);
}

/* ---- Description, position, memory ----------------------------------------------------- */

static PyObject *tuple_of_sizes(const size_t *values, size_t count) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *value = PyLong_FromSize_t(values[i]);
        if (value == NULL) Py_CLEAR(tuple);
        else PyTuple_SetItem(tuple, (Py_ssize_t)i, value);
    }
    return tuple;
}

static PyObject *tuple_of_activations(const reg_activation *values, size_t count) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *value = PyLong_FromLong((long)values[i]);
        if (value == NULL) Py_CLEAR(tuple);
        else PyTuple_SetItem(tuple, (Py_ssize_t)i, value);
    }
    return tuple;
}

static PyObject *tuple_of_doubles(const double *values, size_t count) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *value = PyFloat_FromDouble(values[i]);
        if (value == NULL) Py_CLEAR(tuple);
        else PyTuple_SetItem(tuple, (Py_ssize_t)i, value);
    }
    return tuple;
}

static NETWORK_METHOD(network_describe) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("describe", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_network_options options = {.struct_size = sizeof options};
    reg_status status = CALL(self, reg_network_describe, &options);
    network_leave(self);
    if (status != REG_OK) return raise_status(status, NULL, NULL);
    size_t layers = options.layers;
    return Py_BuildValue(
        "{s:s,s:N,s:N,s:i,s:i,s:K,s:N,s:N,s:N,s:d,s:d}", "dtype",
        self->type == TYPE_F32 ? "float32" : "float64", "layer_dims",
        tuple_of_sizes(options.widths, layers + 1), "activation",
        tuple_of_activations(options.activations, layers - 1), "loss", (int)options.loss, "init",
        (int)options.init, "seed", (unsigned long long)options.seed, "keep_prob",
        tuple_of_doubles(options.keep_prob, layers), "l2", tuple_of_doubles(options.l2, layers),
        "l1", tuple_of_doubles(options.l1, layers), "label_smoothing", options.label_smoothing,
        "max_norm", options.max_norm);
}

static NETWORK_METHOD(network_position) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("position", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_position position = {.struct_size = sizeof position};
    reg_status status = CALL(self, reg_network_get_position, &position);
    network_leave(self);
    if (status != REG_OK) return raise_status(status, NULL, NULL);
    return Py_BuildValue("(KK)", (unsigned long long)position.step,
                         (unsigned long long)position.epoch);
}

/* Either may be None, to stay. */
static NETWORK_METHOD(network_set_position) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    uint64_t values[2] = {0, 0};
    const char *const names[2] = {"step", "epoch"};
    if (check_count("set_position", count, 2) < 0) return NULL;
    for (int i = 0; i < 2; i++) {
        if (args[i] == Py_None) continue;
        if (get_uint64(args[i], names[i], &values[i]) < 0) return NULL;
        if (values[i] >> 48 != 0) {
            return PyErr_Format(PyExc_ValueError, "%s must be in 0 to 2**48 - 1, got %R", names[i],
                                args[i]);
        }
    }
    if (network_enter(self) < 0) return NULL;
    reg_position position = {.struct_size = sizeof position};
    reg_status status = CALL(self, reg_network_get_position, &position);
    if (status == REG_OK) {
        if (args[0] != Py_None) position.step = values[0];
        if (args[1] != Py_None) position.epoch = values[1];
        status = CALL(self, reg_network_set_position, &position);
    }
    network_leave(self);
    if (status != REG_OK) return raise_status(status, NULL, NULL);
    Py_RETURN_NONE;
}

static NETWORK_METHOD(network_memory) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    uint64_t batch_size, m;
    int validates;
    if (check_count("memory", count, 3) < 0 ||
        get_uint64(args[0], "batch_size", &batch_size) < 0 || get_uint64(args[1], "m", &m) < 0 ||
        (validates = PyObject_IsTrue(args[2])) < 0 || network_enter(self) < 0) {
        return NULL;
    }
    size_t bytes = 0;
    reg_status status =
        CALL(self, reg_network_memory, (size_t)batch_size, (size_t)m, validates, &bytes);
    network_leave(self);
    if (status == REG_ERROR_SIZE) {
        return PyErr_Format(PyExc_ValueError, "batch_size=%R, m=%R: %s", args[0], args[1],
                            reg_status_message(status));
    }
    if (status != REG_OK) return raise_status(status, NULL, NULL);
    return PyLong_FromSize_t(bytes);
}

/* ---- The class ------------------------------------------------------------------------- */

static PyMethodDef network_methods[] = {
    CLASS_METHOD("describe", network_describe, "describe() -> dict"),
    CLASS_METHOD("position", network_position, "position() -> (step, epoch)"),
    CLASS_METHOD("set_position", network_set_position, "set_position(step, epoch)"),
    CLASS_METHOD("memory", network_memory, "memory(batch_size, m, validates) -> int"),
    CLASS_METHOD("parameters", network_parameters, "parameters() -> ndarray, a view"),
    CLASS_METHOD("gradients", network_gradients, "gradients() -> ndarray, a view"),
    CLASS_METHOD("optimizer_state", network_optimizer_state, "optimizer_state() -> ndarray, a view"),
    CLASS_METHOD("optimizer", network_optimizer, "optimizer() -> dict"),
    CLASS_METHOD("set_optimizer", network_set_optimizer,
                 "set_optimizer(kind, schedule, learning_rate, momentum, beta1, beta2, epsilon, "
                 "weight_decay, clip_norm, decay, period, min_learning_rate)"),
    CLASS_METHOD("predict", network_predict, "predict(X, pre_activations) -> ndarray"),
    CLASS_METHOD("predict_dropout", network_predict_dropout,
                 "predict_dropout(X, samples, seed) -> (mean, deviation)"),
    CLASS_METHOD("cost", network_cost, "cost(X, Y, sample_weight) -> (cost, data_term)"),
    CLASS_METHOD("gradient", network_gradient,
                 "gradient(X, Y, sample_weight, first_row, mean_over) -> cost"),
    CLASS_METHOD("apply", network_apply, "apply()"),
    CLASS_METHOD("check_gradient", network_check_gradient,
                 "check_gradient(X, Y, sample_weight, difference, most) -> float"),
    CLASS_METHOD("fit", network_fit,
                 "fit(X, Y, sample_weight, validation, epochs, batch_size, shuffle, patience, "
                 "min_delta, callback, callback_every, ticker, masks) -> (costs, "
                 "validation_costs, reason, best_epoch, exception)"),
    CLASS_METHOD("serialize", network_serialize, "serialize() -> bytes"),
    CLASS_METHOD("save", network_save, "save(path)"),
    CLASS_METHOD("export_c", network_export_c, "export_c(path, name)"),
    {NULL, NULL, 0, NULL},
};

PyMethodDef network_functions[] = {
    METHOD("network_create", network_create,
           "network_create(f64, layer_dims, activations, loss, init, seed, keep_prob, l2, l1, "
           "label_smoothing, max_norm) -> Network"),
    METHOD("network_deserialize", network_deserialize, "network_deserialize(buffer) -> Network"),
    METHOD("network_load", network_load, "network_load(path) -> Network"),
    METHOD("optimizer_defaults", optimizer_defaults, "optimizer_defaults(kind) -> dict"),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot network_slots[] = {
    {Py_tp_doc, "A whole network: reg_network or reg_network_f64."},
    {Py_tp_dealloc, network_dealloc},
    {Py_tp_methods, network_methods},
    {0, NULL},
};

PyType_Spec network_spec = {
    .name = "swiftreg._core.Network",
    .basicsize = sizeof(Network),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = network_slots,
};
