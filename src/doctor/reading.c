/* reading.c: how fast a dataset can be read. */
#include "doctor/measure.h"

#include "io/h5.h"
#include "util/clock.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 };         /* bytes that are read at a time */
static const double BUDGET = 1.0; /* seconds for a pass */

/* A rank's part of a dataset's samples. */
typedef struct {
    nn_h5 *file;
    nn_h5_rows *rows;
    nn_h5_type type;
    int64_t row_bytes, begin, end, piece_rows;
    char *buffer;
} part;

static nn_status open_samples(part *self, const char *path, const char *group, nn_h5_info *info) {
    nn_status status = NN_OK;
    char name[256];
    NN_TRY(nn_h5_open(path, &self->file));
    while (*group == '/') group++;
    snprintf(name, sizeof name, "/%s%sx", group, *group ? "/" : "");
    if (!nn_h5_has(self->file, name) && nn_h5_has(self->file, "/x")) strcpy(name, "/x");
    NN_TRY(nn_h5_describe(self->file, name, info));
    if (info->kind == NN_H5_OTHER || info->shape.rank < 1 || nn_shape_count(info->shape) == 0)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it holds no rows of numbers", path, name));
    NN_TRY(nn_h5_rows_open(self->file, name, &self->rows));
done:
    return status;
}

static nn_status open_part(part *self, nn_comm *comm, const char *path, const char *group,
                           nn_reading *out) {
    nn_h5_info info;
    nn_status status = open_samples(self, path, group, &info);
    if (status != NN_OK) return status;
    bool bytes = info.kind == NN_H5_INTEGER && !info.is_signed && info.bytes == 1;
    int rank = nn_comm_rank(comm), size = nn_comm_size(comm);
    out->rows = info.shape.dim[0];
    self->type = bytes ? NN_H5_U8 : NN_H5_F32;
    self->row_bytes = nn_shape_count(info.shape) / out->rows * (bytes ? 1 : 4);
    self->begin = nn_share_begin(out->rows, rank, size);
    self->end = nn_share_begin(out->rows, rank + 1, size);
    self->piece_rows = PIECE / self->row_bytes + 1;
    out->row_bytes = self->row_bytes;
    return nn_allocate("rows from the file", self->piece_rows, (size_t)self->row_bytes,
                       &self->buffer);
}

/* From the part's first row on until the time is up, or up to row `end`; *end is where it stopped.
 */
static nn_status read_part(const part *self, double budget, int64_t *end, double *seconds) {
    double begin = nn_now();
    int64_t row = self->begin;
    nn_status status = NN_OK;
    while (row < *end && status == NN_OK && nn_now() - begin < budget) {
        int64_t count = *end - row < self->piece_rows ? *end - row : self->piece_rows;
        status = nn_h5_rows_read(self->rows, row, count, self->type, self->buffer);
        row += count;
    }
    *end = row;
    *seconds = nn_now() - begin;
    return status;
}

/* All ranks, each its part; the slowest one's seconds. */
static nn_status read_together(nn_comm *comm, const part *self, double budget, int64_t *end,
                               double *seconds, int64_t *bytes) {
    double mine;
    nn_spread spread;
    nn_comm_wait_for_all(comm); /* all begin at the same time */
    nn_status status = nn_comm_agree(comm, read_part(self, budget, end, &mine));
    if (status == NN_OK) status = nn_measure_spread(comm, mine, &spread);
    if (status != NN_OK) return status;
    *bytes = (int64_t)nn_comm_sum_u64(comm, (uint64_t)((*end - self->begin) * self->row_bytes));
    *seconds = spread.greatest > 1e-9 ? spread.greatest : 1e-9;
    return NN_OK;
}

nn_status nn_measure_reading(nn_comm *comm, const char *path, const char *group, nn_reading *out) {
    part self = {0};
    *out = (nn_reading){0};
    nn_status status = nn_comm_agree(comm, open_part(&self, comm, path, group, out));
    int64_t end = self.end;
    if (status == NN_OK)
        status = read_together(comm, &self, BUDGET, &end, &out->first, &out->bytes);
    if (status == NN_OK) /* the same rows, all of them */
        status = read_together(comm, &self, 10 * BUDGET, &end, &out->again, &out->bytes);
    if (nn_h5_rows_close(&self.rows) != NN_OK) self.rows = NULL; /* it was only read */
    nn_h5_discard(&self.file);
    free(self.buffer);
    return status;
}
