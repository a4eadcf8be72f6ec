/* checksum.c: XXH3, of memory and of files. */
#include "io/checksum.h"

#include "io/descriptor.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIECES = 16, PIECE_BYTES = 1 << 20 };

uint64_t nn_checksum(const void *bytes, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, length, seed);
}

nn_status nn_checksum_file(const char *path, int64_t *bytes, uint64_t *sum) {
    struct stat about;
    char *piece = NULL;
    nn_status status = NN_OK;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0)
        NN_TRY(nn_fail(NN_IO, "cannot read %s: %s", path, strerror(errno)));
    NN_TRY(nn_allocate("a piece of a file", PIECE_BYTES, 1, &piece));
    const int64_t size = about.st_size, all = (int64_t)PIECES * PIECE_BYTES;
    *bytes = size;
    *sum = 0;
    for (int64_t i = 0; i < PIECES; i++) {
        const int64_t at =
            size <= all ? i * PIECE_BYTES : (size - PIECE_BYTES) / (PIECES - 1) * i;
        const ssize_t length = at < size ? nn_read_at(file, piece, PIECE_BYTES, (off_t)at) : 0;
        if (length < 0)
            NN_TRY(nn_fail(NN_IO, "cannot read %s: %s", path, strerror(errno)));
        *sum = nn_checksum(piece, (size_t)length, *sum);
    }
done:
    if (file >= 0) close(file);
    free(piece);
    return status;
}
