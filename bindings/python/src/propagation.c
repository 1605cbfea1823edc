/*
 * The notebook's forward, backward and update over all its layers, each in one call: at the notebook's
 * sizes the interpreter's steps between the layers cost as much as the layers.
 *
 * `names` is a list with a tuple of keys (W, b, dW, db, dZ, dA of the layer below) for each layer;
 * `in_layer(error, names of a layer)` gives the exception to raise in place of a ValueError or
 * TypeError that is about that layer.
 */
#include "core.h"

#include <string.h>

enum { KEY_W, KEY_B, KEY_DW, KEY_DB, KEY_DZ, KEY_DA_BELOW };

static PyObject *key(PyObject *names, Py_ssize_t layer, int which) {
    return PyTuple_GetItem(PyList_GetItem(names, layer), which);
}

static int check_names(PyObject *names) {
    bool good = PyList_Check(names) && PyList_Size(names) > 0;
    for (Py_ssize_t l = 0; good && l < PyList_Size(names); l++) {
        PyObject *keys = PyList_GetItem(names, l);
        good = PyTuple_Check(keys) && PyTuple_Size(keys) == KEY_DA_BELOW + 1;
    }
    if (good) return 0;
    PyErr_Format(PyExc_TypeError, "names must be a list of tuples of keys, got %R", names);
    return -1;
}

static bool may_be_renamed(void) {
    return PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError);
}

static void name_layer(PyObject *in_layer, PyObject *keys) {
    if (!may_be_renamed()) return;
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    PyObject *named = PyObject_CallFunctionObjArgs(in_layer, error, keys, NULL);
    if (named != NULL) PyErr_SetObject((PyObject *)Py_TYPE(named), named);
    Py_XDECREF(named);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

/* a * mask / keep_prob in place. */
static int mask_in_place(Array *a, const uint8_t *bytes, double keep_prob) {
    reg_status status;
    RUN(status, a->count,
        BY_TYPE(a->type, reg_apply_mask, a->data, bytes, (size_t)a->count, keep_prob, a->data));
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

/* ---- Forward --------------------------------------------------------------------------- */

/* With restrict, the compiler converts many at once. */
static void int64_from_bytes(const uint8_t *restrict bytes, Py_ssize_t count, int64_t *restrict values) {
    for (Py_ssize_t i = 0; i < count; i++) values[i] = bytes[i];
}

/* Drops units of `a` by a mask; gives the mask as int64, as the notebook shows it. */
static PyObject *drop_units(State *state, Array *a, PyObject *mask_object, double keep_prob) {
    ARRAY(mask);
    ARRAY(shown);
    const uint8_t *bytes;
    if (get_mask(state, mask_object, "mask", a, "A", &mask, &bytes) < 0 ||
        mask_in_place(a, bytes, keep_prob) < 0 ||
        new_array(state, TYPE_INTEGER, state->int64, 2, a->view.shape, &shown) < 0) {
        return NULL;
    }
    int64_from_bytes(bytes, shown.count, shown.data);
    return detach(&shown);
}

/* Appends Z, D (unless NULL), A, W and b. */
static int append_layer(PyObject *cache, const Array *z, PyObject *d, const Array *a, PyObject *w,
                        PyObject *b) {
    PyObject *const entries[] = {z->object, d, a->object, w, b};
    for (int i = 0; i < 5; i++) {
        if (entries[i] != NULL && PyList_Append(cache, entries[i]) < 0) return -1;
    }
    return 0;
}

/* One layer: `a` is that of the layer below, and is replaced by the layer's own. */
static int forward_layer(State *state, PyObject *w, PyObject *b, Array *a, reg_activation activation,
                         PyObject *in_layer, PyObject *keys, PyObject *mask, double keep_prob,
                         PyObject *cache) {
    ARRAY(z);
    ARRAY(out);
    if (layer_forward(state, w, b, a, activation, &z, &out) < 0) {
        name_layer(in_layer, keys);
        return -1;
    }
    OWNED PyObject *d = mask != NULL ? drop_units(state, &out, mask, keep_prob) : NULL;
    if ((mask != NULL && d == NULL) || append_layer(cache, &z, d, &out, w, b) < 0) return -1;
    release(a);
    *a = out;
    no_array(&out);
    return 0;
}

/* args: X, parameters, names, masks (a tuple for the hidden layers, or None), keep_prob, in_layer;
 * gives (A of the last layer, cache) */
static PyObject *forward(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    PyObject *parameters = args[1], *names = args[2], *masks = args[3], *in_layer = args[5];
    double keep_prob;
    ARRAY(a);
    if (check_count("forward", count, 6) < 0 || check_names(names) < 0 ||
        get_double(args[4], "keep_prob", &keep_prob) < 0) {
        return NULL;
    }
    Py_ssize_t layers = PyList_Size(names);
    if (masks != Py_None && (!PyTuple_Check(masks) || PyTuple_Size(masks) != layers - 1)) {
        return PyErr_Format(PyExc_TypeError, "masks must be a tuple of %zd masks, got %R", layers - 1, masks);
    }
    if (get_float(state, args[0], "A", LAYOUT_STRIDED, &a) < 0) {
        name_layer(in_layer, PyList_GetItem(names, 0));
        return NULL;
    }
    OWNED PyObject *cache = PyList_New(0);
    if (cache == NULL) return NULL;
    for (Py_ssize_t l = 0; l < layers; l++) {
        bool is_last = l == layers - 1;
        OWNED PyObject *w = PyObject_GetItem(parameters, key(names, l, KEY_W));
        if (w == NULL) return NULL;
        OWNED PyObject *b = PyObject_GetItem(parameters, key(names, l, KEY_B));
        PyObject *mask = is_last || masks == Py_None ? NULL : PyTuple_GetItem(masks, l);
        if (b == NULL || forward_layer(state, w, b, &a, is_last ? REG_SIGMOID : REG_RELU, in_layer,
                                       PyList_GetItem(names, l), mask, keep_prob, cache) < 0) {
            return NULL;
        }
    }
    OWNED PyObject *tuple = PyList_AsTuple(cache);
    return tuple != NULL ? PyTuple_Pack(2, a.object, tuple) : NULL;
}

/* ---- Backward -------------------------------------------------------------------------- */

/* Where a cache holds what, with 4 or 5 entries for a layer, the last always 4. */
typedef struct Cache {
    PyObject *entries; /* a tuple */
    Py_ssize_t size, layers;
} Cache;

enum { FROM_END_D = 4, FROM_END_A = 3, FROM_END_W = 2 };

static PyObject *cached(const Cache *cache, Py_ssize_t layer, int from_end) {
    bool is_last = layer == cache->layers - 1;
    Py_ssize_t end = is_last ? PyTuple_Size(cache->entries) : cache->size * (layer + 1);
    return PyTuple_GetItem(cache->entries, end - from_end);
}

/* dz = da where a > 0, else 0 */
static int gate(State *state, const Array *da, const Array *a, Array *dz) {
    ARRAY(ordered);
    const void *a_data = a->data;
    if (!a->contiguous) {
        if (get_as(state, a->object, "A", a->type, LAYOUT_C, &ordered) < 0) return -1;
        a_data = ordered.data;
    }
    if (new_float(state, da->type, 2, da->view.shape, dz) < 0) return -1;
    reg_status status;
    RUN(status, da->count,
        BY_TYPE(da->type, reg_backward_activation, da->data, a_data, (size_t)da->count, REG_RELU, dz->data));
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

static int mask_gradient(State *state, Array *da, PyObject *d, Py_ssize_t layer, double keep_prob) {
    ARRAY(mask);
    const uint8_t *bytes;
    if (get_mask(state, d, "mask", da, "da", &mask, &bytes) == 0) {
        return mask_in_place(da, bytes, keep_prob);
    }
    if (may_be_renamed()) {
        char name[24];
        PyOS_snprintf(name, sizeof name, "D%zd", layer);
        reword(NULL, "%s of the cache: %S", name);
    }
    return -1;
}

typedef struct Backward {
    State *state;
    PyObject *x, *names, *in_layer, *gradients;
    bool has_masks;
    double lambda, keep_prob;
    Cache cache;
    Array dz; /* of the layer that is next */
} Backward;

/* dW, db and dA below from `dz`, which becomes that of the layer below. */
static int backward_layer(Backward *pass, Py_ssize_t l) {
    State *state = pass->state;
    PyObject *below = l > 0 ? cached(&pass->cache, l - 1, FROM_END_A) : pass->x;
    PyObject *gradients = pass->gradients, *names = pass->names;
    ARRAY(a);
    GRADIENTS(g);
    if (PyDict_SetItem(gradients, key(names, l, KEY_DZ), pass->dz.object) < 0) return -1;
    if (get_float(state, below, "A", LAYOUT_STRIDED, &a) < 0 ||
        layer_backward(state, cached(&pass->cache, l, FROM_END_W), &pass->dz, &a, pass->lambda, l > 0, &g) <
            0) {
        name_layer(pass->in_layer, PyList_GetItem(names, l));
        return -1;
    }
    release(&pass->dz);
    if (PyDict_SetItem(gradients, key(names, l, KEY_DW), g.dw.object) < 0 ||
        PyDict_SetItem(gradients, key(names, l, KEY_DB), g.db.object) < 0) {
        return -1;
    }
    if (l == 0) return 0;
    if (pass->has_masks &&
        mask_gradient(state, &g.da, cached(&pass->cache, l - 1, FROM_END_D), l, pass->keep_prob) < 0) {
        return -1;
    }
    if (PyDict_SetItem(gradients, key(names, l, KEY_DA_BELOW), g.da.object) < 0) return -1;
    return gate(state, &g.da, &a, &pass->dz);
}

/* args: X, Y, cache (a tuple), names, lambd, keep_prob (or None: a cache without masks), in_layer;
 * gives the dict of the gradients */
static PyObject *backward(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    Backward pass;
    if (check_count("backward", count, 7) < 0 || check_names(args[3]) < 0) return NULL;
    memset(&pass, 0, sizeof pass);
    pass.state = state_of(module);
    pass.x = args[0];
    pass.names = args[3];
    pass.in_layer = args[6];
    bool has_masks = pass.has_masks = args[5] != Py_None;
    pass.cache = (Cache){args[2], has_masks ? 5 : 4, PyList_Size(args[3])};
    if (!PyTuple_Check(args[2]) || PyTuple_Size(args[2]) != pass.cache.size * pass.cache.layers - has_masks) {
        return PyErr_Format(PyExc_TypeError, "cache does not fit names, got %R", args[2]);
    }
    if (get_double(args[4], "lambd", &pass.lambda) < 0 ||
        (has_masks && get_double(args[5], "keep_prob", &pass.keep_prob) < 0)) {
        return NULL;
    }
    Py_ssize_t last = pass.cache.layers - 1;
    pass.gradients = PyDict_New();
    int good = pass.gradients != NULL ? 0 : -1;
    if (good == 0) {
        good = cost_gradient(pass.state, cached(&pass.cache, last, FROM_END_A), args[1], &pass.dz);
    }
    for (Py_ssize_t l = last; good == 0 && l >= 0; l--) good = backward_layer(&pass, l);
    release(&pass.dz);
    if (good < 0) Py_CLEAR(pass.gradients);
    return pass.gradients;
}

/* ---- Update ---------------------------------------------------------------------------- */

static int update_entry(State *state, PyObject *parameters, PyObject *name, PyObject *gradients,
                        PyObject *gradient_name, double learning_rate, PyObject *result) {
    const char *name_text = PyUnicode_AsUTF8AndSize(name, NULL);
    const char *gradient_text = PyUnicode_AsUTF8AndSize(gradient_name, NULL);
    if (name_text == NULL || gradient_text == NULL) return -1;
    OWNED PyObject *parameter = PyObject_GetItem(parameters, name);
    if (parameter == NULL) return -1;
    OWNED PyObject *gradient = PyObject_GetItem(gradients, gradient_name);
    if (gradient == NULL) return -1;
    OWNED PyObject *array =
        updated(state, parameter, name_text, gradient, gradient_text, learning_rate, Py_None);
    return array != NULL ? PyDict_SetItem(result, name, array) : -1;
}

/* args: parameters, gradients, names, learning_rate; gives the dict of the new W and b */
static PyObject *update_parameters(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    PyObject *names = args[2];
    double learning_rate;
    if (check_count("update_parameters", count, 4) < 0 || check_names(names) < 0 ||
        get_double(args[3], "learning_rate", &learning_rate) < 0) {
        return NULL;
    }
    PyObject *result = PyDict_New();
    for (Py_ssize_t l = 0; result != NULL && l < PyList_Size(names); l++) {
        for (int i = 0; result != NULL && i < 2; i++) {
            if (update_entry(state_of(module), args[0], key(names, l, KEY_W + i), args[1],
                             key(names, l, KEY_DW + i), learning_rate, result) < 0) {
                Py_CLEAR(result);
            }
        }
    }
    return result;
}

PyMethodDef propagation_methods[] = {
    METHOD("forward", forward, "forward(X, parameters, names, masks, keep_prob, in_layer) -> (A, cache)"),
    METHOD("backward", backward, "backward(X, Y, cache, names, lambd, keep_prob, in_layer) -> gradients"),
    METHOD("update_parameters", update_parameters,
           "update_parameters(parameters, gradients, names, learning_rate) -> new W and b"),
    {NULL, NULL, 0, NULL},
};
