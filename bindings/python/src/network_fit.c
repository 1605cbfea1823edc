/* Training: one call of the library, without the GIL but for its callbacks. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Checking for signals (Ctrl-C) needs the GIL, which can take milliseconds. */
#define MILLISECONDS_BETWEEN_CHECKS 50

typedef struct Fit {
    PyThreadState *thread; /* while the GIL is not held */
    PyObject *callback;    /* borrowed; NULL: none */
    PyObject *ticker;      /* likewise */
    uint64_t every, most;
    bool validates;
    /* How it goes. */
    uint64_t epochs, delivered;
    int64_t checked_at;
    reg_progress last;
    double *costs; /* with validation, pairs */
    size_t room;
    bool out_of_memory;
    /* A pending exception, normalized, that ends the training. */
    PyObject *exception;
} Fit;

static int64_t milliseconds(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- What is called back --------------------------------------------------------------- */

static void keep_exception(Fit *fit) {
    PyObject *class, *value, *trace;
    PyErr_Fetch(&class, &value, &trace);
    PyErr_NormalizeException(&class, &value, &trace);
    if (trace != NULL) PyException_SetTraceback(value, trace);
    Py_XDECREF(class);
    Py_XDECREF(trace);
    fit->exception = value;
}

/* Whether `function` wants the training to stop. */
static bool call_back(Fit *fit, PyObject *function) {
    const reg_progress *p = &fit->last;
    PyObject *answer = PyObject_CallFunction(
        function, "KKdNd", (unsigned long long)p->epoch, (unsigned long long)p->step, p->cost,
        fit->validates ? PyFloat_FromDouble(p->validation_cost) : Py_NewRef(Py_None), p->learning_rate);
    int stop = answer != NULL ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    if (stop < 0) keep_exception(fit);
    return stop != 0;
}

/* Callbacks and signals, with the GIL. */
static bool call_back_or_stop(Fit *fit, bool due, bool check) {
    bool stop = false;
    if (due) {
        fit->delivered = fit->epochs;
        stop = call_back(fit, fit->callback);
    }
    if (check && fit->exception == NULL) {
        if (fit->ticker != NULL) stop |= call_back(fit, fit->ticker);
        if (fit->exception == NULL && PyErr_CheckSignals() < 0) {
            keep_exception(fit);
            stop = true;
        }
        fit->checked_at = milliseconds();
    }
    return stop;
}

static bool append(Fit *fit, const reg_progress *progress) {
    size_t width = fit->validates ? 2 : 1, at = (size_t)fit->epochs * width;
    if (at + width > fit->room) {
        size_t room = 2 * fit->room + 256;
        double *costs = realloc(fit->costs, room * sizeof *costs);
        if (costs == NULL) return false;
        fit->costs = costs;
        fit->room = room;
    }
    fit->costs[at] = progress->cost;
    if (fit->validates) fit->costs[at + 1] = progress->validation_cost;
    return true;
}

/* Called after every epoch, without the GIL. */
static int report(const reg_progress *progress, void *context) {
    Fit *fit = context;
    if (!append(fit, progress)) {
        fit->out_of_memory = true;
        return 1;
    }
    fit->last = *progress;
    fit->epochs++;
    bool due = fit->callback != NULL && (fit->epochs % fit->every == 0 || fit->epochs == fit->most);
    bool check = milliseconds() - fit->checked_at >= MILLISECONDS_BETWEEN_CHECKS;
    if (!due && !check) return 0;
    PyEval_RestoreThread(fit->thread);
    bool stop = call_back_or_stop(fit, due, check);
    fit->thread = PyEval_SaveThread();
    return stop;
}

/* ---- Masks ----------------------------------------------------------------------------- */

typedef struct Masks {
    Py_ssize_t count;
    Array *arrays;
    const uint8_t **bytes;
} Masks;

static void release_masks(Masks *masks) {
    for (Py_ssize_t l = 0; l < masks->count; l++) release(&masks->arrays[l]);
    PyMem_Free(masks->arrays);
    PyMem_Free(masks->bytes);
}

/* None, or for each layer None or its mask, (units, examples). */
static int get_masks(State *state, const Network *network, PyObject *object, Py_ssize_t m, Masks *masks) {
    memset(masks, 0, sizeof *masks);
    if (object == Py_None) return 0;
    if (!PyTuple_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "masks must be a tuple, or None");
        return -1;
    }
    if (PyTuple_Size(object) != network->layers) {
        PyErr_Format(PyExc_ValueError,
                     "masks must hold %zd, for the input and each hidden layer a mask or None, "
                     "got %zd",
                     network->layers, PyTuple_Size(object));
        return -1;
    }
    size_t layers = (size_t)network->layers;
    masks->arrays = PyMem_Calloc(layers, sizeof *masks->arrays);
    masks->bytes = PyMem_Calloc(layers, sizeof *masks->bytes);
    if (masks->arrays == NULL || masks->bytes == NULL) {
        release_masks(masks);
        memset(masks, 0, sizeof *masks);
        PyErr_NoMemory();
        return -1;
    }
    masks->count = network->layers;
    for (Py_ssize_t l = 0; l < network->layers; l++) {
        PyObject *mask = PyTuple_GetItem(object, l);
        if (mask == Py_None) continue;
        reg_layer layer = {.struct_size = sizeof layer};
        reg_status status = CALL(network, reg_network_layer, (size_t)l, &layer);
        if (status != REG_OK) {
            raise_status(status);
            return -1;
        }
        Py_ssize_t shape[2] = {(Py_ssize_t)layer.n_in, m};
        const Array like = {.view = {.ndim = 2, .shape = shape}};
        char name[32], like_name[48];
        snprintf(name, sizeof name, "masks[%lld]", (long long)l);
        snprintf(like_name, sizeof like_name, "layer %lld (units, examples)", (long long)l);
        if (get_mask(state, mask, name, &like, like_name, &masks->arrays[l], &masks->bytes[l]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- The call -------------------------------------------------------------------------- */

/* args of fit */
enum {
    FIRST_EXAMPLES,
    VALIDATION = 3,
    EPOCHS,
    BATCH_SIZE,
    SHUFFLE,
    PATIENCE,
    MIN_DELTA,
    CALLBACK,
    CALLBACK_EVERY,
    TICKER,
    MASKS,
    ARGUMENTS
};

static const char *const validation_names[3] = {"validation X", "validation Y", "validation sample_weight"};

static int get_callable(PyObject *object, const char *name, PyObject **callback) {
    *callback = object == Py_None ? NULL : object;
    if (object == Py_None || PyCallable_Check(object)) return 0;
    PyErr_Format(PyExc_TypeError, "%s must be callable or None, got %R", name, object);
    return -1;
}

static int get_options(PyObject *const *args, reg_fit_options *options, Fit *fit) {
    uint64_t batch_size;
    int shuffle;
    if (get_uint64(args[EPOCHS], "epochs", &options->epochs) < 0 ||
        get_count(args[BATCH_SIZE], "batch_size", 1, true, &batch_size) < 0 ||
        (shuffle = PyObject_IsTrue(args[SHUFFLE])) < 0 ||
        get_count(args[PATIENCE], "patience", 1, true, &options->patience) < 0 ||
        get_double(args[MIN_DELTA], "min_delta", &options->min_delta) < 0 ||
        get_callable(args[CALLBACK], "callback", &fit->callback) < 0 ||
        get_count(args[CALLBACK_EVERY], "callback_every", 1, false, &fit->every) < 0 ||
        get_callable(args[TICKER], "ticker", &fit->ticker) < 0) {
        return -1;
    }
    /* More than there can be examples is all of them. */
    options->batch_size = batch_size > PY_SSIZE_T_MAX ? 0 : (size_t)batch_size;
    options->shuffle = shuffle;
    options->report = report;
    options->context = fit;
    options->report_every = 1;
    fit->most = options->epochs;
    return 0;
}

/* The columns of what was collected. */
static PyObject *column(State *state, const Fit *fit, size_t index) {
    size_t width = fit->validates ? 2 : 1;
    Py_ssize_t count = (Py_ssize_t)fit->epochs;
    Array array;
    if (new_float(state, TYPE_F64, 1, &count, &array) < 0) return NULL;
    double *values = array.data;
    for (size_t i = 0; i < (size_t)count; i++) values[i] = fit->costs[i * width + index];
    return detach(&array);
}

/* The exception for a status: returned rather than raised where training has begun, so that what
 * was trained can be is_reported along with it. */
static PyObject *raise_fit(reg_status status, uint64_t failed_step) {
    if (status != REG_ERROR_NOT_FINITE) return raise_status(status);
    return PyErr_Format(PyExc_FloatingPointError,
                        "the cost or its gradient is not finite at step %llu: NaN or infinity in X "
                        "or Y, or too large a learning rate; the parameters are those of the last "
                        "good epoch",
                        (unsigned long long)failed_step);
}

static PyObject *finish(State *state, Fit *fit, reg_status status, const reg_fit_result *result) {
    if (fit->out_of_memory) status = REG_ERROR_MEMORY;
    if (status != REG_OK) {
        raise_fit(status, result->failed_step);
        if (status != REG_ERROR_NOT_FINITE) return NULL;
        keep_exception(fit);
    }
    PyObject *costs = column(state, fit, 0);
    PyObject *validation_costs = NULL;
    if (costs != NULL) {
        validation_costs = fit->validates ? column(state, fit, 1) : Py_NewRef(Py_None);
    }
    if (validation_costs == NULL) {
        Py_XDECREF(costs);
        return NULL;
    }
    return Py_BuildValue("(NNiKO)", costs, validation_costs, (int)result->reason,
                         (unsigned long long)result->best_epoch,
                         fit->exception != NULL ? fit->exception : Py_None);
}

NETWORK_METHOD(network_fit) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    Network *self = (Network *)object;
    reg_fit_options options = {.struct_size = sizeof options};
    reg_fit_result result = {.struct_size = sizeof result};
    Fit fit = {.costs = NULL};
    EXAMPLES(examples);
    EXAMPLES(validation);
    Masks masks = {.count = 0};
    PyObject *answer = NULL;
    if (check_count("fit", count, ARGUMENTS) < 0 || get_options(args, &options, &fit) < 0 ||
        get_examples(state, self, args + FIRST_EXAMPLES, example_names, &examples) < 0) {
        return NULL;
    }
    if (args[VALIDATION] != Py_None) {
        if (!PyTuple_Check(args[VALIDATION]) || PyTuple_Size(args[VALIDATION]) != 3) {
            PyErr_SetString(PyExc_TypeError, "validation must be a tuple of 3, or None");
            goto done;
        }
        PyObject *parts[3];
        for (int i = 0; i < 3; i++) parts[i] = PyTuple_GetItem(args[VALIDATION], i);
        if (get_examples(state, self, parts, validation_names, &validation) < 0) goto done;
        fit.validates = true;
    }
    if (network_enter(self) < 0) goto done;
    if (get_masks(state, self, args[MASKS], examples.m, &masks) < 0 || network_need_gradients(self) < 0 ||
        network_need_state(self) < 0) {
        network_leave(self);
        goto done;
    }
    if (masks.count > 0) options.masks = masks.bytes;
    const void *data = &examples.as, *validation_data = fit.validates ? &validation.as : NULL;
    fit.checked_at = milliseconds();
    fit.thread = PyEval_SaveThread();
    reg_status status = CALL(self, reg_network_fit, data, validation_data, &options, &result);
    PyEval_RestoreThread(fit.thread);
    /* Patience may have ended it between two callbacks: the last epoch is always is_reported. */
    bool is_reported =
        fit.exception != NULL || status != REG_OK || fit.epochs == 0 || result.reason == REG_STOP_REPORT;
    if (!is_reported && fit.callback != NULL && fit.delivered != fit.epochs) {
        call_back(&fit, fit.callback);
    }
    if (!is_reported && fit.ticker != NULL && fit.exception == NULL) call_back(&fit, fit.ticker);
    network_leave(self);
    answer = finish(state, &fit, status, &result);
done:
    release_masks(&masks);
    Py_XDECREF(fit.exception);
    free(fit.costs);
    return answer;
}
