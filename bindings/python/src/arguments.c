/* Scalar arguments, shapes, and the exceptions for a status. */
#include "core.h"

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

int get_uint64(PyObject *object, const char *name, uint64_t *value) {
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
    PyErr_Format(PyExc_ValueError, "%s must be in 0 to 2**64 - 1, got %R", name, object);
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
        PyErr_Format(PyExc_ValueError, "%s has %zd dimensions, more than %d", name, ndim,
                     MAX_DIMENSIONS);
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

PyObject *raise_status(reg_status status, const char *name, PyObject *value) {
    const char *message = reg_status_message(status);
    switch (status) {
    case REG_ERROR_MEMORY:
        return PyErr_NoMemory();
    case REG_ERROR_SIZE:
    case REG_ERROR_SHAPE:
        return PyErr_Format(PyExc_ValueError, "%s", message);
    case REG_ERROR_NOT_FINITE:
        return PyErr_Format(PyExc_FloatingPointError, "%s", message);
    case REG_ERROR_NULL:
    case REG_ERROR_ISA:
    case REG_ERROR_STATE:
    case REG_ERROR_FUNCTION:
        return PyErr_Format(PyExc_RuntimeError, "%s", message);
    default:
        if (name != NULL) return PyErr_Format(PyExc_ValueError, "%s=%R: %s", name, value, message);
        return PyErr_Format(PyExc_ValueError, "%s", message);
    }
}
