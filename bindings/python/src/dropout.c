/* Dropout, its masks, and the words they are made of. */
#include "core.h"

typedef struct Draw {
    double keep_prob;
    uint64_t seed, stream, offset;
} Draw;

/* args: keep_prob, seed, stream, offset */
static int get_draw(PyObject *const *args, Draw *draw) {
    if (get_double(args[0], "keep_prob", &draw->keep_prob) < 0) return -1;
    if (get_uint64(args[1], "seed", &draw->seed) < 0) return -1;
    if (get_uint64(args[2], "stream", &draw->stream) < 0) return -1;
    return get_uint64(args[3], "offset", &draw->offset);
}

/* An optional uint8 or bool array that receives the mask, written only after success. */
typedef struct MaskOutput {
    Array array, staging;
    uint8_t *bytes;
} MaskOutput;

static void mask_output_release(MaskOutput *mask) {
    release(&mask->array);
    release(&mask->staging);
}

static int mask_output_begin(State *state, PyObject *object, const Pass *pass, MaskOutput *mask) {
    if (object == Py_None) return 0;
    if (get_output(object, "mask", TYPE_U8, TYPE_BOOL, &pass->in, "a", &mask->array) < 0) return -1;
    if (may_overlap(&mask->array, &pass->in) ||
        (pass->out.object != NULL && may_overlap(&mask->array, &pass->out))) {
        PyErr_SetString(PyExc_ValueError, "mask overlaps a or out");
        return -1;
    }
    mask->bytes = mask->array.data;
    if (mask->array.contiguous) return 0;
    int result =
        new_array(state, TYPE_U8, state->uint8, pass->in.view.ndim, pass->in.view.shape, &mask->staging);
    mask->bytes = mask->staging.data;
    return result;
}

/* Copies a staged mask where it belongs. */
static int mask_output_end(State *state, MaskOutput *mask) {
    if (mask->staging.object == NULL) return 0;
    /* uint8 to bool is not a safe cast to NumPy: view the bytes as what they are. */
    OWNED PyObject *source = mask->array.type == TYPE_BOOL
                                 ? PyObject_CallMethod(mask->staging.object, "view", "s", "?")
                                 : Py_NewRef(mask->staging.object);
    return source == NULL ? -1 : copy_to(state, mask->array.object, source);
}

static PyObject *forward_dropout(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Draw draw;
    PASS(pass);
    MaskOutput mask __attribute__((cleanup(mask_output_release)));
    no_array(&mask.array);
    no_array(&mask.staging);
    mask.bytes = NULL;
    if (check_count("forward_dropout", count, 7) < 0 || get_draw(args + 1, &draw) < 0 ||
        pass_begin(state, args[0], "a", args[6], &pass) < 0 ||
        mask_output_begin(state, args[5], &pass, &mask) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_forward_dropout, pass.source, (size_t)pass.in.count, draw.keep_prob,
                draw.seed, draw.stream, draw.offset, pass.target, mask.bytes));
    if (status == REG_OK && mask_output_end(state, &mask) < 0) return NULL;
    return pass_end(state, &pass, status, args[6]);
}

static PyObject *backward_dropout(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Draw draw;
    PASS(pass);
    if (check_count("backward_dropout", count, 6) < 0 || get_draw(args + 1, &draw) < 0 ||
        pass_begin(state, args[0], "da", args[5], &pass) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_backward_dropout, pass.source, (size_t)pass.in.count, draw.keep_prob,
                draw.seed, draw.stream, draw.offset, pass.target));
    return pass_end(state, &pass, status, args[5]);
}

static PyObject *apply_mask(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    double keep_prob;
    PASS(pass);
    ARRAY(mask);
    const uint8_t *bytes;
    if (check_count("apply_mask", count, 4) < 0 || get_double(args[2], "keep_prob", &keep_prob) < 0 ||
        pass_begin(state, args[0], "da", args[3], &pass) < 0 ||
        get_mask(state, args[1], "mask", &pass.in, "da", &mask, &bytes) < 0 ||
        (mask.owned == NULL && pass_check_operand(&pass, &mask, "mask") < 0)) {
        return NULL;
    }
    reg_status status;
    RUN(status, pass.in.count,
        BY_TYPE(pass.in.type, reg_apply_mask, pass.source, bytes, (size_t)pass.in.count, keep_prob,
                pass.target));
    return pass_end(state, &pass, status, args[3]);
}

static PyObject *dropout_mask(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Draw draw;
    Py_ssize_t shape[MAX_DIMENSIONS];
    ARRAY(mask);
    int ndim;
    if (check_count("dropout_mask", count, 5) < 0 || get_draw(args + 1, &draw) < 0 ||
        (ndim = get_shape(args[0], "n", shape)) < 0 ||
        new_array(state, TYPE_U8, state->uint8, ndim, shape, &mask) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, mask.count,
        reg_dropout_mask((size_t)mask.count, draw.keep_prob, draw.seed, draw.stream, draw.offset, mask.data));
    return end_with(&mask, status);
}

/* The mask of one layer of a network: element (u, r) is unit u of row first_row + r, at
 * offset (first_row + r) * 2^34 + u of stream step * 2^16 + layer. */
static reg_status draw_layer_mask(Py_ssize_t units, Py_ssize_t rows, const Draw *draw, uint8_t *row,
                                  uint8_t *mask) {
    for (Py_ssize_t r = 0; r < rows; r++) {
        uint64_t offset = draw->offset + ((uint64_t)r << 34);
        reg_status status =
            reg_dropout_mask((size_t)units, draw->keep_prob, draw->seed, draw->stream, offset, row);
        if (status != REG_OK) return status;
        for (Py_ssize_t u = 0; u < units; u++) mask[u * rows + r] = row[u];
    }
    return REG_OK;
}

/* args: (units, rows), keep_prob, seed, step, layer, first_row */
static PyObject *layer_mask(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    Draw draw;
    uint64_t step, layer, first_row;
    Py_ssize_t shape[MAX_DIMENSIONS];
    ARRAY(mask);
    if (check_count("layer_mask", count, 6) < 0 || get_double(args[1], "keep_prob", &draw.keep_prob) < 0 ||
        get_uint64(args[2], "seed", &draw.seed) < 0 || get_uint64(args[3], "step", &step) < 0 ||
        get_uint64(args[4], "layer", &layer) < 0 || get_uint64(args[5], "first_row", &first_row) < 0) {
        return NULL;
    }
    int ndim = get_shape(args[0], "shape", shape);
    if (ndim < 0) return NULL;
    if (ndim != 2) return PyErr_Format(PyExc_ValueError, "shape must be (units, rows)");
    if (step >> 48 != 0 || layer >> 16 != 0 || first_row >> 30 != 0) {
        return PyErr_Format(PyExc_ValueError,
                            "step, layer and first_row must be below 2**48, 2**16 and 2**30, "
                            "got %R, %R and %R",
                            args[3], args[4], args[5]);
    }
    draw.stream = (step << 16) + layer;
    draw.offset = first_row << 34;
    if (new_array(state, TYPE_U8, state->uint8, 2, shape, &mask) < 0) return NULL;
    uint8_t *row = PyMem_Malloc((size_t)shape[0] + 1);
    if (row == NULL) return PyErr_NoMemory();
    /* A mask without rows still answers for its keep_prob. */
    reg_status status = reg_dropout_mask(0, draw.keep_prob, 0, 0, 0, NULL);
    if (status == REG_OK) {
        RUN(status, mask.count, draw_layer_mask(shape[0], shape[1], &draw, row, mask.data));
    }
    PyMem_Free(row);
    return end_with(&mask, status);
}

/* args: shape, seed, stream, offset */
static PyObject *philox(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    State *state = state_of(module);
    uint64_t seed, stream, offset;
    Py_ssize_t shape[MAX_DIMENSIONS];
    ARRAY(words);
    int ndim;
    if (check_count("philox", count, 4) < 0 || get_uint64(args[1], "seed", &seed) < 0 ||
        get_uint64(args[2], "stream", &stream) < 0 || get_uint64(args[3], "offset", &offset) < 0 ||
        (ndim = get_shape(args[0], "n", shape)) < 0 ||
        new_array(state, TYPE_U8, state->uint32, ndim, shape, &words) < 0) {
        return NULL;
    }
    reg_status status;
    RUN(status, words.count, reg_philox((size_t)words.count, seed, stream, offset, words.data));
    return end_with(&words, status);
}

PyMethodDef dropout_methods[] = {
    METHOD("forward_dropout", forward_dropout,
           "forward_dropout(a, keep_prob, seed, stream, offset, mask, out)"),
    METHOD("backward_dropout", backward_dropout,
           "backward_dropout(da, keep_prob, seed, stream, offset, out)"),
    METHOD("apply_mask", apply_mask, "apply_mask(da, mask, keep_prob, out)"),
    METHOD("dropout_mask", dropout_mask, "dropout_mask(n, keep_prob, seed, stream, offset)"),
    METHOD("layer_mask", layer_mask, "layer_mask((units, rows), keep_prob, seed, step, layer, first_row)"),
    METHOD("philox", philox, "philox(n, seed, stream, offset)"),
    {NULL, NULL, 0, NULL},
};
