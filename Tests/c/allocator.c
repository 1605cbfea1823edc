#include "allocator.h"

#include "check.h"
#include "host.h"

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

long failed_allocations;

static void run_attempt(Attempt *attempt) {
    void *const context = attempt;
    run_at_once(1, try_call, &context, NULL);
}

void check_call(const char *name, reg_status (*call)(long limit)) {
    Attempt attempt = {.call = call, .limit = -1};
    /* Once with all memory: allocations made once per process are not leaks. */
    describe("%s", name);
    run_attempt(&attempt);
    CHECK(attempt.status == REG_OK);
    release_buffers();
    do {
        attempt.limit++;
        describe("%s, allocation %ld fails", name, attempt.limit);
        const size_t before = allocated_bytes();
        run_attempt(&attempt);
        CHECK(allocated_bytes() == before);
        CHECK(attempt.refused == (attempt.status != REG_OK));
        release_buffers();
    } while (attempt.status != REG_OK && attempt.limit < 100);
    CHECK(attempt.status == REG_OK);
    failed_allocations += attempt.limit;
}
