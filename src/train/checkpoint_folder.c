/* checkpoint_folder.c: the checkpoints of a folder, by their steps: keeping the newest, and finding
 * the newest that is whole. */
#include "train/checkpoint.h"

#include "io/entries.h"
#include "io/publish.h"
#include "train/checkpoint_private.h"
#include "util/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

typedef struct {
    int64_t *steps, count, capacity;
} step_list;

static nn_status add_step(void *context, const char *name) {
    step_list *list = context;
    const int64_t step = step_of(name);
    if (step < 0) return NN_OK;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        int64_t *more = realloc(list->steps, (size_t)list->capacity * sizeof *more);
        if (!more) return nn_fail(NN_INTERNAL, "out of memory: a list of checkpoints");
        list->steps = more;
    }
    list->steps[list->count++] = step;
    return NN_OK;
}

/* The steps of a folder's checkpoints, newest first; the caller frees them, after a failure too. */
static nn_status list_steps(const char *folder, step_list *out) {
    *out = (step_list){0};
    nn_status status = nn_entries_visit(folder, add_step, out);
    if (out->count > 0) qsort(out->steps, (size_t)out->count, sizeof *out->steps, newest_first);
    return status;
}

nn_status nn_checkpoint_list(const char *folder, int64_t **steps, int64_t *count) {
    step_list list;
    const nn_status status = list_steps(folder, &list);
    *steps = list.steps;
    *count = list.count;
    return status;
}

nn_status nn_checkpoint_name(const char *folder, int64_t step, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s/checkpoint-%" PRId64 ".h5", folder, step);
    return nn_text_take(&text, out);
}

static nn_status look_at(void *context, const char *name) {
    nn_checkpoint_kinds *kinds = context;
    kinds->whole |= step_of(name) >= 0;
    kinds->damaged |= strncmp(name, "checkpoint-", 11) == 0 && nn_ends_with(name, ".h5.damaged");
    return NN_OK;
}

nn_status nn_checkpoint_look(const char *folder, nn_checkpoint_kinds *out) {
    *out = (nn_checkpoint_kinds){0};
    return nn_entries_visit(folder, look_at, out);
}

nn_status nn_checkpoint_remove_old(const char *folder, int64_t newest, int64_t keep) {
    step_list list;
    int64_t seen = 0;
    nn_status status = list_steps(folder, &list);
    for (int64_t i = 0; i < list.count && status == NN_OK; i++) {
        char *path = NULL;
        if (list.steps[i] > newest || ++seen <= keep) continue;
        status = nn_checkpoint_name(folder, list.steps[i], &path);
        if (status == NN_OK) remove(path); /* what cannot be removed stays */
        free(path);
    }
    free(list.steps);
    return status;
}

static nn_status remove_if_partial(void *context, const char *name) {
    const char *folder = context;
    const bool ours = strncmp(name, "checkpoint-", 11) == 0 || strncmp(name, "model.h5", 8) == 0;
    nn_text text = {0};
    char *path = NULL;
    if (!ours || !nn_ends_with(name, ".partial")) return NN_OK;
    nn_text_add(&text, "%s/%s", folder, name);
    nn_status status = nn_text_take(&text, &path);
    if (status == NN_OK) remove(path);
    free(path);
    return status;
}

nn_status nn_checkpoint_remove_partial(const char *folder) {
    return nn_entries_visit(folder, remove_if_partial, (char *)folder);
}

nn_status nn_checkpoint_remove_all(const char *folder) {
    return nn_checkpoint_remove_old(folder, INT64_MAX, 0);
}

/* Names a damaged file and moves it out of the way. */
static nn_status set_aside(const char *path, nn_checkpoint_note *note, void *context) {
    nn_status status = NN_OK;
    nn_text text = {0}, aside = {0};
    char *said = NULL, *name = NULL;
    nn_text_add(&text, "%s is damaged and is set aside: %s", path, nn_message());
    nn_text_add(&aside, "%s.damaged", path);
    NN_TRY(nn_text_take(&text, &said));
    NN_TRY(nn_text_take(&aside, &name));
    if (rename(path, name) != 0)
        NN_TRY(nn_fail(NN_IO, "%s is damaged, and cannot be set aside as %s: %s", path, name,
                       strerror(errno)));
    note(context, said);
done:
    nn_text_free(&aside);
    free(said);
    free(name);
    return status;
}

/* The weights of an earlier epoch have no optimizer's state. */
static nn_status refuse_best(const char *folder, const char *model, int64_t epoch) {
    char *whole = realpath(model, NULL); /* a run file takes a path as relative to itself */
    nn_status status = nn_fail(NN_NO_INPUT,
                               "%s: no whole checkpoint is left to resume from, and its model.h5 has the weights of "
                               "its best epoch, %" PRId64 ", from which this run cannot go on; another one can begin "
                               "with them: --output OTHER --set initial_weights=%s; --overwrite begins anew here, and "
                               "removes them",
                               folder, epoch, whole ? whole : model);
    free(whole);
    return status;
}

/* Where no checkpoint is left: the run's model, which is one too unless it has the weights of an earlier epoch. */
static nn_status read_model(nn_training *training, const char *folder, nn_checkpoint_note *note, void *context) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *path = NULL, *said = NULL;
    int64_t earlier = 0;
    nn_text_add(&text, "%s/model.h5", folder);
    NN_TRY(nn_text_take(&text, &path));
    if (access(path, F_OK) != 0)
        NN_TRY(nn_fail(NN_NO_INPUT,
                       "%s: no whole checkpoint is left to resume from; --overwrite in place of --resume starts "
                       "from the beginning",
                       folder));
    status = nn_seal_verify(path);
    if (status == NN_BAD_DATA) {
        nn_within(status, "%s: no whole checkpoint is left to resume from, nor is its model one", folder);
        status = nn_advise(NN_NO_INPUT, "--overwrite in place of --resume starts from the beginning");
    }
    NN_TRY(status);
    NN_TRY(nn_checkpoint_earlier_epoch(path, &earlier));
    if (earlier > 0) NN_TRY(refuse_best(folder, path, earlier));
    nn_text_add(&text, "no whole checkpoint is left: the run goes on from the model that it ended with, %s", path);
    NN_TRY(nn_text_take(&text, &said));
    NN_TRY(nn_checkpoint_read(training, path, note, context));
    note(context, said);
done:
    free(said);
    free(path);
    return status;
}

/* Reads the newest whole checkpoint, on this rank. */
static nn_status read_newest(nn_training *training, const char *folder, nn_checkpoint_note *note,
                             void *context) {
    step_list list;
    nn_status status = list_steps(folder, &list);
    bool found = false;
    for (int64_t i = 0; i < list.count && status == NN_OK && !found; i++) {
        char *path = NULL;
        NN_TRY(nn_checkpoint_name(folder, list.steps[i], &path));
        status = nn_seal_verify(path);
        if (status == NN_BAD_DATA) { /* damaged; what else may be wrong is no reason to skip it */
            status = set_aside(path, note, context);
        } else if (status == NN_OK) {
            status = nn_checkpoint_read(training, path, note, context);
            found = true;
        }
        free(path);
    }
    if (status == NN_OK && !found) status = read_model(training, folder, note, context);
done:
    free(list.steps);
    return status;
}

nn_status nn_checkpoint_restore(nn_training *training, const char *path, nn_checkpoint_note *note,
                                void *context) {
    nn_status status = NN_OK;
    nn_comm_wait_for_all(training->comm); /* another rank may read weights that rank 0 shares with it */
    if (nn_comm_rank(training->comm) == 0) status = nn_seal_verify(path);
    if (nn_comm_rank(training->comm) == 0 && status == NN_OK)
        status = nn_checkpoint_read(training, path, note, context);
    status = nn_comm_agree(training->comm, status);
    if (status == NN_OK) nn_checkpoint_broadcast(training);
    return status;
}

nn_status nn_checkpoint_resume(nn_training *training, const char *folder, nn_checkpoint_note *note,
                               void *context) {
    nn_status status = NN_OK;
    if (nn_comm_rank(training->comm) == 0) status = read_newest(training, folder, note, context);
    if (status == NN_BAD_CONFIG) nn_advise(status, "a run from the start wants another folder (--output)");
    status = nn_comm_agree(training->comm, status);
    if (status == NN_OK) nn_checkpoint_broadcast(training);
    return status;
}
