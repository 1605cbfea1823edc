/* What the library uses of the C library in WebAssembly: its heap. */
#ifndef SWIFTREG_WEBASSEMBLY_H
#define SWIFTREG_WEBASSEMBLY_H

#include <stdlib.h>

#endif
