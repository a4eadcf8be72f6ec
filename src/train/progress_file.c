/* progress_file.c: progress.json. */
#include "train/progress_file.h"

#include "io/json.h"
#include "io/publish.h"
#include "util/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double EVERY = 2;            /* seconds */
static const double MOST_OF_TIME = 0.002; /* the part of the run's time that slow file systems may take */

const char *const NN_RUN_PHASES[] = {"training", "validating", "finished", "interrupted", "failed"};

static double wall_time(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + 1e-3 * floor(1e-6 * (double)time.tv_nsec);
}

/* Who it is, so that it can be told later whether it still runs. */
static nn_status add_place(const nn_progress_file *self, const nn_training *training, nn_node *root) {
    char host[256] = "";
    const char *job = getenv("SLURM_JOB_ID");
    nn_status status = NN_OK;
    if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
    NN_TRY(nn_node_add_text(root, "host", host));
    NN_TRY(nn_node_add_int(root, "process", (int64_t)getpid()));
    if (job && *job) NN_TRY(nn_node_add_text(root, "job", job));
    NN_TRY(nn_node_add_int(root, "ranks", nn_comm_size(training->comm)));
    NN_TRY(nn_node_add_int(root, "threads", training->threads));
    NN_TRY(nn_node_add_real(root, "began", self->began));
    NN_TRY(nn_node_add_real(root, "updated", wall_time()));
done:
    return status;
}

/* Of this epoch until now. */
static nn_status add_values(const nn_training *training, nn_node *root) {
    const nn_objective *objective = training->objective;
    nn_status status = NN_OK;
    if (training->sums[NN_SUM_ROWS] == 0) return NN_OK;
    NN_TRY(nn_node_add_real(root, "loss", nn_objective_loss(objective, training->sums)));
    for (int64_t i = 0; i < nn_objective_metrics(objective); i++)
        NN_TRY(nn_node_add_real(root, nn_objective_metric_name(objective, i),
                                nn_objective_metric(objective, i, training->sums)));
done:
    return status;
}

static nn_status add_progress(const nn_training *training, nn_run_phase phase, nn_node *root) {
    const nn_progress *progress = &training->progress;
    const bool runs = phase == NN_PHASE_TRAINING || phase == NN_PHASE_VALIDATING;
    const double rows = (double)nn_loader_shards(training->train)->batch_rows;
    double epoch_left, run_left;
    nn_status status = NN_OK;
    NN_TRY(nn_node_add_int(root, "epoch", progress->epoch + runs)); /* the one being trained, or done */
    NN_TRY(nn_node_add_int(root, "epochs", training->run->epochs));
    NN_TRY(nn_node_add_int(root, "batch", progress->batch));
    NN_TRY(nn_node_add_int(root, "batches", nn_loader_batches(training->train)));
    NN_TRY(nn_node_add_int(root, "step", progress->step));
    NN_TRY(nn_node_add_int(root, "samples", progress->samples));
    if (phase == NN_PHASE_VALIDATING) NN_TRY(nn_node_add_real(root, "validated", training->pace.validated));
    NN_TRY(add_values(training, root));
    NN_TRY(nn_node_add_real(root, "seconds", nn_now() - training->pace.started));
    if (!runs) return NN_OK;
    nn_training_left(training, &epoch_left, &run_left);
    NN_TRY(nn_node_add_real(root, "samples_per_second", rows / nn_pace_of_step(&training->pace)));
    NN_TRY(nn_node_add_real(root, "epoch_seconds_left", epoch_left));
    NN_TRY(nn_node_add_real(root, "seconds_left", run_left));
done:
    return status;
}

void nn_progress_file_write(nn_progress_file *self, const nn_training *training, nn_run_phase phase,
                            const char *message) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    nn_text line = {0};
    char *text = NULL;
    const double begin = nn_now();
    if (!self->path) return;
    if (self->began == 0) self->began = wall_time();
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the progress", &root));
    NN_TRY(nn_node_add_text(root, "state", NN_RUN_PHASES[phase]));
    if (message) NN_TRY(nn_node_add_text(root, "message", message));
    NN_TRY(add_progress(training, phase, root));
    NN_TRY(add_place(self, training, root));
    NN_TRY(nn_json_format(root, &text));
    nn_text_add(&line, "%s\n", text);
    if (line.bytes) NN_TRY(nn_publish_quickly(self->path, line.bytes, (int64_t)line.length));
done:
    nn_text_free(&line);
    free(text);
    nn_node_destroy(&root);
    const double end = nn_now();
    self->due = end + fmax(EVERY, (end - begin) / MOST_OF_TIME);
}

void nn_progress_file_tick(nn_progress_file *self, const nn_training *training, nn_run_phase phase,
                           double now) {
    if (self->path && now >= self->due) nn_progress_file_write(self, training, phase, NULL);
}
