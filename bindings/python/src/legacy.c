/* LegacyGenerator: NumPy's legacy random stream (numpy.random.seed, rand, randn), bit for bit. */
#include "core.h"

#include <string.h>

typedef struct LegacyGenerator {
    PyObject_HEAD reg_legacy_rng rng;
    bool busy; /* drawing with the GIL released */
} LegacyGenerator;

typedef reg_status (*DrawFunction)(reg_legacy_rng *, size_t, double *);

static PyObject *legacy_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    PyObject *seed_object;
    uint64_t seed;
    static char *names[] = {"seed", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O:LegacyGenerator", names, &seed_object)) {
        return NULL;
    }
    if (get_uint64(seed_object, "seed", &seed) < 0) return NULL;
    if (seed > UINT32_MAX) {
        return PyErr_Format(PyExc_ValueError, "seed must be in 0 to 2**32 - 1, got %R", seed_object);
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    LegacyGenerator *self = (LegacyGenerator *)allocate(type, 0);
    if (self == NULL) return NULL;
    reg_status status = reg_legacy_seed(&self->rng, (uint32_t)seed);
    if (status == REG_OK) return (PyObject *)self;
    Py_DECREF(self);
    return raise_status(status);
}

static void legacy_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    freefunc release_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release_object(self);
    Py_DECREF(type);
}

static int check_idle(const LegacyGenerator *self) {
    if (!self->busy) return 0;
    PyErr_SetString(PyExc_RuntimeError, "the generator is in use by another thread");
    return -1;
}

static PyObject *draw(LegacyGenerator *self, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                      const char *name, DrawFunction function) {
    State *state = PyType_GetModuleState(type);
    Py_ssize_t shape[MAX_DIMENSIONS];
    ARRAY(out);
    int ndim;
    if (check_idle(self) < 0 || check_count(name, count, 1) < 0 ||
        (ndim = get_shape(args[0], "shape", shape)) < 0 ||
        new_float(state, TYPE_F64, ndim, shape, &out) < 0) {
        return NULL;
    }
    self->busy = true;
    reg_status status;
    RUN(status, out.count, function(&self->rng, (size_t)out.count, out.data));
    self->busy = false;
    return end_with(&out, status);
}

static PyObject *legacy_uniform(PyObject *self, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                                PyObject *keywords) {
    (void)keywords;
    return draw((LegacyGenerator *)self, type, args, count, "uniform", reg_legacy_uniform);
}

static PyObject *legacy_normal(PyObject *self, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                               PyObject *keywords) {
    (void)keywords;
    return draw((LegacyGenerator *)self, type, args, count, "normal", reg_legacy_normal);
}

/* The tuple that numpy.random.set_state takes. */
static PyObject *legacy_state(PyObject *object, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                              PyObject *keywords) {
    (void)args;
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    LegacyGenerator *self = (LegacyGenerator *)object;
    Py_ssize_t words = 624;
    ARRAY(key);
    if (check_idle(self) < 0 || check_count("state", count, 0) < 0 ||
        new_array(state, TYPE_U8, state->uint32, 1, &words, &key) < 0) {
        return NULL;
    }
    memcpy(key.data, self->rng.key, sizeof self->rng.key);
    return Py_BuildValue("(sNiid)", "MT19937", detach(&key), (int)self->rng.position,
                         (int)self->rng.has_normal, self->rng.normal);
}

/* What numpy.random.MT19937 keeps behind the documented pointer `state` of its bitgen_t. */
typedef struct NumPyMT19937 {
    uint32_t key[624];
    int position;
} NumPyMT19937;

/*
 * replace(capsule, expected): moves a NumPy MT19937 from the state of `expected` to that of self.
 * numpy.random.set_state does the same in 20 times the time. That struct is not part of NumPy's
 * documented interface, so it is not taken on trust: unless the memory there is exactly the state
 * expected, nothing is written and the answer is False. The caller holds the bit generator's lock.
 */
static PyObject *legacy_replace(PyObject *object, PyTypeObject *type, PyObject *const *args, Py_ssize_t count,
                                PyObject *keywords) {
    (void)keywords;
    State *state = PyType_GetModuleState(type);
    LegacyGenerator *self = (LegacyGenerator *)object;
    if (check_count("replace", count, 2) < 0 || check_idle(self) < 0) return NULL;
    if (Py_TYPE(args[1]) != (PyTypeObject *)state->legacy_type) {
        return PyErr_Format(PyExc_TypeError, "expected must be a LegacyGenerator, got %R", args[1]);
    }
    const reg_legacy_rng *expected = &((LegacyGenerator *)args[1])->rng;
    /* bitgen_t begins with the pointer to the state. */
    void **bit_generator = PyCapsule_GetPointer(args[0], "BitGenerator");
    if (bit_generator == NULL) return NULL;
    NumPyMT19937 *numpy = *bit_generator;
    if (self->rng.has_normal || expected->has_normal || numpy == NULL ||
        numpy->position != expected->position || memcmp(numpy->key, expected->key, sizeof numpy->key) != 0) {
        Py_RETURN_FALSE;
    }
    memcpy(numpy->key, self->rng.key, sizeof numpy->key);
    numpy->position = self->rng.position;
    Py_RETURN_TRUE;
}

static PyMethodDef legacy_methods[] = {
    CLASS_METHOD("uniform", legacy_uniform, "uniform(shape): as numpy.random.rand"),
    CLASS_METHOD("normal", legacy_normal, "normal(shape): as numpy.random.randn"),
    CLASS_METHOD("state", legacy_state, "state(): as numpy.random.get_state"),
    CLASS_METHOD("replace", legacy_replace, "replace(capsule, expected) -> bool"),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot legacy_slots[] = {
    {Py_tp_doc, "LegacyGenerator(seed): NumPy's legacy random stream, bit for bit."},
    {Py_tp_new, legacy_new},
    {Py_tp_dealloc, legacy_dealloc},
    {Py_tp_methods, legacy_methods},
    {0, NULL},
};

PyType_Spec legacy_spec = {
    .name = "swiftreg._core.LegacyGenerator",
    .basicsize = sizeof(LegacyGenerator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = legacy_slots,
};
