/* checkpoint_folder.c: the checkpoints of a folder, by their steps: keeping the newest, and finding
 * the newest that is whole. */
#include "train/checkpoint.h"

#include "io/publish.h"
#include "train/checkpoint_private.h"
#include "util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The step of "checkpoint-STEP.h5", or -1 for another name. */
static int64_t step_of(const char *name) {
    int64_t step = -1;
    int used = 0;
    if (sscanf(name, "checkpoint-%" SCNd64 ".h5%n", &step, &used) != 1) return -1;
    return used > 0 && name[used] == '\0' ? step : -1;
}

static int newest_first(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

/* The steps of a folder's checkpoints, newest first; none where there is no such folder. */
static nn_status list_steps(const char *folder, int64_t **steps, int64_t *count) {
    nn_status status = NN_OK;
    int64_t capacity = 0;
    *steps = NULL;
    *count = 0;
    DIR *handle = opendir(folder);
    if (!handle) return NN_OK;
    for (struct dirent *entry; (entry = readdir(handle)) && status == NN_OK;) {
        int64_t step = step_of(entry->d_name);
        if (step < 0) continue;
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            int64_t *more = realloc(*steps, (size_t)capacity * sizeof *more);
            if (!more) status = nn_fail(NN_INTERNAL, "out of memory: a list of checkpoints");
            else *steps = more;
        }
        if (status == NN_OK) (*steps)[(*count)++] = step;
    }
    closedir(handle);
    if (*count > 0) qsort(*steps, (size_t)*count, sizeof **steps, newest_first);
    return status;
}

nn_status nn_checkpoint_name(const char *folder, int64_t step, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s/checkpoint-%" PRId64 ".h5", folder, step);
    return nn_text_take(&text, out);
}

nn_status nn_checkpoint_exists(const char *folder, bool *out) {
    int64_t *steps, count;
    nn_status status = list_steps(folder, &steps, &count);
    free(steps);
    *out = count > 0;
    return status;
}

void nn_checkpoint_remove_old(const char *folder, int64_t newest, int64_t keep) {
    int64_t *steps, count, seen = 0;
    if (list_steps(folder, &steps, &count) == NN_OK) {
        for (int64_t i = 0; i < count; i++) {
            char *path = NULL;
            if (steps[i] > newest || ++seen <= keep) continue;
            if (nn_checkpoint_name(folder, steps[i], &path) == NN_OK) remove(path);
            free(path);
        }
    }
    free(steps);
}

void nn_checkpoint_remove_partial(const char *folder) {
    DIR *handle = opendir(folder);
    if (!handle) return;
    for (struct dirent *entry; (entry = readdir(handle));) {
        const char *name = entry->d_name;
        bool ours = strncmp(name, "checkpoint-", 11) == 0 || strncmp(name, "model.h5", 8) == 0;
        if (!ours || !nn_ends_with(name, ".partial")) continue;
        nn_text path = {0};
        nn_text_add(&path, "%s/%s", folder, name);
        if (path.bytes) remove(path.bytes);
        nn_text_free(&path);
    }
    closedir(handle);
}

void nn_checkpoint_remove_all(const char *folder) {
    nn_checkpoint_remove_old(folder, INT64_MAX, 0);
}

/* Names a damaged file and moves it out of the way. */
static void set_aside(const char *path, nn_checkpoint_note *note, void *context) {
    nn_text text = {0}, aside = {0};
    nn_text_add(&text, "%s is damaged and is set aside: %s", path, nn_message());
    nn_text_add(&aside, "%s.damaged", path);
    if (aside.bytes) rename(path, aside.bytes);
    if (text.bytes) note(context, text.bytes);
    nn_text_free(&text);
    nn_text_free(&aside);
}

/* Reads the newest whole checkpoint, on this rank. */
static nn_status read_newest(nn_training *training, const char *folder, nn_checkpoint_note *note,
                             void *context) {
    int64_t *steps = NULL, count = 0;
    nn_status status = list_steps(folder, &steps, &count);
    bool found = false;
    for (int64_t i = 0; i < count && status == NN_OK && !found; i++) {
        char *path = NULL;
        NN_TRY(nn_checkpoint_name(folder, steps[i], &path));
        status = nn_seal_verify(path);
        if (status == NN_BAD_DATA) { /* damaged; what else may be wrong is no reason to skip it */
            set_aside(path, note, context);
            status = NN_OK;
        } else if (status == NN_OK) {
            status = nn_checkpoint_read(training, path, note, context);
            found = true;
        }
        free(path);
    }
    if (status == NN_OK && !found)
        status = nn_fail(NN_NO_INPUT,
                         "%s: no whole checkpoint is left to resume from; --overwrite in place of "
                         "--resume starts from the beginning",
                         folder);
done:
    free(steps);
    return status;
}

nn_status nn_checkpoint_resume(nn_training *training, const char *folder, nn_checkpoint_note *note,
                               void *context) {
    nn_status status = NN_OK;
    if (nn_comm_rank(training->comm) == 0) status = read_newest(training, folder, note, context);
    status = nn_comm_agree(training->comm, status);
    if (status == NN_OK) nn_checkpoint_broadcast(training);
    return status;
}
