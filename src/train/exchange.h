/* exchange.h: how the gradients of all ranks become one sum, and every rank's weights move alike.
 *
 * What a step means is that MPI_Allreduce adds all gradients and each rank updates its model. Three
 * ways lead there, with the same result up to the order in which numbers are added:
 *   allreduce  just that, after the backward pass
 *   overlap    in pieces, each as soon as the backward pass has come through its layers
 *   node       the ranks of a node hold one model in memory that they share; each adds up one slice of
 *              their gradients, sums it with the owners of that slice on the other nodes, and updates
 *              that slice of the model
 * Where the run is reproducible, the sum goes along the tree of the batch's shards in each of them
 * (train/plan.h). */
#ifndef NN_TRAIN_EXCHANGE_H
#define NN_TRAIN_EXCHANGE_H

#include "comm/comm.h"
#include "optim/optimizer.h"
#include "train/gradients.h"
#include "train/profile.h"

typedef struct nn_exchange nn_exchange;

typedef enum {
    NN_COMMUNICATION_AUTO,
    NN_COMMUNICATION_ALLREDUCE,
    NN_COMMUNICATION_OVERLAP,
    NN_COMMUNICATION_NODE
} nn_communication;
extern const char *const NN_COMMUNICATION_NAMES[];

/** The numbers in which gradients go from rank to rank. */
typedef enum { NN_FLOAT32, NN_BF16 } nn_precision;
extern const char *const NN_PRECISION_NAMES[];

typedef struct {
    nn_communication communication;
    nn_precision precision;
    int64_t last_rows; /* of an epoch's last batch */
    int64_t message;   /* the length of the step's message, at most */
} nn_exchange_options;

/** Prepares the exchange of `gradients` and the updates by `optimizer`; all are borrowed. Chooses a way
 * where that is left to it, by a measurement that takes a moment. May move the model, the optimizer's
 * state and the gradients into memory of its own, so it is destroyed after all of them. Collective.
 * Errors: NN_INTERNAL where memory cannot be had; agreed. */
nn_status nn_exchange_create(nn_comm *comm, nn_model *model, nn_optimizer *optimizer,
                             nn_gradients *gradients, const nn_exchange_options *options,
                             nn_exchange **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_exchange_destroy(nn_exchange **exchange);

/** What the ranks do, and why where that was measured: "node (...)"; empty for a single rank. Local. */
const char *nn_exchange_description(const nn_exchange *exchange);

/** Before this rank's first shard of a batch, of which it has `shards`. By the lead. Local. */
void nn_exchange_begin(nn_exchange *exchange, int64_t shards);

/** Sums the step's message over the ranks, after this rank's last shard. By the lead. Collective. */
void nn_exchange_message(nn_exchange *exchange, double *message, int64_t count);

/** After a message that says that all is well: sums the gradients of all ranks and makes the optimizer's
 * step. Team. Collective. */
void nn_exchange_update(nn_exchange *exchange, nn_profile *profile);

#endif
