/* bf16.h: sums over the ranks of numbers that travel as bfloat16, half the bytes of float32: each rank
 * gets its slice of all ranks' numbers, rounded, adds them in float32, and gives the sum to all,
 * rounded again. The result is the same bits on all ranks. */
#ifndef NN_TRAIN_BF16_H
#define NN_TRAIN_BF16_H

#include "comm/comm.h"
#include "util/real.h"

typedef struct nn_bf16 nn_bf16;

/** Makes room for sums of at most `most` numbers over the ranks of `comm`, which is borrowed. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_bf16_create(nn_comm *comm, int64_t most, nn_bf16 **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_bf16_destroy(nn_bf16 **bf16);

/** Sums data (count) over the ranks, in place. Team. Collective. */
void nn_bf16_sum(nn_bf16 *bf16, nn_real *data, int64_t count);

#endif
