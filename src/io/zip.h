/* zip.h: the members of a zip archive, read as streams (libzip: stored and deflated members, zip64). All
 * functions are Local. */
#ifndef NN_IO_ZIP_H
#define NN_IO_ZIP_H

#include "io/stream.h"

typedef struct nn_zip nn_zip;

/** Opens an archive. Errors: NN_NO_INPUT; NN_BAD_DATA where it is none; NN_BAD_CONFIG where nnmpi was
 * built without libzip. */
nn_status nn_zip_open(const char *path, nn_zip **out) NN_CHECKED;

/** How many members it has. */
int64_t nn_zip_count(const nn_zip *zip);

/** The name of a member, borrowed; "" where it has none that can be read. */
const char *nn_zip_name(const nn_zip *zip, int64_t index);

/** Opens a member to read; the archive must stay open as long. At its end the checksum is compared.
 * Errors: NN_BAD_DATA, also where it is encrypted. */
nn_status nn_zip_stream(nn_zip *zip, int64_t index, nn_stream **out) NN_CHECKED;

/** Closes it; takes NULL. */
void nn_zip_close(nn_zip **zip);

#endif
