/* stream.h: reading a file from its beginning to its end, gzip unpacked on the way. All functions
 * are Local. */
#ifndef NN_IO_STREAM_H
#define NN_IO_STREAM_H

#include "util/status.h"

#include <stdint.h>

typedef struct nn_stream nn_stream;

/** Opens a plain or gzip file. Errors: NN_NO_INPUT where it is missing, a folder or unreadable. */
nn_status nn_stream_open(const char *path, nn_stream **out) NN_CHECKED;

/** Reads up to `most` bytes; fewer only at the end. Errors: NN_IO; NN_BAD_DATA where gzip data is
 * damaged or cut short. */
nn_status nn_stream_read(nn_stream *stream, void *data, int64_t most, int64_t *got) NN_CHECKED;

/** The most bytes that it can hold in all: the size of a plain file, and what a gzip file of its size
 * can unpack to at most. So a header that promises more is known to be wrong before memory is taken for
 * it. */
int64_t nn_stream_most(const nn_stream *stream);

/** The most bytes that so many deflated ones can unpack to. */
int64_t nn_inflated_most(int64_t bytes);

/** The path it was opened by, or ARCHIVE/MEMBER; borrowed. */
const char *nn_stream_path(const nn_stream *stream);

/** Closes it; takes NULL. */
void nn_stream_close(nn_stream **stream);

#endif
