/* picture.h: an image up to its pixels, gray and in colours, for fuzz_png.c and fuzz_jpeg.c. */
#ifndef NN_TESTS_FUZZ_PICTURE_H
#define NN_TESTS_FUZZ_PICTURE_H

#include "fuzz.h"

#include "io/picture.h"

#include <stdlib.h>

/** Describes the image and, unless it is large, which would only take time, reads it. */
static inline int fuzz_picture(const uint8_t *data, size_t size) {
    enum { PIXELS_MAX = 1 << 16 };
    nn_picture about;
    bool is_picture = false;
    fuzz_input(data, size);
    nn_status status = nn_picture_describe("input", &is_picture, &about);
    fuzz_check_failure(status);
    if (status != NN_OK || !is_picture) return 0;
    fuzz_check(about.height >= 1 && about.width >= 1, "an image without pixels");
    fuzz_check(about.channels == 1 || about.channels == 3, "channels");
    if (about.height * about.width > PIXELS_MAX) return 0;
    for (int channels = 1; channels <= 3; channels += 2) {
        unsigned char *pixels = malloc((size_t)(about.height * about.width * channels));
        fuzz_check(pixels != NULL, "out of memory");
        fuzz_check_failure(nn_picture_read("input", &about, channels, pixels));
        free(pixels);
    }
    return 0;
}

#endif
