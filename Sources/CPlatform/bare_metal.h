/* The heap of a library that was built for a machine without an operating system. */
#ifndef SWIFTREG_BARE_METAL_H
#define SWIFTREG_BARE_METAL_H

#include <stddef.h>

/* Makes the `size` bytes at `memory`, of any alignment, the heap of the library; before that,
 * every function that needs memory returns REG_ERROR_MEMORY. The block stays the library's until the
 * next call. 0: done. 1: `memory` is NULL, `size` is less than 256, or blocks of a former heap are
 * in use (networks, and the working memory that the library keeps after the first product). */
int reg_set_heap(void *memory, size_t size);

#endif
