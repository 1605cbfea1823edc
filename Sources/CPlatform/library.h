/* The part of the C library that every host has: functions of memory and of numbers. And a trap, which Swift's own is
   not where the compiler removes its assertions. */
#ifndef SWIFTREG_LIBRARY_H
#define SWIFTREG_LIBRARY_H

#include <math.h>
#include <string.h>

static inline _Noreturn void platform_trap(void) { __builtin_trap(); }

#endif
