/* checkpoint.c: a training in a file: saving it by rank 0, and what the writing and the reading side
 * share: the table of the progress, and what is compared when a run is resumed. The sides are
 * checkpoint_write.c and checkpoint_read.c; which file, checkpoint_folder.c. */
#include "comm/watchdog.h"
#include "io/yaml.h"
#include "train/checkpoint_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const GROUP = NN_CHECKPOINT_GROUP;

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

nn_status nn_checkpoint_write_progress(const nn_progress *progress, nn_h5 *file) {
    nn_status status = nn_h5_write_int(file, GROUP, "stopped", progress->stopped);
    for (int i = 0; i < PROGRESS_FIELDS && status == NN_OK; i++) {
        const char *at = (const char *)progress + PROGRESS[i].offset;
        const char *name = PROGRESS[i].name;
        status = PROGRESS[i].is_real
                     ? nn_h5_write_real(file, GROUP, name, *(const double *)at)
                     : nn_h5_write_int(file, GROUP, name, *(const int64_t *)at);
    }
    return status;
}

nn_status nn_checkpoint_read_progress(nn_progress *progress, nn_h5 *file) {
    int64_t stopped = 0;
    nn_status status = nn_h5_read_int(file, GROUP, "stopped", &stopped);
    progress->stopped = stopped != 0;
    for (int i = 0; i < PROGRESS_FIELDS && status == NN_OK; i++) {
        char *at = (char *)progress + PROGRESS[i].offset;
        const char *name = PROGRESS[i].name;
        status = PROGRESS[i].is_real ? nn_h5_read_real(file, GROUP, name, (double *)at)
                                     : nn_h5_read_int(file, GROUP, name, (int64_t *)at);
    }
    return status;
}

void nn_checkpoint_format_checksum(const nn_dataset *data, char *text) {
    snprintf(text, NN_CHECKSUM_ROOM, "%016" PRIx64, nn_dataset_checksum(data));
}

nn_status nn_checkpoint_format_rules(const nn_run *run, char **out) {
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

const char *nn_checkpoint_format_monitor(const void *section, char *text) {
    const nn_run_monitor *monitor = section;
    if (monitor) snprintf(text, NN_MONITOR_ROOM, "%.100s %d", monitor->monitor, monitor->mode);
    else text[0] = '\0';
    return text;
}

nn_checkpoint_cut nn_checkpoint_cut_of(const nn_training *self) {
    const nn_windows *windows = nn_loader_windows(self->train);
    if (!windows || windows->count == 1 || !windows->shuffle) return (nn_checkpoint_cut){1, 0};
    return (nn_checkpoint_cut){windows->count, windows->block_rows};
}

/* ---- saving ---- */

/* Rank 0 makes the file in memory, and the saver's thread writes it. */
static nn_status hand_over(nn_training *self, const char *path, const char *folder, int64_t keep) {
    nn_status status = NN_OK;
    NN_TRY(nn_checkpoint_write(self, path, nn_saver_image(self->saver)));
    NN_TRY(nn_saver_start(self->saver, path, folder, self->progress.step, keep));
done:
    return nn_within(status, "saving %s", path);
}

nn_status nn_checkpoint_begin(nn_training *training, const char *folder, int64_t keep) {
    char *path = NULL;
    nn_status status = NN_OK;
    nn_watchdog_doing(NN_DOING_SAVE);
    if (training->saver) {
        status = nn_checkpoint_name(folder, training->progress.step, &path);
        if (status == NN_OK) status = hand_over(training, path, folder, keep);
    }
    free(path);
    return nn_comm_agree(training->comm, status);
}

nn_status nn_checkpoint_save(nn_training *training, const char *path) {
    nn_status status = NN_OK;
    nn_watchdog_doing(NN_DOING_SAVE);
    if (training->saver) {
        status = nn_saver_wait(training->saver);
        if (status == NN_OK) status = hand_over(training, path, NULL, 0);
        if (status == NN_OK) status = nn_saver_wait(training->saver);
    }
    return nn_comm_agree(training->comm, status);
}
