/* dataset_load.c: checking the rows of a dataset, and holding them in memory. */
#include "data/dataset_private.h"

#include "comm/watchdog.h"
#include "io/checksum.h"
#include "util/memory.h"
#include "util/text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { X = NN_DATASET_X, Y = NN_DATASET_Y, W = NN_DATASET_W, ARRAYS = NN_DATASET_ARRAYS };
enum { PIECE = 1 << 20 }; /* elements that are checked at a time */

/* ---- what the arrays must look like ---- */

nn_target_spec nn_dataset_targets(const nn_object *loss, const nn_model *model) {
    const nn_loss_class *methods = nn_loss_methods(loss);
    bool values = methods->target == NN_TARGET_VALUES;
    return (nn_target_spec){.wanted = true,
                            .kind = methods->target,
                            .probabilities = values && methods->classifies,
                            .outputs = nn_shape_last(nn_model_output_shape(model)),
                            .where = nn_model_output_where(model)};
}

/* As many values a row as the model has outputs. */
static nn_status fail_columns(const nn_dataset *self, const nn_target_spec *spec, int64_t columns) {
    char shape[NN_SHAPE_TEXT];
    nn_status status = nn_fail(NN_BAD_DATA,
                               "%s/y: its shape is %s, %" PRId64 " value%s a row, but the model has %" PRId64
                               " output%s%s",
                               self->name, nn_shape_format(self->info[Y].shape, shape), columns,
                               columns == 1 ? "" : "s", spec->outputs, spec->outputs == 1 ? "" : "s",
                               columns == 1 && self->info[Y].kind == NN_H5_INTEGER
                                   ? "; for class numbers use sparse_categorical_crossentropy"
                                   : "");
    return spec->where ? nn_within(status, "%s", spec->where) : status;
}

static nn_status check_targets(const nn_dataset *self, const nn_target_spec *spec) {
    char shape[NN_SHAPE_TEXT];
    const char *name = self->name;
    nn_shape y = self->info[Y].shape;
    if (!self->present[Y])
        return nn_fail(NN_BAD_DATA, "%s: there is no y: the targets are missing", name);
    int64_t columns = nn_shape_count(y) / y.dim[0];
    nn_shape_format(y, shape);
    if (spec->kind == NN_TARGET_CLASSES && columns != 1)
        return nn_fail(NN_BAD_DATA,
                       "%s/y: its shape is %s, but the loss wants one class number a row, (N); for "
                       "one number for each class use categorical_crossentropy",
                       name, shape);
    if (spec->kind == NN_TARGET_VALUES && columns != spec->outputs)
        return fail_columns(self, spec, columns);
    if (self->present[W] && nn_shape_count(self->info[W].shape) != self->info[W].shape.dim[0])
        return nn_fail(NN_BAD_DATA, "%s/w: its shape is %s, but there is one weight a row, (N)",
                       name, nn_shape_format(self->info[W].shape, shape));
    return NN_OK;
}

static void choose_types(nn_dataset *self, const nn_target_spec *spec) {
    for (int i = 0; i < ARRAYS; i++) {
        const nn_h5_info *info = &self->info[i];
        bool used = self->present[i] && (i == X || spec->wanted);
        bool byte = info->kind == NN_H5_INTEGER && !info->is_signed && info->bytes == 1;
        bool classes = i == Y && spec->kind == NN_TARGET_CLASSES;
        self->array[i].columns = used ? nn_shape_count(info->shape) / info->shape.dim[0] : 0;
        self->array[i].type = classes ? NN_H5_I32 : byte ? NN_H5_U8 : NN_H5_F32;
    }
}

static size_t size_of(nn_h5_type type) {
    return type == NN_H5_U8 ? 1 : 4; /* NN_H5_I32, NN_H5_F32 */
}

/* ---- what their values must be ---- */

/* Rows that a rank has given are counted as it counts them. */
static nn_status bad_value(const nn_dataset *self, int which, int64_t row, double value,
                           const char *expected) {
    if (self->given) row = nn_dataset_given_row(self, row);
    return nn_fail(NN_BAD_DATA, "%s/%s: row %" PRId64 " holds %g; it must be %s (rows count from 0)", self->name,
                   NN_DATASET_ARRAY_NAMES[which], row, value, expected);
}

/* One pass without a way out, which the compiler turns into vector code: NaN fits nowhere. */
static bool all_between(const float *data, int64_t count, float least, float most) {
    int unfit = 0;
    for (int64_t i = 0; i < count; i++) unfit |= !(data[i] >= least) | !(data[i] <= most);
    return !unfit;
}

static nn_status check_reals(const nn_dataset *self, int which, const nn_target_spec *spec,
                             int64_t first, int64_t count, const float *data) {
    int64_t columns = self->array[which].columns;
    bool bounded = which == Y && spec->probabilities;
    float least = bounded || which == W ? 0.0f : -FLT_MAX, most = bounded ? 1.0f : FLT_MAX;
    if (all_between(data, count * columns, least, most)) return NN_OK;
    for (int64_t i = 0; i < count * columns; i++) { /* which one? */
        double value = (double)data[i];
        int64_t row = first + i / columns;
        if (!isfinite(value)) return bad_value(self, which, row, value, "a finite number");
        if (bounded && !(value >= 0 && value <= 1))
            return bad_value(self, which, row, value, "between 0 and 1 for this loss");
        if (which == W && value < 0) return bad_value(self, which, row, value, "0 or more");
    }
    return NN_OK;
}

/* HDF5 says that one of these rows cannot be read as it should, not which. */
static nn_status find_misfit(nn_dataset *self, int which, int64_t first, int64_t count, nn_h5_type type,
                             void *out) {
    nn_h5_rows *rows = self->source[which];
    while (count > 1) {
        if (nn_h5_rows_read(rows, first, count / 2, type, out) == NN_OK) {
            first += count / 2;
            count -= count / 2;
        } else {
            count /= 2;
        }
    }
    nn_status status = nn_h5_rows_read(rows, first, 1, type, out);
    if (status != NN_BAD_DATA) return status;
    nn_text text = {0};
    nn_text_add(&text, "%s: row %" PRId64 " (rows count from 0)", nn_message(), first);
    return nn_text_fail(&text, status);
}

static nn_status read_rows(nn_dataset *self, int which, int64_t first, int64_t count,
                           nn_h5_type type, void *out) {
    if (!self->given) {
        nn_status status = nn_h5_rows_read(self->source[which], first, count, type, out);
        return status == NN_BAD_DATA ? find_misfit(self, which, first, count, type, out) : status;
    }
    nn_samples_read(self->given, which, nn_dataset_given_row(self, first), count, type, out);
    return NN_OK;
}

/* Classes come as integers, or as reals that are whole numbers. */
static nn_status read_classes(nn_dataset *self, const nn_target_spec *spec, int64_t first,
                              int64_t count, int32_t *out) {
    double *read = NULL;
    char expected[96];
    nn_status status = nn_allocate("class numbers", count, sizeof *read, &read);
    if (status == NN_OK) status = read_rows(self, Y, first, count, NN_H5_F64, read);
    snprintf(expected, sizeof expected,
             "a class from 0 to %" PRId64 ", since the model has %" PRId64 " outputs",
             spec->outputs - 1, spec->outputs);
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        if (!(read[i] >= 0 && read[i] < (double)spec->outputs && read[i] == rint(read[i])))
            status = bad_value(self, Y, first + i, read[i], expected);
        else
            out[i] = (int32_t)read[i];
    }
    free(read);
    return status;
}

static nn_status read_checked(nn_dataset *self, int which, const nn_target_spec *spec,
                              int64_t first, int64_t count, void *out) {
    nn_h5_type type = self->array[which].type;
    if (type == NN_H5_I32) return read_classes(self, spec, first, count, out);
    nn_status status = read_rows(self, which, first, count, type, out);
    if (status != NN_OK || type == NN_H5_U8) {
        /* bytes are finite; as targets of a cross-entropy they must be 0 or 1 */
        const uint8_t *bytes = out;
        bool bounded = which == Y && spec->probabilities;
        for (int64_t i = 0; bounded && status == NN_OK && i < count * self->array[Y].columns; i++)
            if (bytes[i] > 1)
                status = bad_value(self, Y, first + i / self->array[Y].columns, bytes[i],
                                   "between 0 and 1 for this loss");
        return status;
    }
    return check_reals(self, which, spec, first, count, out);
}

/* ---- loading ---- */

/* Of rows begin .. end - 1 of an array, which lie in `rows`. */
static uint64_t sum_rows(const nn_dataset *self, int which, int64_t begin, int64_t end,
                         const void *rows) {
    const nn_array *array = &self->array[which];
    size_t row_bytes = (size_t)array->columns * size_of(array->type);
    uint64_t sum = 0;
    for (int64_t row = begin; row < end; row++)
        sum += nn_checksum((const char *)rows + (size_t)(row - begin) * row_bytes, row_bytes,
                           (uint64_t)row * ARRAYS + (uint64_t)which);
    return sum;
}

/* Reads and checks rows begin .. end - 1 of an array into `memory` (its row 0), or, where that is
 * NULL, into a buffer that is thrown away. */
static nn_status load_rows(nn_dataset *self, int which, const nn_target_spec *spec, int64_t begin,
                           int64_t end, char *memory) {
    const nn_array *array = &self->array[which];
    size_t row_bytes = (size_t)array->columns * size_of(array->type);
    int64_t most = PIECE / (array->columns ? array->columns : 1) + 1;
    char *buffer = NULL;
    nn_status status = memory ? NN_OK : nn_allocate("a buffer", most, row_bytes, &buffer);
    for (int64_t row = begin; row < end && status == NN_OK; row += most) {
        int64_t count = end - row < most ? end - row : most;
        char *target = memory ? memory + (size_t)row * row_bytes : buffer;
        status = read_checked(self, which, spec, self->first + row, count, target);
        if (!memory && status == NN_OK)
            self->checksum += sum_rows(self, which, row, row + count, target);
        nn_watchdog_tick();
    }
    free(buffer);
    return status;
}

static int64_t bytes_of(const nn_dataset *self, int which) {
    const nn_array *array = &self->array[which];
    return nn_round_up(self->rows * array->columns * (int64_t)size_of(array->type), NN_ALIGNMENT);
}

/* Rank 0 decides for all: up to half of its node's free memory. */
static bool decide_memory(const nn_dataset *self, nn_in_memory wanted) {
    int64_t bytes = 0, resident = wanted != NN_IN_MEMORY_NEVER;
    for (int i = 0; i < ARRAYS; i++) bytes += bytes_of(self, i);
    int64_t available = nn_memory_available();
    if (wanted == NN_IN_MEMORY_AUTO && available > 0) resident = bytes < available / 2;
    if (self->given) resident = true; /* there is nothing to read them from later */
    nn_comm_broadcast(self->comm, &resident, sizeof resident);
    return resident != 0;
}

/* Every node sums the rows that it holds, each of its ranks a part of them. The parts meet in front of
 * the rows. */
static uint64_t sum_memory(const nn_dataset *self) {
    int size, rank = nn_shared_rank(self->shared, &size);
    char *parts = nn_shared_data(self->shared);
    int64_t begin = nn_share_begin(self->rows, rank, size);
    int64_t end = nn_share_begin(self->rows, rank + 1, size);
    uint64_t sum = 0;
    for (int i = 0; i < ARRAYS; i++) {
        const nn_array *array = &self->array[i];
        if (array->columns == 0) continue;
        size_t row_bytes = (size_t)array->columns * size_of(array->type);
        sum +=
            sum_rows(self, i, begin, end, (const char *)array->memory + (size_t)begin * row_bytes);
    }
    memcpy(parts + (size_t)rank * NN_ALIGNMENT, &sum, sizeof sum);
    nn_shared_sync(self->shared);
    uint64_t total = 0;
    for (int r = 0; r < size; r++) {
        memcpy(&sum, parts + (size_t)r * NN_ALIGNMENT, sizeof sum);
        total += sum;
    }
    return total;
}

/* What the ranks have read makes one checksum; where each node holds all rows, the same on all. */
static nn_status sum_up(nn_dataset *self) {
    if (!self->shared) {
        self->checksum = nn_comm_sum_u64(self->comm, self->checksum);
        return NN_OK;
    }
    self->checksum = sum_memory(self);
    if (nn_comm_is_same(self->comm, self->checksum)) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "%s: not all nodes have read the same rows: the file is not the same everywhere, or "
                   "it has been changed meanwhile",
                   self->name);
}

nn_status nn_dataset_load(nn_dataset *dataset, const nn_target_spec *targets,
                          nn_in_memory in_memory) {
    nn_dataset *self = dataset;
    int part = nn_comm_rank(self->comm), parts = nn_comm_size(self->comm);
    nn_status status = targets->wanted ? check_targets(self, targets) : NN_OK;
    status = nn_comm_agree(self->comm, status);
    if (status != NN_OK) return status;
    choose_types(self, targets);
    char *memory = NULL;
    if (decide_memory(self, in_memory)) {
        int64_t bytes = 0;
        for (int i = 0; i < ARRAYS; i++) bytes += bytes_of(self, i);
        status = nn_shared_create(self->comm, NN_ALIGNMENT, bytes, &self->shared);
        if (status != NN_OK && (in_memory == NN_IN_MEMORY_ALWAYS || self->given))
            return nn_within(status, "%s", self->name);
    }
    status = NN_OK; /* what cannot be shared is read when it is wanted */
    if (self->shared) {
        part = nn_shared_rank(self->shared, &parts);
        memory = (char *)nn_shared_data(self->shared) + (size_t)parts * NN_ALIGNMENT;
    }
    int64_t begin = nn_share_begin(self->rows, part, parts);
    int64_t end = nn_share_begin(self->rows, part + 1, parts);
    if (self->given) nn_dataset_given_part(self, &begin, &end);
    for (int i = 0; i < ARRAYS && status == NN_OK; i++) {
        if (self->array[i].columns == 0) continue;
        self->array[i].memory = memory;
        status = load_rows(self, i, targets, begin, end, memory);
        if (memory) memory += bytes_of(self, i);
    }
    if (self->shared) nn_shared_sync(self->shared);
    status = nn_comm_agree(self->comm, status);
    if (status == NN_OK && self->given) nn_dataset_given_spread(self);
    return status == NN_OK ? sum_up(self) : status;
}
