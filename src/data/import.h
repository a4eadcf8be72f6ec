/* import.h: making dataset files (docs/FILES.md) from CSV, IDX, NPY and NPZ files (.gz read
 * directly) and from others.
 * All functions are Local and run on one process. */
#ifndef NN_DATA_IMPORT_H
#define NN_DATA_IMPORT_H

#include "util/status.h"
#include "util/text.h"

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
    int deflate;       /* compression 0..9 */
    const char *group; /* train, validation or test: where the rows go; NULL: the format decides */
    nn_text *notes;    /* lines for the user, each ended; NULL: not wanted */
} nn_import_options;

typedef struct {
    const char *path;          /* plain or gzip */
    const char *const *labels; /* names of the label columns, or numbers from 1 without a header */
    int64_t label_count;
    const char *const *ignored; /* columns left out, likewise */
    int64_t ignored_count;
    const char *const *columns; /* the features, in this order; none: all that are left */
    int64_t column_count;
    const char *const *one_hot; /* features that are texts: 0 and 1 for each text that occurs */
    int64_t one_hot_count;
    const char *like; /* a dataset made from CSV: columns, labels, classes, texts and means as there */
    bool no_labels;   /* there are no labels, or, with `like`, they are not wanted */
    char delimiter;   /* 0: the first of , ; tab that the first line holds */
    bool header;      /* the first line names the columns */
    const char *fill; /* what a missing value becomes: a number, or "mean", that of /train, here or in `like`;
                         NULL: what `like` says, or an error */
    bool values;      /* y is float values even where all labels are whole numbers */
    bool classes;     /* y is classes whatever the labels are: each different text is one */
    bool drop_missing; /* rows without a label, or with a gap that nothing fills, are left out */
} nn_import_csv_options;

/** Imports a CSV file (RFC 4180 quoting). Feature columns must be numbers, or one-hot. One label column of
 * text (or any, with `classes`) gives int32 classes in /y, named in the attribute class_names, sorted; one of
 * whole numbers 0..K-1 with at most 1,000 classes gives int32 classes; anything else gives float values (N)
 * or (N, K). Rows go to /train; with `like` or `no_labels` to /test, unless a group or a test fraction is
 * given. Errors: NN_NO_INPUT; NN_BAD_DATA naming file, line and column; NN_USAGE where options contradict
 * each other; NN_CANT_CREATE, NN_IO. */
nn_status nn_import_csv(const nn_import_csv_options *csv,
                        const nn_import_options *options) NN_CHECKED;

/** One file of samples and, optionally, one of labels, for each group. */
typedef struct {
    const char *train_x, *train_y; /* train_x is required */
    const char *test_x, *test_y;   /* NULL: none, or split off by test_fraction */
    const char *validation_x, *validation_y; /* NULL: none */
} nn_import_arrays;

/** Imports IDX files (http://yann.lecun.com/exdb/mnist: big-endian, types u8 i8 i16 i32 f32 f64).
 * Errors: as above; NN_BAD_DATA where the header and the length disagree, or x and y in rows. */
nn_status nn_import_idx(const nn_import_arrays *arrays,
                        const nn_import_options *options) NN_CHECKED;

/** Imports NPY files (format 1.0 to 3.0, C order, numbers of either byte order).
 * Errors: as above. */
nn_status nn_import_npy(const nn_import_arrays *arrays,
                        const nn_import_options *options) NN_CHECKED;

/** Imports arrays of an NPZ file, compressed or not. `arrays` names those in it; where it names none,
 * they are x_train, y_train, x_val, y_val, x_test, y_test, or x and y.
 * Errors: as above; NN_USAGE where one is named that is not there, or none and there is none of these
 * names, with a list of what there is; NN_BAD_CONFIG where nnmpi was built without libzip. */
nn_status nn_import_npz(const char *path, const nn_import_arrays *arrays,
                        const nn_import_options *options) NN_CHECKED;

typedef struct {
    const char *folder;    /* of class folders, or of train, validation, test with class folders in each */
    int64_t height, width; /* to bring images to; 0: all have one size */
    int channels;          /* 1: gray, 3: colours, 0: all are of one kind */
    bool no_labels;        /* the images stand in the folder itself */
    const char *like;      /* a dataset that says which classes, size and channels there are; or NULL */
} nn_import_images_options;

/** Imports PNG and JPEG images: x uint8 (N, height, width, channels), y int32 (N), the number of the class
 * folder among all, sorted; the attribute class_names. The images of /train are put in an order that
 * depends on the seed, so that classes are mixed; others stay sorted by class and name.
 * Errors: as above; NN_BAD_DATA naming the file, or the two that differ. */
nn_status nn_import_images(const nn_import_images_options *images,
                           const nn_import_options *options) NN_CHECKED;

/** Copies a dataset file, its arrays in chunks of whole rows; of the options, the split has no
 * meaning here, and texts that are given take the place of the file's.
 * Errors: as above; NN_BAD_DATA for soft and external links and virtual datasets. */
nn_status nn_import_rechunk(const char *path, const nn_import_options *options) NN_CHECKED;

#endif
