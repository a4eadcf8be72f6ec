/* import_summary.c: what an import made, in one line. */
#include "cli/import.h"

#include "io/h5.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const char *type_name(const nn_h5_info *info) {
    if (info->kind == NN_H5_REAL) return "float32";
    return info->bytes == 1 ? "uint8" : "int32";
}

/* What y is, such as "10 classes": named ones are counted by their names, others by the largest. */
static nn_status describe_labels(nn_h5 *file, const char *path, const nn_h5_info *y, char *text,
                                 size_t room) {
    nn_status status = NN_OK;
    char **names = NULL;
    int32_t *classes = NULL;
    int64_t count = 0, rows = y->shape.dim[0];
    if (y->kind == NN_H5_REAL) {
        bool one = y->shape.rank == 1;
        snprintf(text, room, "%lld value%s", one ? 1ll : (long long)nn_shape_last(y->shape),
                 one || nn_shape_last(y->shape) == 1 ? "" : "s");
        return NN_OK;
    }
    if (nn_h5_has_attribute(file, "/", "class_names")) {
        NN_TRY(nn_h5_read_texts(file, "/", "class_names", &names, &count));
    } else {
        NN_TRY(nn_allocate("labels", rows, sizeof *classes, &classes));
        NN_TRY(nn_h5_read(file, path, NN_H5_I32, rows, classes));
        for (int64_t i = 0; i < rows; i++)
            if (classes[i] >= count) count = (int64_t)classes[i] + 1;
    }
    snprintf(text, room, "%lld class%s", (long long)count, count == 1 ? "" : "es");
done:
    for (int64_t i = 0; names && i < count; i++) free(names[i]);
    free(names);
    free(classes);
    return status;
}

/* "90 rows in /train, 30 in /test": /train and /test always where there is a /train. */
static nn_status print_rows(nn_h5 *file, const char **first) {
    static const char *const groups[] = {"train", "validation", "test"};
    const char *between = "", *rows = " rows";
    bool train = nn_h5_has(file, "/train/x");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        char path[32];
        nn_h5_info x = {0};
        snprintf(path, sizeof path, "/%s/x", groups[i]);
        if (nn_h5_has(file, path)) {
            nn_status status = nn_h5_describe(file, path, &x);
            if (status != NN_OK) return status;
            if (!*first) *first = groups[i];
        } else if (!train || i == 1) {
            continue;
        }
        printf("%s%lld%s in /%s", between, (long long)x.shape.dim[0], rows, groups[i]);
        between = ", ";
        rows = "";
    }
    return NN_OK;
}

nn_status nn_import_print_summary(const char *path) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    nn_h5_info x, y;
    const char *group = NULL;
    char labels[64] = "none", shape[NN_SHAPE_TEXT], array[32];
    NN_TRY(nn_h5_open(path, &file));
    printf("%s: ", path);
    NN_TRY(print_rows(file, &group));
    snprintf(array, sizeof array, "/%s/x", group);
    NN_TRY(nn_h5_describe(file, array, &x));
    snprintf(array, sizeof array, "/%s/y", group);
    if (nn_h5_has(file, array)) {
        NN_TRY(nn_h5_describe(file, array, &y));
        NN_TRY(describe_labels(file, array, &y, labels, sizeof labels));
    }
    nn_shape row = {.rank = x.shape.rank - 1};
    for (int i = 0; i < row.rank; i++) row.dim[i] = x.shape.dim[i + 1];
    printf("; x: %s %s a row; y: %s\n", type_name(&x), nn_shape_format(row, shape), labels);
done:
    nn_h5_discard(&file);
    return status;
}
