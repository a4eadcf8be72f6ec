/* test_import.c: dataset files from CSV, IDX and NPY: what comes out, and what is refused. */
#include "scratch.h"

#include "data/import.h"
#include "io/h5.h"

#include <math.h>
#include <zlib.h>

static nn_import_options to(const char *name) {
    return (nn_import_options){.output = scratch(name)};
}

static void assert_leaves_nothing(const char *name) {
    char partial[64];
    snprintf(partial, sizeof partial, "%s.partial", name);
    assert_false(file_exists(scratch(name)));
    assert_false(file_exists(scratch(partial)));
}

/* Opens out.h5 and removes it, so that the next import starts clean. */
static nn_h5 *take_output(void) {
    nn_h5 *file = NULL;
    assert_ok(nn_h5_open(scratch("out.h5"), &file));
    unlink(scratch("out.h5"));
    assert_false(file_exists(scratch("out.h5.partial")));
    return file;
}

static void assert_reals(nn_h5 *file, const char *path, nn_shape shape, const float *expected) {
    nn_h5_info info;
    float data[64];
    int64_t count = nn_shape_count(shape);
    assert_ok(nn_h5_describe(file, path, &info));
    assert_int_equal(info.kind, NN_H5_REAL);
    assert_int_equal(info.bytes, 4);
    assert_true(nn_shape_equal(info.shape, shape));
    assert_ok(nn_h5_read(file, path, NN_H5_F32, count, data));
    assert_memory_equal(data, expected, (size_t)count * sizeof *data);
}

static void assert_integers(nn_h5 *file, const char *path, size_t bytes, nn_shape shape,
                            const int32_t *expected) {
    nn_h5_info info;
    int32_t data[64];
    int64_t count = nn_shape_count(shape);
    assert_ok(nn_h5_describe(file, path, &info));
    assert_int_equal(info.kind, NN_H5_INTEGER);
    assert_int_equal(info.bytes, bytes);
    assert_true(nn_shape_equal(info.shape, shape));
    assert_ok(nn_h5_read(file, path, NN_H5_I32, count, data));
    assert_memory_equal(data, expected, (size_t)count * sizeof *data);
}

static void assert_texts(nn_h5 *file, const char *name, const char *expected) {
    char **texts = NULL, joined[256] = "";
    int64_t count = 0;
    assert_ok(nn_h5_read_texts(file, "/", name, &texts, &count));
    for (int64_t i = 0; i < count; i++) {
        if (i > 0) strcat(joined, "|");
        strcat(joined, texts[i]);
    }
    assert_string_equal(joined, expected);
    free_names(texts, count);
}

/* CSV */

/* The options of an import of in.csv; `labels` and `ignored` hold one name or NULL. */
static nn_import_csv_options csv_with(const char *const *label, const char *const *ignored) {
    return (nn_import_csv_options){.path = scratch("in.csv"),
                                   .labels = label,
                                   .label_count = label ? 1 : 0,
                                   .ignored = ignored,
                                   .ignored_count = ignored ? 1 : 0,
                                   .header = true};
}

static nn_status import_text(const char *text, nn_import_csv_options csv) {
    nn_import_options options = to("out.h5");
    write_string(scratch("in.csv"), text);
    return nn_import_csv(&csv, &options);
}

static const char *const species[] = {"species"}, *const id[] = {"id"}, *const y_label[] = {"y"};

static void text_labels_become_classes(void **state) {
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "id,\"a \"\"x\"\"\", b ,species\r\n"
                               "1, 1.5 ,-2e3,virginica\r\n"
                               "\r\n"
                               "2,+2.5,.5,\"set,osa\"\r\n"
                               "3,\"3.5\" , 4,virginica";
    assert_ok(import_text(text, csv_with(species, id)));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {3, 2}},
                 (float[]){1.5f, -2e3f, 2.5f, .5f, 3.5f, 4});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {3}}, (int32_t[]){1, 0, 1});
    assert_texts(file, "class_names", "set,osa|virginica");
    assert_texts(file, "feature_names", "a \"x\"|b");
    assert_false(nn_h5_has(file, "/test"));
    assert_false(nn_h5_has_attribute(file, "/", "title"));
    assert_ok(nn_h5_close(&file));
}

static void whole_numbers_become_classes(void **state) {
    (void)state;
    assert_ok(import_text("y,a\n1,5\n0,6\n2.0,7\n", csv_with(y_label, NULL)));
    nn_h5 *file = take_output();
    assert_integers(file, "/train/y", 4, (nn_shape){1, {3}}, (int32_t[]){1, 0, 2});
    assert_false(nn_h5_has_attribute(file, "/", "class_names"));
    assert_ok(nn_h5_close(&file));
    static const char *const values[] = {"y,a\n1,5\n0,6\n3,7\n",     /* 2 is missing */
                                         "y,a\n1,5\n0,6\n0.5,7\n",   /* not whole */
                                         "y,a\n1,5\n0,6\n-1,7\n",    /* negative */
                                         "y,a\n0,5\n0,6\n0,7\n",     /* only one */
                                         "y,a\n1,5\n0,6\n1e30,7\n"}; /* far out */
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        nn_h5_info info;
        assert_ok(import_text(values[i], csv_with(y_label, NULL)));
        file = take_output();
        assert_ok(nn_h5_describe(file, "/train/y", &info));
        assert_int_equal(info.kind, NN_H5_REAL);
        assert_ok(nn_h5_close(&file));
    }
    nn_import_csv_options csv = csv_with(y_label, NULL);
    csv.values = true;
    assert_ok(import_text("y,a\n1,5\n0,6\n", csv));
    file = take_output();
    assert_reals(file, "/train/y", (nn_shape){1, {2}}, (float[]){1, 0});
    assert_ok(nn_h5_close(&file));
}

static void several_labels_keep_the_order_asked_for(void **state) {
    (void)state;
    const char *const labels[] = {"u", "v"};
    nn_import_csv_options csv = csv_with(labels, NULL);
    csv.label_count = 2;
    assert_ok(import_text("v\tx\tu\n1\t2\t3\n4\t5\t6\n", csv));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 1}}, (float[]){2, 5});
    assert_reals(file, "/train/y", (nn_shape){2, {2, 2}}, (float[]){3, 1, 6, 4});
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("v;x;u\n1;2;three\n", csv), NN_BAD_DATA, "in.csv:2: the label 'u'");
}

static void columns_without_header_have_numbers(void **state) {
    (void)state;
    const char *const last[] = {"3"};
    nn_import_csv_options csv = csv_with(last, NULL);
    csv.header = false;
    csv.delimiter = ' ';
    assert_ok(import_text("  1.5   2 \t0\n3 4 1  \n", csv));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 2}}, (float[]){1.5f, 2, 3, 4});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){0, 1});
    assert_texts(file, "feature_names", "1|2");
    assert_ok(nn_h5_close(&file));
}

static void missing_values_are_filled_or_refused(void **state) {
    (void)state;
    static const char text[] = "a,b,y\n1,,0\n?,2,1\n5,NaN,0\n-inf,N/A,1\n3,4,0\n";
    nn_import_csv_options csv = csv_with(y_label, NULL);
    assert_fails(import_text(text, csv), NN_BAD_DATA, "in.csv:2: column 'b'");
    assert_non_null(strstr(nn_message(), "--fill"));
    csv.fill = "-1.5";
    assert_ok(import_text(text, csv));
    nn_h5 *file = take_output();
    const float with[] = {1, -1.5f, -1.5f, 2, 5, -1.5f, -1.5f, -1.5f, 3, 4};
    assert_reals(file, "/train/x", (nn_shape){2, {5, 2}}, with);
    assert_ok(nn_h5_close(&file));
    csv.fill = "mean";
    assert_ok(import_text(text, csv));
    file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {5, 2}}, (float[]){1, 3, 3, 2, 5, 3, 3, 3, 3, 4});
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("a,b,y\n1,,0\n2,NA,1\n", csv), NN_BAD_DATA, "column 'b' has no value");
    assert_fails(import_text("a,y\n1,0\n2,NA\n", csv), NN_BAD_DATA, "in.csv:3: the label 'y'");
    csv.fill = "median";
    assert_fails(import_text(text, csv), NN_USAGE, "median");
    assert_leaves_nothing("out.h5");
}

/* The mean must not know the rows of /test. */
static void mean_is_over_train_alone(void **state) {
    (void)state;
    char text[4096] = "a,b,y\n";
    for (int i = 0; i < 40; i++) {
        char line[64];
        snprintf(line, sizeof line, i % 4 ? "%d,%d,%d\n" : "%d,,%d\n", i, i % 4 ? i : i % 2, i % 2);
        strcat(text, line);
    }
    nn_import_csv_options csv = csv_with(y_label, NULL);
    nn_import_options options = to("out.h5");
    options.test_fraction = 0.5;
    csv.fill = "mean";
    write_string(scratch("in.csv"), text);
    assert_ok(nn_import_csv(&csv, &options));
    nn_h5 *file = take_output();
    float x[20][2], sum = 0, count = 0;
    assert_ok(nn_h5_read(file, "/train/x", NN_H5_F32, 40, x));
    for (int i = 0; i < 20; i++)
        if ((int)x[i][0] % 4 != 0) sum += x[i][0], count++;
    for (int i = 0; i < 20; i++)
        if ((int)x[i][0] % 4 == 0) assert_true(fabsf(x[i][1] - sum / count) < 1e-5f);
    assert_ok(nn_h5_close(&file));
}

static void wrong_csv_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"", "is empty"},
        {"\n\n", "is empty"},
        {"a,y\n", "no rows"},
        {"a,y\n1,2\n1,2,3\n", "in.csv:3: 3 fields; the first line has 2"},
        {"a,y\n1\n", "in.csv:2: 1 fields"},
        {"a,a,y\n1,2,3\n", "two columns are called 'a'"},
        {"a,Y\n1,2\n", "did you mean 'Y'"},
        {"y\n1\n", "no column is left"},
        {"a,y\n1,2\nfoo,3\n", "in.csv:3: column 'a' holds 'foo'"},
        {"a,y\n0x10,2\n", "'0x10'"},
        {"a,y\n1.2.3,2\n", "'1.2.3'"},
        {"a,y\n1e39,2\n", "too large"},
        {"a,y\n1,1e39\nb,2\n", "too large"},
        {"a,y\n\"1,2\n3,4\n", "in.csv:2: a quoted field has no closing quote"},
        {"a,y\n\"1\"x,2\n", "in.csv:2: 'x' follows a closing quote"},
        {"\"two\nlines\",y\n\n1,2\nx,3\n", "in.csv:5"},
    };
    nn_import_csv_options csv = csv_with(y_label, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (strcmp(wrong[i].text, "a,y\n1,1e39\nb,2\n") == 0) csv.values = true;
        assert_fails(import_text(wrong[i].text, csv), NN_BAD_DATA, wrong[i].part);
        csv.values = false;
        assert_leaves_nothing("out.h5");
    }
    write_bytes(scratch("in.csv"), "a,y\n1,\0\n", 9);
    nn_import_options options = to("out.h5");
    assert_fails(nn_import_csv(&csv, &options), NN_BAD_DATA, "NUL");
    csv.path = scratch("none.csv");
    assert_fails(nn_import_csv(&csv, &options), NN_NO_INPUT, "none.csv");
    options.output = scratch("nowhere/out.h5");
    assert_fails(nn_import_csv(&csv, &options), NN_CANT_CREATE, "nowhere");
    csv = csv_with(y_label, y_label);
    assert_fails(import_text("a,y\n1,2\n", csv), NN_USAGE, "twice");
    csv = csv_with(y_label, species);
    assert_fails(import_text("a,y\n1,2\n", csv), NN_BAD_DATA, "no column 'species'");
}

static void too_many_classes_are_refused(void **state) {
    (void)state;
    FILE *file = fopen(scratch("in.csv"), "w");
    fputs("a,y\n", file);
    for (int i = 0; i < 1001; i++) fprintf(file, "%d,name %d\n", i, i);
    fclose(file);
    nn_import_csv_options csv = csv_with(y_label, NULL);
    nn_import_options options = to("out.h5");
    assert_fails(nn_import_csv(&csv, &options), NN_BAD_DATA, "1001 different texts");
}

static void gzip_and_notes(void **state) {
    (void)state;
    nn_import_options options = {
        .output = scratch("out.h5"), .title = "T", .source = "S", .license = "L", .deflate = 9};
    nn_import_csv_options csv = csv_with(y_label, NULL);
    char *text = NULL;
    gzFile packed = gzopen(scratch("in.csv.gz"), "wb");
    gzputs(packed, "a,y\n1,2\n3,4\n");
    gzclose(packed);
    csv.path = scratch("in.csv.gz");
    assert_ok(nn_import_csv(&csv, &options));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 1}}, (float[]){1, 3});
    assert_ok(nn_h5_read_text(file, "/", "title", &text));
    assert_string_equal(text, "T");
    free(text);
    assert_ok(nn_h5_read_text(file, "/", "license", &text));
    assert_string_equal(text, "L");
    free(text);
    assert_ok(nn_h5_close(&file));
}

/* Every row is in one group, in the order of the file; the seed decides which. */
static void split_is_a_partition(void **state) {
    (void)state;
    enum { ROWS = 1000, TEST = 200 };
    FILE *text = fopen(scratch("in.csv"), "w");
    fputs("a,y\n", text);
    for (int i = 0; i < ROWS; i++) fprintf(text, "%d,%d\n", i, i % 7);
    fclose(text);
    nn_import_csv_options csv = csv_with(y_label, NULL);
    static float first[TEST], train[ROWS - TEST], test[TEST];
    static int32_t y[TEST];
    for (int64_t seed = 0; seed < 3; seed++) {
        bool seen[ROWS] = {false};
        nn_import_options options = to("out.h5");
        options.test_fraction = 0.2;
        options.seed = seed % 2;
        assert_ok(nn_import_csv(&csv, &options));
        nn_h5 *file = take_output();
        assert_ok(nn_h5_read(file, "/train/x", NN_H5_F32, ROWS - TEST, train));
        assert_ok(nn_h5_read(file, "/test/x", NN_H5_F32, TEST, test));
        assert_ok(nn_h5_read(file, "/test/y", NN_H5_I32, TEST, y));
        for (int i = 0; i < TEST; i++) {
            assert_int_equal(y[i], (int)test[i] % 7);
            assert_true(i == 0 || test[i] > test[i - 1]);
            seen[(int)test[i]] = true;
        }
        for (int i = 0; i < ROWS - TEST; i++) {
            assert_true(i == 0 || train[i] > train[i - 1]);
            assert_false(seen[(int)train[i]]);
        }
        if (seed == 0) memcpy(first, test, sizeof test);
        if (seed == 1) assert_memory_not_equal(first, test, sizeof test);
        if (seed == 2) assert_memory_equal(first, test, sizeof test);
        assert_ok(nn_h5_close(&file));
    }
    nn_import_options options = to("out.h5");
    options.test_fraction = 0.0001;
    assert_fails(nn_import_csv(&csv, &options), NN_BAD_DATA, "at least one");
    options.test_fraction = 1.0;
    assert_fails(nn_import_csv(&csv, &options), NN_USAGE, "fraction");
    options = (nn_import_options){.output = scratch("out.h5"), .deflate = 10};
    assert_fails(nn_import_csv(&csv, &options), NN_USAGE, "compression");
}

/* IDX and NPY */

static nn_status import_idx(const char *x, const char *y, const char *tx, const char *ty) {
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {x, y, tx, ty};
    return nn_import_idx(&arrays, &options);
}

static void idx_keeps_shape_and_bytes(void **state) {
    (void)state;
    const char *x = scratch("x.idx"), *y = scratch("y.idx");
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2,   0, 0, 0, 2, 0,  0,
                                           0, 3, 0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 0};
    write_bytes(x, images, sizeof images);
    write_bytes(y, labels, sizeof labels);
    assert_ok(import_idx(x, y, x, y));
    nn_h5 *file = take_output();
    const int32_t pixels[] = {0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11}, classes[] = {7, 0};
    assert_integers(file, "/train/x", 1, (nn_shape){3, {2, 2, 3}}, pixels);
    assert_integers(file, "/test/x", 1, (nn_shape){3, {2, 2, 3}}, pixels);
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, classes);
    assert_integers(file, "/test/y", 4, (nn_shape){1, {2}}, classes);
    assert_ok(nn_h5_close(&file));
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_false(nn_h5_has(file, "/train/y"));
    assert_ok(nn_h5_close(&file));
}

static void idx_numbers_are_big_endian(void **state) {
    (void)state;
    const char *x = scratch("x.idx");
    static const unsigned char shorts[] = {0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFE, 1, 2};
    write_bytes(x, shorts, sizeof shorts);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    nn_h5 *file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){2, {1, 2}}, (int32_t[]){-2, 258});
    assert_ok(nn_h5_close(&file));
    static const unsigned char signed_bytes[] = {0, 0, 9, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 5};
    write_bytes(x, signed_bytes, sizeof signed_bytes);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){2, {1, 2}}, (int32_t[]){-128, 5});
    assert_ok(nn_h5_close(&file));
    static const unsigned char doubles[] = {0, 0, 0x0E, 2,    0, 0, 0, 1, 0, 0,
                                            0, 1, 0xC0, 0x04, 0, 0, 0, 0, 0, 0};
    write_bytes(x, doubles, sizeof doubles);
    assert_ok(import_idx(x, NULL, NULL, NULL));
    file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {1, 1}}, (float[]){-2.5f});
    assert_ok(nn_h5_close(&file));
}

static void wrong_idx_is_refused(void **state) {
    (void)state;
    const char *x = scratch("x.idx"), *y = scratch("y.idx"), *bad = scratch("bad.idx");
    static const unsigned char images[] = {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7};
    static const unsigned char labels[] = {0, 0, 9, 1, 0, 0, 0, 3, 0, 1, 0xFF};
    write_bytes(x, images, sizeof images - 1);
    write_bytes(y, labels, sizeof labels);
    assert_fails(import_idx(x, y, NULL, NULL), NN_BAD_DATA, "row 2 (from 0) holds the class -1");
    for (size_t kept = 0; kept + 1 < sizeof images; kept++) {
        write_bytes(bad, images, kept);
        if (kept + 2 == sizeof images) break;
        assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "cut short");
    }
    write_bytes(bad, images, sizeof images);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "too long");
    write_bytes(bad, labels, sizeof labels - 1);
    assert_fails(import_idx(x, bad, NULL, NULL), NN_BAD_DATA, "cut short");
    static const unsigned char two[] = {0, 0, 8, 1, 0, 0, 0, 2, 0, 1};
    write_bytes(bad, two, sizeof two);
    assert_fails(import_idx(x, bad, NULL, NULL), NN_BAD_DATA, "has 2 labels");
    assert_fails(import_idx(x, NULL, bad, NULL), NN_BAD_DATA, "differ in shape");
    write_bytes(bad, "\0\0\x0A\1\0\0\0\1\0", 9);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "not an IDX file");
    write_bytes(bad, "\0\0\x08\1\0\0\0\0", 8);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "empty");
    write_bytes(bad, "\0\0\x08\0", 4);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "single number");
    write_bytes(bad, "\0\0\x08\x09", 4);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "9 dimensions");
    write_bytes(bad, "\0\0\x0E\4\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                20);
    assert_fails(import_idx(bad, NULL, NULL, NULL), NN_BAD_DATA, "too large");
    assert_fails(import_idx(NULL, NULL, NULL, NULL), NN_USAGE, "train-x");
    assert_fails(import_idx(x, NULL, NULL, y), NN_USAGE, "test-y");
    assert_fails(import_idx(x, y, x, NULL), NN_USAGE, "both or neither");
    assert_fails(import_idx(scratch("none"), NULL, NULL, NULL), NN_NO_INPUT, "none");
    assert_leaves_nothing("out.h5");
}

static void write_npy(const char *path, const char *dict, const void *data, size_t bytes) {
    char file[1024];
    size_t length = strlen(dict);
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (char)(length & 255);
    file[9] = (char)(length >> 8);
    memcpy(file + 10, dict, length);
    if (bytes > 0) memcpy(file + 10 + length, data, bytes);
    write_bytes(path, file, 10 + length + bytes);
}

static nn_status import_npy(const char *x, const char *y) {
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {x, y, NULL, NULL};
    return nn_import_npy(&arrays, &options);
}

#define DICT(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }   \n"

static void npy_types_and_byte_orders(void **state) {
    (void)state;
    const char *x = scratch("x.npy"), *y = scratch("y.npy");
    const unsigned char big_doubles[] = {0x40, 0x04, 0, 0, 0, 0, 0, 0,
                                         0xBF, 0xE0, 0, 0, 0, 0, 0, 0};
    const int64_t labels[] = {3, 0};
    write_npy(x, DICT(">f8", "(2, 1)"), big_doubles, sizeof big_doubles);
    write_npy(y, DICT("<i8", "(2,)"), labels, sizeof labels);
    assert_ok(import_npy(x, y));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 1}}, (float[]){2.5f, -0.5f});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){3, 0});
    assert_ok(nn_h5_close(&file));

    const unsigned char flags[] = {1, 0, 0, 1};
    write_npy(x, DICT("|b1", "(2, 2)"), flags, sizeof flags);
    write_npy(y, DICT("<i8", "(2, 1)"), labels, sizeof labels); /* (N, 1) is (N) */
    assert_ok(import_npy(x, y));
    file = take_output();
    assert_integers(file, "/train/x", 1, (nn_shape){2, {2, 2}}, (int32_t[]){1, 0, 0, 1});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){3, 0});
    assert_ok(nn_h5_close(&file));

    const unsigned char halves[] = {0x00, 0x3C, 0x00, 0xC1, 0x01, 0x00, 0xFF, 0x7B};
    write_npy(x, DICT("<f2", "(4,)"), halves, sizeof halves);
    write_npy(y, DICT("|u1", "(4, 1)"), flags, sizeof flags);
    assert_ok(import_npy(x, y));
    file = take_output();
    const float expected[] = {1.0f, -2.5f, 0x1p-24f, 65504.0f};
    assert_reals(file, "/train/x", (nn_shape){1, {4}}, expected);
    assert_ok(nn_h5_close(&file));

    const unsigned char words[] = {0xFF, 0xFF, 1, 0};
    write_npy(x, DICT("<u2", "(2,)"), words, sizeof words);
    write_npy(y, DICT("|u1", "(2, 2)"), flags, sizeof flags); /* one-hot: values */
    assert_ok(import_npy(x, y));
    file = take_output();
    assert_integers(file, "/train/x", 4, (nn_shape){1, {2}}, (int32_t[]){65535, 1});
    assert_reals(file, "/train/y", (nn_shape){2, {2, 2}}, (float[]){1, 0, 0, 1});
    assert_ok(nn_h5_close(&file));
}

static void wrong_npy_is_refused(void **state) {
    (void)state;
    const char *x = scratch("x.npy");
    const int64_t large[] = {1, INT64_C(1) << 31};
    const uint64_t huge[] = {UINT64_MAX};
    const float nan[] = {1.0f, NAN};
    const double wide[] = {1e300};
    static const struct {
        const char *dict, *part;
    } wrong[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n", "ascontiguousarray"},
        {DICT("<c8", "(1,)"), "'<c8'"},
        {DICT("<U4", "(1,)"), "'<U4'"},
        {DICT("<f16", "(1,)"), "'<f16'"},
        {DICT("|O", "(1,)"), "descr"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n", "descr"},
        {"{'descr': '<f4', 'shape': (1,), }\n", "fortran_order"},
        {"{'descr': '<f4', 'fortran_order': False}\n", "shape"},
        {DICT("<f4", "('a',)"), "shape"},
        {DICT("<f4", "(-1,)"), "empty or too large"},
        {DICT("<f4", "(0, 3)"), "empty"},
        {DICT("<f4", "()"), "single number"},
        {DICT("<f4", "(1,1,1,1,1,1,1,1,1)"), "9 dimensions"},
        {DICT("<f4", "(9223372036854775807, 9223372036854775807)"), "too large"},
        {DICT("<f4", "(3,)"), "cut short"},
        {"nonsense\n", "no Python dict"},
        {"{'descr\n", "no Python dict"},
        {"", "no Python dict"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_npy(x, wrong[i].dict, nan, sizeof nan);
        assert_fails(import_npy(x, NULL), NN_BAD_DATA, wrong[i].part);
        assert_leaves_nothing("out.h5");
    }
    write_npy(x, DICT("<f4", "(1,)"), nan, sizeof nan);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "too long");
    write_npy(x, DICT("<f4", "(2,)"), nan, sizeof nan);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "row 1 (from 0)");
    write_npy(x, DICT("<f8", "(1,)"), wide, sizeof wide);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit real");
    write_npy(x, DICT("<i8", "(2,)"), large, sizeof large);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit integer");
    write_npy(x, DICT("<u8", "(1,)"), huge, sizeof huge);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "32-bit integer");
    write_bytes(x, "\x93NUMPY\x04\x00\x02\x00{}", 12);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "version 4");
    write_bytes(x, "\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF{}", 14);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "too long to be right");
    write_bytes(x, "PK\x03\x04 an npz file", 16);
    assert_fails(import_npy(x, NULL), NN_BAD_DATA, "not an NPY file");
}

/* More rows than one piece holds, through gzip, split. */
static void large_arrays_stream(void **state) {
    (void)state;
    enum { ROWS = 9000, WIDTH = 300 };
    const char *x = scratch("x.npy.gz"), *dict = DICT("<f4", "(9000, 300)");
    static float row[WIDTH];
    gzFile packed = gzopen(x, "wb1");
    char start[10] = "\x93NUMPY\x01";
    start[8] = (char)strlen(dict);
    gzwrite(packed, start, sizeof start);
    gzputs(packed, dict);
    for (int i = 0; i < ROWS; i++) {
        row[0] = row[WIDTH - 1] = (float)i;
        gzwrite(packed, row, sizeof row);
    }
    gzclose(packed);
    nn_import_options options = to("out.h5");
    nn_import_arrays arrays = {.train_x = x};
    options.test_fraction = 0.1;
    assert_ok(nn_import_npy(&arrays, &options));
    nn_h5 *file = take_output();
    static const char *const paths[] = {"/train/x", "/test/x"};
    const int counts[] = {ROWS * 9 / 10, ROWS / 10};
    static bool seen[ROWS];
    for (int g = 0; g < 2; g++) {
        nn_h5_rows *rows = NULL;
        assert_ok(nn_h5_rows_open(file, paths[g], &rows));
        for (int i = 0; i < counts[g]; i++) {
            assert_ok(nn_h5_rows_read(rows, i, 1, NN_H5_F32, row));
            assert_true(row[0] == row[WIDTH - 1] && row[1] == 0.0f);
            assert_false(seen[(int)row[0]]);
            seen[(int)row[0]] = true;
        }
        assert_fails(nn_h5_rows_read(rows, counts[g], 1, NN_H5_F32, row), NN_BAD_DATA, "rows");
        assert_ok(nn_h5_rows_close(&rows));
    }
    assert_ok(nn_h5_close(&file));
}

/* Noise, with the beginnings that each format wants: errors with a message, nothing left behind. */
static void noise_does_no_harm(void **state) {
    (void)state;
    static const char alphabet[] = "1,2;y\n\"\r\t .a-e'{}[]():<f4";
    unsigned seed = 11;
    nn_import_csv_options csv = csv_with(y_label, NULL);
    csv.fill = "0";
    for (int i = 0; i < 1200; i++) {
        char bytes[96];
        size_t length = (size_t)rand_r(&seed) % sizeof bytes;
        for (size_t j = 0; j < length; j++)
            bytes[j] = rand_r(&seed) % 8 ? alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)]
                                         : (char)rand_r(&seed);
        nn_import_options options = to("out.h5");
        nn_import_arrays arrays = {.train_x = scratch("in.csv"), .train_y = scratch("in.csv")};
        nn_status status;
        if (i % 3 == 0) {
            if (length > 4) memcpy(bytes, "a,y\n", 4);
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_csv(&csv, &options);
        } else if (i % 3 == 1) {
            if (length > 12)
                memcpy(bytes, "\0\0\x08\2\0\0\0", 7), bytes[8] = bytes[9] = bytes[10] = 0;
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_idx(&arrays, &options);
        } else {
            if (length > 10) memcpy(bytes, "\x93NUMPY\1\0\x20\0", 10);
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_npy(&arrays, &options);
        }
        if (status != NN_OK) assert_int_equal(status, NN_BAD_DATA);
        if (status != NN_OK) assert_leaves_nothing("out.h5");
        unlink(scratch("out.h5"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_labels_become_classes),
        cmocka_unit_test(whole_numbers_become_classes),
        cmocka_unit_test(several_labels_keep_the_order_asked_for),
        cmocka_unit_test(columns_without_header_have_numbers),
        cmocka_unit_test(missing_values_are_filled_or_refused),
        cmocka_unit_test(mean_is_over_train_alone),
        cmocka_unit_test(wrong_csv_is_refused),
        cmocka_unit_test(too_many_classes_are_refused),
        cmocka_unit_test(gzip_and_notes),
        cmocka_unit_test(split_is_a_partition),
        cmocka_unit_test(idx_keeps_shape_and_bytes),
        cmocka_unit_test(idx_numbers_are_big_endian),
        cmocka_unit_test(wrong_idx_is_refused),
        cmocka_unit_test(npy_types_and_byte_orders),
        cmocka_unit_test(wrong_npy_is_refused),
        cmocka_unit_test(large_arrays_stream),
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests_name("import", tests, scratch_make, scratch_remove);
}
