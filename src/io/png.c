/* png.c: PNG images, by libpng, which nnmpi can be built without: gray, colours and palettes of 1 to 16
 * bits, with or without transparency, interlaced or not. */
#include "io/picture_private.h"

#ifdef NN_HAS_PNG

#include "util/memory.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

/* All that must outlive a jump out of libpng. */
typedef struct {
    nn_stream *stream;
    const nn_canvas *canvas;
    nn_picture *about;
    png_structp png;
    png_infop info;
    unsigned char *rows; /* the whole image where it is interlaced, otherwise one row */
    nn_status status;    /* of what failed outside of libpng; its message is set */
    char message[128];   /* of libpng */
} decoder;

static void keep_error(png_structp png, png_const_charp text) {
    decoder *self = png_get_error_ptr(png);
    snprintf(self->message, sizeof self->message, "%s", text);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
    (void)png, (void)text;
}

/* Leaves libpng with a status whose message is set. */
static void leave(png_structp png, nn_status status) {
    decoder *self = png_get_error_ptr(png);
    self->status = status;
    if (status != NN_OK) png_longjmp(png, 1);
}

static void fetch(png_structp png, png_bytep data, size_t length) {
    decoder *self = png_get_io_ptr(png);
    int64_t got = 0;
    leave(png, nn_stream_read(self->stream, data, (int64_t)length, &got));
    if (got < (int64_t)length) png_error(png, "it ends too early");
}

/* Nothing that a file holds is longer than what could come out of it, whatever a chunk says of its length. */
static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
    enum { BESIDES = 1 << 20 }; /* for libpng and zlib themselves */
    decoder *self = png_get_mem_ptr(png);
    if ((int64_t)size - BESIDES > nn_inflated_most(nn_stream_most(self->stream))) return NULL;
    void *memory = malloc(size);
    if (!memory) self->status = nn_fail(NN_INTERNAL, "out of memory: reading an image");
    return memory;
}

static void give_memory(png_structp png, png_voidp memory) {
    (void)png;
    free(memory);
}

static void describe(decoder *self) {
    const char *path = nn_stream_path(self->stream);
    png_set_sig_bytes(self->png, NN_PICTURE_START);
    png_read_info(self->png, self->info);
    *self->about = (nn_picture){
        .height = png_get_image_height(self->png, self->info),
        .width = png_get_image_width(self->png, self->info),
        .channels = png_get_color_type(self->png, self->info) & PNG_COLOR_MASK_COLOR ? 3 : 1};
    leave(self->png, nn_picture_check(path, self->about->height, self->about->width));
    int64_t row = (int64_t)png_get_rowbytes(self->png, self->info); /* as it is in the file */
    if (row > nn_inflated_most(nn_stream_most(self->stream)) / self->about->height)
        png_error(self->png, "it is too short for its size in pixels");
}

/* Reads the pixels as 8 bits of gray or colours, with alpha where there is some. */
static void read_pixels(decoder *self) {
    png_structp png = self->png;
    png_set_expand(png); /* palettes to colours, 1 to 4 bits to 8, a transparent colour to alpha */
    png_set_scale_16(png);
    bool interlaced = png_set_interlace_handling(png) > 1;
    png_read_update_info(png, self->info);
    int channels = png_get_channels(png, self->info);
    size_t row = png_get_rowbytes(png, self->info);
    int64_t height = self->about->height;
    if (row != (size_t)self->about->width * (size_t)channels || channels > 4)
        png_error(png, "its rows have an unexpected length");
    leave(png, nn_allocate("the rows of an image", interlaced ? height : 1, row, &self->rows));
    for (int64_t y = 0; !interlaced && y < height; y++) {
        png_read_row(png, self->rows, NULL);
        nn_canvas_put_row(self->canvas, y, self->rows, channels);
    }
    for (int pass = 0; interlaced && pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        for (int64_t y = 0; y < height; y++)
            png_read_row(png, self->rows + (size_t)y * row, NULL);
    for (int64_t y = 0; interlaced && y < height; y++)
        nn_canvas_put_row(self->canvas, y, self->rows + (size_t)y * row, channels);
    png_read_end(png, NULL);
}

/* False where it fails; what was allocated is in *self. */
static bool run(decoder *self) {
    if (setjmp(png_jmpbuf(self->png))) return false;
    self->info = png_create_info_struct(self->png);
    if (!self->info) return false;
    png_set_user_limits(self->png, NN_PICTURE_SIDE_MAX, NN_PICTURE_SIDE_MAX);
    png_set_chunk_malloc_max(self->png, 1 << 24); /* for texts and profiles: skipped beyond */
    png_set_read_fn(self->png, self, fetch);
    describe(self);
    if (!self->canvas) return true;
    leave(self->png, nn_canvas_check(nn_stream_path(self->stream), self->canvas, self->about));
    read_pixels(self);
    return true;
}

nn_status nn_png_decode(nn_stream *stream, const unsigned char *start, nn_picture *about,
                        const nn_canvas *canvas) {
    decoder self = {.stream = stream, .canvas = canvas, .about = about};
    (void)start; /* libpng takes it as read */
    self.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &self, keep_error, ignore_warning,
                                        &self, take_memory, give_memory);
    bool done = self.png && run(&self);
    if (self.png) png_destroy_read_struct(&self.png, &self.info, NULL);
    free(self.rows);
    if (done) return NN_OK;
    if (self.status != NN_OK) return self.status;
    return nn_fail(NN_BAD_DATA, "%s is damaged or cut short: %s", nn_stream_path(stream),
                   self.message[0] ? self.message : "libpng does not read it");
}

#else

nn_status nn_png_decode(nn_stream *stream, const unsigned char *start, nn_picture *about,
                        const nn_canvas *canvas) {
    (void)start, (void)about, (void)canvas;
    return nn_fail(NN_BAD_CONFIG,
                   "cannot read %s: this nnmpi was built without libpng; build it again where "
                   "libpng-dev is installed",
                   nn_stream_path(stream));
}

#endif
