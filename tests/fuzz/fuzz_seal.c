/* fuzz_seal.c: the seal of checkpoints and models. The first byte says what of the seal is made right, as
 * chance never would; what verifies must be right in all of it. */
#include "fuzz.h"

#include "io/publish.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { MAGIC = 1, VERSION = 2, LENGTH = 4, HASH = 8, ZEROS = 16, ALL = 31 };

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

static void put(uint8_t *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(value >> (8 * i));
}

static void make_right(uint8_t *file, size_t size, int what) {
    const uint8_t *content = file + NN_SEAL_BYTES;
    if (what & ZEROS) memset(file + 32, 0, NN_SEAL_BYTES - 32);
    if (what & ZEROS) memset(file + 12, 0, 4);
    if (what & MAGIC) memcpy(file, "\x89NNMPI\r\n", 8);
    if (what & VERSION) put(file + 8, NN_SEAL_VERSION, 4);
    if (what & LENGTH) put(file + 16, size - NN_SEAL_BYTES, 8);
    if (what & HASH) put(file + 24, XXH3_64bits(content, size - NN_SEAL_BYTES), 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const size_t length = size - 1;
    uint8_t *file = (uint8_t *)fuzz_text(data + 1, length), *sealed = NULL;
    if (length >= NN_SEAL_BYTES) make_right(file, length, data[0]);
    const char *path = fuzz_file(file, length);
    nn_status status = nn_seal_verify(path);
    fuzz_check_failure(status);
    if (status == NN_OK) {
        sealed = (uint8_t *)fuzz_text(file, length);
        make_right(sealed, length, ALL);
        fuzz_check(memcmp(file, sealed, length) == 0, "a wrong seal verifies");
        fuzz_check(nn_seal_present(path), "a file verifies that has no seal");
    }
    if (length >= NN_SEAL_BYTES && (data[0] & ALL) == ALL)
        fuzz_check(status == NN_OK, "a right seal does not verify");
    free(sealed);
    free(file);
    return 0;
}
