/* descriptor.h: reading and writing by a file's descriptor until all is done. */
#ifndef NN_IO_DESCRIPTOR_H
#define NN_IO_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Reads up to `most` bytes at `offset`; returns how many: fewer only at the end of the file. -1: errno
 * says why. Local. */
ssize_t nn_read_at(int descriptor, void *data, size_t most, off_t offset);

/** Writes all of it, from where the descriptor stands. False: errno says why. Local. */
bool nn_write_all(int descriptor, const char *bytes, int64_t length);

#endif
