/* h5_rows.c: datasets read and written by rows. A chunk holds whole rows, about 1 MiB of them; the
 * writer gathers a chunk before it hands it on, so that a dataset smaller than a chunk takes just
 * the room it needs. The reader goes past HDF5 where it can (h5_block.c). */
#include "io/h5_private.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20, TURN_BYTES = 2 << 20 };

struct nn_h5_rows {
    nn_h5 *file; /* borrowed */
    char *path;
    hid_t dataset; /* invalid in a writer until its first chunk is full */
    nn_shape shape;
    int64_t row_count;  /* values in a row */
    nn_h5_block block;  /* of a reader alone, as the next one */
    int64_t turn_rows;  /* read under one lock; chunks are not cut */
    bool writing;       /* and of the rest, all that only a writer has: */
    nn_h5_type type;    /* what it writes */
    int deflate;        /* compression */
    int64_t chunk_rows; /* rows that a chunk holds */
    int64_t held;       /* rows in `buffer` */
    char *buffer;       /* (chunk_rows, row_count) */
};

static size_t row_bytes(const nn_h5_rows *rows) {
    return (size_t)rows->row_count * nn_h5_type_bytes(rows->type);
}

static nn_status make_rows(nn_h5 *file, const char *path, nn_h5_rows **out) {
    nn_h5_rows *rows = NULL;
    nn_status status = nn_allocate("an open dataset", 1, sizeof *rows, &rows);
    if (status != NN_OK) return status;
    rows->file = file;
    rows->dataset = H5I_INVALID_HID;
    status = nn_copy_text(path, &rows->path);
    if (status != NN_OK)
        free(rows);
    else
        *out = rows;
    return status;
}

static void release(nn_h5_rows *rows) {
    free(rows->buffer);
    free(rows->path);
    free(rows);
}

/* Reading */

/* An access list whose chunk cache holds all chunks that one row touches, so that reading on in
 * rows unpacks each chunk once. Chunks that are whole rows as they are need none: HDF5 then reads
 * the rows asked for, and no others, to where they belong. */
static hid_t cache_list(hid_t dataset, const nn_h5_info *info) {
    hid_t list = H5Pcreate(H5P_DATASET_ACCESS);
    if (list < 0 || info->chunk_rows == 0) return list;
    hsize_t chunk[NN_SHAPE_MAX] = {0};
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) return list;
    int rank = H5Pget_chunk(creation, NN_SHAPE_MAX, chunk);
    H5Pclose(creation);
    size_t chunks = 1, bytes = info->bytes * (size_t)info->chunk_rows;
    for (int i = 1; i < rank && chunk[i] > 0; i++) {
        size_t across = ((size_t)info->shape.dim[i] + chunk[i] - 1) / chunk[i];
        chunks *= across;
        bytes *= across * chunk[i];
    }
    if (info->filters == 0 && nn_h5_whole_rows(info)) {
        H5Pset_chunk_cache(list, 1, 0, H5D_CHUNK_CACHE_W0_DEFAULT);
        return list;
    }
    size_t least = CHUNK_BYTES, slots = chunks < 100000 ? 10 * chunks + 521 : 1000000;
    H5Pset_chunk_cache(list, slots, bytes > least ? bytes : least, H5D_CHUNK_CACHE_W0_DEFAULT);
    return list;
}

/* As many rows as make two MiB of the file, or the chunks that hold them where HDF5 unpacks or
 * copies whole ones. */
static int64_t turn_rows(const nn_h5_info *info, int64_t row_count) {
    int64_t row_bytes = row_count * (int64_t)info->bytes, rows = 1;
    if (row_bytes > 0 && row_bytes < TURN_BYTES) rows = TURN_BYTES / row_bytes;
    bool by_rows = info->filters == 0 && nn_h5_whole_rows(info); /* contiguous ones too */
    if (by_rows && info->chunk_rows > rows) return rows;
    if (info->chunk_rows < 1) return rows;
    return (rows + info->chunk_rows - 1) / info->chunk_rows * info->chunk_rows;
}

static nn_status open_rows(nn_h5 *file, const char *path, nn_h5_rows **out) {
    nn_h5_info info;
    hid_t plain = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    nn_status status = nn_h5_open_dataset(file, path, H5P_DEFAULT, &plain, &info);
    if (status != NN_OK) return status;
    hid_t list = cache_list(plain, &info);
    H5Dclose(plain); /* the cache is made anew when nobody else holds the dataset */
    if (list < 0) return nn_h5_fail(NN_INTERNAL, "%s: cannot open %s", file->path, path);
    if (info.kind == NN_H5_OTHER)
        status = nn_fail(NN_BAD_DATA, "%s: %s does not hold numbers", file->path, path);
    else if (info.shape.rank == 0)
        status = nn_fail(NN_BAD_DATA, "%s: %s is a single value; expected rows", file->path, path);
    else
        status = nn_h5_open_dataset(file, path, list, &dataset, &info);
    H5Pclose(list);
    if (status == NN_OK) status = make_rows(file, path, out);
    if (status != NN_OK) {
        if (dataset >= 0) H5Dclose(dataset);
        return status;
    }
    (*out)->dataset = dataset;
    (*out)->shape = info.shape;
    (*out)->row_count = 1;
    for (int i = 1; i < info.shape.rank; i++) (*out)->row_count *= info.shape.dim[i];
    (*out)->turn_rows = turn_rows(&info, (*out)->row_count);
    nn_h5_block_find(file, dataset, &info, &(*out)->block);
    return NN_OK;
}

nn_status nn_h5_rows_open(nn_h5 *file, const char *path, nn_h5_rows **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = open_rows(file, path, out);
    nn_h5_leave();
    return status;
}

/* `count` rows in memory: of the same rank as in the file, because HDF5 otherwise matches the two
 * element by element. */
static hid_t memory_space(const nn_h5_rows *rows, int64_t count) {
    hsize_t extent[NN_SHAPE_MAX] = {(hsize_t)count};
    for (int i = 1; i < rows->shape.rank; i++) extent[i] = (hsize_t)rows->shape.dim[i];
    return H5Screate_simple(rows->shape.rank, extent, NULL);
}

/* The part of the file's dataset that rows first .. first + count - 1 take. */
static hid_t select_rows(const nn_h5_rows *rows, int64_t first, int64_t count) {
    hsize_t start[NN_SHAPE_MAX] = {(hsize_t)first}, extent[NN_SHAPE_MAX] = {(hsize_t)count};
    for (int i = 1; i < rows->shape.rank; i++) extent[i] = (hsize_t)rows->shape.dim[i];
    hid_t space = H5Dget_space(rows->dataset);
    if (space >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, extent, NULL) < 0) {
        H5Sclose(space);
        return H5I_INVALID_HID;
    }
    return space;
}

static nn_status read_turn(nn_h5_rows *rows, int64_t first, int64_t count, nn_h5_type type,
                           void *data) {
    nn_status status = NN_OK;
    hid_t in_file = select_rows(rows, first, count), in_memory = memory_space(rows, count);
    if (in_file < 0 || in_memory < 0)
        status = nn_h5_fail(NN_IO, "%s: reading %s failed", rows->file->path, rows->path);
    else
        status = nn_h5_transfer(rows->file, rows->path, rows->dataset, in_memory, in_file, type,
                                rows->block.exact && rows->block.type == type, data);
    if (in_file >= 0) H5Sclose(in_file);
    if (in_memory >= 0) H5Sclose(in_memory);
    return status;
}

/* Reads turn by turn: others who wait for the lock have it in between. */
static nn_status read_turns(nn_h5_rows *rows, int64_t first, int64_t count, nn_h5_type type,
                            char *data) {
    const size_t bytes = (size_t)rows->row_count * nn_h5_type_bytes(type);
    nn_status status = NN_OK;
    for (int64_t some; count > 0 && status == NN_OK; first += some, count -= some) {
        some = rows->turn_rows - first % rows->turn_rows;
        if (some > count) some = count;
        nn_h5_enter();
        status = read_turn(rows, first, some, type, data);
        nn_h5_leave();
        data += (size_t)some * bytes;
    }
    return status == NN_OK ? nn_h5_check_length(rows->file) : status;
}

nn_status nn_h5_rows_read(nn_h5_rows *rows, int64_t first, int64_t count, nn_h5_type type,
                          void *data) {
    if (first < 0 || count < 0 || first > rows->shape.dim[0] || count > rows->shape.dim[0] - first)
        return nn_fail(NN_BAD_DATA, "%s: %s has %lld rows; %lld rows from %lld on were asked for",
                       rows->file->path, rows->path, (long long)rows->shape.dim[0],
                       (long long)count, (long long)first);
    if (count == 0 || rows->row_count == 0) return NN_OK;
    if (rows->block.found && rows->block.type == type)
        return nn_h5_block_read(rows->file, rows->path, &rows->block, first, count, data);
    return read_turns(rows, first, count, type, data);
}

/* Writing */

nn_status nn_h5_rows_create(nn_h5 *file, const char *path, nn_h5_type type, nn_shape row,
                            int deflate, nn_h5_rows **out) {
    nn_h5_rows *rows = NULL;
    nn_status status = NN_OK;
    char text[NN_SHAPE_TEXT];
    int64_t values = nn_shape_count(row);
    *out = NULL;
    if (row.rank >= NN_SHAPE_MAX || values < 1 || values > (int64_t)CHUNK_BYTES * 256)
        return nn_fail(NN_IO, "%s: cannot make %s with rows of shape %s", file->path, path,
                       nn_shape_format(row, text));
    NN_TRY(make_rows(file, path, &rows));
    rows->shape.rank = row.rank + 1;
    for (int i = 0; i < row.rank; i++) rows->shape.dim[i + 1] = row.dim[i];
    rows->row_count = values;
    rows->writing = true;
    rows->type = type;
    rows->deflate = deflate;
    rows->chunk_rows = CHUNK_BYTES / (int64_t)row_bytes(rows);
    if (rows->chunk_rows < 1) rows->chunk_rows = 1;
    NN_TRY(nn_allocate("a chunk of rows", rows->chunk_rows, row_bytes(rows), &rows->buffer));
    *out = rows;
    rows = NULL;
done:
    if (rows) release(rows);
    return status;
}

static nn_status make_chunked(nn_h5_rows *rows) {
    nn_shape chunk = rows->shape;
    chunk.dim[0] = rows->held > 0 ? rows->held : 1; /* a full one, or all there is */
    return nn_h5_make_dataset(rows->file, rows->path, rows->type, rows->shape, &chunk,
                              rows->deflate, &rows->dataset);
}

/* Writes the rows that the buffer holds behind those in the file. */
static nn_status flush(nn_h5_rows *rows) {
    nn_status status = rows->dataset < 0 ? make_chunked(rows) : NN_OK;
    if (status != NN_OK || rows->held == 0) return status;
    int64_t first = rows->shape.dim[0];
    hsize_t dims[NN_SHAPE_MAX] = {0};
    rows->shape.dim[0] += rows->held;
    for (int i = 0; i < rows->shape.rank; i++) dims[i] = (hsize_t)rows->shape.dim[i];

    bool extended = H5Dset_extent(rows->dataset, dims) >= 0;
    hid_t in_file = extended ? select_rows(rows, first, rows->held) : H5I_INVALID_HID;
    hid_t in_memory = memory_space(rows, rows->held);
    if (in_file < 0 || in_memory < 0 ||
        H5Dwrite(rows->dataset, nn_h5_memory_type(rows->type), in_memory, in_file, H5P_DEFAULT,
                 rows->buffer) < 0)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", rows->file->path, rows->path);
    if (in_file >= 0) H5Sclose(in_file);
    if (in_memory >= 0) H5Sclose(in_memory);
    rows->held = 0;
    return status;
}

nn_status nn_h5_rows_append(nn_h5_rows *rows, int64_t count, const void *data) {
    const char *next = data;
    size_t bytes = row_bytes(rows);
    while (count > 0) {
        int64_t room = rows->chunk_rows - rows->held, part = count < room ? count : room;
        memcpy(rows->buffer + (size_t)rows->held * bytes, next, (size_t)part * bytes);
        rows->held += part;
        next += (size_t)part * bytes;
        count -= part;
        if (rows->held < rows->chunk_rows) break;
        nn_h5_enter();
        nn_status status = flush(rows);
        nn_h5_leave();
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

nn_status nn_h5_rows_close(nn_h5_rows **rows) {
    if (!*rows) return NN_OK;
    nn_h5_rows *open = *rows;
    nn_status status = NN_OK;
    nn_h5_enter();
    if (open->writing && (open->held > 0 || open->dataset < 0)) status = flush(open);
    if (open->dataset >= 0 && H5Dclose(open->dataset) < 0 && status == NN_OK)
        status = nn_h5_fail(NN_IO, "%s: closing %s failed", open->file->path, open->path);
    nn_h5_leave();
    release(open);
    *rows = NULL;
    return status;
}
