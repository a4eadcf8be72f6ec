/* h5.h: HDF5 files, as nnmpi uses them: datasets read and written by rows, whole arrays,
 * attributes, hard links. The only door to HDF5. Every call takes one process-wide lock, since
 * HDF5's common builds are not thread-safe; HDF5's own error output is silenced and its first cause
 * is put into the message. All functions are Local: each rank opens files by itself. */
#ifndef NN_IO_H5_H
#define NN_IO_H5_H

#include "io/image.h"
#include "util/shape.h"
#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_h5 nn_h5;           /* an open file */
typedef struct nn_h5_rows nn_h5_rows; /* an open dataset, read or written by rows */
typedef struct nn_h5_texts nn_h5_texts; /* an open dataset of texts, likewise */

/** Number types in memory; HDF5 converts between them and the file's. */
typedef enum { NN_H5_U8, NN_H5_I32, NN_H5_I64, NN_H5_F32, NN_H5_F64 } nn_h5_type;

/** What a dataset holds in the file. */
typedef enum { NN_H5_INTEGER, NN_H5_REAL, NN_H5_OTHER } nn_h5_kind;

typedef struct {
    nn_h5_kind kind;
    bool is_signed;     /* of NN_H5_INTEGER */
    bool is_text;       /* of NN_H5_OTHER */
    size_t bytes;       /* of one element in the file */
    nn_shape shape;     /* all extents, rows first; rank 0 for a scalar */
    int64_t chunk_rows; /* rows of a chunk; 0 where the dataset is contiguous */
    nn_shape chunk;     /* all extents of a chunk; rank 0 where the dataset is contiguous */
    int filters;        /* that a chunk goes through, such as compression */
} nn_h5_info;

/** Keeps HDF5 from cleaning up when the process ends, for a process that is nnmpi's own: before anything
 * else here. */
void nn_h5_keep(void);

/** Opens a file to read. Errors: NN_NO_INPUT where it is missing or may not be read; NN_BAD_DATA
 * where it is no HDF5 file or is damaged. */
nn_status nn_h5_open(const char *path, nn_h5 **out) NN_CHECKED;

/** Makes a new file with `user_block` bytes (0, 512, 1024...) kept free in front of it; replaces a
 * file of that name. Errors: NN_CANT_CREATE with errno; NN_IO where it cannot be written. */
nn_status nn_h5_create(const char *path, int64_t user_block, nn_h5 **out) NN_CHECKED;

/** Makes a new file in memory, likewise; once it is closed, `image` holds it. `path` names it in
 * messages. Errors: NN_IO where HDF5 cannot, also for want of memory. */
nn_status nn_h5_create_image(nn_image *image, const char *path, int64_t user_block,
                             nn_h5 **out) NN_CHECKED;

/** Closes a file, written or read, after its nn_h5_rows; sets *file to NULL whatever happens; takes
 * NULL.
 * Errors: NN_IO where what was written did not all reach the file. */
nn_status nn_h5_close(nn_h5 **file) NN_CHECKED;

/** Closes without a report, for clean-up after another failure; takes NULL. */
void nn_h5_discard(nn_h5 **file);

/** The path the file was opened by, borrowed. */
const char *nn_h5_path(const nn_h5 *file);

/** Whether something stands at `path`: where that is a link that nnmpi does not follow, or cannot be read,
 * whoever opens it learns what is wrong. */
bool nn_h5_has(nn_h5 *file, const char *path);
bool nn_h5_is_group(nn_h5 *file, const char *path);
bool nn_h5_is_dataset(nn_h5 *file, const char *path);

/** The names of a group's members, in creation order where the file tracks it, otherwise by name.
 * The caller frees each of *names and *names. Errors: NN_BAD_DATA. */
nn_status nn_h5_list(nn_h5 *file, const char *group, char ***names, int64_t *count) NN_CHECKED;

/** Describes the dataset at `path`. Errors: NN_BAD_DATA naming file and path where it is missing,
 * not a dataset, behind a soft or external link, virtual, or needs a filter this build lacks. */
nn_status nn_h5_describe(nn_h5 *file, const char *path, nn_h5_info *out) NN_CHECKED;

/** Whether rows lie whole in the file: in chunks that span all columns and no more, or
 * contiguous. */
bool nn_h5_whole_rows(const nn_h5_info *info);

/** Reads a whole dataset into `data`, which has room for `count` elements of `type`; the dataset
 * must have just that many (a scalar: 1). A value that `type` can't hold, such as 0.5 as an
 * integer, is an error; rounding of reals is none. Errors: NN_BAD_DATA, NN_IO, naming file and
 * path. */
nn_status nn_h5_read(nn_h5 *file, const char *path, nn_h5_type type, int64_t count,
                     void *data) NN_CHECKED;

/** Writes a whole dataset of `type` and `shape` at `path`, making the groups on the way.
 * Contiguous, without time stamps, so that equal content gives equal bytes. Errors: NN_IO. */
nn_status nn_h5_write(nn_h5 *file, const char *path, nn_h5_type type, nn_shape shape,
                      const void *data) NN_CHECKED;

/** Makes a group and those on the way to it; one that exists is left as it is. Errors: NN_IO. */
nn_status nn_h5_make_group(nn_h5 *file, const char *path) NN_CHECKED;

/** Makes a hard link at `name` to the object at `target`, with the groups on the way.
 * Errors: NN_IO. */
nn_status nn_h5_link(nn_h5 *file, const char *target, const char *name) NN_CHECKED;

/* Attributes of the object (group or dataset) at `path`. Texts are UTF-8; readers take fixed-length
 * and variable-length strings. Readers that find nothing fail with NN_BAD_DATA. */
bool nn_h5_has_attribute(nn_h5 *file, const char *path, const char *name);
nn_status nn_h5_write_text(nn_h5 *file, const char *path, const char *name,
                           const char *text) NN_CHECKED; /* variable length, any size */
nn_status nn_h5_read_text(nn_h5 *file, const char *path, const char *name,
                          char **out) NN_CHECKED; /* the caller frees it */
/** A list of names as fixed-length, null-padded strings; over 64,512 bytes it is split into NAME0,
 * NAME1... as Keras does. An empty list is an empty array. */
nn_status nn_h5_write_texts(nn_h5 *file, const char *path, const char *name,
                            const char *const *texts, int64_t count) NN_CHECKED;
nn_status nn_h5_read_texts(nn_h5 *file, const char *path, const char *name, char ***out,
                           int64_t *count) NN_CHECKED; /* the caller frees each and the list */
nn_status nn_h5_write_int(nn_h5 *file, const char *path, const char *name,
                          int64_t value) NN_CHECKED;
nn_status nn_h5_read_int(nn_h5 *file, const char *path, const char *name, int64_t *out) NN_CHECKED;
nn_status nn_h5_write_real(nn_h5 *file, const char *path, const char *name,
                           double value) NN_CHECKED;
nn_status nn_h5_read_real(nn_h5 *file, const char *path, const char *name, double *out) NN_CHECKED;

/** Opens a dataset to read it by rows, with a chunk cache that holds at least one chunk of rows.
 * Errors: as nn_h5_describe(). */
nn_status nn_h5_rows_open(nn_h5 *file, const char *path, nn_h5_rows **out) NN_CHECKED;

/** Makes an extendible dataset to be written by rows: row-contiguous chunks of about 1 MiB,
 * `type` in the file too, compressed with deflate where `deflate` is 1..9 (0: not).
 * Errors: NN_IO. */
nn_status nn_h5_rows_create(nn_h5 *file, const char *path, nn_h5_type type, nn_shape row,
                            int deflate, nn_h5_rows **out) NN_CHECKED;

/** Reads rows first .. first + count - 1 as `type`. Near pread() where `type` is what the file
 * holds and the dataset is contiguous, or in unfiltered chunks of whole rows that are not small.
 * The lock is held for 2 MiB at a time, or for a chunk that must be unpacked or put together.
 * Errors: NN_BAD_DATA past the end or where a value does not fit; NN_IO, also where the file was
 * cut short after it was opened. */
nn_status nn_h5_rows_read(nn_h5_rows *rows, int64_t first, int64_t count, nn_h5_type type,
                          void *data) NN_CHECKED;

/** Appends `count` rows of the dataset's own type. Errors: NN_IO. */
nn_status nn_h5_rows_append(nn_h5_rows *rows, int64_t count, const void *data) NN_CHECKED;

/** Copies the dataset at `path` to the same path of another file, with its type and attributes, in
 * chunks as nn_h5_rows_create() makes them. Memory is bounded. One that holds no rows of numbers is
 * copied as it is. Errors: as nn_h5_describe(); NN_IO. */
nn_status nn_h5_copy_dataset(nn_h5 *from, const char *path, nn_h5 *to, int deflate) NN_CHECKED;

/** Copies the attributes of the object at `path` that are numbers or texts to that of another file,
 * which keeps those that it has. Errors: NN_BAD_DATA, NN_IO. */
nn_status nn_h5_copy_attributes(nn_h5 *from, const char *path, nn_h5 *to) NN_CHECKED;

/** Closes it; takes NULL. Errors: NN_IO. */
nn_status nn_h5_rows_close(nn_h5_rows **rows) NN_CHECKED;

/** Makes a dataset of `rows` texts, UTF-8 of variable length, each empty until it is written.
 * Errors: NN_IO. */
nn_status nn_h5_texts_create(nn_h5 *file, const char *path, int64_t rows, nn_h5_texts **out) NN_CHECKED;

/** Opens a dataset of texts to read it. Errors: as nn_h5_describe(); NN_BAD_DATA where it holds no texts, or
 * not one a row. */
nn_status nn_h5_texts_open(nn_h5 *file, const char *path, nn_h5_texts **out) NN_CHECKED;

/** How many it holds. */
int64_t nn_h5_texts_rows(const nn_h5_texts *texts);

/** Writes, or reads, rows first .. first + count - 1; of texts that are read the caller frees each, and on
 * failure there are none. Errors: NN_BAD_DATA past the end; NN_IO. */
nn_status nn_h5_texts_write(nn_h5_texts *texts, int64_t first, int64_t count,
                            const char *const *values) NN_CHECKED;
nn_status nn_h5_texts_read(nn_h5_texts *texts, int64_t first, int64_t count, char **out) NN_CHECKED;

/** Closes it; takes NULL. Errors: NN_IO. */
nn_status nn_h5_texts_close(nn_h5_texts **texts) NN_CHECKED;

#endif
