/* checksum.h: XXH3, the checksum of rows and files. */
#ifndef NN_IO_CHECKSUM_H
#define NN_IO_CHECKSUM_H

#include "util/status.h"

#include <stddef.h>
#include <stdint.h>

/** The 64-bit XXH3 of some bytes under a seed. Local. */
uint64_t nn_checksum(const void *bytes, size_t length, uint64_t seed);

/** The size of a file and an XXH3 of it: of all its bytes up to 16 MiB, otherwise of 16 pieces of 1 MiB
 * that are spread over it, so that it costs little whatever its size. Local. Errors: NN_IO. */
nn_status nn_checksum_file(const char *path, int64_t *bytes, uint64_t *sum) NN_CHECKED;

#endif
