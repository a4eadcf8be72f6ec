/* h5_texts.c: datasets of texts, one a row, such as the files that samples came from. Those that nnmpi
 * makes are contiguous and of variable length, as h5py makes them; strings of fixed length are read too. */
#include "io/h5_private.h"

#include "util/memory.h"

#include <stdlib.h>

struct nn_h5_texts {
    nn_h5 *file; /* borrowed */
    char *path;
    hid_t dataset, type; /* as it lies in memory */
    int64_t rows;
};

static nn_status make(nn_h5 *file, const char *path, nn_h5_texts **out) {
    nn_status status = NN_OK;
    nn_h5_texts *self = NULL;
    NN_TRY(nn_allocate("an open dataset", 1, sizeof *self, &self));
    *out = self;
    self->file = file;
    self->dataset = self->type = H5I_INVALID_HID;
    NN_TRY(nn_copy_text(path, &self->path));
done:
    return status;
}

/* Takes back what was made in vain. */
static nn_status settle(nn_h5_texts **texts, nn_status status) {
    nn_status closed = status == NN_OK ? NN_OK : nn_h5_texts_close(texts);
    return status != NN_OK ? status : closed;
}

static nn_status create(nn_h5_texts *self, int64_t rows) {
    const hsize_t extent = (hsize_t)rows;
    nn_status status = nn_h5_make_parents(self->file, self->path);
    if (status != NN_OK) return status;
    self->rows = rows;
    self->type = nn_h5_text_type(H5T_VARIABLE);
    hid_t space = H5Screate_simple(1, &extent, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(how, false);
    self->dataset = H5Dcreate2(self->file->id, self->path, self->type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    if (self->dataset < 0)
        status = nn_h5_fail(NN_IO, "%s: cannot make the dataset %s", self->file->path, self->path);
    H5Pclose(how);
    H5Sclose(space);
    return status;
}

nn_status nn_h5_texts_create(nn_h5 *file, const char *path, int64_t rows, nn_h5_texts **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = make(file, path, out);
    if (status == NN_OK) status = create(*out, rows);
    nn_h5_leave();
    return settle(out, status);
}

static nn_status open_here(nn_h5_texts *self) {
    nn_h5_info info;
    nn_status status = nn_h5_open_dataset(self->file, self->path, H5P_DEFAULT, &self->dataset, &info);
    if (status != NN_OK) return status;
    if (!info.is_text || info.shape.rank != 1)
        return nn_fail(NN_BAD_DATA, "%s: %s is no list of texts", self->file->path, self->path);
    self->rows = info.shape.dim[0];
    self->type = H5Dget_type(self->dataset);
    if (self->type < 0)
        return nn_h5_fail(NN_BAD_DATA, "%s: %s has no readable type", self->file->path, self->path);
    return NN_OK;
}

nn_status nn_h5_texts_open(nn_h5 *file, const char *path, nn_h5_texts **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = make(file, path, out);
    if (status == NN_OK) status = open_here(*out);
    nn_h5_leave();
    return settle(out, status);
}

int64_t nn_h5_texts_rows(const nn_h5_texts *texts) {
    return texts->rows;
}

/* Rows first .. first + count - 1 in the file, and as many in memory; the caller closes both. */
static nn_status select_rows(const nn_h5_texts *self, int64_t first, int64_t count, hid_t *in_file,
                             hid_t *in_memory) {
    const hsize_t start = (hsize_t)first, extent = (hsize_t)count;
    if (first < 0 || count < 1 || first > self->rows - count)
        return nn_fail(NN_BAD_DATA, "%s: %s has %lld rows; %lld rows from %lld on were asked for",
                       self->file->path, self->path, (long long)self->rows, (long long)count,
                       (long long)first);
    *in_file = H5Dget_space(self->dataset);
    *in_memory = H5Screate_simple(1, &extent, NULL);
    if (*in_file >= 0 && *in_memory >= 0 &&
        H5Sselect_hyperslab(*in_file, H5S_SELECT_SET, &start, NULL, &extent, NULL) >= 0)
        return NN_OK;
    return nn_h5_fail(NN_INTERNAL, "%s: cannot select rows of %s", self->file->path, self->path);
}

static void close_spaces(hid_t in_file, hid_t in_memory) {
    if (in_file >= 0) H5Sclose(in_file);
    if (in_memory >= 0) H5Sclose(in_memory);
}

nn_status nn_h5_texts_write(nn_h5_texts *texts, int64_t first, int64_t count, const char *const *values) {
    hid_t in_file = H5I_INVALID_HID, in_memory = H5I_INVALID_HID;
    if (count == 0) return NN_OK;
    nn_h5_enter();
    nn_status status = select_rows(texts, first, count, &in_file, &in_memory);
    if (status == NN_OK &&
        H5Dwrite(texts->dataset, texts->type, in_memory, in_file, H5P_DEFAULT, (const void *)values) < 0)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", texts->file->path, texts->path);
    close_spaces(in_file, in_memory);
    nn_h5_leave();
    return status;
}

static nn_status read_rows(const nn_h5_texts *self, hid_t in_file, hid_t in_memory, int64_t count,
                           char **out) {
    nn_status status = NN_OK;
    char *table = NULL;
    const size_t size = H5Tget_size(self->type);
    const bool variable = H5Tis_variable_str(self->type) > 0;
    NN_TRY(nn_allocate("texts", count, size, &table));
    if (H5Dread(self->dataset, self->type, in_memory, in_file, H5P_DEFAULT, table) < 0) {
        status = nn_h5_fail(NN_IO, "%s: reading %s failed", self->file->path, self->path);
        goto done;
    }
    for (int64_t i = 0; i < count && status == NN_OK; i++)
        status = nn_h5_copy_text(self->type, table + (size_t)i * size, &out[i]);
    if (variable) H5Dvlen_reclaim(self->type, in_memory, H5P_DEFAULT, table);
    if (status == NN_OK) status = nn_h5_check_length(self->file);
done:
    free(table);
    return status;
}

nn_status nn_h5_texts_read(nn_h5_texts *texts, int64_t first, int64_t count, char **out) {
    hid_t in_file = H5I_INVALID_HID, in_memory = H5I_INVALID_HID;
    for (int64_t i = 0; i < count; i++) out[i] = NULL;
    if (count == 0) return NN_OK;
    nn_h5_enter();
    nn_status status = select_rows(texts, first, count, &in_file, &in_memory);
    if (status == NN_OK) status = read_rows(texts, in_file, in_memory, count, out);
    close_spaces(in_file, in_memory);
    nn_h5_leave();
    for (int64_t i = 0; i < count && status != NN_OK; i++) {
        free(out[i]);
        out[i] = NULL;
    }
    return status;
}

nn_status nn_h5_texts_close(nn_h5_texts **texts) {
    nn_h5_texts *self = *texts;
    nn_status status = NN_OK;
    if (!self) return NN_OK;
    nn_h5_enter();
    if (self->type >= 0) H5Tclose(self->type);
    if (self->dataset >= 0 && H5Dclose(self->dataset) < 0)
        status = nn_h5_fail(NN_IO, "%s: closing %s failed", self->file->path, self->path);
    nn_h5_leave();
    free(self->path);
    free(self);
    *texts = NULL;
    return status;
}
