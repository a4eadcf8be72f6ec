/* replicas.h: every rank holds the whole model, and all of these replicas must be the same to the
 * bit: they began alike and made the same updates. Where one is not, a processor or a memory has
 * erred, and what the ranks compute is no longer one training. */
#ifndef NN_TRAIN_REPLICAS_H
#define NN_TRAIN_REPLICAS_H

#include "comm/comm.h"
#include "optim/optimizer.h"

/** All ranks take rank 0's variables. Collective. */
void nn_replicas_share(nn_comm *comm, nn_model *model);

/** Compares hashes of the variables and of the optimizer's state over all ranks. `step` is for the
 * message. Collective.
 * Errors: NN_INTERNAL naming the ranks that differ from most others, their hosts, and the first
 * variable that does; agreed. */
nn_status nn_replicas_check(nn_comm *comm, const nn_model *model, const nn_optimizer *optimizer,
                            int64_t step) NN_CHECKED;

#endif
