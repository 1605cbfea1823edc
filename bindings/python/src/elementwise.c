/* One array in, one of its shape and type out, in place or not. */
#include "core.h"

void pass_release(Pass *pass) {
    release(&pass->in);
    release(&pass->out);
    release(&pass->staging);
}

/* Where to read and write, once both ends are known. */
static int choose(State *state, const char *in_name, bool has_out, Pass *pass) {
    bool direct = has_out && pass->out.contiguous;
    if (!pass->in.contiguous) {
        /* A C-ordered copy, worked on in place unless it can go straight to `out`. */
        if (get_as(state, pass->in.object, in_name, pass->in.type, LAYOUT_C, &pass->staging) < 0) {
            return -1;
        }
        pass->source = pass->staging.data;
        pass->target = direct ? pass->out.data : pass->staging.data;
        return 0;
    }
    pass->source = pass->in.data;
    if (direct) {
        pass->target = pass->out.data;
        if (pass->target != pass->source && may_overlap(&pass->in, &pass->out)) {
            PyErr_Format(PyExc_ValueError, "out overlaps %s without being the same array", in_name);
            return -1;
        }
        return 0;
    }
    if (new_float(state, pass->in.type, pass->in.view.ndim, pass->in.view.shape, &pass->staging) < 0) {
        return -1;
    }
    pass->target = pass->staging.data;
    return 0;
}

int pass_begin_array(State *state, Array *in, const char *in_name, PyObject *out, Pass *pass) {
    pass->in = *in;
    no_array(in);
    no_array(&pass->out);
    no_array(&pass->staging);
    pass->in_place = false;
    bool has_out = out != Py_None;
    if (out == pass->in.object && !pass->in.view.readonly && pass->in.contiguous) {
        pass->in_place = true;
        pass->source = pass->target = pass->in.data;
        return 0;
    }
    if (has_out && get_output(out, "out", pass->in.type, pass->in.type, &pass->in, in_name, &pass->out) < 0) {
        return -1;
    }
    return choose(state, in_name, has_out, pass);
}

int pass_begin(State *state, PyObject *in, const char *in_name, PyObject *out, Pass *pass) {
    ARRAY(array);
    if (get_float(state, in, in_name, LAYOUT_STRIDED, &array) < 0) return -1;
    return pass_begin_array(state, &array, in_name, out, pass);
}

int pass_check_operand(const Pass *pass, const Array *operand, const char *name) {
    const Array *written = pass->in_place ? &pass->in : &pass->out;
    if (written->object == NULL || !may_overlap(written, operand)) return 0;
    PyErr_Format(PyExc_ValueError, "out overlaps %s", name);
    return -1;
}

PyObject *pass_end(State *state, Pass *pass, reg_status status, PyObject *out) {
    if (status != REG_OK) return raise_status(status);
    if (out == Py_None) return detach(&pass->staging);
    bool is_there = pass->in_place || pass->target == pass->out.data;
    if (!is_there && copy_to(state, out, pass->staging.object) < 0) return NULL;
    return Py_NewRef(out);
}

PyObject *end_with(Array *array, reg_status status) {
    return status == REG_OK ? detach(array) : raise_status(status);
}
