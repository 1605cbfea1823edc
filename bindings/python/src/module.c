/* The module swiftreg._core. */
#include <stddef.h>
#include <stdlib.h>

#include "network.h"

static PyObject *dtype(PyObject *numpy, const char *name) {
    return PyObject_CallMethod(numpy, "dtype", "s", name);
}

static int load_numpy(State *state) {
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (numpy == NULL) return -1;
    state->empty = PyObject_GetAttrString(numpy, "empty");
    state->asarray = PyObject_GetAttrString(numpy, "asarray");
    state->array = PyObject_GetAttrString(numpy, "array");
    state->copyto = PyObject_GetAttrString(numpy, "copyto");
    state->float32 = dtype(numpy, "float32");
    state->float64 = dtype(numpy, "float64");
    state->uint8 = dtype(numpy, "uint8");
    state->uint32 = dtype(numpy, "uint32");
    state->int64 = dtype(numpy, "int64");
    state->order_c = PyUnicode_InternFromString("C");
    Py_DECREF(numpy);
    return PyErr_Occurred() ? -1 : 0;
}

/* The first call chooses the kernels; one that SWIFTREG_ISA forbids ends the import here. */
static int check_library(void) {
    reg_build build = {.struct_size = sizeof build};
    reg_status status = reg_build_info(&build);
    if (status == REG_OK) return 0;
    const char *isa = getenv("SWIFTREG_ISA");
    PyErr_Format(PyExc_ImportError, "swiftreg cannot start with SWIFTREG_ISA=%s: %s",
                 isa != NULL ? isa : "(not set)", reg_status_message(status));
    return -1;
}

/* A new class of the module; a reference is kept at *type. */
static int add_type(PyObject *module, PyType_Spec *spec, PyObject **type) {
    *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (*type == NULL) return -1;
    return PyModule_AddType(module, (PyTypeObject *)*type);
}

static int add_format_error(PyObject *module, State *state) {
    state->format_error = PyErr_NewExceptionWithDoc(
        "swiftreg.FormatError",
        "What was read is no network: damaged, cut short, or not written by swiftreg.", PyExc_ValueError,
        NULL);
    if (state->format_error == NULL) return -1;
    return PyModule_AddObjectRef(module, "FormatError", state->format_error);
}

static int execute(PyObject *module) {
    State *state = state_of(module);
    if (check_library() < 0 || load_numpy(state) < 0 || options_load() < 0 ||
        PyModule_AddStringConstant(module, "version", reg_version()) < 0 ||
        PyModule_AddIntConstant(module, "IDENTITY", REG_IDENTITY) < 0 ||
        PyModule_AddIntConstant(module, "RELU", REG_RELU) < 0 ||
        PyModule_AddIntConstant(module, "SIGMOID", REG_SIGMOID) < 0 ||
        PyModule_AddFunctions(module, option_methods) < 0 ||
        PyModule_AddFunctions(module, dropout_methods) < 0 ||
        PyModule_AddFunctions(module, cost_methods) < 0 || PyModule_AddFunctions(module, layer_methods) < 0 ||
        PyModule_AddFunctions(module, propagation_methods) < 0 ||
        PyModule_AddFunctions(module, library_methods) < 0 ||
        PyModule_AddFunctions(module, network_functions) < 0 ||
        add_type(module, &legacy_spec, &state->legacy_type) < 0 ||
        add_type(module, &network_spec, &state->network_type) < 0 ||
        add_type(module, &network_buffer_spec, &state->network_buffer_type) < 0) {
        return -1;
    }
    return add_format_error(module, state);
}

/* The state begins with references. */
enum { REFERENCES = offsetof(State, requests) / sizeof(PyObject *) };

static int traverse(PyObject *module, visitproc visit, void *arg) {
    State *state = state_of(module);
    for (size_t i = 0; i < REFERENCES; i++) Py_VISIT(((PyObject **)state)[i]);
    for (int i = 0; i < KEPT_REQUESTS; i++) Py_VISIT(state->requests[i].arguments);
    return 0;
}

static int clear(PyObject *module) {
    State *state = state_of(module);
    for (size_t i = 0; i < REFERENCES; i++) Py_CLEAR(((PyObject **)state)[i]);
    for (int i = 0; i < KEPT_REQUESTS; i++) Py_CLEAR(state->requests[i].arguments);
    return 0;
}

static void free_module(void *module) { clear((PyObject *)module); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "swiftreg._core",
    .m_doc = "The C library swiftreg, on arrays. Private: use the package's documented functions.",
    .m_size = sizeof(State),
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_module,
};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&definition); }
