/* write_jpeg.h: JPEG files made by libjpeg for the tests of what reads them. */
#ifndef NN_TESTS_UNIT_WRITE_JPEG_H
#define NN_TESTS_UNIT_WRITE_JPEG_H

#ifdef NN_HAS_JPEG

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

/* Writes (height, width, channels) bytes: 1 channel is gray, 3 are RGB, 4 CMYK. */
static inline void write_jpeg(const char *path, int height, int width, int channels,
                              bool progressive, const unsigned char *pixels) {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "wb");
    if (!file) abort();
    info.err = jpeg_std_error(&errors); /* leaves the process, which no test provokes */
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = channels;
    info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    if (progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + y * width * channels);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    fclose(file);
}

#endif
#endif
