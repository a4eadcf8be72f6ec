/* import.h: making dataset files (docs/FILES.md) from CSV, IDX and NPY files (.gz read directly) and
 * from others.
 * All functions are Local and run on one process. */
#ifndef NN_DATA_IMPORT_H
#define NN_DATA_IMPORT_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

/** How the rows become groups, and what is noted in the file. */
typedef struct {
    const char *output;   /* the dataset file to publish */
    double test_fraction; /* 0: all rows to /train; otherwise that part of them to /test */
    int64_t seed;         /* of the split: which rows go where depends on it and their number */
    const char *title;    /* attributes of the file; NULL: left out */
    const char *source;
    const char *license;
    int deflate; /* compression 0..9 */
} nn_import_options;

typedef struct {
    const char *path;          /* plain or gzip */
    const char *const *labels; /* names of the label columns, or numbers from 1 without a header */
    int64_t label_count;
    const char *const *ignored; /* columns left out, likewise */
    int64_t ignored_count;
    char delimiter;   /* 0: the first of , ; tab that the first line holds */
    bool header;      /* the first line names the columns */
    const char *fill; /* what a missing value becomes (a number, or "mean"); NULL: an error */
    bool values;      /* y is float values even where all labels are whole numbers */
} nn_import_csv_options;

/** Imports a CSV file (RFC 4180 quoting). Feature columns must be numbers. One label column of text
 * gives int32 classes in /y, named in the attribute class_names, sorted; one of whole numbers
 * 0..K-1 with at most 1,000 classes gives int32 classes; anything else gives float values (N) or
 * (N, K). Errors: NN_NO_INPUT; NN_BAD_DATA naming file, line and column; NN_CANT_CREATE, NN_IO. */
nn_status nn_import_csv(const nn_import_csv_options *csv,
                        const nn_import_options *options) NN_CHECKED;

/** One file of samples and, optionally, one of labels, for each group. */
typedef struct {
    const char *train_x, *train_y; /* train_x is required */
    const char *test_x, *test_y;   /* NULL: none, or split off by test_fraction */
} nn_import_arrays;

/** Imports IDX files (http://yann.lecun.com/exdb/mnist: big-endian, types u8 i8 i16 i32 f32 f64).
 * Errors: as above; NN_BAD_DATA where the header and the length disagree, or x and y in rows. */
nn_status nn_import_idx(const nn_import_arrays *arrays,
                        const nn_import_options *options) NN_CHECKED;

/** Imports NPY files (format 1.0 to 3.0, C order, numbers of either byte order).
 * Errors: as above. */
nn_status nn_import_npy(const nn_import_arrays *arrays,
                        const nn_import_options *options) NN_CHECKED;

/** Copies a dataset file, its arrays in chunks of whole rows; of the options, the split has no
 * meaning here, and texts that are given take the place of the file's.
 * Errors: as above; NN_BAD_DATA for soft and external links and virtual datasets. */
nn_status nn_import_rechunk(const char *path, const nn_import_options *options) NN_CHECKED;

#endif
