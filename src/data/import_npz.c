/* import_npz.c: arrays of an NPZ file (numpy.savez, numpy.savez_compressed): a zip archive of NPY files,
 * each called after its array. */
#include "data/array_file.h"
#include "data/import_file.h"

#include "io/zip.h"
#include "util/text.h"

#include <string.h>

/* The names that arrays have by custom, Keras's first. */
enum { NAMES_MAX = 7, LISTED_MAX = 30 };
typedef const char *const custom_names[NAMES_MAX];
static custom_names train_x = {"x_train", "X_train", "train_x", "train_images", "x", "X"};
static custom_names train_y = {"y_train", "Y_train", "train_y", "train_labels", "y", "Y"};
static custom_names test_x = {"x_test", "X_test", "test_x", "test_images"};
static custom_names test_y = {"y_test", "Y_test", "test_y", "test_labels"};
static custom_names validation_x = {"x_val", "X_val", "x_valid", "X_valid", "val_x", "val_images"};
static custom_names validation_y = {"y_val", "Y_val", "y_valid", "Y_valid", "val_y", "val_labels"};

/* An open archive. */
typedef struct {
    const char *path;
    nn_zip *zip;
} npz;

/* The member of an array; -1: there is none. */
static int64_t find(const npz *file, const char *name) {
    for (int64_t i = 0; i < nn_zip_count(file->zip); i++) {
        const char *member = nn_zip_name(file->zip, i);
        size_t length = strlen(name);
        if (strncmp(member, name, length) != 0) continue;
        if (member[length] == '\0' || strcmp(member + length, ".npy") == 0) return i;
    }
    return -1;
}

/* What stands in the file: names, shapes, or why an array cannot be read. */
static void list_arrays(const npz *file, nn_text *text) {
    int64_t count = nn_zip_count(file->zip);
    char shape[NN_SHAPE_TEXT];
    for (int64_t i = 0; i < count && i < LISTED_MAX; i++) {
        nn_array_file array = {0};
        nn_stream *stream = NULL;
        const char *name = nn_zip_name(file->zip, i);
        int length = (int)strlen(name) - (nn_ends_with(name, ".npy") ? 4 : 0);
        nn_text_add(text, "%s%.*s", i ? ", " : "", length, name);
        nn_status status = nn_zip_stream(file->zip, i, &stream);
        if (status == NN_OK) status = nn_array_file_take(&stream, nn_npy_header, &array);
        if (status == NN_OK)
            nn_text_add(text, " %s", nn_shape_format(array.shape, shape));
        else
            nn_text_add(text, " (not an array of numbers)");
        nn_array_file_close(&array);
    }
    if (count > LISTED_MAX) nn_text_add(text, ", ... (%lld)", (long long)count);
    if (count == 0) nn_text_add(text, "none");
}

static nn_status fail_missing(const npz *file, const char *name) {
    nn_text message = {0};
    if (name)
        nn_text_add(&message, "%s has no array '%s'", file->path, name);
    else
        nn_text_add(&message,
                    "%s: which of its arrays are samples? None is called x_train or x; --train-x "
                    "NAME and --train-y NAME say it",
                    file->path);
    nn_text_add(&message, "; its arrays are: ");
    list_arrays(file, &message);
    return nn_text_fail(&message, NN_USAGE);
}

static nn_status open_member(void *context, const char *name, nn_array_file *out) {
    const npz *file = context;
    nn_stream *stream = NULL;
    *out = (nn_array_file){0};
    int64_t index = find(file, name);
    if (index < 0) return fail_missing(file, name);
    nn_status status = nn_zip_stream(file->zip, index, &stream);
    return status == NN_OK ? nn_array_file_take(&stream, nn_npy_header, out) : status;
}

/* The first of the names that an array has; NULL: none. */
static const char *first_present(const npz *file, custom_names names) {
    for (int i = 0; i < NAMES_MAX && names[i]; i++)
        if (find(file, names[i]) >= 0) return names[i];
    return NULL;
}

/* Finds the arrays by their names where the caller names none. */
static nn_status choose(const npz *file, nn_import_arrays *arrays) {
    if (arrays->train_x) return NN_OK;
    *arrays = (nn_import_arrays){first_present(file, train_x),      first_present(file, train_y),
                                 first_present(file, test_x),       first_present(file, test_y),
                                 first_present(file, validation_x), first_present(file, validation_y)};
    return arrays->train_x ? NN_OK : fail_missing(file, NULL);
}

/* Says which arrays are left out, where they were chosen by custom. */
static void note_others(const npz *file, const nn_import_arrays *arrays,
                        const nn_import_options *options) {
    const char *taken[] = {arrays->train_x, arrays->train_y,      arrays->test_x,
                           arrays->test_y,  arrays->validation_x, arrays->validation_y};
    int64_t count = nn_zip_count(file->zip), listed = 0;
    nn_text text = {0};
    for (int64_t i = 0; i < count && listed < LISTED_MAX; i++) {
        const char *name = nn_zip_name(file->zip, i);
        bool is_taken = false;
        for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
            is_taken = is_taken || (taken[k] && find(file, taken[k]) == i);
        int length = (int)strlen(name) - (nn_ends_with(name, ".npy") ? 4 : 0);
        if (!is_taken) nn_text_add(&text, "%s%.*s", listed++ ? ", " : "", length, name);
    }
    if (text.bytes) nn_import_note(options, "%s: left out: %s", file->path, text.bytes);
    nn_text_free(&text);
}

static bool names_any(const nn_import_arrays *arrays) {
    return arrays->train_y || arrays->test_x || arrays->test_y || arrays->validation_x ||
           arrays->validation_y;
}

nn_status nn_import_npz(const char *path, const nn_import_arrays *arrays,
                        const nn_import_options *options) {
    nn_status status = NN_OK;
    npz file = {.path = path};
    nn_import_arrays chosen = *arrays;
    NN_TRY(nn_zip_open(path, &file.zip));
    if (!arrays->train_x && names_any(arrays))
        NN_TRY(fail_missing(&file, NULL));
    NN_TRY(choose(&file, &chosen));
    if (!arrays->train_x) note_others(&file, &chosen, options);
    NN_TRY(nn_import_arrays_write(&chosen, open_member, &file, options));
done:
    nn_zip_close(&file.zip);
    return status;
}
