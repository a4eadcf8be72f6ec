/* table.c: the results of a sweep: from metrics.csv of each run, to sweep.csv, sorted. */
#include "sweep/table.h"

#include "io/publish.h"
#include "io/yaml.h"
#include "train/checkpoint.h"
#include "train/history.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const NN_SWEEP_STATE_NAMES[NN_SWEEP_STATES + 1] = {
    "waiting", "running", "done", "diverged", "failed", "interrupted", NULL};

nn_status nn_sweep_table_open(nn_sweep *sweep, const char *folder, const char *by,
                              bool larger_is_better, nn_sweep_table *out) {
    *out = (nn_sweep_table){.sweep = sweep, .folder = folder, .by = by,
                            .larger_is_better = larger_is_better};
    nn_status status = nn_join_path(folder, "sweep.csv", &out->path);
    if (status == NN_OK)
        status = nn_allocate("results", sweep->run_count, sizeof *out->results, &out->results);
    for (int64_t i = 0; i < sweep->run_count && status == NN_OK; i++)
        out->results[i].value = out->results[i].best = NAN;
    return status;
}

nn_status nn_sweep_table_run_folder(const nn_sweep_table *table, int64_t run, char **out) {
    return nn_join_path(table->folder, table->sweep->runs[run].folder, out);
}

/* ---- a run's metrics.csv ---- */

static void forget(nn_sweep_result *result) {
    nn_history_table_free(&result->metrics);
    *result = (nn_sweep_result){.state = result->state, .status = result->status, .value = NAN, .best = NAN};
}

static bool is_better(const nn_sweep_table *table, double value, double than) {
    if (isnan(value) || isnan(than)) return !isnan(value);
    return table->larger_is_better ? value > than : value < than;
}

/* A whole number of a row; 0 where there is none. */
static int64_t count_in(const nn_history_table *metrics, int64_t row, const char *column) {
    const double value = nn_history_table_value(metrics, row, column);
    return value > 0 && value < 9e15 ? (int64_t)value : 0;
}

/* What the metrics tell. `model_epoch` is the one that the model is of; 0: the last. */
static void sum_up(const nn_sweep_table *table, int64_t model_epoch, nn_sweep_result *result) {
    const nn_history_table *metrics = &result->metrics;
    const int64_t first = nn_history_table_find(metrics, "step") + 1;
    const int64_t end = nn_history_table_find(metrics, "learning_rate");
    if (nn_history_table_find(metrics, "epoch") < 0 || first == 0 || end < first) return; /* not nnmpi's */
    result->names = metrics->names + first;
    result->count = end - first;
    for (int64_t row = 0; row < metrics->rows; row++) {
        const double value = nn_history_table_value(metrics, row, table->by);
        result->epochs = count_in(metrics, row, "epoch");
        result->steps = count_in(metrics, row, "step");
        result->seconds += nn_history_table_value(metrics, row, "seconds");
        if (model_epoch == 0 || result->epochs <= model_epoch) {
            result->values = metrics->values + row * metrics->columns + first;
            result->value = value;
            if (result->state == NN_SWEEP_DONE) result->model_epoch = result->epochs;
        }
        if (!is_better(table, value, result->best)) continue;
        result->best = value;
        result->best_epoch = result->epochs;
    }
}

/* Whether the run ends with the weights of its best epoch. */
static nn_status restores_best(const nn_sweep_run *run, bool *restores) {
    nn_node *root = NULL;
    nn_status status = nn_yaml_parse(run->config, run->label, &root);
    const nn_node *wanted = nn_node_get(nn_node_get(root, "early_stopping"), "restore_best_weights");
    *restores = wanted && wanted->kind == NN_NODE_BOOL && wanted->boolean;
    nn_node_destroy(&root);
    return status;
}

static nn_status find_model_epoch(const nn_sweep_table *table, int64_t run, const char *folder,
                                  int64_t *epoch) {
    nn_status status = NN_OK;
    char *path = NULL;
    bool restores;
    *epoch = 0;
    if (table->results[run].state != NN_SWEEP_DONE) return NN_OK;
    NN_TRY(restores_best(&table->sweep->runs[run], &restores));
    if (!restores) return NN_OK;
    NN_TRY(nn_join_path(folder, "model.h5", &path));
    NN_TRY(nn_checkpoint_best_epoch(path, epoch));
done:
    free(path);
    return status;
}

nn_status nn_sweep_table_look(nn_sweep_table *table, int64_t run) {
    nn_status status = NN_OK;
    int64_t model_epoch;
    nn_sweep_result *result = &table->results[run];
    char *folder = NULL, *path = NULL;
    bool cut;
    forget(result);
    NN_TRY(nn_sweep_table_run_folder(table, run, &folder));
    NN_TRY(nn_join_path(folder, "metrics.csv", &path));
    if (access(path, F_OK) != 0) goto done;
    NN_TRY(nn_history_table_open(path, &result->metrics, &cut));
    NN_TRY(find_model_epoch(table, run, folder, &model_epoch));
    sum_up(table, model_epoch, result);
done:
    if (status != NN_OK) forget(result);
    free(folder);
    free(path);
    return status;
}

/* ---- sweep.csv ---- */

/* A name's place among names; -1: it is not there. */
static int64_t find(char *const *names, int64_t count, const char *name) {
    for (int64_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

/* The names of all runs' values, in the order in which they appear; borrowed. */
static nn_status collect_names(const nn_sweep_table *table, char ***out, int64_t *count) {
    int64_t most = 0;
    *count = 0;
    for (int64_t i = 0; i < table->sweep->run_count; i++) most += table->results[i].count;
    nn_status status = nn_allocate("columns", most, sizeof **out, out);
    for (int64_t i = 0; i < table->sweep->run_count && status == NN_OK; i++)
        for (int64_t j = 0; j < table->results[i].count; j++)
            if (find(*out, *count, table->results[i].names[j]) < 0)
                (*out)[(*count)++] = table->results[i].names[j];
    return status;
}

/* None is an empty field. */
static void add_count(nn_text *text, int64_t count) {
    nn_text_add(text, ",");
    if (count > 0) nn_text_add(text, "%" PRId64, count);
}

static void add_row(const nn_sweep_table *table, int64_t run, char **names, int64_t count,
                    nn_text *text) {
    const nn_sweep_result *result = &table->results[run];
    const nn_sweep_run *of = &table->sweep->runs[run];
    nn_text_add(text, "%" PRId64, run + 1);
    for (int64_t i = 0; i < table->sweep->key_count; i++) {
        nn_text_add(text, ",");
        nn_text_add_field(text, of->values[i]);
    }
    nn_text_add(text, ",%s", NN_SWEEP_STATE_NAMES[result->state]);
    add_count(text, result->epochs);
    add_count(text, result->steps);
    add_count(text, result->model_epoch);
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = result->values ? find(result->names, result->count, names[i]) : -1;
        nn_history_add_number(text, at >= 0 ? result->values[at] : (double)NAN);
    }
    nn_history_add_number(text, result->best);
    add_count(text, result->best_epoch);
    nn_text_add(text, ",");
    if (result->epochs) nn_text_add(text, "%.3f", result->seconds);
    nn_text_add(text, ",");
    nn_text_add_field(text, of->folder);
    nn_text_add(text, "\n");
}

nn_status nn_sweep_table_write(const nn_sweep_table *table) {
    nn_text text = {0};
    char **names = NULL, *whole = NULL;
    int64_t count;
    nn_status status = collect_names(table, &names, &count);
    nn_text_add(&text, "run");
    for (int64_t i = 0; i < table->sweep->key_count; i++) {
        nn_text_add(&text, ",");
        nn_text_add_field(&text, table->sweep->keys[i].column);
    }
    nn_text_add(&text, ",status,epochs,steps,model_epoch");
    for (int64_t i = 0; i < count && status == NN_OK; i++) nn_text_add(&text, ",%s", names[i]);
    nn_text_add(&text, ",best_%s,best_epoch,seconds,folder\n", table->by);
    for (int64_t i = 0; i < table->sweep->run_count && status == NN_OK; i++)
        add_row(table, i, names, count, &text);
    if (status == NN_OK) status = nn_text_take(&text, &whole);
    if (status == NN_OK) status = nn_publish_text(table->path, whole);
    nn_text_free(&text);
    free(names);
    free(whole);
    return status;
}

/* ---- in order ---- */

int64_t nn_sweep_table_count(const nn_sweep_table *table, nn_sweep_state state) {
    int64_t count = 0;
    for (int64_t i = 0; i < table->sweep->run_count; i++) count += table->results[i].state == state;
    return count;
}

/* Whether a run stands before another one. */
static bool is_before(const nn_sweep_table *table, int64_t a, int64_t b) {
    const nn_sweep_result *one = &table->results[a], *other = &table->results[b];
    const bool done = one->state == NN_SWEEP_DONE, other_done = other->state == NN_SWEEP_DONE;
    if (done != other_done) return done;
    return is_better(table, one->value, other->value);
}

void nn_sweep_table_sort(const nn_sweep_table *table, int64_t *order) {
    for (int64_t i = 0; i < table->sweep->run_count; i++) { /* stable; there are few */
        int64_t at = i;
        for (; at > 0 && is_before(table, i, order[at - 1]); at--) order[at] = order[at - 1];
        order[at] = i;
    }
}

void nn_sweep_table_release(nn_sweep_table *table) {
    for (int64_t i = 0; table->results && i < table->sweep->run_count; i++)
        forget(&table->results[i]);
    free(table->results);
    free(table->path);
    *table = (nn_sweep_table){.sweep = NULL};
}
