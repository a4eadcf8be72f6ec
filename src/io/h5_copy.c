/* h5_copy.c: copying datasets from one file into another, in chunks of whole rows and with their
 * types and attributes as they are. Memory is bounded whatever their size. */
#include "io/h5_private.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20, BLOCK_BYTES = 4 << 20, CACHE_BYTES = 16 << 20 };
static const int64_t MOST_BYTES = (int64_t)256 << 20; /* of a block, unless a row is larger */

/* Attributes */

/* Where attributes are copied to; the first failure ends it. */
typedef struct {
    nn_h5 *file;
    const char *path;
    hid_t object;
    nn_status status;
} attribute_target;

static nn_status copy_values(const attribute_target *to, const char *name, hid_t from, hid_t type,
                             hid_t space) {
    void *values = NULL;
    hid_t made = H5I_INVALID_HID;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    nn_status status = nn_allocate("an attribute", count > 0 ? (int64_t)count : 1,
                                   H5Tget_size(type), &values);
    if (status != NN_OK) return status;
    bool read = H5Aread(from, type, values) >= 0;
    if (read) made = H5Acreate2(to->object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (made < 0 || H5Awrite(made, type, values) < 0)
        status = nn_h5_fail(NN_IO, "%s: cannot copy the attribute %s of %s", to->file->path, name,
                            to->path);
    if (made >= 0) H5Aclose(made);
    if (read && H5Tis_variable_str(type) > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
    free(values);
    return status;
}

/* Numbers and texts are copied; what refers to other objects would point to nothing. */
static herr_t copy_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data) {
    attribute_target *to = data;
    (void)info;
    if (H5Aexists(to->object, name) > 0) return 0; /* given anew */
    hid_t from = H5Aopen(object, name, H5P_DEFAULT);
    hid_t stored = from < 0 ? H5I_INVALID_HID : H5Aget_type(from);
    hid_t type = stored < 0 ? H5I_INVALID_HID : H5Tcopy(stored); /* a named one stays behind */
    hid_t space = from < 0 ? H5I_INVALID_HID : H5Aget_space(from);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    if (type < 0 || space < 0)
        to->status = nn_h5_fail(NN_BAD_DATA, "cannot read the attribute %s of %s", name, to->path);
    else if (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM ||
             class == H5T_STRING)
        to->status = copy_values(to, name, from, type, space);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (stored >= 0) H5Tclose(stored);
    if (from >= 0) H5Aclose(from);
    return to->status == NN_OK ? 0 : -1;
}

static nn_status copy_attributes(nn_h5 *from, const char *path, nn_h5 *to) {
    hid_t source = H5I_INVALID_HID;
    attribute_target target = {.file = to, .path = path, .object = H5I_INVALID_HID};
    nn_status status = nn_h5_open_object(from, path, &source);
    if (status == NN_OK) status = nn_h5_open_object(to, path, &target.object);
    if (status == NN_OK && H5Aiterate2(source, H5_INDEX_NAME, H5_ITER_INC, NULL, copy_attribute,
                                       &target) < 0)
        status = target.status != NN_OK ? target.status
                                        : nn_h5_fail(NN_BAD_DATA, "%s: cannot read the attributes "
                                                     "of %s", from->path, path);
    if (source >= 0) H5Oclose(source);
    if (target.object >= 0) H5Oclose(target.object);
    return status;
}

nn_status nn_h5_copy_attributes(nn_h5 *from, const char *path, nn_h5 *to) {
    nn_h5_enter();
    nn_status status = copy_attributes(from, path, to);
    nn_h5_leave();
    return status;
}

/* Rows */

typedef struct {
    nn_h5 *from, *to;
    const char *path;
    hid_t source, target, type;
    nn_h5_info info;
    size_t row_bytes;
} copying;

static nn_status make_target(copying *self, int deflate) {
    const nn_shape shape = self->info.shape;
    hsize_t dims[NN_SHAPE_MAX] = {0}, most[NN_SHAPE_MAX] = {0}, chunk[NN_SHAPE_MAX] = {0};
    for (int i = 0; i < shape.rank; i++) chunk[i] = most[i] = dims[i] = (hsize_t)shape.dim[i];
    most[0] = H5S_UNLIMITED;
    hsize_t rows = self->row_bytes < CHUNK_BYTES ? CHUNK_BYTES / self->row_bytes : 1;
    if (chunk[0] > rows) chunk[0] = rows;
    hid_t space = H5Screate_simple(shape.rank, dims, most);
    hid_t how = H5Pcreate(H5P_DATASET_CREATE), access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_obj_track_times(how, false);
    H5Pset_chunk(how, shape.rank, chunk);
    if (deflate > 0 && self->info.bytes > 1) H5Pset_shuffle(how);
    if (deflate > 0) H5Pset_deflate(how, (unsigned)deflate);
    /* Room for the chunk that a block has begun and the next one ends. */
    H5Pset_chunk_cache(access, 521, CACHE_BYTES, H5D_CHUNK_CACHE_W0_DEFAULT);
    nn_status status = nn_h5_make_parents(self->to, self->path);
    if (status == NN_OK) {
        self->target = H5Dcreate2(self->to->id, self->path, self->type, space, H5P_DEFAULT, how,
                                  access);
        if (self->target < 0)
            status = nn_h5_fail(NN_IO, "%s: cannot make the dataset %s", self->to->path,
                                self->path);
    }
    H5Pclose(access);
    H5Pclose(how);
    H5Sclose(space);
    return status;
}

/* Rows of a block: whole chunks of the source, so that each is unpacked once, where they fit. */
static int64_t block_rows(const copying *self) {
    int64_t rows = BLOCK_BYTES / (int64_t)self->row_bytes + 1;
    int64_t most = MOST_BYTES / (int64_t)self->row_bytes, chunk = self->info.chunk_rows;
    if (chunk > 0) rows = (rows + chunk - 1) / chunk * chunk;
    if (rows > most) rows = most > 0 ? most : 1;
    return rows < self->info.shape.dim[0] ? rows : self->info.shape.dim[0];
}

static nn_status copy_block(copying *self, int64_t first, int64_t count, void *block) {
    hsize_t start[NN_SHAPE_MAX] = {(hsize_t)first}, extent[NN_SHAPE_MAX] = {(hsize_t)count};
    int rank = self->info.shape.rank;
    nn_status status = NN_OK;
    for (int i = 1; i < rank; i++) extent[i] = (hsize_t)self->info.shape.dim[i];
    hid_t memory = H5Screate_simple(rank, extent, NULL), file = H5Dget_space(self->source);
    if (memory < 0 || file < 0 ||
        H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, extent, NULL) < 0 ||
        H5Dread(self->source, self->type, memory, file, H5P_DEFAULT, block) < 0)
        status = nn_h5_fail(NN_IO, "%s: reading %s failed", self->from->path, self->path);
    else
        status = nn_h5_check_length(self->from);
    if (status == NN_OK &&
        H5Dwrite(self->target, self->type, memory, file, H5P_DEFAULT, block) < 0)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", self->to->path, self->path);
    if (memory >= 0) H5Sclose(memory);
    if (file >= 0) H5Sclose(file);
    return status;
}

static nn_status copy_rows(copying *self, int deflate) {
    nn_status status = NN_OK;
    void *block = NULL;
    int64_t rows = self->info.shape.dim[0], some = block_rows(self);
    NN_TRY(nn_allocate("rows of a dataset", some, self->row_bytes, &block));
    NN_TRY(make_target(self, deflate));
    for (int64_t first = 0; first < rows; first += some)
        NN_TRY(copy_block(self, first, rows - first < some ? rows - first : some, block));
done:
    free(block);
    if (self->target >= 0 && H5Dclose(self->target) < 0 && status == NN_OK)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", self->to->path, self->path);
    return status;
}

/* What has no rows of numbers is copied as HDF5 does it. */
static nn_status copy_whole(copying *self) {
    nn_status status = nn_h5_make_parents(self->to, self->path);
    if (status == NN_OK && H5Ocopy(self->from->id, self->path, self->to->id, self->path,
                                   H5P_DEFAULT, H5P_DEFAULT) < 0)
        status = nn_h5_fail(NN_IO, "%s: cannot copy %s to %s", self->from->path, self->path,
                            self->to->path);
    return status;
}

nn_status nn_h5_copy_dataset(nn_h5 *from, const char *path, nn_h5 *to, int deflate) {
    copying self = {.from = from, .to = to, .path = path, .target = H5I_INVALID_HID};
    nn_h5_enter();
    nn_status status = nn_h5_open_dataset(from, path, H5P_DEFAULT, &self.source, &self.info);
    if (status == NN_OK) {
        bool rows = self.info.kind != NN_H5_OTHER && self.info.shape.rank > 0 &&
                    nn_shape_count(self.info.shape) > 0;
        hid_t stored = H5Dget_type(self.source);
        self.type = H5Tcopy(stored);
        if (rows)
            self.row_bytes = self.info.bytes *
                             (size_t)(nn_shape_count(self.info.shape) / self.info.shape.dim[0]);
        status = rows ? copy_rows(&self, deflate) : copy_whole(&self);
        if (status == NN_OK && rows) status = copy_attributes(from, path, to);
        H5Tclose(self.type);
        H5Tclose(stored);
        H5Dclose(self.source);
    }
    nn_h5_leave();
    return status;
}
