/* step.h: one optimizer step, on all ranks and threads.
 *
 * One parallel region: this rank's share of the batch goes forward and backward, shard by shard; the
 * lead sums the step's small numbers (errors, wishes, loss, metrics) over the ranks in one message;
 * the gradients are summed over shards and ranks; all threads update the weights. */
#ifndef NN_TRAIN_STEP_H
#define NN_TRAIN_STEP_H

#include "comm/comm.h"
#include "data/loader.h"
#include "model/objective.h"
#include "optim/optimizer.h"
#include "train/exchange.h"

/** What a rank wishes before a step, and what any rank wished after it. */
typedef struct {
    nn_status failed; /* of this rank, with its message, before the step, which makes it everyone's */
    bool leave; /* save and leave (a signal came) */
    bool end;   /* stop training (the time is up) */
    bool save;  /* write a checkpoint */
} nn_wishes;

/** What a step works on; all borrowed. */
typedef struct {
    nn_comm *comm;
    nn_model *model;
    nn_objective *objective;
    nn_optimizer *optimizer;
    nn_loader *loader;
    nn_gradients *gradients;
    nn_exchange *exchange;
    int threads;
    uint64_t seed;
    double *message; /* room for nn_step_message() numbers */
    nn_profile profile;
} nn_stepper;

/** The length of the step's message where the sums of so many slots are kept apart. Local. */
int64_t nn_step_message(const nn_objective *objective, int64_t slots);

/** Makes the step of batch `batch` of epoch `epoch`, adds the batch's sums over all ranks (penalties
 * included in the loss) to `sums`, and turns each rank's wishes into everyone's. On failure the
 * weights are as before. Collective.
 * Errors: NN_DIVERGED naming the step; those of nn_loader_choose(); agreed. */
nn_status nn_step(nn_stepper *stepper, int64_t epoch, int64_t batch, nn_wishes *wishes,
                  double *sums) NN_CHECKED;

#endif
