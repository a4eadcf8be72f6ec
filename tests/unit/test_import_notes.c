/* test_import_notes.c: tables whose labels or columns are not what they seem: what an import says of them, and
 * the options that it names. */
#include "imported.h"

#include <math.h>

static const char *const k_label[] = {"k"}, *const colour[] = {"colour"};
static const nn_import_csv_options labelled = {.labels = k_label, .label_count = 1};
static const nn_import_options plain = {0};

static nn_status import_text(const char *text, nn_import_csv_options csv, nn_import_options options) {
    write_string(scratch("in.csv"), text);
    csv.path = scratch("in.csv");
    csv.header = true;
    options.output = scratch("out.h5");
    return nn_import_csv(&csv, &options);
}

/* Imports a text and says whether a part stands in the notes; NULL: whether there are none. */
static void check_notes(const char *text, nn_import_csv_options csv, nn_import_options options, const char *part) {
    nn_text notes = {0};
    options.notes = &notes;
    assert_ok(import_text(text, csv, options));
    nn_h5 *file = take_output();
    assert_ok(nn_h5_close(&file));
    if (!part && notes.bytes) fail_msg("'%s' is said of %s", notes.bytes, text);
    if (part && !(notes.bytes && strstr(notes.bytes, part)))
        fail_msg("'%s' instead of '%s' is said of %s", notes.bytes ? notes.bytes : "nothing", part, text);
    nn_text_free(&notes);
}

static void constant_columns_are_named(void **state) {
    (void)state;
    check_notes("a,b,c,k\n1,5,2,x\n2,5,2,y\n", labelled, plain,
                "the same in all rows of /train: 'b', 'c'; that tells a model nothing");
    check_notes("a,b,k\n1,5,x\n1,6,y\n2,7,y\n", labelled, plain, NULL);
    nn_import_csv_options one_hot = labelled;
    one_hot.one_hot = colour, one_hot.one_hot_count = 1;
    check_notes("a,colour,k\n1,red,x\n2,red,y\n", one_hot, plain, "/train: 'colour=red';");
    /* What is constant in /test alone, or is no data to train on, is nobody's concern. */
    check_notes("a,k\n1,x\n1,y\n", labelled, (nn_import_options){.group = "test"}, NULL);
    static const char text[] = "a,b,k\n1,1,x\n1,2,y\n1,3,x\n1,4,y\n";
    check_notes(text, labelled, (nn_import_options){.test_fraction = 0.5}, "/train: 'a';");
    char wide[400] = "k", row[200] = "";
    for (int i = 0; i < 12; i++) sprintf(wide + strlen(wide), ",c%d", i), strcat(row, ",0");
    sprintf(wide + strlen(wide), "\nx%s\ny%s\n", row, row);
    check_notes(wide, labelled, plain, "'c6', 'c7'... (12); that");
}

static void labels_that_are_nearly_classes_are_noted(void **state) {
    (void)state;
    check_notes("a,k\n1,1\n2,2\n3,3\n", labelled, plain,
                "the label 'k' has 3 different whole numbers, from 1 to 3: they are taken for values");
    check_notes("a,k\n1,0\n2,2\n3,2\n", labelled, plain, "2 different whole numbers, from 0 to 2");
    check_notes("a,k\n1,-1\n2,1\n", labelled, plain, "--classes makes a class of each");
    check_notes("a,k\n1,4\n2,4\n", labelled, plain, "the label 'k' is 4 in all rows");
    check_notes("a,k\n1,x\n2,x\n", labelled, plain, "the label 'k' is 'x' in all rows: one class");
    check_notes("a,k\n1,0\n2,1\n", labelled, plain, NULL);
    check_notes("a,k\n1,0.5\n2,1\n", labelled, plain, NULL);
    nn_import_csv_options values = labelled;
    values.values = true;
    check_notes("a,k\n1,1\n2,2\n", values, plain, NULL);
    char many[2000] = "a,k\n";
    for (int i = 0; i < 101; i++) sprintf(many + strlen(many), "%d,%d\n", i, i + 1);
    check_notes(many, labelled, plain, NULL);
}

/* `rows` rows, whose label is `prefix` and a number: the row's, from the second row on. */
static const char *numbered(const char *prefix, int rows, int first) {
    static char text[2000];
    strcpy(text, "a,k\n");
    for (int i = 0; i < rows; i++) sprintf(text + strlen(text), "%d,%s%d\n", i % 3, prefix, i < first ? 0 : i - first);
    return text;
}

static void a_class_for_each_row_is_noted(void **state) {
    (void)state;
    static const char part[] = "the label 'k': 30 classes in 30 rows, one for nearly each";
    check_notes(numbered("", 30, 0), labelled, plain, part);
    check_notes(numbered("", 30, 0), labelled, plain, "--values says so");
    check_notes(numbered("row", 30, 0), labelled, plain, part);
    check_notes(numbered("row", 30, 0), labelled, plain, "--ignore leaves this one out");
    check_notes(numbered("", 30, 7), labelled, plain, "23 classes in 30 rows");
    check_notes(numbered("", 30, 8), labelled, plain, NULL);
    check_notes(numbered("row", 30, 8), labelled, plain, NULL);
    check_notes(numbered("", 19, 0), labelled, plain, NULL);
    nn_import_csv_options values = labelled;
    values.values = true;
    check_notes(numbered("", 30, 0), values, plain, NULL);
}

static void any_labels_can_be_classes(void **state) {
    (void)state;
    nn_import_csv_options classes = labelled;
    classes.classes = true;
    assert_ok(import_text("a,k\n1,10\n2,-1\n3,9\n4,10\n", classes, plain));
    nn_h5 *file = take_output();
    assert_texts(file, "class_names", "-1|9|10"); /* by their values */
    assert_integers(file, "/train/y", 4, (nn_shape){1, {4}}, (int32_t[]){2, 0, 1, 2});
    assert_ok(nn_h5_close(&file));
    classes.values = true;
    assert_fails(import_text("a,k\n1,10\n", classes, plain), NN_USAGE, "contradict");
    classes.values = false, classes.label_count = 0;
    assert_fails(import_text("a,k\n1,10\n", classes, plain), NN_USAGE, "wants one label column, not 0");
}

static void rows_with_gaps_can_be_dropped(void **state) {
    (void)state;
    static const char text[] = "a,note,k\n1,,x\n2,,NA\n,,y\n4,,y\n";
    static const char *const note[] = {"note"};
    nn_import_csv_options csv = labelled;
    csv.ignored = note, csv.ignored_count = 1;
    assert_fails(import_text("a,note,k\n1,,NA\n", csv, plain), NN_BAD_DATA,
                 "in.csv:2: the label 'k' has no value here ('NA': nothing, NA, N/A,");
    assert_non_null(strstr(nn_message(), "--drop-missing leaves such rows out"));
    assert_fails(import_text("a,note,k\n,,x\n", csv, plain), NN_BAD_DATA, "--drop-missing such rows");
    csv.drop_missing = true;
    check_notes(text, csv, plain, "in.csv: 2 rows with gaps left out, the first in line 3");
    assert_ok(import_text(text, csv, plain));
    nn_h5 *file = take_output();
    assert_reals(file, "/train/x", (nn_shape){2, {2, 1}}, (float[]){1, 4});
    assert_integers(file, "/train/y", 4, (nn_shape){1, {2}}, (int32_t[]){0, 1});
    assert_ok(nn_h5_close(&file));
    csv.fill = "0"; /* then only labels are missing */
    check_notes(text, csv, plain, "in.csv: 1 row with gaps left out, the first in line 3");
    assert_fails(import_text("a,note,k\n1,,NA\n2,,\n", csv, plain), NN_BAD_DATA, "all 2 rows have gaps");
    assert_fails(import_text("a,note,k\n1,NA\n", csv, plain), NN_BAD_DATA, "in.csv:2: 2 fields");
}

static void decimal_commas_are_told_of(void **state) {
    (void)state;
    static const char *const wrong[] = {"a;k\n1.5;x\n1,5;y\n", "k;a\n0;1\n1;-2.000,5\n", "a;k\n1;1.5\n2;2,5\n",
                                        "a;k\n1;0,25\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_fails(import_text(wrong[i], labelled, plain), NN_BAD_DATA, "numbers have a decimal point, and no comma");
        assert_non_null(strstr(nn_message(), i < 3 ? "in.csv:3: column" : "in.csv:2: column 'k' holds '0,25'"));
    }
    nn_import_csv_options classes = labelled;
    classes.classes = true;
    check_notes("a;k\n1;1,5\n2;2,5\n", classes, plain, NULL); /* any text is one */
    assert_fails(import_text("a;k\n,5;x\n", labelled, plain), NN_BAD_DATA, "which is not a number");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(constant_columns_are_named),
                                       cmocka_unit_test(labels_that_are_nearly_classes_are_noted),
                                       cmocka_unit_test(a_class_for_each_row_is_noted),
                                       cmocka_unit_test(any_labels_can_be_classes),
                                       cmocka_unit_test(rows_with_gaps_can_be_dropped),
                                       cmocka_unit_test(decimal_commas_are_told_of)};
    return cmocka_run_group_tests_name("import_notes", tests, scratch_make, scratch_remove);
}
