/* test_run.c: the run file: what is left out gets its default, paths are relative to the file,
 * --set changes single values, and the effective file read back gives the same effective file. */
#include "run_files.h"

#include "scratch.h"

/* ---- defaults and paths ---- */

static void test_defaults(void **state) {
    (void)state;
    nn_run *run = run_from(SHORTEST, "runs/first.yaml", NULL, 0);
    assert_string_equal(run->name, "first");
    assert_true(run->seed == 0 && run->batch_size == 32 && run->epochs == 1);
    assert_true(run->max_steps == 0 && isnan(run->max_minutes));
    assert_string_equal(run->data->train, "/train");
    assert_true(run->data->shuffle && !run->data->validation);
    assert_true(run->data->validation_split == 0);
    assert_int_equal(run->data->in_memory, NN_IN_MEMORY_AUTO);
    assert_string_equal(run->optimizer->isa->name, "adam");
    assert_true(run->metrics.count == 0 && run->class_weight.count == 0);
    assert_null(run->early_stopping);
    assert_null(run->reduce_lr_on_plateau);
    assert_null(run->stop_at);
    assert_non_null(run->checkpoint);
    assert_true(run->checkpoint->every_epochs == 1 && run->checkpoint->every_steps == 0);
    assert_true(run->checkpoint->keep == 3 && isnan(run->checkpoint->every_minutes));
    nn_run_destroy(&run);
    assert_null(run);
    nn_run_destroy(&run);
}

/* Sections that are named get Keras's defaults; a checkpoint by steps is not also one by epochs. */
static void test_defaults_of_sections(void **state) {
    (void)state;
    char text[2048];
    snprintf(text, sizeof text,
             "%searly_stopping: {monitor: loss}\nreduce_lr_on_plateau: {monitor: loss}\n"
             "checkpoint: {every_steps: 50}\n",
             SHORTEST);
    nn_run *run = run_from(text, "run.yaml", NULL, 0);
    assert_true(run->early_stopping->monitor.patience == 0);
    assert_true(run->early_stopping->monitor.min_delta == 0);
    assert_true(isnan(run->early_stopping->baseline));
    assert_true(!run->early_stopping->restore_best_weights);
    assert_int_equal(run->early_stopping->monitor.mode, NN_MODE_AUTO);
    assert_true(run->reduce_lr_on_plateau->monitor.patience == 10);
    assert_true(run->reduce_lr_on_plateau->monitor.min_delta == 1e-4);
    assert_true(run->reduce_lr_on_plateau->factor == 0.1);
    assert_true(run->reduce_lr_on_plateau->cooldown == 0);
    assert_true(run->checkpoint->every_steps == 50 && run->checkpoint->every_epochs == 0);
    nn_run_destroy(&run);
}

/* The names of a metric that Keras knows are as good as that of its column, which the effective run has. */
static void test_monitored_column(void **state) {
    (void)state;
    static const struct {
        const char *loss, *metrics, *monitor, *column;
    } cases[] = {
        {"mean_squared_error", "[mean_absolute_error]", "mae", "mae"},
        {"mean_squared_error", "[mae]", "mean_absolute_error", "mae"},
        {"mean_squared_error", "[accuracy]", "accuracy", "accuracy"},
        {"categorical_crossentropy", "[accuracy]", "categorical_accuracy", "accuracy"},
        {"binary_crossentropy", "[accuracy]", "binary_accuracy", "accuracy"},
        {"binary_crossentropy", "[accuracy, binary_accuracy]", "binary_accuracy", "binary_accuracy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char loss[64], metrics[64], early[96], plateau[96], column[64];
        snprintf(loss, sizeof loss, "loss=%s", cases[i].loss);
        snprintf(metrics, sizeof metrics, "metrics=%s", cases[i].metrics);
        snprintf(early, sizeof early, "early_stopping={monitor: val_%s}", cases[i].monitor);
        snprintf(plateau, sizeof plateau, "reduce_lr_on_plateau={monitor: %s}", cases[i].monitor);
        const char *sets[] = {loss, metrics, early, plateau, "data.validation_split=0.5", "model.0.units=2"};
        nn_run *run = run_from(SHORTEST, "run.yaml", sets, 6);
        snprintf(column, sizeof column, "val_%s", cases[i].column);
        assert_string_equal(run->early_stopping->monitor.monitor, column);
        assert_string_equal(run->reduce_lr_on_plateau->monitor.monitor, cases[i].column);
        nn_run_destroy(&run);
    }
}

static void check_path(const char *run_file, const char *given, const char *expected) {
    char text[2048];
    snprintf(text, sizeof text, "%s", SHORTEST);
    const char *overrides[1];
    char set[1024];
    snprintf(set, sizeof set, "data.file='%s'", given);
    overrides[0] = set;
    nn_run *run = run_from(text, run_file, overrides, 1);
    assert_string_equal(run->data->file, expected);
    nn_run_destroy(&run);
}

static void test_paths(void **state) {
    (void)state;
    char here[1024], expected[2048], folder[2048];
    assert_non_null(getcwd(here, sizeof here));
    check_path("/no/such/folder/run.yaml", "a.h5", "/no/such/folder/a.h5");
    check_path("/no/such/folder/run.yaml", "/elsewhere/a.h5", "/elsewhere/a.h5");
    check_path("/no/such/folder/run.yaml", "../b/a b.h5", "/no/such/folder/../b/a b.h5");
    snprintf(expected, sizeof expected, "%s/a.h5", here);
    check_path("run.yaml", "a.h5", expected);
    snprintf(expected, sizeof expected, "%s/deep/a.h5", here);
    check_path("deep/run.yaml", "a.h5", expected);
    /* what is there is named without .. */
    snprintf(folder, sizeof folder, "%s/x", scratch_folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    write_string(scratch("a.h5"), "");
    char *real = realpath(scratch("a.h5"), NULL);
    assert_non_null(real);
    snprintf(folder, sizeof folder, "%s/x/run.yaml", scratch_folder);
    check_path(folder, "../a.h5", real);
    free(real);
}

static void test_names(void **state) {
    (void)state;
    static const char *const names[][2] = {{"digits.yaml", "digits"},
                                           {"/a/b.c/my.run.yml", "my.run"},
                                           {"plain", "plain"}};
    for (int i = 0; i < 3; i++) {
        nn_run *run = run_from(SHORTEST, names[i][0], NULL, 0);
        assert_string_equal(run->name, names[i][1]);
        nn_run_destroy(&run);
    }
    static const char *const wrong[] = {"name=a/b", "name=''", "name=.hidden", "name=.."};
    for (int i = 0; i < 4; i++) refuse_run(SHORTEST, &wrong[i], 1, NN_BAD_CONFIG, "'name'");
}

static void test_files(void **state) {
    (void)state;
    nn_run *run = NULL;
    assert_fails(nn_run_read_file(scratch("none.yaml"), NULL, 0, &run), NN_NO_INPUT, "none.yaml");
    assert_null(run);
    write_bytes(scratch("binary.yaml"), "name: a\0b", 9);
    assert_fails(nn_run_read_file(scratch("binary.yaml"), NULL, 0, &run), NN_BAD_CONFIG,
                 "no text file");
    write_string(scratch("good.yaml"), SHORTEST);
    assert_ok(nn_run_read_file(scratch("good.yaml"), NULL, 0, &run));
    assert_string_equal(run->name, "good");
    nn_run_destroy(&run);
}

/* ---- the effective file ---- */

static void check_round_trip(const char *text, const char *const *overrides, int64_t count) {
    char *first, *second;
    nn_run *run = run_from(text, "/somewhere/run.yaml", overrides, count);
    assert_ok(nn_run_format(run, &first));
    nn_run_destroy(&run);
    run = run_from(first, "/elsewhere/config.yaml", NULL, 0);
    assert_ok(nn_run_format(run, &second));
    nn_run_destroy(&run);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void test_effective_file_is_fixed(void **state) {
    (void)state;
    static const char *const sets[] = {"metrics=[]",
                                       "checkpoint={every_minutes: 0.5}",
                                       "data.validation=null",
                                       "early_stopping=null",
                                       "optimizer=adamw",
                                       "seed=999999999999999",
                                       "max_steps=0",
                                       "optimizer.clipnorm=1e-7",
                                       "name='12'"};
    check_round_trip(SHORTEST, NULL, 0);
    check_round_trip(USUAL, NULL, 0);
    check_round_trip(LONGEST, NULL, 0);
    for (int i = 0; i < 9; i++) {
        const char *both[] = {"early_stopping=null", sets[i]};
        check_round_trip(USUAL, both, 2);
    }
}

/* Every argument of every class appears in the effective file when it is used. */
static void test_effective_file_spells_everything_out(void **state) {
    (void)state;
    char *text;
    nn_run *run = run_from(LONGEST, "run.yaml", NULL, 0);
    assert_ok(nn_run_format(run, &text));
    const nn_class *classes[] = {NN_RUN.from_map, run->model.items[1]->isa, run->optimizer->isa,
                                 run->loss->isa, run->early_stopping->monitor.object.isa};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        for (const nn_field *field = classes[i]->fields; field->name; field++) {
            char key[128];
            snprintf(key, sizeof key, "%s:", field->name);
            if (!strstr(text, key)) fail_msg("'%s' is missing in:\n%s", key, text);
        }
    }
    free(text);
    nn_run_destroy(&run);
}

/* ---- overrides ---- */

static void test_overrides(void **state) {
    (void)state;
    static const char *const sets[] = {"epochs=7",
                                       "optimizer.learning_rate=0.5",
                                       "model.1.units=5",
                                       "model.2.rate=0.75",
                                       "reduce_lr_on_plateau.factor=0.5",
                                       "metrics=[accuracy, top_k_accuracy]",
                                       "class_weight={0: 2.5}",
                                       "loss.label_smoothing=0.1",
                                       "name=again",
                                       "epochs=8"};
    nn_run *run = run_from(USUAL, "run.yaml", sets, 10);
    char *text;
    assert_ok(nn_run_format(run, &text));
    assert_true(run->epochs == 8); /* the last one counts */
    assert_string_equal(run->name, "again");
    assert_true(run->reduce_lr_on_plateau->factor == 0.5); /* a new section */
    assert_true(run->metrics.count == 2 && run->class_weight.count == 1);
    assert_true(run->class_weight.values[0] == 2.5);
    assert_non_null(strstr(text, "learning_rate: 0.5"));
    assert_non_null(strstr(text, "units: 5"));
    assert_non_null(strstr(text, "rate: 0.75"));
    assert_non_null(strstr(text, "label_smoothing: 0.1"));
    assert_non_null(strstr(text, "name: sparse_categorical_crossentropy"));
    free(text);
    nn_run_destroy(&run);
}

static void test_wrong_overrides(void **state) {
    (void)state;
    static const struct {
        const char *set;
        nn_status status;
        const char *part;
    } wrong[] = {
        {"epochs", NN_USAGE, "KEY=VALUE"},
        {"=3", NN_USAGE, "KEY=VALUE"},
        {"epochs=", NN_BAD_CONFIG, "--set epochs="},
        {"epoch=3", NN_BAD_CONFIG, "did you mean 'epochs'"},
        {"epochs=many", NN_BAD_CONFIG, "'epochs' must be an integer"},
        {"optimizer.learning_rates=1", NN_BAD_CONFIG, "did you mean 'learning_rate'"},
        {"optimizer.name=adams", NN_BAD_CONFIG, "did you mean 'adam'"},
        {"model.9.units=5", NN_USAGE, "0 to 3"},
        {"model.x.units=5", NN_USAGE, "0 to 3"},
        {"model.1.unit=5", NN_BAD_CONFIG, "did you mean 'units'"},
        {"epochs.more=5", NN_USAGE, "epochs.more"},
        {"epochs=[1", NN_BAD_CONFIG, "--set epochs=[1"},
        {"batch_size=0", NN_BAD_CONFIG, ">= 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuse_run(USUAL, &wrong[i].set, 1, wrong[i].status, wrong[i].part);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_defaults_of_sections),
        cmocka_unit_test(test_monitored_column),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_effective_file_is_fixed),
        cmocka_unit_test(test_effective_file_spells_everything_out),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_wrong_overrides),
    };
    return cmocka_run_group_tests_name("run file", tests, scratch_make, scratch_remove);
}
