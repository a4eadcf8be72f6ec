/* h5_dataset.c: describing, reading and writing whole datasets; conversion that refuses values
 * which the type asked for can't hold, where HDF5 by itself would clamp or cut them. */
#include "io/h5_private.h"

#include <math.h>
#include <string.h>

/* in the order of nn_h5_type */
static const char *const type_names[] = {"an unsigned byte", "a 32-bit integer", "a 64-bit integer",
                                         "a 32-bit real", "a 64-bit real"};

hid_t nn_h5_memory_type(nn_h5_type type) {
    switch (type) {
    case NN_H5_U8: return H5T_NATIVE_UINT8;
    case NN_H5_I32: return H5T_NATIVE_INT32;
    case NN_H5_I64: return H5T_NATIVE_INT64;
    case NN_H5_F32: return H5T_NATIVE_FLOAT;
    case NN_H5_F64: return H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

static hid_t file_type(nn_h5_type type) {
    switch (type) {
    case NN_H5_U8: return H5T_STD_U8LE;
    case NN_H5_I32: return H5T_STD_I32LE;
    case NN_H5_I64: return H5T_STD_I64LE;
    case NN_H5_F32: return H5T_IEEE_F32LE;
    case NN_H5_F64: return H5T_IEEE_F64LE;
    }
    return H5I_INVALID_HID;
}

size_t nn_h5_type_bytes(nn_h5_type type) {
    static const size_t bytes[] = {1, 4, 8, 4, 8};
    return bytes[type];
}

/* Describing */

/* Refuses data kept in other files, and compression that this HDF5 can't undo. */
static nn_status check_storage(nn_h5 *file, const char *path, hid_t creation) {
    H5D_layout_t layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL)
        return nn_fail(NN_BAD_DATA,
                       "%s: %s is a virtual dataset, which nnmpi does not read: copy its data into "
                       "the file",
                       file->path, path);
    if (layout == H5D_CONTIGUOUS && H5Pget_external_count(creation) > 0)
        return nn_fail(NN_BAD_DATA,
                       "%s: the data of %s is in another file, which nnmpi does not read: copy it "
                       "into this one",
                       file->path, path);
    int filters = H5Pget_nfilters(creation);
    for (int i = 0; i < filters; i++) {
        unsigned flags = 0, config = 0;
        size_t values = 0;
        char name[64] = "";
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL,
                                             sizeof name, name, &config);
        if (filter >= 0 && H5Zfilter_avail(filter) > 0) continue;
        return nn_fail(NN_BAD_DATA,
                       "%s: %s is compressed with filter %d (%s), which this HDF5 library lacks: "
                       "read it with a program that has the filter, and write it again with gzip or none "
                       "(h5py has lzf, and others where the package hdf5plugin is imported), or install the "
                       "filter as a plugin of HDF5 (HDF5_PLUGIN_PATH)",
                       file->path, path, (int)filter, *name ? name : "unnamed");
    }
    return NN_OK;
}

static nn_status describe_type(nn_h5 *file, const char *path, hid_t dataset, nn_h5_info *out) {
    hid_t type = H5Dget_type(dataset);
    if (type < 0) return nn_h5_fail(NN_BAD_DATA, "%s: %s has no readable type", file->path, path);
    H5T_class_t class = H5Tget_class(type);
    out->kind = NN_H5_OTHER;
    if (class == H5T_FLOAT) out->kind = NN_H5_REAL;
    if (class == H5T_INTEGER || class == H5T_ENUM)
        out->kind = NN_H5_INTEGER; /* h5py's bool: enum */
    out->is_text = class == H5T_STRING;
    out->bytes = H5Tget_size(type);
    if (class == H5T_INTEGER) out->is_signed = H5Tget_sign(type) == H5T_SGN_2;
    if (class == H5T_ENUM) {
        hid_t base = H5Tget_super(type);
        out->is_signed = H5Tget_sign(base) == H5T_SGN_2;
        H5Tclose(base);
    }
    H5Tclose(type);
    return NN_OK;
}

static nn_status describe_shape(nn_h5 *file, const char *path, hid_t dataset, hid_t creation,
                                nn_h5_info *out) {
    hsize_t dims[H5S_MAX_RANK] = {0}, chunk[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset);
    H5S_class_t class = space < 0 ? H5S_NO_CLASS : H5Sget_simple_extent_type(space);
    int rank = class == H5S_NO_CLASS ? -1 : H5Sget_simple_extent_dims(space, dims, NULL);
    if (space >= 0) H5Sclose(space);
    if (rank < 0 || class == H5S_NULL)
        return nn_h5_fail(NN_BAD_DATA, "%s: %s holds no data", file->path, path);
    if (rank > NN_SHAPE_MAX)
        return nn_fail(NN_BAD_DATA, "%s: %s has %d dimensions; nnmpi takes at most %d", file->path,
                       path, rank, NN_SHAPE_MAX);
    out->shape.rank = rank;
    int64_t most = INT64_MAX / 16; /* so that bytes can't overflow either */
    for (int i = 0; i < rank; i++) {
        if (dims[i] > (hsize_t)most)
            return nn_fail(NN_BAD_DATA, "%s: the shape of %s can't be right: it overflows",
                           file->path, path);
        out->shape.dim[i] = (int64_t)dims[i];
        if (dims[i] > 0) most /= (int64_t)dims[i];
    }
    out->filters = H5Pget_nfilters(creation);
    if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, rank, chunk) != rank)
        return NN_OK;
    out->chunk_rows = (int64_t)chunk[0];
    out->chunk.rank = rank;
    for (int i = 0; i < rank; i++) out->chunk.dim[i] = (int64_t)chunk[i];
    return NN_OK;
}

bool nn_h5_whole_rows(const nn_h5_info *info) {
    for (int i = 1; i < info->chunk.rank; i++)
        if (info->chunk.dim[i] != info->shape.dim[i]) return false;
    return true;
}

static nn_status describe(nn_h5 *file, const char *path, hid_t dataset, nn_h5_info *out) {
    *out = (nn_h5_info){0};
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) return nn_h5_fail(NN_BAD_DATA, "%s: cannot open %s", file->path, path);
    nn_status status = check_storage(file, path, creation);
    if (status == NN_OK) status = describe_type(file, path, dataset, out);
    if (status == NN_OK) status = describe_shape(file, path, dataset, creation, out);
    H5Pclose(creation);
    return status;
}

nn_status nn_h5_open_dataset(nn_h5 *file, const char *path, hid_t access, hid_t *out,
                             nn_h5_info *info) {
    hid_t object = H5I_INVALID_HID;
    nn_status status = nn_h5_open_object(file, path, &object);
    if (status != NN_OK) return status;
    H5I_type_t type = H5Iget_type(object);
    H5Oclose(object);
    if (type != H5I_DATASET)
        return nn_fail(NN_BAD_DATA, "%s: %s is a group, not a dataset", file->path, path);
    hid_t dataset = H5Dopen2(file->id, path, access);
    if (dataset < 0) return nn_h5_fail(NN_BAD_DATA, "%s: cannot open %s", file->path, path);
    status = describe(file, path, dataset, info);
    if (status != NN_OK)
        H5Dclose(dataset);
    else
        *out = dataset;
    return status;
}

nn_status nn_h5_describe(nn_h5 *file, const char *path, nn_h5_info *out) {
    hid_t dataset = H5I_INVALID_HID;
    nn_h5_enter();
    nn_status status = nn_h5_open_dataset(file, path, H5P_DEFAULT, &dataset, out);
    if (status == NN_OK) H5Dclose(dataset);
    nn_h5_leave();
    return status;
}

/* Reading */

/* Called by HDF5 for a value that the type in memory can't hold as it is. Rounding and infinities
 * of reals are left to HDF5; anything else ends the transfer. */
static H5T_conv_ret_t refuse_misfit(H5T_conv_except_t what, hid_t from, hid_t to, void *value,
                                    void *result, void *refused) {
    (void)result;
    if (what == H5T_CONV_EXCEPT_PRECISION) return H5T_CONV_UNHANDLED;
    if (H5Tget_class(to) == H5T_FLOAT) {
        if (what != H5T_CONV_EXCEPT_RANGE_HI && what != H5T_CONV_EXCEPT_RANGE_LOW)
            return H5T_CONV_UNHANDLED; /* NaN and infinities are what they are */
        double real = 0.0;
        if (H5Tequal(from, H5T_NATIVE_DOUBLE) > 0) memcpy(&real, value, sizeof real);
        if (isinf(real)) return H5T_CONV_UNHANDLED;
    }
    *(bool *)refused = true;
    return H5T_CONV_ABORT;
}

nn_status nn_h5_transfer(nn_h5 *file, const char *path, hid_t dataset, hid_t memory_space,
                         hid_t file_space, nn_h5_type type, bool exact, void *data) {
    bool refused = false;
    hid_t list = exact ? H5P_DEFAULT : H5Pcreate(H5P_DATASET_XFER);
    if (list < 0) return nn_h5_fail(NN_INTERNAL, "%s: cannot read %s", file->path, path);
    if (!exact) H5Pset_type_conv_cb(list, refuse_misfit, &refused);
    herr_t result = H5Dread(dataset, nn_h5_memory_type(type), memory_space, file_space, list, data);
    nn_status status = NN_OK;
    if (result < 0) status = nn_h5_fail(NN_IO, "%s: reading %s failed", file->path, path);
    if (result < 0 && refused)
        status = nn_fail(NN_BAD_DATA, "%s: a value of %s does not fit into %s", file->path, path,
                         type_names[type]);
    if (!exact) H5Pclose(list);
    return status;
}

static nn_status read_dataset(nn_h5 *file, const char *path, nn_h5_type type, int64_t count,
                              void *data) {
    nn_h5_info info;
    char shape[NN_SHAPE_TEXT];
    hid_t dataset = H5I_INVALID_HID;
    nn_status status = nn_h5_open_dataset(file, path, H5P_DEFAULT, &dataset, &info);
    if (status != NN_OK) return status;
    if (info.kind == NN_H5_OTHER)
        status = nn_fail(NN_BAD_DATA, "%s: %s does not hold numbers", file->path, path);
    else if (nn_shape_count(info.shape) != count)
        status = nn_fail(NN_BAD_DATA, "%s: %s has shape %s, %lld values; expected %lld", file->path,
                         path, nn_shape_format(info.shape, shape),
                         (long long)nn_shape_count(info.shape), (long long)count);
    else if (count > 0)
        status = nn_h5_transfer(file, path, dataset, H5S_ALL, H5S_ALL, type, false, data);
    H5Dclose(dataset);
    return status;
}

nn_status nn_h5_read(nn_h5 *file, const char *path, nn_h5_type type, int64_t count, void *data) {
    nn_h5_enter();
    nn_status status = read_dataset(file, path, type, count, data);
    nn_h5_leave();
    return status;
}

/* Writing */

static hid_t make_creation_list(nn_h5_type type, nn_shape shape, const nn_shape *chunk,
                                int deflate) {
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (list < 0) return list;
    H5Pset_obj_track_times(list, false);
    if (!chunk) return list;
    hsize_t extents[NN_SHAPE_MAX] = {0};
    for (int i = 0; i < shape.rank; i++) extents[i] = (hsize_t)chunk->dim[i];
    bool made = H5Pset_chunk(list, shape.rank, extents) >= 0;
    if (made && deflate > 0) {
        if (nn_h5_type_bytes(type) > 1) made = H5Pset_shuffle(list) >= 0;
        made = made && H5Pset_deflate(list, (unsigned)deflate) >= 0;
    }
    if (made) return list;
    H5Pclose(list);
    return H5I_INVALID_HID;
}

nn_status nn_h5_make_dataset(nn_h5 *file, const char *path, nn_h5_type type, nn_shape shape,
                             const nn_shape *chunk, int deflate, hid_t *out) {
    hsize_t dims[NN_SHAPE_MAX] = {0}, most[NN_SHAPE_MAX] = {0};
    nn_status status = nn_h5_make_parents(file, path);
    if (status != NN_OK) return status;
    for (int i = 0; i < shape.rank; i++) most[i] = dims[i] = (hsize_t)shape.dim[i];
    if (chunk) most[0] = H5S_UNLIMITED;
    hid_t space =
        shape.rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(shape.rank, dims, most);
    hid_t creation = make_creation_list(type, shape, chunk, deflate);
    *out = creation < 0 || space < 0 ? H5I_INVALID_HID
                                     : H5Dcreate2(file->id, path, file_type(type), space,
                                                  H5P_DEFAULT, creation, H5P_DEFAULT);
    if (*out < 0) status = nn_h5_fail(NN_IO, "%s: cannot make the dataset %s", file->path, path);
    if (space >= 0) H5Sclose(space);
    if (creation >= 0) H5Pclose(creation);
    return status;
}

static nn_status write_dataset(nn_h5 *file, const char *path, nn_h5_type type, nn_shape shape,
                               const void *data) {
    hid_t dataset = H5I_INVALID_HID;
    nn_status status = nn_h5_make_dataset(file, path, type, shape, NULL, 0, &dataset);
    if (status != NN_OK) return status;
    if (nn_shape_count(shape) > 0 &&
        H5Dwrite(dataset, nn_h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", file->path, path);
    if (H5Dclose(dataset) < 0 && status == NN_OK)
        status = nn_h5_fail(NN_IO, "%s: writing %s failed", file->path, path);
    return status;
}

nn_status nn_h5_write(nn_h5 *file, const char *path, nn_h5_type type, nn_shape shape,
                      const void *data) {
    nn_h5_enter();
    nn_status status = write_dataset(file, path, type, shape, data);
    nn_h5_leave();
    return status;
}
