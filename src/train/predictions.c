/* predictions.c: a file of predictions, whatever its format: its name, when it is published, and the
 * classes that follow from the outputs. */
#include "train/predictions_private.h"

#include "io/publish.h"
#include "util/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct nn_predictions {
    const nn_predictions_format *format;
    nn_predictions_about about;
    char *path, *temporary;
    void *writer;
    int32_t *classes; /* (room) */
    int64_t room;
};

static const nn_predictions_format *format_of(const char *path) {
    static const struct {
        const char *ending;
        const nn_predictions_format *format;
    } formats[] = {{".h5", &NN_PREDICTIONS_HDF5},
                   {".hdf5", &NN_PREDICTIONS_HDF5},
                   {".csv", &NN_PREDICTIONS_CSV}};
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const size_t end = strlen(formats[i].ending);
        if (length > end && strcasecmp(path + length - end, formats[i].ending) == 0)
            return formats[i].format;
    }
    return NULL;
}

nn_status nn_predictions_check_name(const char *path) {
    if (format_of(path)) return NN_OK;
    return nn_fail(NN_USAGE,
                   "%s: predictions are written as HDF5 or CSV, which the name tells by its ending: "
                   ".h5, .hdf5 or .csv",
                   path);
}

nn_status nn_predictions_refuse(const char *path, const char *what) {
    return nn_fail(NN_CANT_CREATE,
                   "%s is there and is %s: it is not replaced; give another name, or remove it",
                   path, what);
}

static nn_status begin(nn_predictions *self) {
    struct stat there;
    nn_status status = NN_OK;
    NN_TRY(nn_publish_begin(self->path, &self->temporary));
    if (stat(self->path, &there) == 0 && there.st_size > 0)
        NN_TRY(self->format->check(self->path, &self->about));
    NN_TRY(self->format->create(self->temporary, &self->about, &self->writer));
done:
    return status;
}

nn_status nn_predictions_create(const char *path, const nn_predictions_about *about,
                                nn_predictions **out) {
    nn_predictions *self = NULL;
    nn_status status = NN_OK;
    *out = NULL;
    NN_TRY(nn_predictions_check_name(path));
    NN_TRY(nn_allocate("a file of predictions", 1, sizeof *self, &self));
    self->format = format_of(path);
    self->about = *about;
    NN_TRY(nn_copy_text(path, &self->path));
    NN_TRY(begin(self));
    *out = self;
    self = NULL;
done:
    return nn_predictions_close(&self, status);
}

static nn_status decide(nn_predictions *self, int64_t rows, const nn_real *outputs) {
    const nn_decision *decision = &self->about.decision;
    if (rows > self->room) {
        free(self->classes);
        self->classes = NULL;
        self->room = 0;
        nn_status status =
            nn_allocate("predicted classes", rows, sizeof *self->classes, &self->classes);
        if (status != NN_OK) return status;
        self->room = rows;
    }
    for (int64_t i = 0; i < rows; i++)
        self->classes[i] = nn_decision_class(decision, outputs + i * decision->columns);
    return NN_OK;
}

nn_status nn_predictions_append(nn_predictions *file, const nn_predictions_rows *rows) {
    const bool decides = file->about.decision.kind != NN_DECIDES_NOTHING;
    nn_status status = decides ? decide(file, rows->count, rows->outputs) : NN_OK;
    if (status != NN_OK) return status;
    return file->format->append(file->writer, rows, decides ? file->classes : NULL);
}

nn_status nn_predictions_note(nn_predictions *file, const char *name, const char *text) {
    return file->format->note(file->writer, name, text);
}

nn_status nn_predictions_close(nn_predictions **file, nn_status status) {
    nn_predictions *self = *file;
    if (!self) return status;
    const bool begun = self->writer != NULL;
    nn_status closed = begun ? self->format->close(self->writer) : NN_OK;
    if (status == NN_OK) status = closed;
    if (status == NN_OK) status = nn_publish_finish(self->temporary, self->path);
    else if (begun) unlink(self->temporary);
    free(self->temporary);
    free(self->path);
    free(self->classes);
    free(self);
    *file = NULL;
    return status;
}
