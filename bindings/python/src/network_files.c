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

/* ---- C ---------------------------------------------------------------------------------- */

/* What exported C is made of, beside the network. Zero-initialized, valid to release. */
typedef struct Export {
    reg_export_options options;
    PyObject *header, *labels; /* owned; the labels are a tuple of bytes */
    Array values;
    reg_input_step *kinds;
    const char **texts;
} Export;

static void release_export(Export *export) {
    Py_XDECREF(export->header);
    Py_XDECREF(export->labels);
    release(&export->values);
    PyMem_Free(export->kinds);
    PyMem_Free(export->texts);
}

/* The steps of the inputs: a tuple of names, and their constants. */
static int get_steps(State *state, const Network *network, PyObject *names, PyObject *values,
                     Export *export) {
    Py_ssize_t count = PyTuple_Size(names);
    if (count < 0 || get_as(state, values, "step_values", TYPE_F64, LAYOUT_C, &export->values) < 0) return -1;
    if (export->values.view.ndim != 2 || export->values.view.shape[0] != count ||
        export->values.view.shape[1] != network->inputs)
        return raise_shape(&export->values, "step_values must have shape (%zd, %zd)", count, network->inputs);
    export->kinds = PyMem_Calloc((size_t)count + 1, sizeof *export->kinds);
    if (export->kinds == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        uint32_t kind;
        if (get_enum(REG_ENUM_INPUT_STEP, PyTuple_GetItem(names, i), "step", &kind) < 0) return -1;
        export->kinds[i] = (reg_input_step)kind;
    }
    export->options.steps = (size_t)count;
    export->options.step_kinds = export->kinds;
    export->options.step_values = export->values.data;
    return 0;
}

/* The labels of the classes: a sequence of strings. */
static int get_labels_of_classes(PyObject *labels, Export *export) {
    OWNED PyObject *tuple = PySequence_Tuple(labels);
    if (tuple == NULL) return -1;
    Py_ssize_t count = PyTuple_Size(tuple);
    export->labels = PyTuple_New(count);
    export->texts = PyMem_Calloc((size_t)count + 1, sizeof *export->texts);
    if (export->labels == NULL) return -1;
    if (export->texts == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *label = PyTuple_GetItem(tuple, i), *bytes = NULL;
        if (!PyUnicode_Check(label)) {
            PyErr_Format(PyExc_TypeError, "labels[%zd] must be a string, got %R", i, label);
            return -1;
        }
        char *text;
        Py_ssize_t size;
        bytes = PyUnicode_AsUTF8String(label);
        if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &text, &size) < 0) {
            Py_XDECREF(bytes);
            return -1;
        }
        PyTuple_SetItem(export->labels, i, bytes);
        if (strlen(text) != (size_t)size) {
            PyErr_Format(PyExc_ValueError, "labels[%zd] must have no zero byte, got %R", i, label);
            return -1;
        }
        export->texts[i] = text;
    }
    export->options.classes = (size_t)count;
    export->options.labels = export->texts;
    return 0;
}

/* args: path, name, precision, block, header (or None), steps (a tuple of names), step_values, labels (or
 * None) */
NETWORK_METHOD(network_export_c) {
    (void)keywords;
    Network *self = (Network *)object;
    State *state = PyType_GetModuleState(type);
    Export export
        __attribute__((cleanup(release_export))) = {.options = {.struct_size = sizeof export.options}};
    uint32_t precision;
    if (check_count("export_c", count, 8) < 0) return NULL;
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
    if (path == NULL || get_enum(REG_ENUM_PRECISION, args[2], "precision", &precision) < 0) return NULL;
    export.options.precision = (reg_precision)precision;
    export.options.block = PyObject_IsTrue(args[3]);
    if (export.options.block < 0) return NULL;
    if (args[4] != Py_None) {
        export.header = get_path(args[4]);
        if (export.header == NULL) return NULL;
        export.options.header = PyBytes_AsString(export.header);
    }
    if (get_steps(state, self, args[5], args[6], &export) < 0 ||
        (args[7] != Py_None && get_labels_of_classes(args[7], &export) < 0) || network_enter(self) < 0)
        return NULL;
    const char *file = PyBytes_AsString(path);
    reg_status status;
    int error;
    WITH_FILE(status, error, CALL(self, reg_network_export_c, file, name, &export.options));
    network_leave(self);
    if (status == REG_OK) Py_RETURN_NONE;
    if (status == REG_ERROR_NAME) {
        return PyErr_Format(PyExc_ValueError, "%s, got %R", reg_error_message(), args[1]);
    }
    return raise_file(state, status, error, args[0]);
}
