/* Errors on a microcontroller: the status, and which argument was wrong. With SENTENCES they say what it must be,
 * else the library has the names of the codes alone (MCU_ERRORS=codes). */
#include <string.h>

#include "checks.h"
#include "swiftreg_bare_metal.h"

static uint8_t memory[8 * 1024];

/* The words of the last error, and those of a status. */
static void check_words(const char *got, const char *sentence, const char *without) {
    const char *want = SENTENCES ? sentence : without;
    check(strcmp(got, want) == 0, want);
}

int main(void) {
    const size_t widths[] = {2, 3, 1};
    double keep_prob[] = {1, 0.5};
    reg_network_options options = {
        .struct_size = sizeof options, .layers = 2, .widths = widths, .keep_prob = keep_prob};
    reg_network *network;

    check(reg_network_create(&options, &network) == REG_ERROR_MEMORY, "status without a heap");
    check(reg_set_heap(memory, sizeof memory) == 0, "reg_set_heap");
    keep_prob[1] = 1.5;
    check(reg_network_create(&options, &network) == REG_ERROR_KEEP_PROB, "status of keep_prob");
    check(network == NULL, "no network");
    check_words(reg_error_message(), "keep_prob[1] is 1.5; it must be in (0, 1]", "keep_prob[1] is 1.5");
    reg_error error = {.struct_size = sizeof error};
    check(reg_last_error(&error) == REG_OK, "reg_last_error");
    check(error.status == REG_ERROR_KEEP_PROB && strcmp(error.argument, "keep_prob") == 0, "argument");
    check(error.index == 1 && error.has_value && error.value == 1.5, "index and value");

    check(reg_network_create(NULL, &network) == REG_ERROR_NULL, "status of NULL");
    check_words(reg_error_message(), "options is NULL", "options");
    keep_prob[1] = 0.5;
    options.loss = (reg_loss)7;
    check(reg_network_create(&options, &network) == REG_ERROR_LOSS, "status of a loss");
    check_words(reg_error_message(), "loss is 7; it must be a value of its enum", "loss is 7");

    check_words(reg_status_message(REG_ERROR_KEEP_PROB), "keep_prob is not in (0, 1]", "KEEP_PROB");
    check_words(reg_status_message(REG_ERROR_TARGET), "a target is not in the range of the loss", "TARGET");
    check_words(reg_status_message(REG_OK), "success", "OK");
    check_words(reg_status_message((reg_status)1000), "unknown status", "unknown");
    return end_checks();
}
