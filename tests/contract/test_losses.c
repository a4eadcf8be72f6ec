/* test_losses.c: what every loss must do: its textbook formula, gradients as central differences
 * give them, with weights of classes and samples, finite for any logit, and sums over shares that
 * add up to the whole. */
#include "loss_cases.h"

static void test_every_loss_is_tried(void **state) {
    (void)state;
    for (const nn_class *const *isa = NN_LOSSES.classes; *isa; isa++) {
        int tried = 0, logits = 0, takes_over = ((const nn_loss_class *)*isa)->takes_over;
        for (int i = 0; i < LOSS_CASE_COUNT; i++) {
            if (strcmp(LOSS_CASES[i].loss, (*isa)->name) != 0) continue;
            tried++;
            logits += LOSS_CASES[i].logits;
        }
        if (tried == 0 || (takes_over != NN_LINEAR && logits == 0))
            fail_msg("the loss %s is not tried: add it to LOSS_CASES", (*isa)->name);
    }
}

/* ---- value and gradient ---- */

/* The loss as training minimizes it: weights and the division by the batch in it. */
static double mean_loss(void *context) {
    double sums[NN_SUM_METRICS] = {0};
    loss_pass pass = *(loss_pass *)context;
    size_t bytes = (size_t)(pass.trial->rows * LOSS_COLUMNS) * sizeof(nn_real);
    nn_real *kept = malloc(bytes); /* without a gradient it would be an evaluation */
    assert_non_null(kept);
    memcpy(kept, pass.trial->gradient, bytes);
    pass.sums = sums;
    run_loss(&pass, 1);
    memcpy(pass.trial->gradient, kept, bytes);
    free(kept);
    return sums[NN_SUM_LOSS] / (double)pass.batch_rows;
}

/* The factor that a row's loss should have. */
static double weight_of(const loss_trial *trial, int64_t row, const double *class_weight) {
    double weight = trial->targets.weights ? (double)trial->targets.weights[row] : 1;
    if (!class_weight) return weight;
    const nn_real *t = trial->expected + row * LOSS_COLUMNS;
    int label = 0;
    for (int j = 1; j < LOSS_COLUMNS; j++) label = t[j] > t[label] ? j : label;
    return weight * class_weight[label];
}

static void check_loss(loss_trial *trial, const double *class_weight) {
    enum { MORE = 3 }; /* rows that other ranks have of the batch */
    double sums[NN_SUM_METRICS] = {0}, expected = 0;
    loss_pass pass = {.trial = trial, .rows = trial->rows, .sums = sums, .gradient = true};
    pass.batch_rows = trial->rows + MORE;
    run_loss(&pass, 1);
    for (int64_t i = 0; i < trial->rows; i++)
        expected += weight_of(trial, i, class_weight) *
                    textbook_loss(trial->of, trial->output + i * LOSS_COLUMNS,
                                  trial->expected + i * LOSS_COLUMNS);
    check_close(trial->of->object, sums[NN_SUM_LOSS], expected, 1e-12);
    assert_true(sums[NN_SUM_ROWS] == (double)trial->rows);
    check_close("the mean", nn_objective_loss(trial->objective, sums),
                expected / (double)trial->rows, 1e-12);
    check_gradient(trial->of->object, trial->rows * LOSS_COLUMNS, trial->output, trial->gradient,
                   mean_loss, &pass);
    run_loss(&pass, 1); /* the output has become predictions */
    bool categorical = strstr(trial->of->loss, "categorical") != NULL;
    for (int64_t i = 0; i < trial->rows && trial->of->logits; i++) {
        double p[LOSS_COLUMNS];
        probabilities_of(trial->of, categorical, trial->output + i * LOSS_COLUMNS, p);
        for (int j = 0; j < LOSS_COLUMNS; j++)
            check_close("a prediction", (double)trial->scratch[i * LOSS_COLUMNS + j], p[j], 1e-14);
    }
}

static void test_values_and_gradients(void **state) {
    (void)state;
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        for (int64_t rows = 1; rows <= 35; rows += 17) {
            loss_trial trial = make_loss_trial(&LOSS_CASES[i], rows, NULL);
            check_loss(&trial, NULL);
            end_loss_trial(&trial);
        }
    }
}

static void test_weights(void **state) {
    (void)state;
    int64_t keys[] = {0, 2, 3};
    double values[] = {0.5, 3, 0}, by_class[LOSS_COLUMNS] = {0.5, 1, 3, 0};
    const nn_real_map map = {3, keys, values};
    enum { ROWS = 20 };
    nn_real weights[ROWS];
    fill(weights, ROWS, 61, 0, 2);
    weights[4] = 0;
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        bool classifies = strstr(LOSS_CASES[i].loss, "crossentropy") != NULL;
        for (int kind = 0; kind < (classifies ? 4 : 2); kind++) {
            const double *class_weight = kind >= 2 ? by_class : NULL;
            loss_trial trial = make_loss_trial(&LOSS_CASES[i], ROWS, class_weight ? &map : NULL);
            if (kind % 2) trial.targets.weights = weights;
            check_loss(&trial, class_weight);
            end_loss_trial(&trial);
        }
    }
}

/* As in Keras: an evaluation, which wants no gradient, knows the weights of samples alone. */
static void test_evaluation_ignores_class_weights(void **state) {
    (void)state;
    int64_t keys[] = {0, 1, 2, 3};
    double values[] = {10, 20, 30, 40};
    const nn_real_map map = {4, keys, values};
    enum { ROWS = 20 };
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        if (!strstr(LOSS_CASES[i].loss, "crossentropy")) continue;
        double sums[2] = {0};
        for (int weighted = 0; weighted < 2; weighted++) {
            double found[NN_SUM_METRICS] = {0};
            loss_trial trial = make_loss_trial(&LOSS_CASES[i], ROWS, weighted ? &map : NULL);
            loss_pass pass = {.trial = &trial, .rows = ROWS, .batch_rows = ROWS, .sums = found};
            run_loss(&pass, 1);
            sums[weighted] = found[NN_SUM_LOSS];
            end_loss_trial(&trial);
        }
        assert_true(sums[0] == sums[1]);
    }
}

/* ---- limits ---- */

/* Rows that are as wrong, as right and as undecided as can be, with logits of the given size. */
static void check_extreme(const loss_case *of, nn_real size) {
    loss_trial trial = make_loss_trial(of, 2 * LOSS_COLUMNS, NULL);
    for (int64_t i = 0; i < trial.rows; i++)
        for (int j = 0; j < LOSS_COLUMNS; j++)
            trial.output[i * LOSS_COLUMNS + j] = i == 0                  ? size
                                                 : i == 1                ? -size
                                                 : j == i % LOSS_COLUMNS ? size
                                                                         : -size;
    double sums[NN_SUM_METRICS] = {0};
    loss_pass pass = {&trial, 0, trial.rows, trial.rows, true, sums};
    run_loss(&pass, 1);
    assert_true(isfinite(sums[NN_SUM_LOSS]));
    for (int64_t i = 0; i < trial.rows * LOSS_COLUMNS; i++) {
        assert_true(isfinite((double)trial.gradient[i]) && fabs((double)trial.gradient[i]) <= 1);
        assert_true(trial.scratch[i] >= 0 && trial.scratch[i] <= 1);
    }
    end_loss_trial(&trial);
}

static void test_finite_for_any_logit(void **state) {
    (void)state;
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        if (!LOSS_CASES[i].logits) continue;
        check_extreme(&LOSS_CASES[i], (nn_real)1e4);
        check_extreme(&LOSS_CASES[i], (nn_real)1e30);
        check_extreme(&LOSS_CASES[i], (nn_real)1e300);
    }
}

/* Probabilities of 0 and 1 that come without logits. */
static void test_finite_for_any_probability(void **state) {
    (void)state;
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        if (LOSS_CASES[i].logits || !strstr(LOSS_CASES[i].loss, "crossentropy")) continue;
        loss_trial trial = make_loss_trial(&LOSS_CASES[i], LOSS_COLUMNS, NULL);
        for (int64_t k = 0; k < trial.rows * LOSS_COLUMNS; k++)
            trial.output[k] = k % (LOSS_COLUMNS + 1) == 0;
        double sums[NN_SUM_METRICS] = {0};
        loss_pass pass = {&trial, 0, trial.rows, trial.rows, true, sums};
        run_loss(&pass, 1);
        assert_true(isfinite(sums[NN_SUM_LOSS]));
        for (int64_t k = 0; k < trial.rows * LOSS_COLUMNS; k++)
            assert_true(isfinite((double)trial.gradient[k]));
        end_loss_trial(&trial);
    }
}

/* ---- shares and threads ---- */

static void test_shares_add_up(void **state) {
    (void)state;
    enum { ROWS = 40 };
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        loss_trial trial = make_loss_trial(&LOSS_CASES[i], ROWS, NULL);
        nn_real weights[ROWS], whole_gradient[ROWS * LOSS_COLUMNS];
        fill(weights, ROWS, 61, 0, 2);
        trial.targets.weights = weights;
        double whole[NN_SUM_METRICS] = {0};
        loss_pass all = {&trial, 0, ROWS, ROWS, true, whole};
        run_loss(&all, 1);
        memcpy(whole_gradient, trial.gradient, sizeof whole_gradient);
        for (int64_t cut = 0; cut <= ROWS; cut++) {
            double sums[NN_SUM_METRICS] = {0};
            memset(trial.gradient, 0, sizeof whole_gradient);
            loss_pass first = {&trial, 0, cut, ROWS, true, sums};
            loss_pass second = {&trial, cut, ROWS - cut, ROWS, true, sums};
            run_loss(&first, 1);
            run_loss(&second, 1);
            check_close("the sum of losses", sums[NN_SUM_LOSS], whole[NN_SUM_LOSS], 1e-13);
            assert_true(sums[NN_SUM_ROWS] == ROWS);
            assert_memory_equal(trial.gradient, whole_gradient, sizeof whole_gradient);
        }
        end_loss_trial(&trial);
    }
}

static void test_threads(void **state) {
    (void)state;
    enum { ROWS = 333 };
    for (int i = 0; i < LOSS_CASE_COUNT; i++) {
        loss_trial trial = make_loss_trial(&LOSS_CASES[i], ROWS, NULL);
        nn_real first[ROWS * LOSS_COLUMNS];
        double expected[NN_SUM_METRICS] = {0};
        for (int threads = 1; threads <= MOST_THREADS; threads++) {
            double sums[NN_SUM_METRICS] = {0};
            loss_pass pass = {&trial, 0, ROWS, ROWS, true, sums};
            run_loss(&pass, threads);
            if (threads == 1) memcpy(first, trial.gradient, sizeof first);
            if (threads == 1) memcpy(expected, sums, sizeof sums);
            assert_memory_equal(first, trial.gradient, sizeof first);
            assert_memory_equal(expected, sums, sizeof sums);
        }
        end_loss_trial(&trial);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_loss_is_tried),
        cmocka_unit_test(test_values_and_gradients),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_evaluation_ignores_class_weights),
        cmocka_unit_test(test_finite_for_any_logit),
        cmocka_unit_test(test_finite_for_any_probability),
        cmocka_unit_test(test_shares_add_up),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
