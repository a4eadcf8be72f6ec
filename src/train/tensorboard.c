/* tensorboard.c: TensorBoard's event files.
 *
 * TensorBoard follows a file that grows, and goes on to the one whose name is the next: names hold the time
 * in seconds, or the second behind the newest file's where the clock does not go on from there. So an epoch
 * is appended, while a resumed run publishes a new file with the whole history; a session's start in it says
 * to forget what the old one said. Names end in ".nnmpi", by which files of others beside them are left
 * alone. */
#include "train/tensorboard.h"

#include "io/entries.h"
#include "io/event_file.h"
#include "io/publish.h"
#include "train/history_table.h"
#include "util/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRAIN, VALIDATION, PARTS };
static const char *const PART_NAMES[PARTS] = {"train", "validation"};

#define NEXT "next.nnmpi" /* a new file before it has its name */

struct nn_tensorboard {
    char *folders[PARTS], *paths[PARTS];
    size_t written[PARTS]; /* bytes of the history that each file holds */
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- what stands in a file ---- */

/* Which file a column belongs to, and what its curve is called there; false: to none. */
static bool name_curve(const char *column, int part, char *tag, size_t room) {
    const bool validated = strncmp(column, "val_", 4) == 0;
    if (strcmp(column, "epoch") == 0 || strcmp(column, "step") == 0 || strcmp(column, "seconds") == 0)
        return false; /* the axis, and times that every event has */
    snprintf(tag, room, "epoch_%s", column + (validated ? 4 : 0));
    return validated == (part == VALIDATION);
}

/* The points of the history from its byte `begin` on. As Keras, TensorBoard counts epochs from 0. */
static nn_status add_points(nn_text *file, const nn_text *history, size_t begin, int part, double time) {
    nn_history_table table;
    char tag[256];
    double later = 0;
    if (history->failed) return nn_fail(NN_INTERNAL, "out of memory: the history of the run");
    nn_status status =
        nn_history_table_read(history->bytes, history->bytes + begin, "the history of the run", &table);
    for (int64_t row = 0; row < table.rows && status == NN_OK; row++)
        later += nn_history_table_value(&table, row, "seconds");
    for (int64_t row = 0; row < table.rows && status == NN_OK; row++) {
        const double *values = table.values + row * table.columns;
        const int64_t epoch = (int64_t)nn_history_table_value(&table, row, "epoch") - 1;
        later = row + 1 < table.rows ? later - nn_history_table_value(&table, row, "seconds") : 0;
        for (int64_t i = 0; i < table.columns; i++)
            if (name_curve(table.names[i], part, tag, sizeof tag))
                nn_event_scalar(file, time - later, epoch, tag, values[i]);
    }
    nn_history_table_free(&table);
    return status;
}

/* ---- files ---- */

static const char PREFIX[] = "events.out.tfevents.";

/* The second in the name of an event file of nnmpi's; -1: it is none. */
static int64_t second_of(const char *name) {
    const size_t length = sizeof PREFIX - 1;
    if (strncmp(name, PREFIX, length) != 0 || !nn_ends_with(name, ".nnmpi")) return -1;
    const size_t digits = strspn(name + length, "0123456789");
    return digits > 0 && digits < 13 && name[length + digits] == '.' ? strtoll(name + length, NULL, 10) : -1;
}

/* Those that a kill has left before they had their name too. */
static bool is_ours(const char *name) {
    return second_of(name) >= 0 || strcmp(name, NEXT) == 0 || strcmp(name, NEXT ".partial") == 0 ||
           (strncmp(name, PREFIX, sizeof PREFIX - 1) == 0 && nn_ends_with(name, ".nnmpi.partial"));
}

/* The files of a folder that go: all of ours but these. */
typedef struct {
    const char *folder, *kept, *own; /* names; "": none */
} old_files;

static nn_status remove_if_old(void *context, const char *name) {
    const old_files *old = context;
    nn_text text = {0};
    char *path = NULL;
    if (!is_ours(name) || strcmp(name, old->kept) == 0 || strcmp(name, old->own) == 0) return NN_OK;
    nn_text_add(&text, "%s/%s", old->folder, name);
    nn_status status = nn_text_take(&text, &path);
    if (status == NN_OK) remove(path);
    free(path);
    return status;
}

typedef struct {
    char name[NAME_MAX + 1]; /* of the newest file; "": there is none */
} newest_file;

static nn_status look_for_newest(void *context, const char *name) {
    newest_file *newest = context;
    if (second_of(name) >= 0 && strcmp(name, newest->name) > 0 && strlen(name) <= NAME_MAX)
        memcpy(newest->name, name, strlen(name) + 1);
    return NN_OK;
}

/* The name of the next file is greater than that of the newest, also where the clock was put back, or was
 * another host's. */
static nn_status name_file(nn_tensorboard *self, int part, double time, const char *newest) {
    char host[256] = "";
    nn_text text = {0};
    int64_t second = (int64_t)time;
    if (second <= second_of(newest)) second = second_of(newest) + 1;
    if (gethostname(host, sizeof host - 1) != 0 || !*host) snprintf(host, sizeof host, "unknown");
    nn_text_add(&text, "%s/%s%" PRId64 ".%s.nnmpi", self->folders[part], PREFIX, second, host);
    return nn_text_take(&text, &self->paths[part]);
}

/* Under a name that TensorBoard does not look at until it is whole: of one that is there for a moment it would
 * not go on. */
static nn_status publish(const char *folder, const char *path, const nn_text *file) {
    nn_text text = {0};
    char *next = NULL;
    nn_text_add(&text, "%s/%s", folder, NEXT);
    nn_status status = nn_text_take(&text, &next);
    if (status == NN_OK) status = nn_publish_bytes(next, file->bytes, (int64_t)file->length);
    if (status == NN_OK) status = nn_publish_finish(next, path);
    free(next);
    return status;
}

static bool has_part(const nn_text *history, int part) {
    const char *validated = history->bytes ? strstr(history->bytes, ",val_") : NULL;
    return part == TRAIN || validated;
}

/* A new file. Of those that there are the newest stays: a TensorBoard that is running stands at its end, and
 * would not go on from one that is not there. */
static nn_status begin_file(nn_tensorboard *self, const nn_text *history, int part, double time) {
    nn_status status = NN_OK;
    nn_text file = {0};
    newest_file newest = {""};
    nn_event_version(&file, time);
    nn_event_start(&file, time, 0);
    NN_TRY(add_points(&file, history, 0, part, time));
    if (file.failed) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: TensorBoard's events"));
    NN_TRY(nn_make_folder(self->folders[part]));
    NN_TRY(nn_entries_visit(self->folders[part], look_for_newest, &newest));
    NN_TRY(name_file(self, part, time, newest.name));
    NN_TRY(publish(self->folders[part], self->paths[part], &file));
    self->written[part] = history->length;
    const old_files old = {self->folders[part], newest.name, strrchr(self->paths[part], '/') + 1};
    NN_TRY(nn_entries_visit(self->folders[part], remove_if_old, (void *)&old));
done:
    nn_text_free(&file);
    return status;
}

nn_status nn_tensorboard_append(nn_tensorboard *self, const nn_text *history) {
    nn_status status = NN_OK;
    const double time = now();
    nn_text points = {0};
    for (int part = 0; part < PARTS; part++) {
        if (!self->paths[part]) continue;
        NN_TRY(add_points(&points, history, self->written[part], part, time));
        if (points.failed) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: TensorBoard's events"));
        if (points.length > 0)
            NN_TRY(nn_append_bytes(self->paths[part], points.bytes, (int64_t)points.length));
        self->written[part] = history->length;
        nn_text_free(&points);
    }
done:
    nn_text_free(&points);
    return status;
}

nn_status nn_tensorboard_create(const char *folder, const nn_text *history, nn_tensorboard **out) {
    nn_status status = NN_OK;
    nn_tensorboard *self = NULL;
    const double time = now();
    *out = NULL;
    NN_TRY(nn_allocate("TensorBoard's files", 1, sizeof *self, &self));
    for (int part = 0; part < PARTS; part++) {
        if (!has_part(history, part)) continue;
        nn_text text = {0};
        nn_text_add(&text, "%s/%s", folder, PART_NAMES[part]);
        NN_TRY(nn_text_take(&text, &self->folders[part]));
        NN_TRY(begin_file(self, history, part, time));
    }
    *out = self;
    self = NULL;
done:
    nn_tensorboard_destroy(&self);
    return status;
}

void nn_tensorboard_destroy(nn_tensorboard **self) {
    if (!*self) return;
    for (int part = 0; part < PARTS; part++) {
        free((*self)->folders[part]);
        free((*self)->paths[part]);
    }
    free(*self);
    *self = NULL;
}

void nn_tensorboard_remove(const char *folder) {
    for (int part = 0; part < PARTS; part++) {
        char path[PATH_MAX];
        const old_files old = {path, "", ""};
        if (snprintf(path, sizeof path, "%s/%s", folder, PART_NAMES[part]) >= (int)sizeof path) continue;
        if (nn_entries_visit(path, remove_if_old, (void *)&old) == NN_OK) rmdir(path);
    }
    rmdir(folder);
}
