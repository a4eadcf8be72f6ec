/* sweep.c: keys and values, their product, and the run file of each run. */
#include "sweep/sweep.h"

#include "io/yaml.h"
#include "model/metric.h"
#include "train/checkpoint.h"
#include "util/memory.h"
#include "util/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys and values ---- */

/* "[A,B,C]" as a list; `where` is how messages call it. The bracket stands in a line of its own, where
 * no comment takes it away. */
static nn_status parse_list(const char *values, const char *where, nn_node **out) {
    nn_status status = NN_OK;
    nn_text list = {0};
    char *text = NULL;
    *out = NULL;
    nn_text_add(&list, "[%s\n]", values);
    NN_TRY(nn_text_take(&list, &text));
    NN_TRY(nn_yaml_parse(text, where, out));
    if ((*out)->kind != NN_NODE_LIST || (*out)->count == 0)
        status = nn_fail(NN_USAGE, "%s: it must be KEY=A,B,C, such as optimizer.learning_rate=0.1,0.01",
                         where);
done:
    free(text);
    return status;
}

/* A value in one line, as all are within a list in brackets; without the line's end, and the mark that
 * ends a document which is a number. */
static nn_status format_value(const nn_node *node, char **out) {
    nn_status status = nn_yaml_format(node, out);
    if (status != NN_OK) return status;
    size_t length = strlen(*out);
    while (length > 0 && (*out)[length - 1] == '\n') length--;
    (*out)[length] = '\0';
    if (length > 4 && strcmp(*out + length - 4, "\n...") == 0) (*out)[length - 4] = '\0';
    return NN_OK;
}

static nn_status name_column(nn_sweep_key *key) {
    static const char *const results[] = {"epochs", "loss"}; /* of all keys of a run file */
    bool taken = false;
    nn_text text = {0};
    for (int i = 0; i < 2; i++) taken = taken || strcmp(key->name, results[i]) == 0;
    nn_text_add(&text, "%s%s", taken ? NN_SWEPT : "", key->name);
    return nn_text_take(&text, &key->column);
}

static nn_status read_key(const char *sweep, nn_sweep_key *key) {
    nn_status status = NN_OK;
    nn_text text = {0};
    nn_node *list = NULL;
    char *where = NULL;
    const char *equals = strchr(sweep, '=');
    nn_text_add(&text, "--sweep %.100s%s", sweep, strlen(sweep) > 100 ? "..." : "");
    NN_TRY(nn_text_take(&text, &where));
    if (!equals || equals == sweep) {
        status = nn_fail(NN_USAGE, "%s: it must be KEY=A,B,C, such as optimizer.learning_rate=0.1,0.01",
                         where);
        goto done;
    }
    nn_text_add_bytes(&text, sweep, (size_t)(equals - sweep));
    NN_TRY(nn_text_take(&text, &key->name));
    NN_TRY(name_column(key));
    NN_TRY(parse_list(equals + 1, where, &list));
    NN_TRY(nn_allocate("the values of a sweep", (int64_t)list->count, sizeof *key->values,
                       &key->values));
    for (; key->count < (int64_t)list->count; key->count++)
        NN_TRY(format_value(list->items[key->count], &key->values[key->count]));
done:
    nn_text_free(&text);
    nn_node_destroy(&list);
    free(where);
    return status;
}

static nn_status check_keys(const nn_sweep *self) {
    for (int64_t i = 0; i < self->key_count; i++)
        for (int64_t j = 0; j < i; j++)
            if (strcmp(self->keys[i].name, self->keys[j].name) == 0)
                return nn_fail(NN_USAGE, "--sweep %s is given twice: give all its values at once",
                               self->keys[i].name);
    return NN_OK;
}

/* ---- names ---- */

static const char *last_part(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot ? dot + 1 : path;
}

/* The key as short as can be: its last part, where that says which it is. */
static const char *short_name(const nn_sweep *self, int64_t key) {
    const char *name = self->keys[key].name, *last = last_part(name);
    for (int64_t i = 0; i < self->key_count; i++)
        if (i != key && strcmp(last_part(self->keys[i].name), last) == 0) return name;
    return isdigit((unsigned char)*last) ? name : last;
}

static nn_status make_label(const nn_sweep *self, nn_sweep_run *run) {
    nn_text text = {0};
    for (int64_t i = 0; i < self->key_count; i++)
        nn_text_add(&text, "%s%s=%s", i ? "," : "", short_name(self, i), run->values[i]);
    return nn_text_take(&text, &run->label);
}

enum { LONGEST = 100 }; /* bytes of a folder's name that come from the values */

/* What every file system and shell takes; the number makes it the only one. */
static nn_status make_folder(nn_sweep_run *run, int64_t number) {
    nn_text text = {0};
    char name[LONGEST + 1];
    size_t length = 0;
    for (const char *c = run->label; *c && length < LONGEST; c++) {
        const bool plain = isalnum((unsigned char)*c) || strchr("._=,+-", *c);
        if (*c == ' ' || (!plain && length > 0 && name[length - 1] == '_')) continue;
        name[length++] = plain ? *c : '_';
    }
    name[length] = '\0';
    nn_text_add(&text, "%03lld-%s", (long long)number, name);
    free(run->folder);
    run->folder = NULL;
    return nn_text_take(&text, &run->folder);
}

nn_status nn_sweep_name_folders(nn_sweep *sweep, int64_t first) {
    nn_status status = NN_OK;
    for (int64_t i = first; i < sweep->run_count && status == NN_OK; i++)
        status = make_folder(&sweep->runs[i], i + 1);
    return status;
}

/* ---- runs ---- */

static nn_status combine(nn_sweep *self) {
    nn_status status = NN_OK;
    int64_t count = 1;
    for (int64_t i = 0; i < self->key_count; i++) {
        if (count > NN_SWEEP_RUNS_MOST / self->keys[i].count)
            return nn_fail(NN_USAGE, "--sweep makes more than %d runs", NN_SWEEP_RUNS_MOST);
        count *= self->keys[i].count;
    }
    NN_TRY(nn_allocate("the runs of a sweep", count, sizeof *self->runs, &self->runs));
    for (self->run_count = 0; self->run_count < count;) {
        nn_sweep_run *run = &self->runs[self->run_count++];
        int64_t rest = self->run_count - 1;
        NN_TRY(nn_allocate("the values of a run", self->key_count, sizeof *run->values, &run->values));
        for (int64_t i = self->key_count - 1; i >= 0; i--) {
            run->values[i] = self->keys[i].values[rest % self->keys[i].count];
            rest /= self->keys[i].count;
        }
        NN_TRY(make_label(self, run));
    }
done:
    return status;
}

nn_status nn_sweep_create(const char *const *sweeps, int64_t count, nn_sweep **out) {
    nn_status status = NN_OK;
    nn_sweep *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a sweep", 1, sizeof *self, &self));
    NN_TRY(nn_allocate("the keys of a sweep", count, sizeof *self->keys, &self->keys));
    for (int64_t i = 0; i < count; i++) {
        self->key_count = i + 1;
        NN_TRY(read_key(sweeps[i], &self->keys[i]));
    }
    NN_TRY(check_keys(self));
    NN_TRY(combine(self));
    NN_TRY(nn_sweep_name_folders(self, 0));
    *out = self;
    self = NULL;
done:
    nn_sweep_destroy(&self);
    return status;
}

static bool is_validated(const nn_run *run) {
    return run->data->validation || run->data->validation_split > 0;
}

enum { NAMES_MAX = 64 };

/* Whether a run has a value of this name, a column of its metrics.csv. */
static nn_status check_value(const nn_run *run, const char *by, bool *larger_is_better) {
    const bool validation = strncmp(by, "val_", 4) == 0;
    const char *name = by + (validation ? 4 : 0), *names[NAMES_MAX];
    size_t count = 0;
    nn_text known = {0};
    *larger_is_better = false;
    if (validation && !is_validated(run))
        return nn_fail(NN_USAGE,
                       "--sweep-by %s: there is no validation data: give data.validation or "
                       "data.validation_split", by);
    if (strcmp(name, "loss") == 0) return NN_OK;
    names[count++] = "loss";
    for (int64_t i = 0; i < run->metrics.count && count < NAMES_MAX; i++) {
        const nn_object *metric = run->metrics.items[i];
        names[count++] = metric->isa->name;
        if (strcmp(name, metric->isa->name) != 0) continue;
        *larger_is_better = nn_metric_methods(metric)->larger_is_better;
        return NN_OK;
    }
    nn_text_add(&known, "--sweep-by %s: there is no such value", by);
    const char *nearest = nn_nearest_name(name, names, count);
    if (nearest) {
        nn_text_add(&known, "; did you mean '%s%s'?", validation ? "val_" : "", nearest);
        return nn_text_fail(&known, NN_USAGE);
    }
    nn_text_suggest(&known, name, names, count, "there are");
    if (is_validated(run)) nn_text_add(&known, ", and each with val_ in front");
    return nn_text_fail(&known, NN_USAGE);
}

/* Appends the values of a run to `overrides`, of which there are `count`; the caller frees `own`. */
static nn_status add_values(const nn_sweep *self, const nn_sweep_run *run, const char **overrides, int64_t count,
                            char ***own) {
    nn_status status = nn_allocate("overrides", self->key_count, sizeof **own, own);
    for (int64_t i = 0; i < self->key_count && status == NN_OK; i++) {
        nn_text text = {0};
        nn_text_add(&text, "--sweep %s=%s", self->keys[i].name, run->values[i]);
        status = nn_text_take(&text, &(*own)[i]);
        overrides[count + i] = (*own)[i];
    }
    return status;
}

static void free_values(const nn_sweep *self, char **own) {
    for (int64_t i = 0; own && i < self->key_count; i++) free(own[i]);
    free(own);
}

/* A run that goes on in its folder, or has ended there; NULL where it begins. */
static nn_status read_kept(const nn_sweep_run *run, const char *run_file, const char *const *overrides, int64_t count,
                           const char *resumed, nn_run **out) {
    nn_status status = NN_OK;
    nn_checkpoint_kinds saved;
    char *folder = NULL, *config = NULL;
    bool same = true;
    NN_TRY(nn_join_path(resumed, run->folder, &folder));
    NN_TRY(nn_checkpoint_look(folder, &saved));
    if (!saved.whole && !run->ended) goto done;
    NN_TRY(nn_run_read_resumed(run_file, overrides, count, folder, out));
    if (saved.whole) goto done;
    NN_TRY(nn_run_format(*out, &config));
    NN_TRY(nn_sweep_is_run(folder, config, &same));
    if (!same) nn_run_destroy(out);
done:
    free(folder);
    free(config);
    return status;
}

static nn_status read_run(const nn_sweep *self, nn_sweep_run *run, const char *run_file, const char **overrides,
                          int64_t count, const char *resumed, nn_run **out) {
    nn_status status = NN_OK;
    char **own = NULL;
    const int64_t all = count + self->key_count;
    NN_TRY(add_values(self, run, overrides, count, &own));
    if (resumed) NN_TRY(read_kept(run, run_file, overrides, all, resumed, out));
    if (!*out) {
        status = nn_run_read_file(run_file, overrides, all, out);
        if (resumed && status == NN_NO_INPUT)
            nn_within(status, "run %lld (%s) has yet to begin", (long long)(run - self->runs + 1), run->label);
    }
    if (status == NN_OK) status = nn_run_format(*out, &run->config);
done:
    free_values(self, own);
    return status;
}

nn_status nn_sweep_read_name(const nn_sweep *sweep, const char *run_file, const char *const *overrides,
                             int64_t override_count, char **out) {
    nn_status status = NN_OK;
    const char **all = NULL;
    char **own = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("overrides", override_count + sweep->key_count, sizeof *all, &all));
    for (int64_t i = 0; i < override_count; i++) all[i] = overrides[i];
    NN_TRY(add_values(sweep, &sweep->runs[0], all, override_count, &own));
    NN_TRY(nn_run_read_name(run_file, all, override_count + sweep->key_count, out));
done:
    free_values(sweep, own);
    free(all);
    return status;
}

static int by_config(const void *a, const void *b) {
    return strcmp((*(const nn_sweep_run *const *)a)->config, (*(const nn_sweep_run *const *)b)->config);
}

static nn_status check_different(const nn_sweep *self) {
    const nn_sweep_run **sorted = NULL;
    nn_status status = nn_allocate("runs", self->run_count, sizeof *sorted, &sorted);
    for (int64_t i = 0; i < self->run_count && status == NN_OK; i++) sorted[i] = &self->runs[i];
    if (status == NN_OK) qsort(sorted, (size_t)self->run_count, sizeof *sorted, by_config);
    for (int64_t i = 1; i < self->run_count && status == NN_OK; i++)
        if (by_config(&sorted[i - 1], &sorted[i]) == 0)
            status = nn_fail(NN_USAGE, "--sweep: two runs are the same: %.200s and %.200s",
                             sorted[i - 1]->label, sorted[i]->label);
    free(sorted);
    return status;
}

nn_status nn_sweep_read(nn_sweep *sweep, const char *run_file, const char *const *overrides,
                        int64_t override_count, const char *resumed, const char **by,
                        bool *larger_is_better) {
    nn_status status = NN_OK;
    const char **all = NULL;
    nn_run *run = NULL;
    bool validated = true;
    NN_TRY(nn_allocate("overrides", override_count + sweep->key_count, sizeof *all, &all));
    for (int64_t i = 0; i < override_count; i++) all[i] = overrides[i];
    for (int64_t i = 0; i < sweep->run_count; i++) {
        NN_TRY(read_run(sweep, &sweep->runs[i], run_file, all, override_count, resumed, &run));
        if (*by) NN_TRY(check_value(run, *by, larger_is_better));
        validated = validated && is_validated(run);
        nn_run_destroy(&run);
    }
    NN_TRY(check_different(sweep));
    if (!*by) {
        *by = validated ? "val_loss" : "loss";
        *larger_is_better = false;
    }
done:
    free(all);
    nn_run_destroy(&run);
    return status;
}

void nn_sweep_destroy(nn_sweep **sweep) {
    nn_sweep *self = *sweep;
    if (!self) return;
    for (int64_t i = 0; self->runs && i < self->run_count; i++) {
        free(self->runs[i].values);
        free(self->runs[i].label);
        free(self->runs[i].folder);
        free(self->runs[i].config);
    }
    for (int64_t i = 0; self->keys && i < self->key_count; i++) {
        for (int64_t j = 0; self->keys[i].values && j < self->keys[i].count; j++)
            free(self->keys[i].values[j]);
        free(self->keys[i].values);
        free(self->keys[i].name);
        free(self->keys[i].column);
    }
    free(self->keys);
    free(self->runs);
    free(self);
    *sweep = NULL;
}
