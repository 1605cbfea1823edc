/* Network: a whole network. Its creation, its description, its position, its optimizer. */
#include "network.h"

#include <stddef.h>
#include <string.h>

/* ---- One call at a time ---------------------------------------------------------------- */

/* Between checks for signals (Ctrl-C) of a thread that waits. */
#define WAIT_MICROSECONDS 50000

/* `refusal` is the exception's text where the thread itself has the turn. */
static int enter(Turn *turn, const char *refusal) {
    unsigned long self = PyThread_get_thread_ident();
    if (!PyThread_acquire_lock(turn->lock, NOWAIT_LOCK)) {
        if (atomic_load(&turn->owner) == self) {
            PyErr_SetString(PyExc_RuntimeError, refusal);
            return -1;
        }
        PyLockStatus status;
        do {
            Py_BEGIN_ALLOW_THREADS;
            status = PyThread_acquire_lock_timed(turn->lock, WAIT_MICROSECONDS, 0);
            Py_END_ALLOW_THREADS;
            if (status == PY_LOCK_ACQUIRED) break;
            if (PyErr_CheckSignals() < 0) return -1;
        } while (true);
    }
    atomic_store(&turn->owner, self);
    return 0;
}

static void leave(Turn *turn) {
    atomic_store(&turn->owner, 0);
    PyThread_release_lock(turn->lock);
}

int network_enter(Network *network) {
    return enter(&network->turn, "the network is in use by a call of this thread, which a signal "
                                 "handler or the conversion of an argument has interrupted");
}

void network_leave(Network *network) { leave(&network->turn); }

int network_enter_training(Network *network) {
    if (enter(&network->training,
              "the network is in training by a call of this thread, whose callback must not train it or "
              "set its step or epoch") < 0) {
        return -1;
    }
    if (network_enter(network) == 0) return 0;
    leave(&network->training);
    return -1;
}

void network_leave_training(Network *network) {
    leave(&network->turn);
    leave(&network->training);
}

double network_work(const Network *network, Py_ssize_t examples) {
    return (double)network->count * (double)examples;
}

/* ---- Creation -------------------------------------------------------------------------- */

typedef struct Creation {
    reg_network_options options;
    void *memory;
    bool is_sequence[4]; /* of the per-layer options, in the order of `per_layer` */
} Creation;

/* Per-layer options of a network: the field, the argument's name, and what one value is for. */
static const struct {
    const char *field, *name, *each;
    size_t offset;
} per_layer[] = {
    {"activations", "activation", "each hidden layer", offsetof(reg_network_options, activations)},
    {"keep_prob", "keep_prob", "the input and each hidden layer", offsetof(reg_network_options, keep_prob)},
    {"l2", "l2", "each weight matrix", offsetof(reg_network_options, l2)},
    {"l1", "l1", "each weight matrix", offsetof(reg_network_options, l1)},
};
enum { PER_LAYER = sizeof per_layer / sizeof per_layer[0], ACTIVATION = 0, KEEP_PROB = 1 };

/* Values for one number of layers or for each: memory for all of them, 8 bytes a value. */
static int allocate_layers(Creation *creation, size_t layers) {
    creation->options.layers = layers;
    creation->memory = PyMem_Calloc(layers + 1, (PER_LAYER + 1) * 8);
    if (creation->memory != NULL) return 0;
    PyErr_NoMemory();
    return -1;
}

static void *layer_memory(const Creation *creation, size_t index) {
    return (uint64_t *)creation->memory + index * (creation->options.layers + 1);
}

/* The per-layer options of a dict; one that is not in it stays NULL. */
static int get_per_layer(PyObject *dict, Creation *creation) {
    for (size_t i = 0; i < PER_LAYER; i++) {
        PyObject *object = PyDict_GetItemString(dict, per_layer[i].name);
        if (object == NULL) continue;
        void *values = layer_memory(creation, i);
        Py_ssize_t count = (Py_ssize_t)creation->options.layers - (i == ACTIVATION);
        int result = get_layer_values(option_of("reg_network_options", per_layer[i].field), object,
                                      per_layer[i].name, per_layer[i].each, count, values);
        if (result < 0) return -1;
        creation->is_sequence[i] = result == 0;
        /* One number is for the hidden layers; the input then keeps all. A number that is out of range
         * stays where the library sees it. */
        double *first = values;
        if (i == KEEP_PROB && result == 1 && *first > 0 && *first <= 1) *first = 1;
        *(void **)((char *)&creation->options + per_layer[i].offset) = values;
    }
    return 0;
}

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
    int result = -1;
    if (count < 2 || count > REG_MAX_LAYERS + 1) {
        PyErr_Format(PyExc_ValueError, "layer_dims must hold 2 to %d widths, got %zd: %R", REG_MAX_LAYERS + 1,
                     count, object);
    } else {
        result = allocate_layers(creation, (size_t)count - 1);
    }
    if (result == 0) {
        size_t *widths = layer_memory(creation, PER_LAYER);
        for (Py_ssize_t i = 0; result == 0 && i < count; i++) {
            uint64_t width;
            result = get_count(PyTuple_GetItem(tuple, i), "a width of layer_dims", 1, false, &width);
            widths[i] = (size_t)width;
        }
        creation->options.widths = widths;
    }
    Py_DECREF(tuple);
    return result;
}

/* The exception for options that the library refused. */
static PyObject *raise_creation(reg_status status, const Creation *creation) {
    reg_error error = {.struct_size = sizeof error};
    bool is_array = true;
    if (reg_last_error(&error) == REG_OK && error.argument != NULL) {
        for (size_t i = 0; i < PER_LAYER; i++) {
            if (strcmp(error.argument, per_layer[i].field) == 0) is_array = creation->is_sequence[i];
        }
    }
    return raise_about(status, NULL, is_array);
}

static void destroy(ElementType type, void *handle) { BY_TYPE(type, reg_network_destroy, handle); }

PyObject *network_wrap(State *state, ElementType type, void *handle) {
    allocfunc allocate = (allocfunc)PyType_GetSlot((PyTypeObject *)state->network_type, Py_tp_alloc);
    Network *self = (Network *)allocate((PyTypeObject *)state->network_type, 0);
    if (self == NULL) {
        destroy(type, handle);
        return NULL;
    }
    self->type = type;
    self->handle = handle;
    self->turn.lock = PyThread_allocate_lock();
    self->training.lock = PyThread_allocate_lock();
    if (self->turn.lock == NULL || self->training.lock == NULL) {
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
        return raise_status(status);
    }
    self->layers = (Py_ssize_t)options.layers;
    self->inputs = (Py_ssize_t)options.widths[0];
    self->outputs = (Py_ssize_t)options.widths[options.layers];
    self->loss = options.loss;
    self->count = (Py_ssize_t)count;
    return (PyObject *)self;
}

static int check_dict(PyObject *object) {
    if (PyDict_Check(object)) return 0;
    PyErr_Format(PyExc_TypeError, "options must be a dict, got %R", object);
    return -1;
}

/* args: f64, layer_dims, a dict of options */
static PyObject *network_create(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    if (check_count("network_create", count, 3) < 0) return NULL;
    int f64 = PyObject_IsTrue(args[0]);
    if (f64 < 0 || check_dict(args[2]) < 0) return NULL;
    ElementType type = f64 ? TYPE_F64 : TYPE_F32;
    Creation creation = {.options = {.struct_size = sizeof creation.options}};
    PyObject *result = NULL;
    if (get_widths(args[1], &creation) == 0 && get_per_layer(args[2], &creation) == 0 &&
        options_from_dict(args[2], "reg_network_options", &creation.options) == 0) {
        void *handle = NULL;
        reg_status status = BY_TYPE(type, reg_network_create, &creation.options, (void *)&handle);
        result = status == REG_OK ? network_wrap(state_of(module), type, handle)
                                  : raise_creation(status, &creation);
    }
    PyMem_Free(creation.memory);
    return result;
}

static void network_dealloc(PyObject *object) {
    Network *self = (Network *)object;
    PyTypeObject *type = Py_TYPE(object);
    destroy(self->type, self->handle);
    if (self->turn.lock != NULL) PyThread_free_lock(self->turn.lock);
    if (self->training.lock != NULL) PyThread_free_lock(self->training.lock);
    freefunc release_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release_object(object);
    Py_DECREF(type);
}

/* ---- Description, position, memory ----------------------------------------------------- */

static NETWORK_METHOD(network_describe) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("describe", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_network_options options = {.struct_size = sizeof options};
    reg_status status = CALL(self, reg_network_describe, &options);
    network_leave(self);
    if (status != REG_OK) return raise_status(status);
    PyObject *dict = options_to_dict("reg_network_options", &options, options.layers);
    PyObject *widths = PyTuple_New((Py_ssize_t)options.layers + 1);
    for (size_t i = 0; widths != NULL && i <= options.layers; i++) {
        PyTuple_SetItem(widths, (Py_ssize_t)i, PyLong_FromSize_t(options.widths[i]));
    }
    PyObject *dtype = PyUnicode_FromString(self->type == TYPE_F32 ? "float32" : "float64");
    if (dict != NULL && (widths == NULL || dtype == NULL || PyErr_Occurred() ||
                         PyDict_SetItemString(dict, "layer_dims", widths) < 0 ||
                         PyDict_SetItemString(dict, "dtype", dtype) < 0)) {
        Py_CLEAR(dict);
    }
    Py_XDECREF(widths);
    Py_XDECREF(dtype);
    return dict;
}

static NETWORK_METHOD(network_position) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("position", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_position position = {.struct_size = sizeof position};
    reg_status status = CALL(self, reg_network_get_position, &position);
    network_leave(self);
    if (status != REG_OK) return raise_status(status);
    return Py_BuildValue("(KK)", (unsigned long long)position.step, (unsigned long long)position.epoch);
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
    }
    if (network_enter_training(self) < 0) return NULL;
    reg_position position = {.struct_size = sizeof position};
    reg_status status = CALL(self, reg_network_get_position, &position);
    if (status == REG_OK) {
        if (args[0] != Py_None) position.step = values[0];
        if (args[1] != Py_None) position.epoch = values[1];
        status = CALL(self, reg_network_set_position, &position);
    }
    network_leave_training(self);
    if (status != REG_OK) return raise_status(status);
    Py_RETURN_NONE;
}

static NETWORK_METHOD(network_memory) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    uint64_t batch_size, m;
    int validates;
    if (check_count("memory", count, 3) < 0 || get_uint64(args[0], "batch_size", &batch_size) < 0 ||
        get_uint64(args[1], "m", &m) < 0 || (validates = PyObject_IsTrue(args[2])) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    size_t bytes = 0;
    reg_status status = CALL(self, reg_network_memory, (size_t)batch_size, (size_t)m, validates, &bytes);
    network_leave(self);
    if (status != REG_OK) return raise_status(status);
    return PyLong_FromSize_t(bytes);
}

/* args: a dict of what changes, per-layer options, label_smoothing and max_norm */
static NETWORK_METHOD(network_set_regularization) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("set_regularization", count, 1) < 0 || check_dict(args[0]) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    Creation creation = {.options = {.struct_size = sizeof creation.options}};
    PyObject *result = NULL;
    reg_status status = CALL(self, reg_network_describe, &creation.options);
    if (status != REG_OK) {
        raise_status(status);
    } else if (allocate_layers(&creation, creation.options.layers) == 0 &&
               get_per_layer(args[0], &creation) == 0 &&
               options_from_dict(args[0], "reg_network_options", &creation.options) == 0) {
        status = CALL(self, reg_network_set_regularization, &creation.options);
        result = status == REG_OK ? Py_NewRef(Py_None) : raise_creation(status, &creation);
    }
    PyMem_Free(creation.memory);
    network_leave(self);
    return result;
}

/* ---- Optimizer ------------------------------------------------------------------------- */

static const char optimizer_options[] = "reg_optimizer_options";

/* args: the name of a kind, or its number */
static PyObject *optimizer_defaults(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    if (check_count("optimizer_defaults", count, 1) < 0) return NULL;
    PyObject *dict = Py_BuildValue("{s:O}", "optimizer", args[0]);
    reg_optimizer_options options = {.struct_size = sizeof options};
    int result = dict != NULL ? options_from_dict(dict, optimizer_options, &options) : -1;
    Py_XDECREF(dict);
    if (result < 0) return NULL;
    reg_status status = reg_optimizer_defaults(options.kind, &options);
    return status == REG_OK ? options_to_dict(optimizer_options, &options, 0) : raise_status(status);
}

static NETWORK_METHOD(network_optimizer) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("optimizer", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_optimizer_options options = {.struct_size = sizeof options};
    reg_status status = CALL(self, reg_network_get_optimizer, &options);
    network_leave(self);
    return status == REG_OK ? options_to_dict(optimizer_options, &options, 0) : raise_status(status);
}

/* args: a dict with all options of an optimizer */
static NETWORK_METHOD(network_set_optimizer) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    reg_optimizer_options options = {.struct_size = sizeof options}, before = options;
    if (check_count("set_optimizer", count, 1) < 0 || check_dict(args[0]) < 0 ||
        options_from_dict(args[0], optimizer_options, &options) < 0 || network_enter(self) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    reg_status status = CALL(self, reg_network_get_optimizer, &before);
    bool is_other = before.kind != options.kind;
    if (status == REG_OK && is_other && self->state_views > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "the optimizer cannot become another kind while arrays of optimizer_state "
                        "are in use: it has other state");
    } else {
        if (status == REG_OK) status = CALL(self, reg_network_set_optimizer, &options);
        if (status == REG_OK && is_other) self->state = NULL;
        result = status == REG_OK ? Py_NewRef(Py_None) : raise_status(status);
    }
    network_leave(self);
    return result;
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
    CLASS_METHOD("set_optimizer", network_set_optimizer, "set_optimizer(options), all of them"),
    CLASS_METHOD("set_regularization", network_set_regularization, "set_regularization(options)"),
    CLASS_METHOD("predict", network_predict, "predict(X, pre_activations, rows) -> ndarray"),
    CLASS_METHOD("predict_dropout", network_predict_dropout,
                 "predict_dropout(X, samples, seed) -> (mean, deviation)"),
    CLASS_METHOD("cost", network_cost, "cost(X, Y, sample_weight) -> (cost, data_term)"),
    CLASS_METHOD("gradient", network_gradient, "gradient(X, Y, sample_weight, first_row, mean_over) -> cost"),
    CLASS_METHOD("apply", network_apply, "apply()"),
    CLASS_METHOD("check_gradient", network_check_gradient,
                 "check_gradient(X, Y, sample_weight, difference, max_parameters) -> float"),
    CLASS_METHOD("fit", network_fit,
                 "fit((X, Y, sample_weight, rows), validation, epochs, batch_size, shuffle, patience, "
                 "min_delta, callback, callback_every, ticker, masks) -> (costs, validation_costs, reason, "
                 "best_epoch, exception)"),
    CLASS_METHOD("serialize", network_serialize, "serialize() -> bytes"),
    CLASS_METHOD("save", network_save, "save(path)"),
    CLASS_METHOD("export_c", network_export_c,
                 "export_c(path, name, precision, block, header, steps, step_values, labels)"),
    {NULL, NULL, 0, NULL},
};

PyMethodDef network_functions[] = {
    METHOD("network_create", network_create, "network_create(f64, layer_dims, options) -> Network"),
    METHOD("network_deserialize", network_deserialize, "network_deserialize(buffer) -> Network"),
    METHOD("network_load", network_load, "network_load(path) -> Network"),
    METHOD("fit_many", network_fit_many,
           "fit_many(jobs, done): each job is (network, data, validation, epochs, batch_size, shuffle, "
           "patience, min_delta)"),
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
