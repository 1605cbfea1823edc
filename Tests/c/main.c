/* The C tests of the shipped library, through its header alone.
 *
 *     abi             every test, twice: with guard pages behind and before all buffers
 *     abi once        with guard pages behind only and without large networks, for an emulated CPU
 *     abi isa-error   run with SWIFTREG_ISA naming an instruction set that is not there
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "tests.h"

typedef struct Test {
    const char *name;
    void (*run)(void);
} Test;

#define TYPED_ENTRY(name) {#name " f32", test_##name}, {#name " f64", test_##name##_f64},
#define UNTYPED_ENTRY(name) {#name, test_##name},

static const Test tests[] = {UNTYPED_TESTS(UNTYPED_ENTRY) TYPED_TESTS(TYPED_ENTRY)};
static const Test isa_error_tests[] = {{"isa error f32", test_isa_error},
                                       {"isa error f64", test_isa_error_f64},
                                       {"isa error", test_isa_error_untyped},
                                       {"isa error network f32", test_isa_error_network},
                                       {"isa error network f64", test_isa_error_network_f64}};

/* Runs only tests whose name contains this. */
static const char *wanted = "";

static void run(const Test *tests, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strstr(tests[i].name, wanted) == NULL) continue;
        random_seed(i);
        describe("%s", tests[i].name);
        tests[i].run();
        release_buffers();
    }
}

int main(int argc, char **argv) {
    describe_crashes();
    if (argc == 2 && strcmp(argv[1], "isa-error") == 0) {
        run(isa_error_tests, sizeof isa_error_tests / sizeof isa_error_tests[0]);
        return report("isa-error");
    }
    quick = argc >= 2 && strcmp(argv[1], "once") == 0;
    if (quick) printf("note: large networks are left out\n");
    if (argc == 3) wanted = argv[2];
    const Guard last = quick ? GUARD_AFTER : GUARD_BEFORE;
    for (guard = GUARD_AFTER; guard <= last; guard++) run(tests, sizeof tests / sizeof tests[0]);
    reg_build build = {.struct_size = sizeof build};
    CHECK_OK(reg_build_info(&build));
    return report(build.isa);
}
