/* test_monitor.c: early stopping and reducing the learning rate against the rules of
 * keras.callbacks.EarlyStopping and ReduceLROnPlateau (Keras 3), written down here once more, over
 * many made-up courses of training. */
#include "run_files.h"

#include "io/yaml.h"
#include "train/monitor.h"
#include "util/random.h"

/* ---- something to watch ---- */

typedef struct {
    nn_model *model;
    nn_object *loss;
    nn_object_list metrics;
    nn_objective *objective;
    nn_object *args;
    nn_optimizer *optimizer;
} watched_run;

static nn_object *object_from(const nn_registry *registry, const char *text) {
    nn_node *node;
    nn_object *object;
    assert_ok(nn_yaml_parse(text, "test", &node));
    assert_ok(nn_object_read(registry, node, NN_STYLE_RUN, &object));
    nn_node_destroy(&node);
    return object;
}

static watched_run make_run(void) {
    watched_run run = {0};
    nn_object_list layers = {1, calloc(1, sizeof(nn_object *))};
    const nn_real_map none = {0};
    run.metrics = (nn_object_list){2, calloc(2, sizeof(nn_object *))};
    assert_true(layers.items && run.metrics.items);
    layers.items[0] = object_from(&NN_LAYERS, "{layer: Dense, units: 1}");
    run.metrics.items[0] = object_from(&NN_METRICS, "accuracy");
    run.metrics.items[1] = object_from(&NN_METRICS, "mse");
    run.loss = object_from(&NN_LOSSES, "binary_crossentropy");
    run.args = object_from(&NN_OPTIMIZERS, "{name: sgd, learning_rate: 1}");
    assert_ok(nn_model_create(&layers, (nn_shape){1, {1}}, 1, &run.model));
    assert_ok(nn_objective_create(run.model, run.loss, &run.metrics, &none, &run.objective));
    assert_ok(nn_optimizer_create(run.args, run.model, &run.optimizer));
    return run;
}

static void end_run(watched_run *run) {
    nn_optimizer_destroy(&run->optimizer);
    nn_objective_destroy(&run->objective);
    nn_model_destroy(&run->model);
    nn_object_destroy(&run->loss);
    nn_object_destroy(&run->args);
    for (int i = 0; i < 2; i++) nn_object_destroy(&run->metrics.items[i]);
    free(run->metrics.items);
}

/* An epoch in which the monitored value is `value`, and the others are something else. */
static nn_epoch_values epoch_of(const watched_run *run, const char *monitor, double value,
                                double *sums, double *val_sums) {
    const bool validation = strncmp(monitor, "val_", 4) == 0;
    const char *name = monitor + (validation ? 4 : 0);
    double *chosen = validation ? val_sums : sums;
    nn_epoch_values values = {run->objective, 777, 888, sums, val_sums};
    assert_int_equal(nn_objective_sums(run->objective), NN_SUM_METRICS + 2);
    for (int i = 0; i < NN_SUM_METRICS + 2; i++) sums[i] = val_sums[i] = 999;
    sums[NN_SUM_ROWS] = val_sums[NN_SUM_ROWS] = 4;
    if (strcmp(name, "accuracy") == 0)
        chosen[NN_SUM_METRICS] = 4 * value;
    else if (strcmp(name, "mse") == 0)
        chosen[NN_SUM_METRICS + 1] = 4 * value;
    else if (validation)
        values.val_loss = value;
    else
        values.loss = value;
    return values;
}

/* Keras's "auto": by the metric. */
static bool larger_is_better(const nn_run_monitor *monitor) {
    if (monitor->mode != NN_MODE_AUTO) return monitor->mode == NN_MODE_MAX;
    return strstr(monitor->monitor, "accuracy") != NULL;
}

/* A course of quarters, so that sums and differences are exact: down, then up and down. */
static void make_course(double *values, int count, uint64_t seed) {
    nn_random_stream stream = {seed, NN_RANDOM_GENERATE, 0, 0};
    double value = 8;
    for (int i = 0; i < count; i++) {
        value += floor(6 * nn_random_uniform(stream, (uint64_t)i)) / 4 - 0.75;
        values[i] = seed % 7 < 2 && i % 5 == 4 * (int)(seed % 7) ? NAN : value;
    }
}

static const char *const MONITORS[] = {"loss", "val_loss", "accuracy", "val_accuracy", "val_mse"};
enum { MONITOR_COUNT = 5, COURSES = 40, EPOCHS = 30 };

/* ---- EarlyStopping ---- */

/* keras/src/callbacks/early_stopping.py */
typedef struct {
    bool larger;
    double best, min_delta;
    int64_t wait, best_epoch;
} keras_stopping;

static bool keras_improves(const keras_stopping *self, double value, double reference) {
    return self->larger ? value - self->min_delta > reference : value + self->min_delta < reference;
}

static bool keras_stops(keras_stopping *self, const nn_run_early_stopping *args, int64_t epoch,
                        double current) {
    if (epoch < args->start_from_epoch) return false;
    self->wait++;
    if (keras_improves(self, current, self->best)) {
        self->best = current;
        self->best_epoch = epoch;
        if (isnan(args->baseline) || keras_improves(self, current, args->baseline)) self->wait = 0;
        return false;
    }
    return self->wait >= args->monitor.patience && epoch > 0;
}

static void check_stopping(const watched_run *run, nn_run_early_stopping *args, uint64_t seed) {
    double course[EPOCHS], sums[8], val_sums[8];
    keras_stopping keras = {.larger = larger_is_better(&args->monitor), .best_epoch = -1};
    keras.best = keras.larger ? -INFINITY : INFINITY;
    keras.min_delta = args->monitor.min_delta;
    nn_monitor_state state = nn_monitor_start();
    make_course(course, EPOCHS, seed);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        bool improved = true;
        nn_epoch_values values =
            epoch_of(run, args->monitor.monitor, course[epoch], sums, val_sums);
        bool expected = keras_stops(&keras, args, epoch, course[epoch]);
        bool found = nn_early_stopping_decide(args, &state, epoch, &values, &improved);
        if (found != expected)
            fail_msg("%s, patience %lld, course %llu: %s after epoch %lld", args->monitor.monitor,
                     (long long)args->monitor.patience, (unsigned long long)seed,
                     found ? "it stops" : "it goes on", (long long)epoch);
        assert_int_equal(state.best_epoch, keras.best_epoch);
        assert_int_equal(improved, keras.best_epoch == epoch);
        if (found) return;
    }
}

static void test_early_stopping(void **state) {
    (void)state;
    watched_run on = make_run();
    static const char *const sets[] = {"early_stopping.monitor=loss"};
    nn_run *run = run_from(SHORTEST, "run.yaml", sets, 1);
    nn_run_early_stopping *args = run->early_stopping;
    char *kept = args->monitor.monitor;
    for (int i = 0; i < MONITOR_COUNT * COURSES * 3 * 4; i++) {
        char monitor[32];
        snprintf(monitor, sizeof monitor, "%s", MONITORS[i % MONITOR_COUNT]);
        args->monitor.monitor = monitor;
        args->monitor.mode = i / 5 % 3;
        args->monitor.patience = i / 15 % 4;
        args->monitor.min_delta = i / 60 % 2 ? 0.25 : 0;
        args->baseline = i / 120 % 3 == 2 ? 7 : NAN;
        args->start_from_epoch = i / 360 % 2 ? 3 : 0;
        check_stopping(&on, args, (uint64_t)i);
    }
    args->monitor.monitor = kept;
    nn_run_destroy(&run);
    end_run(&on);
}

/* ---- ReduceLROnPlateau ---- */

/* keras/src/callbacks/reduce_lr_on_plateau.py */
typedef struct {
    bool larger;
    double best, rate;
    int64_t wait, cooldown;
} keras_plateau;

static bool keras_reduces(keras_plateau *self, const nn_run_plateau *args, double current) {
    const double delta = args->monitor.min_delta;
    if (self->cooldown > 0) {
        self->cooldown--;
        self->wait = 0;
    }
    if (self->larger ? current > self->best + delta : current < self->best - delta) {
        self->best = current;
        self->wait = 0;
    } else if (self->cooldown <= 0) {
        self->wait++;
        if (self->wait >= args->monitor.patience && self->rate > args->min_lr) {
            self->rate = fmax(self->rate * args->factor, args->min_lr);
            self->cooldown = args->cooldown;
            self->wait = 0;
            return true;
        }
    }
    return false;
}

static void check_plateau(const watched_run *run, const nn_run_plateau *args, uint64_t seed) {
    double course[EPOCHS], sums[8], val_sums[8];
    keras_plateau keras = {.larger = larger_is_better(&args->monitor), .rate = 1};
    keras.best = keras.larger ? -INFINITY : INFINITY;
    nn_monitor_state state = nn_monitor_start();
    nn_optimizer_set_factor(run->optimizer, 1);
    make_course(course, EPOCHS, seed);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        nn_epoch_values values =
            epoch_of(run, args->monitor.monitor, course[epoch], sums, val_sums);
        bool expected = keras_reduces(&keras, args, course[epoch]);
        bool found = nn_plateau_decide(args, &state, &values, run->optimizer);
        if (found != expected)
            fail_msg("%s, course %llu: epoch %d %s", args->monitor.monitor,
                     (unsigned long long)seed, epoch, found ? "reduces" : "does not reduce");
        double rate = nn_optimizer_learning_rate(run->optimizer);
        assert_true(fabs(rate - keras.rate) <= 1e-12 * keras.rate);
    }
}

static void test_plateau(void **state) {
    (void)state;
    watched_run on = make_run();
    static const char *const sets[] = {"reduce_lr_on_plateau.monitor=loss"};
    nn_run *run = run_from(SHORTEST, "run.yaml", sets, 1);
    nn_run_plateau *args = run->reduce_lr_on_plateau;
    char *kept = args->monitor.monitor;
    for (int i = 0; i < MONITOR_COUNT * COURSES * 3 * 4; i++) {
        char monitor[32];
        snprintf(monitor, sizeof monitor, "%s", MONITORS[i % MONITOR_COUNT]);
        args->monitor.monitor = monitor;
        args->monitor.mode = i / 5 % 3;
        args->monitor.patience = i / 15 % 4;
        args->monitor.min_delta = i / 60 % 2 ? 0.25 : 0;
        args->cooldown = i / 120 % 3;
        args->min_lr = i / 360 % 2 ? 0.125 : 0;
        args->factor = i / 720 % 2 ? 0.5 : 0.3;
        check_plateau(&on, args, (uint64_t)i);
    }
    args->monitor.monitor = kept;
    nn_run_destroy(&run);
    end_run(&on);
}

/* ---- what there is to watch ---- */

static void test_check(void **state) {
    (void)state;
    watched_run on = make_run();
    static const char *const sets[] = {"early_stopping.monitor=loss"};
    nn_run *run = run_from(SHORTEST, "run.yaml", sets, 1);
    nn_run_monitor *monitor = &run->early_stopping->monitor;
    char *kept = monitor->monitor;
    static char good[][24] = {"loss",         "val_loss", "accuracy",
                              "val_accuracy", "val_mse",  "mean_squared_error"};
    static char wrong[][24] = {"val_", "", "acc", "val_val_loss", "mae", "Loss"};
    for (int i = 0; i < 6; i++) {
        monitor->monitor = good[i];
        assert_ok(nn_monitor_check(monitor, on.objective));
        monitor->monitor = wrong[i];
        assert_fails(nn_monitor_check(monitor, on.objective), NN_BAD_CONFIG, "early_stopping");
        assert_non_null(strstr(nn_message(), "loss, accuracy, mse"));
    }
    monitor->monitor = kept;
    nn_run_destroy(&run);
    end_run(&on);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_stopping),
        cmocka_unit_test(test_plateau),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests_name("monitors", tests, NULL, NULL);
}
