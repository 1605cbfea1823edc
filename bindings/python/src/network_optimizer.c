/* How a network learns: the optimizer and its numbers. */
#include "network.h"

#include <math.h>
#include <stddef.h>

/* The real numbers among the options: how they are called, where they are, and which status is about
 * them. */
static const struct {
    const char *name;
    size_t offset;
    reg_status status;
} numbers[] = {
    {"learning_rate", offsetof(reg_optimizer_options, learning_rate), REG_ERROR_LEARNING_RATE},
    {"momentum", offsetof(reg_optimizer_options, momentum), REG_ERROR_MOMENTUM},
    {"beta1", offsetof(reg_optimizer_options, beta1), REG_ERROR_MOMENTUM},
    {"beta2", offsetof(reg_optimizer_options, beta2), REG_ERROR_MOMENTUM},
    {"epsilon", offsetof(reg_optimizer_options, epsilon), REG_ERROR_EPSILON},
    {"weight_decay", offsetof(reg_optimizer_options, weight_decay), REG_ERROR_WEIGHT_DECAY},
    {"clip_norm", offsetof(reg_optimizer_options, clip_norm), REG_ERROR_CLIP_NORM},
    {"decay", offsetof(reg_optimizer_options, decay), REG_ERROR_SCHEDULE},
    {"min_learning_rate", offsetof(reg_optimizer_options, min_learning_rate), REG_ERROR_SCHEDULE},
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

/* args: kind, schedule, period, then the numbers */
enum { KIND, SCHEDULE, PERIOD, FIRST_NUMBER };

static double *number(reg_optimizer_options *options, size_t i) {
    return (double *)((char *)options + numbers[i].offset);
}

/* Whether a number is in none of the ranges that its status may be about. */
static bool out_of_range(reg_status status, double value) {
    return !(value >= 0 && isfinite(value)) || (status == REG_ERROR_MOMENTUM && value >= 1);
}

static PyObject *raise_optimizer(reg_status status, reg_optimizer_options *options,
                                 PyObject *const *args) {
    size_t blamed = NUMBERS;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (numbers[i].status != status) continue;
        if (out_of_range(status, *number(options, i))) {
            return raise_status(status, numbers[i].name, args[FIRST_NUMBER + i]);
        }
        if (blamed == NUMBERS) blamed = i;
    }
    switch (status) {
    case REG_ERROR_OPTIMIZER: return raise_status(status, "optimizer", args[KIND]);
    case REG_ERROR_SCHEDULE:
        if (options->period == 0) {
            return PyErr_Format(PyExc_ValueError, "period must be at least 1, got %R",
                                args[PERIOD]);
        }
        return raise_status(status, "schedule", args[SCHEDULE]);
    default: break;
    }
    if (blamed == NUMBERS) return raise_status(status, NULL, NULL);
    return raise_status(status, numbers[blamed].name, args[FIRST_NUMBER + blamed]);
}

static PyObject *options_dict(reg_optimizer_options *options) {
    PyObject *dict = Py_BuildValue("{s:i,s:i,s:K}", "kind", (int)options->kind, "schedule",
                                   (int)options->schedule, "period",
                                   (unsigned long long)options->period);
    for (size_t i = 0; dict != NULL && i < NUMBERS; i++) {
        PyObject *value = PyFloat_FromDouble(*number(options, i));
        if (value == NULL || PyDict_SetItemString(dict, numbers[i].name, value) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    return dict;
}

PyObject *optimizer_defaults(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    unsigned kind;
    if (check_count("optimizer_defaults", count, 1) < 0 ||
        get_choice(args[0], "optimizer", &kind) < 0) {
        return NULL;
    }
    reg_optimizer_options options = {.struct_size = sizeof options};
    reg_status status = reg_optimizer_defaults((reg_optimizer)kind, &options);
    if (status != REG_OK) return raise_status(status, "optimizer", args[0]);
    return options_dict(&options);
}

static int get_options(Network *network, reg_optimizer_options *options) {
    *options = (reg_optimizer_options){.struct_size = sizeof *options};
    reg_status status = CALL(network, reg_network_get_optimizer, options);
    if (status == REG_OK) return 0;
    raise_status(status, NULL, NULL);
    return -1;
}

NETWORK_METHOD(network_optimizer) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("optimizer", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_optimizer_options options;
    int result = get_options(self, &options);
    network_leave(self);
    return result < 0 ? NULL : options_dict(&options);
}

NETWORK_METHOD(network_set_optimizer) {
    (void)type, (void)keywords;
    Network *self = (Network *)object;
    unsigned kind, schedule;
    if (check_count("set_optimizer", count, FIRST_NUMBER + NUMBERS) < 0 ||
        get_choice(args[KIND], "optimizer", &kind) < 0 ||
        get_choice(args[SCHEDULE], "schedule", &schedule) < 0) {
        return NULL;
    }
    reg_optimizer_options options = {.struct_size = sizeof options};
    options.kind = (reg_optimizer)kind;
    options.schedule = (reg_schedule)schedule;
    if (get_uint64(args[PERIOD], "period", &options.period) < 0) return NULL;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (get_double(args[FIRST_NUMBER + i], numbers[i].name, number(&options, i)) < 0) {
            return NULL;
        }
    }
    if (network_enter(self) < 0) return NULL;
    reg_optimizer_options before;
    PyObject *result = NULL;
    if (get_options(self, &before) < 0) {
        /* The exception is set. */
    } else if (before.kind != options.kind && self->state_views > 0) {
        PyErr_SetString(PyExc_BufferError,
                        "the optimizer cannot become another kind while arrays of optimizer_state "
                        "are in use: it has other state");
    } else {
        reg_status status = CALL(self, reg_network_set_optimizer, &options);
        if (status != REG_OK) {
            raise_optimizer(status, &options, args);
        } else {
            if (before.kind != options.kind) self->state = NULL;
            result = Py_NewRef(Py_None);
        }
    }
    network_leave(self);
    return result;
}
