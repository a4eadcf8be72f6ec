/* predictions_h5.c: predictions as HDF5: /predictions, /classes of a classifier, /y where the truth
 * is known, /files where the rows come from files, and attributes of the root that say whose they are. */
#include "train/predictions_private.h"

#include "util/memory.h"

#include <stdlib.h>

typedef struct {
    nn_h5 *file;
    nn_h5_rows *predictions, *classes, *truth; /* NULL where there are none */
    nn_h5_texts *files;
    int64_t next; /* row */
} writer;

bool nn_predictions_are(nn_h5 *file) {
    return nn_h5_is_dataset(file, "/predictions");
}

static nn_status check(const char *path, const nn_predictions_about *about) {
    nn_h5 *file = NULL;
    (void)about;
    nn_status status = nn_h5_open(path, &file);
    if (status == NN_INTERNAL) return status; /* no memory to look */
    if (status != NN_OK) return nn_predictions_refuse(path, "no HDF5 file");
    const bool ours = nn_predictions_are(file);
    const bool model = nn_h5_has_attribute(file, "/", "model_config");
    nn_h5_discard(&file);
    if (ours && !model) return NN_OK;
    return nn_predictions_refuse(path, model ? "a model" : "no file of predictions");
}

static nn_status describe(const nn_predictions_about *about, nn_h5 *file) {
    nn_status status = NN_OK;
    NN_TRY(nn_h5_write_text(file, "/", "nnmpi_version", nn_version()));
    NN_TRY(nn_h5_write_text(file, "/", "model", about->model_file));
    NN_TRY(nn_h5_write_text(file, "/", "data", about->data_file));
    NN_TRY(nn_h5_write_text(file, "/", "split", about->split));
    NN_TRY(nn_names_write(about->names, file, "/"));
done:
    return status;
}

static nn_status close_here(void *context) {
    writer *self = context;
    nn_status status = NN_OK;
    nn_h5_rows **all[] = {&self->predictions, &self->classes, &self->truth};
    for (int i = 0; i < 3; i++) {
        nn_status closed = nn_h5_rows_close(all[i]);
        if (status == NN_OK) status = closed;
    }
    nn_status closed = nn_h5_texts_close(&self->files);
    if (status == NN_OK) status = closed;
    if (status == NN_OK) status = nn_h5_close(&self->file);
    nn_h5_discard(&self->file);
    free(self);
    return status;
}

static nn_status create(const char *temporary, const nn_predictions_about *about, void **out) {
    nn_status status = NN_OK;
    writer *self = NULL;
    const nn_shape one = {.rank = 0};
    NN_TRY(nn_allocate("a file of predictions", 1, sizeof *self, &self));
    *out = self;
    NN_TRY(nn_h5_create(temporary, 0, &self->file));
    NN_TRY(describe(about, self->file));
    NN_TRY(nn_h5_rows_create(self->file, "/predictions", NN_H5_F32, about->row, 0,
                             &self->predictions));
    if (about->decision.kind != NN_DECIDES_NOTHING)
        NN_TRY(nn_h5_rows_create(self->file, "/classes", NN_H5_I32, one, 0, &self->classes));
    if (about->truth == NN_TRUTH_CLASSES)
        NN_TRY(nn_h5_rows_create(self->file, "/y", NN_H5_I32, one, 0, &self->truth));
    if (about->truth == NN_TRUTH_VALUES)
        NN_TRY(nn_h5_rows_create(self->file, "/y", NN_H5_F32, about->row, 0, &self->truth));
    if (about->files) NN_TRY(nn_h5_texts_create(self->file, "/files", about->rows, &self->files));
done:
    return status;
}

static nn_status append(void *context, const nn_predictions_rows *rows, const int32_t *classes) {
    writer *self = context;
    nn_status status = NN_OK;
    NN_TRY(nn_h5_rows_append(self->predictions, rows->count, rows->outputs));
    if (self->classes) NN_TRY(nn_h5_rows_append(self->classes, rows->count, classes));
    if (self->truth) NN_TRY(nn_h5_rows_append(self->truth, rows->count, rows->truth));
    if (self->files) NN_TRY(nn_h5_texts_write(self->files, self->next, rows->count, rows->files));
    self->next += rows->count;
done:
    return status;
}

static nn_status note(void *context, const char *name, const char *text) {
    writer *self = context;
    return nn_h5_write_text(self->file, "/", name, text);
}

const nn_predictions_format NN_PREDICTIONS_HDF5 = {check, create, append, note, close_here};
