/* Scalar arguments, shapes, and the exceptions for a status. */
#include "core.h"

#include <string.h>

int check_count(const char *function, Py_ssize_t count, Py_ssize_t wanted) {
    if (count == wanted) return 0;
    PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", function, wanted, count);
    return -1;
}

int get_double(PyObject *object, const char *name, double *value) {
    *value = PyFloat_AsDouble(object);
    if (*value != -1.0 || !PyErr_Occurred()) return 0;
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must be a real number, got %R", name, object);
    } else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s is too large for a float: %R", name, object);
    }
    return -1;
}

static int get_integer(PyObject *object, const char *name, uint64_t least, uint64_t *value) {
    PyObject *index = PyNumber_Index(object);
    if (index == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s must be an integer, got %R", name, object);
        }
        return -1;
    }
    *value = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    if (*value != UINT64_MAX || !PyErr_Occurred()) return 0;
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "%s must be in %llu to 2**64 - 1, got %R", name, (unsigned long long)least,
                 object);
    return -1;
}

int get_uint64(PyObject *object, const char *name, uint64_t *value) {
    return get_integer(object, name, 0, value);
}

int get_count(PyObject *object, const char *name, uint64_t least, bool none, uint64_t *value) {
    *value = 0;
    if (none && object == Py_None) return 0;
    if (get_integer(object, name, least, value) < 0) return -1;
    if (*value >= least) return 0;
    PyErr_Format(PyExc_ValueError, "%s must be %llu or more%s, got %R", name, (unsigned long long)least,
                 none ? ", or None" : "", object);
    return -1;
}

static int get_dimension(PyObject *object, const char *name, Py_ssize_t *value) {
    *value = PyNumber_AsSsize_t(object, PyExc_OverflowError);
    if (*value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "%s must be an integer or a shape, got %R", name, object);
        } else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_ValueError, "%s is too large: %R", name, object);
        }
        return -1;
    }
    if (*value < 0) {
        PyErr_Format(PyExc_ValueError, "%s must not be negative, got %R", name, object);
        return -1;
    }
    return 0;
}

int get_shape(PyObject *object, const char *name, Py_ssize_t shape[MAX_DIMENSIONS]) {
    if (PyIndex_Check(object)) return get_dimension(object, name, &shape[0]) < 0 ? -1 : 1;
    if (!PyTuple_Check(object) && !PyList_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be an integer or a shape, got %R", name, object);
        return -1;
    }
    PyObject *tuple = PySequence_Tuple(object);
    if (tuple == NULL) return -1;
    Py_ssize_t ndim = PyTuple_Size(tuple);
    if (ndim > MAX_DIMENSIONS) {
        PyErr_Format(PyExc_ValueError, "%s has %zd dimensions, more than %d", name, ndim, MAX_DIMENSIONS);
        ndim = -1;
    }
    for (Py_ssize_t i = 0; i < ndim; i++) {
        if (get_dimension(PyTuple_GetItem(tuple, i), name, &shape[i]) < 0) ndim = -1;
    }
    Py_DECREF(tuple);
    return (int)ndim;
}

PyObject *shape_tuple(int ndim, const Py_ssize_t *shape) {
    PyObject *tuple = PyTuple_New(ndim);
    for (int i = 0; tuple != NULL && i < ndim; i++) {
        PyObject *dimension = PyLong_FromSsize_t(shape[i]);
        if (dimension == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SetItem(tuple, i, dimension);
    }
    return tuple;
}

int raise_shape(const Array *array, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    OWNED PyObject *text = PyUnicode_FromFormatV(format, arguments);
    va_end(arguments);
    OWNED PyObject *shape = shape_tuple(array->view.ndim, array->view.shape);
    if (text != NULL && shape != NULL) {
        PyErr_Format(PyExc_ValueError, "%U, got %S", text, shape);
    }
    return -1;
}

void reword(PyObject *class, const char *format, const char *name) {
    PyObject *type, *cause, *trace;
    PyErr_Fetch(&type, &cause, &trace);
    PyErr_Format(class != NULL ? class : type, format, name, cause);
    Py_XDECREF(type);
    Py_XDECREF(cause);
    Py_XDECREF(trace);
}

/* ---- Errors of the library -------------------------------------------------------------- */

/* Arguments of the library that have another name in Python. */
static const struct {
    const char *c, *python;
} renamed[] = {
    {"activations", "activation"},
    {"kind", "optimizer"},
    {"lambda", "lambd"},
    {"num_threads", "n"},
    {"total_weight", "mean_over"},
    {"validation->weights", "validation sample_weight"},
    {"validation->y", "validation Y"},
    {"weights", "sample_weight"},
    {"widths", "layer_dims"},
    {"y", "Y"},
};

static PyObject *class_of(reg_status status) {
    switch (status) {
    case REG_ERROR_MEMORY: return PyExc_MemoryError;
    case REG_ERROR_NOT_FINITE: return PyExc_FloatingPointError;
    case REG_ERROR_NULL:
    case REG_ERROR_ISA:
    case REG_ERROR_STATE:
    case REG_ERROR_FUNCTION: return PyExc_RuntimeError;
    default: return PyExc_ValueError;
    }
}

PyObject *raise_about(reg_status status, const char *name, bool is_array) {
    reg_error error = {.struct_size = sizeof error};
    const char *text = reg_status_message(status);
    if (status == REG_ERROR_MEMORY) return PyErr_NoMemory();
    if (reg_last_error(&error) != REG_OK || error.status != status || error.argument == NULL) {
        return PyErr_Format(class_of(status), "%s", text);
    }
    for (size_t i = 0; name == NULL && i < sizeof renamed / sizeof renamed[0]; i++) {
        if (strcmp(renamed[i].c, error.argument) == 0) name = renamed[i].python;
    }
    text = error.message + strlen(error.argument);
    if (!is_array && error.index >= 0) text = strchr(text, ']') + 1;
    return PyErr_Format(class_of(status), "%s%s", name != NULL ? name : error.argument, text);
}

PyObject *raise_status(reg_status status) { return raise_about(status, NULL, true); }
