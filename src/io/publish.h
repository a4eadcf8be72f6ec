/* publish.h: writing a file so that readers see the old one or the new one, whole, and never a
 * damaged one: a temporary name in the same folder, fsync, rename, fsync of the folder. And
 * appending to one.
 *
 * A sealed file is an HDF5 file with a 512-byte user block in front: magic, format version, length
 * and XXH3 checksum of all that follows. It is verified before HDF5 opens it, because HDF5 can
 * crash on damaged files (nn_image_seal() makes the seal). All functions are Local; rank 0 alone publishes. */
#ifndef NN_IO_PUBLISH_H
#define NN_IO_PUBLISH_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { NN_SEAL_BYTES = 512, NN_SEAL_VERSION = 1 };

/** The temporary name to write to for the final name `path`: in the same folder, ending in
 * ".partial". The caller frees it. Errors: NN_CANT_CREATE where something other than a plain file
 * stands at `path`; NN_INTERNAL. */
nn_status nn_publish_begin(const char *path, char **temporary) NN_CHECKED;

/** Makes `temporary` durable and gives it its final name. On failure the final name still holds
 * what it held, and the temporary file is removed. Errors: NN_IO with errno and path. */
nn_status nn_publish_finish(const char *temporary, const char *path) NN_CHECKED;

/** A part of a file's content, borrowed. */
typedef struct {
    const void *data;
    int64_t length;
} nn_bytes;

/** Writes a whole file that way, from parts, or at once. Errors: NN_CANT_CREATE, NN_IO. */
nn_status nn_publish_parts(const char *path, const nn_bytes *parts, int64_t count) NN_CHECKED;
nn_status nn_publish_bytes(const char *path, const char *bytes, int64_t length) NN_CHECKED;
nn_status nn_publish_text(const char *path, const char *text) NN_CHECKED;

/** Writes a whole file that way, but without waiting for the disk: for what loses its meaning with the machine
 * that wrote it. Errors: likewise. */
nn_status nn_publish_quickly(const char *path, const char *bytes, int64_t length) NN_CHECKED;

/** Appends to a file that is there: all of it, or nothing. Only a process that ends meanwhile may leave a part.
 * Errors: NN_IO with errno and path. */
nn_status nn_append_bytes(const char *path, const char *bytes, int64_t length) NN_CHECKED;

/** Checks the seal of a file. Errors: NN_NO_INPUT where it is missing or may not be read; NN_IO;
 * NN_BAD_DATA naming what is damaged: no seal, truncated, checksum; NN_BAD_CONFIG where another
 * version of nnmpi wrote it. */
nn_status nn_seal_verify(const char *path) NN_CHECKED;

/** Whether the file begins with nnmpi's magic (and so must verify). */
bool nn_seal_present(const char *path);

/** Refuses an output that is one of a command's inputs. Local. Errors: NN_USAGE. */
nn_status nn_refuse_same_file(const char *output, const char *input) NN_CHECKED;

/** Makes a folder and those on the way to it. Errors: NN_CANT_CREATE. */
nn_status nn_make_folder(const char *path) NN_CHECKED;

/** Whether a folder stands at `path`. */
bool nn_is_folder(const char *path);

/** Reads a whole text file (plain or gzip) into a NUL-terminated string that the caller frees.
 * Errors: NN_NO_INPUT, NN_IO, NN_BAD_DATA where it is over `most` bytes. */
nn_status nn_read_file(const char *path, int64_t most, char **out, int64_t *length) NN_CHECKED;

#endif
