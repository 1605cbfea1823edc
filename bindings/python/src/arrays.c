/* Arrays by the buffer protocol: which are taken as they lie, converted, or refused. */
#include "core.h"

#include <string.h>

/* ---- Types ----------------------------------------------------------------------------- */

Py_ssize_t item_size(ElementType type) {
    switch (type) {
    case TYPE_F32: return 4;
    case TYPE_F64: return 8;
    default: return 1;
    }
}

static const char *type_name(ElementType type) {
    switch (type) {
    case TYPE_F32: return "float32";
    case TYPE_F64: return "float64";
    case TYPE_U8: return "uint8";
    default: return "bool";
    }
}

/* A TypeError that names what an object holds instead of real numbers: its dtype, if it has one. */
static void raise_type(PyObject *object, const char *format, const char *name) {
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    if (dtype != NULL) {
        PyErr_Format(PyExc_TypeError, "%s must hold real numbers, got %s%S", name,
                     strchr(format, 'O') != NULL ? "Python objects: dtype " : "dtype ", dtype);
        Py_DECREF(dtype);
    } else if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "%s must hold real numbers, got format '%s'", name, format);
    }
}

/* The element type of a format that is one character, as native types have, or -1. */
static int type_of_code(const char *code) {
    if (code[0] == '\0' || code[1] != '\0') return -1;
    switch (code[0]) {
    case 'f': return TYPE_F32;
    case 'd': return TYPE_F64;
    case 'B': return TYPE_U8;
    case '?': return TYPE_BOOL;
    case 'e':
    case 'g': return TYPE_OTHER_FLOAT;
    default: return strchr("bhHiIlLqQnN", code[0]) != NULL ? TYPE_INTEGER : -1;
    }
}

/* No numbers of this machine, but swiftreg._frames may make an array of some. */
#define CONVERTIBLE (-2)

/* The element type of the buffer's format; or -1 or CONVERTIBLE, with a TypeError. */
static int classify(PyObject *object, const Py_buffer *view, const char *name) {
    const char *format = view->format != NULL ? view->format : "B";
    int type = type_of_code(format);
    if (type >= 0) return type;
    const char *code = format;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bool swapped = *code == '>' || *code == '!';
#else
    bool swapped = *code == '<';
#endif
    if (*code != '\0' && strchr("@=<>!^", *code) != NULL) code++;
    if (swapped && code[0] != '\0' && strchr("?bB", code[0]) == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "%s is not in native byte order (format '%s'); convert it first, with "
                     "%s.astype(%s.dtype.newbyteorder('='))",
                     name, format, name, name);
        return CONVERTIBLE;
    }
    type = type_of_code(code);
    if (type >= 0) return type;
    raise_type(object, format, name);
    return strcmp(code, "O") == 0 ? CONVERTIBLE : -1;
}

static PyObject *dtype_of(State *state, ElementType type) {
    return type == TYPE_F32 ? state->float32 : state->float64;
}

/* ---- Layout ---------------------------------------------------------------------------- */

/* Derives data, count, contiguity and alignment from the view. */
static void measure(Array *array) {
    const Py_buffer *view = &array->view;
    Py_ssize_t count = 1, gap = 0, bits = (Py_ssize_t)(uintptr_t)view->buf;
    for (int i = view->ndim - 1; i >= 0; i--) {
        if (view->shape[i] > 1) {
            bits |= view->strides[i];
            gap |= view->strides[i] ^ (count * view->itemsize);
        }
        count *= view->shape[i];
    }
    array->data = view->buf;
    array->count = count;
    array->contiguous = gap == 0 || count == 0;
    /* Sizes are powers of two. */
    array->aligned = (bits & (view->itemsize - 1)) == 0;
}

reg_strides strides_of(const Array *a) {
    int shift = a->type == TYPE_F32 ? 2 : 3; /* of whole elements, so nothing is lost */
    return (reg_strides){a->view.strides[0] >> shift, a->view.strides[1] >> shift};
}

bool same_shape(const Array *a, const Array *b) {
    if (a->view.ndim != b->view.ndim) return false;
    for (int i = 0; i < a->view.ndim; i++) {
        if (a->view.shape[i] != b->view.shape[i]) return false;
    }
    return true;
}

int check_same_shape(const Array *a, const char *a_name, const Array *b, const char *b_name) {
    if (same_shape(a, b)) return 0;
    PyObject *a_shape = shape_tuple(a->view.ndim, a->view.shape);
    PyObject *b_shape = shape_tuple(b->view.ndim, b->view.shape);
    if (a_shape != NULL && b_shape != NULL) {
        PyErr_Format(PyExc_ValueError, "%s has shape %S, but %s has shape %S", a_name, a_shape, b_name,
                     b_shape);
    }
    Py_XDECREF(a_shape);
    Py_XDECREF(b_shape);
    return -1;
}

/* First byte, and one past the last. */
static void bounds(const Array *array, const char **low, const char **high) {
    *low = *high = array->view.buf;
    if (array->count == 0) return;
    for (int i = 0; i < array->view.ndim; i++) {
        Py_ssize_t reach = array->view.strides[i] * (array->view.shape[i] - 1);
        if (reach < 0) *low += reach;
        else *high += reach;
    }
    *high += array->view.itemsize;
}

bool may_overlap(const Array *a, const Array *b) {
    const char *a_low, *a_high, *b_low, *b_high;
    bounds(a, &a_low, &a_high);
    bounds(b, &b_low, &b_high);
    return a_low < b_high && b_low < a_high;
}

/* ---- Taking and releasing -------------------------------------------------------------- */

void release(Array *array) {
    if (array->owned != NULL) PyMem_Free(array->owned);
    array->owned = NULL;
    PyBuffer_Release(&array->view);
    Py_CLEAR(array->object);
}

PyObject *detach(Array *array) {
    PyObject *object = array->object;
    array->object = NULL;
    PyBuffer_Release(&array->view);
    return object;
}

/* A read-only buffer with format and strides. Some exporters (ctypes) leave out the strides that
 * they are asked for: a memoryview works them out. */
static int get_buffer(PyObject *object, Py_buffer *view) {
    if (PyObject_GetBuffer(object, view, PyBUF_RECORDS_RO) < 0) return -1;
    if (view->strides != NULL || view->ndim == 0) return 0;
    PyBuffer_Release(view);
    PyObject *memory = PyMemoryView_FromObject(object);
    if (memory == NULL) return -1;
    int result = PyObject_GetBuffer(memory, view, PyBUF_RECORDS_RO);
    Py_DECREF(memory);
    return result;
}

/* The buffer of an object that has one, with its type; takes no new reference on failure, which is -1
 * or CONVERTIBLE. */
static int take(PyObject *object, const char *name, Array *array) {
    if (get_buffer(object, &array->view) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_MemoryError)) {
            reword(PyExc_TypeError, "%s cannot be used as an array: %S", name);
        }
        return -1;
    }
    int type = classify(object, &array->view, name);
    if (type < 0) {
        PyBuffer_Release(&array->view);
        return type;
    }
    array->type = (ElementType)type;
    measure(array);
    array->object = Py_NewRef(object);
    return 0;
}

/* numpy.asarray(object, dtype, order), either NULL for whatever it has; errors name the argument. */
static PyObject *as_array(State *state, PyObject *object, const char *name, PyObject *dtype,
                          PyObject *order) {
    PyObject *result = PyObject_CallFunctionObjArgs(state->asarray, object, dtype != NULL ? dtype : Py_None,
                                                    order != NULL ? order : Py_None, NULL);
    if (result != NULL || PyErr_ExceptionMatches(PyExc_MemoryError)) return result;
    if (!PyErr_ExceptionMatches(PyExc_ValueError) && !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return NULL;
    }
    reword(NULL, "%s cannot be made an array: %S", name);
    return NULL;
}

/* Replaces an array by NumPy's conversion of it; steals `object`, which may be NULL (an error). */
static int replace_with(PyObject *object, const char *name, Array *array) {
    release(array);
    if (object == NULL) return -1;
    int result = take(object, name, array);
    Py_DECREF(object);
    return result;
}

/* Whether an array has a dtype that a package registered with NumPy, as ml_dtypes its bfloat16: those
 * have no buffer format. Keeps the current exception. */
static bool has_registered_dtype(PyObject *object) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    PyObject *origin = dtype != NULL ? PyObject_GetAttrString(dtype, "isbuiltin") : NULL;
    bool registered = origin != NULL && PyLong_Check(origin) && PyLong_AsLong(origin) == 2;
    Py_XDECREF(origin);
    Py_XDECREF(dtype);
    PyErr_Restore(type, value, trace);
    return registered;
}

/* As `take`; an array of a registered dtype is converted to float32. */
static int take_array(State *state, PyObject *object, const char *name, Array *array) {
    int taken = take(object, name, array);
    if (taken == 0) return 0;
    if (!PyErr_ExceptionMatches(PyExc_TypeError) || !has_registered_dtype(object)) return taken;
    PyErr_Clear();
    PyObject *converted = as_array(state, object, name, dtype_of(state, TYPE_F32), NULL);
    if (converted == NULL) return -1;
    int result = take(converted, name, array);
    Py_DECREF(converted);
    return result;
}

/* swiftreg._frames.numbers(object, name): an array, or its exception, which says more. */
static PyObject *as_numbers(PyObject *object, const char *name) {
    PyErr_Clear();
    PyObject *module = PyImport_ImportModule("swiftreg._frames");
    PyObject *numbers = module != NULL ? PyObject_CallMethod(module, "numbers", "Os", object, name) : NULL;
    Py_XDECREF(module);
    return numbers;
}

/* An array of numbers: the object's own buffer, NumPy's conversion, or that of swiftreg._frames for
 * frames of several types, Python objects and the other byte order. */
static int get_any(State *state, PyObject *object, const char *name, Array *array) {
    no_array(array);
    int result;
    if (PyObject_CheckBuffer(object)) {
        result = take_array(state, object, name, array);
    } else {
        PyObject *converted = as_array(state, object, name, NULL, NULL);
        if (converted == NULL) return -1;
        result = take_array(state, converted, name, array);
        Py_DECREF(converted);
    }
    if (result == CONVERTIBLE) {
        PyObject *converted = as_numbers(object, name);
        if (converted == NULL) return -1;
        result = take(converted, name, array);
        Py_DECREF(converted);
    }
    return result < 0 ? -1 : 0;
}

static int convert(State *state, const char *name, ElementType type, Layout layout, Array *array) {
    if (!array->aligned) {
        PyObject *copy = PyObject_CallFunctionObjArgs(state->array, array->object, NULL);
        if (replace_with(copy, name, array) < 0) return -1;
    }
    if (array->type == type && (layout == LAYOUT_STRIDED || array->contiguous)) return 0;
    PyObject *order = layout == LAYOUT_C ? state->order_c : NULL;
    PyObject *copy = as_array(state, array->object, name, dtype_of(state, type), order);
    return replace_with(copy, name, array);
}

int get_float(State *state, PyObject *object, const char *name, Layout layout, Array *array) {
    if (get_any(state, object, name, array) < 0) return -1;
    return convert(state, name, array->type == TYPE_F32 ? TYPE_F32 : TYPE_F64, layout, array);
}

int get_as(State *state, PyObject *object, const char *name, ElementType type, Layout layout, Array *array) {
    if (get_any(state, object, name, array) < 0) return -1;
    return convert(state, name, type, layout, array);
}

/* Replaces an array by a copy, in C order and of a dtype (NULL: the same). */
static int copy_in_order(State *state, const char *name, PyObject *dtype, Array *array) {
    OWNED PyObject *copy = PyObject_CallFunctionObjArgs(state->array, array->object, NULL);
    PyObject *ordered = copy != NULL ? as_array(state, copy, name, dtype, state->order_c) : NULL;
    return replace_with(ordered, name, array);
}

int get_indices(State *state, PyObject *object, const char *name, Py_ssize_t size, Array *array) {
    if (get_any(state, object, name, array) < 0) return -1;
    if (array->type != TYPE_INTEGER) {
        PyErr_Format(PyExc_TypeError, "%s must hold integers", name);
        return -1;
    }
    bool fits = array->view.itemsize == 8 || array->view.itemsize == size;
    if (fits && array->contiguous && array->aligned) return 0;
    return copy_in_order(state, name, state->int64, array);
}

#define FLOATS_FROM_BYTES(name, element)                                                                     \
    static void name(const Array *array, element *values) {                                                  \
        const uint8_t *bytes = array->data;                                                                  \
        bool truth = array->type == TYPE_BOOL;                                                               \
        for (Py_ssize_t i = 0; i < array->count; i++) {                                                      \
            values[i] = (element)(truth ? bytes[i] != 0 : bytes[i]);                                         \
        }                                                                                                    \
    }
FLOATS_FROM_BYTES(f32_from_bytes, float)
FLOATS_FROM_BYTES(f64_from_bytes, double)

int get_labels(State *state, PyObject *object, const char *name, ElementType type, Array *array) {
    if (get_any(state, object, name, array) < 0) return -1;
    bool is_bytes = array->type == TYPE_U8 || array->type == TYPE_BOOL;
    if (!is_bytes || !array->contiguous || array->count > PY_SSIZE_T_MAX / 16) {
        return convert(state, name, type, LAYOUT_C, array);
    }
    array->owned = PyMem_Malloc((size_t)(array->count * item_size(type)) + 1);
    if (array->owned == NULL) {
        release(array);
        PyErr_NoMemory();
        return -1;
    }
    if (type == TYPE_F32) f32_from_bytes(array, array->owned);
    else f64_from_bytes(array, array->owned);
    array->data = array->owned;
    array->type = type;
    return 0;
}

int promote(State *state, Array *const *arrays, const char *const *names, const Layout *layouts, int count) {
    bool all_f32 = true;
    for (int i = 0; i < count; i++) all_f32 &= arrays[i]->type == TYPE_F32;
    if (all_f32) return 0;
    for (int i = 0; i < count; i++) {
        if (convert(state, names[i], TYPE_F64, layouts[i], arrays[i]) < 0) return -1;
    }
    return 0;
}

/* (shape, dtype), a new reference. */
static PyObject *empty_arguments(PyObject *dtype, int ndim, const Py_ssize_t *shape) {
    PyObject *tuple = shape_tuple(ndim, shape);
    PyObject *arguments = tuple != NULL ? PyTuple_Pack(2, tuple, dtype) : NULL;
    Py_XDECREF(tuple);
    return arguments;
}

/* As empty_arguments, kept for the next time where there are at most two dimensions. */
static PyObject *kept_arguments(State *state, PyObject *dtype, int ndim, const Py_ssize_t *shape) {
    if (ndim > 2) return empty_arguments(dtype, ndim, shape);
    Py_ssize_t n = ndim > 0 ? shape[0] : -1, m = ndim > 1 ? shape[1] : -1;
    size_t mixed = (size_t)n * 7 + (size_t)m + ((uintptr_t)dtype >> 5);
    Request *request = &state->requests[mixed % KEPT_REQUESTS];
    if (request->arguments == NULL || request->dtype != dtype || request->shape[0] != n ||
        request->shape[1] != m) {
        PyObject *arguments = empty_arguments(dtype, ndim, shape), *old = request->arguments;
        if (arguments == NULL) return NULL;
        *request = (Request){dtype, {n, m}, arguments};
        Py_XDECREF(old);
    }
    return Py_NewRef(request->arguments);
}

int new_array(State *state, ElementType type, PyObject *dtype, int ndim, const Py_ssize_t *shape,
              Array *array) {
    no_array(array);
    PyObject *arguments = kept_arguments(state, dtype, ndim, shape);
    if (arguments == NULL) return -1;
    PyObject *object = PyObject_Call(state->empty, arguments, NULL);
    Py_DECREF(arguments);
    if (object == NULL) return -1;
    if (PyObject_GetBuffer(object, &array->view, PyBUF_STRIDES | PyBUF_WRITABLE) < 0) {
        Py_DECREF(object);
        return -1;
    }
    array->object = object;
    array->type = type;
    measure(array);
    return 0;
}

int new_float(State *state, ElementType type, int ndim, const Py_ssize_t *shape, Array *array) {
    return new_array(state, type, dtype_of(state, type), ndim, shape, array);
}

int get_output(PyObject *object, const char *name, ElementType type, ElementType or_type, const Array *like,
               const char *like_name, Array *array) {
    no_array(array);
    if (!PyObject_CheckBuffer(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be an array to write into, got %R", name, object);
        return -1;
    }
    if (take(object, name, array) < 0) return -1;
    if (array->view.readonly) {
        PyErr_Format(PyExc_ValueError, "%s is read-only", name);
    } else if (array->type != type && array->type != or_type) {
        PyErr_Format(PyExc_TypeError, "%s must be of type %s%s%s, got format '%s'", name, type_name(type),
                     type != or_type ? " or " : "", type != or_type ? type_name(or_type) : "",
                     array->view.format);
    } else if (!array->aligned) {
        PyErr_Format(PyExc_ValueError, "%s is not aligned", name);
    } else if (check_same_shape(array, name, like, like_name) == 0) {
        return 0;
    }
    release(array);
    return -1;
}

int copy_to(State *state, PyObject *target, PyObject *source) {
    /* A view: the target may be another exporter than an ndarray. */
    PyObject *view = PyObject_CallFunctionObjArgs(state->asarray, target, NULL);
    PyObject *none = view != NULL ? PyObject_CallFunctionObjArgs(state->copyto, view, source, NULL) : NULL;
    Py_XDECREF(view);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* ---- Masks ----------------------------------------------------------------------------- */

/* Bytes from values of 0 and 1; the index of the first other value, or -1. */
static Py_ssize_t bytes_from_u64(const uint64_t *value, Py_ssize_t count, uint8_t *bytes) {
    uint64_t any = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)value[i];
        any |= value[i];
    }
    for (Py_ssize_t i = 0; any > 1 && i < count; i++) {
        if (value[i] > 1) return i;
    }
    return -1;
}

static Py_ssize_t bytes_from_f64(const double *value, Py_ssize_t count, uint8_t *bytes) {
    bool good = true;
    for (Py_ssize_t i = 0; i < count; i++) {
        bytes[i] = value[i] != 0;
        good &= (value[i] == 0) | (value[i] == 1);
    }
    for (Py_ssize_t i = 0; !good && i < count; i++) {
        if (value[i] != 0 && value[i] != 1) return i;
    }
    return -1;
}

static Py_ssize_t first_above_one(const uint8_t *bytes, Py_ssize_t count) {
    uint8_t any = 0;
    for (Py_ssize_t i = 0; i < count; i++) any |= bytes[i];
    for (Py_ssize_t i = 0; any > 1 && i < count; i++) {
        if (bytes[i] > 1) return i;
    }
    return -1;
}

int get_mask(State *state, PyObject *object, const char *name, const Array *like, const char *like_name,
             Array *array, const uint8_t **bytes) {
    if (get_any(state, object, name, array) < 0 || check_same_shape(array, name, like, like_name) < 0) {
        return -1;
    }
    bool are_bytes = array->type == TYPE_BOOL || array->type == TYPE_U8;
    bool are_words = array->type == TYPE_INTEGER;
    if (!are_bytes && !are_words) {
        if (convert(state, name, TYPE_F64, LAYOUT_C, array) < 0) return -1;
    } else if (!array->contiguous || !array->aligned || (are_words && array->view.itemsize != 8)) {
        if (copy_in_order(state, name, are_words ? state->int64 : NULL, array) < 0) return -1;
    }
    Py_ssize_t bad = -1;
    if (are_bytes) {
        *bytes = array->data;
        if (array->type == TYPE_U8) bad = first_above_one(*bytes, array->count);
    } else {
        uint8_t *own = array->owned = PyMem_Malloc((size_t)array->count + 1);
        if (own == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *bytes = own;
        bad = are_words ? bytes_from_u64(array->data, array->count, own)
                        : bytes_from_f64(array->data, array->count, own);
    }
    if (bad < 0) return 0;
    /* A view, as the object may be another exporter than an ndarray. It is in C order. */
    OWNED PyObject *view = PyObject_CallFunctionObjArgs(state->asarray, array->object, NULL);
    OWNED PyObject *value = view != NULL ? PyObject_CallMethod(view, "item", "n", bad) : NULL;
    if (value != NULL) {
        PyErr_Format(PyExc_ValueError, "%s must hold 0 and 1 only, got %R", name, value);
    }
    return -1;
}
