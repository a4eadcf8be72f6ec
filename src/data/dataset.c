/* dataset.c: opening a dataset and saying what it is. */
#include "data/dataset_private.h"

#include "io/checksum.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const NN_IN_MEMORY_NAMES[] = {"auto", "always", "never", NULL};
const char *const NN_DATASET_ARRAY_NAMES[NN_DATASET_ARRAYS] = {"x", "y", "w"};

enum { X = NN_DATASET_X, Y = NN_DATASET_Y, W = NN_DATASET_W, ARRAYS = NN_DATASET_ARRAYS };

static nn_status path_of(const nn_dataset *self, int which, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s/%s", self->group, NN_DATASET_ARRAY_NAMES[which]);
    return nn_text_take(&text, out);
}

static nn_status describe_array(nn_dataset *self, int which) {
    char *path = NULL, shape[NN_SHAPE_TEXT];
    nn_status status = path_of(self, which, &path);
    if (status != NN_OK) return status;
    self->present[which] = nn_h5_has(self->file, path);
    if (!self->present[which] && which != X) goto done;
    nn_h5_info *info = &self->info[which];
    NN_TRY(nn_h5_describe(self->file, path, info));
    const char *file = nn_h5_path(self->file);
    if (info->kind == NN_H5_OTHER)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it must hold integers or real numbers", file, path));
    if (info->shape.rank < 1 || nn_shape_count(info->shape) == 0)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it holds no rows (its shape is %s)", file, path,
                       nn_shape_format(info->shape, shape)));
    if (which != X && info->shape.dim[0] != self->info[X].shape.dim[0])
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it has %" PRId64 " rows, but x has %" PRId64, file,
                       path, info->shape.dim[0], self->info[X].shape.dim[0]));
    NN_TRY(nn_h5_rows_open(self->file, path, &self->source[which]));
done:
    free(path);
    return status;
}

/* The group as given, or the root where the file holds x there. */
static nn_status find_group(nn_dataset *self, const char *group) {
    nn_text x = {0};
    while (*group == '/') group++;
    nn_text_add(&x, "/%s%sx", group, *group ? "/" : "");
    bool given = x.bytes && nn_h5_has(self->file, x.bytes);
    nn_text_free(&x);
    nn_text text = {0};
    if (*group && (given || !nn_h5_has(self->file, "/x")))
        nn_text_add(&text, "/%s", group);
    else
        nn_text_add(&text, "%s", "");
    nn_status status = nn_text_take(&text, &self->group);
    size_t length = status == NN_OK ? strlen(self->group) : 0;
    while (length > 1 && self->group[length - 1] == '/') self->group[--length] = '\0';
    return status;
}

nn_status nn_dataset_describe(nn_dataset *self) {
    char shape[NN_SHAPE_TEXT];
    nn_text description = {0};
    for (int i = 0; i < ARRAYS; i++) {
        if (!self->present[i]) continue;
        const char *kind = self->info[i].kind == NN_H5_REAL ? "float"
                           : self->info[i].is_signed        ? "int"
                                                            : "uint";
        nn_text_add(&description, "%s%s %s %s%zu", i ? ", " : "", NN_DATASET_ARRAY_NAMES[i],
                    nn_shape_format(self->info[i].shape, shape), kind, 8 * self->info[i].bytes);
    }
    return nn_text_take(&description, &self->description);
}

static nn_status name_source(nn_dataset *self) {
    nn_text name = {0};
    nn_text_add(&name, "%s:%s", nn_h5_path(self->file), *self->group ? self->group : "/");
    return nn_text_take(&name, &self->name);
}

static nn_status open_here(nn_dataset *self, const char *path, const char *group) {
    nn_status status = NN_OK;
    NN_TRY(nn_h5_open(path, &self->file));
    NN_TRY(find_group(self, group));
    NN_TRY(nn_names_read(self->file, "/", &self->names));
    for (int i = 0; i < ARRAYS; i++) NN_TRY(describe_array(self, i));
    self->rows = self->info[X].shape.dim[0];
    NN_TRY(name_source(self));
    NN_TRY(nn_dataset_describe(self));
done:
    return status;
}

/* Two views of a file system may show different files at one path. */
static nn_status check_file(const nn_dataset *self) {
    nn_text text = {0};
    char *file = NULL, what[256];
    int64_t bytes;
    uint64_t sum;
    if (nn_comm_size(self->comm) == 1) return NN_OK;
    nn_status status = nn_checksum_file(nn_h5_path(self->file), &bytes, &sum);
    if (status == NN_OK) {
        nn_text_add(&text, "%" PRId64 " bytes, checksum %016" PRIx64, bytes, sum);
        status = nn_text_take(&text, &file);
    }
    status = nn_comm_agree(self->comm, status);
    snprintf(what, sizeof what, "the file %.200s", nn_h5_path(self->file));
    if (status == NN_OK) status = nn_comm_check_same(self->comm, what, file);
    free(file);
    return status;
}

nn_status nn_dataset_open(nn_comm *comm, const char *path, const char *group, nn_dataset **out) {
    nn_dataset *self = NULL;
    *out = NULL;
    nn_status status = nn_allocate("a dataset", 1, sizeof *self, &self);
    if (status == NN_OK) {
        self->comm = comm;
        status = open_here(self, path, group);
    }
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) status = nn_comm_check_same(comm, "the dataset", self->description);
    if (status == NN_OK) status = check_file(self);
    if (status == NN_OK)
        *out = self;
    else
        nn_dataset_close(&self);
    return status;
}

void nn_dataset_close(nn_dataset **dataset) {
    nn_dataset *self = *dataset;
    if (!self) return;
    nn_shared_destroy(&self->shared);
    for (int i = 0; i < ARRAYS; i++)
        if (nn_h5_rows_close(&self->source[i]) != NN_OK) continue; /* it was only read */
    if (nn_h5_texts_close(&self->files) != NN_OK) self->files = NULL; /* likewise */
    nn_h5_discard(&self->file);
    free(self->begins);
    free(self->group);
    free(self->name);
    free(self->description);
    nn_names_free(&self->names);
    free(self);
    *dataset = NULL;
}

void nn_dataset_restrict(nn_dataset *dataset, int64_t first, int64_t rows) {
    dataset->first = first;
    dataset->rows = rows;
}

int64_t nn_dataset_rows(const nn_dataset *dataset) {
    return dataset->rows;
}

nn_shape nn_dataset_sample_shape(const nn_dataset *dataset) {
    nn_shape all = dataset->info[X].shape, sample = {.rank = all.rank - 1};
    for (int i = 0; i < sample.rank; i++) sample.dim[i] = all.dim[i + 1];
    if (sample.rank == 0) sample = (nn_shape){1, {1}}; /* x is (N): one feature */
    return sample;
}

const char *nn_dataset_name(const nn_dataset *dataset) {
    return dataset->name;
}

const char *nn_dataset_description(const nn_dataset *dataset) {
    return dataset->description;
}

const nn_names *nn_dataset_names(const nn_dataset *dataset) {
    return &dataset->names;
}

uint64_t nn_dataset_checksum(const nn_dataset *dataset) {
    return dataset->checksum;
}

const nn_array *nn_dataset_x(const nn_dataset *dataset) {
    return &dataset->array[X];
}

const nn_array *nn_dataset_y(const nn_dataset *dataset) {
    return &dataset->array[Y];
}

const nn_array *nn_dataset_w(const nn_dataset *dataset) {
    return &dataset->array[W];
}

bool nn_dataset_in_memory(const nn_dataset *dataset) {
    return dataset->shared != NULL;
}

int64_t nn_dataset_chunk_rows(const nn_dataset *dataset) {
    return dataset->info[X].chunk_rows;
}

nn_status nn_dataset_read(nn_dataset *dataset, const nn_array *array, int64_t first, int64_t count,
                          void *data) {
    int which = (int)(array - dataset->array);
    return nn_h5_rows_read(dataset->source[which], dataset->first + first, count, array->type,
                           data);
}
