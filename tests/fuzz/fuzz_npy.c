/* fuzz_npy.c: NPY files. */
#include "array.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return fuzz_array(data, size, nn_npy_header);
}
