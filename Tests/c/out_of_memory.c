/* Calls when allocations fail: a status, and nothing is written. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "allocator.h"
#include "check.h"
#include "swiftreg_network.h"

/* Output layouts: examples contiguous, units contiguous, or neither. */
typedef enum Outputs { WIDE, TALL, STEPPED } Outputs;

/* Layers and output layouts whose products need different working memory. */
typedef struct Layer {
    size_t n_out, n_in, m;
    Outputs outputs;
} Layer;

static const Layer layers[] = {{5, 40, 90, WIDE},     {40, 5, 90, WIDE},     {90, 40, 5, WIDE},
                               {300, 200, 100, WIDE}, {5, 40, 90, TALL},     {40, 5, 90, TALL},
                               {90, 40, 5, TALL},     {300, 200, 100, TALL}, {5, 40, 90, STEPPED},
                               {40, 5, 90, STEPPED},  {90, 40, 5, STEPPED},  {300, 200, 100, STEPPED}};
static Layer layer;

static const float zeros[300 * 200];

static reg_strides output_strides(size_t units) {
    switch (layer.outputs) {
    case WIDE: return (reg_strides){(ptrdiff_t)layer.m, 1};
    case TALL: return (reg_strides){1, (ptrdiff_t)units};
    default: return (reg_strides){2, 2 * (ptrdiff_t)units + 1};
    }
}

static size_t output_length(size_t units) {
    const reg_strides s = output_strides(units);
    return (units - 1) * (size_t)s.unit + (layer.m - 1) * (size_t)s.example + 1;
}

static reg_status forward(long limit) {
    const size_t length = output_length(layer.n_out);
    const reg_strides in = {(ptrdiff_t)layer.m, 1};
    float *z = BUFFER(float, length), *out = BUFFER(float, length);
    allowed = limit;
    const reg_status status = reg_forward_dense(zeros, zeros, layer.n_out, layer.n_in, layer.m, zeros, in,
                                                REG_RELU, z, out, output_strides(layer.n_out));
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(is_untouched(z, sizeof *z * length) && is_untouched(out, sizeof *out * length));
    }
    return status;
}

static reg_status backward(long limit) {
    const size_t weights = layer.n_out * layer.n_in, length = output_length(layer.n_in);
    const reg_strides in = {(ptrdiff_t)layer.m, 1};
    float *dw = BUFFER(float, weights), *db = BUFFER(float, layer.n_out), *da = BUFFER(float, length);
    allowed = limit;
    const reg_status status = reg_backward_l2(zeros, layer.n_out, layer.n_in, layer.m, zeros, in, zeros, in,
                                              0.1, dw, db, da, output_strides(layer.n_in));
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(is_untouched(dw, sizeof *dw * weights) && is_untouched(db, sizeof *db * layer.n_out));
        CHECK(is_untouched(da, sizeof *da * length));
    }
    return status;
}

/* ---- Files ----------------------------------------------------------------------------- */

static reg_network *trained;
static unsigned char *trained_bytes;
static size_t trained_size;
static char old_path[64], new_path[64];

static void make_trained(void) {
    static const size_t widths[] = {30, 20, 10, 3};
    const reg_network_options options = {.struct_size = sizeof options, .layers = 3, .widths = widths};
    reg_optimizer_options optimizer = {.struct_size = sizeof optimizer};
    float *state;
    size_t count;
    CHECK_OK(reg_network_create(&options, &trained));
    CHECK_OK(reg_optimizer_defaults(REG_ADAM, &optimizer));
    CHECK_OK(reg_network_set_optimizer(trained, &optimizer));
    CHECK_OK(reg_network_optimizer_state(trained, &state, &count));
    CHECK_OK(reg_network_serialize(trained, NULL, 0, &trained_size));
    trained_bytes = malloc(trained_size);
    CHECK_OK(reg_network_serialize(trained, trained_bytes, trained_size, &trained_size));
    snprintf(old_path, sizeof old_path, "/tmp/swiftreg-test-%d-old", (int)getpid());
    snprintf(new_path, sizeof new_path, "/tmp/swiftreg-test-%d-new", (int)getpid());
    CHECK_OK(reg_network_save(trained, old_path));
}

static reg_status serialize(long limit) {
    unsigned char *bytes = BUFFER(unsigned char, trained_size);
    size_t size = 99;
    allowed = limit;
    const reg_status status = reg_network_serialize(trained, bytes, trained_size, &size);
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(size == 99 && is_untouched(bytes, trained_size));
    }
    return status;
}

static reg_status finish_reading(reg_status status, reg_network *made) {
    allowed = -1;
    if (status != REG_OK) CHECK_STATUS(REG_ERROR_MEMORY, status);
    CHECK((status == REG_OK) == (made != NULL));
    reg_network_destroy(made);
    return status;
}

static reg_status deserialize(long limit) {
    reg_network *made = trained;
    allowed = limit;
    const reg_status status = reg_network_deserialize(trained_bytes, trained_size, &made);
    return finish_reading(status, made);
}

static reg_status load(long limit) {
    reg_network *made = trained;
    allowed = limit;
    const reg_status status = reg_network_load(old_path, &made);
    return finish_reading(status, made);
}

static reg_status finish_writing(reg_status status) {
    allowed = -1;
    if (status != REG_OK) CHECK_STATUS(REG_ERROR_MEMORY, status);
    CHECK((status == REG_OK) == (unlink(new_path) == 0));
    return status;
}

static reg_status save(long limit) {
    allowed = limit;
    return finish_writing(reg_network_save(trained, new_path));
}

static reg_status export_c(long limit) {
    allowed = limit;
    return finish_writing(reg_network_export_c(trained, new_path, "predict", NULL));
}

/* ---- All ------------------------------------------------------------------------------- */

int main(void) {
    describe_crashes();
    reg_build build = {.struct_size = sizeof build};
    /* The first call chooses the kernels, and needs no memory for it. */
    allowed = 0;
    const reg_status status = reg_build_info(&build);
    allowed = -1;
    CHECK_OK(status);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        layer = layers[i];
        char name[80];
        snprintf(name, sizeof name, "forward %zu x %zu x %zu", layer.n_out, layer.n_in, layer.m);
        check_call(name, forward);
        snprintf(name, sizeof name, "backward %zu x %zu x %zu", layer.n_out, layer.n_in, layer.m);
        check_call(name, backward);
    }
    make_trained();
    check_call("serialize", serialize);
    check_call("deserialize", deserialize);
    check_call("load", load);
    check_call("save", save);
    check_call("export_c", export_c);
    unlink(old_path);
    reg_network_destroy(trained);
    free(trained_bytes);
    check_network_memory();
    CHECK(failed_allocations > 0);
    return report("out of memory");
}
