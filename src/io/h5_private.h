/* h5_private.h: what the h5*.c files share; the only header that includes hdf5.h.
 *
 * Public functions take the lock with nn_h5_enter(), do their work in a static function that has
 * one way out, and give it back with nn_h5_leave(). The lock is recursive. */
#ifndef NN_IO_H5_PRIVATE_H
#define NN_IO_H5_PRIVATE_H

#include "io/h5.h"

#include <hdf5.h>

struct nn_h5 {
    hid_t id;
    char *path;
    bool writable;
    nn_image *image; /* that it is made in; NULL: in a file */
    int descriptor; /* HDF5's own, borrowed; -1 where its driver has none */
    int64_t bytes;  /* of the file when it was opened to read */
};

/** How the values of a dataset lie in the file. */
typedef struct {
    bool exact;       /* they are stored as `type` lies in memory, and need no conversion to it */
    nn_h5_type type;
    bool found;       /* moreover, in one block: */
    size_t row_bytes; /* of that type */
    int64_t address;  /* of row 0 in the file */
} nn_h5_block;

/** Takes the one lock around HDF5 and silences its own error output on this thread. */
void nn_h5_enter(void);
void nn_h5_leave(void);

/** Makes files of this access list lie in an image. False where HDF5 cannot. */
bool nn_h5_use_image(hid_t access_properties, nn_image *image);

/** Tells the image how long the file in it is, once that is flushed. False where HDF5 cannot. */
bool nn_h5_measure_image(nn_h5 *file);

/** As nn_fail(), with HDF5's deepest cause behind the message; NN_BAD_DATA in place of NN_IO where a chunk
 * does not pass its filters. */
nn_status nn_h5_fail(nn_status status, const char *format, ...) NN_PRINTF(2, 3);
#ifdef __clang_analyzer__ /* as nn_fail() */
#define nn_h5_fail(status, ...) (nn_h5_fail(status, __VA_ARGS__), (status))
#endif

/** Succeeds where `path` can be reached by hard links alone. Errors: NN_BAD_DATA naming the part
 * that is missing, with what stands there instead, or that is another kind of link. */
nn_status nn_h5_reach(nn_h5 *file, const char *path) NN_CHECKED;

/** Opens the object at `path`, reached by hard links alone. The caller closes it with H5Oclose().
 * Errors: NN_BAD_DATA. */
nn_status nn_h5_open_object(nn_h5 *file, const char *path, hid_t *out) NN_CHECKED;

/** Opens and describes the dataset at `path`; the caller closes it with H5Dclose(). `access` is a
 * dataset access property list or H5P_DEFAULT. Errors: as nn_h5_describe(). */
nn_status nn_h5_open_dataset(nn_h5 *file, const char *path, hid_t access, hid_t *out,
                             nn_h5_info *info) NN_CHECKED;

/** Makes the groups above `path`. Errors: NN_IO. */
nn_status nn_h5_make_parents(nn_h5 *file, const char *path) NN_CHECKED;

/** Makes a dataset: little-endian `type`, `chunk` extents or NULL for contiguous, extendible in the
 * first dimension where it is chunked, no time stamps. Errors: NN_IO. */
nn_status nn_h5_make_dataset(nn_h5 *file, const char *path, nn_h5_type type, nn_shape shape,
                             const nn_shape *chunk, int deflate, hid_t *out) NN_CHECKED;

/** Reads a selection (H5S_ALL for all); values that `type` can't hold are an error. `exact`: the
 * values are stored as `type`, and no conversion has to be prepared.
 * Errors: NN_BAD_DATA where they don't fit, NN_IO otherwise. */
nn_status nn_h5_transfer(nn_h5 *file, const char *path, hid_t dataset, hid_t memory_space,
                         hid_t file_space, nn_h5_type type, bool exact, void *data) NN_CHECKED;

/** Finds that out; blocks only in a file that is open to read. */
void nn_h5_block_find(nn_h5 *file, hid_t dataset, const nn_h5_info *info, nn_h5_block *out);

/** Reads rows first .. first + count - 1 of a block. Takes no lock. Errors: NN_IO. */
nn_status nn_h5_block_read(const nn_h5 *file, const char *path, const nn_h5_block *block,
                           int64_t first, int64_t count, void *data) NN_CHECKED;

/** Succeeds while the file is as long as it was when it was opened: HDF5 reads zeros past the end
 * of one that was cut short meanwhile. Errors: NN_IO. */
nn_status nn_h5_check_length(const nn_h5 *file) NN_CHECKED;

/** HDF5's type of a value in memory; borrowed. */
hid_t nn_h5_memory_type(nn_h5_type type);

/** A UTF-8 string type of `bytes`, H5T_VARIABLE included, which the caller closes. */
hid_t nn_h5_text_type(size_t bytes);

/** Copies a value of a string type, of fixed or variable length; the caller frees it. Errors: NN_INTERNAL. */
nn_status nn_h5_copy_text(hid_t type, const void *value, char **out) NN_CHECKED;

/** The size of a value in memory. */
size_t nn_h5_type_bytes(nn_h5_type type);

#endif
