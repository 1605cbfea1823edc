/* A Cortex-M from reset to main, and the debugger's console by semihosting. */
#include "board.h"

int main(void);

/* Of the linker script. */
extern uint32_t data_start[], data_end[], data_in_flash[], bss_start[], bss_end[], stack_end[];

__attribute__((naked, used)) static uint32_t semihosting(uint32_t operation, const void *argument) {
    (void)operation, (void)argument;
    __asm__ volatile("bkpt 0xab\n\tbx lr");
}

void board_write(const char *text) { semihosting(0x04 /* SYS_WRITE0 */, text); }

void board_exit(int status) {
    const uint32_t reason[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, (uint32_t)status};
    semihosting(0x20 /* SYS_EXIT_EXTENDED */, reason);
    for (;;) continue;
}

__attribute__((noreturn)) void reset(void) {
    /* The FPU is off at reset: full access to coprocessors 10 and 11 (CPACR). */
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    const uint32_t *from = data_in_flash;
    for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
    board_exit(main());
    for (;;) continue;
}

static void fault(void) {
    board_write("fault\n");
    board_exit(3);
}

/* The initial stack pointer, then the handlers of reset, NMI and faults. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    stack_end,     (void *)reset, (void *)fault, (void *)fault,
    (void *)fault, (void *)fault, (void *)fault, (void *)fault};
