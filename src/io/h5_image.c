/* h5_image.c: HDF5 files that are made in memory, by HDF5's core driver without a file behind it. The
 * driver asks for its memory through callbacks, which give it the image's, so that nothing is copied
 * when it is done. */
#include "io/h5_private.h"

#include <stdlib.h>

enum { INCREMENT = 1 << 20 }; /* bytes by which the driver makes the file longer */

static void *give(size_t bytes, H5FD_file_image_op_t why, void *context) {
    (void)why;
    nn_image *image = context;
    if ((int64_t)bytes > image->room) {
        int64_t room = 2 * image->room > (int64_t)bytes ? 2 * image->room : (int64_t)bytes;
        if (nn_image_reserve(image, "a file in memory", room) != NN_OK) return NULL;
    }
    return image->bytes;
}

static void *give_more(void *old, size_t bytes, H5FD_file_image_op_t why, void *context) {
    (void)old; /* the image's, wherever that is now */
    return give(bytes, why, context);
}

/* The image keeps it. */
static herr_t keep(void *bytes, H5FD_file_image_op_t why, void *context) {
    (void)bytes, (void)why, (void)context;
    return 0;
}

static void *same_context(void *context) {
    return context;
}

static herr_t keep_context(void *context) {
    (void)context;
    return 0;
}

bool nn_h5_use_image(hid_t access_properties, nn_image *image) {
    H5FD_file_image_callbacks_t calls = {.image_malloc = give,
                                         .image_realloc = give_more,
                                         .image_free = keep,
                                         .udata_copy = same_context,
                                         .udata_free = keep_context,
                                         .udata = image};
    image->length = 0;
    return H5Pset_fapl_core(access_properties, INCREMENT, false) >= 0 &&
           H5Pset_file_image_callbacks(access_properties, &calls) >= 0;
}

/* The driver's memory is longer than the file; HDF5 tells the length of what follows the user block. */
bool nn_h5_measure_image(nn_h5 *file) {
    hsize_t user_block = 0;
    hid_t creation = H5Fget_create_plist(file->id);
    ssize_t length = H5Fget_file_image(file->id, NULL, 0);
    bool known = creation >= 0 && H5Pget_userblock(creation, &user_block) >= 0 && length >= 0;
    if (creation >= 0) H5Pclose(creation);
    if (known) file->image->length = (int64_t)user_block + (int64_t)length;
    return known && file->image->length <= file->image->room;
}
