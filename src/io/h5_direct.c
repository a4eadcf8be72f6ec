/* h5_direct.c: reading rows as they lie in the file, with neither a conversion nor a copy through
 * HDF5's chunk cache, which costs a third of the time.
 *
 * A contiguous dataset is read with pread() at the address that HDF5 names. Of a chunked one, whole
 * chunks are read with H5Dread_chunk(), which spares small ones the making of selections. Where
 * they lie is left to HDF5: before 1.14, asking it for an address is a walk through all chunks. */
#include "io/h5_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the values are stored just as one of our types lies in memory. */
static bool find_type(hid_t dataset, nn_h5_type *out) {
    static const nn_h5_type types[] = {NN_H5_U8, NN_H5_I32, NN_H5_I64, NN_H5_F32, NN_H5_F64};
    bool found = false;
    hid_t stored = H5Dget_type(dataset);
    for (size_t i = 0; i < sizeof types / sizeof *types && stored >= 0 && !found; i++) {
        found = H5Tequal(stored, nn_h5_memory_type(types[i])) > 0;
        if (found) *out = types[i];
    }
    if (stored >= 0) H5Tclose(stored);
    return found;
}

void nn_h5_direct_find(nn_h5 *file, hid_t dataset, const nn_h5_info *info, nn_h5_direct *out) {
    *out = (nn_h5_direct){.way = NN_H5_INDIRECT};
    if (info->filters > 0 || file->writable || !find_type(dataset, &out->type)) return;
    int64_t rows = info->shape.dim[0];
    if (rows == 0) return;
    out->row_bytes = (size_t)(nn_shape_count(info->shape) / rows) * nn_h5_type_bytes(out->type);
    if (info->chunk.rank > 0) {
        if (!nn_h5_whole_rows(info)) return;
        out->chunk_rows = info->chunk_rows;
        out->way = NN_H5_CHUNKS;
        return;
    }
    /* Undefined where nothing was ever written, and where the values lie in the object's header. */
    haddr_t address = file->descriptor < 0 ? HADDR_UNDEF : H5Dget_offset(dataset);
    if (address == HADDR_UNDEF || address > INT64_MAX) return;
    if (H5Dget_storage_size(dataset) != (hsize_t)rows * out->row_bytes) return;
    out->address = (int64_t)address;
    out->way = NN_H5_BLOCK;
}

static nn_status fail_short(const nn_h5 *file, int64_t bytes) {
    return nn_fail(NN_IO,
                   "%s was cut short while it was read: it has %lld bytes, and had %lld when it "
                   "was opened",
                   file->path, (long long)bytes, (long long)file->bytes);
}

nn_status nn_h5_check_length(const nn_h5 *file) {
    struct stat about;
    if (file->descriptor < 0) return NN_OK;
    if (fstat(file->descriptor, &about) != 0)
        return nn_fail(NN_IO, "%s: reading failed: %s", file->path, strerror(errno));
    return about.st_size < file->bytes ? fail_short(file, (int64_t)about.st_size) : NN_OK;
}

nn_status nn_h5_direct_block(const nn_h5 *file, const char *path, const nn_h5_direct *direct,
                             int64_t first, int64_t count, void *data) {
    char *to = data;
    size_t left = (size_t)count * direct->row_bytes;
    off_t from = (off_t)(direct->address + first * (int64_t)direct->row_bytes);
    while (left > 0) {
        ssize_t got = pread(file->descriptor, to, left, from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return nn_fail(NN_IO, "%s: reading %s failed: %s", file->path, path, strerror(errno));
        if (got == 0)
            return nn_fail(NN_IO, "%s: reading %s failed: the file ends at byte %lld, within it",
                           file->path, path, (long long)from);
        to += got;
        from += got;
        left -= (size_t)got;
    }
    return NN_OK;
}

bool nn_h5_direct_chunk(hid_t dataset, const nn_h5_direct *direct, int64_t first, void *data) {
    hsize_t offset[NN_SHAPE_MAX] = {(hsize_t)first}, stored = 0;
    uint32_t skipped_filters = 0;
    /* Asked first, because in a damaged file the index may claim more bytes than `data` has room
     * for; 0 where the chunk was never written. */
    if (H5Dget_chunk_storage_size(dataset, offset, &stored) < 0 ||
        stored != (hsize_t)direct->chunk_rows * direct->row_bytes)
        return false;
    return H5Dread_chunk(dataset, H5P_DEFAULT, offset, &skipped_filters, data) >= 0;
}
