/* resize.h: an image brought to another size. */
#ifndef NN_DATA_RESIZE_H
#define NN_DATA_RESIZE_H

#include "util/status.h"

#include <stdint.h>

/** The size of an image whose pixels have `channels` bytes each. */
typedef struct {
    int64_t height, width;
} nn_image_size;

/** Resizes `from` into `to`, each axis by itself: one that shrinks takes the mean over the area that
 * becomes a pixel; one that grows is interpolated linearly between the pixels' centres. Local.
 * Errors: NN_INTERNAL (out of memory). */
nn_status nn_resize(const unsigned char *from, nn_image_size from_size, int channels,
                    nn_image_size to_size, unsigned char *to) NN_CHECKED;

#endif
