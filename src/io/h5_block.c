/* h5_block.c: reading contiguous datasets with pread() at the address that HDF5 names, where their
 * values need no conversion: without the lock, and a file that was cut short is seen.
 *
 * Chunks are left to HDF5. H5Dread_chunk() writes as many bytes as the index of a damaged file
 * claims, whatever room there is (tried with 1.10.8), and before 1.14 asking for the address of a
 * chunk is a walk through all of them. */
#include "io/h5_private.h"
#include "io/descriptor.h"

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

void nn_h5_block_find(nn_h5 *file, hid_t dataset, const nn_h5_info *info, nn_h5_block *out) {
    const int64_t rows = info->shape.dim[0];
    *out = (nn_h5_block){0};
    out->exact = find_type(dataset, &out->type);
    if (!out->exact || file->descriptor < 0 || rows == 0 || info->chunk.rank > 0) return;
    out->row_bytes = (size_t)(nn_shape_count(info->shape) / rows) * nn_h5_type_bytes(out->type);
    /* Undefined where nothing was ever written, and where the values lie in the object's header. */
    haddr_t address = H5Dget_offset(dataset);
    if (address == HADDR_UNDEF || address > (haddr_t)file->bytes) return;
    if (H5Dget_storage_size(dataset) != (hsize_t)rows * out->row_bytes) return;
    out->address = (int64_t)address;
    out->found = true;
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

nn_status nn_h5_block_read(const nn_h5 *file, const char *path, const nn_h5_block *block,
                           int64_t first, int64_t count, void *data) {
    const ssize_t wanted = (ssize_t)count * (ssize_t)block->row_bytes;
    const off_t from = (off_t)(block->address + first * (int64_t)block->row_bytes);
    const ssize_t got = nn_read_at(file->descriptor, data, (size_t)wanted, from);
    if (got < 0)
        return nn_fail(NN_IO, "%s: reading %s failed: %s", file->path, path, strerror(errno));
    if (got < wanted)
        return nn_fail(NN_IO, "%s: reading %s failed: the file ends at byte %lld, within it",
                       file->path, path, (long long)(from + got));
    return NN_OK;
}
