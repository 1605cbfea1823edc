/* The hash program prints one line for each kernel, and for networks trained by each optimizer:
 * kind, name and 64-bit FNV-1a hash. */
#ifndef SWIFTREG_TESTS_HASH_H
#define SWIFTREG_TESTS_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Ends the program if the call failed. */
#define MUST(call) must((call), #call)
void must(int status, const char *call);

/* Adds bytes to the present hash. */
void hash_bytes(const void *bytes, size_t size);
/* Prints the hash and begins a new one. Integers are the same on every CPU, real numbers on every
 * CPU with FMA. */
void print_integer_hash(const char *name);
void print_real_hash(const char *name);

void hash_kernels(void);
void hash_kernels_f64(void);
void hash_networks(void);
void hash_networks_f64(void);
/* The notebook's training, with this number of full-batch iterations. */
void hash_notebook(size_t iterations);
void hash_notebook_f64(size_t iterations);

#endif
