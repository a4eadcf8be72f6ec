/* import_file.h: the dataset file that an import makes: its groups, which rows go to which, its
 * attributes, publishing. Used by the import_*.c files alone; all functions are Local. */
#ifndef NN_DATA_IMPORT_FILE_H
#define NN_DATA_IMPORT_FILE_H

#include "data/import.h"
#include "io/h5.h"
#include "util/random.h"

/** The file on its way; start with {0}. */
typedef struct {
    const nn_import_options *options; /* borrowed */
    char *temporary;                  /* the name it has until it is published */
    nn_h5 *file;
} nn_import_file;

/** Makes the file under a temporary name, with title, source and license.
 * Errors: NN_USAGE where an option is out of range; NN_CANT_CREATE, also where something other than a
 * dataset stands under its name. */
nn_status nn_import_file_begin(const nn_import_options *options, nn_import_file *out) NN_CHECKED;

/** Leaves a line for whoever called the import, beside its result: something that he may want to know. Control
 * characters are spelled out. */
void nn_import_note(const nn_import_options *options, const char *format, ...) NN_PRINTF(2, 3);

/** Leaves a note where nearly each row has a class of its own; `labels` says where they come from, `otherwise` what
 * is to be done where they are values. Returns whether it did. */
bool nn_import_note_many(const nn_import_options *options, const char *labels, int64_t classes, int64_t rows,
                         const char *otherwise);

/** Refuses a model where --like wants a dataset. Errors: NN_BAD_DATA. */
nn_status nn_import_check_like(nn_h5 *file) NN_CHECKED;

/** Closes the file and gives it its name. Errors: NN_IO. */
nn_status nn_import_file_finish(nn_import_file *file) NN_CHECKED;

/** Releases it, and removes the temporary file where there still is one. */
void nn_import_file_release(nn_import_file *file);

/** The group that rows go to where nothing else is said: that of the options, or `other`. */
const char *nn_import_group(const nn_import_options *options, const char *other);

/** Which rows go to /test: those whose position under a permutation keyed on the seed is below
 * round(rows * test_fraction). The rest stays in /train. Both keep the order they came in. */
typedef struct {
    int64_t test_count;
    nn_permutation permutation;
} nn_import_split;

/** The split of `rows` rows. Errors: NN_BAD_DATA where one side would be empty. */
nn_status nn_import_split_make(const nn_import_options *options, int64_t rows,
                               nn_import_split *out) NN_CHECKED;

/** Whether a row goes to /test. */
bool nn_import_split_is_test(const nn_import_split *split, int64_t row);

/** An array (x or y) that is being written by rows; start with {0}. */
typedef struct {
    nn_h5_rows *train, *test; /* test: NULL where nothing goes there */
    nn_import_split split;
    int64_t next;     /* row */
    size_t row_bytes; /* in memory */
} nn_import_array;

/** Begins GROUP/NAME with rows of `type` and shape `row`; those that `split` picks go to
 * /test/NAME. Errors: NN_IO. */
nn_status nn_import_array_begin(nn_import_file *file, const nn_import_split *split,
                                const char *group, const char *name, nn_h5_type type, nn_shape row,
                                nn_import_array *out) NN_CHECKED;

/** Writes the next `count` rows. Errors: NN_IO. */
nn_status nn_import_array_append(nn_import_array *array, int64_t count,
                                 const void *data) NN_CHECKED;

/** Ends it, after success or failure. Errors: NN_IO. */
nn_status nn_import_array_end(nn_import_array *array) NN_CHECKED;

#endif
