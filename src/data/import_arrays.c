/* import_arrays.c: a dataset file from files that hold an array each. They are streamed: no array
 * is held in memory as a whole. */
#include "data/array_file.h"
#include "data/import_file.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

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

/* Which classes have been seen. */
enum { CLASSES_MAX = 1 << 20 };
typedef struct {
    bool *seen;    /* (CLASSES_MAX), or NULL: nobody wants to know */
    int64_t count; /* different ones below CLASSES_MAX */
    int32_t least, most;
} class_survey;

static void add_classes(class_survey *survey, int64_t count, const int32_t *classes) {
    for (int64_t i = 0; i < count && survey->seen; i++) {
        const int32_t class = classes[i];
        if (class < survey->least) survey->least = class;
        if (class > survey->most) survey->most = class;
        if (class >= CLASSES_MAX || survey->seen[class]) continue;
        survey->seen[class] = true;
        survey->count++;
    }
}

/* Says what may be meant otherwise. */
static void note_classes(const class_survey *survey, const nn_array_file *y, const nn_import_options *options) {
    const char *path = nn_stream_path(y->stream);
    if (survey->least == survey->most)
        nn_import_note(options, "%s holds %d in all rows: one class, so there is nothing to tell apart", path,
                       (int)survey->most);
    else if (nn_import_note_many(options, path, survey->count, y->shape.dim[0], "Values to predict are stored as reals"))
        return;
    else if (survey->count <= survey->most)
        nn_import_note(options,
                       "%s holds whole numbers from %d to %d, but not all from 0 on: classes count from 0, so these are "
                       "%lld, some without a row; better number them without a gap (values to predict are stored as reals)",
                       path, (int)survey->least, (int)survey->most, (long long)survey->most + 1);
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
    const bool classes = labels && type == NN_H5_I32;
    class_survey survey = {.least = INT32_MAX};
    if (classes && strcmp(group, "train") == 0)
        NN_TRY(nn_allocate("classes", CLASSES_MAX, sizeof *survey.seen, &survey.seen));
    NN_TRY(nn_import_array_begin(file, split, group, name, type, row, &array));
    NN_TRY(nn_allocate("rows of an array", some, (size_t)row_bytes, &piece));
    for (int64_t first = 0; first < rows; first += some) {
        if (some > rows - first) some = rows - first;
        NN_TRY(nn_array_file_read(from, some, type, piece));
        if (classes) {
            NN_TRY(check_classes(from, first, some, (const int32_t *)(const void *)piece));
            add_classes(&survey, some, (const int32_t *)(const void *)piece);
        }
        NN_TRY(nn_import_array_append(&array, some, piece));
    }
    NN_TRY(nn_array_file_end(from));
    if (survey.seen) note_classes(&survey, from, file->options);
done:
    ended = nn_import_array_end(&array);
    free(piece);
    free(survey.seen);
    return status != NN_OK ? status : ended;
}

/* The opened files of a group. */
typedef struct {
    const char *name;              /* such as train */
    const char *x_name, *y_name; /* NULL: there is none */
    nn_array_file x, y;
    nn_h5_type x_type, y_type;
} group_files;

static nn_status open_group(nn_array_opener *opener, void *context, group_files *group) {
    nn_status status = NN_OK;
    char text[NN_SHAPE_TEXT];
    NN_TRY(opener(context, group->x_name, &group->x));
    group->x_type = choose_x_type(&group->x);
    if (!group->y_name) return NN_OK;
    NN_TRY(opener(context, group->y_name, &group->y));
    group->y_type = choose_y_type(&group->y);
    const char *x = nn_stream_path(group->x.stream), *y = nn_stream_path(group->y.stream);
    if (group->y.shape.rank > 2)
        return nn_fail(NN_BAD_DATA, "%s has shape %s; expected labels of shape (N) or (N, K)", y,
                       nn_shape_format(group->y.shape, text));
    if (group->x.shape.dim[0] != group->y.shape.dim[0])
        return nn_fail(NN_BAD_DATA, "%s has %lld rows, but %s has %lld labels", x,
                       (long long)group->x.shape.dim[0], y, (long long)group->y.shape.dim[0]);
done:
    return status;
}

static nn_status write_group(group_files *group, const nn_import_split *split,
                             nn_import_file *file) {
    nn_status status = copy_array(&group->x, group->x_type, false, split, group->name, file);
    if (status != NN_OK || !group->y_name) return status;
    return copy_array(&group->y, group->y_type, true, split, group->name, file);
}

/* The message for two arrays whose rows differ in shape or in what they become. */
static nn_status fail_unlike(const char *what, const nn_array_file *a, nn_h5_type a_type, const nn_array_file *b,
                             nn_h5_type b_type) {
    static const char *const names[] = {[NN_H5_U8] = "uint8", [NN_H5_I32] = "int32", [NN_H5_F32] = "float32"};
    char a_shape[NN_SHAPE_TEXT], b_shape[NN_SHAPE_TEXT];
    return nn_fail(NN_BAD_DATA, "the %s in %s and %s differ in shape or type: %s as %s, and %s as %s", what,
                   nn_stream_path(a->stream), nn_stream_path(b->stream), nn_shape_format(a->shape, a_shape),
                   names[a_type], nn_shape_format(b->shape, b_shape), names[b_type]);
}

/* The rows of /test and /validation must be like those of /train. */
static nn_status check_alike(const group_files *train, const group_files *other) {
    bool x_alike = nn_shape_equal(row_of(train->x.shape), row_of(other->x.shape)) &&
                   train->x_type == other->x_type;
    if (!x_alike) return fail_unlike("rows", &train->x, train->x_type, &other->x, other->x_type);
    bool y_alike =
        !train->y_name || (nn_shape_equal(row_of(train->y.shape), row_of(other->y.shape)) &&
                           train->y_type == other->y_type);
    return y_alike ? NN_OK : fail_unlike("labels", &train->y, train->y_type, &other->y, other->y_type);
}

static nn_status check_other(const group_files *train, const group_files *other) {
    if (!other->x_name && other->y_name)
        return nn_fail(NN_USAGE, "%s-y is given without %s-x", other->name, other->name);
    if (other->x_name && !train->y_name != !other->y_name)
        return nn_fail(NN_USAGE,
                       "labels are given for one of train and %s; expected both or neither",
                       other->name);
    return NN_OK;
}

nn_status nn_import_arrays_write(const nn_import_arrays *arrays, nn_array_opener *opener,
                                 void *context, const nn_import_options *options) {
    nn_status status = NN_OK;
    group_files train = {nn_import_group(options, "train"), .x_name = arrays->train_x, .y_name = arrays->train_y};
    group_files others[] = {
        {"validation", .x_name = arrays->validation_x, .y_name = arrays->validation_y},
        {"test", .x_name = arrays->test_x, .y_name = arrays->test_y}};
    nn_import_split split, none = {0};
    nn_import_file file = {0};
    if (!train.x_name) return nn_fail(NN_USAGE, "no samples to import: train-x is missing");
    if (options->group && (arrays->test_x || arrays->validation_x))
        return nn_fail(NN_USAGE, "the rows go to /%s alone, but test-x or validation-x is given too",
                       options->group);
    for (int i = 0; i < 2; i++) NN_TRY(check_other(&train, &others[i]));
    if (arrays->test_x && options->test_fraction != 0.0)
        return nn_fail(NN_USAGE, "both test-x and a test fraction are given; expected one of them");
    NN_TRY(open_group(opener, context, &train));
    NN_TRY(nn_import_file_begin(options, &file));
    NN_TRY(nn_import_split_make(options, train.x.shape.dim[0], &split));
    for (int i = 0; i < 2; i++) {
        if (!others[i].x_name) continue;
        NN_TRY(open_group(opener, context, &others[i]));
        NN_TRY(check_alike(&train, &others[i]));
    }
    NN_TRY(write_group(&train, &split, &file));
    for (int i = 0; i < 2; i++)
        if (others[i].x_name) NN_TRY(write_group(&others[i], &none, &file));
    NN_TRY(nn_import_file_finish(&file));
done:
    nn_import_file_release(&file);
    nn_array_file_close(&train.x);
    nn_array_file_close(&train.y);
    for (int i = 0; i < 2; i++) {
        nn_array_file_close(&others[i].x);
        nn_array_file_close(&others[i].y);
    }
    return status;
}
