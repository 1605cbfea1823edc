/* What the examples use of a board: a debugger's console, by semihosting, and a hash of bytes. host.c has the
 * same for a desktop, so that both can be compared. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "swiftreg_network.h"

/* Makes the library ready: on a board it gives it a heap of HEAP_BYTES bytes. */
void board_start(void);
void board_write(const char *text);
void board_exit(int status);
/* The bytes of heap that `network` and its training by batches of `batch_size` of `m` examples take; 0 on a
 * desktop. */
size_t board_heap_needed(const reg_network *network, size_t batch_size, size_t m);

/* Writes a whole number, or a real one with three decimals. */
void write_number(uint32_t number);
void write_real(double x);

/* Writes the SHA-256 (FIPS 180-4) of some bytes. */
void write_sha256(const void *bytes, size_t size);

/* Ends the program with the reason if a call of the library failed. */
void must(reg_status status);

#endif
