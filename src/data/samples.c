/* samples.c: rows that a program gives from its own memory, in pieces: each is borrowed, or a copy with
 * room behind it, so that adding a few rows at a time costs little. */
#include "data/samples.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ARRAYS = NN_SAMPLES_ARRAYS, LEAST_ROOM = 64 };

typedef struct {
    int64_t rows, room;       /* room 0: borrowed */
    const void *data[ARRAYS]; /* (rows, row) */
    void *own[ARRAYS];        /* likewise, owned; NULL: borrowed */
} piece;

struct nn_samples {
    char *name;
    nn_samples_array arrays[ARRAYS];
    size_t row_bytes[ARRAYS];
    piece *pieces;
    int64_t count, room; /* of the pieces */
    int64_t rows, revision;
    int64_t last_room; /* of the last copy */
};

size_t nn_samples_type_bytes(nn_h5_type type) {
    switch (type) {
    case NN_H5_U8: return 1;
    case NN_H5_I32: return sizeof(int32_t);
    case NN_H5_I64: return sizeof(int64_t);
    case NN_H5_F32: return sizeof(float);
    case NN_H5_F64: return sizeof(double);
    }
    return 0;
}

nn_status nn_samples_create(const char *name, const nn_samples_array *arrays, nn_samples **out) {
    nn_status status = NN_OK;
    nn_samples *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("samples", 1, sizeof *self, &self));
    NN_TRY(nn_copy_text(name, &self->name));
    for (int i = 0; i < ARRAYS; i++) {
        self->arrays[i] = arrays[i];
        if (!arrays[i].present) continue;
        self->row_bytes[i] =
            nn_samples_type_bytes(arrays[i].type) * (size_t)nn_shape_count(arrays[i].row);
    }
    *out = self;
    self = NULL;
done:
    nn_samples_destroy(&self);
    return status;
}

void nn_samples_destroy(nn_samples **samples) {
    if (!*samples) return;
    nn_samples_clear(*samples);
    free((*samples)->pieces);
    free((*samples)->name);
    free(*samples);
    *samples = NULL;
}

static void release(piece *made) {
    for (int i = 0; i < ARRAYS; i++) free(made->own[i]);
}

void nn_samples_clear(nn_samples *samples) {
    for (int64_t i = 0; i < samples->count; i++) release(&samples->pieces[i]);
    samples->count = samples->rows = 0;
    samples->revision++;
}

static nn_status add_piece(nn_samples *self, const piece *made) {
    if (!self->pieces || self->count == self->room) {
        const int64_t room = 2 * self->room + 8;
        piece *more = realloc(self->pieces, (size_t)room * sizeof *more);
        if (!more) return nn_fail(NN_INTERNAL, "out of memory: %s", self->name);
        self->pieces = more;
        self->room = room;
    }
    self->pieces[self->count++] = *made;
    return NN_OK;
}

/* A piece with room for these rows, twice as many as the one before. */
static nn_status make_room(nn_samples *self, int64_t rows) {
    piece made = {.room = 2 * self->last_room};
    nn_status status = NN_OK;
    if (made.room < rows || made.room > self->rows + LEAST_ROOM) made.room = rows + LEAST_ROOM;
    for (int i = 0; i < ARRAYS && status == NN_OK; i++) {
        if (!self->arrays[i].present) continue;
        status = nn_allocate(self->name, made.room, self->row_bytes[i], &made.own[i]);
        made.data[i] = made.own[i];
    }
    if (status == NN_OK) status = add_piece(self, &made);
    if (status == NN_OK) self->last_room = made.room;
    else release(&made);
    return status;
}

static nn_status copy_rows(nn_samples *self, int64_t rows, const void *const *data) {
    const piece *last = self->count > 0 ? &self->pieces[self->count - 1] : NULL;
    if (!last || last->room - last->rows < rows) {
        nn_status status = make_room(self, rows);
        if (status != NN_OK) return status;
    }
    piece *to = &self->pieces[self->count - 1];
    for (int i = 0; i < ARRAYS; i++)
        if (to->own[i])
            memcpy((char *)to->own[i] + (size_t)to->rows * self->row_bytes[i], data[i],
                   (size_t)rows * self->row_bytes[i]);
    to->rows += rows;
    return NN_OK;
}

nn_status nn_samples_append(nn_samples *samples, int64_t rows, const void *const *data, bool copy) {
    nn_samples *self = samples;
    piece borrowed = {.rows = rows};
    if (rows == 0) return NN_OK;
    for (int i = 0; i < ARRAYS; i++) borrowed.data[i] = self->arrays[i].present ? data[i] : NULL;
    nn_status status = copy ? copy_rows(self, rows, data) : add_piece(self, &borrowed);
    if (status != NN_OK) return status;
    self->rows += rows;
    self->revision++;
    return NN_OK;
}

int64_t nn_samples_rows(const nn_samples *samples) {
    return samples->rows;
}

const char *nn_samples_name(const nn_samples *samples) {
    return samples->name;
}

const nn_samples_array *nn_samples_arrays(const nn_samples *samples) {
    return samples->arrays;
}

int64_t nn_samples_revision(const nn_samples *samples) {
    return samples->revision;
}

/* ---- reading ---- */

#define CONVERT(from_type, to_type)                                                                \
    do {                                                                                           \
        const from_type *x = in;                                                                   \
        to_type *y = out;                                                                          \
        for (int64_t i = 0; i < count; i++) y[i] = (to_type)x[i];                                  \
    } while (0)

void nn_samples_convert(nn_h5_type from, const void *in, nn_h5_type to, void *out, int64_t count) {
    if (from == to) {
        memcpy(out, in, (size_t)count * nn_samples_type_bytes(from));
        return;
    }
    const bool to_double = to == NN_H5_F64;
    switch (from) {
    case NN_H5_U8:
        if (to_double) CONVERT(uint8_t, double);
        else CONVERT(uint8_t, float);
        break;
    case NN_H5_I32:
        if (to_double) CONVERT(int32_t, double);
        else CONVERT(int32_t, float);
        break;
    case NN_H5_I64:
        if (to_double) CONVERT(int64_t, double);
        else CONVERT(int64_t, float);
        break;
    case NN_H5_F32: CONVERT(float, double); break;
    case NN_H5_F64: CONVERT(double, float); break;
    }
}

void nn_samples_read(const nn_samples *samples, int which, int64_t first, int64_t count,
                     nn_h5_type type, void *out) {
    const nn_samples_array *array = &samples->arrays[which];
    const int64_t columns = nn_shape_count(array->row);
    const size_t row_bytes = nn_samples_type_bytes(type) * (size_t)columns;
    char *to = out;
    for (int64_t i = 0, begin = 0; i < samples->count && count > 0; begin += samples->pieces[i++].rows) {
        const piece *from = &samples->pieces[i];
        int64_t rows = begin + from->rows - first;
        if (rows <= 0) continue;
        if (rows > count) rows = count;
        nn_samples_convert(array->type,
                           (const char *)from->data[which] +
                               (size_t)(first - begin) * samples->row_bytes[which],
                           type, to, rows * columns);
        to += (size_t)rows * row_bytes;
        first += rows;
        count -= rows;
    }
}
