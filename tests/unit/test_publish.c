/* test_publish.c: files published whole, appended to, seals against damage of every kind, whole files read. */
#include "scratch.h"

#include "io/h5.h"
#include "io/publish.h"

#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

/* Publishing */

static void text_replaces_the_old_one(void **state) {
    (void)state;
    size_t length = 0;
    const char *path = scratch("config.yaml");
    assert_ok(nn_publish_text(path, "old\n"));
    assert_ok(nn_publish_text(path, "new\n"));
    char *text = read_bytes(path, &length);
    assert_string_equal(text, "new\n");
    free(text);
    assert_false(file_exists(scratch("config.yaml.partial")));
}

static void temporary_name_is_in_the_same_folder(void **state) {
    (void)state;
    char *temporary = NULL;
    assert_ok(nn_publish_begin("runs/a/model.h5", &temporary));
    assert_string_equal(temporary, "runs/a/model.h5.partial");
    free(temporary);
}

static void old_file_is_there_until_the_end(void **state) {
    (void)state;
    size_t length = 0;
    char *temporary = NULL;
    const char *path = scratch("model.h5");
    write_string(path, "old");
    assert_ok(nn_publish_begin(path, &temporary));
    write_string(temporary, "new");
    char *text = read_bytes(path, &length);
    assert_string_equal(text, "old");
    free(text);
    assert_ok(nn_publish_finish(temporary, path));
    text = read_bytes(path, &length);
    assert_string_equal(text, "new");
    free(text);
    assert_false(file_exists(temporary));
    free(temporary);
}

static void failure_keeps_the_old_and_removes_the_temporary(void **state) {
    (void)state;
    const char *folder = scratch("taken"), *temporary = scratch("taken.partial");
    assert_ok(nn_make_folder(scratch("taken/full")));
    write_string(temporary, "new");
    assert_fails(nn_publish_finish(temporary, folder), NN_IO, "rename");
    assert_false(file_exists(temporary));
    assert_true(file_exists(folder));
    assert_fails(nn_publish_finish(scratch("missing"), scratch("target")), NN_IO, "missing");
    assert_fails(nn_publish_text(scratch("nowhere/x"), "x"), NN_CANT_CREATE, "No such file");
}

static void folders_are_made_on_the_way(void **state) {
    (void)state;
    assert_ok(nn_make_folder(scratch("runs/a//b/")));
    assert_ok(nn_make_folder(scratch("runs/a/b")));
    assert_true(file_exists(scratch("runs/a/b")));
    write_string(scratch("plain"), "x");
    assert_fails(nn_make_folder(scratch("plain")), NN_CANT_CREATE, "plain");
    assert_fails(nn_make_folder(scratch("plain/below")), NN_CANT_CREATE, "plain");
}

/* Appending */

static void check_content(const char *path, const char *wanted) {
    size_t length = 0;
    char *text = read_bytes(path, &length);
    assert_string_equal(text, wanted);
    free(text);
}

/* The limit on a file's size cuts a write short as a full disk does. */
static void all_is_appended_or_nothing(void **state) {
    (void)state;
    const char *path = scratch("metrics.csv");
    struct rlimit before;
    write_string(path, "epoch,loss\n");
    assert_ok(nn_append_bytes(path, "1,0.5\n", 6));
    check_content(path, "epoch,loss\n1,0.5\n");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit few = {20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    const nn_status status = nn_append_bytes(path, "2,0.25\n", 7);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_fails(status, NN_IO, "metrics.csv cannot be written: File too large");
    check_content(path, "epoch,loss\n1,0.5\n");
    assert_ok(nn_append_bytes(path, "2,0.25\n", 7));
    check_content(path, "epoch,loss\n1,0.5\n2,0.25\n");
    assert_fails(nn_append_bytes(scratch("none.csv"), "1\n", 2), NN_IO, "none.csv cannot be written: No such file");
    assert_false(file_exists(scratch("none.csv")));
}

/* Seals */

static void make_sealed(const char *path) {
    nn_h5 *file = NULL;
    nn_image image = {0};
    float data[100] = {1.0f, 2.0f};
    nn_shape shape = {2, {10, 10}};
    assert_ok(nn_h5_create_image(&image, path, NN_SEAL_BYTES, &file));
    assert_ok(nn_h5_write(file, "/model_weights/dense/kernel", NN_H5_F32, shape, data));
    assert_ok(nn_h5_write_text(file, "/", "model_config", "{}"));
    assert_ok(nn_h5_close(&file));
    assert_ok(nn_image_seal(&image));
    assert_ok(nn_image_publish(&image, path));
    nn_image_release(&image);
}

/* A file of these bytes, sealed; the first NN_SEAL_BYTES are left for that. */
static void write_sealed(const char *path, char *bytes, int64_t length) {
    nn_image image = {bytes, length, length};
    assert_ok(nn_image_seal(&image));
    assert_ok(nn_image_publish(&image, path));
}

/* Made in memory it has the bytes that it would have on the disk, again in the same memory too. */
static void image_is_the_file(void **state) {
    (void)state;
    nn_image image = {0};
    const char *paths[] = {scratch("disk.h5"), scratch("memory.h5")};
    for (int turn = 0; turn < 3; turn++) {
        const int64_t rows = turn == 1 ? 40000 : 70;
        nn_shape shape = {2, {rows, 10}};
        float *data = calloc((size_t)rows * 10, sizeof *data);
        size_t lengths[2];
        char *bytes[2];
        data[3] = 1.5f;
        for (int in_memory = 0; in_memory < 2; in_memory++) {
            nn_h5 *file = NULL;
            if (in_memory) assert_ok(nn_h5_create_image(&image, paths[1], 512, &file));
            else assert_ok(nn_h5_create(paths[0], 512, &file));
            assert_ok(nn_h5_write(file, "/a/b/c", NN_H5_F32, shape, data));
            assert_ok(nn_h5_write_text(file, "/a", "text", "some words"));
            assert_ok(nn_h5_link(file, "/a/b/c", "/d"));
            assert_ok(nn_h5_close(&file));
            if (in_memory) {
                memset(image.bytes, 0, 512);
                assert_ok(nn_image_publish(&image, paths[1]));
            }
            bytes[in_memory] = read_bytes(paths[in_memory], &lengths[in_memory]);
        }
        assert_int_equal(lengths[0], lengths[1]);
        assert_memory_equal(bytes[0], bytes[1], lengths[0]);
        free(bytes[0]);
        free(bytes[1]);
        free(data);
    }
    nn_image_release(&image);
}

static void sealed_file_verifies_and_opens(void **state) {
    (void)state;
    const char *path = scratch("sealed.h5");
    nn_h5 *file = NULL;
    float data[100];
    make_sealed(path);
    assert_true(nn_seal_present(path));
    assert_ok(nn_seal_verify(path));
    assert_ok(nn_h5_open(path, &file));
    assert_ok(nn_h5_read(file, "/model_weights/dense/kernel", NN_H5_F32, 100, data));
    assert_true(data[1] == 2.0f);
    assert_ok(nn_h5_close(&file));
}

/* A fixed layout: another version of nnmpi must read it. */
static void seal_has_its_layout(void **state) {
    (void)state;
    const char *path = scratch("layout");
    char bytes[NN_SEAL_BYTES + 3] = {0};
    size_t length = 0;
    memcpy(bytes + NN_SEAL_BYTES, "abc", 3);
    write_sealed(path, bytes, sizeof bytes);
    unsigned char *block = (unsigned char *)read_bytes(path, &length);
    static const unsigned char expected[32] = {0x89, 'N', 'N', 'M', 'P', 'I', '\r', '\n', 1, 0, 0,
                                               0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
                                               /* XXH3-64 of "abc", 0x78af5f94892f3950 */
                                               0x50, 0x39, 0x2f, 0x89, 0x94, 0x5f, 0xaf, 0x78};
    assert_memory_equal(block, expected, sizeof expected);
    for (size_t i = sizeof expected; i < NN_SEAL_BYTES; i++) assert_int_equal(block[i], 0);
    assert_memory_equal(block + NN_SEAL_BYTES, "abc", 3);
    free(block);
}

static void truncation_at_any_length_is_found(void **state) {
    (void)state;
    const char *path = scratch("sealed.h5");
    struct stat about;
    make_sealed(path);
    assert_int_equal(stat(path, &about), 0);
    for (off_t kept = about.st_size - 1; kept >= 0; kept -= kept < 600 ? 1 : 37) {
        assert_int_equal(truncate(path, kept), 0);
        assert_fails(nn_seal_verify(path), NN_BAD_DATA, kept < 8 ? "does not begin" : "cut short");
    }
}

static void longer_file_is_found(void **state) {
    (void)state;
    const char *path = scratch("sealed.h5");
    make_sealed(path);
    FILE *file = fopen(path, "ab");
    fputc(0, file);
    fclose(file);
    assert_fails(nn_seal_verify(path), NN_BAD_DATA, "too long");
}

static void flip(int descriptor, off_t bit) {
    unsigned char byte;
    assert_int_equal(pread(descriptor, &byte, 1, bit / 8), 1);
    byte ^= (unsigned char)(1 << bit % 8);
    assert_int_equal(pwrite(descriptor, &byte, 1, bit / 8), 1);
}

static void any_flipped_bit_is_found(void **state) {
    (void)state;
    const char *path = scratch("sealed.h5");
    struct stat about;
    make_sealed(path);
    int descriptor = open(path, O_RDWR);
    assert_int_equal(fstat(descriptor, &about), 0);
    for (off_t bit = 0; bit < 8 * about.st_size; bit += bit < 8 * NN_SEAL_BYTES ? 1 : 41) {
        bool version = bit / 8 == 8 || (bit / 8 == 9 && bit % 8 < 2); /* one below 1000 */
        flip(descriptor, bit);
        assert_int_equal(nn_seal_verify(path), version ? NN_BAD_CONFIG : NN_BAD_DATA);
        flip(descriptor, bit);
    }
    assert_ok(nn_seal_verify(path));
    flip(descriptor, 8 * 8); /* version 1 becomes 0 */
    assert_fails(nn_seal_verify(path), NN_BAD_CONFIG, "version 0");
    close(descriptor);
}

static void other_files_have_no_seal(void **state) {
    (void)state;
    const char *path = scratch("other");
    write_string(path, "\x89HDF\r\n\x1a\n and so on");
    assert_false(nn_seal_present(path));
    assert_fails(nn_seal_verify(path), NN_BAD_DATA, "does not begin");
    write_string(path, "");
    assert_false(nn_seal_present(path));
    assert_fails(nn_seal_verify(path), NN_BAD_DATA, "does not begin");
    assert_false(nn_seal_present(scratch("missing")));
    assert_fails(nn_seal_verify(scratch("missing")), NN_NO_INPUT, "missing");
    nn_image small = {(char[8]){0}, 8, 8};
    assert_fails(nn_image_seal(&small), NN_INTERNAL, "no room");
}

/* More than one of the pieces that a file is read in. */
static void large_file_verifies(void **state) {
    (void)state;
    enum { LENGTH = (2 << 20) + 12345 };
    const char *path = scratch("large");
    char *bytes = calloc(1, LENGTH);
    assert_non_null(bytes);
    for (size_t i = NN_SEAL_BYTES; i < LENGTH; i++) bytes[i] = (char)(i * 2654435761u >> 13);
    write_sealed(path, bytes, LENGTH);
    free(bytes);
    assert_ok(nn_seal_verify(path));
    FILE *file = fopen(path, "r+b");
    fseek(file, -1, SEEK_END);
    int last = fgetc(file);
    fseek(file, -1, SEEK_END);
    fputc(last ^ 1, file);
    fclose(file);
    assert_fails(nn_seal_verify(path), NN_BAD_DATA, "damaged");
}

/* Reading whole files */

static void plain_and_gzip_read_alike(void **state) {
    (void)state;
    enum { LENGTH = 700000 };
    char *written = malloc(LENGTH + 1), *text = NULL;
    int64_t length = 0;
    assert_non_null(written);
    for (int i = 0; i < LENGTH; i++) written[i] = (char)('a' + i % 7919 % 23);
    written[LENGTH] = '\0';
    write_string(scratch("plain.txt"), written);
    gzFile file = gzopen(scratch("packed.txt.gz"), "wb");
    assert_int_equal(gzwrite(file, written, LENGTH), LENGTH);
    assert_int_equal(gzclose(file), Z_OK);
    static const char *const names[] = {"plain.txt", "packed.txt.gz"};
    for (int i = 0; i < 2; i++) {
        assert_ok(nn_read_file(scratch(names[i]), LENGTH, &text, &length));
        assert_int_equal(length, LENGTH);
        assert_string_equal(text, written);
        free(text);
        assert_fails(nn_read_file(scratch(names[i]), LENGTH - 1, &text, &length), NN_BAD_DATA,
                     "longer than 699999 bytes");
        assert_null(text);
    }
    free(written);
}

static void damaged_gzip_is_found(void **state) {
    (void)state;
    const char *path = scratch("packed.txt.gz"), *bad = scratch("bad.gz");
    char line[64], *text = NULL;
    size_t size = 0;
    int64_t length = 0;
    gzFile file = gzopen(path, "wb");
    for (int i = 0; i < 300; i++) {
        snprintf(line, sizeof line, "%d,%d\n", i * i, i * 7919 % 1000);
        gzputs(file, line);
    }
    gzclose(file);
    char *bytes = read_bytes(path, &size);
    for (size_t kept = 3; kept < size; kept += 11) {
        write_bytes(bad, bytes, kept);
        assert_int_equal(nn_read_file(bad, 1 << 20, &text, &length), NN_BAD_DATA);
    }
    bytes[size / 2] ^= 0x10;
    write_bytes(bad, bytes, size);
    assert_fails(nn_read_file(bad, 1 << 20, &text, &length), NN_BAD_DATA, "bad.gz");
    free(bytes);
}

static void empty_and_missing_files(void **state) {
    (void)state;
    char *text = NULL;
    int64_t length = 1;
    write_string(scratch("empty"), "");
    assert_ok(nn_read_file(scratch("empty"), 10, &text, &length));
    assert_string_equal(text, "");
    assert_int_equal(length, 0);
    free(text);
    assert_fails(nn_read_file(scratch("missing"), 10, &text, &length), NN_NO_INPUT, "missing");
    assert_fails(nn_read_file(scratch(""), 10, &text, &length), NN_NO_INPUT, "folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_replaces_the_old_one),
        cmocka_unit_test(temporary_name_is_in_the_same_folder),
        cmocka_unit_test(old_file_is_there_until_the_end),
        cmocka_unit_test(failure_keeps_the_old_and_removes_the_temporary),
        cmocka_unit_test(folders_are_made_on_the_way),
        cmocka_unit_test(all_is_appended_or_nothing),
        cmocka_unit_test(image_is_the_file),
        cmocka_unit_test(sealed_file_verifies_and_opens),
        cmocka_unit_test(seal_has_its_layout),
        cmocka_unit_test(truncation_at_any_length_is_found),
        cmocka_unit_test(longer_file_is_found),
        cmocka_unit_test(any_flipped_bit_is_found),
        cmocka_unit_test(other_files_have_no_seal),
        cmocka_unit_test(large_file_verifies),
        cmocka_unit_test(plain_and_gzip_read_alike),
        cmocka_unit_test(damaged_gzip_is_found),
        cmocka_unit_test(empty_and_missing_files),
    };
    return cmocka_run_group_tests_name("publish", tests, scratch_make, scratch_remove);
}
