/* test_jpeg.c: JPEG images of every kind, against the pixels that were compressed; damaged ones. */
#include "scratch.h"

#include "io/picture.h"
#include "write_jpeg.h"

#ifdef NN_HAS_JPEG

enum { WIDTH = 21, HEIGHT = 18, PIXELS = WIDTH * HEIGHT, TOLERANCE = 14 /* colours are stored at half the resolution */ };

/* A smooth picture, so that halved resolution of colours does not show. */
static void paint(int channels, unsigned char *pixels) {
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < channels; c++)
                pixels[(y * WIDTH + x) * channels + c] =
                    (unsigned char)(c == 0 ? 10 * x + 20 : c == 1 ? 12 * y + 10 : 4 * (x + y) + 40);
}

static void assert_close(int a, int b) {
    if (abs(a - b) > TOLERANCE) fail_msg("%d is not near %d", a, b);
}

static void every_kind_is_read(void **state) {
    (void)state;
    unsigned char painted[3 * PIXELS], gray[PIXELS], colours[3 * PIXELS];
    const char *path = scratch("a.jpg");
    for (int channels = 1; channels <= 3; channels += 2)
        for (int progressive = 0; progressive < 2; progressive++) {
            bool is_picture = false;
            nn_picture about;
            paint(channels, painted);
            write_jpeg(path, HEIGHT, WIDTH, channels, progressive, painted);
            assert_ok(nn_picture_describe(path, &is_picture, &about));
            assert_true(is_picture);
            assert_int_equal(about.height, HEIGHT);
            assert_int_equal(about.width, WIDTH);
            assert_int_equal(about.channels, channels);
            assert_ok(nn_picture_read(path, &about, 1, gray));
            assert_ok(nn_picture_read(path, &about, 3, colours));
            for (int i = 0; i < PIXELS; i++) {
                const unsigned char *from = painted + channels * i, *rgb = colours + 3 * i;
                for (int c = 0; c < 3; c++) assert_close(rgb[c], from[channels == 3 ? c : 0]);
                int mean = (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16;
                assert_int_equal(gray[i], channels == 3 ? mean : rgb[0]);
            }
        }
}

static void cmyk_is_refused(void **state) {
    (void)state;
    static unsigned char painted[4 * PIXELS];
    bool is_picture;
    nn_picture about;
    write_jpeg(scratch("cmyk.jpg"), HEIGHT, WIDTH, 4, false, painted);
    assert_fails(nn_picture_describe(scratch("cmyk.jpg"), &is_picture, &about), NN_BAD_DATA, "CMYK");
}

static void what_is_cut_short_is_refused(void **state) {
    (void)state;
    unsigned char painted[3 * PIXELS], pixels[3 * PIXELS];
    const char *path = scratch("cut.jpg");
    paint(3, painted);
    for (int progressive = 0; progressive < 2; progressive++) {
        size_t length;
        write_jpeg(scratch("whole.jpg"), HEIGHT, WIDTH, 3, progressive, painted);
        char *bytes = read_bytes(scratch("whole.jpg"), &length);
        for (size_t cut = 0; cut < length; cut++) {
            nn_picture about = {HEIGHT, WIDTH, 3};
            write_bytes(path, bytes, cut);
            assert_fails(nn_picture_read(path, &about, 3, pixels), NN_BAD_DATA, "cut.jpg");
        }
        free(bytes);
    }
}

/* Each byte changed, one at a time: JPEG has no checksums, but nothing worse than other pixels comes out. */
static void what_is_damaged_does_no_harm(void **state) {
    (void)state;
    unsigned char painted[3 * PIXELS], pixels[3 * PIXELS];
    const char *path = scratch("bad.jpg");
    size_t length, refused = 0;
    paint(3, painted);
    write_jpeg(path, HEIGHT, WIDTH, 3, false, painted);
    char *bytes = read_bytes(path, &length);
    for (size_t i = 0; i < length; i++) {
        nn_picture about = {HEIGHT, WIDTH, 3};
        bytes[i] = (char)(bytes[i] ^ 0xFF);
        write_bytes(path, bytes, length);
        nn_status status = nn_picture_read(path, &about, 3, pixels);
        if (status != NN_OK) assert_int_equal(status, NN_BAD_DATA);
        refused += status != NN_OK;
        bytes[i] = (char)(bytes[i] ^ 0xFF);
    }
    assert_true(refused > 20);
    free(bytes);
}

static void a_size_beyond_reason_is_refused(void **state) {
    (void)state;
    unsigned char painted[PIXELS];
    size_t length;
    bool is_picture;
    nn_picture about;
    paint(1, painted);
    write_jpeg(scratch("large.jpg"), HEIGHT, WIDTH, 1, false, painted);
    char *bytes = read_bytes(scratch("large.jpg"), &length);
    for (size_t i = 0; i + 8 < length; i++) /* the frame: marker, length, 8 bits, height, width */
        if ((unsigned char)bytes[i] == 0xFF && (unsigned char)bytes[i + 1] == 0xC0)
            memcpy(bytes + i + 5, "\xEA\x60\xEA\x60", 4);
    write_bytes(scratch("large.jpg"), bytes, length);
    free(bytes);
    assert_fails(nn_picture_describe(scratch("large.jpg"), &is_picture, &about), NN_BAD_DATA,
                 "60000 x 60000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read), cmocka_unit_test(cmyk_is_refused),
        cmocka_unit_test(what_is_cut_short_is_refused),
        cmocka_unit_test(what_is_damaged_does_no_harm),
        cmocka_unit_test(a_size_beyond_reason_is_refused)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#else

static void says_what_is_missing(void **state) {
    (void)state;
    bool is_picture;
    nn_picture about;
    write_bytes(scratch("a.jpg"), "\xFF\xD8\xFF\xE0........", 12);
    assert_fails(nn_picture_describe(scratch("a.jpg"), &is_picture, &about), NN_BAD_CONFIG,
                 "without libjpeg");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_is_missing)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#endif
