/* checksum.c: XXH3, of memory and of files. */
#include "io/checksum.h"

#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIECES = 16, PIECE_BYTES = 1 << 20 };

uint64_t nn_checksum(const void *bytes, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, length, seed);
}

/* Fewer bytes than asked for only at the end of the file. */
static bool read_piece(int file, char *piece, int64_t at, int64_t *length) {
    int64_t got = 0;
    while (got < *length) {
        ssize_t more = pread(file, piece + got, (size_t)(*length - got), (off_t)(at + got));
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return false;
        if (more == 0) break;
        got += more;
    }
    *length = got;
    return true;
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
        int64_t length = at < size ? PIECE_BYTES : 0;
        if (!read_piece(file, piece, at, &length))
            NN_TRY(nn_fail(NN_IO, "cannot read %s: %s", path, strerror(errno)));
        *sum = nn_checksum(piece, (size_t)length, *sum);
    }
done:
    if (file >= 0) close(file);
    free(piece);
    return status;
}
