/* jpeg.c: JPEG images, by libjpeg or libjpeg-turbo, which nnmpi can be built without: gray and colours of
 * 8 bits, progressive or not. libjpeg only warns of missing and damaged data, and makes something up; here
 * that is an error. */
#include "io/picture_private.h"

#ifdef NN_HAS_JPEG

#include "util/memory.h"

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

enum { PIECE_BYTES = 1 << 14, SCANS_MAX = 500 /* more are made to take time alone */ };

/* All that must outlive a jump out of libjpeg. */
typedef struct {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    nn_stream *stream;
    const unsigned char *start;
    const nn_canvas *canvas;
    nn_picture *about;
    unsigned char *row, piece[PIECE_BYTES];
    nn_status status; /* of what failed outside of libjpeg; its message is set */
    char message[JMSG_LENGTH_MAX];
} decoder;

/* Leaves libjpeg with the message that it has at hand. */
static void leave(j_common_ptr info) {
    decoder *self = info->client_data;
    info->err->format_message(info, self->message);
    if (info->err->msg_code == JERR_OUT_OF_MEMORY)
        self->status = nn_fail(NN_INTERNAL, "out of memory: reading an image");
    longjmp(self->jump, 1);
}

static void leave_with(decoder *self, nn_status status, const char *message) {
    self->status = status;
    snprintf(self->message, sizeof self->message, "%s", message);
    longjmp(self->jump, 1);
}

/* Warnings of what does not touch pixels are ignored. */
static void take_message(j_common_ptr info, int level) {
    int code = info->err->msg_code;
    bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM ||
                    code == JWRN_JFIF_MAJOR || code == JWRN_TOO_MUCH_DATA;
    if (level < 0 && !harmless) leave(info);
}

static void start_source(j_decompress_ptr info) {
    (void)info;
}

static boolean fill_source(j_decompress_ptr info) {
    decoder *self = info->client_data;
    int64_t got = 0;
    nn_status status = nn_stream_read(self->stream, self->piece, PIECE_BYTES, &got);
    if (status != NN_OK || got == 0) leave_with(self, status, "it ends too early");
    self->source.next_input_byte = self->piece;
    self->source.bytes_in_buffer = (size_t)got;
    return TRUE;
}

static void skip_source(j_decompress_ptr info, long count) {
    decoder *self = info->client_data;
    while (count > (long)self->source.bytes_in_buffer) {
        count -= (long)self->source.bytes_in_buffer;
        fill_source(info);
    }
    if (count <= 0) return;
    self->source.next_input_byte += count;
    self->source.bytes_in_buffer -= (size_t)count;
}

static void end_source(j_decompress_ptr info) {
    (void)info;
}

static void watch(j_common_ptr info) {
    decoder *self = info->client_data;
    if (self->info.input_scan_number > SCANS_MAX)
        leave_with(self, NN_OK, "it has more than 500 scans");
}

static void connect(decoder *self) {
    self->source = (struct jpeg_source_mgr){.next_input_byte = self->start,
                                            .bytes_in_buffer = NN_PICTURE_START,
                                            .init_source = start_source,
                                            .fill_input_buffer = fill_source,
                                            .skip_input_data = skip_source,
                                            .resync_to_restart = jpeg_resync_to_restart,
                                            .term_source = end_source};
    self->progress.progress_monitor = watch;
    self->info.src = &self->source;
    self->info.progress = &self->progress;
}

static void describe(decoder *self) {
    const char *path = nn_stream_path(self->stream);
    jpeg_read_header(&self->info, TRUE);
    J_COLOR_SPACE space = self->info.jpeg_color_space;
    bool colours = space == JCS_YCbCr || space == JCS_RGB;
    if (space != JCS_GRAYSCALE && !colours)
        leave_with(self,
                   nn_fail(NN_BAD_DATA,
                           "%s is a JPEG image in %s, which nnmpi does not read; convert it to RGB",
                           path, self->info.num_components == 4 ? "CMYK" : "an unknown space of colours"),
                   "");
    if (self->info.data_precision != 8)
        leave_with(self,
                   nn_fail(NN_BAD_DATA, "%s is a JPEG image of %d bits; nnmpi reads those of 8", path,
                           self->info.data_precision),
                   "");
    *self->about = (nn_picture){.height = self->info.image_height,
                                .width = self->info.image_width,
                                .channels = colours ? 3 : 1};
    nn_status status = nn_picture_check(path, self->about->height, self->about->width);
    if (status != NN_OK) leave_with(self, status, "");
}

static void read_pixels(decoder *self) {
    int channels = self->about->channels;
    nn_status status = nn_canvas_check(nn_stream_path(self->stream), self->canvas, self->about);
    if (status == NN_OK)
        status = nn_allocate("a row of an image", self->about->width, (size_t)channels, &self->row);
    if (status != NN_OK) leave_with(self, status, "");
    self->info.out_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_start_decompress(&self->info);
    while (self->info.output_scanline < self->info.output_height) {
        int64_t y = self->info.output_scanline;
        JSAMPROW row = self->row;
        if (jpeg_read_scanlines(&self->info, &row, 1) != 1)
            leave_with(self, NN_OK, "it ends too early");
        nn_canvas_put_row(self->canvas, y, self->row, channels);
    }
    jpeg_finish_decompress(&self->info);
}

/* False where it fails. */
static bool run(decoder *self) {
    self->info.err = jpeg_std_error(&self->errors);
    self->errors.error_exit = leave;
    self->errors.emit_message = take_message;
    self->info.client_data = self;
    if (setjmp(self->jump)) return false;
    jpeg_create_decompress(&self->info);
    connect(self);
    describe(self);
    if (self->canvas) read_pixels(self);
    return true;
}

nn_status nn_jpeg_decode(nn_stream *stream, const unsigned char *start, nn_picture *about,
                         const nn_canvas *canvas) {
    decoder *self = NULL;
    nn_status status = nn_allocate("a decoder", 1, sizeof *self, &self);
    if (status != NN_OK) return status;
    self->stream = stream;
    self->start = start;
    self->canvas = canvas;
    self->about = about;
    if (!run(self))
        status = self->status != NN_OK ? self->status
                                       : nn_fail(NN_BAD_DATA, "%s is damaged or cut short: %s",
                                                 nn_stream_path(stream), self->message);
    jpeg_destroy_decompress(&self->info);
    free(self->row);
    free(self);
    return status;
}

#else

nn_status nn_jpeg_decode(nn_stream *stream, const unsigned char *start, nn_picture *about,
                         const nn_canvas *canvas) {
    (void)start, (void)about, (void)canvas;
    return nn_fail(NN_BAD_CONFIG,
                   "cannot read %s: this nnmpi was built without libjpeg; build it again where "
                   "libjpeg-dev is installed",
                   nn_stream_path(stream));
}

#endif
