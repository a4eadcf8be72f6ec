/* checkpoint_read.c: takes up a checkpoint: rank 0 checks that it belongs to the run and reads it; what
 * it read goes to the others in a few broadcasts. */
#include "io/publish.h"
#include "kernels/blas.h"
#include "model/keras.h"
#include "train/checkpoint_private.h"
#include "train/replicas.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const GROUP = NN_CHECKPOINT_GROUP;

/* Whether an attribute still holds `now`. */
static nn_status is_unchanged(nn_h5 *file, const char *name, const char *now, bool *same) {
    char *then = NULL;
    nn_status status = nn_h5_read_text(file, GROUP, name, &then);
    if (status == NN_OK) *same = strcmp(then, now) == 0;
    free(then);
    return status;
}

/* Forgets what the earlier part of the run concluded by rules that have been changed. */
static nn_status forget_old_rules(const nn_training *self, nn_h5 *file, nn_progress *progress) {
    nn_status status = NN_OK;
    char *rules = NULL, text[NN_MONITOR_ROOM];
    bool same;
    NN_TRY(nn_checkpoint_format_rules(self->run, &rules));
    NN_TRY(is_unchanged(file, "stop_rules", rules, &same));
    if (!same) progress->stopped = false;
    NN_TRY(is_unchanged(file, "early_stopping_monitor",
                        nn_checkpoint_format_monitor(self->run->early_stopping, text), &same));
    if (!same) progress->early_stopping = nn_monitor_start();
    NN_TRY(is_unchanged(file, "plateau_monitor",
                        nn_checkpoint_format_monitor(self->run->reduce_lr_on_plateau, text), &same));
    if (!same) progress->plateau = nn_monitor_start();
done:
    free(rules);
    return status;
}

/* The file must be of the same network; other settings of the run may have been changed on purpose. */
static nn_status check_model(const nn_training *self, nn_h5 *file) {
    char *ours = NULL, *theirs = NULL;
    nn_text text = {0};
    nn_status status = NN_OK;
    NN_TRY(nn_keras_config(self->model, &ours));
    NN_TRY(nn_h5_read_text(file, "/", "model_config", &theirs));
    if (strcmp(ours, theirs) == 0) goto done;
    nn_text_add(&text, "%s: it holds another model than this run's: ", nn_h5_path(file));
    NN_TRY(nn_keras_tell_difference(theirs, ours, &text));
    status = nn_text_fail(&text, NN_BAD_CONFIG);
done:
    nn_text_free(&text);
    free(ours);
    free(theirs);
    return status;
}

/* The rows are also shuffled as before. */
static nn_status check_cut(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    const nn_checkpoint_cut ours = nn_checkpoint_cut_of(self);
    nn_checkpoint_cut theirs = {1, 0};
    if (nn_h5_has_attribute(file, GROUP, "windows")) { /* an older version had no windows */
        NN_TRY(nn_h5_read_int(file, GROUP, "windows", &theirs.windows));
        NN_TRY(nn_h5_read_int(file, GROUP, "block_rows", &theirs.block_rows));
    }
    if (ours.windows != theirs.windows || ours.block_rows != theirs.block_rows)
        NN_TRY(nn_fail(NN_BAD_CONFIG,
                       "%s: it is in the middle of an epoch whose rows are shuffled in %" PRId64
                       " windows of blocks of %" PRId64 " rows, but here it would be %" PRId64
                       " windows of blocks of %" PRId64 " (1 and 0: all rows together, as in memory); "
                       "set data.in_memory and data.buffer_mb as they were there, they can change "
                       "only between epochs",
                       nn_h5_path(file), theirs.windows, theirs.block_rows, ours.windows,
                       ours.block_rows));
done:
    return status;
}

/* In the middle of an epoch, the batches must be the same. */
static nn_status check_batches(const nn_training *self, const nn_progress *progress,
                               nn_h5 *file) {
    nn_status status = NN_OK;
    int64_t batch_size, rows, seed, shuffle;
    char ours[NN_CHECKSUM_ROOM], *theirs = NULL;
    if (progress->batch == 0) return NN_OK;
    NN_TRY(nn_h5_read_int(file, GROUP, "batch_size", &batch_size));
    NN_TRY(nn_h5_read_int(file, GROUP, "rows", &rows));
    NN_TRY(nn_h5_read_int(file, GROUP, "seed", &seed));
    NN_TRY(nn_h5_read_int(file, GROUP, "shuffle", &shuffle));
    NN_TRY(nn_h5_read_text(file, GROUP, "dataset_checksum", &theirs));
    nn_checkpoint_format_checksum(self->train_data, ours);
    if (batch_size != nn_run_step_rows(self->run) || rows != nn_dataset_rows(self->train_data) ||
        seed != self->run->seed || (shuffle != 0) != self->run->data->shuffle)
        NN_TRY(nn_fail(NN_BAD_CONFIG,
                       "%s: it is in the middle of an epoch of %" PRId64
                       " rows in steps of %" PRId64 " with seed %" PRId64
                       ", %s; the run file has %" PRId64 " rows in steps of %" PRId64
                       " with seed %" PRId64 ", %s; these can change only between epochs",
                       nn_h5_path(file), rows, batch_size, seed,
                       shuffle ? "shuffled" : "not shuffled", nn_dataset_rows(self->train_data),
                       nn_run_step_rows(self->run), self->run->seed,
                       self->run->data->shuffle ? "shuffled" : "not shuffled"));
    if (strcmp(ours, theirs) != 0)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s: it is in the middle of an epoch of other training data than %s now "
                       "holds; data can change only between epochs",
                       nn_h5_path(file), nn_dataset_name(self->train_data)));
    NN_TRY(check_cut(self, file));
done:
    free(theirs);
    return status;
}

/* Whether a dataset is another than before, which is told with what it means. */
static nn_status compare_rows(const nn_dataset *data, nn_h5 *file, const char *attribute, const char *meaning,
                              nn_checkpoint_note *note, void *context) {
    char ours[NN_CHECKSUM_ROOM];
    bool same;
    nn_text text = {0};
    if (!data || !nn_h5_has_attribute(file, GROUP, attribute)) return NN_OK; /* an older version did not write it */
    nn_checkpoint_format_checksum(data, ours);
    nn_status status = is_unchanged(file, attribute, ours, &same);
    if (status != NN_OK || same) return status;
    nn_text_add(&text, "%s holds other %s", nn_dataset_name(data), meaning);
    if (text.bytes) note(context, text.bytes);
    nn_text_free(&text);
    return NN_OK;
}

/* Between epochs the training data may change; other validation data change no step, but what is compared with
 * earlier epochs. */
static nn_status compare_data(const nn_training *self, nn_h5 *file, nn_checkpoint_note *note, void *context) {
    nn_status status = compare_rows(self->train_data, file, "dataset_checksum",
                                    "training data than before: the run goes on with them", note, context);
    if (status != NN_OK) return status;
    return compare_rows(self->validation_data, file, "validation_checksum",
                        "validation data than before: what is measured on them cannot be compared with earlier "
                        "epochs",
                        note, context);
}

/* The columns of metrics.csv must stay the same. */
static nn_status check_columns(const nn_training *self, const char *history, nn_h5 *file) {
    if (self->history.failed) return nn_fail(NN_INTERNAL, "out of memory: the history of the run");
    const char *ours = self->history.bytes;
    size_t length = strcspn(ours, "\n"), theirs = strcspn(history, "\n");
    if (length == theirs && strncmp(ours, history, length) == 0) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "%s: its run measured '%.*s', this one is to measure '%.*s'; metrics and validation "
                   "can change only in a run from the start",
                   nn_h5_path(file), (int)theirs, history, (int)length, ours);
}

/* Where the best weights are wanted only since now, there is no best epoch yet. */
static nn_status read_arrays(nn_training *self, nn_progress *progress, nn_h5 *file) {
    nn_status status = NN_OK;
    char path[64];
    const bool best = self->best_weights && nn_h5_has(file, NN_CHECKPOINT_BEST);
    if (self->best_weights && !best) progress->early_stopping = nn_monitor_start();
    NN_TRY(nn_h5_read(file, NN_CHECKPOINT_SUMS, NN_H5_F64, nn_objective_sums(self->objective), self->sums));
    for (int64_t i = 0; best && i < nn_model_parameters(self->model); i++) {
        const nn_parameter *parameter = nn_model_parameter(self->model, i);
        snprintf(path, sizeof path, "%s/%" PRId64, NN_CHECKPOINT_BEST, i);
        NN_TRY(nn_h5_read(file, path, NN_H5_NN_REAL, parameter->count,
                          self->best_weights + parameter->offset));
    }
done:
    return status;
}

/* A reproducible run has other bits than one in one piece where an earlier part was not, or where
 * products were computed otherwise. */
static nn_status compare_arithmetic(nn_training *self, nn_h5 *file, nn_checkpoint_note *note,
                                    void *context) {
    nn_status status = NN_OK;
    char *then = NULL;
    int64_t was = 0;
    nn_text text = {0};
    if (!self->run->reproducible) return NN_OK;
    if (nn_h5_has_attribute(file, GROUP, "reproducible")) { /* an older version had no such runs */
        NN_TRY(nn_h5_read_int(file, GROUP, "reproducible", &was));
        NN_TRY(nn_h5_read_text(file, GROUP, "blas", &then));
    }
    self->reproducible = was && strcmp(then, nn_blas_name()) == 0;
    if (!was)
        nn_text_add(&text,
                    "%s: steps before it were made without reproducible: true or with another CBLAS: "
                    "the bits are not those of a reproducible run",
                    nn_h5_path(file));
    else if (strcmp(then, nn_blas_name()) != 0)
        nn_text_add(&text,
                    "%s was computed with another CBLAS (%s; here %s): the run goes on, but not with "
                    "the bits that it would have had there",
                    nn_h5_path(file), then, nn_blas_name());
    if (text.bytes) note(context, text.bytes);
done:
    nn_text_free(&text);
    free(then);
    return status;
}

/* What classes, features and targets were called when the run began, they are still called. */
static nn_status take_names(nn_training *self, nn_h5 *file) {
    nn_names theirs = {0};
    nn_status status = NN_OK;
    NN_TRY(nn_names_read(file, GROUP, &theirs));
    NN_TRY(nn_names_compare(&theirs, nn_h5_path(file), &self->names,
                            nn_dataset_name(self->train_data)));
    NN_TRY(nn_names_fill(&self->names, &theirs));
done:
    nn_names_free(&theirs);
    return status;
}

nn_status nn_checkpoint_read(nn_training *training, const char *path, nn_checkpoint_note *note,
                             void *context) {
    nn_training *self = training;
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    char *history = NULL;
    nn_progress progress;
    double factor = 1;
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(check_model(self, file));
    NN_TRY(nn_h5_read_text(file, GROUP, "history", &history));
    NN_TRY(check_columns(self, history, file));
    NN_TRY(nn_checkpoint_read_progress(&progress, file));
    NN_TRY(check_batches(self, &progress, file));
    NN_TRY(take_names(self, file));
    NN_TRY(compare_data(self, file, note, context));
    NN_TRY(compare_arithmetic(self, file, note, context));
    NN_TRY(forget_old_rules(self, file, &progress));
    NN_TRY(nn_keras_read_weights(self->model, file));
    NN_TRY(nn_optimizer_read(self->optimizer, file));
    NN_TRY(nn_h5_read_real(file, GROUP, "learning_rate_factor", &factor));
    NN_TRY(read_arrays(self, &progress, file));
    nn_optimizer_set_factor(self->optimizer, factor);
    self->progress = progress;
    nn_text_free(&self->history);
    nn_text_add(&self->history, "%s", history);
    nn_history_take_back(&self->history, progress.epoch + 1); /* a model has that of an epoch that was cut short */
done:
    free(history);
    nn_h5_discard(&file);
    return status;
}

/* Its best epoch, and how far the run has come. */
static nn_status read_best(const char *path, int64_t *epoch, nn_progress *progress) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    *epoch = 0;
    NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_checkpoint_read_progress(progress, file));
    if (nn_h5_has(file, NN_CHECKPOINT_BEST)) *epoch = progress->early_stopping.best_epoch + 1;
done:
    nn_h5_discard(&file);
    return status;
}

nn_status nn_checkpoint_best_epoch(const char *path, int64_t *epoch) {
    nn_progress progress;
    return read_best(path, epoch, &progress);
}

nn_status nn_checkpoint_earlier_epoch(const char *path, int64_t *epoch) {
    nn_progress progress;
    nn_status status = read_best(path, epoch, &progress);
    if (status == NN_OK && progress.batch == 0 && progress.epoch == *epoch) *epoch = 0; /* the last is the best */
    return status;
}

void nn_checkpoint_broadcast(nn_training *training) {
    nn_training *self = training;
    nn_comm *comm = self->comm;
    const int64_t real = (int64_t)sizeof(nn_real);
    int64_t steps = nn_optimizer_steps(self->optimizer);
    double factor = nn_optimizer_factor(self->optimizer);
    nn_comm_broadcast(comm, &self->progress, sizeof self->progress);
    nn_comm_broadcast(comm, &steps, sizeof steps);
    nn_comm_broadcast(comm, &factor, sizeof factor);
    nn_optimizer_set_steps(self->optimizer, steps);
    nn_optimizer_set_factor(self->optimizer, factor);
    nn_replicas_share(comm, self->model);
    for (int i = 0; i < nn_optimizer_slots(self->optimizer); i++) {
        nn_span slot = nn_optimizer_slot(self->optimizer, i);
        nn_comm_broadcast(comm, slot.data, slot.count * real);
    }
    nn_comm_broadcast(comm, self->sums,
                      nn_objective_sums(self->objective) * (int64_t)sizeof *self->sums);
    if (self->best_weights)
        nn_comm_broadcast(comm, self->best_weights, nn_model_values(self->model).count * real);
}
