/* checksum.c: XXH3. */
#include "io/checksum.h"

#include <xxhash.h>

uint64_t nn_checksum(const void *bytes, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, length, seed);
}
