/* The part of the C library that every host has: functions of memory and of numbers. And a trap, which Swift's own is
   not where the compiler removes its assertions. */
#ifndef SWIFTREG_LIBRARY_H
#define SWIFTREG_LIBRARY_H

#include <math.h>
#include <string.h>

static inline _Noreturn void platform_trap(void) { __builtin_trap(); }

/* Which values of an enum are in the build, a bit each: scripts/mcu leaves some out. Swift sees the constants alone. */
#ifndef REG_ACTIVATIONS
#define REG_ACTIVATIONS -1
#define REG_LOSSES -1
#define REG_OPTIMIZERS -1
#define REG_SCHEDULES -1
#endif
enum {
    platform_activations = REG_ACTIVATIONS,
    platform_losses = REG_LOSSES,
    platform_optimizers = REG_OPTIMIZERS,
    platform_schedules = REG_SCHEDULES
};

#endif
