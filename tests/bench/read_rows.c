/* read_rows.c: how fast a dataset is read in order through nn_h5_rows_read(), in the pieces that
 * loading reads, beside pread() of the bytes that the file holds for the same rows. Both go into
 * the same memory, touched before; the two take turns within one process, so that what else runs on
 * the machine meets both. The file is in the page cache from the first, untimed, turn on.
 *
 * Usage: read_rows FILE.h5 PATH [REPETITIONS [memory|buffer [PIECE_ROWS]]]
 *
 * memory: every row has its place, as where a dataset is held in memory; buffer: all pieces go to
 * one place, as where it is only checked. With PIECE_ROWS, ours reads pieces of so many rows in a
 * shuffled order, as training from the file may. Prints one line of KEY=VALUE; times are medians in
 * seconds, with the lower and upper quartile. */
#include "io/h5.h"
#include "util/clock.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20 }; /* values, as in data/dataset_load.c */

/* Bytes of the file, and where those of whole rows go. */
typedef struct {
    off_t from;
    size_t bytes, to;
} extent;

typedef struct {
    const char *path;
    nn_h5 *file;
    nn_h5_rows *rows;
    nn_h5_info info;
    nn_h5_type type;
    size_t row_bytes;   /* in memory */
    int64_t piece_rows; /* of a piece */
    bool to_memory, shuffled;
    char *memory;
    int descriptor;
    extent *extents;
    int64_t extent_count;
} bench;

/* Where the rows lie in the file: its chunks, or its one block. */
static nn_status find_extents(bench *self, const char *path) {
    nn_status status = NN_OK;
    hid_t file = H5Fopen(self->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    hid_t how = H5Dget_create_plist(set), space = H5Dget_space(set);
    size_t row_bytes = self->info.bytes * (size_t)(nn_shape_count(self->info.shape) /
                                                   self->info.shape.dim[0]);
    hsize_t count = 1;
    bool chunked = H5Pget_layout(how) == H5D_CHUNKED;
    if (chunked) H5Dget_num_chunks(set, space, &count);
    NN_TRY(nn_allocate("a list of chunks", (int64_t)count, sizeof *self->extents, &self->extents));
    for (hsize_t i = 0; i < count; i++) {
        extent *to = &self->extents[self->extent_count++];
        hsize_t at[NN_SHAPE_MAX] = {0}, bytes = 0;
        haddr_t address = HADDR_UNDEF;
        unsigned mask = 0;
        if (!chunked) {
            address = H5Dget_offset(set);
            bytes = row_bytes * (hsize_t)self->info.shape.dim[0];
        } else if (H5Dget_chunk_info(set, space, i, at, &mask, &address, &bytes) < 0) {
            address = HADDR_UNDEF;
        }
        if (address == HADDR_UNDEF)
            NN_TRY(nn_fail(NN_BAD_DATA, "%s: the bytes of %s are not found", self->path, path));
        *to = (extent){(off_t)address, bytes, at[0] * row_bytes};
        size_t all = row_bytes * (size_t)self->info.shape.dim[0];
        if (self->info.chunk_rows && H5Pget_nfilters(how) == 0 && to->to + to->bytes > all &&
            to->to < all)
            to->bytes = all - to->to; /* the last chunk's rows that are there */
    }
done:
    H5Sclose(space);
    H5Pclose(how);
    H5Dclose(set);
    H5Fclose(file);
    return status;
}

static nn_status open_all(bench *self, const char *path, int64_t piece_rows) {
    nn_status status = NN_OK;
    NN_TRY(nn_h5_open(self->path, &self->file));
    NN_TRY(nn_h5_describe(self->file, path, &self->info));
    NN_TRY(nn_h5_close(&self->file)); /* HDF5 opens no file twice in two ways */
    NN_TRY(find_extents(self, path));
    NN_TRY(nn_h5_open(self->path, &self->file));
    NN_TRY(nn_h5_rows_open(self->file, path, &self->rows));
    const nn_h5_info *info = &self->info;
    bool whole = info->kind == NN_H5_INTEGER;
    self->type = whole && info->bytes == 1 && !info->is_signed ? NN_H5_U8
                 : whole && info->bytes == 4                   ? NN_H5_I32
                                                               : NN_H5_F32;
    int64_t columns = nn_shape_count(info->shape) / info->shape.dim[0];
    self->row_bytes = (size_t)columns * (self->type == NN_H5_U8 ? 1 : 4);
    self->piece_rows = PIECE / columns + 1;
    if (self->shuffled) self->piece_rows = piece_rows;
    if (self->piece_rows > info->shape.dim[0]) self->piece_rows = info->shape.dim[0];
    NN_TRY(nn_allocate("memory", self->to_memory ? info->shape.dim[0] : self->piece_rows,
                       self->row_bytes, &self->memory));
    memset(self->memory, 1,
           (size_t)(self->to_memory ? info->shape.dim[0] : self->piece_rows) * self->row_bytes);
    self->descriptor = open(self->path, O_RDONLY);
done:
    return status;
}

static int64_t common_factor(int64_t a, int64_t b) {
    return b == 0 ? a : common_factor(b, a % b);
}

static nn_status read_ours(bench *self) {
    const int64_t rows = self->info.shape.dim[0];
    const int64_t pieces = (rows + self->piece_rows - 1) / self->piece_rows;
    int64_t stride = 1; /* any that shares no factor with `pieces` meets each piece once */
    if (self->shuffled && pieces > 2)
        for (stride = pieces * 5 / 13 + 1; common_factor(stride, pieces) > 1;) stride++;
    for (int64_t i = 0, count; i < pieces; i++) {
        int64_t row = i * stride % pieces * self->piece_rows;
        count = rows - row < self->piece_rows ? rows - row : self->piece_rows;
        char *to = self->memory + (self->to_memory ? (size_t)row * self->row_bytes : 0);
        nn_status status = nn_h5_rows_read(self->rows, row, count, self->type, to);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

/* The bytes of the file in the same pieces, cut where a chunk ends. */
static nn_status read_plain(bench *self) {
    size_t piece = (size_t)self->piece_rows * self->row_bytes, room = piece;
    if (self->to_memory) room = (size_t)self->info.shape.dim[0] * self->row_bytes;
    for (int64_t i = 0; i < self->extent_count; i++) {
        const extent *of = &self->extents[i];
        for (size_t done = 0, some; done < of->bytes; done += some) {
            size_t at = of->to + done;
            some = piece - at % piece;
            if (some > of->bytes - done) some = of->bytes - done;
            at = self->to_memory ? at : at % piece;
            if (at + some > room) at = 0; /* stored bytes are more than the values */
            if (some > room) some = room;
            ssize_t got =
                pread(self->descriptor, self->memory + at, some, of->from + (off_t)done);
            if (got != (ssize_t)some)
                return nn_fail(NN_IO, "%s: pread: %s", self->path, strerror(errno));
        }
    }
    return NN_OK;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *name, double *seconds, int count) {
    qsort(seconds, (size_t)count, sizeof *seconds, by_size);
    printf(" %s_seconds=%.6f %s_low=%.6f %s_high=%.6f", name, seconds[count / 2], name,
           seconds[count / 4], name, seconds[count * 3 / 4]);
}

static nn_status measure(bench *self, int repetitions) {
    nn_status status = NN_OK;
    double *ours = NULL, *plain = NULL, stored = 0;
    NN_TRY(nn_allocate("times", repetitions, sizeof *ours, &ours));
    NN_TRY(nn_allocate("times", repetitions, sizeof *plain, &plain));
    NN_TRY(read_plain(self));
    NN_TRY(read_ours(self));
    for (int i = 0; i < repetitions; i++) {
        double start = nn_now();
        NN_TRY(read_plain(self));
        plain[i] = nn_now() - start;
        start = nn_now();
        NN_TRY(read_ours(self));
        ours[i] = nn_now() - start;
    }
    for (int64_t i = 0; i < self->extent_count; i++) stored += (double)self->extents[i].bytes;
    double rows = (double)self->info.shape.dim[0];
    printf("rows=%.0f row_bytes=%zu piece_rows=%lld to=%s order=%s repetitions=%d", rows, self->row_bytes,
           (long long)self->piece_rows, self->to_memory ? "memory" : "buffer",
           self->shuffled ? "shuffled" : "file", repetitions);
    print_times("ours", ours, repetitions);
    print_times("pread", plain, repetitions);
    double a = ours[repetitions / 2], b = plain[repetitions / 2];
    printf(" rows_per_second=%.0f bytes_per_second=%.0f pread_bytes_per_second=%.0f ratio=%.3f\n",
           rows / a, rows * (double)self->row_bytes / a, stored / b, b / a);
done:
    free(ours);
    free(plain);
    return status;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: read_rows FILE.h5 PATH [REPETITIONS [memory|buffer [PIECE_ROWS]]]\n");
        return 64;
    }
    int repetitions = argc > 3 ? atoi(argv[3]) : 21, piece_rows = argc > 5 ? atoi(argv[5]) : 0;
    bench self = {.path = argv[1],
                  .to_memory = argc < 5 || strcmp(argv[4], "memory") == 0,
                  .shuffled = piece_rows > 0,
                  .descriptor = -1};
    nn_status status = repetitions < 1 ? nn_fail(NN_USAGE, "read_rows: repetitions: 1 or more")
                                       : open_all(&self, argv[2], piece_rows);
    if (status == NN_OK) status = measure(&self, repetitions);
    if (status != NN_OK) fprintf(stderr, "read_rows: %s\n", nn_message());
    if (self.descriptor >= 0) close(self.descriptor);
    if (nn_h5_rows_close(&self.rows) != NN_OK) status = NN_IO;
    nn_h5_discard(&self.file);
    free(self.memory);
    free(self.extents);
    return (int)status;
}
