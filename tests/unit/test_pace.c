/* test_pace.c: the time that is left does not jump, and follows a run that becomes slower. */
#include "check.h"

#include "train/pace.h"

#include <math.h>

/* Steps of so many seconds, for so long; returns when they end. */
static double run(nn_pace *pace, double now, double step, double duration) {
    for (const double end = now + duration; now < end;) nn_pace_step(pace, now += step);
    return now;
}

static void nothing_is_known_before_the_first_step(void **state) {
    (void)state;
    nn_pace pace = {0};
    nn_pace_begin(&pace, 100);
    assert_true(isnan(nn_pace_of_step(&pace)));
    assert_true(isnan(nn_pace_left(&pace, 10, 0)));
    nn_pace_step(&pace, 102);
    assert_true(fabs(nn_pace_of_step(&pace) - 2) < 1e-12);
}

static void even_steps_give_their_time(void **state) {
    (void)state;
    const double steps[] = {1e-5, 0.003, 0.2, 30};
    for (int i = 0; i < 4; i++) {
        nn_pace pace = {0};
        nn_pace_begin(&pace, 100);
        run(&pace, 100, steps[i], i < 2 ? 3 : 300);
        assert_true(fabs(nn_pace_of_step(&pace) / steps[i] - 1) < 0.02);
        assert_true(fabs(nn_pace_left(&pace, 100, 0) / (100 * steps[i]) - 1) < 0.02);
    }
}

static void one_slow_step_moves_it_little_and_a_change_counts(void **state) {
    (void)state;
    nn_pace pace = {0};
    nn_pace_begin(&pace, 0);
    double now = run(&pace, 0, 0.1, 60);
    nn_pace_step(&pace, now += 1); /* such as one that waited for a checkpoint */
    assert_true(nn_pace_of_step(&pace) < 0.11);
    run(&pace, now, 0.2, 60);
    assert_true(fabs(nn_pace_of_step(&pace) - 0.2) < 0.01);
}

static void validations_count_apart(void **state) {
    (void)state;
    nn_pace pace = {0};
    nn_pace_begin(&pace, 0);
    double now = run(&pace, 0, 0.125, 10);
    nn_pace_validated(&pace, 0.25, now, now + 5);
    assert_true(fabs(nn_pace_left(&pace, 0, 1) - 15) < 1e-9); /* three quarters of 20 s */
    nn_pace_validated(&pace, 1, now, now + 16);
    assert_true(fabs(nn_pace_left(&pace, 80, 2) - (10 + 32)) < 1e-9);
    run(&pace, now + 16, 0.125, 10);
    assert_true(fabs(nn_pace_of_step(&pace) - 0.125) < 1e-9); /* the validation is no step */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_before_the_first_step),
        cmocka_unit_test(even_steps_give_their_time),
        cmocka_unit_test(one_slow_step_moves_it_little_and_a_change_counts),
        cmocka_unit_test(validations_count_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
