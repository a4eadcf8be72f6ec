/* checkpoint.c: a training in a file. Rank 0 reads and writes; what it read goes to the others in a
 * few broadcasts. Which file: see checkpoint_folder.c. */
#include "train/checkpoint.h"

#include "comm/watchdog.h"
#include "io/h5.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "kernels/blas.h"
#include "model/keras.h"
#include "train/checkpoint_private.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1 };
static const char *const GROUP = "/nnmpi";
static const char *const SUMS = "/nnmpi/epoch_sums";
static const char *const BEST = "/nnmpi/best_weights";

/* The numbers of the progress and where they stand: one table for writing and reading. */
typedef struct {
    const char *name;
    bool is_real;
    size_t offset;
} progress_field;

#define WHOLE(field, member)                                                                       \
    {                                                                                              \
        field, false, offsetof(nn_progress, member)                                                \
    }
#define REAL(field, member)                                                                        \
    {                                                                                              \
        field, true, offsetof(nn_progress, member)                                                 \
    }

static const progress_field PROGRESS[] = {
    WHOLE("epoch", epoch),
    WHOLE("batch", batch),
    WHOLE("step", step),
    WHOLE("samples", samples),
    REAL("seconds", seconds),
    REAL("epoch_seconds", epoch_seconds),
    REAL("early_stopping_best", early_stopping.best),
    WHOLE("early_stopping_best_epoch", early_stopping.best_epoch),
    WHOLE("early_stopping_wait", early_stopping.wait),
    REAL("plateau_best", plateau.best),
    WHOLE("plateau_wait", plateau.wait),
    WHOLE("plateau_cooldown", plateau.cooldown),
};
enum { PROGRESS_FIELDS = sizeof PROGRESS / sizeof *PROGRESS };

/* ---- writing ---- */

static nn_status write_progress(const nn_progress *progress, nn_h5 *file) {
    nn_status status = nn_h5_write_int(file, GROUP, "stopped", progress->stopped);
    for (int i = 0; i < PROGRESS_FIELDS && status == NN_OK; i++) {
        const char *at = (const char *)progress + PROGRESS[i].offset;
        status = PROGRESS[i].is_real
                     ? nn_h5_write_real(file, GROUP, PROGRESS[i].name, *(const double *)at)
                     : nn_h5_write_int(file, GROUP, PROGRESS[i].name, *(const int64_t *)at);
    }
    return status;
}

enum { CHECKSUM_ROOM = 24 };

static void format_checksum(const nn_training *self, char *text) {
    snprintf(text, CHECKSUM_ROOM, "%016" PRIx64, nn_dataset_checksum(self->train_data));
}

/* Who made the file, from what. */
static nn_status write_provenance(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    NN_TRY(nn_h5_write_text(file, GROUP, "nnmpi_version", nn_version()));
    NN_TRY(nn_h5_write_text(file, GROUP, "host", nn_comm_host(self->comm)));
    NN_TRY(nn_h5_write_text(file, GROUP, "blas", nn_blas_name()));
    NN_TRY(nn_h5_write_int(file, GROUP, "ranks", nn_comm_size(self->comm)));
    NN_TRY(nn_h5_write_int(file, GROUP, "threads", self->threads));
    NN_TRY(nn_h5_write_text(file, GROUP, "dataset", nn_dataset_description(self->train_data)));
    char checksum[CHECKSUM_ROOM];
    format_checksum(self, checksum);
    NN_TRY(nn_h5_write_text(file, GROUP, "dataset_checksum", checksum));
done:
    return status;
}

/* What ends a run before its last epoch, as text; where it has changed, a run that it had ended goes
 * on. */
static nn_status format_rules(const nn_run *run, char **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL, *section;
    const nn_object *sections[] = {(const nn_object *)run->early_stopping,
                                   (const nn_object *)run->stop_at};
    *out = NULL;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the rules", &root));
    for (int i = 0; i < 2; i++) {
        if (!sections[i]) continue;
        NN_TRY(nn_node_add(root, sections[i]->isa->name, NN_NODE_MAP, "the rules", &section));
        NN_TRY(nn_object_write_fields(sections[i], NN_STYLE_RUN, section));
    }
    NN_TRY(nn_yaml_format(root, out));
done:
    nn_node_destroy(&root);
    return status;
}

enum { MONITOR_ROOM = 128 };

/* What a monitor watches; where that has changed, its best value means nothing any more. */
static const char *format_monitor(const void *section, char *text) {
    const nn_run_monitor *monitor = section;
    if (monitor) snprintf(text, MONITOR_ROOM, "%.100s %d", monitor->monitor, monitor->mode);
    else text[0] = '\0';
    return text;
}

static nn_status write_rules(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    char *rules = NULL, text[MONITOR_ROOM];
    NN_TRY(format_rules(self->run, &rules));
    NN_TRY(nn_h5_write_text(file, GROUP, "stop_rules", rules));
    NN_TRY(nn_h5_write_text(file, GROUP, "early_stopping_monitor",
                            format_monitor(self->run->early_stopping, text)));
    NN_TRY(nn_h5_write_text(file, GROUP, "plateau_monitor",
                            format_monitor(self->run->reduce_lr_on_plateau, text)));
done:
    free(rules);
    return status;
}

/* Windows and rows of a block, where the order of an epoch depends on them; otherwise 1 and 0. */
typedef struct {
    int64_t windows, block_rows;
} cut;

static cut cut_of(const nn_training *self) {
    const nn_windows *windows = nn_loader_windows(self->train);
    if (!windows || windows->count == 1 || !windows->shuffle) return (cut){1, 0};
    return (cut){windows->count, windows->block_rows};
}

static nn_status write_run(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    char *history = self->history.bytes;
    const cut ours = cut_of(self);
    NN_TRY(nn_h5_write_int(file, GROUP, "format", FORMAT));
    NN_TRY(nn_h5_write_text(file, GROUP, "config", self->run_text));
    NN_TRY(nn_h5_write_text(file, GROUP, "history", history ? history : ""));
    NN_TRY(nn_h5_write_int(file, GROUP, "seed", self->run->seed));
    NN_TRY(nn_h5_write_int(file, GROUP, "batch_size", nn_run_step_rows(self->run)));
    NN_TRY(nn_h5_write_int(file, GROUP, "shuffle", self->run->data->shuffle));
    NN_TRY(nn_h5_write_int(file, GROUP, "windows", ours.windows));
    NN_TRY(nn_h5_write_int(file, GROUP, "block_rows", ours.block_rows));
    NN_TRY(nn_h5_write_int(file, GROUP, "reproducible", self->reproducible));
    NN_TRY(nn_h5_write_int(file, GROUP, "rows", nn_dataset_rows(self->train_data)));
    NN_TRY(nn_h5_write_real(file, GROUP, "learning_rate_factor",
                            nn_optimizer_factor(self->optimizer)));
done:
    return status;
}

static nn_status write_arrays(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    nn_shape sums = {1, {nn_objective_sums(self->objective)}};
    char path[64];
    NN_TRY(nn_h5_write(file, SUMS, NN_H5_F64, sums, self->sums));
    bool best = self->best_weights && self->progress.early_stopping.best_epoch >= 0;
    for (int64_t i = 0; best && i < nn_model_parameters(self->model); i++) {
        const nn_parameter *parameter = nn_model_parameter(self->model, i);
        snprintf(path, sizeof path, "%s/%" PRId64, BEST, i);
        NN_TRY(nn_h5_write(file, path, NN_H5_NN_REAL, parameter->variable->shape,
                           self->best_weights + parameter->offset));
    }
done:
    return status;
}

static nn_status write_file(nn_training *self, const char *temporary) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    NN_TRY(nn_h5_create(temporary, NN_SEAL_BYTES, &file));
    NN_TRY(nn_keras_write(self->model, file));
    NN_TRY(nn_optimizer_write(self->optimizer, file));
    NN_TRY(nn_h5_make_group(file, GROUP));
    NN_TRY(write_run(self, file));
    NN_TRY(write_rules(self, file));
    NN_TRY(write_progress(&self->progress, file));
    NN_TRY(write_provenance(self, file));
    NN_TRY(write_arrays(self, file));
    NN_TRY(nn_h5_close(&file));
    NN_TRY(nn_seal_write(temporary));
done:
    nn_h5_discard(&file);
    return status;
}

nn_status nn_checkpoint_save(nn_training *training, const char *path) {
    nn_status status = NN_OK;
    char *temporary = NULL;
    nn_watchdog_doing(NN_DOING_SAVE);
    if (nn_comm_rank(training->comm) == 0) {
        NN_TRY(nn_publish_begin(path, &temporary));
        NN_TRY(write_file(training, temporary));
        NN_TRY(nn_publish_finish(temporary, path));
    }
done:
    if (status != NN_OK && temporary) remove(temporary);
    free(temporary);
    return nn_comm_agree(training->comm, nn_within(status, "saving %s", path));
}

/* ---- reading ---- */

static nn_status read_progress(nn_progress *progress, nn_h5 *file) {
    int64_t stopped = 0;
    nn_status status = nn_h5_read_int(file, GROUP, "stopped", &stopped);
    progress->stopped = stopped != 0;
    for (int i = 0; i < PROGRESS_FIELDS && status == NN_OK; i++) {
        char *at = (char *)progress + PROGRESS[i].offset;
        status = PROGRESS[i].is_real ? nn_h5_read_real(file, GROUP, PROGRESS[i].name, (double *)at)
                                     : nn_h5_read_int(file, GROUP, PROGRESS[i].name, (int64_t *)at);
    }
    return status;
}

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
    char *rules = NULL, text[MONITOR_ROOM];
    bool same;
    NN_TRY(format_rules(self->run, &rules));
    NN_TRY(is_unchanged(file, "stop_rules", rules, &same));
    if (!same) progress->stopped = false;
    NN_TRY(is_unchanged(file, "early_stopping_monitor",
                        format_monitor(self->run->early_stopping, text), &same));
    if (!same) progress->early_stopping = nn_monitor_start();
    NN_TRY(is_unchanged(file, "plateau_monitor",
                        format_monitor(self->run->reduce_lr_on_plateau, text), &same));
    if (!same) progress->plateau = nn_monitor_start();
done:
    free(rules);
    return status;
}

/* The file must be of the same network; other settings of the run may have been changed on purpose. */
static nn_status check_model(const nn_training *self, nn_h5 *file) {
    char *ours = NULL, *theirs = NULL;
    nn_status status = nn_keras_config(self->model, &ours);
    if (status == NN_OK) status = nn_h5_read_text(file, "/", "model_config", &theirs);
    if (status == NN_OK && strcmp(ours, theirs) != 0)
        status = nn_fail(NN_BAD_CONFIG,
                         "%s: it holds another model than the run file describes; train that model "
                         "from the start in another folder (--output)",
                         nn_h5_path(file));
    free(ours);
    free(theirs);
    return status;
}

/* The rows are also shuffled as before. */
static nn_status check_cut(const nn_training *self, nn_h5 *file) {
    nn_status status = NN_OK;
    const cut ours = cut_of(self);
    cut theirs = {1, 0};
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
    char ours[CHECKSUM_ROOM], *theirs = NULL;
    if (progress->batch == 0) return NN_OK;
    NN_TRY(nn_h5_read_int(file, GROUP, "batch_size", &batch_size));
    NN_TRY(nn_h5_read_int(file, GROUP, "rows", &rows));
    NN_TRY(nn_h5_read_int(file, GROUP, "seed", &seed));
    NN_TRY(nn_h5_read_int(file, GROUP, "shuffle", &shuffle));
    NN_TRY(nn_h5_read_text(file, GROUP, "dataset_checksum", &theirs));
    format_checksum(self, ours);
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

/* The columns of metrics.csv must stay the same. */
static nn_status check_columns(const nn_training *self, const char *history, nn_h5 *file) {
    const char *ours = self->history.bytes ? self->history.bytes : "";
    size_t length = strcspn(ours, "\n"), theirs = strcspn(history, "\n");
    if (length == theirs && strncmp(ours, history, length) == 0) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "%s: its run measured '%.*s', the run file wants '%.*s'; metrics and validation "
                   "can change only in a run from the start (--output)",
                   nn_h5_path(file), (int)theirs, history, (int)length, ours);
}

/* Where the best weights are wanted only since now, there is no best epoch yet. */
static nn_status read_arrays(nn_training *self, nn_progress *progress, nn_h5 *file) {
    nn_status status = NN_OK;
    char path[64];
    const bool best = self->best_weights && nn_h5_has(file, BEST);
    if (self->best_weights && !best) progress->early_stopping = nn_monitor_start();
    NN_TRY(nn_h5_read(file, SUMS, NN_H5_F64, nn_objective_sums(self->objective), self->sums));
    for (int64_t i = 0; best && i < nn_model_parameters(self->model); i++) {
        const nn_parameter *parameter = nn_model_parameter(self->model, i);
        snprintf(path, sizeof path, "%s/%" PRId64, BEST, i);
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
    NN_TRY(read_progress(&progress, file));
    NN_TRY(check_batches(self, &progress, file));
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
done:
    free(history);
    nn_h5_discard(&file);
    return status;
}

void nn_checkpoint_broadcast(nn_training *training) {
    nn_training *self = training;
    nn_comm *comm = self->comm;
    const int64_t real = (int64_t)sizeof(nn_real);
    int64_t steps = nn_optimizer_steps(self->optimizer);
    double factor = nn_optimizer_factor(self->optimizer);
    nn_span values = nn_model_values(self->model), state = nn_model_state(self->model);
    nn_comm_broadcast(comm, &self->progress, sizeof self->progress);
    nn_comm_broadcast(comm, &steps, sizeof steps);
    nn_comm_broadcast(comm, &factor, sizeof factor);
    nn_optimizer_set_steps(self->optimizer, steps);
    nn_optimizer_set_factor(self->optimizer, factor);
    nn_comm_broadcast(comm, values.data, values.count * real);
    nn_comm_broadcast(comm, state.data, state.count * real);
    for (int i = 0; i < nn_optimizer_slots(self->optimizer); i++) {
        nn_span slot = nn_optimizer_slot(self->optimizer, i);
        nn_comm_broadcast(comm, slot.data, slot.count * real);
    }
    nn_comm_broadcast(comm, self->sums,
                      nn_objective_sums(self->objective) * (int64_t)sizeof *self->sums);
    if (self->best_weights) nn_comm_broadcast(comm, self->best_weights, values.count * real);
}
