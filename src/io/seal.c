/* seal.c: the user block in front of a sealed file, 512 bytes:
 *
 *     0  magic "\x89NNMPI\r\n", which text conversions damage (as PNG's does)
 *     8  u32 format version       16  u64 length of all that follows the block
 *    12  u32 zero                 24  u64 XXH3-64 of all that follows
 *    32  zeros
 *
 * Numbers are little-endian. The file is read in pieces: it may be larger than the memory. */
#include "io/descriptor.h"
#include "io/image.h"
#include "io/publish.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { MAGIC_BYTES = 8, VERSION_AT = 8, MOST_VERSION = 1000, PIECE_BYTES = 1 << 20 };
static const unsigned char magic[MAGIC_BYTES] = {0x89, 'N', 'N', 'M', 'P', 'I', '\r', '\n'};

typedef struct {
    uint64_t length, hash;
} seal_sum;

static void put(unsigned char *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) at[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static void make_block(seal_sum content, unsigned char block[NN_SEAL_BYTES]) {
    memset(block, 0, NN_SEAL_BYTES);
    memcpy(block, magic, MAGIC_BYTES);
    put(block + VERSION_AT, NN_SEAL_VERSION, 4);
    put(block + 16, content.length, 8);
    put(block + 24, content.hash, 8);
}

/* The length and hash of all that follows the block. */
static nn_status hash_content(int descriptor, const char *path, seal_sum *out) {
    nn_status status = NN_OK;
    char *piece = NULL;
    struct stat about;
    ssize_t room = PIECE_BYTES;
    XXH3_state_t *state = XXH3_createState();
    off_t offset = NN_SEAL_BYTES;
    if (!state || XXH3_64bits_reset(state) != XXH_OK) {
        status = nn_fail(NN_INTERNAL, "out of memory: a checksum");
        goto done;
    }
    if (fstat(descriptor, &about) == 0 && about.st_size < room) room = (ssize_t)about.st_size + 1;
    NN_TRY(nn_allocate("a piece of a file", room, 1, &piece));
    for (ssize_t got = room; got == room; offset += got) {
        got = nn_read_at(descriptor, piece, (size_t)room, offset);
        if (got < 0) {
            status = nn_fail(NN_IO, "cannot read %s: %s", path, strerror(errno));
            goto done;
        }
        XXH3_64bits_update(state, piece, (size_t)got);
    }
    *out = (seal_sum){(uint64_t)(offset - NN_SEAL_BYTES), XXH3_64bits_digest(state)};
done:
    XXH3_freeState(state);
    free(piece);
    return status;
}

nn_status nn_image_seal(nn_image *image) {
    unsigned char block[NN_SEAL_BYTES];
    if (image->length < NN_SEAL_BYTES)
        return nn_fail(NN_INTERNAL, "a file in memory has no room for a seal");
    const uint64_t length = (uint64_t)image->length - NN_SEAL_BYTES;
    make_block((seal_sum){length, XXH3_64bits(image->bytes + NN_SEAL_BYTES, length)}, block);
    memcpy(image->bytes, block, sizeof block);
    return NN_OK;
}

static nn_status verify(int descriptor, const char *path) {
    unsigned char block[NN_SEAL_BYTES], expected[NN_SEAL_BYTES];
    struct stat about;
    seal_sum content = {0};
    ssize_t got = nn_read_at(descriptor, block, sizeof block, 0);
    if (got < 0 || fstat(descriptor, &about) != 0)
        return nn_fail(errno == EISDIR ? NN_NO_INPUT : NN_IO, "cannot read %s: %s", path, strerror(errno));
    if (got < MAGIC_BYTES || memcmp(block, magic, MAGIC_BYTES) != 0)
        return nn_fail(NN_BAD_DATA, "%s is no model or checkpoint of nnmpi: it does not begin as they do", path);
    if (got < NN_SEAL_BYTES)
        return nn_fail(NN_BAD_DATA, "%s is cut short: it ends within its header of 512 bytes", path);
    uint64_t length = (uint64_t)about.st_size - NN_SEAL_BYTES, sealed = get(block + 16, 8);
    if (length != sealed)
        return nn_fail(NN_BAD_DATA, "%s is %s: its header says that %llu bytes follow, and there are %llu", path,
                       length < sealed ? "cut short" : "too long", (unsigned long long)sealed,
                       (unsigned long long)length);
    nn_status status = hash_content(descriptor, path, &content);
    if (status != NN_OK) return status;
    make_block(content, expected);
    if (memcmp(block, expected, sizeof block) == 0) return NN_OK;
    memcpy(expected + VERSION_AT, block + VERSION_AT, 4);
    if (memcmp(block, expected, sizeof block) == 0 && get(block + VERSION_AT, 4) <= MOST_VERSION)
        return nn_fail(NN_BAD_CONFIG, "%s has format version %lu; this nnmpi reads version %d", path,
                       (unsigned long)get(block + VERSION_AT, 4), NN_SEAL_VERSION);
    return nn_fail(NN_BAD_DATA, "%s is damaged: its checksum is not the one in its header", path);
}

nn_status nn_seal_verify(const char *path) {
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) return nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    nn_status status = verify(descriptor, path);
    close(descriptor);
    return status;
}

bool nn_seal_present(const char *path) {
    unsigned char start[MAGIC_BYTES];
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0) return false;
    ssize_t got = nn_read_at(descriptor, start, sizeof start, 0);
    close(descriptor);
    return got == MAGIC_BYTES && memcmp(start, magic, MAGIC_BYTES) == 0;
}
