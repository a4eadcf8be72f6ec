/* overview.c: a run's folder, read from outside. Files that the run replaces meanwhile are whole, because they
 * are published; of metrics.csv a last line that is being written is left out. A checkpoint that is removed
 * between its name and its size is skipped. */
#include "train/overview.h"

#include "io/json.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "model/metric.h"
#include "train/checkpoint_private.h"
#include "train/folder.h"
#include "train/progress_file.h"
#include "util/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 30 };

/* ---- files ---- */

static nn_status read_config(const char *path, nn_overview *out) {
    char *text = NULL;
    int64_t length;
    if (access(path, F_OK) != 0) return NN_OK;
    nn_status status = nn_read_file(path, MOST_BYTES, &text, &length);
    if (status == NN_OK) status = nn_yaml_parse(text, path, &out->config);
    free(text);
    return status;
}

static nn_status read_progress(const char *path, nn_overview *out) {
    char *text = NULL;
    int64_t length;
    if (access(path, F_OK) != 0) return NN_OK;
    nn_status status = nn_read_file(path, MOST_BYTES, &text, &length);
    if (status == NN_OK) status = nn_json_parse(text, path, &out->progress);
    free(text);
    return status == NN_BAD_DATA ? NN_OK : status; /* a machine that went down may leave an empty one */
}

static nn_status read_metrics(const char *path, nn_overview *out) {
    bool cut;
    return access(path, F_OK) == 0 ? nn_history_table_open(path, &out->metrics, &cut) : NN_OK;
}

static bool look_at(const char *path, nn_saved_file *out) {
    struct stat about;
    if (stat(path, &about) != 0) return false;
    out->bytes = (double)about.st_size;
    out->written = about.st_mtime;
    return true;
}

static nn_status read_checkpoints(const char *folder, nn_overview *out) {
    int64_t *steps = NULL, count = 0;
    char *path = NULL;
    nn_status status = NN_OK;
    NN_TRY(nn_checkpoint_list(folder, &steps, &count));
    NN_TRY(nn_allocate("a list of checkpoints", count, sizeof *out->checkpoints, &out->checkpoints));
    for (int64_t i = 0; i < count; i++) {
        nn_saved_file *file = &out->checkpoints[out->checkpoint_count];
        NN_TRY(nn_checkpoint_name(folder, steps[i], &path));
        file->step = steps[i];
        out->checkpoint_count += look_at(path, file);
        free(path);
        path = NULL;
    }
done:
    free(path);
    free(steps);
    return status;
}

/* ---- what follows from them ---- */

double nn_overview_number(const nn_overview *overview, const char *key) {
    const nn_node *node = nn_node_get(overview->progress, key);
    return node && (node->kind == NN_NODE_INT || node->kind == NN_NODE_REAL) ? node->real : (double)NAN;
}

const char *nn_overview_text(const nn_overview *overview, const char *key) {
    const nn_node *node = nn_node_get(overview->progress, key);
    return node && node->kind == NN_NODE_TEXT ? node->text : NULL;
}

/* Whether progress.json is of the run that has the lock. */
static bool is_of_owner(const nn_overview *overview) {
    const char *host = nn_overview_text(overview, "host");
    return host && strcmp(host, overview->owner.host) == 0 &&
           nn_overview_number(overview, "process") == (double)overview->owner.process;
}

static nn_run_state state_of(const nn_overview *overview, nn_lock_seen seen) {
    static const nn_run_state states[] = {NN_RUN_TRAINING, NN_RUN_VALIDATING, NN_RUN_FINISHED,
                                          NN_RUN_INTERRUPTED, NN_RUN_FAILED};
    const char *told = nn_overview_text(overview, "state");
    nn_run_state state = NN_RUN_KILLED;
    if (seen == NN_SEEN_LEFT && !is_of_owner(overview)) return NN_RUN_KILLED;
    if (seen == NN_SEEN_UNKNOWN) return NN_RUN_OUT_OF_SIGHT;
    if (seen == NN_SEEN_HELD && !is_of_owner(overview)) return NN_RUN_STARTING;
    for (int i = 0; told && i <= NN_PHASE_FAILED; i++)
        if (strcmp(told, NN_RUN_PHASES[i]) == 0) state = states[i];
    if (!told && overview->model.written && seen != NN_SEEN_LEFT)
        return NN_RUN_FINISHED; /* by an nnmpi that did not write it */
    if ((seen == NN_SEEN_NONE || seen == NN_SEEN_LEFT) && state <= NN_RUN_VALIDATING) return NN_RUN_KILLED;
    return state;
}

static const char *text_in(const nn_node *section, const char *key) {
    const nn_node *node = nn_node_get(section, key);
    return node && node->kind == NN_NODE_TEXT ? node->text : NULL;
}

bool nn_overview_larger_is_better(const char *column, const char *mode) {
    const nn_class *isa;
    const char *name = strncmp(column, "val_", 4) == 0 ? column + 4 : column;
    if (mode && strcmp(mode, "auto") != 0) return strcmp(mode, "max") == 0;
    return strcmp(name, "loss") != 0 &&
           nn_class_find(&NN_METRICS, name, NN_STYLE_RUN, name, &isa) == NN_OK &&
           ((const nn_metric_class *)isa)->larger_is_better;
}

static double number_in(const nn_node *section, const char *key) {
    const nn_node *node = nn_node_get(section, key);
    return node && (node->kind == NN_NODE_INT || node->kind == NN_NODE_REAL) ? node->real : 0;
}

/* By what early stopping watches, and by its rules (monitor.c); otherwise by the validation loss, or the loss. */
static void find_best(nn_overview *overview) {
    const nn_node *early = nn_node_get(overview->config, "early_stopping");
    const nn_history_table *metrics = &overview->metrics;
    const char *names[] = {text_in(early, "monitor"), "val_loss", "loss"};
    overview->best = -1;
    for (int i = 0; i < 3 && !overview->monitor; i++)
        if (names[i] && nn_history_table_find(metrics, names[i]) >= 0) overview->monitor = names[i];
    if (!overview->monitor) return;
    if (overview->monitor != names[0]) early = NULL; /* its rules are for another value */
    const double sign = nn_overview_larger_is_better(overview->monitor, text_in(early, "mode")) ? -1 : 1;
    const double delta = number_in(early, "min_delta"), first = number_in(early, "start_from_epoch");
    double best = INFINITY;
    for (int64_t row = 0; row < metrics->rows; row++) {
        const double value = sign * nn_history_table_value(metrics, row, overview->monitor);
        if (!(value < best - delta) || nn_history_table_value(metrics, row, "epoch") <= first) continue;
        best = value;
        overview->best = row;
    }
}

nn_status nn_overview_read(const char *folder, nn_overview *out) {
    nn_status status = NN_OK;
    nn_folder names = {0};
    *out = (nn_overview){.best = -1};
    if (!nn_is_folder(folder)) return nn_fail(NN_NO_INPUT, "there is no folder %s", folder);
    NN_TRY(nn_folder_name(folder, &names));
    const nn_lock_seen seen = nn_lock_look(folder, &out->owner); /* first: what it ends with comes later */
    NN_TRY(read_config(names.config, out));
    if (seen == NN_SEEN_NONE && !out->config)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s is no folder of a run: it holds no config.yaml, which nnmpi train writes there",
                       folder));
    NN_TRY(read_metrics(names.metrics, out));
    NN_TRY(read_progress(names.progress, out));
    NN_TRY(read_checkpoints(folder, out));
    look_at(names.model, &out->model);
    out->state = state_of(out, seen);
    find_best(out);
done:
    nn_folder_release(&names);
    return status;
}

void nn_overview_free(nn_overview *overview) {
    nn_node_destroy(&overview->config);
    nn_node_destroy(&overview->progress);
    nn_history_table_free(&overview->metrics);
    free(overview->checkpoints);
    *overview = (nn_overview){.best = -1};
}
