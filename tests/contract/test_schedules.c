/* test_schedules.c: every schedule against values computed by hand from Keras's formulas, at its
 * boundaries and beyond. A new schedule needs lines in POINTS. */
#include "contract.h"

#include "optim/optimizer.h"
#include "optim/schedule.h"

typedef struct {
    const char *name, *object;
    int64_t step;
    double rate;
} point;

#define EXPONENTIAL "schedule: ExponentialDecay, initial_learning_rate: 0.5, decay_steps: 4"
#define COSINE      "schedule: CosineDecay, initial_learning_rate: 0.5, decay_steps: 8"
#define PIECES      "{schedule: PiecewiseConstantDecay, boundaries: [3, 5], values: [1, 0.5, 0.1]}"
#define POLYNOMIAL                                                                                 \
    "schedule: PolynomialDecay, initial_learning_rate: 1, decay_steps: 10, end_learning_rate: 0.2"

static const point POINTS[] = {
    {"constant", "0.25", 0, 0.25},
    {"constant", "{schedule: constant, learning_rate: 0.25}", 1000000, 0.25},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25}", 0, 0.5},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25}", 2, 0.25},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25}", 4, 0.125},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25}", 12, 0.0078125},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25, staircase: true}", 3, 0.5},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25, staircase: true}", 4, 0.125},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25, staircase: true}", 7, 0.125},
    {"ExponentialDecay", "{" EXPONENTIAL ", decay_rate: 0.25, staircase: true}", 8, 0.03125},
    {"CosineDecay", "{" COSINE "}", 0, 0.5},
    {"CosineDecay", "{" COSINE "}", 2, 0.42677669529663687}, /* 0.25 (1 + sqrt(1/2)) */
    {"CosineDecay", "{" COSINE "}", 4, 0.25},
    {"CosineDecay", "{" COSINE "}", 8, 0},
    {"CosineDecay", "{" COSINE "}", 9, 0},
    {"CosineDecay", "{" COSINE ", alpha: 0.1}", 4, 0.275},
    {"CosineDecay", "{" COSINE ", alpha: 0.1}", 80, 0.05},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 0, 0.5},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 1, 1},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 2, 1.5},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 3, 2},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 7, 1},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3}", 11, 0},
    {"CosineDecay", "{" COSINE ", warmup_target: 2, warmup_steps: 3, alpha: 0.5}", 50, 1},
    {"CosineDecay", "{" COSINE ", warmup_target: 2}", 0, 2},
    {"PiecewiseConstantDecay", PIECES, 0, 1},
    {"PiecewiseConstantDecay", PIECES, 3, 1},
    {"PiecewiseConstantDecay", PIECES, 4, 0.5},
    {"PiecewiseConstantDecay", PIECES, 5, 0.5},
    {"PiecewiseConstantDecay", PIECES, 6, 0.1},
    {"PiecewiseConstantDecay", PIECES, 600, 0.1},
    {"PolynomialDecay", "{" POLYNOMIAL "}", 0, 1},
    {"PolynomialDecay", "{" POLYNOMIAL "}", 5, 0.6},
    {"PolynomialDecay", "{" POLYNOMIAL "}", 10, 0.2},
    {"PolynomialDecay", "{" POLYNOMIAL "}", 11, 0.2},
    {"PolynomialDecay", "{" POLYNOMIAL ", power: 2}", 5, 0.4},
    {"PolynomialDecay", "{" POLYNOMIAL ", cycle: true}", 0, 1},
    {"PolynomialDecay", "{" POLYNOMIAL ", cycle: true}", 10, 0.2},
    {"PolynomialDecay", "{" POLYNOMIAL ", cycle: true}", 11, 0.56}, /* 0.8 (1 - 11/20) + 0.2 */
    {"PolynomialDecay", "{" POLYNOMIAL ", cycle: true}", 20, 0.2},
    {"PolynomialDecay", "{" POLYNOMIAL ", cycle: true}", 30, 0.2},
};
enum { POINT_COUNT = sizeof POINTS / sizeof *POINTS };

static void test_every_schedule(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_SCHEDULES.classes; *isa; isa++) {
        int tried = 0;
        for (int i = 0; i < POINT_COUNT; i++) {
            if (strcmp(POINTS[i].name, (*isa)->name) != 0) continue;
            tried++;
            nn_object *schedule = object_from(&NN_SCHEDULES, POINTS[i].object);
            assert_ptr_equal(schedule->isa, *isa);
            check_close(POINTS[i].object, nn_schedule_value(schedule, POINTS[i].step),
                        POINTS[i].rate, 1e-14);
            nn_object_destroy(&schedule);
        }
        if (tried < 2) fail_msg("the schedule %s has no values: add some to POINTS", (*isa)->name);
    }
}

static void check_refused(const char *object, const char *part) {
    nn_node *node;
    nn_object *schedule;
    assert_ok(nn_yaml_parse(object, "test", &node));
    assert_fails(nn_object_read(&NN_SCHEDULES, node, NN_STYLE_RUN, &schedule), NN_BAD_CONFIG, part);
    nn_node_destroy(&node);
}

static void test_what_does_not_fit(void **state) {
    (void)state;
    check_refused("{schedule: piecewise_constant, boundaries: [3, 5], values: [1, 0.5]}",
                  "one number more");
    check_refused("{schedule: piecewise_constant, boundaries: [5, 5], values: [1, 0.5, 0.1]}",
                  "increase");
    check_refused("{schedule: cosine, initial_learning_rate: 1, decay_steps: 0}", "decay_steps");
    check_refused("{schedule: cosine, initial_learning_rate: 1}", "decay_steps");
    check_refused("-0.1", "learning_rate");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_schedule),
        cmocka_unit_test(test_what_does_not_fit),
    };
    return cmocka_run_group_tests_name("schedules", tests, NULL, NULL);
}
