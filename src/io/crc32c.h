/* crc32c.h: the checksum of TFRecord files: CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, RFC 3720
 * B.4. nnmpi's own files have XXH3 (io/checksum.h).
 *
 * It is eight lines because no library that a distribution has offers it alone: zlib has the CRC of another
 * polynomial, and ISA-L would be a dependency for some hundred bytes an epoch. */
#ifndef NN_IO_CRC32C_H
#define NN_IO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** The checksum of `length` bytes. Local. */
uint32_t nn_crc32c(const void *bytes, size_t length);

#endif
