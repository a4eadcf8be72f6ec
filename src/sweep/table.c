/* table.c: the results of a sweep: from metrics.csv of each run, to sweep.csv, sorted. */
#include "sweep/table.h"

#include "data/csv.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "train/checkpoint.h"
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
    for (int64_t i = 0; i < sweep->run_count && status == NN_OK; i++) out->results[i].value = out->results[i].best = NAN;
    return status;
}

nn_status nn_sweep_table_run_folder(const nn_sweep_table *table, int64_t run, char **out) {
    return nn_join_path(table->folder, table->sweep->runs[run].folder, out);
}

/* ---- a run's metrics.csv ---- */

static void forget(nn_sweep_result *result) {
    for (int64_t i = 0; i < result->count; i++) {
        free(result->names[i]);
        free(result->values[i]);
    }
    free(result->names);
    free(result->values);
    free(result->epochs);
    free(result->steps);
    free(result->model_epoch);
    free(result->best_epoch);
    *result = (nn_sweep_result){.state = result->state, .status = result->status, .value = NAN, .best = NAN};
}

/* A column's number in a header; -1: there is none. */
static int64_t find(char **fields, int64_t count, const char *name) {
    for (int64_t i = 0; i < count; i++)
        if (strcmp(fields[i], name) == 0) return i;
    return -1;
}

static nn_status replace(char **to, const char *text) {
    free(*to);
    *to = NULL;
    return nn_copy_text(text, to);
}

static bool is_better(const nn_sweep_table *table, double value, double than) {
    if (isnan(value) || isnan(than)) return !isnan(value);
    return table->larger_is_better ? value > than : value < than;
}

/* The columns between step and learning_rate, whose names become the result's. */
static nn_status read_names(nn_csv *csv, int64_t first, int64_t end, nn_sweep_result *result) {
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("values", end - first, sizeof *result->names, &result->names));
    NN_TRY(nn_allocate("values", end - first, sizeof *result->values, &result->values));
    for (; result->count < end - first; result->count++)
        NN_TRY(nn_copy_text(csv->fields[first + result->count], &result->names[result->count]));
done:
    return status;
}

/* The values of a line, which become the result's. */
static nn_status read_values(const nn_csv *csv, int64_t first, int64_t by, nn_sweep_result *result) {
    nn_status status = NN_OK;
    for (int64_t i = 0; i < result->count; i++)
        NN_TRY(replace(&result->values[i], csv->fields[first + i]));
    result->value = by >= 0 && *csv->fields[by] ? strtod(csv->fields[by], NULL) : (double)NAN;
done:
    return status;
}

/* `model_epoch` is the one that the model is of; 0: the last. */
static nn_status read_epochs(const nn_sweep_table *table, nn_csv *csv, int64_t model_epoch,
                             nn_sweep_result *result) {
    nn_status status = NN_OK;
    bool end;
    NN_TRY(nn_csv_next(csv, &end));
    const int64_t columns = csv->count;
    const int64_t epoch = find(csv->fields, columns, "epoch");
    const int64_t step = find(csv->fields, columns, "step");
    const int64_t rate = find(csv->fields, columns, "learning_rate");
    const int64_t seconds = find(csv->fields, columns, "seconds");
    const int64_t by = find(csv->fields, columns, table->by);
    if (epoch < 0 || step < 0 || rate < step || seconds < 0) return NN_OK; /* not nnmpi's */
    NN_TRY(read_names(csv, step + 1, rate, result));
    for (;;) {
        NN_TRY(nn_csv_next(csv, &end));
        if (end || csv->count != columns) break; /* a line that a kill has cut */
        NN_TRY(replace(&result->epochs, csv->fields[epoch]));
        NN_TRY(replace(&result->steps, csv->fields[step]));
        if (model_epoch == 0 || strtoll(csv->fields[epoch], NULL, 10) <= model_epoch) {
            NN_TRY(read_values(csv, step + 1, by, result));
            if (result->state == NN_SWEEP_DONE) NN_TRY(replace(&result->model_epoch, csv->fields[epoch]));
        }
        result->seconds += strtod(csv->fields[seconds], NULL);
        const double value = by >= 0 && *csv->fields[by] ? strtod(csv->fields[by], NULL) : (double)NAN;
        if (!is_better(table, value, result->best)) continue;
        result->best = value;
        NN_TRY(replace(&result->best_epoch, csv->fields[epoch]));
    }
done:
    return status;
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
    nn_csv *csv = NULL;
    forget(result);
    NN_TRY(nn_sweep_table_run_folder(table, run, &folder));
    NN_TRY(nn_join_path(folder, "metrics.csv", &path));
    if (access(path, F_OK) != 0) goto done;
    NN_TRY(nn_csv_open(path, ',', &csv));
    NN_TRY(find_model_epoch(table, run, folder, &model_epoch));
    NN_TRY(read_epochs(table, csv, model_epoch, result));
done:
    if (status != NN_OK) forget(result);
    nn_csv_close(&csv);
    free(folder);
    free(path);
    return status;
}

/* ---- sweep.csv ---- */

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

static void add_row(const nn_sweep_table *table, int64_t run, char **names, int64_t count,
                    nn_text *text) {
    const nn_sweep_result *result = &table->results[run];
    const nn_sweep_run *of = &table->sweep->runs[run];
    nn_text_add(text, "%" PRId64, run + 1);
    for (int64_t i = 0; i < table->sweep->key_count; i++) {
        nn_text_add(text, ",");
        nn_text_add_field(text, of->values[i]);
    }
    nn_text_add(text, ",%s,%s,%s,%s", NN_SWEEP_STATE_NAMES[result->state],
                result->epochs ? result->epochs : "", result->steps ? result->steps : "",
                result->model_epoch ? result->model_epoch : "");
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = find(result->names, result->count, names[i]);
        nn_text_add(text, ",%s", at >= 0 && result->values[at] ? result->values[at] : "");
    }
    char best[NN_REAL_TEXT] = "";
    if (!isnan(result->best)) nn_format_real(result->best, best);
    nn_text_add(text, ",%s,%s,", best, result->best_epoch ? result->best_epoch : "");
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
