/* dataset_given.c: one dataset of rows that the ranks hold in their own memory: those of rank 0, then
 * those of rank 1, and so on. Each rank checks its own; each node gets all of them. */
#include "data/dataset_private.h"

#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>

enum { ARRAYS = NN_DATASET_ARRAYS };

/* All ranks' rows: where each rank's begin, and the end. */
static nn_status count_rows(nn_dataset *self) {
    const int size = nn_comm_size(self->comm);
    int64_t mine = nn_samples_rows(self->given), *all = NULL;
    nn_status status = nn_allocate("row counts", size + 1, sizeof *all, &all);
    status = nn_comm_agree(self->comm, status);
    if (status != NN_OK) {
        free(all);
        return status;
    }
    self->begins = all;
    nn_comm_gather(self->comm, &mine, sizeof mine, all + 1);
    nn_comm_broadcast(self->comm, all, (size + 1) * (int64_t)sizeof *all);
    for (int r = 0; r < size; r++) all[r + 1] += all[r];
    self->rows = all[size];
    if (self->rows > 0) return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s: no rank has given it a row", self->name);
}

/* As if it were in a file. */
static void describe_array(nn_dataset *self, int which) {
    const nn_samples_array *array = &nn_samples_arrays(self->given)[which];
    nn_h5_info *info = &self->info[which];
    self->present[which] = array->present;
    if (!array->present) return;
    info->kind = array->type == NN_H5_F32 || array->type == NN_H5_F64 ? NN_H5_REAL : NN_H5_INTEGER;
    info->is_signed = array->type != NN_H5_U8;
    info->bytes = nn_samples_type_bytes(array->type);
    info->shape.rank = array->row.rank + 1;
    info->shape.dim[0] = self->rows;
    for (int i = 0; i < array->row.rank; i++) info->shape.dim[i + 1] = array->row.dim[i];
}

nn_status nn_dataset_of(nn_comm *comm, const nn_samples *mine, nn_dataset **out) {
    nn_dataset *self = NULL;
    nn_status status = nn_allocate("a dataset", 1, sizeof *self, &self);
    *out = NULL;
    if (status == NN_OK) {
        self->comm = comm;
        self->given = mine;
        status = nn_copy_text(nn_samples_name(mine), &self->name);
    }
    NN_TRY(nn_comm_agree(comm, status));
    NN_TRY(count_rows(self));
    for (int i = 0; i < ARRAYS; i++) describe_array(self, i);
    NN_TRY(nn_comm_agree(comm, nn_dataset_describe(self)));
    NN_TRY(nn_comm_check_same(comm, self->name, self->description));
    *out = self;
    self = NULL;
done:
    nn_dataset_close(&self);
    return status;
}

/* How many of the rows that are used lie before a row of all. */
static int64_t used_before(const nn_dataset *self, int64_t row) {
    const int64_t before = row - self->first;
    return before < 0 ? 0 : before > self->rows ? self->rows : before;
}

/* Of the rows that are used, those that rank `rank` has: *begin .. *end - 1. */
static void find_part(const nn_dataset *self, int rank, int64_t *begin, int64_t *end) {
    *begin = used_before(self, self->begins[rank]);
    *end = used_before(self, self->begins[rank + 1]);
}

void nn_dataset_given_part(const nn_dataset *self, int64_t *begin, int64_t *end) {
    find_part(self, nn_comm_rank(self->comm), begin, end);
}

int64_t nn_dataset_given_row(const nn_dataset *self, int64_t row) {
    return row - self->begins[nn_comm_rank(self->comm)];
}

void nn_dataset_given_spread(nn_dataset *self) {
    if (nn_comm_nodes(self->comm) == 1) return;
    for (int i = 0; i < ARRAYS; i++) {
        const int64_t bytes = nn_array_row_bytes(&self->array[i]);
        char *memory = (char *)self->array[i].memory;
        for (int rank = 0; bytes > 0 && rank < nn_comm_size(self->comm); rank++) {
            int64_t begin, end;
            find_part(self, rank, &begin, &end);
            nn_comm_broadcast_from(self->comm, rank, memory + begin * bytes, (end - begin) * bytes);
        }
    }
}
