/* fuzz_jpeg.c: JPEG images. */
#include "picture.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

int fuzz_target(const uint8_t *data, size_t size) {
    return fuzz_picture(data, size);
}
