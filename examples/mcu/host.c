/* The examples on a desktop: the same output, to compare with. */
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

void board_start(void) {}
void board_write(const char *text) { fputs(text, stdout); }
void board_exit(int status) { exit(status); }

size_t board_heap_needed(const reg_network *network, size_t batch_size, size_t m) {
    (void)network, (void)batch_size, (void)m;
    return 0;
}
