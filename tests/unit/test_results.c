/* test_results.c: what is made of a file of predictions with what is true: the confusion matrix, and how
 * well values agree; and which class outputs decide on. */
#include "report/confusion.h"
#include "report/scatter.h"
#include "scratch.h"
#include "train/predictions.h"

#include <math.h>

/* A file of `rows` rows, its predictions (rows, columns), classes and targets of `targets` columns. */
static const char *write_file(int64_t rows, int64_t columns, const float *predictions,
                              const int32_t *classes, int64_t targets, const float *y) {
    nn_h5 *file = NULL;
    const char *path = scratch("results.h5");
    assert_ok(nn_h5_create(path, 0, &file));
    assert_ok(nn_h5_write(file, "/predictions", NN_H5_F32, (nn_shape){2, {rows, columns}}, predictions));
    if (classes) assert_ok(nn_h5_write(file, "/classes", NN_H5_I32, (nn_shape){1, {rows}}, classes));
    const nn_shape shape = targets == 1 ? (nn_shape){1, {rows}} : (nn_shape){2, {rows, targets}};
    if (y) assert_ok(nn_h5_write(file, "/y", NN_H5_F32, shape, y));
    assert_ok(nn_h5_close(&file));
    return path;
}

static const float THREE[4 * 3] = {1, 0, 0, 0, 1, 0, 0, 1, 0, NAN, 0, 0};

static void a_matrix(void **state) {
    (void)state;
    static const int32_t classes[] = {0, 1, 1, -1};
    static const float numbers[] = {0, 1, 2, 2}, one_hot[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1};
    static const int64_t counts[] = {1, 0, 0, 0, 1, 0, 0, 1, 0};
    for (int i = 0; i < 2; i++) { /* classes as numbers, and one column each */
        nn_results results;
        nn_confusion matrix;
        nn_text text = {0};
        assert_ok(nn_results_open(write_file(4, 3, THREE, classes, i ? 3 : 1, i ? one_hot : numbers), &results));
        assert_int_equal(results.classes, 3);
        assert_ok(nn_confusion_count(&results, &matrix));
        assert_memory_equal(matrix.counts, counts, sizeof counts);
        assert_true(matrix.rows == 4 && matrix.right == 2 && matrix.undecided == 1);
        nn_confusion_table(&matrix, 80, &text);
        static const char expected[] = "       predicted\n"
                                       "true     0    1    2    recall precision\n"
                                       "0        1    0    0   100.0 %   100.0 %\n"
                                       "1        0    1    0   100.0 %    50.0 %\n"
                                       "2        0    1    0     0.0 %         -\n"
                                       "accuracy 50.00 %: 2 of 4 rows\n"
                                       "1 rows are left out: NaN is no class\n";
        assert_string_equal(text.bytes, expected);
        nn_text_free(&text);
        nn_confusion_table(&matrix, 30, &text); /* too narrow for that */
        assert_non_null(strstr(text.bytes, "2             1    0.0 %         -  1 (1)\n"));
        nn_text_free(&text);
        nn_confusion_release(&matrix);
        nn_results_close(&results);
    }
}

/* Chinese characters and pictures take two columns of a terminal each, accents that are set on a letter none. */
static void wide_names(void **state) {
    static const char *const texts[] = {"Ad\xc3\xa9lie", "\xe4\xb8\xad\xe6\x96\x87", "\xf0\x9f\x90\xa7",
                                        "e\xcc\x81t", "\xff\xfe", ""};
    static const int widths[] = {6, 4, 2, 2, 2, 0};
    (void)state;
    nn_text text = {0};
    for (int i = 0; i < 6; i++) assert_int_equal(nn_text_width(texts[i]), widths[i]);
    for (int most = 2; most <= 4; most++) { /* cut in the middle of a wide one */
        nn_text_add_plain(&text, "\xe4\xb8\xad\xe6\x96\x87xy", most);
        assert_int_equal(nn_text_width(text.bytes), most);
        nn_text_free(&text);
    }
    char *names[] = {(char *)texts[1], (char *)texts[0]};
    const nn_names of = {.list[NN_NAMES_CLASSES] = {names, 2}};
    int64_t counts[] = {3, 0, 1, 2};
    const nn_confusion matrix = {.classes = 2, .names = &of, .counts = counts, .rows = 6, .right = 5};
    nn_confusion_table(&matrix, 80, &text);
    assert_non_null(strstr(text.bytes, "\ntrue      \xe4\xb8\xad\xe6\x96\x87  Ad\xc3\xa9lie  "));
    assert_non_null(strstr(text.bytes, "\n\xe4\xb8\xad\xe6\x96\x87         3       0  "));
    assert_non_null(strstr(text.bytes, "\nAd\xc3\xa9lie       1       2  "));
    nn_text_free(&text);
}

/* One sigmoid: the truth is the side of 1/2. */
static void two_classes(void **state) {
    (void)state;
    static const float outputs[] = {0.2f, 0.9f, 0.6f}, y[] = {0, 1, 0};
    static const int32_t classes[] = {0, 1, 1};
    nn_results results;
    nn_confusion matrix;
    assert_ok(nn_results_open(write_file(3, 1, outputs, classes, 1, y), &results));
    assert_ok(nn_confusion_count(&results, &matrix));
    assert_true(matrix.classes == 2 && matrix.counts[0] == 1 && matrix.counts[1] == 1 &&
                matrix.counts[2] == 0 && matrix.counts[3] == 1);
    nn_confusion_release(&matrix);
    nn_results_close(&results);
}

static void values(void **state) {
    (void)state;
    enum { ROWS = 10001 };
    static float predicted[2 * ROWS], y[2 * ROWS];
    for (int i = 0; i < ROWS; i++) {
        y[2 * i] = (float)i;
        predicted[2 * i] = (float)i + (i % 2 ? 2.0f : -2.0f);
        y[2 * i + 1] = 7;
        predicted[2 * i + 1] = i == 5 ? NAN : 7;
    }
    nn_results results;
    nn_scatter scatter;
    nn_text script = {0};
    assert_ok(nn_results_open(write_file(ROWS, 2, predicted, NULL, 2, y), &results));
    assert_int_equal(results.classes, 0);
    assert_ok(nn_scatter_read(&results, &scatter));
    const double variance = (ROWS * (double)ROWS - 1) / 12;
    assert_float_equal(scatter.agreement[0].rmse, 2, 1e-6);
    assert_float_equal(scatter.agreement[0].r2, 1 - 4 / variance, 1e-7);
    assert_true(scatter.agreement[0].least == -2 && scatter.agreement[0].most == ROWS);
    assert_true(scatter.agreement[1].rmse == 0 && isnan(scatter.agreement[1].r2) &&
                scatter.agreement[1].pairs == ROWS - 1);
    assert_in_range(scatter.drawn, NN_SCATTER_POINTS / 2, NN_SCATTER_POINTS);
    const nn_canvas png = {.kind = NN_CANVAS_PNG};
    assert_ok(nn_scatter_script(&png, &scatter, &script));
    assert_non_null(strstr(script.bytes, "RMSE 2, R\xc2\xb2 "));
    assert_non_null(strstr(script.bytes, "3334 of 10001 rows are drawn"));
    nn_text_free(&script);
    nn_scatter_release(&scatter);
    nn_results_close(&results);
}

/* An output without a finite number has no panel; where all are so there is no picture. */
static void not_finite(void **state) {
    (void)state;
    float predicted[] = {NAN, 1, INFINITY, 2, NAN, 3};
    static const float y[] = {1, 1, 2, 2, 3, 4};
    nn_results results;
    nn_scatter scatter;
    for (nn_canvas_kind kind = NN_CANVAS_TERMINAL; kind <= NN_CANVAS_PNG; kind++) {
        nn_text script = {0};
        const nn_canvas canvas = {.kind = kind, .columns = 80, .lines = 40};
        assert_ok(nn_results_open(write_file(3, 2, predicted, NULL, 2, y), &results));
        assert_ok(nn_scatter_read(&results, &scatter));
        assert_true(scatter.agreement[0].pairs == 0 && scatter.agreement[1].pairs == 3);
        assert_ok(nn_scatter_script(&canvas, &scatter, &script));
        assert_null(strstr(script.bytes, "nan"));
        assert_null(strstr(script.bytes, "inf"));
        assert_null(strstr(script.bytes, "$points using 1:2"));
        assert_non_null(strstr(script.bytes, "$points using 3:4"));
        nn_text_free(&script);
        nn_scatter_release(&scatter);
        nn_results_close(&results);
    }
    predicted[1] = predicted[3] = predicted[5] = NAN;
    assert_ok(nn_results_open(write_file(3, 2, predicted, NULL, 2, y), &results));
    assert_fails(nn_scatter_read(&results, &scatter), NN_BAD_DATA, "there is nothing to draw");
    nn_scatter_release(&scatter);
    nn_results_close(&results);
}

static void what_is_refused(void **state) {
    (void)state;
    static const int32_t classes[] = {0, 1, 1, 3}, good[] = {0, 1, 1, 2};
    static const float y[] = {0, 1, 2, 2}, beyond[] = {0, 1, 2, 3}, two[8] = {0};
    nn_results results;
    nn_confusion matrix;
    assert_fails(nn_results_open(write_file(4, 3, THREE, NULL, 1, NULL), &results), NN_BAD_DATA, "(/y)");
    nn_results_close(&results);
    assert_fails(nn_results_open(write_file(4, 3, THREE, NULL, 1, y), &results), NN_BAD_DATA,
                 "a row of /y has 1 numbers, one of /predictions 3");
    nn_results_close(&results);
    assert_fails(nn_results_open(write_file(4, 3, THREE, good, 2, two), &results), NN_BAD_DATA, "/y has 2");
    nn_results_close(&results);
    for (int i = 0; i < 2; i++) {
        assert_ok(nn_results_open(write_file(4, 3, THREE, i ? good : classes, 1, i ? beyond : y), &results));
        assert_fails(nn_confusion_count(&results, &matrix), NN_BAD_DATA,
                     i ? "row 3 of /y is 3" : "row 3 of /classes");
        nn_confusion_release(&matrix);
        nn_results_close(&results);
    }
    write_string(scratch("text.h5"), "text");
    assert_fails(nn_results_open(scratch("text.h5"), &results), NN_BAD_DATA, "text.h5");
    nn_results_close(&results);
}

static void decisions(void **state) {
    (void)state;
    const nn_decision greatest = {NN_DECIDES_GREATEST, 3, 0}, side = {NN_DECIDES_SIDE, 1, 0.5f};
    assert_int_equal(nn_decision_classes(&greatest), 3);
    assert_int_equal(nn_decision_classes(&side), 2);
    assert_int_equal(nn_decision_class(&greatest, (float[]){1, 3, 3}), 1);
    assert_int_equal(nn_decision_class(&greatest, (float[]){NAN, 3, 3}), -1);
    assert_int_equal(nn_decision_class(&side, (float[]){0.5f}), 0);
    assert_int_equal(nn_decision_class(&side, (float[]){0.75f}), 1);
    assert_int_equal(nn_decision_class(&side, (float[]){NAN}), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_names),        cmocka_unit_test(not_finite),
        cmocka_unit_test(a_matrix),        cmocka_unit_test(two_classes), cmocka_unit_test(values),
        cmocka_unit_test(what_is_refused), cmocka_unit_test(decisions),
    };
    return cmocka_run_group_tests_name("results", tests, scratch_make, scratch_remove);
}
