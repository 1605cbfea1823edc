/* Dense layers, activations and the update. Arrays are (units, examples). */
#include "core.h"

static int check_dense(const Array *w, const Array *a, const Array *b) {
    if (w->view.ndim != 2) {
        PyErr_Format(PyExc_ValueError, "W must have two dimensions, got %d", w->view.ndim);
        return -1;
    }
    if (a->view.ndim != 2) {
        PyErr_Format(PyExc_ValueError, "A must have two dimensions, got %d", a->view.ndim);
        return -1;
    }
    if (w->view.shape[1] != a->view.shape[0]) {
        PyErr_Format(PyExc_ValueError, "W has shape (%zd, %zd), which does not fit A of shape (%zd, %zd)",
                     w->view.shape[0], w->view.shape[1], a->view.shape[0], a->view.shape[1]);
        return -1;
    }
    if (b == NULL) return 0;
    Py_ssize_t n_out = w->view.shape[0];
    bool column = b->view.ndim == 2 && b->view.shape[0] == n_out && b->view.shape[1] == 1;
    bool vector = b->view.ndim == 1 && b->view.shape[0] == n_out;
    if (column || vector) return 0;
    return raise_shape(b, "b must have shape (%zd, 1) to fit W", n_out);
}

/* The multiply-adds of a product, cut off before they overflow. */
static Py_ssize_t work_of(Py_ssize_t n_out, Py_ssize_t n_in, Py_ssize_t m) {
    double work = (double)n_out * (double)n_in * (double)m;
    return work > (double)(PY_SSIZE_T_MAX / 2) ? PY_SSIZE_T_MAX / 2 : (Py_ssize_t)work;
}

static int get_activation(PyObject *object, reg_activation *activation) {
    long value = PyLong_AsLong(object);
    if (value == -1 && PyErr_Occurred()) return -1;
    *activation = (reg_activation)value;
    return 0;
}

int layer_forward(State *state, PyObject *w_object, PyObject *b_object, Array *a, reg_activation activation,
                  Array *z, Array *out) {
    ARRAY(w);
    ARRAY(b);
    Array *const arrays[] = {&w, &b, a};
    const char *const names[] = {"W", "b", "A"};
    const Layout layouts[] = {LAYOUT_C, LAYOUT_C, LAYOUT_STRIDED};
    if (get_float(state, w_object, "W", LAYOUT_C, &w) < 0 ||
        get_float(state, b_object, "b", LAYOUT_C, &b) < 0 || check_dense(&w, a, &b) < 0 ||
        promote(state, arrays, names, layouts, 3) < 0) {
        return -1;
    }
    Py_ssize_t n_out = w.view.shape[0], n_in = w.view.shape[1], m = a->view.shape[1];
    Py_ssize_t shape[2] = {n_out, m};
    reg_strides out_strides = {m, 1};
    if (new_float(state, w.type, 2, shape, z) < 0 || new_float(state, w.type, 2, shape, out) < 0) {
        return -1;
    }
    reg_status status;
    RUN(status, work_of(n_out, n_in, m),
        BY_TYPE(w.type, reg_forward_dense, w.data, b.data, (size_t)n_out, (size_t)n_in, (size_t)m, a->data,
                strides_of(a), activation, z->data, out->data, out_strides));
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

/* args: W, b, A, activation; gives (Z, activation(Z)) */
static PyObject *forward_dense(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    ARRAY(a);
    ARRAY(z);
    ARRAY(out);
    reg_activation activation;
    if (check_count("forward_dense", count, 4) < 0 || get_activation(args[3], &activation) < 0 ||
        get_float(state, args[2], "A", LAYOUT_STRIDED, &a) < 0 ||
        layer_forward(state, args[0], args[1], &a, activation, &z, &out) < 0) {
        return NULL;
    }
    return PyTuple_Pack(2, z.object, out.object);
}

void gradients_release(Gradients *g) {
    release(&g->dw);
    release(&g->db);
    release(&g->da);
}

static int gradients_new(State *state, const Array *w, Py_ssize_t m, bool want_da, Gradients *g) {
    Py_ssize_t db_shape[2] = {w->view.shape[0], 1}, da_shape[2] = {w->view.shape[1], m};
    if (new_float(state, w->type, 2, w->view.shape, &g->dw) < 0 ||
        new_float(state, w->type, 2, db_shape, &g->db) < 0) {
        return -1;
    }
    return want_da ? new_float(state, w->type, 2, da_shape, &g->da) : 0;
}

static int check_backward(const Array *w, const Array *dz, const Array *a) {
    if (check_dense(w, a, NULL) < 0) return -1;
    if (dz->view.ndim == 2 && dz->view.shape[0] == w->view.shape[0] &&
        dz->view.shape[1] == a->view.shape[1]) {
        return 0;
    }
    return raise_shape(dz, "dZ must have shape (%zd, %zd) to fit W and A", w->view.shape[0],
                       a->view.shape[1]);
}

int layer_backward(State *state, PyObject *w_object, Array *dz, Array *a, double lambda, bool want_da,
                   Gradients *g) {
    ARRAY(w);
    Array *const arrays[] = {&w, dz, a};
    const char *const names[] = {"W", "dZ", "A"};
    const Layout layouts[] = {LAYOUT_C, LAYOUT_STRIDED, LAYOUT_STRIDED};
    if (get_float(state, w_object, "W", LAYOUT_C, &w) < 0 || check_backward(&w, dz, a) < 0 ||
        promote(state, arrays, names, layouts, 3) < 0 ||
        gradients_new(state, &w, a->view.shape[1], want_da, g) < 0) {
        return -1;
    }
    Py_ssize_t n_out = w.view.shape[0], n_in = w.view.shape[1], m = a->view.shape[1];
    reg_strides da_strides = {m, 1};
    reg_status status;
    RUN(status, work_of(n_out, n_in, m),
        BY_TYPE(w.type, reg_backward_l2, w.data, (size_t)n_out, (size_t)n_in, (size_t)m, dz->data,
                strides_of(dz), a->data, strides_of(a), lambda, g->dw.data, g->db.data, g->da.data,
                da_strides));
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

/* args: W, dZ, A (of the layer below), lambd, want_da; gives (dW, db, dA or None) */
static PyObject *backward_l2(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    ARRAY(dz);
    ARRAY(a);
    GRADIENTS(g);
    double lambda;
    int want_da;
    if (check_count("backward_l2", count, 5) < 0 || get_double(args[3], "lambd", &lambda) < 0 ||
        (want_da = PyObject_IsTrue(args[4])) < 0 ||
        get_float(state, args[1], "dZ", LAYOUT_STRIDED, &dz) < 0 ||
        get_float(state, args[2], "A", LAYOUT_STRIDED, &a) < 0 ||
        layer_backward(state, args[0], &dz, &a, lambda, want_da != 0, &g) < 0) {
        return NULL;
    }
    return PyTuple_Pack(3, g.dw.object, g.db.object, want_da ? g.da.object : Py_None);
}

/* args: z, activation, out */
static PyObject *forward_activation(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    reg_activation activation;
    PASS(pass);
    if (check_count("forward_activation", count, 3) < 0 || get_activation(args[1], &activation) < 0 ||
        pass_begin(state, args[0], "x", args[2], &pass) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_forward_activation, pass.source, (size_t)pass.in.count, activation,
                pass.target));
    return pass_end(state, &pass, status, args[2]);
}

/* ---- Two arrays of one type and shape -------------------------------------------------- */

/* Takes both; the result goes where `pass` says. */
static int begin_two(State *state, PyObject *in, const char *in_name, PyObject *operand,
                     const char *operand_name, PyObject *out, Pass *pass, Array *second) {
    ARRAY(first);
    Array *const arrays[] = {&first, second};
    const char *const names[] = {in_name, operand_name};
    const Layout layouts[] = {LAYOUT_STRIDED, LAYOUT_C};
    if (get_float(state, in, in_name, LAYOUT_STRIDED, &first) < 0 ||
        get_float(state, operand, operand_name, LAYOUT_C, second) < 0 ||
        check_same_shape(second, operand_name, &first, in_name) < 0 ||
        promote(state, arrays, names, layouts, 2) < 0 ||
        pass_begin_array(state, &first, in_name, out, pass) < 0) {
        return -1;
    }
    return pass_check_operand(pass, second, operand_name);
}

/* args: da, a, activation, out */
static PyObject *backward_activation(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    reg_activation activation;
    PASS(pass);
    ARRAY(a);
    if (check_count("backward_activation", count, 4) < 0 || get_activation(args[2], &activation) < 0 ||
        begin_two(state, args[0], "dA", args[1], "A", args[3], &pass, &a) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_backward_activation, pass.source, a.data, (size_t)pass.in.count, activation,
                pass.target));
    return pass_end(state, &pass, status, args[3]);
}

PyObject *updated(State *state, PyObject *parameter, const char *name, PyObject *gradient,
                  const char *gradient_name, double learning_rate, PyObject *out) {
    PASS(pass);
    ARRAY(dw);
    if (begin_two(state, parameter, name, gradient, gradient_name, out, &pass, &dw) < 0) return NULL;
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_update, pass.source, dw.data, (size_t)pass.in.count, learning_rate,
                pass.target));
    return pass_end(state, &pass, status, out);
}

/* args: w, dw, learning_rate, out */
static PyObject *update(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    double learning_rate;
    if (check_count("update", count, 4) < 0 || get_double(args[2], "learning_rate", &learning_rate) < 0) {
        return NULL;
    }
    return updated(state_of(module), args[0], "parameter", args[1], "gradient", learning_rate, args[3]);
}

PyMethodDef layer_methods[] = {
    METHOD("forward_dense", forward_dense, "forward_dense(W, b, A, activation) -> (Z, A)"),
    METHOD("backward_l2", backward_l2, "backward_l2(W, dZ, A, lambd, want_da) -> (dW, db, dA or None)"),
    METHOD("forward_activation", forward_activation, "forward_activation(x, activation, out)"),
    METHOD("backward_activation", backward_activation, "backward_activation(dA, A, activation, out)"),
    METHOD("update", update, "update(parameter, gradient, learning_rate, out)"),
    {NULL, NULL, 0, NULL},
};
