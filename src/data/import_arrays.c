/* import_arrays.c: a dataset file from files that hold an array each. They are streamed: no array
 * is held in memory as a whole. */
#include "data/array_file.h"
#include "data/import_file.h"

#include "util/memory.h"

#include <stdlib.h>

/* Bytes stay bytes; other numbers become int32 or float32. */
static nn_h5_type choose_x_type(const nn_array_file *x) {
    if (x->kind == NN_H5_REAL) return NN_H5_F32;
    return x->bytes == 1 && !x->is_signed ? NN_H5_U8 : NN_H5_I32;
}

/* Whole numbers (N) or (N, 1) are classes; anything else is values. */
static nn_h5_type choose_y_type(nn_array_file *y) {
    if (y->shape.rank == 2 && y->shape.dim[1] == 1) y->shape.rank = 1;
    return y->kind == NN_H5_INTEGER && y->shape.rank == 1 ? NN_H5_I32 : NN_H5_F32;
}

static nn_shape row_of(nn_shape shape) {
    nn_shape row = {.rank = shape.rank - 1};
    for (int i = 0; i < row.rank; i++) row.dim[i] = shape.dim[i + 1];
    return row;
}

static nn_status check_classes(const nn_array_file *y, int64_t first, int64_t count,
                               const int32_t *classes) {
    for (int64_t i = 0; i < count; i++)
        if (classes[i] < 0)
            return nn_fail(NN_BAD_DATA,
                           "%s: row %lld (from 0) holds the class %d; classes count from 0 (values "
                           "to predict are stored as reals)",
                           nn_stream_path(y->stream), (long long)(first + i), (int)classes[i]);
    return NN_OK;
}

/* Streams one array into GROUP/NAME. */
static nn_status copy_array(nn_array_file *from, nn_h5_type type, bool labels,
                            const nn_import_split *split, const char *group, nn_import_file *file) {
    enum { PIECE_BYTES = 1 << 20 };
    nn_import_array array = {0};
    nn_status status = NN_OK, ended;
    char *piece = NULL;
    nn_shape row = row_of(from->shape);
    int64_t row_bytes = nn_shape_count(row) * (type == NN_H5_U8 ? 1 : 4);
    int64_t rows = from->shape.dim[0], some = PIECE_BYTES / row_bytes + 1;
    const char *name = labels ? "y" : "x";
    NN_TRY(nn_import_array_begin(file, split, group, name, type, row, &array));
    NN_TRY(nn_allocate("rows of an array", some, (size_t)row_bytes, &piece));
    for (int64_t first = 0; first < rows; first += some) {
        if (some > rows - first) some = rows - first;
        NN_TRY(nn_array_file_read(from, some, type, piece));
        if (labels && type == NN_H5_I32)
            NN_TRY(check_classes(from, first, some, (const int32_t *)(const void *)piece));
        NN_TRY(nn_import_array_append(&array, some, piece));
    }
    NN_TRY(nn_array_file_end(from));
done:
    ended = nn_import_array_end(&array);
    free(piece);
    return status != NN_OK ? status : ended;
}

/* The opened files of a group. */
typedef struct {
    const char *name; /* train or test */
    nn_array_file x, y;
    nn_h5_type x_type, y_type;
    bool has_y;
} group_files;

static nn_status open_group(const char *x, const char *y, nn_array_header *header,
                            group_files *out) {
    nn_status status = NN_OK;
    char text[NN_SHAPE_TEXT];
    NN_TRY(nn_array_file_open(x, header, &out->x));
    out->x_type = choose_x_type(&out->x);
    if (!y) return NN_OK;
    NN_TRY(nn_array_file_open(y, header, &out->y));
    out->y_type = choose_y_type(&out->y);
    out->has_y = true;
    if (out->y.shape.rank > 2)
        return nn_fail(NN_BAD_DATA, "%s has shape %s; expected labels of shape (N) or (N, K)", y,
                       nn_shape_format(out->y.shape, text));
    if (out->x.shape.dim[0] != out->y.shape.dim[0])
        return nn_fail(NN_BAD_DATA, "%s has %lld rows, but %s has %lld labels", x,
                       (long long)out->x.shape.dim[0], y, (long long)out->y.shape.dim[0]);
done:
    return status;
}

static nn_status write_group(group_files *group, const nn_import_split *split,
                             nn_import_file *file) {
    nn_status status = copy_array(&group->x, group->x_type, false, split, group->name, file);
    if (status != NN_OK || !group->has_y) return status;
    return copy_array(&group->y, group->y_type, true, split, group->name, file);
}

/* The rows of /test must be like those of /train. */
static nn_status check_alike(const group_files *train, const group_files *test) {
    const char *a = nn_stream_path(train->x.stream), *b = nn_stream_path(test->x.stream);
    bool x_alike = nn_shape_equal(row_of(train->x.shape), row_of(test->x.shape)) &&
                   train->x_type == test->x_type;
    if (!x_alike)
        return nn_fail(NN_BAD_DATA, "the rows of %s and %s differ in shape or type", a, b);
    bool y_alike =
        !train->has_y || (nn_shape_equal(row_of(train->y.shape), row_of(test->y.shape)) &&
                          train->y_type == test->y_type);
    if (!y_alike)
        return nn_fail(NN_BAD_DATA, "the labels in %s and %s differ in shape or type",
                       nn_stream_path(train->y.stream), nn_stream_path(test->y.stream));
    return NN_OK;
}

static nn_status check_arrays(const nn_import_arrays *arrays, const nn_import_options *options) {
    if (!arrays->train_x) return nn_fail(NN_USAGE, "no samples to import: train-x is missing");
    if (!arrays->test_x && arrays->test_y)
        return nn_fail(NN_USAGE, "test-y is given without test-x");
    if (arrays->test_x && !arrays->train_y != !arrays->test_y)
        return nn_fail(NN_USAGE, "labels are given for one of train and test; expected both or "
                                 "neither");
    if (arrays->test_x && options->test_fraction != 0.0)
        return nn_fail(NN_USAGE, "both test-x and a test fraction are given; expected one of them");
    return NN_OK;
}

nn_status nn_import_arrays_write(const nn_import_arrays *arrays, nn_array_header *header,
                                 const nn_import_options *options) {
    nn_status status = NN_OK;
    group_files train = {.name = "train"}, test = {.name = "test"};
    nn_import_split split, none = {0};
    nn_import_file file = {0};
    NN_TRY(check_arrays(arrays, options));
    NN_TRY(open_group(arrays->train_x, arrays->train_y, header, &train));
    NN_TRY(nn_import_file_begin(options, &file));
    NN_TRY(nn_import_split_make(options, train.x.shape.dim[0], &split));
    if (arrays->test_x) {
        NN_TRY(open_group(arrays->test_x, arrays->test_y, header, &test));
        NN_TRY(check_alike(&train, &test));
    }
    NN_TRY(write_group(&train, &split, &file));
    if (arrays->test_x) NN_TRY(write_group(&test, &none, &file));
    NN_TRY(nn_import_file_finish(&file));
done:
    nn_import_file_release(&file);
    nn_array_file_close(&train.x);
    nn_array_file_close(&train.y);
    nn_array_file_close(&test.x);
    nn_array_file_close(&test.y);
    return status;
}
