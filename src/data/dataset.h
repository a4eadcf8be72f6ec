/* dataset.h: the rows of one group of a dataset file (docs/FILES.md): samples x, targets y and,
 * optionally, sample weights w.
 *
 * A dataset is opened, which tells its shape; then loaded for a model, which checks every value that
 * training will use. Where it fits it lies in memory once per node, bytes as bytes; otherwise rows
 * are read from the file when they are wanted. */
#ifndef NN_DATA_DATASET_H
#define NN_DATA_DATASET_H

#include "comm/comm.h"
#include "data/names.h"
#include "data/samples.h"
#include "io/h5.h"
#include "model/loss.h"
#include "model/model.h"

typedef struct nn_dataset nn_dataset;

/** Whether the rows are held in memory. */
typedef enum { NN_IN_MEMORY_AUTO, NN_IN_MEMORY_ALWAYS, NN_IN_MEMORY_NEVER } nn_in_memory;
extern const char *const NN_IN_MEMORY_NAMES[];

/** What a model compares its predictions with. */
typedef struct {
    bool wanted;         /* false: y and w are not looked at (predict) */
    nn_target_kind kind; /* classes or values */
    bool probabilities;  /* values must lie between 0 and 1 */
    int64_t outputs;     /* of the model: number of classes, or of values a row */
    const char *where;   /* the layer that says so stands in a run file; NULL: in none */
} nn_target_spec;

/** What a loss wants of a dataset for this model, from which `where` is borrowed. Local. */
nn_target_spec nn_dataset_targets(const nn_object *loss, const nn_model *model);

/** Opens the group `group` of a file; where it is missing and the file holds x at its root, the
 * root. Compared over the ranks. Collective.
 * Errors: NN_NO_INPUT, NN_BAD_DATA naming file and path; NN_BAD_CONFIG where ranks see different
 * files, compared by size and a checksum of pieces (io/checksum.h); agreed. */
nn_status nn_dataset_open(nn_comm *comm, const char *path, const char *group,
                          nn_dataset **out) NN_CHECKED;

/** Makes a dataset of the rows that all ranks hold in their own memory, in the order of the ranks; some
 * may have none. `mine` is borrowed until it is loaded, always into memory. Collective. Errors:
 * NN_BAD_DATA where there is no row at all; NN_BAD_CONFIG where ranks have arrays of other shapes or
 * types; agreed. */
nn_status nn_dataset_of(nn_comm *comm, const nn_samples *mine, nn_dataset **out) NN_CHECKED;

/** Closes it; takes NULL. Local. */
void nn_dataset_close(nn_dataset **dataset);

/** What makes reading its rows from the file slow, with the command that mends it, as a text that
 * the caller frees; NULL where nothing does. Local. Errors: NN_INTERNAL. */
nn_status nn_dataset_advise(const nn_dataset *dataset, char **out) NN_CHECKED;

/** Restricts it to rows first .. first + rows - 1, before it is loaded. Local. */
void nn_dataset_restrict(nn_dataset *dataset, int64_t first, int64_t rows);

/** The number of rows, the shape of one sample, where they come from ("digits.h5:/train"), and a
 * text that tells two datasets apart by shapes and types. Local. */
int64_t nn_dataset_rows(const nn_dataset *dataset);
nn_shape nn_dataset_sample_shape(const nn_dataset *dataset);
const char *nn_dataset_name(const nn_dataset *dataset);
const char *nn_dataset_description(const nn_dataset *dataset);

/** What the file calls its classes, features and targets; borrowed. Local. */
const nn_names *nn_dataset_names(const nn_dataset *dataset);

/** Checks all rows (each rank or node a part of them) and holds them in memory where that is wanted
 * and possible. Collective.
 * Errors: NN_BAD_DATA naming file, path, row and value: a shape or type that does not fit, a class
 * out of range, NaN or infinity; NN_BAD_CONFIG where nodes hold different rows; NN_IO; agreed. */
nn_status nn_dataset_load(nn_dataset *dataset, const nn_target_spec *targets,
                          nn_in_memory in_memory) NN_CHECKED;

/** A loaded array, in memory or not. */
typedef struct {
    int64_t columns;    /* elements of a row; 0: the dataset has no such array */
    nn_h5_type type;    /* NN_H5_U8, NN_H5_F32 or, for classes, NN_H5_I32 */
    const void *memory; /* (rows, columns); NULL where it is read from the file */
} nn_array;

/** The bytes of a row of it in memory. Local. */
static inline int64_t nn_array_row_bytes(const nn_array *array) {
    return array->columns * (array->type == NN_H5_U8 ? 1 : 4);
}

/** The samples, the targets and the weights of a loaded dataset. Local. */
const nn_array *nn_dataset_x(const nn_dataset *dataset);
const nn_array *nn_dataset_y(const nn_dataset *dataset);
const nn_array *nn_dataset_w(const nn_dataset *dataset);
bool nn_dataset_in_memory(const nn_dataset *dataset);

/** Whether the file says which file each sample came from, which is looked at here for the first time. Local:
 * on the rank that wants them. Errors: NN_BAD_DATA where these are no texts, or not as many as samples. */
nn_status nn_dataset_files_open(nn_dataset *dataset, bool *there) NN_CHECKED;

/** Reads the names of these files, where there are any: `count` from that of row `first` on; the caller frees
 * each, and on failure there are none. Local. Errors: NN_IO, NN_INTERNAL. */
nn_status nn_dataset_files_read(nn_dataset *dataset, int64_t first, int64_t count, char **out) NN_CHECKED;

/** A checksum of the values of a loaded dataset and their order, the same on any number of ranks.
 * Local. */
uint64_t nn_dataset_checksum(const nn_dataset *dataset);

/** The rows that a chunk of the samples has in the file; 0: there are no chunks. Local. */
int64_t nn_dataset_chunk_rows(const nn_dataset *dataset);

/** Reads rows of an array of a loaded dataset that is not in memory, `count` of them from `first`,
 * as array->type. By any thread. Local. Errors: NN_IO. */
nn_status nn_dataset_read(nn_dataset *dataset, const nn_array *array, int64_t first, int64_t count,
                          void *data) NN_CHECKED;

#endif
