/* A plain implementation of the formulas of the header. */
#ifndef SWIFTREG_TESTS_ORACLE_H
#define SWIFTREG_TESTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). */
void oracle_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

/* w(i) of the header. */
uint32_t oracle_word(uint64_t seed, uint64_t stream, uint64_t i);

/* Whether element i is kept. */
bool oracle_kept(double keep_prob, uint64_t seed, uint64_t stream, uint64_t i);

/* Seeds, streams, offsets and probabilities that reach every carry and edge. */
extern const uint64_t oracle_offsets[];
extern const int oracle_offset_count;
extern const double oracle_keep_probs[];
extern const int oracle_keep_prob_count;

#endif
