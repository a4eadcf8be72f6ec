/* dataset.c: a dataset: the rows that this rank has. */
#include "api/api.h"

#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool nn_api_type(nnmpi_type type, nn_h5_type *out) {
    switch (type) {
    case NNMPI_FLOAT32: *out = NN_H5_F32; return true;
    case NNMPI_FLOAT64: *out = NN_H5_F64; return true;
    case NNMPI_UINT8: *out = NN_H5_U8; return true;
    case NNMPI_INT32: *out = NN_H5_I32; return true;
    case NNMPI_INT64: *out = NN_H5_I64; return true;
    }
    return false;
}

static nn_status read_x(const char *name, const nnmpi_rows *rows, nn_samples_array *x) {
    x->present = true;
    if (!nn_api_type(rows->x_type, &x->type) || x->type == NN_H5_I32 || x->type == NN_H5_I64)
        return nn_fail(NN_USAGE, "%s: x_type must be NNMPI_FLOAT32, NNMPI_FLOAT64 or NNMPI_UINT8",
                       name);
    if (rows->x_rank < 1 || rows->x_rank >= NN_SHAPE_MAX)
        return nn_fail(NN_USAGE, "%s: x_rank is %d; a sample has 1 to %d axes", name, rows->x_rank,
                       NN_SHAPE_MAX - 1);
    x->row.rank = rows->x_rank;
    for (int i = 0; i < rows->x_rank; i++) {
        if (rows->x_shape[i] < 1)
            return nn_fail(NN_USAGE, "%s: x_shape[%d] is %" PRId64 "; it must be 1 or more", name, i,
                           rows->x_shape[i]);
        x->row.dim[i] = rows->x_shape[i];
    }
    return NN_OK;
}

static nn_status read_y(const char *name, const nnmpi_rows *rows, nn_samples_array *y) {
    y->present = rows->y_columns > 0;
    if (rows->y_columns < 0)
        return nn_fail(NN_USAGE, "%s: y_columns is %" PRId64 "; it must be 0 or more", name,
                       rows->y_columns);
    if (y->present && !nn_api_type(rows->y_type, &y->type))
        return nn_fail(NN_USAGE, "%s: y_type is none of nnmpi_type", name);
    if (rows->y_columns > 1) y->row = (nn_shape){1, {rows->y_columns}};
    return NN_OK;
}

nn_status nnmpi_dataset_create(const char *name, const nnmpi_rows *rows, nnmpi_dataset **out) {
    nn_status status = NN_OK;
    nnmpi_dataset *self = NULL;
    nn_samples_array arrays[NN_SAMPLES_ARRAYS] = {
        [NN_SAMPLES_W] = {.present = rows->weighted != 0, .type = NN_H5_F32}};
    *out = NULL;
    NN_TRY(read_x(name, rows, &arrays[NN_SAMPLES_X]));
    NN_TRY(read_y(name, rows, &arrays[NN_SAMPLES_Y]));
    NN_TRY(nn_allocate("a dataset", 1, sizeof *self, &self));
    NN_TRY(nn_samples_create(name, arrays, &self->samples));
    *out = self;
    self = NULL;
done:
    nnmpi_dataset_destroy(&self);
    return status;
}

static nn_status add_rows(nnmpi_dataset *self, int64_t rows, const void *const *data, bool copy) {
    static const char *const names[] = {"x", "y", "w"};
    const nn_samples_array *arrays = nn_samples_arrays(self->samples);
    if (rows < 0)
        return nn_fail(NN_USAGE, "%s: %" PRId64 " rows cannot be appended",
                       nn_samples_name(self->samples), rows);
    for (int i = 0; rows > 0 && i < NN_SAMPLES_ARRAYS; i++)
        if (arrays[i].present != (data[i] != NULL))
            return nn_fail(NN_USAGE, "%s: its rows have %s %s, but %s is given",
                           nn_samples_name(self->samples), arrays[i].present ? "an array" : "no array",
                           names[i], data[i] ? "one" : "none");
    return nn_samples_append(self->samples, rows, data, copy);
}

/* A failure here is this rank's alone: the next agreement on these rows tells the others. */
static nn_status append(nnmpi_dataset *self, int64_t rows, const void *const *data, bool copy) {
    const nn_status status = add_rows(self, rows, data, copy);
    if (status == NN_OK || self->failed != NN_OK) return status;
    self->failed = status;
    snprintf(self->why, sizeof self->why, "%s", nn_message());
    return status;
}

nn_status nn_api_check_rows(const nnmpi_dataset *dataset) {
    if (!dataset || dataset->failed == NN_OK) return NN_OK;
    return nn_fail(dataset->failed, "rows are missing: %s", dataset->why);
}

nn_status nnmpi_dataset_append(nnmpi_dataset *dataset, int64_t rows, const void *x, const void *y,
                               const void *w) {
    return append(dataset, rows, (const void *const[]){x, y, w}, true);
}

nn_status nnmpi_dataset_borrow(nnmpi_dataset *dataset, int64_t rows, const void *x, const void *y,
                               const void *w) {
    return append(dataset, rows, (const void *const[]){x, y, w}, false);
}

void nnmpi_dataset_clear(nnmpi_dataset *dataset) {
    nn_samples_clear(dataset->samples);
    dataset->failed = NN_OK;
}

int64_t nnmpi_dataset_rows(const nnmpi_dataset *dataset) {
    return nn_samples_rows(dataset->samples);
}

void nnmpi_dataset_destroy(nnmpi_dataset **dataset) {
    if (!*dataset) return;
    nn_samples_destroy(&(*dataset)->samples);
    free(*dataset);
    *dataset = NULL;
}
