/* test_import_columns.c: which columns of a CSV file become what: chosen ones, texts, those of another
 * dataset; what is noted of them. */
#include "imported.h"

#include "data/names.h"

#include <math.h>

/* Imports a text; the caller gives the rest. */
static nn_status import_text(const char *text, nn_import_csv_options csv, nn_import_options options) {
    write_string(scratch("in.csv"), text);
    csv.path = scratch("in.csv");
    csv.header = true;
    options.output = scratch("out.h5");
    return nn_import_csv(&csv, &options);
}

static const nn_import_options plain = {0};
static const char *const k_label[] = {"k"};

static void columns_are_chosen_in_their_order(void **state) {
    (void)state;
    static const char text[] = "a,b,c,k\n1,2,oops,x\n4,5,6,y\n";
    static const char *const columns[] = {"b", "a"}, *const unknown[] = {"d"}, *const label[] = {"k"};
    nn_import_csv_options csv = {
        .labels = k_label, .label_count = 1, .columns = columns, .column_count = 2};
    assert_ok(import_text(text, csv, plain));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 2}}, (float[]){2, 1, 5, 4});
    assert_texts(file, "feature_names", "b|a");
    assert_texts(file, "label_names", "k");
    assert_ok(nn_h5_close(&file));
    csv.columns = unknown, csv.column_count = 1;
    assert_fails(import_text(text, csv, plain), NN_BAD_DATA, "in.csv:1: there is no column 'd'");
    csv.columns = label;
    assert_fails(import_text(text, csv, plain), NN_USAGE, "'k' is named twice");
    csv.columns = columns, csv.column_count = 2, csv.one_hot = unknown, csv.one_hot_count = 1;
    assert_fails(import_text(text, csv, plain), NN_BAD_DATA, "no column 'd'");
    csv.one_hot = label;
    assert_fails(import_text(text, csv, plain), NN_USAGE, "is no feature");
    assert_leaves_nothing("out.h5");
}

static void names_with_commas_are_shown_in_quotes(void **state) {
    (void)state;
    static const char text[] = "\"Breite, \"\"cm\"\"\",hoehe,k\n1,2,x\n4,5,y\n";
    static const char *const cut[] = {"Breite", "cm", "hoehe"}, *const near[] = {"hohe"};
    nn_import_csv_options csv = {.labels = k_label, .label_count = 1, .columns = cut, .column_count = 3};
    assert_fails(import_text(text, csv, plain), NN_BAD_DATA, "in.csv:1: there is no column 'Breite' (a feature); "
                 "a name that holds a comma is put in quotes, and those within it are doubled: "
                 "'\"Breite, \"\"cm\"\"\"'; the columns are: \"Breite, \"\"cm\"\"\", hoehe, k");
    csv.columns = near, csv.column_count = 1;
    assert_fails(import_text(text, csv, plain), NN_BAD_DATA, "did you mean 'hoehe'? The columns are: ");
}

static void there_may_be_no_labels(void **state) {
    (void)state;
    nn_text notes = {0};
    nn_import_csv_options csv = {.no_labels = true};
    nn_import_options options = {.notes = &notes};
    assert_ok(import_text("a,b\n1,2\n3,4\n", csv, options));
    nn_h5 *file = take_output();
    assert_reals(file, "/test/x", (nn_shape){2, {2, 2}}, (float[]){1, 2, 3, 4});
    assert_false(nn_h5_has(file, "/train"));
    assert_false(nn_h5_has(file, "/test/y"));
    assert_ok(nn_h5_close(&file));
    assert_non_null(strstr(notes.bytes, "features alone"));
    nn_text_free(&notes);
    options = (nn_import_options){.group = "validation"};
    assert_ok(import_text("a,b\n1,2\n3,4\n", csv, options));
    file = take_output();
    assert_true(nn_h5_has(file, "/validation/x"));
    assert_ok(nn_h5_close(&file));
    csv.labels = k_label, csv.label_count = 1;
    assert_fails(import_text("a,k\n1,2\n3,4\n", csv, plain), NN_USAGE, "there are to be none");
}

static const char *const colour[] = {"colour"};
static const nn_import_csv_options one_hot = {
    .labels = k_label, .label_count = 1, .one_hot = colour, .one_hot_count = 1};

static void texts_become_zeros_and_ones(void **state) {
    (void)state;
    assert_ok(import_text("a,colour,b,k\n1,red,2,x\n3,blue,4,y\n5,red,6,y\n", one_hot, plain));
    nn_h5 *file = take_output();
    assert_texts(file, "feature_names", "a|colour=blue|colour=red|b");
    assert_texts(file, "one_hot", "colour");
    assert_reals(file, "/train/x", (nn_shape){2, {3, 4}},
                 (float[]){1, 0, 1, 2, 3, 1, 0, 4, 5, 0, 1, 6});
    assert_ok(nn_h5_close(&file));
    static const char gap[] = "a,colour,k\n1,red,x\n,?,y\n5,green,y\n";
    assert_fails(import_text(gap, one_hot, plain), NN_BAD_DATA, "in.csv:3: column 'a' has no value");
    nn_import_csv_options filled = one_hot;
    filled.fill = "mean";
    assert_ok(import_text(gap, filled, plain));
    file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {3, 3}}, (float[]){1, 0, 1, 3, 0, 0, 5, 1, 0});
    assert_texts(file, "fill_values", "3.0|0.0|0.0");
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("colour=b,colour,k\n1,b,x\n2,b,y\n", one_hot, plain), NN_BAD_DATA,
                 "in.csv:1: column 'colour=b' is called like a text of the one-hot column 'colour'");
    assert_fails(import_text("a,colour,k\n1,red,x\n2,blue,\n", one_hot, plain), NN_BAD_DATA, "label");
    nn_import_csv_options without = one_hot;
    without.one_hot_count = 0;
    assert_fails(import_text("a,colour,k\n1,red,x\n", without, plain), NN_BAD_DATA, "--one-hot makes");
    char *many = calloc(20000, 1);
    assert_non_null(many);
    strcpy(many, "a,colour,k\n");
    for (int i = 0; i < 1001; i++) sprintf(many + strlen(many), "1,c%d,x\n", i);
    assert_fails(import_text(many, one_hot, plain), NN_BAD_DATA, "in.csv:1002: column 'colour' has more");
    free(many);
}

/* Imports `text` and keeps the dataset as like.h5. */
static nn_import_csv_options like_that_of(const char *text, nn_import_csv_options csv) {
    assert_ok(import_text(text, csv, plain));
    assert_int_equal(rename(scratch("out.h5"), scratch("like.h5")), 0);
    return (nn_import_csv_options){.like = scratch("like.h5")};
}

static void another_dataset_gives_the_numbers(void **state) {
    (void)state;
    nn_import_csv_options filled = one_hot;
    filled.fill = "mean";
    nn_import_csv_options like =
        like_that_of("a,colour,b,k\n1,red,2,x\n,blue,4,z\n5,red,6,y\n", filled);
    /* Columns in another order, others beside them, a gap, fewer classes and colours. */
    assert_ok(import_text("k,b,extra,colour,a\nz,1,t,blue,2\nx,,t,blue,4\n", like, plain));
    nn_h5 *file = take_output();
    assert_texts(file, "feature_names", "a|colour=blue|colour=red|b");
    assert_texts(file, "class_names", "x|y|z");
    assert_texts(file, "fill_values", "3.0|0.0|0.0|4.0");
    assert_reals(file, "/test/x", (nn_shape){2, {2, 4}}, (float[]){2, 1, 0, 1, 4, 1, 0, 4});
    assert_integers(file, "/test/y", 4, (nn_shape){1, {2}}, (int32_t[]){2, 0});
    assert_ok(nn_h5_close(&file));
    /* Without labels, because there are none or they are not wanted. */
    assert_ok(import_text("b,colour,a\n1,red,2\n", like, plain));
    file = take_output();
    assert_false(nn_h5_has(file, "/test/y"));
    assert_texts(file, "class_names", "x|y|z");
    assert_ok(nn_h5_close(&file));
    nn_import_csv_options unlabelled = like;
    unlabelled.no_labels = true;
    assert_ok(import_text("b,colour,a,k\n1,red,2,what\n", unlabelled, plain));
    file = take_output();
    assert_false(nn_h5_has(file, "/test/y"));
    assert_ok(nn_h5_close(&file));
    /* What does not fit. */
    assert_fails(import_text("k,b,a\nx,1,2\n", like, plain), NN_BAD_DATA,
                 "in.csv:1: there is no column 'colour' (a feature of");
    assert_fails(import_text("k,b,colour,a\nx,1,red,2\nu,1,red,2\n", like, plain), NN_BAD_DATA,
                 "in.csv:3: the label 'k' holds 'u', which is no class of");
    assert_fails(import_text("k,b,colour,a\nx,1,rde,2\n", like, plain), NN_BAD_DATA,
                 "in.csv:2: column 'colour' holds 'rde', which does not occur in");
    assert_non_null(strstr(nn_message(), "did you mean 'red'"));
    nn_import_csv_options both = like;
    both.labels = k_label, both.label_count = 1;
    assert_fails(import_text("k,b,colour,a\nx,1,red,2\n", both, plain), NN_USAGE, "beside it");
    both = like;
    both.fill = "mean"; /* those that are there */
    assert_ok(import_text("k,b,colour,a\nx,,red,2\n", both, plain));
    file = take_output();
    assert_reals(file, "/test/x", (nn_shape){2, {1, 4}}, (float[]){2, 0, 1, 4});
    assert_ok(nn_h5_close(&file));
    both.fill = "9";
    assert_ok(import_text("k,b,colour,a\nx,1,red,\n", both, plain));
    file = take_output();
    assert_reals(file, "/test/x", (nn_shape){2, {1, 4}}, (float[]){9, 0, 1, 1});
    assert_ok(nn_h5_close(&file));
    write_string(scratch("like.h5"), "no dataset");
    assert_fails(import_text("k,b,colour,a\nx,1,red,2\n", like, plain), NN_BAD_DATA, "like.h5");
}

static const char gaps[] = "a,colour,k\n100,red,x\n,?,x\n300,red,x\n";

/* What is tested or predicted is filled by means of other rows than its own. */
static void rows_are_not_filled_by_their_own_means(void **state) {
    (void)state;
    nn_import_csv_options mean = one_hot;
    mean.fill = "mean";
    nn_import_options group = {.group = "test"};
    assert_fails(import_text(gaps, mean, group), NN_USAGE, "all rows go to /test");
    assert_non_null(strstr(nn_message(), "--like"));
    group.group = "validation";
    assert_fails(import_text(gaps, mean, group), NN_USAGE, "all rows go to /validation");
    assert_leaves_nothing("out.h5");
    nn_import_csv_options unlabelled = {.no_labels = true, .fill = "mean"};
    assert_fails(import_text("a,b\n1,\n2,3\n", unlabelled, plain), NN_USAGE, "all rows go to /test");
    unlabelled.fill = "0"; /* a number is nobody's mean */
    assert_ok(import_text("a,b\n1,\n2,3\n", unlabelled, plain));
    unlabelled.fill = "mean";
    group.group = "train";
    assert_ok(import_text("a,b\n1,\n2,3\n", unlabelled, group));
}

static void another_dataset_gives_the_means(void **state) {
    (void)state;
    nn_import_csv_options mean = one_hot;
    mean.fill = "mean";
    /* Data without gaps, of which a half is in /test, say nothing of what fills them. */
    char text[1024] = "a,colour,k\n";
    for (int i = 0; i < 20; i++) sprintf(text + strlen(text), "%d,%s,x\n", i * i, i % 3 ? "red" : "blue");
    nn_import_options half = {.test_fraction = 0.5};
    assert_ok(import_text(text, one_hot, half));
    assert_int_equal(rename(scratch("out.h5"), scratch("like.h5")), 0);
    nn_h5 *file = NULL;
    float x[10][3];
    double sum = 0;
    assert_ok(nn_h5_open(scratch("like.h5"), &file));
    assert_ok(nn_h5_read(file, "/train/x", NN_H5_F32, 30, x));
    assert_ok(nn_h5_close(&file));
    for (int i = 0; i < 10; i++) sum += (double)x[i][0];
    const float filled = (float)(sum / 10);
    nn_import_csv_options like = {.like = scratch("like.h5")};
    assert_fails(import_text(gaps, like, plain), NN_BAD_DATA, "in.csv:3: column 'a' has no value");
    like.fill = "mean";
    const float expected[] = {100, 0, 1, filled, 0, 0, 300, 0, 1};
    static const char *const turns[] = {"like.h5", "next.h5"}; /* it is noted, and passed on */
    for (int i = 0; i < 2; i++) {
        like.like = scratch(turns[i]);
        assert_ok(import_text("a,colour\n100,red\n,\n300,red\n", like, plain));
        assert_int_equal(rename(scratch("out.h5"), scratch("next.h5")), 0);
        assert_ok(nn_h5_open(scratch("next.h5"), &file));
        assert_reals(file, "/test/x", (nn_shape){2, {3, 3}}, expected);
        assert_ok(nn_h5_close(&file));
        like.fill = NULL;
    }
    assert_ok(import_text(text, mean, half)); /* what --fill mean notes is the same */
    file = take_output();
    char *noted = NULL, **fills = NULL;
    int64_t count = 0;
    assert_ok(nn_h5_read_texts(file, "/", "fill_values", &fills, &count));
    assert_int_equal(count, 3);
    assert_true(strtof(fills[0], NULL) == filled);
    free_names(fills, count);
    assert_ok(nn_h5_read_text(file, "/", "fill", &noted));
    assert_string_equal(noted, "mean");
    free(noted);
    assert_ok(nn_h5_close(&file));

    /* Where there are no such means. */
    mean.fill = "0.5";
    like = like_that_of(gaps, mean);
    like.fill = "mean";
    assert_fails(import_text(gaps, like, plain), NN_USAGE, "like.h5 was imported with --fill 0.5");
    like = like_that_of("a,b\n1,2\n2,3\n", (nn_import_csv_options){.no_labels = true});
    like.fill = "mean";
    assert_fails(import_text("a,b\n1,\n", like, plain), NN_BAD_DATA, "like.h5 has no /train/x");
    assert_leaves_nothing("out.h5");
}

static void another_dataset_gives_the_kind_of_labels(void **state) {
    (void)state;
    static const char *const two[] = {"k", "l"};
    nn_import_csv_options csv = {.labels = k_label, .label_count = 1};
    nn_import_csv_options like = like_that_of("k,a\n0,1\n2,1\n1,1\n", csv);
    assert_ok(import_text("a,k\n1,2\n1,2\n", like, plain));
    nn_h5 *file = take_output();
    assert_integers(file, "/test/y", 4, (nn_shape){1, {2}}, (int32_t[]){2, 2});
    assert_ok(nn_h5_close(&file));
    static const char *const wrong[] = {"a,k\n1,3\n", "a,k\n1,0.5\n", "a,k\n1,-1\n", "a,k\n1,x\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(import_text(wrong[i], like, plain), NN_BAD_DATA, "there are 0 to 2");
    assert_fails(import_text("a,k\n1,\n", like, plain), NN_BAD_DATA, "has no value here");
    csv.values = true;
    like = like_that_of("k,a\n0,1\n2,1\n1,1\n", csv);
    assert_ok(import_text("a,k\n1,1\n1,0\n", like, plain)); /* not classes, though they could be */
    file = take_output();
    assert_reals(file, "/test/y", (nn_shape){1, {2}}, (float[]){1, 0});
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("a,k\n1,x\n", like, plain), NN_BAD_DATA, "not a number");
    like = like_that_of("k,a,l\n0,1,2\n2,1,3\n",
                        (nn_import_csv_options){.labels = two, .label_count = 2});
    assert_ok(import_text("l,k,a\n5,6,7\n", like, plain));
    file = take_output();
    assert_reals(file, "/test/y", (nn_shape){2, {1, 2}}, (float[]){6, 5});
    assert_texts(file, "target_names", "k|l");
    assert_ok(nn_h5_close(&file));
    assert_fails(import_text("l,a\n5,7\n", like, plain), NN_BAD_DATA, "no column 'k' (a label of");
    assert_ok(import_text("a\n7\n", like, plain)); /* none of them: features alone */
    file = take_output();
    assert_ok(nn_h5_close(&file));
}

static void values_that_32_bits_do_not_tell_apart_are_noted(void **state) {
    (void)state;
    static const struct {
        const char *text, *column; /* NULL: no note */
    } cases[] = {{"t,k\n1700000000,1.5\n1700000009,2.5\n1700000020,3.5\n", "'t'"},
                 {"t,k\n100000.1,1.5\n100000.2,2.5\n", "'t'"},
                 {"t,k\n1,1700000000.5\n2,1700000009\n", "'k'"},
                 {"t,k\n0.1,1.5\n0.2,2.5\n0.3,3.5\n", NULL},
                 {"t,k\n1e30,1.5\n-1e30,2.5\n", NULL},
                 {"t,k\n1700000000,1.5\n1700000000,2.5\n", NULL},
                 {"t,k\n16777216,1.5\n16777218,2.5\n", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_text notes = {0};
        nn_import_options options = {.notes = &notes};
        nn_import_csv_options csv = {.labels = k_label, .label_count = 1};
        assert_ok(import_text(cases[i].text, csv, options));
        if (cases[i].column) {
            assert_non_null(notes.bytes);
            assert_non_null(strstr(notes.bytes, cases[i].column));
            assert_non_null(strstr(notes.bytes, "subtract an offset"));
        } else {
            assert_true(!notes.bytes || !strstr(notes.bytes, "subtract an offset"));
        }
        nn_text_free(&notes);
    }
    unlink(scratch("out.h5"));
}

static void names_must_be_utf_8(void **state) {
    (void)state;
    static const char *const hint = "iconv -f latin1 -t utf-8";
    assert_fails(import_text("h\xF6he,k\n1,x\n2,y\n", (nn_import_csv_options){.labels = k_label, .label_count = 1},
                             plain),
                 NN_BAD_DATA, "in.csv:1: the name of column 1 is not UTF-8");
    assert_non_null(strstr(nn_message(), hint));
    assert_fails(import_text("a,k\n1,x\n2,gr\xFC" "n\n",
                             (nn_import_csv_options){.labels = k_label, .label_count = 1}, plain),
                 NN_BAD_DATA, "in.csv:3: the label 'k' is not UTF-8");
    assert_non_null(strstr(nn_message(), hint));
    assert_fails(import_text("colour,k\nred,x\ngr\xFC" "n,y\n", one_hot, plain), NN_BAD_DATA,
                 "in.csv:3: the text of column 'colour' is not UTF-8");
    assert_non_null(strstr(nn_message(), hint));
    assert_leaves_nothing("out.h5");
    /* What becomes no name may be anything. */
    static const char *const note[] = {"note"};
    nn_import_csv_options ignoring = {
        .labels = k_label, .label_count = 1, .ignored = note, .ignored_count = 1};
    assert_ok(import_text("a,note,k\n1,sch\xF6n,x\n2,,y\n", ignoring, plain));
    nn_h5 *file = take_output();
    assert_ok(nn_h5_close(&file));
    assert_ok(import_text("h\xC3\xB6he,k\n1,x\n2,y\n",
                          (nn_import_csv_options){.labels = k_label, .label_count = 1}, plain));
    file = take_output();
    assert_texts(file, "feature_names", "h\xC3\xB6he");
    assert_ok(nn_h5_close(&file));
    /* Nor may names from elsewhere be. */
    nn_names names = {0};
    assert_ok(nn_h5_create(scratch("out.h5"), 0, &file));
    assert_ok(nn_h5_write_texts(file, "/", "class_names", (const char *const[]){"a", "gr\xFC" "n"}, 2));
    assert_fails(nn_names_read(file, "/", &names), NN_BAD_DATA,
                 "out.h5: text 1 (from 0) of the attribute class_names of / is not UTF-8");
    assert_ok(nn_h5_close(&file));
    unlink(scratch("out.h5"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_chosen_in_their_order),
        cmocka_unit_test(names_with_commas_are_shown_in_quotes),
        cmocka_unit_test(there_may_be_no_labels),
        cmocka_unit_test(texts_become_zeros_and_ones),
        cmocka_unit_test(another_dataset_gives_the_numbers),
        cmocka_unit_test(rows_are_not_filled_by_their_own_means),
        cmocka_unit_test(another_dataset_gives_the_means),
        cmocka_unit_test(another_dataset_gives_the_kind_of_labels),
        cmocka_unit_test(names_must_be_utf_8),
        cmocka_unit_test(values_that_32_bits_do_not_tell_apart_are_noted)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
