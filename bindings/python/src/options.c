/* Options by the library's own table (reg_get_option): their names, types and ranges are nowhere
 * else in the extension. */
#include "network.h"

#include <string.h>

enum { MAX_OPTIONS = 64 };

static reg_option table[MAX_OPTIONS];
static size_t table_size;

int options_load(void) {
    table_size = reg_option_count();
    if (table_size > MAX_OPTIONS) table_size = MAX_OPTIONS;
    for (size_t i = 0; i < table_size; i++) {
        table[i].struct_size = sizeof table[i];
        reg_status status = reg_get_option(i, &table[i]);
        if (status != REG_OK) {
            raise_status(status);
            return -1;
        }
    }
    return 0;
}

const reg_option *option_of(const char *structure, const char *field) {
    for (size_t i = 0; i < table_size; i++) {
        if (strcmp(table[i].structure, structure) == 0 && strcmp(table[i].field, field) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

/* ---- Values of enums ------------------------------------------------------------------- */

static PyObject *enum_name(reg_enum which, uint32_t number) {
    reg_enum_value value = {.struct_size = sizeof value};
    reg_status status = reg_get_enum_value(which, number, &value);
    return status == REG_OK ? PyUnicode_FromString(value.name) : raise_status(status);
}

int get_enum(reg_enum which, PyObject *object, const char *name, uint32_t *number) {
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a string, got %R", name, object);
        return -1;
    }
    OWNED PyObject *names = PyList_New(0);
    size_t count = reg_enum_count(which);
    for (*number = 0; names != NULL && *number < count; ++*number) {
        OWNED PyObject *one = enum_name(which, *number);
        if (one == NULL || PyList_Append(names, one) < 0) return -1;
        if (PyUnicode_Compare(one, object) == 0) return 0;
    }
    if (names != NULL) {
        PyErr_Format(PyExc_ValueError, "%s must be one of %S, got %R", name, names, object);
    }
    return -1;
}

/* ---- One value ------------------------------------------------------------------------- */

static size_t size_of(const reg_option *option) {
    return option->type == REG_OPTION_FLAG || option->type == REG_OPTION_ENUM ? 4 : 8;
}

/* Stores a Python value; `name` is for the errors. Real numbers and enums are the library's to check;
 * an integer must be one that its type and its minimum allow. */
static int store(const reg_option *option, PyObject *object, const char *name, void *place) {
    uint64_t integer;
    switch (option->type) {
    case REG_OPTION_REAL: return get_double(object, name, place);
    case REG_OPTION_ENUM: return get_enum(option->which, object, name, place);
    case REG_OPTION_FLAG: *(int32_t *)place = PyObject_IsTrue(object); return *(int32_t *)place < 0 ? -1 : 0;
    default:
        if (get_count(object, name, (uint64_t)option->minimum, false, &integer) < 0) return -1;
        if (option->type == REG_OPTION_SIZE) *(size_t *)place = (size_t)integer;
        else *(uint64_t *)place = integer;
        return 0;
    }
}

static PyObject *load(const reg_option *option, const void *place) {
    switch (option->type) {
    case REG_OPTION_REAL: return PyFloat_FromDouble(*(const double *)place);
    case REG_OPTION_ENUM: return enum_name(option->which, *(const uint32_t *)place);
    case REG_OPTION_FLAG: return PyBool_FromLong(*(const int32_t *)place);
    case REG_OPTION_SIZE: return PyLong_FromSize_t(*(const size_t *)place);
    default: return PyLong_FromUnsignedLongLong(*(const uint64_t *)place);
    }
}

/* ---- Structs and dicts ----------------------------------------------------------------- */

int options_from_dict(PyObject *dict, const char *structure, void *options) {
    for (size_t i = 0; i < table_size; i++) {
        const reg_option *option = &table[i];
        if (option->per_layer || strcmp(option->structure, structure) != 0) continue;
        PyObject *value = PyDict_GetItemString(dict, option->name);
        if (value != NULL && store(option, value, option->name, (char *)options + option->offset) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *options_to_dict(const char *structure, const void *options, size_t layers) {
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < table_size; i++) {
        const reg_option *option = &table[i];
        if (strcmp(option->structure, structure) != 0) continue;
        const char *field = (const char *)options + option->offset;
        /* The output's activation is the loss's. */
        size_t count = option->type == REG_OPTION_ENUM ? layers - 1 : layers;
        OWNED PyObject *value =
            option->per_layer ? layer_values(option, *(void *const *)field, count) : load(option, field);
        if (value == NULL || PyDict_SetItemString(dict, option->name, value) < 0) Py_CLEAR(dict);
    }
    return dict;
}

PyObject *layer_values(const reg_option *option, const void *values, size_t count) {
    PyObject *tuple = PyTuple_New((Py_ssize_t)count);
    for (size_t l = 0; tuple != NULL && l < count; l++) {
        PyObject *value = load(option, (const char *)values + l * size_of(option));
        if (value == NULL) Py_CLEAR(tuple);
        else PyTuple_SetItem(tuple, (Py_ssize_t)l, value);
    }
    return tuple;
}

int get_layer_values(const reg_option *option, PyObject *object, const char *name, const char *each,
                     Py_ssize_t count, void *values) {
    OWNED PyObject *tuple = NULL;
    if (PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object)) {
        tuple = PySequence_Tuple(object);
        if (tuple == NULL) {
            /* An array of no dimensions is a number. */
            if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
            PyErr_Clear();
        }
    }
    int result = tuple == NULL;
    if (tuple != NULL && PyTuple_Size(tuple) != count) {
        PyErr_Format(PyExc_ValueError, "%s must be one value or hold %zd, one for %s, got %R", name, count,
                     each, object);
        result = -1;
    }
    for (Py_ssize_t l = 0; result >= 0 && l < count; l++) {
        PyObject *value = tuple != NULL ? PyTuple_GetItem(tuple, l) : object;
        if (store(option, value, name, (char *)values + (size_t)l * size_of(option)) < 0) result = -1;
    }
    if (count == 0 && tuple == NULL) {
        uint64_t unused;
        if (store(option, object, name, &unused) < 0) result = -1;
    }
    return result;
}

/* ---- The table, for Python ------------------------------------------------------------- */

static PyObject *option_table(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module, (void)args;
    if (check_count("option_table", count, 0) < 0) return NULL;
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < table_size; i++) {
        const reg_option *o = &table[i];
        PyObject *entry = Py_BuildValue(
            "{s:s,s:s,s:s,s:n,s:i,s:O,s:i,s:i,s:d,s:d,s:O,s:O,s:d,s:K,s:K,s:K}", "name", o->name, "structure",
            o->structure, "field", o->field, "offset", (Py_ssize_t)o->offset, "type", (int)o->type,
            "per_layer", o->per_layer ? Py_True : Py_False, "enum", (int)o->which, "status", (int)o->status,
            "minimum", o->minimum, "maximum", o->maximum, "excludes_minimum",
            o->excludes_minimum ? Py_True : Py_False, "excludes_maximum",
            o->excludes_maximum ? Py_True : Py_False, "default", o->default_value, "losses",
            (unsigned long long)o->losses, "optimizers", (unsigned long long)o->optimizers, "schedules",
            (unsigned long long)o->schedules);
        if (entry == NULL || PyList_Append(list, entry) < 0) Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

/* args: the number of a reg_enum; gives ((name, identifier), ...), by number */
static PyObject *enum_table(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    (void)module;
    if (check_count("enum_table", count, 1) < 0) return NULL;
    unsigned long which = PyLong_AsUnsignedLong(args[0]);
    if (PyErr_Occurred()) return NULL;
    size_t values = reg_enum_count((reg_enum)which);
    PyObject *list = PyList_New(0);
    for (uint32_t number = 0; list != NULL && number < values; number++) {
        reg_enum_value value = {.struct_size = sizeof value};
        reg_status status = reg_get_enum_value((reg_enum)which, number, &value);
        PyObject *entry =
            status == REG_OK ? Py_BuildValue("(ss)", value.name, value.identifier) : raise_status(status);
        if (entry == NULL || PyList_Append(list, entry) < 0) Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

PyMethodDef option_methods[] = {
    METHOD("option_table", option_table, "option_table() -> list of dicts"),
    METHOD("enum_table", enum_table, "enum_table(which) -> list of (name, identifier)"),
    {NULL, NULL, 0, NULL},
};
