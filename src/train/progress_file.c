/* progress_file.c: progress.json. */
#include "train/progress_file.h"

#include "comm/watchdog.h"
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

enum { MOST_BYTES = 1 << 20 };

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
    nn_watchdog_file_begin(); /* between two steps: a slow file is waited for */
    if (line.bytes) (void)!nn_publish_quickly(self->path, line.bytes, (int64_t)line.length);
    nn_watchdog_file_end();
done:
    nn_text_free(&line);
    free(text);
    nn_node_destroy(&root);
    const double end = nn_now();
    self->due = end + fmax(EVERY, (end - begin) / MOST_OF_TIME);
}

/* What only a run that goes on has. */
static bool is_of_going_on(const char *key) {
    static const char *const keys[] = {"state", "message", "validated", "samples_per_second",
                                       "epoch_seconds_left", "seconds_left"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

static bool is_own(const nn_node *root) {
    char host[256] = "";
    const nn_node *state = nn_node_get(root, "state"), *theirs = nn_node_get(root, "host");
    const nn_node *process = nn_node_get(root, "process");
    if (gethostname(host, sizeof host - 1) != 0) return false;
    return state && state->kind == NN_NODE_TEXT && theirs && theirs->kind == NN_NODE_TEXT && process &&
           process->kind == NN_NODE_INT && strcmp(theirs->text, host) == 0 &&
           process->integer == (int64_t)getpid() &&
           (strcmp(state->text, NN_RUN_PHASES[NN_PHASE_TRAINING]) == 0 ||
            strcmp(state->text, NN_RUN_PHASES[NN_PHASE_VALIDATING]) == 0);
}

/* The rest of it; the epoch that was being trained is not done. */
static nn_status copy_rest(nn_node *from, nn_node *to) {
    nn_status status = NN_OK;
    for (size_t i = 0; i < from->count && status == NN_OK; i++) {
        nn_node *value = from->items[i], *made;
        if (is_of_going_on(value->key)) continue;
        if (strcmp(value->key, "epoch") == 0 && value->kind == NN_NODE_INT)
            status = nn_node_add_int(to, value->key, value->integer - 1);
        else if (strcmp(value->key, "updated") == 0) status = nn_node_add_real(to, value->key, wall_time());
        else {
            status = nn_node_add(to, value->key, NN_NODE_NULL, "the progress", &made);
            if (status == NN_OK) nn_node_swap(made, value);
        }
    }
    return status;
}

void nn_progress_file_fail(const char *path, const char *message) {
    nn_status status = NN_OK;
    nn_node *root = NULL, *changed = NULL;
    nn_text line = {0};
    char *text = NULL, *formatted = NULL;
    int64_t length;
    NN_TRY(nn_read_file(path, MOST_BYTES, &text, &length));
    NN_TRY(nn_json_parse(text, path, &root));
    if (!is_own(root)) goto done;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the progress", &changed));
    NN_TRY(nn_node_add_text(changed, "state", NN_RUN_PHASES[NN_PHASE_FAILED]));
    NN_TRY(nn_node_add_text(changed, "message", message));
    NN_TRY(copy_rest(root, changed));
    NN_TRY(nn_json_format(changed, &formatted));
    nn_text_add(&line, "%s\n", formatted);
    if (line.bytes) NN_TRY(nn_publish_quickly(path, line.bytes, (int64_t)line.length));
done:
    nn_text_free(&line);
    free(text);
    free(formatted);
    nn_node_destroy(&root);
    nn_node_destroy(&changed);
}

void nn_progress_file_tick(nn_progress_file *self, const nn_training *training, nn_run_phase phase,
                           double now) {
    if (self->path && now >= self->due) nn_progress_file_write(self, training, phase, NULL);
}
