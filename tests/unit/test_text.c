/* test_text.c: growing strings, edit distances, and numbers that read back as they were. */
#include "check.h"

#include "util/random.h"
#include "util/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void strings_grow(void **state) {
    (void)state;
    nn_text text = {0};
    char *taken = NULL;
    for (int i = 0; i < 1000; i++) nn_text_add(&text, "%d,", i);
    nn_text_add_bytes(&text, "end", 3);
    nn_text_add_bytes(&text, NULL, 0);
    assert_ok(nn_text_take(&text, &taken));
    assert_int_equal(strlen(taken), 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_memory_equal(taken, "0,1,2,", 6);
    assert_string_equal(taken + strlen(taken) - 7, "999,end");
    assert_null(text.bytes);
    free(taken);

    assert_ok(nn_text_take(&text, &taken)); /* nothing was added */
    assert_string_equal(taken, "");
    free(taken);
    nn_text_free(&text);
}

static void a_failed_string_says_so(void **state) {
    (void)state;
    nn_text text = {0};
    char *taken = NULL;
    nn_text_add(&text, "abc");
    text.failed = true; /* as after an allocation that failed */
    nn_text_add(&text, "def");
    assert_fails(nn_text_take(&text, &taken), NN_INTERNAL, "memory");
    assert_null(taken);
    assert_null(text.bytes);
}

static void edits_are_counted(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {
        {"", "", 0},          {"", "abc", 3},        {"units", "units", 0},
        {"unit", "units", 1}, {"untis", "units", 1}, {"kitten", "sitting", 3},
        {"ca", "abc", 3},     {"ab", "ba", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(nn_edit_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(nn_edit_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char longer[201];
    memset(longer, 'a', 200);
    longer[200] = '\0';
    assert_true(nn_edit_distance(longer, "a") >= 199);
}

static void the_nearest_name_is_meant(void **state) {
    (void)state;
    static const char *const names[] = {"units", "activation", "learning_rate", "rate", "epochs"};
    assert_string_equal(nn_nearest_name("unit", names, 5), "units");
    assert_string_equal(nn_nearest_name("learnign_rate", names, 5), "learning_rate");
    assert_string_equal(nn_nearest_name("learning", names, 5), "learning_rate");
    assert_string_equal(nn_nearest_name("rate", names, 5), "rate");
    assert_string_equal(nn_nearest_name("epoch", names, 5), "epochs");
    assert_null(nn_nearest_name("momentum", names, 5));
    assert_null(nn_nearest_name("", names, 5));
    static const char *const columns[] = {"a", "x", "Y"};
    assert_string_equal(nn_nearest_name("y", columns, 3), "Y");
    assert_null(nn_nearest_name("b", columns, 3));
    assert_null(nn_nearest_name("unit", names, 0));
    /* Abbreviations: the beginning of a name, or of each of its words. */
    static const char *const metrics[] = {"loss", "binary_accuracy", "accuracy", "val_loss", "val_accuracy"};
    assert_string_equal(nn_nearest_name("acc", metrics, 5), "accuracy");
    assert_string_equal(nn_nearest_name("val_acc", metrics, 5), "val_accuracy");
    assert_string_equal(nn_nearest_name("lr", names, 5), "learning_rate");
    assert_string_equal(nn_nearest_name("act", names, 5), "activation");
    /* A longer name with another meaning is none that was misspelt. */
    static const char *const layers[] = {"Dense", "Normalization"};
    assert_null(nn_nearest_name("BatchNormalization", layers, 2));
    assert_string_equal(nn_nearest_name("Normalisation", layers, 2), "Normalization");
}

static void only_utf_8_is_taken(void **state) {
    (void)state;
    static const char *const good[] = {"", "plain", "h\xC3\xB6he", "\xE2\x82\xAC", "\xF0\x9F\x90\xA7",
                                       "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"h\xF6he",          /* Latin-1 */
                                      "\xC3",             /* cut short */
                                      "\xE2\x82",        /* likewise */
                                      "\x80",             /* begins nothing */
                                      "\xC0\xAF",        /* longer than needed */
                                      "\xE0\x80\x80",    /* likewise */
                                      "\xED\xA0\x80",    /* half of a pair of UTF-16 */
                                      "\xF4\x90\x80\x80"}; /* beyond Unicode */
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(nn_is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(nn_is_utf8(bad[i]));
    static const struct {
        const char *text;
        int bytes;
        unsigned code;
    } first[] = {{"az", 1, 'a'}, {"\xc3\xa4z", 2, 0xe4}, {"\xe4\xb8\xad", 3, 0x4e2d},
                 {"\xf0\x9f\x90\xa7", 4, 0x1f427}, {"\xc3", 0, 0}, {"\xbf", 0, 0}};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        unsigned code;
        assert_int_equal(nn_utf8_read(first[i].text, &code), first[i].bytes);
        if (first[i].bytes > 0) assert_int_equal(code, first[i].code);
    }
}

static void check_real(double value, const char *expected) {
    char text[NN_REAL_TEXT];
    nn_format_real(value, text);
    assert_string_equal(text, expected);
}

static void reals_are_short_and_look_real(void **state) {
    (void)state;
    check_real(0, "0.0");
    check_real(-0.0, "-0.0");
    check_real(1, "1.0");
    check_real(0.1, "0.1");
    check_real(0.001, "0.001");
    check_real(1e-7, "1.0e-07");
    check_real(1.5e-7, "1.5e-07");
    check_real(1e20, "1.0e+20");
    check_real(123456789, "123456789.0");
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(INFINITY, ".inf");
    check_real(-INFINITY, "-.inf");
    check_real(NAN, ".nan");
    char text[NN_REAL_TEXT];
    nn_format_float(0.1f, text);
    assert_string_equal(text, "0.1");
    nn_format_float(-1e-30f, text);
    assert_string_equal(text, "-1.0e-30");
}

static void any_real_reads_back(void **state) {
    (void)state;
    const nn_random_stream stream = {.seed = 1, .purpose = NN_RANDOM_GENERATE};
    for (uint64_t i = 0; i < 100000; i++) {
        uint32_t words[4];
        char text[NN_REAL_TEXT];
        double value;
        float single;
        nn_random_block(stream, i, words); /* any bit pattern */
        memcpy(&value, words, sizeof value);
        memcpy(&single, words + 2, sizeof single);
        if (isfinite(value)) {
            nn_format_real(value, text);
            assert_true(strtod(text, NULL) == value);
            assert_true(strlen(text) < NN_REAL_TEXT && strchr(text, '.'));
        }
        if (isfinite(single)) {
            nn_format_float(single, text);
            assert_true(strtof(text, NULL) == single);
            assert_true(strlen(text) < NN_REAL_TEXT && strchr(text, '.'));
        }
    }
}

static void fields_are_quoted_where_they_must_be(void **state) {
    static const char *const names[] = {"plain", "a, b", "say \"x\"", "two\nlines", " blank", "caf\xc3\xa9; x"};
    (void)state;
    nn_text text = {0};
    for (int i = 0; i < 6; i++) {
        nn_text_add(&text, i ? "|" : "");
        nn_text_add_field(&text, names[i]);
    }
    assert_string_equal(text.bytes, "plain|\"a, b\"|\"say \"\"x\"\"\"|\"two\nlines\"|\" blank\"|\"caf\xc3\xa9; x\"");
    nn_text_free(&text);
    nn_text_suggest(&text, "zzzz", names, 2, "there are");
    assert_string_equal(text.bytes, "; there are: plain, \"a, b\"");
    nn_text_free(&text);
}

static void endings_are_found(void **state) {
    (void)state;
    assert_true(nn_ends_with("model.h5", ".h5"));
    assert_true(nn_ends_with("model.h5", ""));
    assert_false(nn_ends_with("h5", ".h5"));
    assert_false(nn_ends_with("model.h5.partial", ".h5"));
    assert_true(nn_has_ending("A.ONNX", ".onnx"));
    assert_false(nn_has_ending("onnx", ".onnx"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_grow),
        cmocka_unit_test(a_failed_string_says_so),
        cmocka_unit_test(edits_are_counted),
        cmocka_unit_test(the_nearest_name_is_meant),
        cmocka_unit_test(only_utf_8_is_taken),
        cmocka_unit_test(reals_are_short_and_look_real),
        cmocka_unit_test(any_real_reads_back),
        cmocka_unit_test(fields_are_quoted_where_they_must_be),
        cmocka_unit_test(endings_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
