/* Calls of a network on data: predictions, costs, gradients. */
#include "network.h"

#include <string.h>

const char *const example_names[3] = {"X", "Y", "sample_weight"};

/* The strides of an array whose rows are examples. */
static reg_strides as_examples(const Array *array) {
    reg_strides strides = strides_of(array);
    return (reg_strides){.unit = strides.example, .example = strides.unit};
}

/* ---- Inputs ---------------------------------------------------------------------------- */

static int raise_features(const Network *network, const char *name, Py_ssize_t features) {
    PyErr_Format(PyExc_ValueError, "%s has %zd features, but the network has %zd inputs", name, features,
                 network->inputs);
    return -1;
}

/* (m, inputs) */
static int get_dense(State *state, const Network *network, PyObject *object, const char *name, Array *x) {
    if (get_as(state, object, name, network->type, LAYOUT_STRIDED, x) < 0) return -1;
    const Py_buffer *view = &x->view;
    if (view->ndim == 2 && view->shape[1] == network->inputs) return 0;
    if (view->ndim == 2) return raise_features(network, name, view->shape[1]);
    return raise_shape(x, "%s must have two dimensions, (examples, features)", name);
}

/* The format of a matrix of scipy.sparse, a new reference; NULL without an exception for any other
 * object. */
static PyObject *sparse_format(PyObject *object) {
    if (PyObject_CheckBuffer(object)) return NULL;
    PyObject *format = PyObject_GetAttrString(object, "format");
    if (format == NULL) PyErr_Clear();
    if (format == NULL || PyUnicode_Check(format)) return format;
    Py_DECREF(format);
    return NULL;
}

/* An attribute of a sparse matrix, as an array of one dimension: values, or indices of `size` bytes. */
static int get_part(State *state, const Network *network, PyObject *matrix, const char *attribute,
                    const char *name, Py_ssize_t size, Array *array) {
    OWNED PyObject *object = PyObject_GetAttrString(matrix, attribute);
    if (object == NULL) return -1;
    int result = size == 0 ? get_as(state, object, name, network->type, LAYOUT_C, array)
                           : get_indices(state, object, name, size, array);
    if (result < 0 || array->view.ndim == 1) return result;
    return raise_shape(array, "%s.%s must have one dimension", name, attribute);
}

static int get_sparse(State *state, const Network *network, PyObject *object, const char *name, Examples *e) {
    OWNED PyObject *shape_object = PyObject_GetAttrString(object, "shape");
    Py_ssize_t shape[MAX_DIMENSIONS];
    if (shape_object == NULL) return -1;
    int ndim = get_shape(shape_object, "X.shape", shape);
    if (ndim < 0) return -1;
    if (ndim != 2) {
        PyErr_Format(PyExc_ValueError, "%s must have two dimensions, (examples, features), got %S", name,
                     shape_object);
        return -1;
    }
    if (shape[1] != network->inputs) return raise_features(network, name, shape[1]);
    /* SciPy has both kinds of indices in one type. */
    if (get_part(state, network, object, "data", name, 0, &e->x) < 0 ||
        get_part(state, network, object, "indices", name, 4, &e->columns) < 0 ||
        get_part(state, network, object, "indptr", name, e->columns.view.itemsize, &e->row_starts) < 0) {
        return -1;
    }
    if (e->columns.view.itemsize != e->row_starts.view.itemsize) {
        release(&e->columns);
        if (get_part(state, network, object, "indices", name, 8, &e->columns) < 0) return -1;
    }
    bool is_wide = e->row_starts.view.itemsize == 8;
    const void *starts = e->row_starts.data;
    Py_ssize_t rows = shape[0], stored = e->x.count < e->columns.count ? e->x.count : e->columns.count;
    if (e->row_starts.count != rows + 1 ||
        (is_wide ? ((const int64_t *)starts)[rows] : ((const int32_t *)starts)[rows]) > stored) {
        PyErr_Format(PyExc_ValueError, "%s is damaged: indptr does not fit its shape, data and indices",
                     name);
        return -1;
    }
    e->row_count = rows;
    e->sparse = (reg_sparse){.struct_size = sizeof e->sparse,
                             .values = e->x.data,
                             .columns = e->columns.data,
                             .row_starts = starts,
                             .index_bytes = is_wide ? 8 : 4};
    return 0;
}

/* X and the rows in use. */
static int get_inputs(State *state, const Network *network, PyObject *object, PyObject *rows,
                      const char *name, Examples *e) {
    OWNED PyObject *format = sparse_format(object);
    if (format == NULL) {
        if (get_dense(state, network, object, name, &e->x) < 0) return -1;
        e->row_count = e->x.view.shape[0];
    } else if (PyUnicode_CompareWithASCIIString(format, "csr") != 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s is a sparse matrix in the format '%U': only 'csr' is taken, as %s.tocsr()", name,
                     format, name);
        return -1;
    } else if (get_sparse(state, network, object, name, e) < 0) {
        return -1;
    }
    e->m = e->row_count;
    if (rows != Py_None) {
        if (get_indices(state, rows, "rows", sizeof(size_t), &e->rows) < 0) return -1;
        if (e->rows.view.ndim != 1) return raise_shape(&e->rows, "rows must have one dimension");
        e->m = e->rows.count;
    }
    return 0;
}

/* The library's form of the examples, of which Y and the weights may be missing. */
static void set_data(const Network *network, Examples *e, reg_strides y_strides) {
    bool is_sparse = e->sparse.struct_size > 0;
    reg_strides x_strides = is_sparse ? (reg_strides){0, 0} : as_examples(&e->x);
#define DATA(type)                                                                                           \
    (type){.struct_size = sizeof(type),                                                                      \
           .m = (size_t)e->m,                                                                                \
           .x = is_sparse ? NULL : e->x.data,                                                                \
           .x_strides = x_strides,                                                                           \
           .y = e->y.data,                                                                                   \
           .y_strides = y_strides,                                                                           \
           .weights = e->weights.data,                                                                       \
           .rows = e->rows.data,                                                                             \
           .row_count = (size_t)e->row_count,                                                                \
           .sparse = is_sparse ? &e->sparse : NULL,                                                          \
           .check_targets = 1}
    if (network->type == TYPE_F32) e->as.f32 = DATA(reg_data);
    else e->as.f64 = DATA(reg_data_f64);
#undef DATA
}

/* ---- Targets and weights --------------------------------------------------------------- */

/* (m, outputs), or for one output (m,) */
static int get_targets(State *state, const Network *network, PyObject *object, const char *const names[3],
                       Examples *examples, reg_strides *strides) {
    Array *y = &examples->y;
    if (get_as(state, object, names[1], network->type, LAYOUT_STRIDED, y) < 0) return -1;
    const Py_buffer *view = &y->view;
    Py_ssize_t rows = examples->row_count;
    if (view->ndim == 2 && view->shape[0] == rows && view->shape[1] == network->outputs) {
        *strides = as_examples(y);
        return 0;
    }
    if (view->ndim == 1 && view->shape[0] == rows && network->outputs == 1) {
        *strides = (reg_strides){.unit = 1, .example = view->strides[0] / view->itemsize};
        return 0;
    }
    bool are_numbers = network->loss == REG_SOFTMAX_CROSS_ENTROPY && view->ndim == 1;
    return raise_shape(
        y, "%s must have shape (%zd, %zd)%s, one row for each of %s and one column for each output%s",
        names[1], rows, network->outputs, network->outputs == 1 ? " or one dimension" : "", names[0],
        are_numbers ? " (numbers of classes become such rows as numpy.eye(outputs)[numbers])" : "");
}

static int get_weights(State *state, const Network *network, PyObject *object, const char *const names[3],
                       Examples *examples) {
    Array *weights = &examples->weights;
    if (get_as(state, object, names[2], network->type, LAYOUT_C, weights) < 0) return -1;
    if (weights->view.ndim == 1 && weights->view.shape[0] == examples->row_count) return 0;
    return raise_shape(weights, "%s must have shape (%zd,) to fit %s", names[2], examples->row_count,
                       names[0]);
}

int get_examples(State *state, const Network *network, PyObject *const args[3], PyObject *rows,
                 const char *const names[3], Examples *examples) {
    if (get_inputs(state, network, args[0], rows, names[0], examples) < 0) return -1;
    if (examples->m == 0) {
        PyErr_Format(PyExc_ValueError, "%s has no examples: shape (0, %zd)", names[0], network->inputs);
        return -1;
    }
    reg_strides y_strides;
    if (get_targets(state, network, args[1], names, examples, &y_strides) < 0 ||
        (args[2] != Py_None && get_weights(state, network, args[2], names, examples) < 0)) {
        return -1;
    }
    set_data(network, examples, y_strides);
    return 0;
}

void release_examples(Examples *examples) {
    Array *arrays[] = {&examples->x,    &examples->columns, &examples->row_starts,
                       &examples->rows, &examples->y,       &examples->weights};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) release(arrays[i]);
}

/* ---- Prediction ------------------------------------------------------------------------ */

/* A new array (m, outputs), C-ordered. */
static int new_outputs(State *state, const Network *network, Py_ssize_t m, Array *out) {
    Py_ssize_t shape[2] = {m, network->outputs};
    return new_float(state, network->type, 2, shape, out);
}

/* args: X, whether pre-activations are wanted instead of outputs, the rows or None */
NETWORK_METHOD(network_predict) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    Network *self = (Network *)object;
    EXAMPLES(examples);
    ARRAY(out);
    int before;
    if (check_count("predict", count, 3) < 0 || (before = PyObject_IsTrue(args[1])) < 0 ||
        get_inputs(state, self, args[0], args[2], "X", &examples) < 0 ||
        new_outputs(state, self, examples.m, &out) < 0 || network_enter(self) < 0) {
        return NULL;
    }
    set_data(self, &examples, (reg_strides){0, 0});
    const void *data = &examples.as;
    reg_strides out_strides = {.unit = 1, .example = self->outputs};
    void *outputs = before ? NULL : out.data, *pre_activations = before ? out.data : NULL;
    reg_status status;
    RUN(status, network_work(self, examples.m),
        CALL(self, reg_network_predict_data, data, outputs, pre_activations, out_strides));
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
        get_dense(state, self, args[0], "X", &x) < 0 ||
        new_outputs(state, self, x.view.shape[0], &mean) < 0 ||
        new_outputs(state, self, x.view.shape[0], &deviation) < 0 || network_enter(self) < 0) {
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
        get_examples(PyType_GetModuleState(type), self, args, Py_None, example_names, &examples) < 0 ||
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
    if (get_examples(PyType_GetModuleState(type), self, args, Py_None, example_names, &examples) < 0 ||
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
    if (check_count("apply", count, 0) < 0 || network_enter_training(self) < 0) return NULL;
    reg_status status;
    RUN(status, self->count, BY_TYPE(self->type, reg_network_apply, self->handle));
    network_leave_training(self);
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
    if (get_examples(PyType_GetModuleState(type), self, args, Py_None, example_names, &examples) < 0 ||
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
