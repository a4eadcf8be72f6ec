/* read.h: reading a part of a file by its descriptor. */
#ifndef NN_IO_READ_H
#define NN_IO_READ_H

#include <sys/types.h>

/** Reads up to `most` bytes at `offset`; returns how many: fewer only at the end of the file. -1: errno
 * says why. Local. */
ssize_t nn_read_at(int descriptor, void *data, size_t most, off_t offset);

#endif
