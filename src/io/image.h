/* image.h: a whole file in memory: made there by HDF5, sealed, and then published at once. All
 * functions are Local. */
#ifndef NN_IO_IMAGE_H
#define NN_IO_IMAGE_H

#include "util/status.h"

#include <stdint.h>

/** Zeros are an empty one. Its memory is kept from file to file, so that the pages of a next one are
 * there already. */
typedef struct {
    char *bytes;
    int64_t length; /* of the file */
    int64_t room;   /* of the memory */
} nn_image;

/** Makes room for `bytes`; what it held is kept. Errors: NN_INTERNAL naming `what`. */
nn_status nn_image_reserve(nn_image *image, const char *what, int64_t bytes) NN_CHECKED;

/** Fills in the seal, NN_SEAL_BYTES that were left free in front (io/publish.h).
 * Errors: NN_INTERNAL where there is no room for one. */
nn_status nn_image_seal(nn_image *image) NN_CHECKED;

/** Publishes it as the file `path`. Errors: those of nn_publish_begin() and nn_publish_finish(). */
nn_status nn_image_publish(const nn_image *image, const char *path) NN_CHECKED;

/** Releases its memory. */
void nn_image_release(nn_image *image);

#endif
