/* The part of the C library that every host has: functions of memory and of numbers. */
#ifndef SWIFTREG_LIBRARY_H
#define SWIFTREG_LIBRARY_H

#include <math.h>
#include <string.h>

#endif
