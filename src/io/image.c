/* image.c: a whole file in memory. Sealing and publishing it need no HDF5, so that any thread can. */
#include "io/image.h"

#include "io/publish.h"

#include <stdlib.h>

nn_status nn_image_reserve(nn_image *image, const char *what, int64_t bytes) {
    if (bytes <= image->room) return NN_OK;
    char *more = realloc(image->bytes, (size_t)bytes);
    if (!more)
        return nn_fail(NN_INTERNAL, "out of memory: %s needs %lld bytes", what, (long long)bytes);
    image->bytes = more;
    image->room = bytes;
    return NN_OK;
}

nn_status nn_image_publish(const nn_image *image, const char *path) {
    return nn_publish_bytes(path, image->bytes, image->length);
}

void nn_image_release(nn_image *image) {
    free(image->bytes);
    *image = (nn_image){0};
}
