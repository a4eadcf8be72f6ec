/* names.h: what classes, features and targets are called: the lists of texts `class_names`,
 * `feature_names` and `target_names`. They are attributes of the root of a dataset file and travel
 * with a model (the group /nnmpi) and with predictions. A list that is not there is empty. All
 * functions are Local. */
#ifndef NN_DATA_NAMES_H
#define NN_DATA_NAMES_H

#include "io/h5.h"

enum { NN_NAMES_CLASSES, NN_NAMES_FEATURES, NN_NAMES_TARGETS, NN_NAMES_LISTS };

/** The attributes, in that order. */
extern const char *const NN_NAMES_ATTRIBUTES[NN_NAMES_LISTS];

typedef struct {
    char **texts;
    int64_t count;
} nn_names_list;

/** Start with {0}. */
typedef struct {
    nn_names_list list[NN_NAMES_LISTS];
} nn_names;

/** Whether texts that were read from the attribute `name` of the object at `path` are UTF-8, as models and
 * ONNX files want names. Errors: NN_BAD_DATA. */
nn_status nn_names_check(const nn_h5 *file, const char *path, const char *name, char *const *texts,
                         int64_t count) NN_CHECKED;

/** Reads the lists that the object at `path` of a file has.
 * Errors: NN_BAD_DATA where one is no list of texts, or they are not UTF-8. */
nn_status nn_names_read(nn_h5 *file, const char *path, nn_names *out) NN_CHECKED;

/** Writes the lists that are not empty. Errors: NN_IO. */
nn_status nn_names_write(const nn_names *names, nn_h5 *file, const char *path) NN_CHECKED;

/** Succeeds where each list is the same in both, or missing in one of them. `model` and `data` say
 * whose they are. Errors: NN_BAD_DATA saying what differs and what to do. */
nn_status nn_names_compare(const nn_names *of_model, const char *model, const nn_names *of_data,
                           const char *data) NN_CHECKED;

/** Gives `names` copies of the lists of `other` that it lacks. Errors: NN_INTERNAL. */
nn_status nn_names_fill(nn_names *names, const nn_names *other) NN_CHECKED;

/** Name `index` of a list of as many as `count` names; NULL where it has another number of them. Of classes there
 * may be more than names: a network with more outputs than the data have classes; the last have none then. */
const char *nn_names_get(const nn_names *names, int list, int64_t count, int64_t index);

/** Releases the lists, which are empty then. */
void nn_names_free(nn_names *names);

#endif
