/* write_png.h: PNG files made by libpng for the tests of what reads them: any type of colours and depth. */
#ifndef NN_TESTS_UNIT_WRITE_PNG_H
#define NN_TESTS_UNIT_WRITE_PNG_H

#ifdef NN_HAS_PNG

#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int width, height;
    int color_type, depth;     /* as libpng has them */
    bool interlaced;
    const uint16_t *samples;   /* (height, width, channels of the type), each below 2^depth */
    const png_color *palette;  /* of PNG_COLOR_TYPE_PALETTE */
    int palette_count;
    const unsigned char *alphas; /* of the palette's first entries; NULL: none */
    int alpha_count;
    int transparent; /* the sample of gray that is transparent; -1: none */
} png_picture;

static inline int png_channels_of(int color_type) {
    if (color_type == PNG_COLOR_TYPE_RGB) return 3;
    if (color_type == PNG_COLOR_TYPE_RGB_ALPHA) return 4;
    return color_type == PNG_COLOR_TYPE_GRAY_ALPHA ? 2 : 1;
}

/* Writes the file; leaves the process where libpng fails, which no test provokes. */
static inline void write_png(const char *path, const png_picture *picture) {
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!file || !info) abort();
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height,
                 picture->depth, picture->color_type,
                 picture->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (picture->palette) png_set_PLTE(png, info, picture->palette, picture->palette_count);
    if (picture->alphas) png_set_tRNS(png, info, picture->alphas, picture->alpha_count, NULL);
    if (picture->transparent >= 0 && !picture->palette) {
        png_color_16 colour = {.gray = (png_uint_16)picture->transparent};
        png_set_tRNS(png, info, NULL, 0, &colour);
    }
    png_write_info(png, info);
    int row_samples = picture->width * png_channels_of(picture->color_type);
    size_t row_bytes = png_get_rowbytes(png, info);
    unsigned char *bytes = calloc((size_t)picture->height, row_bytes);
    png_bytepp rows = calloc((size_t)picture->height, sizeof *rows);
    if (!bytes || !rows) abort();
    for (int y = 0; y < picture->height; y++) {
        rows[y] = bytes + (size_t)y * row_bytes;
        for (int i = 0; i < row_samples; i++) {
            unsigned sample = picture->samples[y * row_samples + i];
            int bit = i * picture->depth;
            if (picture->depth == 16) {
                rows[y][2 * i] = (unsigned char)(sample >> 8);
                rows[y][2 * i + 1] = (unsigned char)sample;
            } else {
                int shift = 8 - picture->depth - bit % 8;
                rows[y][bit / 8] = (unsigned char)(rows[y][bit / 8] | sample << shift);
            }
        }
    }
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(bytes);
    fclose(file);
}

/* 8 bits, gray (channels 1) or colours (3). */
static inline void write_png_bytes(const char *path, int height, int width, int channels,
                                   const unsigned char *pixels) {
    int count = height * width * channels;
    uint16_t *samples = malloc((size_t)count * sizeof *samples);
    if (!samples) abort();
    for (int i = 0; i < count; i++) samples[i] = pixels[i];
    write_png(path, &(png_picture){.width = width,
                                   .height = height,
                                   .color_type = channels == 3 ? PNG_COLOR_TYPE_RGB
                                                               : PNG_COLOR_TYPE_GRAY,
                                   .depth = 8,
                                   .samples = samples,
                                   .transparent = -1});
    free(samples);
}

#endif
#endif
