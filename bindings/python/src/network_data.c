/* Calls of a network on data: predictions, costs, gradients. */
#include "network.h"

#include <string.h>

const char *const example_names[3] = {"X", "Y", "sample_weight"};

/* The strides of an array whose rows are examples. */
static reg_strides as_examples(const Array *array) {
    reg_strides strides = strides_of(array);
    return (reg_strides){.unit = strides.example, .example = strides.unit};
}

/* ---- Examples -------------------------------------------------------------------------- */

/* (m, inputs) */
static int get_inputs(State *state, const Network *network, PyObject *object, const char *name, Array *x) {
    if (get_as(state, object, name, network->type, LAYOUT_STRIDED, x) < 0) return -1;
    const Py_buffer *view = &x->view;
    if (view->ndim == 2 && view->shape[1] == network->inputs) return 0;
    if (view->ndim != 2) {
        return raise_shape(x, "%s must have two dimensions, (examples, features)", name);
    }
    PyErr_Format(PyExc_ValueError, "%s has %zd features, but the network has %zd inputs", name,
                 view->shape[1], network->inputs);
    return -1;
}

/* (m, outputs), or for one output (m,) */
static int get_targets(State *state, const Network *network, PyObject *object, const char *const names[3],
                       Examples *examples, reg_strides *strides) {
    Array *y = &examples->y;
    if (get_as(state, object, names[1], network->type, LAYOUT_STRIDED, y) < 0) return -1;
    const Py_buffer *view = &y->view;
    if (view->ndim == 2 && view->shape[0] == examples->m && view->shape[1] == network->outputs) {
        *strides = as_examples(y);
        return 0;
    }
    if (view->ndim == 1 && view->shape[0] == examples->m && network->outputs == 1) {
        *strides = (reg_strides){.unit = 1, .example = view->strides[0] / view->itemsize};
        return 0;
    }
    bool are_numbers = network->loss == REG_SOFTMAX_CROSS_ENTROPY && view->ndim == 1;
    return raise_shape(
        y, "%s must have shape (%zd, %zd)%s, one row for each of %s and one column for each output%s",
        names[1], examples->m, network->outputs, network->outputs == 1 ? " or one dimension" : "", names[0],
        are_numbers ? " (numbers of classes become such rows as numpy.eye(outputs)[numbers])" : "");
}

static int get_weights(State *state, const Network *network, PyObject *object, const char *const names[3],
                       Examples *examples) {
    Array *weights = &examples->weights;
    if (get_as(state, object, names[2], network->type, LAYOUT_C, weights) < 0) return -1;
    if (weights->view.ndim == 1 && weights->view.shape[0] == examples->m) return 0;
    return raise_shape(weights, "%s must have shape (%zd,) to fit %s", names[2], examples->m, names[0]);
}

int get_examples(State *state, const Network *network, PyObject *const args[3], const char *const names[3],
                 Examples *examples) {
    Array *x = &examples->x, *y = &examples->y, *weights = &examples->weights;
    if (get_inputs(state, network, args[0], names[0], x) < 0) return -1;
    examples->m = x->view.shape[0];
    if (examples->m == 0) {
        PyErr_Format(PyExc_ValueError, "%s has no examples: shape (0, %zd)", names[0], network->inputs);
        return -1;
    }
    reg_strides x_strides = as_examples(x), y_strides;
    if (get_targets(state, network, args[1], names, examples, &y_strides) < 0 ||
        (args[2] != Py_None && get_weights(state, network, args[2], names, examples) < 0)) {
        return -1;
    }
    size_t m = (size_t)examples->m;
#define DATA(type)                                                                                           \
    (type){.struct_size = sizeof(type),                                                                      \
           .m = m,                                                                                           \
           .x = x->data,                                                                                     \
           .x_strides = x_strides,                                                                           \
           .y = y->data,                                                                                     \
           .y_strides = y_strides,                                                                           \
           .weights = weights->data,                                                                         \
           .check_targets = 1}
    if (network->type == TYPE_F32) examples->as.f32 = DATA(reg_data);
    else examples->as.f64 = DATA(reg_data_f64);
#undef DATA
    return 0;
}

void release_examples(Examples *examples) {
    release(&examples->x);
    release(&examples->y);
    release(&examples->weights);
}

/* ---- Prediction ------------------------------------------------------------------------ */

/* A new array (examples, outputs), C-ordered. */
static int new_outputs(State *state, const Network *network, const Array *x, Array *out) {
    Py_ssize_t shape[2] = {x->view.shape[0], network->outputs};
    return new_float(state, network->type, 2, shape, out);
}

/* args: X, and whether pre-activations are wanted instead of outputs */
NETWORK_METHOD(network_predict) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    Network *self = (Network *)object;
    ARRAY(x);
    ARRAY(out);
    int before;
    if (check_count("predict", count, 2) < 0 || (before = PyObject_IsTrue(args[1])) < 0 ||
        get_inputs(state, self, args[0], "X", &x) < 0 || new_outputs(state, self, &x, &out) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    Py_ssize_t m = x.view.shape[0];
    reg_strides out_strides = {.unit = 1, .example = self->outputs};
    void *outputs = before ? NULL : out.data, *pre_activations = before ? out.data : NULL;
    reg_status status;
    RUN(status, network_work(self, m),
        CALL(self, reg_network_predict, (size_t)m, x.data, as_examples(&x), outputs, pre_activations,
             out_strides));
    network_leave(self);
    return end_with(&out, status);
}

/* args: X, samples, seed */
NETWORK_METHOD(network_predict_dropout) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    Network *self = (Network *)object;
    ARRAY(x);
    ARRAY(mean);
    ARRAY(deviation);
    uint64_t samples, seed;
    if (check_count("predict_dropout", count, 3) < 0 ||
        get_count(args[1], "samples", 1, false, &samples) < 0 || get_uint64(args[2], "seed", &seed) < 0 ||
        get_inputs(state, self, args[0], "X", &x) < 0 || new_outputs(state, self, &x, &mean) < 0 ||
        new_outputs(state, self, &x, &deviation) < 0 || network_enter(self) < 0) {
        return NULL;
    }
    Py_ssize_t m = x.view.shape[0];
    reg_strides out_strides = {.unit = 1, .example = self->outputs};
    reg_status status;
    RUN(status, network_work(self, m) * (double)samples,
        CALL(self, reg_network_predict_dropout, (size_t)m, x.data, as_examples(&x), (size_t)samples, seed,
             mean.data, deviation.data, out_strides));
    network_leave(self);
    if (status != REG_OK) return raise_status(status);
    return Py_BuildValue("(NN)", detach(&mean), detach(&deviation));
}

/* ---- Cost and gradient ----------------------------------------------------------------- */

/* args: X, Y, sample_weight */
NETWORK_METHOD(network_cost) {
    (void)keywords;
    Network *self = (Network *)object;
    EXAMPLES(examples);
    if (check_count("cost", count, 3) < 0 ||
        get_examples(PyType_GetModuleState(type), self, args, example_names, &examples) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    const void *data = &examples.as;
    double cost, data_term;
    reg_status status;
    RUN(status, network_work(self, examples.m), CALL(self, reg_network_cost, data, &cost, &data_term));
    network_leave(self);
    if (status != REG_OK) raise_status(status);
    return status == REG_OK ? Py_BuildValue("(dd)", cost, data_term) : NULL;
}

/* args: X, Y, sample_weight, first_row, mean_over (None: this part is the whole) */
NETWORK_METHOD(network_gradient) {
    (void)keywords;
    Network *self = (Network *)object;
    EXAMPLES(examples);
    reg_part part = {.struct_size = sizeof part};
    if (check_count("gradient", count, 5) < 0 || get_uint64(args[3], "first_row", &part.first_row) < 0) {
        return NULL;
    }
    if (args[4] != Py_None) {
        if (get_double(args[4], "mean_over", &part.total_weight) < 0) return NULL;
        /* To the library 0 is the whole; to the caller it is a mistake. */
        if (part.total_weight == 0) {
            return PyErr_Format(PyExc_ValueError, "mean_over must be above 0, or None, got %R", args[4]);
        }
    }
    if (get_examples(PyType_GetModuleState(type), self, args, example_names, &examples) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    const void *data = &examples.as;
    double cost;
    reg_status status;
    RUN(status, 3 * network_work(self, examples.m), CALL(self, reg_network_gradient, data, &part, &cost));
    network_leave(self);
    if (status != REG_OK) raise_status(status);
    return status == REG_OK ? PyFloat_FromDouble(cost) : NULL;
}

NETWORK_METHOD(network_apply) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("apply", count, 0) < 0 || network_enter(self) < 0) return NULL;
    reg_status status;
    RUN(status, self->count, BY_TYPE(self->type, reg_network_apply, self->handle));
    network_leave(self);
    if (status == REG_OK) Py_RETURN_NONE;
    if (status == REG_ERROR_NOT_FINITE) {
        return PyErr_Format(PyExc_FloatingPointError,
                            "the norm of the gradient, which clip_norm limits, is not finite");
    }
    return raise_status(status);
}

/* args: X, Y, sample_weight, difference, max_parameters */
NETWORK_METHOD(network_check_gradient) {
    (void)keywords;
    Network *self = (Network *)object;
    EXAMPLES(examples);
    double difference;
    uint64_t max_parameters;
    if (check_count("check_gradient", count, 5) < 0 || get_double(args[3], "difference", &difference) < 0 ||
        get_count(args[4], "max_parameters", 1, false, &max_parameters) < 0) {
        return NULL;
    }
    if (get_examples(PyType_GetModuleState(type), self, args, example_names, &examples) < 0 ||
        network_enter(self) < 0) {
        return NULL;
    }
    const void *data = &examples.as;
    if (max_parameters > (uint64_t)self->count) max_parameters = (uint64_t)self->count;
    double worst;
    reg_status status;
    RUN(status, network_work(self, examples.m) * 2.0 * (double)max_parameters * (double)self->layers,
        CALL(self, reg_network_check_gradient, data, difference, (size_t)max_parameters, &worst));
    network_leave(self);
    if (status != REG_OK) raise_about(status, status == REG_ERROR_SHAPE ? "difference" : NULL, true);
    return status == REG_OK ? PyFloat_FromDouble(worst) : NULL;
}
