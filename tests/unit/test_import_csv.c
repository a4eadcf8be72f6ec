/* test_import_csv.c: dataset files from CSV: what comes out, and what is refused. */
#include "imported.h"

#include <math.h>
#include <zlib.h>

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

static void delimiters_in_quotes_delimit_nothing(void **state) {
    (void)state;
    static const char *const texts[] = {"\"width, cm\";height;y\n1;2;0\n3;4;1\n", "\n\"width, cm\"\theight\ty\n1\t2\t0\n3\t4\t1\n",
                                        "\"width, cm\", \"height\" ,y\n1,2,0\n3,4,1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_ok(import_text(texts[i], csv_with(y_label, NULL)));
        nn_h5 *file = take_output();
        assert_texts(file, "feature_names", "width, cm|height");
        assert_ok(nn_h5_close(&file));
    }
    /* A doubled quote and a line end stand within; a quote within a field is none. */
    assert_ok(import_text("\"5\"\" pipe,\nnew\";6\" pipe;y\n1;2;0\n3;4;1\n", csv_with(y_label, NULL)));
    nn_h5 *file = take_output();
    assert_texts(file, "feature_names", "5\" pipe,\nnew|6\" pipe");
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("\"a,y\n1,2\n", csv_with(y_label, NULL)), NN_BAD_DATA, "in.csv:1: a quoted field has no closing");
}

static void other_delimiters_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } others[] = {{"a,b;c;y\n1;2;0\n", "where ';' delimits columns, which column 2 holds, --delimiter ';' says so"},
                  {"a|b|y\n1|2|0\n", "--delimiter '|' says so"},
                  {"a,b\tc\ty\n1\t2\t0\n", "--delimiter tab says so"},
                  {"a b y\n1 2 0\n", "which column 1 holds, --delimiter space says so"}};
    nn_import_csv_options csv = csv_with(y_label, NULL);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_fails(import_text(others[i].text, csv), NN_BAD_DATA, others[i].part);
    assert_fails(import_text("size of a,b\n1,2\n", csv), NN_BAD_DATA, "no column 'y' (a label); the columns are");
    csv.delimiter = ',';
    assert_fails(import_text("a,b;c;y\n1;2;0\n", csv), NN_BAD_DATA, "no column 'y' (a label); the columns are");
    assert_fails(import_text("a,y\n1,2,3\n", csv), NN_BAD_DATA, "the first line has 2 (the delimiter is ',')");
}

static void blanks_in_quotes_are_dropped_around_numbers(void **state) {
    (void)state;
    nn_import_csv_options csv = csv_with(y_label, NULL);
    csv.fill = "0";
    assert_ok(import_text("a,y\n\" +1.4e+00 \",\" 1\"\n\"\t2\", 0\n\" NA \",\"0 \"\n", csv));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {3, 1}}, (float[]){1.4f, 2, 0});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {3}}, (int32_t[]){1, 0, 0});
    assert_ok(nn_h5_close(&file));
    assert_ok(import_text("a,y\n1,\" x\"\n2,x\n", csv)); /* of a text they are a part */
    file = take_output();
    assert_texts(file, "class_names", " x|x");
    assert_ok(nn_h5_close(&file));
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
        {"a,y\n1,2\n1,2,3\n", "in.csv:3: 3 fields; the first line has 2 (the delimiter is ','; --delimiter"},
        {"a,y\n1\n", "in.csv:2: 1 field; the first line has 2"},
        {"a,a,y\n1,2,3\n", "two columns are called 'a'"},
        {"a,Y\n1,2\n", "did you mean 'Y'"},
        {"y\n1\n", "no column is left"},
        {"a,y\n1,2\nfoo,3\n", "in.csv:3: column 'a' holds 'foo'"},
        {"a,y\n0x10,2\n", "'0x10'"},
        {"a,y\n1.2.3,2\n", "'1.2.3'"},
        {"a,y\n1e39,2\n", "too large"},
        {"a,y\n1,1e39\nb,2\n", "too large"},
        {"a,y\n\"1,2\n3,4\n", "in.csv:2: a quoted field has no closing quote"},
        {"a,y\n\"1\"x,2\n", "'x' follows a closing quote; expected a delimiter, which is ',' unless --delimiter"},
        {"\"two\nlines\",y\n\n1,2\nx,3\n", "in.csv:5: column 'two\\nlines' holds 'x'"},
        {"a,y\n1\r2\x1b[31m,3\n", "column 'a' holds '1\\r2\\x1b[31m'"},
        {"a,y\r1,2\r3,4\r", "in.csv: its lines end with CR alone, as on old Macs; expected LF"},
        {"\xEF\xBB\xBF\ra,y\r\r1,2", "lines end with CR alone"},
        {"a,y\r", "no rows"},
        {"a,y\n\" \",2\n", "in.csv:2: column 'a' has no value here"},
        {"a,y\n\"1 2\",2\n", "which is not a number"},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_labels_become_classes),
        cmocka_unit_test(whole_numbers_become_classes),
        cmocka_unit_test(several_labels_keep_the_order_asked_for),
        cmocka_unit_test(delimiters_in_quotes_delimit_nothing),
        cmocka_unit_test(other_delimiters_are_named),
        cmocka_unit_test(blanks_in_quotes_are_dropped_around_numbers),
        cmocka_unit_test(columns_without_header_have_numbers),
        cmocka_unit_test(missing_values_are_filled_or_refused),
        cmocka_unit_test(mean_is_over_train_alone),
        cmocka_unit_test(wrong_csv_is_refused),
        cmocka_unit_test(too_many_classes_are_refused),
        cmocka_unit_test(gzip_and_notes),
        cmocka_unit_test(split_is_a_partition),
    };
    return cmocka_run_group_tests_name("import_csv", tests, scratch_make, scratch_remove);
}
