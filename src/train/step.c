/* step.c: one optimizer step, on all ranks and threads. */
#include "train/step.h"

#include "comm/watchdog.h"
#include "kernels/team.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The step's one message: counts of ranks that failed or wish something, then the sums of each slot. */
enum { FAILED, LEAVE, END, SAVE, SUMS };

typedef struct {
    nn_stepper *on;
    int64_t epoch, batch;
    nn_wishes *wishes;
    double *sums;
    int64_t slots;
    nn_status status; /* written by the lead, read by all after a barrier */
} step_job;

int64_t nn_step_message(const nn_objective *objective, int64_t slots) {
    return SUMS + slots * nn_objective_sums(objective);
}

/* Sums the message over the ranks, then the slots' sums into those of the first; by the lead. */
static void tell(step_job *job) {
    nn_stepper *on = job->on;
    double *message = on->message, *sums = message + SUMS;
    message[FAILED] = job->status != NN_OK;
    message[LEAVE] = job->wishes->leave;
    message[END] = job->wishes->end;
    message[SAVE] = job->wishes->save;
    nn_exchange_message(on->exchange, message, nn_step_message(on->objective, job->slots));
    nn_objective_add(on->objective, job->slots - 1, sums + nn_objective_sums(on->objective), sums);
    if (message[FAILED] > 0) {
        job->status = nn_comm_agree(on->comm, job->status);
        return;
    }
    *job->wishes = (nn_wishes){.leave = message[LEAVE] > 0,
                               .end = message[END] > 0,
                               .save = message[SAVE] > 0};
    double loss = nn_objective_loss(on->objective, sums);
    if (!isfinite(loss)) { /* the same on all ranks */
        job->status = nn_fail(NN_DIVERGED,
                              "step %" PRId64 " (epoch %" PRId64 "): the loss is %s; a smaller "
                              "learning rate, clipnorm or a Normalization layer may help",
                              nn_optimizer_steps(on->optimizer) + 1, job->epoch + 1,
                              isnan(loss) ? "NaN" : "infinite");
    }
}

const char *const NN_PHASE_NAMES[NN_PHASES] = {"wait",    "assemble", "passes",
                                               "message", "sum",      "update"};

/* What the lead has done since the last mark. */
static void mark(step_job *job, nn_phase phase) {
    if (nn_team_is_lead()) nn_profile_mark(&job->on->profile, phase);
}

/* One shard, forward and backward. Where its rows cannot be had it is one of no rows. */
static void pass_shard(step_job *job, int64_t shard) {
    nn_stepper *on = job->on;
    if (nn_team_is_lead()) {
        const double waited = nn_loader_waited(on->loader);
        nn_status status = nn_loader_choose(on->loader, job->epoch, job->batch, shard);
        nn_profile_waited(&on->profile, nn_loader_waited(on->loader) - waited);
        if (job->status == NN_OK) job->status = status;
        nn_gradients_next(on->gradients);
        nn_watchdog_tick();
    }
    nn_team_barrier();
    nn_loader_assemble(on->loader);
    mark(job, NN_PHASE_ASSEMBLE);
    const nn_batch *batch = nn_loader_batch(on->loader);
    const nn_pass pass = {.rows = batch->rows,
                          .first = batch->first,
                          .training = true,
                          .seed = on->seed,
                          .step = (uint32_t)nn_optimizer_steps(on->optimizer)};
    double *sums = on->message + SUMS + batch->slot * nn_objective_sums(on->objective);
    nn_real *output = nn_model_forward(on->model, &pass, batch->x);
    nn_objective_evaluate(on->objective, batch->rows, batch->batch_rows, output, &batch->targets,
                          nn_model_output_gradient(on->model), sums);
    nn_model_backward(on->model, &pass, batch->x);
    nn_gradients_add(on->gradients);
    mark(job, NN_PHASE_PASSES);
}

static void step_body(void *context) {
    step_job *job = context;
    nn_stepper *on = job->on;
    const int64_t shards = nn_loader_count(on->loader, job->batch);
    if (nn_team_is_lead()) {
        const int64_t numbers = nn_step_message(on->objective, job->slots);
        memset(on->message, 0, (size_t)numbers * sizeof *on->message);
        nn_profile_begin(&on->profile);
        nn_gradients_begin(on->gradients, nn_loader_batch_rows(on->loader, job->batch));
        nn_exchange_begin(on->exchange, shards);
    }
    for (int64_t shard = 0; shard < shards; shard++) pass_shard(job, shard);
    if (nn_team_is_lead()) tell(job);
    mark(job, NN_PHASE_MESSAGE);
    nn_team_barrier();
    if (job->status != NN_OK) return;
    nn_exchange_update(on->exchange, &on->profile);
    if (!nn_team_is_lead()) return;
    double *sums = on->message + SUMS;
    sums[NN_SUM_LOSS] += nn_optimizer_penalty(on->optimizer) * sums[NN_SUM_ROWS];
    for (int64_t i = 0; i < nn_objective_sums(on->objective); i++) job->sums[i] += sums[i];
}

nn_status nn_step(nn_stepper *stepper, int64_t epoch, int64_t batch, nn_wishes *wishes,
                  double *sums) {
    const int64_t slots = nn_shards_slots(nn_loader_shards(stepper->loader));
    step_job job = {stepper, epoch, batch, wishes, sums, slots, wishes->failed};
    nn_watchdog_doing(NN_DOING_STEP);
    nn_team_run(stepper->threads, step_body, &job);
    return job.status;
}
