/* file_kind.h: what a file is, by its first bytes: so that an output replaces no file of another kind, and
 * a message can say what was given instead of what is wanted. All functions are Local. */
#ifndef NN_IO_FILE_KIND_H
#define NN_IO_FILE_KIND_H

#include "util/status.h"

typedef enum {
    NN_FILE_OTHER,       /* none of these, missing, empty, or no plain file */
    NN_FILE_HDF5,        /* a sealed one too */
    NN_FILE_PNG,
    NN_FILE_JPEG,
    NN_FILE_SVG,         /* one that gnuplot has drawn */
    NN_FILE_PDF,
    NN_FILE_ONNX,        /* one that nnmpi has written */
    NN_FILE_SAFETENSORS, /* one with metadata */
    NN_FILE_NPY,
    NN_FILE_ZIP,
    NN_FILE_METRICS, /* the metrics.csv of a run */
    NN_FILE_RUN,     /* a run file, by its name */
    NN_FILE_TABLE    /* CSV, by its name */
} nn_file_kind;

/** What stands at `path`. */
nn_file_kind nn_file_kind_of(const char *path);

/** What a file of this kind is and which command takes it: "it seems to be a run file, which nnmpi train
 * takes"; NULL for NN_FILE_OTHER. */
const char *nn_file_kind_hint(nn_file_kind kind);

/** Refuses an output where a file of another kind than `wanted`, which is called `what`, stands already; an empty
 * file is none. Errors: NN_CANT_CREATE. */
nn_status nn_file_refuse_other(const char *path, nn_file_kind wanted, const char *what) NN_CHECKED;

#endif
