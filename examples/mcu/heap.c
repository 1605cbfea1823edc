/* The library's memory on a board: one array. */
#include "board.h"
#include "swiftreg_bare_metal.h"

#ifndef HEAP_BYTES
#define HEAP_BYTES (16 * 1024)
#endif

static _Alignas(8) uint8_t heap[HEAP_BYTES];

void board_start(void) {
    if (reg_set_heap(heap, sizeof heap) != 0) board_exit(1);
}

size_t board_heap_needed(const reg_network *network, size_t batch_size, size_t m) {
    size_t bytes;
    must(reg_heap_size(network, batch_size, m, 0, &bytes));
    return bytes;
}
