/* A RISC-V hart from reset to main, and the debugger's console by semihosting. */
#include "board.h"

int main(void);

/* Of the linker script: everything is in RAM. */
extern uint32_t bss_start[], bss_end[];

__attribute__((naked, noinline)) static long semihosting(long operation, const void *argument) {
    (void)operation, (void)argument;
    /* The three instructions that a debugger knows, none of them compressed. */
    __asm__ volatile(".option push\n\t.option norvc\n\t.balign 16\n\t"
                     "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop\n\tret");
}

void board_write(const char *text) { semihosting(0x04 /* SYS_WRITE0 */, text); }

void board_exit(int status) {
    const uint32_t reason[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, (uint32_t)status};
    semihosting(0x20 /* SYS_EXIT_EXTENDED */, reason);
    for (;;) continue;
}

__attribute__((used)) static void begin(void) {
    for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
    board_exit(main());
}

__attribute__((used)) static void fault(void) {
    board_write("fault\n");
    board_exit(3);
}

__attribute__((naked, section(".vectors"), used)) void reset(void) {
    /* The FPU is off at reset: mstatus.FS becomes 1. */
    __asm__ volatile(
        ".option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\t"
        "la sp, stack_end\n\tla t0, trap\n\tcsrw mtvec, t0\n\tli t0, 0x2000\n\tcsrs mstatus, t0\n\t"
        "csrwi fcsr, 0\n\tj begin\n\t.balign 4\ntrap:\n\tj fault");
}
