/* Costs, and the gradient where a cost begins. */
#include "core.h"

/* The weight matrices of the L2 term: any contiguous order, since only squares are summed. */
typedef struct Weights {
    Py_ssize_t layers;
    Array *arrays;
    const void **data;
    size_t *counts;
} Weights;

static void weights_release(Weights *weights) {
    for (Py_ssize_t l = 0; weights->arrays != NULL && l < weights->layers; l++) {
        release(&weights->arrays[l]);
    }
    PyMem_Free(weights->arrays);
    PyMem_Free(weights->data);
    PyMem_Free(weights->counts);
}

static int weights_get(State *state, PyObject *tuple, ElementType type, Weights *weights) {
    size_t layers = (size_t)PyTuple_Size(tuple);
    weights->layers = (Py_ssize_t)layers;
    weights->arrays = PyMem_Calloc(layers + 1, sizeof *weights->arrays);
    weights->data = PyMem_Calloc(layers + 1, sizeof *weights->data);
    weights->counts = PyMem_Calloc(layers + 1, sizeof *weights->counts);
    if (weights->arrays == NULL || weights->data == NULL || weights->counts == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t l = 0; l < layers; l++) {
        char name[32];
        PyOS_snprintf(name, sizeof name, "W%zu", l + 1);
        Array *array = &weights->arrays[l];
        PyObject *object = PyTuple_GetItem(tuple, (Py_ssize_t)l);
        if (get_as(state, object, name, type, LAYOUT_STRIDED, array) < 0) return -1;
        if (!PyBuffer_IsContiguous(&array->view, 'A')) {
            release(array);
            if (get_as(state, object, name, type, LAYOUT_C, array) < 0) return -1;
        }
        weights->data[l] = array->data;
        weights->counts[l] = (size_t)array->count;
    }
    return 0;
}

static int check_matrix(const Array *array, const char *name) {
    if (array->view.ndim == 2) return 0;
    return raise_shape(array, "%s must have two dimensions", name);
}

static reg_status run_cost(const Array *a, const Array *y, const Weights *weights, double lambda,
                           double *cost, size_t *ignored) {
    size_t n_out = (size_t)a->view.shape[0], m = (size_t)a->view.shape[1];
    Py_ssize_t work = a->count;
    for (Py_ssize_t l = 0; l < weights->layers; l++) work += (Py_ssize_t)weights->counts[l];
    reg_status status;
    if (weights->arrays == NULL) {
        RUN(status, work, BY_TYPE(a->type, reg_cost, a->data, y->data, n_out, m, cost, ignored));
    } else {
        RUN(status, work,
            BY_TYPE(a->type, reg_cost_l2, a->data, y->data, n_out, m, (void *)weights->data, weights->counts,
                    (size_t)weights->layers, lambda, cost, ignored));
    }
    return status;
}

/* args: a, y, weights (a tuple, or None for the plain cost), lambd */
static PyObject *cost(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    ARRAY(a);
    ARRAY(y);
    Weights weights __attribute__((cleanup(weights_release))) = {.layers = 0};
    double lambda = 0, value = 0;
    size_t ignored = 0;
    if (check_count("cost", count, 4) < 0) return NULL;
    if (args[2] != Py_None && !PyTuple_Check(args[2])) {
        return PyErr_Format(PyExc_TypeError, "weights must be a tuple, got %R", args[2]);
    }
    if (get_double(args[3], "lambd", &lambda) < 0 || get_float(state, args[0], "A", LAYOUT_C, &a) < 0 ||
        get_labels(state, args[1], "Y", a.type, &y) < 0 || check_matrix(&y, "Y") < 0 ||
        check_same_shape(&a, "A", &y, "Y") < 0 ||
        (args[2] != Py_None && weights_get(state, args[2], a.type, &weights) < 0)) {
        return NULL;
    }
    reg_status status = run_cost(&a, &y, &weights, lambda, &value, &ignored);
    return status == REG_OK ? Py_BuildValue("(dn)", value, (Py_ssize_t)ignored) : raise_status(status);
}

int cost_gradient(State *state, PyObject *a_object, PyObject *y_object, Array *dz) {
    ARRAY(a);
    ARRAY(y);
    if (get_float(state, a_object, "A", LAYOUT_C, &a) < 0 ||
        get_labels(state, y_object, "Y", a.type, &y) < 0 || check_same_shape(&a, "A", &y, "Y") < 0 ||
        new_float(state, a.type, a.view.ndim, a.view.shape, dz) < 0) {
        return -1;
    }
    reg_status status;
    RUN(status, a.count, BY_TYPE(a.type, reg_backward_cost, a.data, y.data, (size_t)a.count, dz->data));
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

/* args: a, y */
static PyObject *backward_cost(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    ARRAY(dz);
    if (check_count("backward_cost", count, 2) < 0 ||
        cost_gradient(state_of(module), args[0], args[1], &dz) < 0) {
        return NULL;
    }
    return detach(&dz);
}

PyMethodDef cost_methods[] = {
    METHOD("cost", cost, "cost(A, Y, weights, lambd) -> (cost, ignored)"),
    METHOD("backward_cost", backward_cost, "backward_cost(A, Y)"),
    {NULL, NULL, 0, NULL},
};
