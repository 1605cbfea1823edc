/* Views of a network's own buffers: arrays over its memory, which they keep alive. */
#include "network.h"

/* What an array over such a buffer has as its base. */
typedef struct NetworkBuffer {
    PyObject_HEAD Network *network; /* owned */
    void *data;
    Py_ssize_t count, item_size;
    bool moves; /* with the optimizer: counted among the network's state_views */
} NetworkBuffer;

static int buffer_get(PyObject *object, Py_buffer *view, int flags) {
    NetworkBuffer *self = (NetworkBuffer *)object;
    *view = (Py_buffer){
        .buf = self->data,
        .obj = Py_NewRef(object),
        .len = self->count * self->item_size,
        .itemsize = self->item_size,
        .ndim = 1,
        .format = (flags & PyBUF_FORMAT) == 0       ? NULL
                  : self->network->type == TYPE_F32 ? "f"
                                                    : "d",
        .shape = (flags & PyBUF_ND) == PyBUF_ND ? &self->count : NULL,
        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &self->item_size : NULL,
    };
    return 0;
}

static void buffer_dealloc(PyObject *object) {
    NetworkBuffer *self = (NetworkBuffer *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->moves) self->network->state_views--;
    Py_DECREF(self->network);
    freefunc release_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release_object(object);
    Py_DECREF(type);
}

static PyType_Slot buffer_slots[] = {
    {Py_tp_doc, "The memory of a network's parameters, gradients or optimizer state."},
    {Py_tp_dealloc, buffer_dealloc},
    {Py_bf_getbuffer, buffer_get},
    {0, NULL},
};

PyType_Spec network_buffer_spec = {
    .name = "swiftreg._core.NetworkBuffer",
    .basicsize = sizeof(NetworkBuffer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = buffer_slots,
};

static PyObject *view_of(State *state, Network *network, void *data, Py_ssize_t count, bool moves) {
    PyTypeObject *type = (PyTypeObject *)state->network_buffer_type;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    NetworkBuffer *buffer = (NetworkBuffer *)allocate(type, 0);
    if (buffer == NULL) return NULL;
    buffer->network = (Network *)Py_NewRef((PyObject *)network);
    buffer->data = data;
    buffer->count = count;
    buffer->item_size = item_size(network->type);
    /* Of nothing, nothing can move. */
    buffer->moves = moves && count > 0;
    if (buffer->moves) network->state_views++;
    PyObject *array = PyObject_CallFunctionObjArgs(state->asarray, (PyObject *)buffer, NULL);
    Py_DECREF(buffer);
    return array;
}

int network_need_gradients(Network *network) {
    if (network->gradients != NULL) return 0;
    size_t count;
    reg_status status = CALL(network, reg_network_gradients, (void *)&network->gradients, &count);
    if (status == REG_OK) return 0;
    raise_status(status);
    return -1;
}

int network_need_state(Network *network) {
    if (network->state != NULL) return 0;
    size_t count = 0;
    reg_status status = CALL(network, reg_network_optimizer_state, (void *)&network->state, &count);
    if (status == REG_OK) {
        network->state_count = (Py_ssize_t)count;
        return 0;
    }
    raise_status(status);
    return -1;
}

NETWORK_METHOD(network_parameters) {
    (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("parameters", count, 0) < 0) return NULL;
    return view_of(PyType_GetModuleState(type), self, self->parameters, self->count, false);
}

/* Takes the network only if the library has to be asked: fit asks beforehand. */
static int need(Network *network, void *const *address, int (*ask)(Network *)) {
    if (*address != NULL) return 0;
    if (network_enter(network) < 0) return -1;
    int result = ask(network);
    network_leave(network);
    return result;
}

NETWORK_METHOD(network_gradients) {
    (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("gradients", count, 0) < 0 || need(self, &self->gradients, network_need_gradients) < 0) {
        return NULL;
    }
    return view_of(PyType_GetModuleState(type), self, self->gradients, self->count, false);
}

NETWORK_METHOD(network_optimizer_state) {
    (void)args, (void)keywords;
    Network *self = (Network *)object;
    if (check_count("optimizer_state", count, 0) < 0 || need(self, &self->state, network_need_state) < 0) {
        return NULL;
    }
    return view_of(PyType_GetModuleState(type), self, self->state, self->state_count, true);
}
