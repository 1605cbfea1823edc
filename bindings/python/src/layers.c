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
        PyErr_Format(PyExc_ValueError,
                     "W has shape (%zd, %zd), which does not fit A of shape (%zd, %zd)",
                     w->view.shape[0], w->view.shape[1], a->view.shape[0], a->view.shape[1]);
        return -1;
    }
    if (b == NULL) return 0;
    Py_ssize_t n_out = w->view.shape[0];
    bool column = b->view.ndim == 2 && b->view.shape[0] == n_out && b->view.shape[1] == 1;
    bool vector = b->view.ndim == 1 && b->view.shape[0] == n_out;
    if (column || vector) return 0;
    PyObject *shape = shape_tuple(b->view.ndim, b->view.shape);
    if (shape != NULL) {
        PyErr_Format(PyExc_ValueError, "b must have shape (%zd, 1) to fit W, got %S", n_out, shape);
        Py_DECREF(shape);
    }
    return -1;
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

int layer_forward(State *state, PyObject *w_object, PyObject *b_object, Array *a,
                  reg_activation activation, Array *z, Array *out) {
    Array w, b;
    Array *const arrays[] = {&w, &b, a};
    const char *const names[] = {"W", "b", "A"};
    const Layout layouts[] = {LAYOUT_C, LAYOUT_C, LAYOUT_STRIDED};
    int result = -1;
    no_array(&b);
    if (get_float(state, w_object, "W", LAYOUT_C, &w) == 0 &&
        get_float(state, b_object, "b", LAYOUT_C, &b) == 0 && check_dense(&w, a, &b) == 0 &&
        promote(state, arrays, names, layouts, 3) == 0) {
        Py_ssize_t n_out = w.view.shape[0], n_in = w.view.shape[1], m = a->view.shape[1];
        Py_ssize_t shape[2] = {n_out, m};
        reg_strides out_strides = {m, 1};
        if (new_float(state, w.type, 2, shape, z) == 0 &&
            new_float(state, w.type, 2, shape, out) == 0) {
            reg_status status;
            RUN(status, work_of(n_out, n_in, m),
                BY_TYPE(w.type, reg_forward_dense, w.data, b.data, (size_t)n_out, (size_t)n_in,
                        (size_t)m, a->data, strides_of(a), activation, z->data, out->data,
                        out_strides));
            if (status == REG_OK) result = 0;
            else raise_status(status);
        }
        if (result < 0) {
            release(z);
            release(out);
        }
    }
    release(&w);
    release(&b);
    return result;
}

/* args: W, b, A, activation; gives (Z, activation(Z)) */
static PyObject *forward_dense(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Array a, z, out;
    reg_activation activation;
    if (check_count("forward_dense", count, 4) < 0 || get_activation(args[3], &activation) < 0 ||
        get_float(state, args[2], "A", LAYOUT_STRIDED, &a) < 0) {
        return NULL;
    }
    no_array(&z);
    no_array(&out);
    PyObject *result = NULL;
    if (layer_forward(state, args[0], args[1], &a, activation, &z, &out) == 0) {
        result = PyTuple_Pack(2, z.object, out.object);
    }
    release(&z);
    release(&out);
    release(&a);
    return result;
}

void gradients_release(Gradients *g) {
    release(&g->dw);
    release(&g->db);
    release(&g->da);
}

static int gradients_new(State *state, const Array *w, Py_ssize_t m, bool want_da, Gradients *g) {
    Py_ssize_t db_shape[2] = {w->view.shape[0], 1}, da_shape[2] = {w->view.shape[1], m};
    if (new_float(state, w->type, 2, w->view.shape, &g->dw) == 0 &&
        new_float(state, w->type, 2, db_shape, &g->db) == 0 &&
        (!want_da || new_float(state, w->type, 2, da_shape, &g->da) == 0)) {
        return 0;
    }
    gradients_release(g);
    return -1;
}

static int check_backward(const Array *w, const Array *dz, const Array *a) {
    if (check_dense(w, a, NULL) < 0) return -1;
    if (dz->view.ndim == 2 && dz->view.shape[0] == w->view.shape[0] &&
        dz->view.shape[1] == a->view.shape[1]) {
        return 0;
    }
    PyObject *shape = shape_tuple(dz->view.ndim, dz->view.shape);
    if (shape != NULL) {
        PyErr_Format(PyExc_ValueError, "dZ must have shape (%zd, %zd) to fit W and A, got %S",
                     w->view.shape[0], a->view.shape[1], shape);
        Py_DECREF(shape);
    }
    return -1;
}

int layer_backward(State *state, PyObject *w_object, Array *dz, Array *a, double lambda,
                   bool want_da, Gradients *g) {
    Array w;
    Array *const arrays[] = {&w, dz, a};
    const char *const names[] = {"W", "dZ", "A"};
    const Layout layouts[] = {LAYOUT_C, LAYOUT_STRIDED, LAYOUT_STRIDED};
    int result = -1;
    no_array(&g->dw);
    no_array(&g->db);
    no_array(&g->da);
    if (get_float(state, w_object, "W", LAYOUT_C, &w) < 0) return -1;
    if (check_backward(&w, dz, a) == 0 && promote(state, arrays, names, layouts, 3) == 0 &&
        gradients_new(state, &w, a->view.shape[1], want_da, g) == 0) {
        Py_ssize_t n_out = w.view.shape[0], n_in = w.view.shape[1], m = a->view.shape[1];
        reg_strides da_strides = {m, 1};
        reg_status status;
        RUN(status, work_of(n_out, n_in, m),
            BY_TYPE(w.type, reg_backward_l2, w.data, (size_t)n_out, (size_t)n_in, (size_t)m,
                    dz->data, strides_of(dz), a->data, strides_of(a), lambda, g->dw.data,
                    g->db.data, g->da.data, da_strides));
        if (status == REG_OK) {
            result = 0;
        } else {
            gradients_release(g);
            raise_status(status);
        }
    }
    release(&w);
    return result;
}

/* args: W, dZ, A (of the layer below), lambd, want_da; gives (dW, db, dA or None) */
static PyObject *backward_l2(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Array dz, a;
    Gradients g;
    double lambda;
    if (check_count("backward_l2", count, 5) < 0 || get_double(args[3], "lambd", &lambda) < 0) {
        return NULL;
    }
    int want_da = PyObject_IsTrue(args[4]);
    if (want_da < 0 || get_float(state, args[1], "dZ", LAYOUT_STRIDED, &dz) < 0) return NULL;
    PyObject *result = NULL;
    if (get_float(state, args[2], "A", LAYOUT_STRIDED, &a) == 0 &&
        layer_backward(state, args[0], &dz, &a, lambda, want_da != 0, &g) == 0) {
        result = PyTuple_Pack(3, g.dw.object, g.db.object, want_da ? g.da.object : Py_None);
        gradients_release(&g);
    }
    release(&dz);
    release(&a);
    return result;
}

/* args: z, activation, out */
static PyObject *forward_activation(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    reg_activation activation;
    Pass pass;
    if (check_count("forward_activation", count, 3) < 0 ||
        get_activation(args[1], &activation) < 0 ||
        pass_begin(state, args[0], "x", args[2], &pass) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_forward_activation, pass.source, (size_t)pass.in.count,
                activation, pass.target));
    if (status == REG_OK) return pass_end(state, &pass, args[2]);
    pass_release(&pass);
    return raise_status(status);
}

/* A pass over two arrays of one type and shape. */
typedef struct BinaryPass {
    Pass pass;
    Array operand;
} BinaryPass;

static void binary_release(BinaryPass *binary) {
    release(&binary->operand);
    pass_release(&binary->pass);
}

static int binary_begin(State *state, PyObject *in, const char *in_name, PyObject *operand,
                        const char *operand_name, PyObject *out, BinaryPass *binary) {
    Array first, *second = &binary->operand;
    if (get_float(state, in, in_name, LAYOUT_STRIDED, &first) < 0) return -1;
    if (get_float(state, operand, operand_name, LAYOUT_C, second) < 0) {
        release(&first);
        return -1;
    }
    Array *const arrays[] = {&first, second};
    const char *const names[] = {in_name, operand_name};
    const Layout layouts[] = {LAYOUT_STRIDED, LAYOUT_C};
    if (check_same_shape(second, operand_name, &first, in_name) < 0 ||
        promote(state, arrays, names, layouts, 2) < 0) {
        release(&first);
        release(second);
        return -1;
    }
    if (pass_begin_array(state, &first, in_name, out, &binary->pass) < 0) {
        release(second);
        return -1;
    }
    if (pass_check_operand(&binary->pass, second, operand_name) < 0) {
        binary_release(binary);
        return -1;
    }
    return 0;
}

/* args: da, a, activation, out */
static PyObject *backward_activation(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    reg_activation activation;
    BinaryPass binary;
    if (check_count("backward_activation", count, 4) < 0 ||
        get_activation(args[2], &activation) < 0 ||
        binary_begin(state, args[0], "dA", args[1], "A", args[3], &binary) < 0) {
        return NULL;
    }
    Pass *pass = &binary.pass;
    reg_status status;
    RUN(status, pass->in.count,
        BY_TYPE(pass->in.type, reg_backward_activation, pass->source, binary.operand.data,
                (size_t)pass->in.count, activation, pass->target));
    release(&binary.operand);
    if (status == REG_OK) return pass_end(state, pass, args[3]);
    pass_release(pass);
    return raise_status(status);
}

/* args: w, dw, learning_rate, out */
static PyObject *update(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    double learning_rate;
    BinaryPass binary;
    if (check_count("update", count, 4) < 0 ||
        get_double(args[2], "learning_rate", &learning_rate) < 0 ||
        binary_begin(state, args[0], "parameter", args[1], "gradient", args[3], &binary) < 0) {
        return NULL;
    }
    Pass *pass = &binary.pass;
    reg_status status;
    RUN(status, pass->in.count,
        BY_TYPE(pass->in.type, reg_update, pass->source, binary.operand.data,
                (size_t)pass->in.count, learning_rate, pass->target));
    release(&binary.operand);
    if (status == REG_OK) return pass_end(state, pass, args[3]);
    pass_release(pass);
    return raise_status(status);
}

PyMethodDef layer_methods[] = {
    METHOD("forward_dense", forward_dense, "forward_dense(W, b, A, activation) -> (Z, A)"),
    METHOD("backward_l2", backward_l2,
           "backward_l2(W, dZ, A, lambd, want_da) -> (dW, db, dA or None)"),
    METHOD("forward_activation", forward_activation, "forward_activation(x, activation, out)"),
    METHOD("backward_activation", backward_activation,
           "backward_activation(dA, A, activation, out)"),
    METHOD("update", update, "update(parameter, gradient, learning_rate, out)"),
    {NULL, NULL, 0, NULL},
};
