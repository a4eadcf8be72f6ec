/* test_import_images.c: dataset files from folders of images: what comes out, and what is refused. */
#include "imported.h"

#include "data/resize.h"
#include "write_png.h"

static void sizes_are_brought_to_one(void **state) {
    (void)state;
    static const unsigned char gray[] = {10, 20, 30, 40, 50, 60, 70, 80}; /* (2, 4) */
    unsigned char to[64];
    assert_ok(nn_resize(gray, (nn_image_size){2, 4}, 1, (nn_image_size){2, 4}, to));
    assert_memory_equal(to, gray, sizeof gray);
    assert_ok(nn_resize(gray, (nn_image_size){2, 4}, 1, (nn_image_size){1, 2}, to));
    assert_memory_equal(to, ((unsigned char[]){35, 55}), 2); /* means over 2 x 2 */
    assert_ok(nn_resize(gray, (nn_image_size){2, 4}, 1, (nn_image_size){2, 3}, to));
    /* 4/3 pixels each: (10 + 20/3) * 3/4, (20 * 2/3 + 30 * 2/3) * 3/4, (30/3 + 40) * 3/4 */
    assert_memory_equal(to, ((unsigned char[]){13, 25, 38, 53, 65, 78}), 6);
    assert_ok(nn_resize(gray, (nn_image_size){2, 4}, 1, (nn_image_size){4, 4}, to));
    /* centres at -0.25, 0.25, 0.75, 1.25 of the rows */
    assert_memory_equal(to, ((unsigned char[]){10, 20, 30, 40, 20, 30, 40, 50, 40, 50, 60, 70, 50, 60,
                                               70, 80}), 16);
    static const unsigned char colours[] = {0, 100, 200, 100, 200, 0}; /* (1, 2, 3) */
    assert_ok(nn_resize(colours, (nn_image_size){1, 2}, 3, (nn_image_size){1, 1}, to));
    assert_memory_equal(to, ((unsigned char[]){50, 150, 100}), 3);
    unsigned char white[100];
    memset(white, 255, sizeof white);
    unsigned char large[23 * 29];
    assert_ok(nn_resize(white, (nn_image_size){10, 10}, 1, (nn_image_size){23, 29}, large));
    for (size_t i = 0; i < sizeof large; i++) assert_int_equal(large[i], 255);
    assert_ok(nn_resize(white, (nn_image_size){10, 10}, 1, (nn_image_size){3, 7}, to));
    for (int i = 0; i < 21; i++) assert_int_equal(to[i], 255);
}

#ifdef NN_HAS_PNG

/* A fresh folder `images` with the folders of a text such as "cats dogs". */
static void make_folders(const char *names) {
    char copy[128], *rest = copy;
    scratch_clear(AT_FDCWD, scratch("images"));
    assert_int_equal(mkdir(scratch("images"), 0777), 0);
    snprintf(copy, sizeof copy, "%s", names);
    for (char *name; (name = strtok_r(rest, " ", &rest));) {
        char path[600];
        snprintf(path, sizeof path, "%.400s/images/%.64s", scratch_folder, name);
        assert_int_equal(mkdir(path, 0777), 0);
    }
}

static const char *image_path(const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%.400s/images/%.64s", scratch_folder, name);
    return path;
}

/* A gray image whose pixels are `first`, `first` + 1 ... */
static void put_gray(const char *name, int height, int width, int first) {
    unsigned char pixels[64];
    for (int i = 0; i < height * width; i++) pixels[i] = (unsigned char)(first + i);
    write_png_bytes(image_path(name), height, width, 1, pixels);
}

static nn_status import_with(nn_import_images_options images, nn_import_options options) {
    images.folder = scratch("images");
    options.output = scratch("out.h5");
    return nn_import_images(&images, &options);
}

static nn_status import_plain(void) {
    return import_with((nn_import_images_options){0}, (nn_import_options){0});
}

/* Six images of two classes; the first pixel tells image and class: 10, 20, 30 and 110, 120, 130. */
static void make_two_classes(void) {
    static const char *const classes[] = {"cats", "dogs"};
    make_folders("cats dogs");
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/%d.png", classes[i / 3], i % 3);
        put_gray(name, 2, 2, 100 * (i / 3) + 10 * (i % 3 + 1));
    }
}

/* The files that the images of a group of make_two_classes() are from, by their pixels. */
static void assert_files(nn_h5 *file, const char *group, int64_t rows) {
    char path[32], expected[256] = "";
    int32_t x[24];
    snprintf(path, sizeof path, "/%s/x", group);
    assert_ok(nn_h5_read(file, path, NN_H5_I32, 4 * rows, x));
    for (int64_t i = 0; i < rows; i++)
        sprintf(expected + strlen(expected), "%s%s/%d.png", i ? "|" : "", x[4 * i] < 100 ? "cats" : "dogs",
                (int)(x[4 * i] % 100 / 10 - 1));
    snprintf(path, sizeof path, "/%s/files", group);
    assert_string_equal(joined_rows(file, path), expected);
}

static void classes_are_mixed_but_keep_their_images(void **state) {
    (void)state;
    int32_t x[24], y[6], seen = 0, changes = 0;
    make_two_classes();
    assert_ok(import_plain());
    nn_h5 *file = take_output();
    assert_texts(file, "class_names", "cats|dogs");
    nn_h5_info info;
    assert_ok(nn_h5_describe(file, "/train/x", &info));
    assert_true(nn_shape_equal(info.shape, (nn_shape){4, {6, 2, 2, 1}}));
    assert_int_equal(info.bytes, 1);
    assert_ok(nn_h5_read(file, "/train/x", NN_H5_I32, 24, x));
    assert_ok(nn_h5_read(file, "/train/y", NN_H5_I32, 6, y));
    for (int i = 0; i < 6; i++) {
        int first = x[4 * i];
        assert_int_equal(y[i], first >= 100);
        for (int k = 0; k < 4; k++) assert_int_equal(x[4 * i + k], first + k);
        seen |= 1 << (3 * y[i] + first % 100 / 10 - 1);
        changes += i > 0 && y[i] != y[i - 1];
    }
    assert_int_equal(seen, 63); /* each once */
    assert_true(changes > 1);
    assert_files(file, "train", 6);
    assert_ok(nn_h5_close(&file));
}

static void a_fraction_goes_to_test(void **state) {
    (void)state;
    int32_t y[6];
    make_two_classes();
    assert_ok(import_with((nn_import_images_options){0}, (nn_import_options){.test_fraction = 0.34}));
    nn_h5 *file = take_output();
    assert_ok(nn_h5_read(file, "/train/y", NN_H5_I32, 4, y));
    assert_ok(nn_h5_read(file, "/test/y", NN_H5_I32, 2, y));
    assert_true(y[0] <= y[1]); /* sorted */
    assert_files(file, "train", 4);
    assert_files(file, "test", 2);
    assert_ok(nn_h5_close(&file));
}

static void groups_may_be_folders(void **state) {
    (void)state;
    make_folders("train train/b train/a test test/b val val/a val/b");
    put_gray("train/a/1.png", 1, 2, 1);
    put_gray("train/b/1.png", 1, 2, 11);
    put_gray("test/b/1.png", 1, 2, 21);
    put_gray("val/a/1.png", 1, 2, 31);
    put_gray("val/b/1.png", 1, 2, 41);
    assert_ok(import_plain());
    nn_h5 *file = take_output();
    assert_texts(file, "class_names", "a|b");
    assert_integers(file, "/test/x", 1, (nn_shape){4, {1, 1, 2, 1}}, (int32_t[]){21, 22});
    assert_integers(file, "/test/y", 4, (nn_shape){1, {1}}, (int32_t[]){1});
    assert_integers(file, "/validation/x", 1, (nn_shape){4, {2, 1, 2, 1}}, (int32_t[]){31, 32, 41, 42});
    assert_integers(file, "/validation/y", 4, (nn_shape){1, {2}}, (int32_t[]){0, 1});
    assert_string_equal(joined_rows(file, "/test/files"), "test/b/1.png");
    assert_string_equal(joined_rows(file, "/validation/files"), "val/a/1.png|val/b/1.png");
    assert_ok(nn_h5_close(&file));
    assert_fails(import_with((nn_import_images_options){0}, (nn_import_options){.test_fraction = 0.5}),
                 NN_USAGE, "test fraction");
    assert_fails(import_with((nn_import_images_options){0}, (nn_import_options){.group = "test"}),
                 NN_USAGE, "--group");
    assert_int_equal(mkdir(image_path("valid"), 0777), 0);
    assert_fails(import_plain(), NN_BAD_DATA, "are both a folder of /validation");
    make_folders("train train/a test test/c");
    put_gray("train/a/1.png", 1, 2, 1);
    put_gray("test/c/1.png", 1, 2, 21);
    assert_fails(import_plain(), NN_BAD_DATA, "'c' is no class");
    make_folders("train test plane"); /* classes, since plane is no group */
    put_gray("train/1.png", 1, 2, 1);
    put_gray("test/1.png", 1, 2, 11);
    put_gray("plane/1.png", 1, 2, 21);
    assert_ok(import_plain());
    file = take_output();
    assert_texts(file, "class_names", "plane|test|train");
    assert_ok(nn_h5_close(&file));
}

static void images_must_be_alike(void **state) {
    (void)state;
    make_two_classes();
    put_gray("dogs/3.png", 2, 3, 50);
    assert_fails(import_plain(), NN_BAD_DATA, "dogs/3.png has 2 x 3 pixels");
    assert_non_null(strstr(nn_message(), "cats/0.png has 2 x 2"));
    assert_leaves_nothing("out.h5");
    assert_ok(import_with((nn_import_images_options){.height = 1, .width = 1}, (nn_import_options){0}));
    nn_h5 *file = take_output();
    nn_h5_info info;
    assert_ok(nn_h5_describe(file, "/train/x", &info));
    assert_true(nn_shape_equal(info.shape, (nn_shape){4, {7, 1, 1, 1}}));
    assert_ok(nn_h5_close(&file));

    make_two_classes();
    static const unsigned char colours[12] = {10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40};
    write_png_bytes(image_path("dogs/3.png"), 2, 2, 3, colours);
    assert_fails(import_plain(), NN_BAD_DATA, "dogs/3.png is in colours, but");
    assert_non_null(strstr(nn_message(), "cats/0.png is in gray"));
    for (int channels = 1; channels <= 3; channels += 2) {
        assert_ok(import_with((nn_import_images_options){.channels = channels}, (nn_import_options){0}));
        file = take_output();
        assert_ok(nn_h5_describe(file, "/train/x", &info));
        assert_true(nn_shape_equal(info.shape, (nn_shape){4, {7, 2, 2, channels}}));
        assert_ok(nn_h5_close(&file));
    }
}

static void one_class_is_noted(void **state) {
    (void)state;
    nn_text notes = {0};
    make_folders("cats");
    put_gray("cats/1.png", 2, 2, 1);
    assert_ok(import_with((nn_import_images_options){0}, (nn_import_options){.notes = &notes}));
    assert_non_null(strstr(notes.bytes, "images holds one folder, 'cats': one class, so there is nothing to tell apart"));
    nn_text_free(&notes);
    nn_h5 *file = take_output();
    assert_ok(nn_h5_close(&file));
    make_two_classes();
    assert_ok(import_with((nn_import_images_options){0}, (nn_import_options){.notes = &notes}));
    assert_null(notes.bytes);
    file = take_output();
    assert_ok(nn_h5_close(&file));
}

static void what_is_no_image_is_told_apart(void **state) {
    (void)state;
    nn_text notes = {0};
    make_two_classes();
    write_string(image_path("cats/notes.txt"), "text");
    write_string(image_path("README"), "text");
    write_string(image_path("cats/.hidden.png"), "text");
    assert_ok(import_with((nn_import_images_options){0}, (nn_import_options){.notes = &notes}));
    assert_non_null(strstr(notes.bytes, "2 files are no PNG or JPEG image and left out: the first is"));
    assert_non_null(strstr(notes.bytes, "images/README"));
    nn_text_free(&notes);
    nn_h5 *file = take_output();
    assert_ok(nn_h5_close(&file));
    write_string(image_path("cats/bad.JPG"), "text");
    assert_fails(import_plain(), NN_BAD_DATA, "cats/bad.JPG is neither");
    unlink(image_path("cats/bad.JPG"));
    write_bytes(image_path("cats/cut.png"), "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    assert_fails(import_plain(), NN_BAD_DATA, "cats/cut.png is damaged or cut short");
    unlink(image_path("cats/cut.png"));
    size_t length; /* damaged behind its header, which the first pass does not see */
    char *bytes = read_bytes(image_path("cats/0.png"), &length);
    write_bytes(image_path("cats/0.png"), bytes, length - 14);
    free(bytes);
    assert_fails(import_plain(), NN_BAD_DATA, "cats/0.png is damaged or cut short");
    assert_leaves_nothing("out.h5");
    put_gray("cats/0.png", 2, 2, 10);
    assert_int_equal(mkdir(image_path("mice"), 0777), 0);
    assert_fails(import_plain(), NN_BAD_DATA, "images/mice holds no PNG or JPEG image");
    rmdir(image_path("mice"));
    assert_int_equal(mkdir(image_path("cats/more"), 0777), 0);
    assert_fails(import_plain(), NN_BAD_DATA, "cats/more is a folder within");
    make_two_classes();
    put_gray("dogs/\xe9.png", 2, 2, 10);
    assert_fails(import_plain(), NN_BAD_DATA, "the name of the file is not UTF-8; rename it");
    make_folders("");
    assert_fails(import_plain(), NN_BAD_DATA, "holds no folders");
    scratch_clear(AT_FDCWD, scratch("images"));
    assert_fails(import_plain(), NN_NO_INPUT, "cannot open the folder");
}

static void another_dataset_says_what_images_are_like(void **state) {
    (void)state;
    make_two_classes();
    assert_ok(import_plain());
    assert_int_equal(rename(scratch("out.h5"), scratch("like.h5")), 0);
    nn_import_images_options like = {.like = scratch("like.h5")};
    make_folders("dogs");
    put_gray("dogs/1.png", 4, 4, 100);
    assert_ok(import_with(like, (nn_import_options){0}));
    nn_h5 *file = take_output();
    assert_texts(file, "class_names", "cats|dogs");
    assert_integers(file, "/test/y", 4, (nn_shape){1, {1}}, (int32_t[]){1});
    assert_integers(file, "/test/x", 1, (nn_shape){4, {1, 2, 2, 1}},
                    (int32_t[]){103, 105, 111, 113}); /* means, rounded up */
    assert_ok(nn_h5_close(&file));
    assert_int_equal(mkdir(image_path("mice"), 0777), 0);
    assert_fails(import_with(like, (nn_import_options){0}), NN_BAD_DATA, "'mice' is no class");
    make_folders("");
    put_gray("b.png", 2, 2, 1);
    put_gray("a.png", 2, 2, 5);
    assert_fails(import_with(like, (nn_import_options){0}), NN_BAD_DATA, "images holds no folders; expected one for each class (--no-label");
    like.no_labels = true;
    assert_ok(import_with(like, (nn_import_options){0}));
    file = take_output();
    assert_integers(file, "/test/x", 1, (nn_shape){4, {2, 2, 2, 1}},
                    (int32_t[]){5, 6, 7, 8, 1, 2, 3, 4}); /* by name */
    assert_string_equal(joined_rows(file, "/test/files"), "a.png|b.png");
    assert_false(nn_h5_has(file, "/test/y"));
    assert_ok(nn_h5_close(&file));
    like.channels = 3;
    assert_fails(import_with(like, (nn_import_options){0}), NN_USAGE, "too much");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_brought_to_one),
        cmocka_unit_test(classes_are_mixed_but_keep_their_images),
        cmocka_unit_test(a_fraction_goes_to_test),
        cmocka_unit_test(groups_may_be_folders),
        cmocka_unit_test(images_must_be_alike),
        cmocka_unit_test(one_class_is_noted),
        cmocka_unit_test(what_is_no_image_is_told_apart),
        cmocka_unit_test(another_dataset_says_what_images_are_like)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#else

int main(void) {
    enum { SKIPPED = 77 };
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_are_brought_to_one)};
    if (cmocka_run_group_tests(tests, scratch_make, scratch_remove) != 0) return 1;
    print_message("skipped: this build has no libpng to make images with\n");
    return SKIPPED;
}

#endif
