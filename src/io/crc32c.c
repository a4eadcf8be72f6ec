/* crc32c.c: CRC-32C bit by bit: what it is used for are records of some fifty bytes.
 *
 * The remainder of the message as a polynomial over GF(2), lowest bit first, begun with ones and inverted at
 * its end (RFC 3720, 12.1). */
#include "io/crc32c.h"

uint32_t nn_crc32c(const void *bytes, size_t length) {
    const unsigned char *byte = bytes;
    uint32_t remainder = 0xffffffff;
    for (size_t i = 0; i < length; i++) {
        remainder ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            remainder = remainder & 1 ? remainder >> 1 ^ 0x82f63b78 : remainder >> 1;
    }
    return ~remainder;
}
