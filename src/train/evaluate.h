/* evaluate.h: passes over a dataset without training: loss and metrics, and statistics for layers that
 * want them. */
#ifndef NN_TRAIN_EVALUATE_H
#define NN_TRAIN_EVALUATE_H

#include "comm/comm.h"
#include "data/loader.h"
#include "model/objective.h"

/** Who may want to leave an evaluation before its end, and follows it. */
typedef struct {
    bool (*wants)(void *context); /* Local */
    void (*passed)(void *context, int64_t batches, int64_t of); /* after each batch; Local; NULL: nobody */
    void *context;
} nn_leave;

/** Sums loss and metrics over all rows and ranks into `sums` (nn_objective_sums() numbers), each row
 * once; penalties are not included. Where a rank wants to leave all do, within some tenths of a second
 * after the same batch; `leave` NULL: nobody will. Collective.
 * Errors: NN_IO; NN_INTERRUPTED where it was left; agreed. */
nn_status nn_evaluate(nn_comm *comm, nn_model *model, nn_objective *objective, nn_loader *loader,
                      int threads, const nn_leave *leave, double *sums) NN_CHECKED;

/** Lets the layers that want them (Normalization) gather statistics of the rows of the loader, over
 * all ranks. Collective. Errors: NN_IO, NN_INTERNAL, agreed. */
nn_status nn_adapt(nn_comm *comm, nn_model *model, nn_loader *loader) NN_CHECKED;

#endif
