/* imported.h: looking at the dataset file that an import made. */
#ifndef NN_TESTS_UNIT_IMPORTED_H
#define NN_TESTS_UNIT_IMPORTED_H

#include "scratch.h"

#include "data/import.h"
#include "io/h5.h"

/** Options that name the output alone. */
static inline nn_import_options to(const char *name) {
    return (nn_import_options){.output = scratch(name)};
}

static inline void assert_leaves_nothing(const char *name) {
    char partial[64];
    snprintf(partial, sizeof partial, "%s.partial", name);
    assert_false(file_exists(scratch(name)));
    assert_false(file_exists(scratch(partial)));
}

/* Opens out.h5 and removes it, so that the next import starts clean. */
static inline nn_h5 *take_output(void) {
    nn_h5 *file = NULL;
    assert_ok(nn_h5_open(scratch("out.h5"), &file));
    unlink(scratch("out.h5"));
    assert_false(file_exists(scratch("out.h5.partial")));
    return file;
}

static inline void assert_reals(nn_h5 *file, const char *path, nn_shape shape,
                                const float *expected) {
    nn_h5_info info;
    float data[64];
    int64_t count = nn_shape_count(shape);
    assert_ok(nn_h5_describe(file, path, &info));
    assert_int_equal(info.kind, NN_H5_REAL);
    assert_int_equal(info.bytes, 4);
    assert_true(nn_shape_equal(info.shape, shape));
    assert_ok(nn_h5_read(file, path, NN_H5_F32, count, data));
    assert_memory_equal(data, expected, (size_t)count * sizeof *data);
}

static inline void assert_integers(nn_h5 *file, const char *path, size_t bytes, nn_shape shape,
                                   const int32_t *expected) {
    nn_h5_info info;
    int32_t data[64];
    int64_t count = nn_shape_count(shape);
    assert_ok(nn_h5_describe(file, path, &info));
    assert_int_equal(info.kind, NN_H5_INTEGER);
    assert_int_equal(info.bytes, bytes);
    assert_true(nn_shape_equal(info.shape, shape));
    assert_ok(nn_h5_read(file, path, NN_H5_I32, count, data));
    assert_memory_equal(data, expected, (size_t)count * sizeof *data);
}

/* The texts of a dataset, joined; valid until the next call. */
static inline const char *joined_rows(nn_h5 *file, const char *path) {
    static char joined[512];
    char *rows[64];
    nn_h5_texts *texts = NULL;
    joined[0] = '\0';
    assert_ok(nn_h5_texts_open(file, path, &texts));
    const int64_t count = nn_h5_texts_rows(texts);
    assert_true(count <= 64);
    assert_ok(nn_h5_texts_read(texts, 0, count, rows));
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) strcat(joined, "|");
        strcat(joined, rows[i]);
        free(rows[i]);
    }
    assert_ok(nn_h5_texts_close(&texts));
    return joined;
}

static inline void assert_texts(nn_h5 *file, const char *name, const char *expected) {
    char **texts = NULL, joined[256] = "";
    int64_t count = 0;
    assert_ok(nn_h5_read_texts(file, "/", name, &texts, &count));
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) strcat(joined, "|");
        strcat(joined, texts[i]);
    }
    assert_string_equal(joined, expected);
    free_names(texts, count);
}

#endif
