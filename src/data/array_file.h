/* array_file.h: a file that holds one array of numbers (IDX, NPY), read by rows and converted. Used
 * by import_idx.c, import_npy.c and import_arrays.c; all functions are Local. */
#ifndef NN_DATA_ARRAY_FILE_H
#define NN_DATA_ARRAY_FILE_H

#include "data/import.h"
#include "io/h5.h"
#include "io/stream.h"

typedef struct {
    nn_h5_kind kind; /* NN_H5_INTEGER or NN_H5_REAL */
    bool is_signed, big_endian;
    int bytes;      /* of a number */
    nn_shape shape; /* rows first */
    nn_stream *stream;
    int64_t next; /* row */
    char *piece;  /* what was read, before conversion; (room) bytes */
    int64_t room;
} nn_array_file;

/** Reads the header of a format: fills in all but `stream`, `next` and `piece`.
 * Errors: NN_BAD_DATA naming the file. */
typedef nn_status nn_array_header(nn_stream *stream, nn_array_file *out);

/** The formats' headers. Errors: NN_BAD_DATA, NN_IO. */
nn_array_header nn_idx_header, nn_npy_header;

/** Opens a file and reads its header. The caller closes it, on failure too.
 * Errors: NN_NO_INPUT, NN_BAD_DATA, NN_IO. */
nn_status nn_array_file_open(const char *path, nn_array_header *header,
                             nn_array_file *out) NN_CHECKED;

/** The same from a stream at its beginning, which it takes over, on failure too. */
nn_status nn_array_file_take(nn_stream **stream, nn_array_header *header,
                             nn_array_file *out) NN_CHECKED;

/** Reads the next `count` rows as NN_H5_U8, NN_H5_I32 or NN_H5_F32.
 * Errors: NN_BAD_DATA where the file ends too soon or a number does not fit, is NaN or infinite. */
nn_status nn_array_file_read(nn_array_file *array, int64_t count, nn_h5_type type,
                             void *data) NN_CHECKED;

/** Succeeds where the file ends here. Errors: NN_BAD_DATA. */
nn_status nn_array_file_end(nn_array_file *array) NN_CHECKED;

/** Releases it, whether it was opened or not. */
void nn_array_file_close(nn_array_file *array);

/** Reads just `count` bytes of a header. Errors: NN_BAD_DATA where the file is shorter. */
nn_status nn_array_header_bytes(nn_stream *stream, int64_t count, void *data) NN_CHECKED;

/** Opens the array that is called `name`, as nn_array_file_open() does; `context` is the format's. */
typedef nn_status nn_array_opener(void *context, const char *name, nn_array_file *out);

/** Imports arrays of a format. Errors: as nn_import_idx(). */
nn_status nn_import_arrays_write(const nn_import_arrays *arrays, nn_array_opener *opener,
                                 void *context, const nn_import_options *options) NN_CHECKED;

#endif
