/* test_sweep.c: the keys and values of a sweep, the runs that come of them, and their names. */
#include "check.h"

#include "sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>

static nn_sweep *make(const char *one, const char *two) {
    const char *const sweeps[] = {one, two};
    nn_sweep *sweep;
    assert_ok(nn_sweep_create(sweeps, two ? 2 : 1, &sweep));
    return sweep;
}

/* The values of a key, each in its own brackets. */
static void assert_values(const char *sweep, const char *expected) {
    char text[256] = "";
    nn_sweep *made = make(sweep, NULL);
    for (int64_t i = 0; i < made->keys[0].count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "<%s>", made->keys[0].values[i]);
    assert_string_equal(text, expected);
    nn_sweep_destroy(&made);
}

static void values_are_those_of_a_list(void **state) {
    (void)state;
    assert_values("a=1,2,3", "<1><2><3>");
    assert_values("a=7", "<7>");
    assert_values("a= 1e-3 , 0.01", "<0.001><0.01>");
    assert_values("a=adam,sgd", "<adam><sgd>");
    assert_values("a=true,null,~", "<true><null><null>");
    assert_values("a={name: sgd, momentum: 0.9},adam", "<{name: sgd, momentum: 0.9}><adam>");
    assert_values("a=[1,2],[3]", "<[1, 2]><[3]>");
    assert_values("a='x, y',\"z\"", "<x, y><z>");
    assert_values("a=''", "<''>");
    assert_values("a='1',1", "<'1'><1>");
    assert_values("a=\"two\\nlines\"", "<\"two\\nlines\">");
    assert_values("a=b=c,d", "<b=c><d>");
}

static void assert_refused(const char *one, const char *two, nn_status status, const char *part) {
    const char *const sweeps[] = {one, two};
    nn_sweep *sweep;
    assert_fails(nn_sweep_create(sweeps, two ? 2 : 1, &sweep), status, part);
    assert_null(sweep);
}

static void others_are_refused(void **state) {
    (void)state;
    assert_refused("a", NULL, NN_USAGE, "--sweep a: it must be KEY=A,B,C");
    assert_refused("=1", NULL, NN_USAGE, "--sweep =1: it must be");
    assert_refused("a=", NULL, NN_USAGE, "--sweep a=: it must be");
    assert_refused("a=1,,2", NULL, NN_BAD_CONFIG, "--sweep a=1,,2");
    assert_refused("a=1]", NULL, NN_BAD_CONFIG, "--sweep a=1]");
    assert_refused("a=1], [2", NULL, NN_BAD_CONFIG, "--sweep a=1], [2");
    assert_refused("a=1] #", NULL, NN_BAD_CONFIG, "--sweep a=1] #");
    assert_refused("a={b: 1", NULL, NN_BAD_CONFIG, "--sweep a={b: 1");
    assert_refused("a=1,2", "a=3", NN_USAGE, "--sweep a is given twice");
}

static void too_many_runs_are_refused(void **state) {
    (void)state;
    char text[512] = "a=1";
    for (int i = 2; i <= 101; i++) snprintf(text + strlen(text), sizeof text - strlen(text), ",%d", i);
    char other[sizeof text];
    snprintf(other, sizeof other, "b%s", text + 1);
    assert_refused(text, other, NN_USAGE, "more than 10000 runs");
}

static void all_combinations_have_names(void **state) {
    (void)state;
    static const char *const folders[] = {
        "001-learning_rate=0.1,model.0.units=2", "002-learning_rate=0.1,model.0.units=3",
        "003-learning_rate=0.1,model.0.units=4", "004-learning_rate=0.01,model.0.units=2",
        "005-learning_rate=0.01,model.0.units=3", "006-learning_rate=0.01,model.0.units=4"};
    const char *const sweeps[] = {"optimizer.learning_rate=0.1,0.01", "model.0.units=2,3,4",
                                  "model.1.units=5"};
    nn_sweep *sweep;
    assert_ok(nn_sweep_create(sweeps, 3, &sweep));
    assert_int_equal(sweep->run_count, 6);
    for (int i = 0; i < 6; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "%s,model.1.units=5", folders[i]);
        assert_string_equal(sweep->runs[i].folder, expected);
    }
    assert_string_equal(sweep->runs[4].values[0], "0.01");
    assert_string_equal(sweep->runs[4].values[1], "3");
    nn_sweep_destroy(&sweep);
}

static void names_are_safe(void **state) {
    (void)state;
    nn_sweep *sweep = make("data.file='../a b/$x','*',.hidden", NULL);
    assert_string_equal(sweep->runs[0].folder, "001-file=.._ab_x");
    assert_string_equal(sweep->runs[1].folder, "002-file=_");
    assert_string_equal(sweep->runs[2].folder, "003-file=.hidden");
    nn_sweep_destroy(&sweep);
    char text[512] = "name=";
    memset(text + 5, 'x', 300);
    sweep = make(text, NULL);
    assert_int_equal(strlen(sweep->runs[0].folder), 104);
    assert_int_equal(strlen(sweep->runs[0].values[0]), 300);
    nn_sweep_destroy(&sweep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_a_list),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(too_many_runs_are_refused),
        cmocka_unit_test(all_combinations_have_names),
        cmocka_unit_test(names_are_safe),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
