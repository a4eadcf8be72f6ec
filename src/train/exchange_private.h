/* exchange_private.h: what the ways of exchanging gradients have in common. A way is one file with one
 * nn_exchange_class, and one line in exchange.c. */
#ifndef NN_TRAIN_EXCHANGE_PRIVATE_H
#define NN_TRAIN_EXCHANGE_PRIVATE_H

#include "train/exchange.h"

typedef struct {
    const char *name, *say; /* `say` is what users are told; NULL: the name */
    size_t size; /* of the struct that begins with nn_exchange */
    /** Makes what it needs; released by destroy(), also on failure. Collective. Errors: agreed. */
    nn_status (*create)(nn_exchange *exchange);
    void (*destroy)(nn_exchange *exchange);
    /** As nn_exchange_begin(); may be NULL. */
    void (*begin)(nn_exchange *exchange, int64_t shards);
    /** As nn_exchange_message(). */
    void (*message)(nn_exchange *exchange, double *message, int64_t count);
    /** Makes the gradients of `part`, which this rank updates, what they are over all ranks.
     * Team. Collective. */
    void (*reduce)(nn_exchange *exchange);
    /** Waits until the parts of all ranks are here; NULL where each rank has all of them.
     * Team. Collective. */
    void (*meet)(nn_exchange *exchange);
} nn_exchange_class;

struct nn_exchange {
    const nn_exchange_class *methods;
    nn_comm *comm;
    nn_model *model;
    nn_optimizer *optimizer;
    nn_gradients *gradients;
    nn_exchange_options options;
    nn_optimizer_part part; /* what this rank updates; all, but for `node` */
    char description[384];
};

extern const nn_exchange_class NN_EXCHANGE_ALLREDUCE, NN_EXCHANGE_TREE, NN_EXCHANGE_OVERLAP,
    NN_EXCHANGE_NODE;

/** Chooses a way for `length` gradients by trying them; says why in `why` (room bytes). Collective.
 * Errors: NN_INTERNAL; agreed. */
nn_status nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap, nn_communication *way,
                             char *why, size_t room) NN_CHECKED;

/** The way that the times of a trial speak for; what was not tried is infinite. On one node only
 * `node`, unless allreduce is four times faster; on several the others must be twice as fast: chance
 * must not decide between ways whose sums differ in the last bits. Local. */
nn_communication nn_exchange_decide(int nodes, double node, double overlap, double allreduce);

/** Sums the message by MPI_Allreduce: the message() of most. Collective. */
void nn_exchange_sum_message(nn_exchange *exchange, double *message, int64_t count);

/** Where this rank's one sum of gradients lies, where shards are cut by rank; zeros if it had no rows.
 * Team. Local. */
nn_real *nn_exchange_own_sum(nn_exchange *exchange);

#endif
