/* picture.c: images of any kind: which decoder a file wants, and rows of pixels converted to gray or
 * colours, on white where they are transparent. */
#include "io/picture_private.h"

#include <string.h>

static nn_picture_decoder *find_decoder(const unsigned char *start, int64_t count) {
    static const unsigned char png[] = {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};
    static const unsigned char jpeg[] = {0xFF, 0xD8, 0xFF};
    if (count < NN_PICTURE_START) return NULL;
    if (memcmp(start, png, sizeof png) == 0) return nn_png_decode;
    return memcmp(start, jpeg, sizeof jpeg) == 0 ? nn_jpeg_decode : NULL;
}

/* Describes the image and, where there is a canvas, reads it; *is_picture: it is one. */
static nn_status decode(const char *path, bool *is_picture, nn_picture *about,
                        const nn_canvas *canvas) {
    nn_status status = NN_OK;
    nn_stream *stream = NULL;
    unsigned char start[NN_PICTURE_START] = {0};
    int64_t got = 0;
    *is_picture = false;
    *about = (nn_picture){0};
    NN_TRY(nn_stream_open(path, &stream));
    NN_TRY(nn_stream_read(stream, start, sizeof start, &got));
    nn_picture_decoder *decoder = find_decoder(start, got);
    *is_picture = decoder != NULL;
    if (decoder) NN_TRY(decoder(stream, start, about, canvas));
done:
    nn_stream_close(&stream);
    return status;
}

nn_status nn_picture_describe(const char *path, bool *is_picture, nn_picture *out) {
    return decode(path, is_picture, out, NULL);
}

nn_status nn_picture_read(const char *path, const nn_picture *about, int channels,
                          unsigned char *pixels) {
    nn_canvas canvas = {.about = *about, .channels = channels, .pixels = pixels};
    nn_picture now;
    bool is_picture = false;
    nn_status status = decode(path, &is_picture, &now, &canvas);
    if (status == NN_OK && !is_picture)
        status = nn_fail(NN_BAD_DATA, "%s is neither a PNG nor a JPEG image", path);
    return status;
}

nn_status nn_picture_check(const char *path, int64_t height, int64_t width) {
    if (height >= 1 && width >= 1 && height <= NN_PICTURE_SIDE_MAX &&
        width <= NN_PICTURE_SIDE_MAX && height * width <= NN_PICTURE_PIXELS_MAX)
        return NN_OK;
    return nn_fail(NN_BAD_DATA,
                   "%s: its header says %lld x %lld pixels; expected at least 1 and at most %d, %d on a "
                   "side",
                   path, (long long)height, (long long)width, NN_PICTURE_PIXELS_MAX,
                   NN_PICTURE_SIDE_MAX);
}

nn_status nn_canvas_check(const char *path, const nn_canvas *canvas, const nn_picture *about) {
    const nn_picture *then = &canvas->about;
    if (then->height == about->height && then->width == about->width &&
        then->channels == about->channels)
        return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s has changed while it was imported", path);
}

/* Lays a value on white. */
static int on_white(int value, int alpha) {
    return (value * alpha + 255 * (255 - alpha) + 127) / 255;
}

/* 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in 16-bit fixed point, rounded. */
static int gray_of(const int *colours) {
    return (19595 * colours[0] + 38470 * colours[1] + 7471 * colours[2] + 32768) >> 16;
}

void nn_canvas_put_row(const nn_canvas *canvas, int64_t y, const unsigned char *from,
                       int from_channels) {
    int64_t width = canvas->about.width;
    unsigned char *to = canvas->pixels + y * width * canvas->channels;
    bool has_alpha = from_channels == 2 || from_channels == 4;
    int values = from_channels - has_alpha; /* 1 or 3 */
    if (from_channels == canvas->channels) {
        memcpy(to, from, (size_t)(width * from_channels));
        return;
    }
    for (int64_t x = 0; x < width; x++, from += from_channels, to += canvas->channels) {
        int alpha = has_alpha ? from[values] : 255, colours[3];
        for (int i = 0; i < 3; i++) colours[i] = on_white(from[values == 1 ? 0 : i], alpha);
        if (canvas->channels == 1)
            to[0] = (unsigned char)(values == 1 ? colours[0] : gray_of(colours));
        else
            for (int i = 0; i < 3; i++) to[i] = (unsigned char)colours[i];
    }
}
