/* random.h: random numbers from a counter, not from a state: Philox4x32-10 (Salmon, Moraes, Dror,
 * Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11). A number depends on the seed, what it
 * is for, and which element of which step it belongs to; never on rank, thread or call order. */
#ifndef NN_UTIL_RANDOM_H
#define NN_UTIL_RANDOM_H

#include <stdint.h>

/** What random numbers are for; part of the counter, so that no two purposes share numbers. */
typedef enum {
    NN_RANDOM_WEIGHTS = 1, /* initial weights: part = variable, step = attempt */
    NN_RANDOM_DROPOUT = 2, /* part = layer, step = optimizer step */
    NN_RANDOM_SHUFFLE = 3, /* step = epoch */
    NN_RANDOM_SPLIT = 4,   /* train and test rows of an import */
    NN_RANDOM_GENERATE = 5, /* values of a generated dataset */
    NN_RANDOM_BLOCKS = 6, /* of a dataset that is not in memory: step = epoch */
    NN_RANDOM_WINDOW = 7  /* the rows of a window of it: part = window, step = epoch */
} nn_random_purpose;

/** A stream of random numbers: element i of it is the same whenever and wherever it is asked. */
typedef struct {
    uint64_t seed;
    nn_random_purpose purpose;
    uint32_t part; /* which layer or variable, below 2^24 */
    uint32_t step; /* which step, epoch or attempt */
} nn_random_stream;

/** The Philox4x32-10 bijection: 4 words from a counter of 4 words under a key of 2. */
void nn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** Words 4 * block ... 4 * block + 3 of a stream. */
void nn_random_block(nn_random_stream stream, uint64_t block, uint32_t out[4]);

/** The words of NN_RANDOM_LANES blocks from `first` on, in their order: the same as as many calls of
 * nn_random_block(), but with vector instructions. */
void nn_random_lanes(nn_random_stream stream, uint64_t first, uint32_t *out);
enum { NN_RANDOM_LANES = 32, NN_RANDOM_WORDS = 4 * NN_RANDOM_LANES };

/** Element `index` of a stream, uniform in [0, 1), from 32 random bits. */
double nn_random_uniform(nn_random_stream stream, uint64_t index);

/** Element `index` of a stream, standard normal (Box and Muller 1958). */
double nn_random_normal(nn_random_stream stream, uint64_t index);

/** A pseudorandom permutation of 0 .. count-1, without a table: a Feistel network over the next
 * power of four, walked until it falls inside (Black & Rogaway 2002). */
typedef struct {
    uint64_t count;
    uint32_t half_bits;
    uint32_t rounds;
    uint32_t round_keys[16];
    uint32_t swap; /* 1: the images 0 and 1 change places */
} nn_permutation;

/** The permutation of `count` elements that belongs to (seed, purpose, step). count >= 1. */
nn_permutation nn_permutation_make(nn_random_stream stream, uint64_t count);

/** Where the permutation sends `index` < count. */
uint64_t nn_permute(const nn_permutation *permutation, uint64_t index);

/** Where it sends first .. first + count - 1, all below its count: the same as as many calls of
 * nn_permute(), but with vector instructions. */
void nn_permute_some(const nn_permutation *permutation, uint64_t first, int64_t count, int64_t *out);

#endif
