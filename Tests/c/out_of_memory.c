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

/* A layer whose products differ in the working memory that they need. */
enum { N_OUT = 5, N_IN = 40, M = 90 };
static const float w[N_OUT * N_IN], b[N_OUT], a[N_IN * M], dz[N_OUT * M];

static reg_status forward(long limit) {
    float *z = BUFFER(float, N_OUT * M), *out = BUFFER(float, N_OUT * M);
    allowed = limit;
    const reg_status status = reg_forward_dense(w, b, N_OUT, N_IN, M, a, (reg_strides){M, 1}, REG_RELU,
                                                z, out, (reg_strides){M, 1});
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(is_untouched(z, sizeof(float) * N_OUT * M) && is_untouched(out, sizeof(float) * N_OUT * M));
    }
    return status;
}

static reg_status backward(long limit) {
    float *dw = BUFFER(float, N_OUT * N_IN), *db = BUFFER(float, N_OUT), *da = BUFFER(float, N_IN * M);
    allowed = limit;
    const reg_status status = reg_backward_l2(w, N_OUT, N_IN, M, dz, (reg_strides){M, 1}, a,
                                              (reg_strides){M, 1}, 0.1, dw, db, da, (reg_strides){M, 1});
    allowed = -1;
    if (status != REG_OK) {
        CHECK_STATUS(REG_ERROR_MEMORY, status);
        CHECK(is_untouched(dw, sizeof(float) * N_OUT * N_IN) && is_untouched(db, sizeof(float) * N_OUT));
        CHECK(is_untouched(da, sizeof(float) * N_IN * M));
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

/* Fails the first allocation, then the second, until none is left to fail. A thread keeps its
 * working memory, so each attempt has a thread of its own. */
static void check_call(const char *name, reg_status (*call)(long limit)) {
    Attempt attempt = {.call = call};
    do {
        describe("%s, allocation %ld fails", name, attempt.limit);
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, try_call, &attempt) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(attempt.refused == (attempt.status != REG_OK));
        release_buffers();
    } while (attempt.status != REG_OK && attempt.limit++ < 100);
    CHECK(attempt.limit > 0 && attempt.status == REG_OK);
}

int main(void) {
    reg_build build = {.struct_size = sizeof build};
    CHECK_OK(reg_build_info(&build));
    check_call("forward", forward);
    check_call("backward", backward);
    return report("out of memory");
}
