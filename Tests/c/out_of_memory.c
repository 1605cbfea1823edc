/* Calls while there is no memory: a status, and nothing written. The allocators below take the
 * place of the C library's, for the shared library too, and can be told to fail. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "check.h"

/* How many allocations of this thread still succeed; negative: all. */
static __thread long allowed = -1;
static __thread bool refused;

void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool allow(void) {
    if (allowed < 0) return true;
    if (allowed > 0) return allowed-- > 0;
    return !(refused = true);
}

void *malloc(size_t size) {
    if (allow()) return __libc_malloc(size);
    errno = ENOMEM;
    return NULL;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *memory = allow() ? __libc_memalign(alignment, size) : NULL;
    if (memory == NULL) return ENOMEM;
    *out = memory;
    return 0;
}

/* Layers whose products differ in the working memory that they need, and outputs whose layout does. */
typedef struct Layer {
    size_t n_out, n_in, m;
    bool stepped; /* no direction of the outputs is contiguous */
} Layer;

static const Layer layers[] = {
    {5, 40, 90, false}, {40, 5, 90, false}, {90, 40, 5, false}, {300, 200, 100, false},
    {5, 40, 90, true},  {40, 5, 90, true},  {90, 40, 5, true},  {300, 200, 100, true}};
static Layer layer;

static const float zeros[300 * 200];

static reg_strides output_strides(size_t units) {
    return layer.stepped ? (reg_strides){2, 2 * (ptrdiff_t)units + 1} : (reg_strides){(ptrdiff_t)layer.m, 1};
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

typedef struct Attempt {
    reg_status (*call)(long limit);
    long limit;
    reg_status status;
    bool refused;
} Attempt;

static void *try_call(void *context) {
    Attempt *attempt = context;
    refused = false;
    attempt->status = attempt->call(attempt->limit);
    attempt->refused = refused;
    return NULL;
}

static long failed_allocations;

/* Fails the first allocation, then the second, until none is left to fail. A thread keeps its
 * working memory, so each attempt has a thread of its own. */
static void check_call(const char *name, reg_status (*call)(long limit)) {
    Attempt attempt = {.call = call};
    do {
        describe("%s %zu x %zu x %zu, allocation %ld fails", name, layer.n_out, layer.n_in, layer.m,
                 attempt.limit);
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, try_call, &attempt) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(attempt.refused == (attempt.status != REG_OK));
        release_buffers();
    } while (attempt.status != REG_OK && attempt.limit++ < 100);
    CHECK(attempt.status == REG_OK);
    failed_allocations += attempt.limit;
}

int main(void) {
    describe_crashes();
    reg_build build = {.struct_size = sizeof build};
    CHECK_OK(reg_build_info(&build));
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        layer = layers[i];
        check_call("forward", forward);
        check_call("backward", backward);
    }
    CHECK(failed_allocations > 0);
    return report("out of memory");
}
