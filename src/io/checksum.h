/* checksum.h: XXH3, the checksum of rows and files. */
#ifndef NN_IO_CHECKSUM_H
#define NN_IO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/** The 64-bit XXH3 of some bytes under a seed. Local. */
uint64_t nn_checksum(const void *bytes, size_t length, uint64_t seed);

#endif
