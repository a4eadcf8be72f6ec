/* import_idx.c: the header of an IDX file (http://yann.lecun.com/exdb/mnist): two zero bytes, a
 * byte for the type, one for the number of dimensions, then each as a big-endian u32. */
#include "data/array_file.h"

#include <stdio.h>

typedef struct {
    int code;
    nn_h5_kind kind;
    bool is_signed;
    int bytes;
} idx_type;

static const idx_type types[] = {{0x08, NN_H5_INTEGER, false, 1}, {0x09, NN_H5_INTEGER, true, 1},
                                 {0x0B, NN_H5_INTEGER, true, 2},  {0x0C, NN_H5_INTEGER, true, 4},
                                 {0x0D, NN_H5_REAL, true, 4},     {0x0E, NN_H5_REAL, true, 8}};

nn_status nn_idx_header(nn_stream *stream, nn_array_file *out) {
    const char *path = nn_stream_path(stream);
    unsigned char start[4], dims[NN_SHAPE_MAX][4];
    const idx_type *type = NULL;
    nn_status status = nn_array_header_bytes(stream, 4, start);
    if (status != NN_OK) return status;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == start[2]) type = &types[i];
    if (start[0] != 0 || start[1] != 0 || !type)
        return nn_fail(
            NN_BAD_DATA,
            "%s is not an IDX file: it begins with the bytes %02x %02x %02x; expected 00 "
            "00 and a type, 08, 09 or 0b to 0e",
            path, start[0], start[1], start[2]);
    if (start[3] > NN_SHAPE_MAX)
        return nn_fail(NN_BAD_DATA, "%s has %d dimensions; nnmpi takes at most %d", path, start[3],
                       NN_SHAPE_MAX);
    status = nn_array_header_bytes(stream, INT64_C(4) * start[3], dims);
    if (status != NN_OK) return status;
    out->kind = type->kind;
    out->is_signed = type->is_signed;
    out->bytes = type->bytes;
    out->big_endian = true;
    out->shape.rank = start[3];
    for (int i = 0; i < out->shape.rank; i++)
        out->shape.dim[i] = (int64_t)dims[i][0] << 24 | (int64_t)dims[i][1] << 16 |
                            (int64_t)dims[i][2] << 8 | (int64_t)dims[i][3];
    return NN_OK;
}

static nn_status open_file(void *context, const char *name, nn_array_file *out) {
    (void)context;
    return nn_array_file_open(name, nn_idx_header, out);
}

nn_status nn_import_idx(const nn_import_arrays *arrays, const nn_import_options *options) {
    return nn_import_arrays_write(arrays, open_file, NULL, options);
}
