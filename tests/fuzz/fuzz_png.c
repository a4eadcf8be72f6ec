/* fuzz_png.c: PNG images. The checksums of all chunks are put right first, since hardly any made-up input
 * would get past them. */
#include "picture.h"

#include <string.h>
#include <zlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

/* A chunk: length, type, data, checksum of type and data; numbers are big-endian. */
static void mend_checksums(uint8_t *file, size_t size) {
    enum { MAGIC = 8, AROUND = 12 };
    for (size_t at = MAGIC; at + AROUND <= size;) {
        uint8_t *chunk = file + at;
        size_t length = (size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3];
        if (length > size - at - AROUND) return;
        uLong sum = crc32(0, chunk + 4, (uInt)(4 + length));
        for (int i = 0; i < 4; i++) chunk[8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += AROUND + length;
    }
}

int fuzz_target(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size + 1);
    fuzz_check(copy != NULL, "out of memory");
    if (size > 0) memcpy(copy, data, size);
    mend_checksums(copy, size);
    fuzz_picture(copy, size);
    free(copy);
    return 0;
}
