/* test_trainer.c: training on rows in memory: fit, step, evaluate, predict, save and restore.
 *
 * test: NP 1 2 3 4 TIMEOUT 120 LABELS sanitize */
#include "api/api.h"

#include <unistd.h>

typedef struct {
    nnmpi_context *context;
    nnmpi_config *config;
    nnmpi_dataset *train, *validation;
    nnmpi_trainer *trainer;
} fixture;

static fixture begin(void) {
    fixture self = {make_context(), make_config(), make_rows("samples", 100),
                    make_rows("others", 40), NULL};
    assert_ok(nnmpi_trainer_create(self.context, self.config, self.train, self.validation,
                                   &self.trainer));
    return self;
}

static void end(fixture *self) {
    nnmpi_trainer_destroy(&self->trainer);
    nnmpi_dataset_destroy(&self->train);
    nnmpi_dataset_destroy(&self->validation);
    nnmpi_config_destroy(&self->config);
    nnmpi_context_destroy(&self->context);
    assert_null(self->trainer);
    assert_null(self->context);
    assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE); /* the program's, as in a callback */
}

static void test_fit(void **state) {
    (void)state;
    fixture of = begin();
    nnmpi_model *model = nnmpi_trainer_model(of.trainer);
    double before[2], after[2], values[2];
    nnmpi_progress progress;
    assert_int_equal(nnmpi_model_metrics(model), 1);
    assert_string_equal(nnmpi_model_metric_name(model, 0), "mae");
    assert_null(nnmpi_model_metric_name(model, 1));
    nnmpi_trainer_values(of.trainer, 1, values);
    assert_true(isnan(values[0]) && isnan(values[1]));
    assert_ok(nnmpi_model_evaluate(model, of.validation, before));
    assert_ok(nnmpi_trainer_fit(of.trainer, 30, NULL, NULL));
    assert_ok(nnmpi_model_evaluate(model, of.validation, after));
    assert_true(after[0] < 0.5 * before[0]);
    nnmpi_trainer_values(of.trainer, 1, values);
    assert_true(fabs(values[0] - after[0]) < 1e-6 && fabs(values[1] - after[1]) < 1e-6);
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.epoch, 30);
    assert_int_equal(progress.batches, 4); /* of 32 of 100 rows */
    assert_int_equal(progress.step, 120);
    assert_int_equal(progress.samples, 3000);
    assert_int_equal(progress.batch, 0);
    assert_true(progress.loss > 0 && progress.val_loss == values[0] && progress.seconds > 0);
    assert_false(progress.stopped);
    nnmpi_trainer_values(of.trainer, 0, values);
    assert_true(values[0] == progress.loss);
    assert_same_on_all(values, sizeof values);
    end(&of);
}

/* One rank alone, with all rows, gets the same bits: fit() there, steps here. */
static void test_same_bits_as_alone(void **state) {
    (void)state;
    fixture of = begin();
    nnmpi_context *alone;
    nnmpi_trainer *other;
    nnmpi_dataset *rows = make_dataset("all rows");
    double loss = NAN;
    append_rows(rows, 0, 100);
    assert_ok(nnmpi_context_create(MPI_COMM_SELF, 1, &alone));
    assert_ok(nnmpi_trainer_create(alone, of.config, rows, NULL, &other));
    for (int step = 0; step < 2 * 4; step++) assert_ok(nnmpi_trainer_step(of.trainer, &loss));
    assert_true(loss > 0);
    assert_ok(nnmpi_trainer_fit(other, 2, NULL, NULL));
    assert_same_models(nnmpi_trainer_model(of.trainer), nnmpi_trainer_model(other));
    assert_ok(nnmpi_trainer_fit(of.trainer, 0, NULL, NULL)); /* the configuration's third epoch */
    assert_ok(nnmpi_trainer_fit(other, 1, NULL, NULL));
    assert_same_models(nnmpi_trainer_model(of.trainer), nnmpi_trainer_model(other));
    nnmpi_trainer_destroy(&other);
    nnmpi_context_destroy(&alone);
    nnmpi_dataset_destroy(&rows);
    end(&of);
}

static void test_save_and_restore(void **state) {
    (void)state;
    fixture of = begin(), other = begin();
    nnmpi_model *loaded;
    float x[FEATURES], y, mine[2], theirs[2];
    double values[2], again[2];
    make_row(5, x, &y);
    for (int step = 0; step < 6; step++) /* into the middle of an epoch */
        assert_ok(nnmpi_trainer_step(of.trainer, NULL));
    assert_ok(nnmpi_trainer_save(of.trainer, "model.h5"));
    assert_ok(nnmpi_trainer_fit(of.trainer, 3, NULL, NULL));
    assert_ok(nnmpi_trainer_restore(other.trainer, "model.h5"));
    assert_ok(nnmpi_trainer_fit(other.trainer, 3, NULL, NULL));
    assert_same_models(nnmpi_trainer_model(of.trainer), nnmpi_trainer_model(other.trainer));
    assert_ok(nnmpi_trainer_save(of.trainer, "model.h5"));
    assert_ok(nnmpi_model_load(of.context, "model.h5", &loaded));
    assert_same_models(nnmpi_trainer_model(of.trainer), loaded);
    assert_ok(nnmpi_model_predict(nnmpi_trainer_model(of.trainer), 1, x, NNMPI_FLOAT32, mine,
                                  NNMPI_FLOAT32));
    assert_ok(nnmpi_model_predict(loaded, 1, x, NNMPI_FLOAT32, theirs, NNMPI_FLOAT32));
    assert_true(mine[0] == theirs[0]);
    assert_ok(nnmpi_model_evaluate(nnmpi_trainer_model(of.trainer), of.train, values));
    assert_ok(nnmpi_model_evaluate(loaded, of.train, again));
    assert_memory_equal(values, again, sizeof values);
    nnmpi_model_destroy(&loaded);
    assert_fails(nnmpi_model_load(of.context, "none.h5", &loaded), NN_NO_INPUT, "none.h5");
    assert_fails(nnmpi_trainer_restore(of.trainer, "none.h5"), NN_NO_INPUT, "none.h5");
    assert_fails(nnmpi_trainer_save(of.trainer, "none/model.h5"), NN_CANT_CREATE, "none/model.h5");
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) unlink("model.h5");
    end(&of);
    end(&other);
}

typedef struct {
    int steps, epochs, stop_rank, stop_step, stop_epoch;
} watch;

static int look(const nnmpi_progress *progress, void *user) {
    watch *self = user;
    assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    if (progress->epoch_ended) self->epochs++;
    else self->steps++;
    if (rank != self->stop_rank) return 0;
    return progress->epoch_ended ? progress->epoch == self->stop_epoch
                                 : progress->step == self->stop_step;
}

/* One rank ends it for all: with the step behind the one that it was told of, or with an epoch. */
static void test_callback(void **state) {
    (void)state;
    fixture of = begin();
    nnmpi_progress progress;
    watch self = {.stop_rank = size - 1, .stop_step = 5, .stop_epoch = -1};
    assert_ok(nnmpi_trainer_fit(of.trainer, 10, look, &self));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 6);
    assert_int_equal(progress.batch, 2);
    assert_int_equal(self.steps, 6);
    assert_int_equal(self.epochs, 1);
    self = (watch){.stop_rank = 0, .stop_step = -1, .stop_epoch = 3};
    assert_ok(nnmpi_trainer_fit(of.trainer, 10, look, &self));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.epoch, 3);
    assert_int_equal(progress.batch, 0);
    assert_int_equal(self.epochs, 2);
    assert_int_equal(self.steps, 6);
    self = (watch){.stop_rank = 0, .stop_step = 16, .stop_epoch = -1}; /* an epoch's last: no more */
    assert_ok(nnmpi_trainer_fit(of.trainer, 10, look, &self));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 16);
    assert_int_equal(progress.epoch, 4);
    end(&of);
}

/* The configuration's rules end a fit; the next one begins to wait anew. */
static void test_early_stopping(void **state) {
    (void)state;
    fixture of = begin();
    nnmpi_trainer *trainer;
    nnmpi_progress progress;
    assert_ok(nnmpi_config_set(of.config, "early_stopping",
                               "{monitor: val_loss, min_delta: 1000, patience: 2}"));
    assert_ok(nnmpi_trainer_create(of.context, of.config, of.train, of.validation, &trainer));
    for (int64_t fit = 1; fit <= 2; fit++) {
        assert_ok(nnmpi_trainer_fit(trainer, 50, NULL, NULL));
        nnmpi_trainer_progress(trainer, &progress);
        assert_int_equal(progress.epoch, 3 * fit);
        assert_true(progress.stopped);
    }
    nnmpi_trainer_destroy(&trainer);
    assert_fails(nnmpi_trainer_create(of.context, of.config, of.train, NULL, &trainer), NN_BAD_CONFIG,
                 "val_loss");
    end(&of);
}

static double val_loss_of(nnmpi_trainer *trainer, nnmpi_dataset *validation) {
    double values[2];
    assert_ok(nnmpi_model_evaluate(nnmpi_trainer_model(trainer), validation, values));
    return values[0];
}

static int keep_val_loss(const nnmpi_progress *progress, void *user) {
    double *losses = user;
    if (progress->epoch_ended) losses[progress->epoch - 1] = progress->val_loss;
    return 0;
}

static double least_of(const double *losses, int count) {
    double least = losses[0];
    for (int i = 1; i < count; i++) least = fmin(least, losses[i]);
    return least;
}

/* The best weights come back when the configuration has ended the training, not after each fit: the next one
 * goes on from the last. */
static void test_best_weights(void **state) {
    (void)state;
    enum { EPOCHS = 9 };
    static const char *const ends[][2] = {
        {"epochs", "9"}, {"max_steps", "14"}, {"early_stopping.patience", "1"}};
    fixture of = begin();
    nnmpi_trainer *whole, *pieces;
    nnmpi_progress progress;
    double losses[EPOCHS], best;
    assert_ok(nnmpi_config_set(of.config, "early_stopping", "{patience: 50, restore_best_weights: true}"));
    assert_ok(nnmpi_config_set(of.config, "optimizer.learning_rate", "0.3")); /* it goes up and down */
    assert_ok(nnmpi_trainer_create(of.context, of.config, of.train, of.validation, &whole));
    assert_ok(nnmpi_trainer_create(of.context, of.config, of.train, of.validation, &pieces));
    assert_ok(nnmpi_trainer_fit(whole, EPOCHS, keep_val_loss, losses));
    for (int i = 0; i < EPOCHS; i++) assert_ok(nnmpi_trainer_fit(pieces, 1, NULL, NULL));
    assert_same_models(nnmpi_trainer_model(whole), nnmpi_trainer_model(pieces));
    assert_true(fabs(val_loss_of(whole, of.validation) - losses[EPOCHS - 1]) < 1e-5);
    nnmpi_trainer_destroy(&whole);
    nnmpi_trainer_destroy(&pieces);
    for (int i = 0; i < 3; i++) {
        assert_ok(nnmpi_config_set(of.config, ends[i][0], ends[i][1]));
        assert_ok(nnmpi_trainer_create(of.context, of.config, of.train, of.validation, &whole));
        assert_ok(nnmpi_trainer_fit(whole, i == 0 ? 0 : EPOCHS, keep_val_loss, losses));
        nnmpi_trainer_progress(whole, &progress);
        assert_int_equal(progress.epoch, i == 0 ? EPOCHS : 3);
        best = least_of(losses, (int)progress.epoch);
        assert_true(best < 0.99 * losses[progress.epoch - 1]);
        assert_true(fabs(val_loss_of(whole, of.validation) - best) < 1e-5);
        nnmpi_trainer_destroy(&whole);
    }
    end(&of);
}

static void test_learning_rate(void **state) {
    (void)state;
    fixture of = begin();
    assert_true(fabs(nnmpi_trainer_learning_rate(of.trainer) - 0.01) < 1e-12);
    assert_ok(nnmpi_trainer_set_learning_rate(of.trainer, rank == 0 ? 0.5 : -7)); /* rank 0's counts */
    assert_true(fabs(nnmpi_trainer_learning_rate(of.trainer) - 0.5) < 1e-12);
    assert_fails(nnmpi_trainer_set_learning_rate(of.trainer, 0), NN_USAGE, "above 0");
    assert_fails(nnmpi_trainer_set_learning_rate(of.trainer, 1e300), NN_USAGE, "a float32");
    assert_non_null(strstr(nnmpi_trainer_config(of.trainer), "learning_rate: 0.01"));
    end(&of);
}

/* Rows that are appended between fits count from the next epoch on, on whichever rank. */
static void test_growing(void **state) {
    (void)state;
    fixture of = begin();
    nnmpi_progress progress;
    double values[2];
    assert_ok(nnmpi_trainer_fit(of.trainer, 2, NULL, NULL));
    if (rank == size - 1) append_rows(of.train, 100, 200);
    assert_ok(nnmpi_trainer_step(of.trainer, NULL));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.batches, 7); /* of 32 of 200 rows */
    assert_int_equal(progress.epoch, 2);
    assert_int_equal(progress.step, 9);
    if (rank == 0) append_rows(of.train, 200, 300); /* in the middle of an epoch: not yet */
    assert_ok(nnmpi_trainer_fit(of.trainer, 1, NULL, NULL));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 15);
    assert_ok(nnmpi_trainer_fit(of.trainer, 20, NULL, NULL));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 15 + 20 * 10);
    assert_ok(nnmpi_model_evaluate(nnmpi_trainer_model(of.trainer), of.validation, values));
    assert_true(values[0] < 0.1);
    nnmpi_dataset_clear(of.train);
    assert_int_equal(nnmpi_dataset_rows(of.train), 0);
    if (rank == 0) append_rows(of.train, 0, 10); /* fewer than a batch */
    assert_ok(nnmpi_trainer_fit(of.trainer, 2, NULL, NULL));
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 15 + 200 + 2);
    nnmpi_dataset_clear(of.train); /* none is left: the training stays as it is */
    assert_fails(nnmpi_trainer_fit(of.trainer, 1, NULL, NULL), NN_BAD_DATA, "no rank has given it a row");
    nnmpi_trainer_progress(of.trainer, &progress);
    assert_int_equal(progress.step, 15 + 200 + 2);
    end(&of);
}

/* What a growing training has learned is what one with all rows from the start has not; but a renewal
 * without new values changes nothing. */
static void test_renewal_changes_nothing(void **state) {
    (void)state;
    fixture of = begin(), other = begin();
    assert_ok(nnmpi_trainer_fit(of.trainer, 2, NULL, NULL));
    assert_ok(nnmpi_trainer_fit(other.trainer, 2, NULL, NULL));
    nnmpi_dataset_clear(other.train);
    append_rows(other.train, begin_of(100, rank, size), begin_of(100, rank + 1, size));
    assert_ok(nnmpi_trainer_fit(of.trainer, 2, NULL, NULL));
    assert_ok(nnmpi_trainer_fit(other.trainer, 2, NULL, NULL));
    assert_same_models(nnmpi_trainer_model(of.trainer), nnmpi_trainer_model(other.trainer));
    end(&of);
    end(&other);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_fit),           cmocka_unit_test(test_same_bits_as_alone),
    cmocka_unit_test(test_save_and_restore), cmocka_unit_test(test_callback),
    cmocka_unit_test(test_early_stopping), cmocka_unit_test(test_best_weights),
    cmocka_unit_test(test_learning_rate),
    cmocka_unit_test(test_growing),       cmocka_unit_test(test_renewal_changes_nothing)};

RUN_TESTS("trainer", tests)
