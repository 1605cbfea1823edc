/* The C library, for Swift sources that can import no Glibc overlay (Embedded Swift has none). */
#ifndef SWIFTREG_PLATFORM_H
#define SWIFTREG_PLATFORM_H

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#endif
