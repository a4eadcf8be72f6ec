/* csv_like.c: the attributes that import_csv.c leaves in a dataset, read again. */
#include "data/csv_like.h"

#include "data/import_file.h"
#include "data/names.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

static nn_status read_texts(nn_h5 *file, const char *name, nn_csv_texts *out) {
    if (!nn_h5_has_attribute(file, "/", name)) return NN_OK;
    nn_status status = nn_h5_read_texts(file, "/", name, &out->texts, &out->count);
    return status == NN_OK ? nn_names_check(file, "/", name, out->texts, out->count) : status;
}

/* Raises *count to the number of classes in one group's y. */
static nn_status count_classes(nn_h5 *file, const char *path, const nn_h5_info *y, int64_t *count) {
    int32_t *classes = NULL;
    int64_t rows = y->shape.dim[0];
    nn_status status = nn_allocate("labels", rows, sizeof *classes, &classes);
    if (status == NN_OK) status = nn_h5_read(file, path, NN_H5_I32, rows, classes);
    for (int64_t i = 0; status == NN_OK && i < rows; i++)
        if (classes[i] >= *count) *count = (int64_t)classes[i] + 1;
    free(classes);
    return status;
}

static nn_status read_y(nn_h5 *file, nn_csv_like *out) {
    static const char *const paths[] = {"/train/y", "/validation/y", "/test/y"};
    nn_status status = NN_OK;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        nn_h5_info y;
        if (!nn_h5_is_dataset(file, paths[i])) continue;
        NN_TRY(nn_h5_describe(file, paths[i], &y));
        bool classes = y.kind == NN_H5_INTEGER && y.shape.rank == 1;
        out->y = !classes ? NN_CSV_VALUES : out->classes.count > 0 ? NN_CSV_NAMED : NN_CSV_NUMBERED;
        if (out->y == NN_CSV_NUMBERED)
            NN_TRY(count_classes(file, paths[i], &y, &out->class_count));
    }
    for (int64_t i = 0; out->y == NN_CSV_NAMED && i < out->classes.count; i++)
        if (nn_csv_categories_find(&out->class_numbers, out->classes.texts[i]) < 0)
            NN_TRY(nn_csv_categories_add(&out->class_numbers, out->classes.texts[i]));
done:
    return status;
}

/* Adds up each column of x, in the order of the rows, as an import with --fill mean does. */
static nn_status add_columns(nn_h5 *file, const char *path, const nn_h5_info *x, double *sums) {
    enum { PIECE = 1 << 18 }; /* values */
    const int64_t columns = x->shape.dim[1], some = columns < PIECE ? PIECE / columns : 1;
    nn_status status = NN_OK;
    nn_h5_rows *rows = NULL;
    float *piece = NULL;
    NN_TRY(nn_h5_rows_open(file, path, &rows));
    NN_TRY(nn_allocate("rows", some * columns, sizeof *piece, &piece));
    for (int64_t first = 0, count; first < x->shape.dim[0]; first += count) {
        count = x->shape.dim[0] - first < some ? x->shape.dim[0] - first : some;
        NN_TRY(nn_h5_rows_read(rows, first, count, NN_H5_F32, piece));
        for (int64_t i = 0; i < count * columns; i++) sums[i % columns] += (double)piece[i];
    }
done:
    free(piece);
    nn_status closed = nn_h5_rows_close(&rows);
    return status != NN_OK ? status : closed;
}

/* The means of /train as what fills gaps, where there were none to be filled. */
static nn_status find_means(nn_h5 *file, nn_csv_like *out) {
    static const char train[] = "/train/x";
    const int64_t count = out->features.count;
    nn_status status = NN_OK;
    double *sums = NULL;
    nn_h5_info x = {0};
    if (!nn_h5_is_dataset(file, train))
        return nn_fail(NN_BAD_DATA,
                       "%s has no %s, the rows that means are taken over; --fill VALUE fills gaps with a number",
                       out->path, train);
    NN_TRY(nn_h5_describe(file, train, &x));
    if (x.shape.rank != 2 || x.shape.dim[0] < 1 || x.shape.dim[1] != count)
        return nn_fail(NN_BAD_DATA, "%s: %s has other columns than feature_names says", out->path, train);
    NN_TRY(nn_allocate("sums", count, sizeof *sums, &sums));
    NN_TRY(add_columns(file, train, &x, sums));
    NN_TRY(nn_allocate("texts", count, sizeof *out->fills.texts, &out->fills.texts));
    for (; out->fills.count < count; out->fills.count++) {
        char number[NN_REAL_TEXT];
        nn_format_float((float)(sums[out->fills.count] / (double)x.shape.dim[0]), number);
        NN_TRY(nn_copy_text(number, &out->fills.texts[out->fills.count]));
    }
done:
    free(sums);
    return status;
}

/* What fills gaps: as it was there, which must be means where `means` are wanted. */
static nn_status read_fills(nn_h5 *file, bool means, nn_csv_like *out) {
    nn_status status = NN_OK;
    NN_TRY(read_texts(file, "fill_values", &out->fills));
    if (nn_h5_has_attribute(file, "/", "fill")) NN_TRY(nn_h5_read_text(file, "/", "fill", &out->fill));
    if (out->fills.count != 0 && out->fills.count != out->features.count)
        return nn_fail(NN_BAD_DATA, "%s has %lld fill_values for %lld features", out->path,
                       (long long)out->fills.count, (long long)out->features.count);
    if (!means) return NN_OK;
    if (out->fills.count == 0) return find_means(file, out);
    if (out->fill && strcmp(out->fill, "mean") != 0)
        return nn_fail(NN_USAGE,
                       "%s was imported with --fill %s, which fills gaps here too where --fill is not given; "
                       "--fill mean would give them another meaning",
                       out->path, out->fill);
done:
    return status;
}

nn_status nn_csv_like_read(const char *path, bool means, nn_csv_like *out) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    *out = (nn_csv_like){.path = path};
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_import_check_like(file));
    NN_TRY(read_texts(file, "feature_names", &out->features));
    NN_TRY(read_texts(file, "one_hot", &out->one_hot));
    NN_TRY(read_texts(file, "label_names", &out->labels));
    NN_TRY(read_texts(file, "class_names", &out->classes));
    NN_TRY(read_y(file, out));
    if (out->features.count == 0)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s does not say which columns it has (the attribute feature_names): it was not "
                       "made by nnmpi import csv",
                       path));
    NN_TRY(read_fills(file, means, out));
    if (out->y == NN_CSV_NAMED && out->class_numbers.count != out->classes.count)
        status = nn_fail(NN_BAD_DATA, "%s has two classes of one name", path);
done:
    nn_h5_discard(&file);
    return status;
}

static void release_texts(nn_csv_texts *list) {
    for (int64_t i = 0; list->texts && i < list->count; i++) free(list->texts[i]);
    free(list->texts);
}

void nn_csv_like_release(nn_csv_like *like) {
    release_texts(&like->features);
    release_texts(&like->one_hot);
    release_texts(&like->labels);
    release_texts(&like->classes);
    release_texts(&like->fills);
    free(like->fill);
    nn_csv_categories_release(&like->class_numbers);
    *like = (nn_csv_like){0};
}
