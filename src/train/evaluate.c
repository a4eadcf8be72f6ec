/* evaluate.c: passes over a dataset without training. */
#include "train/evaluate.h"

#include "comm/watchdog.h"
#include "kernels/team.h"
#include "train/pass.h"
#include "util/clock.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

void nn_pass_run(void *context) {
    nn_pass_job *job = context;
    nn_loader_assemble(job->loader);
    const nn_batch *batch = nn_loader_batch(job->loader);
    const nn_pass pass = {.rows = batch->rows, .first = batch->first, .training = false};
    nn_real *output = nn_model_forward(job->model, &pass, batch->x);
    if (job->logits) {
        const int64_t values = batch->rows * nn_shape_count(nn_model_output_shape(job->model));
        if (nn_team_is_lead()) memcpy(job->logits, output, (size_t)values * sizeof *output);
        nn_team_barrier();
    }
    if (job->objective)
        nn_objective_evaluate(job->objective, batch->rows, batch->batch_rows, output,
                              &batch->targets, NULL,
                              job->slots + batch->slot * nn_objective_sums(job->objective));
    if (nn_team_is_lead()) job->output = job->logits ? job->logits : output;
}

/* Now and then all ranks ask each other whether one wants to leave. Rank 0's clock says how many batches
 * lie between two times, so that it costs a long evaluation nothing, and a short one little. */
typedef struct {
    nn_comm *comm;
    const nn_leave *leave;
    int64_t next, every; /* the batch before which they ask; batches between two times */
    double asked;        /* when they did */
} lookout;

static bool is_left(lookout *self, int64_t batch) {
    if (!self->leave || batch < self->next) return false;
    const double now = nn_now(), since = now - self->asked;
    if (since < 0.1) self->every *= 2;
    else if (since > 0.3 && self->every > 1) self->every /= 2;
    self->asked = now;
    int64_t told = nn_comm_rank(self->comm) == 0 ? self->every : 0;
    if (self->leave->wants(self->leave->context)) told = INT64_MAX;
    told = nn_comm_max(self->comm, told);
    if (told == INT64_MAX) return true;
    self->every = told;
    self->next = batch + told;
    return false;
}

nn_status nn_evaluate(nn_comm *comm, nn_model *model, nn_objective *objective, nn_loader *loader,
                      int threads, const nn_leave *leave, double *sums) {
    nn_status status = NN_OK;
    nn_pass_job job = {.model = model, .objective = objective, .loader = loader};
    lookout out = {.comm = comm, .leave = leave, .next = 0, .every = 1, .asked = nn_now()};
    bool left = false;
    const int64_t slots = nn_shards_slots(nn_loader_shards(loader));
    const int64_t numbers = slots * nn_objective_sums(objective);
    nn_watchdog_doing(NN_DOING_EVALUATION);
    memset(sums, 0, (size_t)nn_objective_sums(objective) * sizeof *sums);
    NN_TRY(nn_comm_agree(comm, nn_allocate("sums", numbers, sizeof(double), &job.slots)));
    for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++) {
        left = is_left(&out, batch);
        if (left) break;
        for (int64_t shard = 0; shard < nn_loader_count(loader, batch); shard++) {
            if (status == NN_OK) status = nn_loader_choose(loader, 0, batch, shard);
            if (status == NN_OK) nn_team_run(threads, nn_pass_run, &job);
            nn_watchdog_tick();
        }
        if (leave && leave->passed)
            leave->passed(leave->context, batch + 1, nn_loader_batches(loader));
    }
    NN_TRY(nn_comm_agree(comm, status));
    if (left) NN_TRY(nn_fail(NN_INTERRUPTED, "the evaluation was left before its end"));
    nn_comm_sum_double(comm, job.slots, numbers);
    nn_objective_add(objective, slots, job.slots, sums);
done:
    free(job.slots);
    return status;
}

/* One turn of one layer over all rows; `sums` has room for the statistics of each slot. */
static nn_status gather_layer(nn_comm *comm, nn_model *model, int64_t index, int turn,
                              nn_loader *loader, double *sums) {
    nn_status status = NN_OK;
    nn_watchdog_doing(NN_DOING_STATISTICS);
    nn_layer *layer = nn_model_layer(model, index);
    const int64_t slots = nn_shards_slots(nn_loader_shards(loader)), each = layer->statistics;
    memset(sums, 0, (size_t)(slots * each) * sizeof *sums);
    for (int64_t batch = 0; batch < nn_loader_batches(loader); batch++) {
        for (int64_t shard = 0; shard < nn_loader_count(loader, batch); shard++) {
            if (status == NN_OK) status = nn_loader_choose(loader, 0, batch, shard);
            if (status != NN_OK) break;
            nn_watchdog_tick();
            nn_loader_assemble(loader);
            const nn_batch *rows = nn_loader_batch(loader);
            nn_model_gather(model, index, turn, rows->rows, rows->x, sums + rows->slot * each);
        }
    }
    status = nn_comm_agree(comm, status);
    if (status != NN_OK) return status;
    nn_comm_sum_double(comm, sums, slots * each);
    for (int64_t slot = 1; slot < slots; slot++)
        for (int64_t i = 0; i < each; i++) sums[i] += sums[slot * each + i];
    nn_layer_methods(layer)->settle(layer, turn, sums);
    return NN_OK;
}

nn_status nn_adapt(nn_comm *comm, nn_model *model, nn_loader *loader) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < nn_model_layers(model) && status == NN_OK; i++) {
        nn_layer *layer = nn_model_layer(model, i);
        if (layer->statistics == 0) continue;
        double *sums = NULL;
        int64_t slots = nn_shards_slots(nn_loader_shards(loader));
        status = nn_allocate("statistics", slots * layer->statistics, sizeof *sums, &sums);
        status = nn_comm_agree(comm, status);
        for (int turn = 0;
             turn < nn_layer_methods(layer)->statistics_passes && status == NN_OK; turn++)
            status = gather_layer(comm, model, i, turn, loader, sums);
        free(sums);
    }
    return status;
}
