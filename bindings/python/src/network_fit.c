/* Training, without the GIL but for callbacks: one network, or many side by side. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Checking for signals (Ctrl-C) needs the GIL, which can take milliseconds. */
#define MILLISECONDS_BETWEEN_CHECKS 50

/* ---- What single fits and many have in common -------------------------------------------- */

/* A network's training. Zero-initialized, valid to release; not to be moved. */
typedef struct Fit {
    Network *network; /* owned */
    Examples data, validation;
    bool validates;
    reg_fit_options options;
    reg_fit_result result;
    /* What is reported. */
    uint64_t epochs;
    double *costs; /* with validation, pairs */
    size_t room;
    bool out_of_memory;
} Fit;

static void release_fit(Fit *fit) {
    Py_XDECREF((PyObject *)fit->network);
    release_examples(&fit->data);
    release_examples(&fit->validation);
    free(fit->costs);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The current exception, normalized, no longer raised. */
static PyObject *caught(void) {
    PyObject *class, *value, *trace;
    PyErr_Fetch(&class, &value, &trace);
    PyErr_NormalizeException(&class, &value, &trace);
    if (trace != NULL) PyException_SetTraceback(value, trace);
    Py_XDECREF(class);
    Py_XDECREF(trace);
    return value;
}

/* Keeps the costs of an epoch. */
static bool append(Fit *fit, const reg_progress *progress) {
    size_t width = fit->validates ? 2 : 1, at = (size_t)fit->epochs * width;
    if (at + width > fit->room) {
        size_t room = 2 * fit->room + 256;
        double *costs = realloc(fit->costs, room * sizeof *costs);
        if (costs == NULL) {
            fit->out_of_memory = true;
            return false;
        }
        fit->costs = costs;
        fit->room = room;
    }
    fit->costs[at] = progress->cost;
    if (fit->validates) fit->costs[at + 1] = progress->validation_cost;
    fit->epochs++;
    return true;
}

/* A column of what was collected. */
static PyObject *column(State *state, const Fit *fit, size_t index) {
    size_t width = fit->validates ? 2 : 1;
    Py_ssize_t count = (Py_ssize_t)fit->epochs;
    Array array;
    if (new_float(state, TYPE_F64, 1, &count, &array) < 0) return NULL;
    double *values = array.data;
    for (size_t i = 0; i < (size_t)count; i++) values[i] = fit->costs[i * width + index];
    return detach(&array);
}

/* The costs, and the validation costs or None. */
static int columns(State *state, const Fit *fit, PyObject *results[2]) {
    results[0] = column(state, fit, 0);
    results[1] = results[0] == NULL ? NULL : fit->validates ? column(state, fit, 1) : Py_NewRef(Py_None);
    if (results[1] != NULL) return 0;
    Py_XDECREF(results[0]);
    return -1;
}

static void raise_fit(reg_status status, const Fit *fit) {
    if (status != REG_ERROR_NOT_FINITE) {
        raise_status(status);
        return;
    }
    PyErr_Format(PyExc_FloatingPointError,
                 "the cost or its gradient is not finite at step %llu: NaN or infinity in X "
                 "or Y, or too large a learning rate; the parameters are those of the last "
                 "good epoch",
                 (unsigned long long)fit->result.failed_step);
}

/* The arguments that a fit begins with. */
enum { DATA, VALIDATION, EPOCHS, BATCH_SIZE, SHUFFLE, PATIENCE, MIN_DELTA, FIT_ARGUMENTS };

static const char *const validation_names[3] = {"validation X", "validation Y", "validation sample_weight"};

/* (X, Y, sample_weight, rows) */
static int get_data(State *state, const Network *network, PyObject *object, const char *name,
                    const char *const names[3], Examples *examples) {
    if (!PyTuple_Check(object) || PyTuple_Size(object) != 4) {
        PyErr_Format(PyExc_TypeError, "%s must be a tuple of 4", name);
        return -1;
    }
    PyObject *parts[3];
    for (int i = 0; i < 3; i++) parts[i] = PyTuple_GetItem(object, i);
    return get_examples(state, network, parts, PyTuple_GetItem(object, 3), names, examples);
}

/* Takes a reference to the network. */
static int get_fit(State *state, Network *network, PyObject *const *args, Fit *fit) {
    reg_fit_options *options = &fit->options;
    uint64_t batch_size;
    int shuffle;
    fit->network = (Network *)Py_NewRef((PyObject *)network);
    options->struct_size = sizeof *options;
    fit->result.struct_size = sizeof fit->result;
    if (get_uint64(args[EPOCHS], "epochs", &options->epochs) < 0 ||
        get_count(args[BATCH_SIZE], "batch_size", 1, true, &batch_size) < 0 ||
        (shuffle = PyObject_IsTrue(args[SHUFFLE])) < 0 ||
        get_count(args[PATIENCE], "patience", 1, true, &options->patience) < 0 ||
        get_double(args[MIN_DELTA], "min_delta", &options->min_delta) < 0) {
        return -1;
    }
    /* More than there can be examples is all of them. */
    options->batch_size = batch_size > PY_SSIZE_T_MAX ? 0 : (size_t)batch_size;
    options->shuffle = shuffle;
    options->report_every = 1;
    fit->validates = args[VALIDATION] != Py_None;
    if (get_data(state, network, args[DATA], "data", example_names, &fit->data) < 0) return -1;
    return fit->validates
               ? get_data(state, network, args[VALIDATION], "validation", validation_names, &fit->validation)
               : 0;
}

/* Buffers that the library would make in the fit, made before it. The network is taken. */
static int need_buffers(Network *network) {
    return network_need_gradients(network) < 0 ? -1 : network_need_state(network);
}

/* ---- Callbacks of a single fit ----------------------------------------------------------- */

typedef struct SingleFit {
    Fit fit;
    PyThreadState *thread; /* while the GIL is not held */
    PyObject *callback;    /* borrowed; NULL: none */
    uint64_t callback_every;
    PyObject *ticker; /* likewise; called with every check for signals, and at the end */
    double checked_at;
    reg_progress last;
    PyObject *exception; /* pending, the last one; it ends the training */
} SingleFit;

/* Keeps the current exception, with the former one as its context. */
static void keep_exception(SingleFit *single) {
    PyObject *former = single->exception;
    single->exception = caught();
    if (former == single->exception) Py_XDECREF(former);
    else if (former != NULL) PyException_SetContext(single->exception, former);
}

/* Calls function(epoch, step, cost, validation_cost, learning_rate); whether it wants the training to
 * stop. */
static bool call_back(SingleFit *single, PyObject *function) {
    const reg_progress *p = &single->last;
    OWNED PyObject *progress =
        Py_BuildValue("(KKdNd)", (unsigned long long)p->epoch, (unsigned long long)p->step, p->cost,
                      single->fit.validates ? PyFloat_FromDouble(p->validation_cost) : Py_NewRef(Py_None),
                      p->learning_rate);
    OWNED PyObject *answer = progress != NULL ? PyObject_CallObject(function, progress) : NULL;
    int stop = answer != NULL ? PyObject_IsTrue(answer) : -1;
    if (stop < 0) keep_exception(single);
    return stop != 0;
}

/* In the callback, every thread may use the network. */
static bool call_back_with_network(SingleFit *single) {
    network_leave(single->fit.network);
    bool stop = call_back(single, single->callback);
    /* The training needs the network again, whatever a signal handler raises. */
    while (network_enter(single->fit.network) < 0) keep_exception(single);
    return stop;
}

static void check_signals(SingleFit *single) {
    if (single->ticker != NULL && single->fit.epochs > 0) call_back(single, single->ticker);
    if (PyErr_CheckSignals() < 0) keep_exception(single);
    single->checked_at = seconds();
}

/* Called after every epoch, without the GIL. */
static int report(const reg_progress *progress, void *context) {
    SingleFit *single = context;
    if (!append(&single->fit, progress)) return 1;
    single->last = *progress;
    bool is_due =
        single->callback != NULL && (progress->is_last || single->fit.epochs % single->callback_every == 0);
    bool check = 1e3 * (seconds() - single->checked_at) >= MILLISECONDS_BETWEEN_CHECKS;
    if (!is_due && !check) return 0;
    PyEval_RestoreThread(single->thread);
    bool stop = is_due && call_back_with_network(single);
    if (check) check_signals(single);
    single->thread = PyEval_SaveThread();
    return stop || single->exception != NULL;
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

/* ---- A single fit ------------------------------------------------------------------------ */

enum { CALLBACK = FIT_ARGUMENTS, CALLBACK_EVERY, TICKER, MASKS, ARGUMENTS };

static PyObject *or_null(PyObject *object) { return object == Py_None ? NULL : object; }

/* An exception comes as a result where training has begun, along with what was trained. */
static PyObject *finish(State *state, SingleFit *single, reg_status status) {
    const Fit *fit = &single->fit;
    if (fit->out_of_memory) status = REG_ERROR_MEMORY;
    if (status != REG_OK) {
        raise_fit(status, fit);
        if (status != REG_ERROR_NOT_FINITE) return NULL;
        keep_exception(single);
    }
    /* A signal since the last check: raised after the call, it would lose what was trained. */
    check_signals(single);
    PyObject *costs[2];
    if (columns(state, fit, costs) < 0) return NULL;
    return Py_BuildValue("(NNiKO)", costs[0], costs[1], (int)fit->result.reason,
                         (unsigned long long)fit->result.best_epoch,
                         single->exception != NULL ? single->exception : Py_None);
}

NETWORK_METHOD(network_fit) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    Network *self = (Network *)object;
    SingleFit single = {.fit = {.network = NULL}};
    Fit *fit = &single.fit;
    Masks masks = {.count = 0};
    PyObject *answer = NULL;
    if (check_count("fit", count, ARGUMENTS) < 0 || get_fit(state, self, args, fit) < 0 ||
        get_count(args[CALLBACK_EVERY], "callback_every", 1, false, &single.callback_every) < 0 ||
        network_enter_training(self) < 0) {
        goto done;
    }
    single.callback = or_null(args[CALLBACK]);
    single.ticker = or_null(args[TICKER]);
    if (get_masks(state, self, args[MASKS], fit->data.m, &masks) < 0 || need_buffers(self) < 0) {
        network_leave_training(self);
        goto done;
    }
    if (masks.count > 0) fit->options.masks = masks.bytes;
    fit->options.report = report;
    fit->options.context = &single;
    const void *data = &fit->data.as, *validation = fit->validates ? &fit->validation.as : NULL;
    single.checked_at = seconds();
    single.thread = PyEval_SaveThread();
    reg_status status = CALL(self, reg_network_fit, data, validation, &fit->options, &fit->result);
    PyEval_RestoreThread(single.thread);
    network_leave_training(self);
    answer = finish(state, &single, status);
done:
    release_masks(&masks);
    Py_XDECREF(single.exception);
    release_fit(fit);
    return answer;
}

/* ---- Many fits --------------------------------------------------------------------------- */

/* The library trains in a thread of its own and its pool, none of which needs the GIL. The calling
 * thread waits, delivers what has ended, and sees Ctrl-C. */

typedef struct Many Many;

typedef struct Job {
    Fit fit;
    Many *many;
    double seconds; /* of training; before its end, when it began */
    atomic_bool has_ended;
    bool is_taken, is_delivered;
} Job;

struct Many {
    ElementType type;
    size_t count;
    Job *jobs;
    reg_fit_job *fits; /* those of double have the same layout */
    PyThread_type_lock wake, finished;
    atomic_bool is_awake, has_finished, stops;
    PyObject *exception; /* pending; it ends the trainings */
};

/* Another look of the calling thread at what has ended. */
static void wake(Many *many) {
    if (!atomic_exchange(&many->is_awake, true)) PyThread_release_lock(many->wake);
}

static int report_of_many(const reg_progress *progress, void *context) {
    Job *job = context;
    return !append(&job->fit, progress) || atomic_load(&job->many->stops);
}

static int event_of_many(int32_t ended, void *context) {
    Job *job = context;
    if (!ended) {
        job->seconds = seconds();
        return atomic_load(&job->many->stops);
    }
    job->seconds = seconds() - job->seconds;
    atomic_store(&job->has_ended, true);
    wake(job->many);
    return 0;
}

static void run_many(void *context) {
    Many *many = context;
    void *fits = many->fits;
    BY_TYPE(many->type, reg_fit_many, fits, many->count);
    atomic_store(&many->has_finished, true);
    wake(many);
    PyThread_release_lock(many->finished);
}

/* The result of a job, or its exception. */
static PyObject *outcome(State *state, const Many *many, size_t i) {
    Job *job = &many->jobs[i];
    Fit *fit = &job->fit;
    reg_status status = fit->out_of_memory ? REG_ERROR_MEMORY : many->fits[i].status;
    PyObject *costs[2];
    if (status == REG_OK) {
        if (columns(state, fit, costs) < 0) return NULL;
        return Py_BuildValue("(NNKd)", costs[0], costs[1], (unsigned long long)fit->result.best_epoch,
                             job->seconds);
    }
    if (status != REG_ERROR_NOT_FINITE && status != REG_ERROR_MEMORY) {
        /* Arguments that were refused: again, in this thread, for the words. */
        const void *data = &fit->data.as, *validation = fit->validates ? &fit->validation.as : NULL;
        fit->options.epochs = 0;
        CALL(fit->network, reg_network_fit, data, validation, &fit->options, NULL);
    }
    raise_fit(status, fit);
    return caught();
}

static void leave(Job *job) {
    if (job->is_taken) network_leave_training(job->fit.network);
    job->is_taken = false;
}

/* Calls done(number, outcome) for jobs that were not delivered yet. */
static void deliver(State *state, Many *many, bool all, PyObject *done) {
    for (size_t i = 0; i < many->count && many->exception == NULL; i++) {
        Job *job = &many->jobs[i];
        if (job->is_delivered || !(all || atomic_load(&job->has_ended))) continue;
        job->is_delivered = true;
        OWNED PyObject *result = outcome(state, many, i);
        leave(job);
        OWNED PyObject *none =
            result != NULL ? PyObject_CallFunction(done, "nO", (Py_ssize_t)i, result) : NULL;
        if (none == NULL) many->exception = caught();
    }
}

/* Returns when the library's call has ended. */
static void wait_for(State *state, Many *many, PyObject *done) {
    bool has_finished = false;
    while (!has_finished) {
        PyLockStatus status;
        Py_BEGIN_ALLOW_THREADS;
        status = PyThread_acquire_lock_timed(many->wake, 1000 * MILLISECONDS_BETWEEN_CHECKS, 0);
        Py_END_ALLOW_THREADS;
        if (status == PY_LOCK_ACQUIRED) atomic_store(&many->is_awake, false);
        has_finished = atomic_load(&many->has_finished);
        deliver(state, many, has_finished, done);
        if (many->exception == NULL && PyErr_CheckSignals() < 0) many->exception = caught();
        if (many->exception != NULL) atomic_store(&many->stops, true);
    }
    /* The other thread uses nothing of `many` afterwards. */
    PyThread_acquire_lock(many->finished, WAIT_LOCK);
}

/* Takes the arguments and the network of a job. */
static int get_job(State *state, PyObject *object, Many *many, size_t i) {
    Job *job = &many->jobs[i];
    PyObject *args[1 + FIT_ARGUMENTS];
    if (!PyTuple_Check(object) || PyTuple_Size(object) != 1 + FIT_ARGUMENTS) {
        PyErr_Format(PyExc_TypeError, "jobs[%zd] must be a tuple of %d", (Py_ssize_t)i, 1 + FIT_ARGUMENTS);
        return -1;
    }
    for (Py_ssize_t k = 0; k < 1 + FIT_ARGUMENTS; k++) args[k] = PyTuple_GetItem(object, k);
    if (!Py_IS_TYPE(args[0], (PyTypeObject *)state->network_type)) {
        PyErr_Format(PyExc_TypeError, "jobs[%zd] must begin with a Network", (Py_ssize_t)i);
        return -1;
    }
    Network *network = (Network *)args[0];
    if (i == 0) many->type = network->type;
    if (network->type != many->type) {
        PyErr_Format(PyExc_ValueError, "jobs[%zd] has another dtype than jobs[0]", (Py_ssize_t)i);
        return -1;
    }
    Fit *fit = &job->fit;
    if (get_fit(state, network, args + 1, fit) < 0 || network_enter_training(network) < 0) return -1;
    job->is_taken = true;
    job->many = many;
    fit->options.report = report_of_many;
    fit->options.context = job;
    many->fits[i] = (reg_fit_job){.struct_size = sizeof many->fits[i],
                                  .network = network->handle,
                                  .data = (void *)&fit->data.as,
                                  .validation = fit->validates ? (void *)&fit->validation.as : NULL,
                                  .options = &fit->options,
                                  .result = &fit->result,
                                  .event = event_of_many,
                                  .status = REG_ERROR_MEMORY};
    return need_buffers(network);
}

static int start_many(Many *many) {
    many->wake = PyThread_allocate_lock();
    many->finished = PyThread_allocate_lock();
    if (many->wake == NULL || many->finished == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyThread_acquire_lock(many->wake, WAIT_LOCK);
    PyThread_acquire_lock(many->finished, WAIT_LOCK);
    if (PyThread_start_new_thread(run_many, many) != (unsigned long)-1) return 0;
    PyErr_SetString(PyExc_RuntimeError, "a thread cannot be started");
    return -1;
}

/* args: jobs, done */
PyObject *network_fit_many(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    if (check_count("fit_many", count, 2) < 0) return NULL;
    State *state = state_of(module);
    OWNED PyObject *objects = PySequence_Tuple(args[0]);
    if (objects == NULL) return NULL;
    Many many = {.count = (size_t)PyTuple_Size(objects)};
    many.jobs = PyMem_Calloc(many.count + 1, sizeof *many.jobs);
    many.fits = PyMem_Calloc(many.count + 1, sizeof *many.fits);
    int result = many.jobs != NULL && many.fits != NULL ? 0 : -1;
    if (result < 0) PyErr_NoMemory();
    for (size_t i = 0; result == 0 && i < many.count; i++) {
        result = get_job(state, PyTuple_GetItem(objects, (Py_ssize_t)i), &many, i);
    }
    if (result == 0) result = start_many(&many);
    if (result == 0) wait_for(state, &many, args[1]);
    for (size_t i = 0; many.jobs != NULL && i < many.count; i++) {
        leave(&many.jobs[i]);
        release_fit(&many.jobs[i].fit);
    }
    if (many.wake != NULL) PyThread_free_lock(many.wake);
    if (many.finished != NULL) PyThread_free_lock(many.finished);
    PyMem_Free(many.jobs);
    PyMem_Free(many.fits);
    if (many.exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(many.exception), many.exception);
        Py_DECREF(many.exception);
        return NULL;
    }
    if (result < 0) return NULL;
    Py_RETURN_NONE;
}
