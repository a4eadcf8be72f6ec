/* test_png.c: PNG images of every kind, against values computed here; damaged ones. */
#include "scratch.h"

#include "io/picture.h"
#include "write_png.h"

#include <zlib.h>

#ifdef NN_HAS_PNG

enum { WIDTH = 11, HEIGHT = 9, PIXELS = WIDTH * HEIGHT };

static nn_status read_picture(const char *path, int channels, unsigned char *pixels) {
    bool is_picture = false;
    nn_picture about;
    nn_status status = nn_picture_describe(path, &is_picture, &about);
    if (status != NN_OK) return status;
    if (!is_picture) return nn_fail(NN_BAD_DATA, "no picture");
    if (about.height * about.width > PIXELS) return nn_fail(NN_BAD_DATA, "too large for the test");
    return nn_picture_read(path, &about, channels, pixels);
}

static int to_8_bits(int sample, int depth) {
    int most = (1 << depth) - 1;
    return (sample * 255 + most / 2) / most;
}

static int laid_on_white(int value, int alpha) {
    return (value * alpha + 255 * (255 - alpha) + 127) / 255;
}

static int gray_of(const int *rgb) {
    return (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16;
}

/* What pixel i of a picture must become. */
static void expect_pixel(const png_picture *picture, int i, int *rgb) {
    int channels = png_channels_of(picture->color_type), value[4], alpha = 255;
    const uint16_t *sample = picture->samples + i * channels;
    for (int c = 0; c < channels; c++) value[c] = to_8_bits(sample[c], picture->depth);
    if (picture->palette) {
        const png_color *colour = &picture->palette[sample[0]];
        rgb[0] = colour->red, rgb[1] = colour->green, rgb[2] = colour->blue;
        if (sample[0] < picture->alpha_count) alpha = picture->alphas[sample[0]];
    } else {
        for (int c = 0; c < 3; c++) rgb[c] = value[channels < 3 ? 0 : c];
        if (channels % 2 == 0) alpha = value[channels - 1];
        if (sample[0] == picture->transparent) alpha = 0;
    }
    for (int c = 0; c < 3; c++) rgb[c] = laid_on_white(rgb[c], alpha);
}

static void check_picture(const png_picture *picture) {
    unsigned char gray[PIXELS], colours[3 * PIXELS];
    const char *path = scratch("a.png");
    bool is_picture = false, has_colours = picture->color_type & PNG_COLOR_MASK_COLOR;
    nn_picture about;
    write_png(path, picture);
    assert_ok(nn_picture_describe(path, &is_picture, &about));
    assert_true(is_picture);
    assert_int_equal(about.width, WIDTH);
    assert_int_equal(about.height, HEIGHT);
    assert_int_equal(about.channels, has_colours ? 3 : 1);
    assert_ok(nn_picture_read(path, &about, 1, gray));
    assert_ok(nn_picture_read(path, &about, 3, colours));
    for (int i = 0; i < PIXELS; i++) {
        int rgb[3];
        expect_pixel(picture, i, rgb);
        for (int c = 0; c < 3; c++)
            if (colours[3 * i + c] != rgb[c])
                fail_msg("type %d, %d bits: pixel %d channel %d is %d, not %d", picture->color_type,
                         picture->depth, i, c, colours[3 * i + c], rgb[c]);
        assert_int_equal(gray[i], has_colours ? gray_of(rgb) : rgb[0]);
    }
}

static const png_color palette[] = {{0, 0, 0}, {255, 0, 0}, {9, 200, 30}, {250, 251, 252}};
static const unsigned char alphas[] = {0, 128};

static void every_kind_is_read(void **state) {
    (void)state;
    static const struct {
        int type, depths[6];
    } kinds[] = {{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}},
                 {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                 {PNG_COLOR_TYPE_RGB, {8, 16}},
                 {PNG_COLOR_TYPE_RGB_ALPHA, {8, 16}},
                 {PNG_COLOR_TYPE_PALETTE, {2, 4, 8}}};
    static uint16_t samples[4 * PIXELS];
    srand(1);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (const int *depth = kinds[k].depths; *depth; depth++)
            for (int variant = 0; variant < 4; variant++) {
                bool indexed = kinds[k].type == PNG_COLOR_TYPE_PALETTE;
                int most = indexed ? 4 : 1 << *depth;
                for (int i = 0; i < 4 * PIXELS; i++) samples[i] = (uint16_t)(rand() % most);
                png_picture picture = {.width = WIDTH,
                                       .height = HEIGHT,
                                       .color_type = kinds[k].type,
                                       .depth = *depth,
                                       .interlaced = variant & 1,
                                       .samples = samples,
                                       .palette = indexed ? palette : NULL,
                                       .palette_count = indexed ? 4 : 0,
                                       .transparent = -1};
                if (variant & 2 && indexed) picture.alphas = alphas, picture.alpha_count = 2;
                if (variant & 2 && kinds[k].type == PNG_COLOR_TYPE_GRAY) picture.transparent = 1;
                check_picture(&picture);
            }
}

/* A small file, whole. */
static char *make_bytes(bool interlaced, size_t *length) {
    static uint16_t samples[4 * PIXELS];
    for (int i = 0; i < 4 * PIXELS; i++) samples[i] = (uint16_t)(i * 7 % 256);
    write_png(scratch("whole.png"), &(png_picture){.width = WIDTH,
                                                   .height = HEIGHT,
                                                   .color_type = PNG_COLOR_TYPE_RGB_ALPHA,
                                                   .depth = 8,
                                                   .interlaced = interlaced,
                                                   .samples = samples,
                                                   .transparent = -1});
    return read_bytes(scratch("whole.png"), length);
}

static void what_is_cut_short_is_refused(void **state) {
    (void)state;
    unsigned char pixels[3 * PIXELS];
    const char *path = scratch("cut.png");
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        size_t length;
        char *bytes = make_bytes(interlaced, &length);
        for (size_t cut = 0; cut < length; cut++) {
            nn_picture about = {HEIGHT, WIDTH, 3};
            write_bytes(path, bytes, cut);
            assert_fails(nn_picture_read(path, &about, 3, pixels), NN_BAD_DATA, "cut.png");
        }
        write_bytes(path, bytes, length);
        assert_ok(read_picture(path, 3, pixels));
        free(bytes);
    }
}

/* Each byte changed, one at a time: a checksum finds it, or it does no harm. */
static void what_is_damaged_does_no_harm(void **state) {
    (void)state;
    unsigned char pixels[3 * PIXELS];
    const char *path = scratch("bad.png");
    size_t length, refused = 0;
    char *bytes = make_bytes(false, &length);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)(bytes[i] ^ 0x55);
        write_bytes(path, bytes, length);
        nn_status status = read_picture(path, 3, pixels);
        if (status != NN_OK) assert_int_equal(status, NN_BAD_DATA);
        refused += status != NN_OK;
        bytes[i] = (char)(bytes[i] ^ 0x55);
    }
    assert_true(refused > length / 2);
    free(bytes);
}

static void sizes_beyond_reason_are_refused(void **state) {
    (void)state;
    /* A header that says 60000 x 60000 pixels, gray, 1 bit; its checksum is right. */
    static const unsigned char large[] = {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0,
                                          13,   'I', 'H', 'D', 'R',  0,    0,    0xEA, 0x60, 0, 0,
                                          0xEA, 0x60, 1,  0,   0,    0,    0};
    const char *path = scratch("large.png");
    bool is_picture;
    nn_picture about;
    unsigned char file[sizeof large + 4 + 12 + 100] = {0};
    memcpy(file, large, sizeof large);
    uLong crc = crc32(crc32(0, NULL, 0), large + 12, sizeof large - 12);
    for (int i = 0; i < 4; i++) file[sizeof large + i] = (unsigned char)(crc >> (24 - 8 * i));
    memcpy(file + sizeof large + 4 + 3, "\x64IDAT", 5);
    write_bytes(path, file, sizeof file);
    assert_fails(nn_picture_describe(path, &is_picture, &about), NN_BAD_DATA, "60000 x 60000");
    file[18] = 0, file[22] = 0; /* 96 x 96 would take more than the file can hold ... */
    file[19] = file[23] = 0xFF; /* ... 255 x 255 too */
    file[18] = file[22] = 0x10; /* 4351 x 4351 bits */
    crc = crc32(crc32(0, NULL, 0), file + 12, sizeof large - 12);
    for (int i = 0; i < 4; i++) file[sizeof large + i] = (unsigned char)(crc >> (24 - 8 * i));
    write_bytes(path, file, sizeof file);
    assert_fails(nn_picture_describe(path, &is_picture, &about), NN_BAD_DATA, "too short");
}

static void other_files_are_no_pictures(void **state) {
    (void)state;
    bool is_picture = true;
    nn_picture about;
    write_string(scratch("text"), "hello, this is text");
    assert_ok(nn_picture_describe(scratch("text"), &is_picture, &about));
    assert_false(is_picture);
    write_string(scratch("text"), "");
    assert_ok(nn_picture_describe(scratch("text"), &is_picture, &about));
    assert_false(is_picture);
    assert_fails(nn_picture_describe(scratch("none"), &is_picture, &about), NN_NO_INPUT, "none");
    about = (nn_picture){HEIGHT, WIDTH, 1}; /* it was, a moment ago */
    unsigned char pixels[3 * PIXELS];
    size_t length;
    free(make_bytes(false, &length));
    assert_fails(nn_picture_read(scratch("whole.png"), &about, 1, pixels), NN_BAD_DATA, "changed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read), cmocka_unit_test(what_is_cut_short_is_refused),
        cmocka_unit_test(what_is_damaged_does_no_harm),
        cmocka_unit_test(sizes_beyond_reason_are_refused),
        cmocka_unit_test(other_files_are_no_pictures)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#else

static void says_what_is_missing(void **state) {
    (void)state;
    bool is_picture;
    nn_picture about;
    write_bytes(scratch("a.png"), "\x89PNG\r\n\x1a\n....", 12);
    assert_fails(nn_picture_describe(scratch("a.png"), &is_picture, &about), NN_BAD_CONFIG,
                 "without libpng");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_is_missing)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#endif
