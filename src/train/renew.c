/* renew.c: a training goes on with other rows. What depends on them (batches, the exchange of gradients) is
 * made anew; what has been learned is carried over. */
#include "train/checkpoint_private.h"
#include "train/training.h"

#include <string.h>

static void copy(nn_span from, nn_span to) {
    memcpy(to.data, from.data, (size_t)from.count * sizeof *from.data);
}

/* What a checkpoint would hold, on rank 0. */
static void copy_state(const nn_training *from, nn_training *to) {
    const nn_span weights = nn_model_values(from->model);
    to->progress = from->progress;
    copy(weights, nn_model_values(to->model));
    copy(nn_model_state(from->model), nn_model_state(to->model));
    for (int i = 0; i < nn_optimizer_slots(from->optimizer); i++)
        copy(nn_optimizer_slot(from->optimizer, i), nn_optimizer_slot(to->optimizer, i));
    nn_optimizer_set_steps(to->optimizer, nn_optimizer_steps(from->optimizer));
    nn_optimizer_set_factor(to->optimizer, nn_optimizer_factor(from->optimizer));
    if (from->best_weights)
        memcpy(to->best_weights, from->best_weights,
               (size_t)weights.count * sizeof *weights.data);
}

nn_status nn_training_renew(nn_training **training, nn_run *run, const nn_training_data *data) {
    nn_training *old = *training, *made = NULL;
    nn_status status = nn_training_create_of(old->comm, run, data, old->most_threads, &made);
    if (status != NN_OK) return status;
    if (old->spares_threads) nn_training_spare_threads(made);
    nn_comm_wait_for_all(old->comm); /* ranks of a node may share the new one's weights */
    if (nn_comm_rank(old->comm) == 0) copy_state(old, made);
    nn_checkpoint_broadcast(made);
    nn_text history = made->history;
    made->history = old->history;
    old->history = history;
    made->saver = old->saver;
    old->saver = NULL;
    made->reproducible = old->reproducible;
    nn_training_destroy(training);
    *training = made;
    return NN_OK;
}
