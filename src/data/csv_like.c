/* csv_like.c: the attributes that import_csv.c leaves in a dataset, read again. */
#include "data/csv_like.h"

#include "data/names.h"
#include "util/memory.h"

#include <stdlib.h>

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

nn_status nn_csv_like_read(const char *path, nn_csv_like *out) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    *out = (nn_csv_like){.path = path};
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(read_texts(file, "feature_names", &out->features));
    NN_TRY(read_texts(file, "one_hot", &out->one_hot));
    NN_TRY(read_texts(file, "label_names", &out->labels));
    NN_TRY(read_texts(file, "class_names", &out->classes));
    NN_TRY(read_texts(file, "fill_values", &out->fills));
    NN_TRY(read_y(file, out));
    if (out->features.count == 0)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s does not say which columns it has (the attribute feature_names): it was not "
                       "made by nnmpi import csv",
                       path));
    if (out->fills.count != 0 && out->fills.count != out->features.count)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s has %lld fill_values for %lld features", path,
                       (long long)out->fills.count, (long long)out->features.count));
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
    nn_csv_categories_release(&like->class_numbers);
    *like = (nn_csv_like){0};
}
