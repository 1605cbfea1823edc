/* Networks as bytes and in files; a network as a C function. */
#include "network.h"

#include <errno.h>
#include <string.h>

/* ---- Bytes ----------------------------------------------------------------------------- */

NETWORK_METHOD(network_serialize) {
    (void)type, (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("serialize", count, 0) < 0 || network_enter(self) < 0) return NULL;
    size_t size = 0;
    PyObject *bytes = NULL;
    reg_status status = CALL(self, reg_network_serialize, NULL, (size_t)0, &size);
    if (status == REG_OK || status == REG_ERROR_SIZE) {
        bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
        if (bytes != NULL) {
            void *buffer = PyBytes_AsString(bytes);
            RUN(status, size, CALL(self, reg_network_serialize, buffer, size, &size));
        }
    }
    network_leave(self);
    if (bytes == NULL && PyErr_Occurred()) return NULL;
    if (status == REG_OK) return bytes;
    Py_XDECREF(bytes);
    return raise_status(status);
}

/* Why the last bytes are no network. */
static const char *format_problem(void) {
    const char *message = reg_error_message();
    if (strcmp(message, reg_status_message(REG_ERROR_FORMAT)) != 0) return message;
    return "damaged, cut short, or not written by swiftreg";
}

/* A network of the type that was found. */
static PyObject *wrap_any(State *state, reg_network *f32, reg_network_f64 *f64) {
    return f32 != NULL ? network_wrap(state, TYPE_F32, f32) : network_wrap(state, TYPE_F64, f64);
}

PyObject *network_deserialize(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Py_buffer view;
    if (check_count("network_deserialize", count, 1) < 0) return NULL;
    if (PyObject_GetBuffer(args[0], &view, PyBUF_SIMPLE) < 0) {
        if (PyErr_ExceptionMatches(PyExc_MemoryError)) return NULL;
        PyErr_Clear();
        return PyErr_Format(PyExc_TypeError, "buffer must be bytes or the like, got %R", args[0]);
    }
    reg_network *f32;
    reg_network_f64 *f64;
    reg_status status;
    RUN(status, view.len, reg_network_deserialize_any(view.buf, (size_t)view.len, &f32, &f64));
    Py_ssize_t size = view.len;
    PyBuffer_Release(&view);
    if (status == REG_OK) return wrap_any(state, f32, f64);
    if (status == REG_ERROR_FORMAT) {
        return PyErr_Format(state->format_error, "%zd bytes: %s", size, format_problem());
    }
    return raise_status(status);
}

/* ---- Files ----------------------------------------------------------------------------- */

/* Calls that touch a file let other threads run however small it is, and keep errno, which the way
 * back in may change. */
#define WITH_FILE(status, error, call)                                                                       \
    do {                                                                                                     \
        Py_BEGIN_ALLOW_THREADS errno = 0;                                                                    \
        (status) = (call);                                                                                   \
        (error) = errno;                                                                                     \
        Py_END_ALLOW_THREADS                                                                                 \
    } while (0)

static PyObject *raise_file(State *state, reg_status status, int error, PyObject *path) {
    if (status == REG_ERROR_FILE) {
        errno = error != 0 ? error : EIO;
        return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    }
    if (status == REG_ERROR_FORMAT) {
        return PyErr_Format(state->format_error, "%R: %s", path, format_problem());
    }
    return raise_status(status);
}

/* The path as bytes, a new reference, and as the object that errors show. */
static PyObject *get_path(PyObject *object) {
    PyObject *path = NULL;
    if (PyUnicode_FSConverter(object, &path)) return path;
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "path must be str, bytes or os.PathLike, got %R", object);
    }
    return NULL;
}

NETWORK_METHOD(network_save) {
    (void)keywords;
    Network *self = (Network *)object;
    if (check_count("save", count, 1) < 0) return NULL;
    OWNED PyObject *path = get_path(args[0]);
    if (path == NULL || network_enter(self) < 0) return NULL;
    const char *name = PyBytes_AsString(path);
    reg_status status;
    int error;
    WITH_FILE(status, error, CALL(self, reg_network_save, name));
    network_leave(self);
    if (status != REG_OK) return raise_file(PyType_GetModuleState(type), status, error, args[0]);
    Py_RETURN_NONE;
}

PyObject *network_load(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    if (check_count("network_load", count, 1) < 0) return NULL;
    OWNED PyObject *path = get_path(args[0]);
    if (path == NULL) return NULL;
    const char *name = PyBytes_AsString(path);
    reg_network *f32;
    reg_network_f64 *f64;
    reg_status status;
    int error;
    WITH_FILE(status, error, reg_network_load_any(name, &f32, &f64));
    if (status != REG_OK) return raise_file(state_of(module), status, error, args[0]);
    return wrap_any(state_of(module), f32, f64);
}

/* args: path, name */
NETWORK_METHOD(network_export_c) {
    (void)keywords;
    Network *self = (Network *)object;
    if (check_count("export_c", count, 2) < 0) return NULL;
    if (!PyUnicode_Check(args[1])) {
        return PyErr_Format(PyExc_TypeError, "name must be a string, got %R", args[1]);
    }
    Py_ssize_t size;
    const char *name = PyUnicode_AsUTF8AndSize(args[1], &size);
    if (name == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeError)) return NULL;
        PyErr_Clear();
    }
    /* The library names what is no identifier; to it, the empty name is none too. */
    if (name == NULL || strlen(name) != (size_t)size) name = "";
    OWNED PyObject *path = get_path(args[0]);
    if (path == NULL || network_enter(self) < 0) return NULL;
    const char *file = PyBytes_AsString(path);
    reg_status status;
    int error;
    WITH_FILE(status, error, CALL(self, reg_network_export_c, file, name));
    network_leave(self);
    if (status == REG_OK) Py_RETURN_NONE;
    if (status == REG_ERROR_NAME) {
        return PyErr_Format(PyExc_ValueError, "%s, got %R", reg_error_message(), args[1]);
    }
    return raise_file(PyType_GetModuleState(type), status, error, args[0]);
}
