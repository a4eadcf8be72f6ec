/* step.c: one optimizer step, on all ranks and threads. */
#include "train/step.h"

#include "kernels/team.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The step's one message: counts of ranks that failed or wish something, then the sums. */
enum { FAILED, LEAVE, END, SAVE, SUMS };

typedef struct {
    nn_stepper *on;
    int64_t epoch, batch;
    nn_wishes *wishes;
    double *sums;
    nn_status status; /* written by the lead, read by all after a barrier */
} step_job;

int64_t nn_step_message(const nn_objective *objective) {
    return SUMS + nn_objective_sums(objective);
}

/* Sums message and gradients over the ranks; by the lead. */
static void exchange(step_job *job) {
    nn_stepper *on = job->on;
    double *message = on->message, *sums = message + SUMS;
    nn_span gradients = nn_model_gradients(on->model);
    message[FAILED] = job->status != NN_OK;
    message[LEAVE] = job->wishes->leave;
    message[END] = job->wishes->end;
    message[SAVE] = job->wishes->save;
    nn_comm_sum_double(on->comm, message, nn_step_message(on->objective));
    if (message[FAILED] > 0) {
        job->status = nn_comm_agree(on->comm, job->status);
        return;
    }
    *job->wishes = (nn_wishes){message[LEAVE] > 0, message[END] > 0, message[SAVE] > 0};
    double loss = nn_objective_loss(on->objective, sums);
    if (!isfinite(loss)) { /* the same on all ranks */
        job->status = nn_fail(NN_DIVERGED,
                              "step %" PRId64 " (epoch %" PRId64 "): the loss is %s; a smaller "
                              "learning rate, clipnorm or a Normalization layer may help",
                              nn_optimizer_steps(on->optimizer) + 1, job->epoch + 1,
                              isnan(loss) ? "NaN" : "infinite");
        return;
    }
    nn_comm_sum_float(on->comm, gradients.data, gradients.count);
}

static void step_body(void *context) {
    step_job *job = context;
    nn_stepper *on = job->on;
    if (nn_team_is_lead()) {
        memset(on->message, 0, (size_t)nn_step_message(on->objective) * sizeof *on->message);
        job->status = nn_loader_choose(on->loader, job->epoch, job->batch);
    }
    nn_team_barrier();
    nn_loader_assemble(on->loader);
    const nn_batch *batch = nn_loader_batch(on->loader);
    const nn_pass pass = {.rows = batch->rows,
                          .first = batch->first,
                          .training = true,
                          .seed = on->seed,
                          .step = (uint32_t)nn_optimizer_steps(on->optimizer)};
    nn_real *output = nn_model_forward(on->model, &pass, batch->x);
    nn_objective_evaluate(on->objective, batch->rows, batch->batch_rows, output, &batch->targets,
                          nn_model_output_gradient(on->model), on->message + SUMS);
    nn_model_backward(on->model, &pass, batch->x);
    if (nn_team_is_lead()) exchange(job);
    nn_team_barrier();
    if (job->status != NN_OK) return;
    double penalty = nn_model_penalty(on->model, true);
    nn_optimizer_apply(on->optimizer);
    if (!nn_team_is_lead()) return;
    double *sums = on->message + SUMS;
    sums[NN_SUM_LOSS] += penalty * sums[NN_SUM_ROWS];
    for (int64_t i = 0; i < nn_objective_sums(on->objective); i++) job->sums[i] += sums[i];
}

nn_status nn_step(nn_stepper *stepper, int64_t epoch, int64_t batch, nn_wishes *wishes,
                  double *sums) {
    step_job job = {stepper, epoch, batch, wishes, sums, NN_OK};
    nn_team_run(stepper->threads, step_body, &job);
    return job.status;
}
