/* Executed instructions, in QEMU with -icount shift=0, where each takes a nanosecond; and the task of the
 * programs here: the notebook's network, 2-20-3-1, ReLU and a sigmoid, on batches of 32 by plain gradient
 * descent. */
#ifndef COUNTER_H
#define COUNTER_H

#include "board.h"

#ifndef EPOCHS
#define EPOCHS 10
#endif

enum { EXAMPLES = 256, BATCH = 32, STEPS = EXAMPLES / BATCH * EPOCHS };

/* Two classes: whether two numbers have the same sign. */
static float points[EXAMPLES][2], labels[EXAMPLES];

static inline void make_points(void) {
    uint32_t state = 1;
    for (int i = 0; i < EXAMPLES; i++) {
        for (int k = 0; k < 2; k++) {
            state = state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
            points[i][k] = (float)(state >> 8) * 0x1p-23f - 1;
        }
        labels[i] = points[i][0] * points[i][1] > 0;
    }
}

#ifdef __riscv
static inline void start_counter(void) {}
static inline uint32_t instructions(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count));
    return count;
}
#else
/* SysTick counts down from 2^24 - 1, 25 million times a second; 20 million on the board of the M33. */
#ifdef __ARM_ARCH_8M_MAIN__
#define NANOSECONDS 50u
#else
#define NANOSECONDS 40u
#endif
static inline void start_counter(void) {
    volatile uint32_t *systick = (volatile uint32_t *)0xe000e010;
    systick[1] = 0xffffff;
    systick[2] = 0;
    systick[0] = 5;
    while (systick[2] == 0) continue;
}
static inline uint32_t instructions(void) {
    return (0xffffff - ((volatile uint32_t *)0xe000e010)[2]) * NANOSECONDS;
}
#endif

/* Prints the instructions of a step since `start`. */
static inline void print_step(const char *what, uint32_t start) {
    const uint32_t count = instructions() - start;
    board_write(what);
    board_write(": ");
    write_number(count / STEPS);
    board_write(" instructions a step\n");
}

#endif
