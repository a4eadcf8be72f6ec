/* picture.h: PNG and JPEG images, as bytes of rows of pixels: gray, or red, green and blue. (An nn_image,
 * io/image.h, is another thing: a file in memory.) All functions are Local. */
#ifndef NN_IO_PICTURE_H
#define NN_IO_PICTURE_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    NN_PICTURE_SIDE_MAX = 65500,       /* pixels: JPEG's own limit */
    NN_PICTURE_PIXELS_MAX = 100000000, /* more is taken for damage, or for a bomb */
    NN_PICTURE_START = 8               /* bytes at the beginning of a file that tell its kind */
};

typedef struct {
    int64_t height, width;
    int channels; /* 1: gray, 3: colours, a palette's too */
} nn_picture;

/** What the header of a file says; *is_picture: it is a PNG or JPEG image at all, by its first bytes.
 * Errors: NN_NO_INPUT, NN_IO; NN_BAD_DATA naming the file where the header is damaged, the image is too
 * large, or of a kind that is refused (CMYK); NN_BAD_CONFIG where nnmpi was built without the library. */
nn_status nn_picture_describe(const char *path, bool *is_picture, nn_picture *out) NN_CHECKED;

/** Reads the pixels, (height, width, channels), of an image that nn_picture_describe() has described;
 * `channels`, 1 or 3, may differ from the file's. 16 bits become 8, what is transparent is laid on white,
 * and gray is made of colours as 0.299 R + 0.587 G + 0.114 B. Profiles of colours, gamma and Exif's
 * orientation are ignored.
 * Errors: NN_BAD_DATA where the file is damaged or cut short, or no longer what it was; as above. */
nn_status nn_picture_read(const char *path, const nn_picture *about, int channels,
                          unsigned char *pixels) NN_CHECKED;

#endif
