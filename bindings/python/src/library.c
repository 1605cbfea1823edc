/* What runs: version, build info, threads, status texts. */
#include "core.h"

static PyObject *build_info(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    (void)args;
    if (check_count("build_info", count, 0) < 0) return NULL;
    reg_build build = {.struct_size = sizeof build};
    reg_status status = reg_build_info(&build);
    if (status != REG_OK) return raise_status(status);
    return Py_BuildValue("{s:s,s:s,s:s,s:N,s:i}", "version", build.version, "isa", build.isa, "runtime",
                         build.runtime, "fused", PyBool_FromLong(build.fused), "num_threads",
                         (int)build.num_threads);
}

static PyObject *set_num_threads(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    if (check_count("set_num_threads", count, 1) < 0) return NULL;
    PyObject *index = PyNumber_Index(args[0]);
    if (index == NULL) {
        PyErr_Clear();
        return PyErr_Format(PyExc_TypeError, "n must be an integer, got %R", args[0]);
    }
    int overflow;
    long value = PyLong_AsLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    if (value == -1 && PyErr_Occurred()) return NULL;
    if (overflow != 0 || value < INT32_MIN || value > INT32_MAX) {
        return PyErr_Format(PyExc_ValueError, "n is %R; it must be in 1 to %d", args[0], REG_MAX_THREADS);
    }
    reg_status status = reg_set_num_threads((int32_t)value);
    if (status != REG_OK) return raise_status(status);
    Py_RETURN_NONE;
}

static PyObject *get_num_threads(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    (void)args;
    if (check_count("get_num_threads", count, 0) < 0) return NULL;
    int32_t threads = 0;
    reg_status status = reg_get_num_threads(&threads);
    if (status != REG_OK) return raise_status(status);
    return PyLong_FromLong(threads);
}

static PyObject *status_message(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    if (check_count("status_message", count, 1) < 0) return NULL;
    long value = PyLong_AsLong(args[0]);
    if (value == -1 && PyErr_Occurred()) return NULL;
    return PyUnicode_FromString(reg_status_message((reg_status)value));
}

PyMethodDef library_methods[] = {
    METHOD("build_info", build_info, "build_info() -> dict"),
    METHOD("set_num_threads", set_num_threads, "set_num_threads(n)"),
    METHOD("get_num_threads", get_num_threads, "get_num_threads() -> int"),
    METHOD("status_message", status_message, "status_message(status) -> str"),
    {NULL, NULL, 0, NULL},
};
