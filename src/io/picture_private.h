/* picture_private.h: the decoders of picture.c, a file each. A library reports an error by a jump, which
 * stays within that file. */
#ifndef NN_IO_PICTURE_PRIVATE_H
#define NN_IO_PICTURE_PRIVATE_H

#include "io/picture.h"
#include "io/stream.h"

/** Where the pixels go. */
typedef struct {
    nn_picture about; /* as it was described */
    int channels;     /* 1 or 3 */
    unsigned char *pixels;
} nn_canvas;

/** Decodes an image whose first NN_PICTURE_START bytes have been read from the stream already. Describes
 * it in *about; without a canvas that is all. Errors: as nn_picture_read(). */
typedef nn_status nn_picture_decoder(nn_stream *stream, const unsigned char *start,
                                     nn_picture *about, const nn_canvas *canvas);
nn_picture_decoder nn_png_decode, nn_jpeg_decode;

/** Refuses a size that is not positive or too large. Errors: NN_BAD_DATA naming the file. */
nn_status nn_picture_check(const char *path, int64_t height, int64_t width) NN_CHECKED;

/** Refuses an image that is not the one which was described. Errors: NN_BAD_DATA naming the file. */
nn_status nn_canvas_check(const char *path, const nn_canvas *canvas,
                          const nn_picture *about) NN_CHECKED;

/** Converts row `y`: `from` has 1 (gray), 2 (with alpha), 3 or 4 bytes a pixel. */
void nn_canvas_put_row(const nn_canvas *canvas, int64_t y, const unsigned char *from,
                       int from_channels);

#endif
