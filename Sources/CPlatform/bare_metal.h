/* The heap of a library that was built for a machine without an operating system. */
#ifndef SWIFTREG_BARE_METAL_H
#define SWIFTREG_BARE_METAL_H

#include <stddef.h>

#include "swiftreg_network.h"

/* Makes the `size` bytes at `memory`, of any alignment, the heap of the library; before that,
 * every function that needs memory returns REG_ERROR_MEMORY. The block stays the library's until the
 * next call. 0: done. 1: `memory` is NULL, `size` is less than 256, or there are networks on the
 * former heap. */
int reg_set_heap(void *memory, size_t size);

/* The least `size` of reg_set_heap, for the same `memory`, with which a network like this, the first on its
 * heap, can be created and trained by reg_network_fit with batches of `batch_size` examples of `m`, in
 * any order, and with `validates` as many to validate with; with `batch_size` 0, with which it can
 * predict. Ask right after reg_network_create and reg_network_set_optimizer, on a heap of any size. Less
 * by one byte is REG_ERROR_MEMORY. Predictions of any number of examples need no more than training.
 * Errors: NULL; SIZE. */
reg_status reg_heap_size(const reg_network *network, size_t batch_size, size_t m, int32_t validates,
                         size_t *bytes);

#endif
