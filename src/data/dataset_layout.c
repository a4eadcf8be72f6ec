/* dataset_layout.c: telling when the chunks of a dataset make reading its rows slow.
 *
 * Measured with tests/bench/read_rows (docs/FILES.md has the commands): reading 125 MB of float32
 * rows of 784 values from the page cache, as a part of the speed of pread() of the same bytes:
 *     chunks of whole rows     3 KiB 0.34, 16 KiB 0.72, 64 KiB 0.91, 1 MiB 0.95
 *     (1250, 25), which cut rows     0.17
 * and the time of compressed chunks of whole rows in shuffled pieces of 1 MiB, in that of chunks of
 * 1 MiB: 4 MiB 4, 16 MiB 18, 64 MiB 88, since a chunk is unpacked whole for each piece of it. In the
 * order of the file large ones cost little more, and unpacked ones are read by rows. */
#include "data/dataset_private.h"

#include "util/text.h"

#include <string.h>

static const int64_t SMALL_BYTES = 16 << 10, LARGE_BYTES = 16 << 20;
static const int64_t MANY_CHUNKS = 1000;  /* fewer small ones are read at once all the same */
static const int64_t LEAST_BYTES = 1 << 20; /* of an array that is worth a word */

typedef enum { FINE, CUT, LARGE, SMALL } layout_fault;

static layout_fault find_fault(const nn_h5_info *info) {
    const nn_shape *shape = &info->shape, *chunk = &info->chunk;
    int64_t value = (int64_t)info->bytes, columns = 1, chunk_columns = 1;
    if (chunk->rank == 0) return FINE;
    bool cut = false;
    for (int i = 1; i < shape->rank; i++) {
        cut |= chunk->dim[i] < shape->dim[i];
        columns *= shape->dim[i];
        chunk_columns *= chunk->dim[i];
    }
    int64_t bytes = chunk->dim[0] * chunk_columns * value; /* below 4 GiB, HDF5's limit */
    if (shape->dim[0] * columns * value < LEAST_BYTES) return FINE;
    if (cut) return CUT;
    if (info->filters > 0 && bytes > LARGE_BYTES && chunk->dim[0] > 1) return LARGE;
    if (bytes < SMALL_BYTES && shape->dim[0] / chunk->dim[0] >= MANY_CHUNKS) return SMALL;
    return FINE;
}

/* Names the remedy: FILE.h5 becomes FILE-rows.h5. */
static void add_command(nn_text *text, const char *path) {
    size_t length = strlen(path) - (nn_ends_with(path, ".h5") ? 3 : 0);
    nn_text_add(text,
                "; nnmpi import --rechunk %s --output %.*s-rows.h5 makes a file that is read fast",
                path, (int)length, path);
}

nn_status nn_dataset_advise(const nn_dataset *dataset, char **out) {
    static const char *const whys[] = {
        [CUT] = "which cut its rows: reading rows takes several times as long as from whole ones",
        [LARGE] = "compressed and over 16 MiB each: the rows of a batch unpack far more than "
                  "themselves",
        [SMALL] = "less than 16 KiB each: looking each up takes up to several times as long as "
                  "reading it"};
    char shape[NN_SHAPE_TEXT];
    nn_text text = {0};
    *out = NULL;
    for (int i = 0; i < NN_DATASET_ARRAYS; i++) {
        layout_fault fault = dataset->present[i] ? find_fault(&dataset->info[i]) : FINE;
        if (fault == FINE) continue;
        const char *path = nn_h5_path(dataset->file);
        nn_text_add(&text, "%s: %s/%s lies in chunks of %s, %s", path, dataset->group,
                    NN_DATASET_ARRAY_NAMES[i], nn_shape_format(dataset->info[i].chunk, shape),
                    whys[fault]);
        add_command(&text, path);
        return nn_text_take(&text, out);
    }
    return NN_OK;
}
