/* dataset_files.c: which file each sample of a dataset came from, such as an image: the texts `files` beside
 * x, where there are any. They are no part of training: whoever writes predictions reads them, some at a
 * time, and no other rank does. */
#include "data/dataset_private.h"

#include "util/text.h"

#include <inttypes.h>
#include <stdlib.h>

nn_status nn_dataset_files_open(nn_dataset *dataset, bool *there) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *path = NULL;
    *there = false;
    if (!dataset->file) return NN_OK; /* rows of memory */
    nn_text_add(&text, "%s/files", dataset->group);
    NN_TRY(nn_text_take(&text, &path));
    if (!nn_h5_has(dataset->file, path)) goto done;
    if (!dataset->files) NN_TRY(nn_h5_texts_open(dataset->file, path, &dataset->files));
    const int64_t rows = nn_h5_texts_rows(dataset->files), wanted = dataset->info[NN_DATASET_X].shape.dim[0];
    if (rows != wanted)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s:%s: it has %" PRId64 " rows, but x has %" PRId64,
                       nn_h5_path(dataset->file), path, rows, wanted));
    *there = true;
done:
    free(path);
    return status;
}

nn_status nn_dataset_files_read(nn_dataset *dataset, int64_t first, int64_t count, char **out) {
    return nn_h5_texts_read(dataset->files, dataset->first + first, count, out);
}
