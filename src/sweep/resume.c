/* resume.c: taking up a sweep that sweep.csv describes. */
#include "sweep/table.h"

#include "data/csv.h"
#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIG_MOST = 4 << 20 }; /* bytes */

static nn_status table_path(const char *folder, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s/sweep.csv", folder);
    return nn_text_take(&text, out);
}

static bool is_folder_name(const char *name) {
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

/* The header: run, the keys, status, ..., folder. How many keys there are. */
static nn_status read_header(nn_csv *csv, const char *path, int64_t *keys) {
    bool end;
    nn_status status = nn_csv_next(csv, &end);
    if (status != NN_OK) return status;
    *keys = 0;
    while (*keys + 1 < csv->count && strcmp(csv->fields[*keys + 1], "status") != 0) (*keys)++;
    if (end || strcmp(csv->fields[0], "run") != 0 || *keys == 0 || *keys + 1 >= csv->count ||
        strcmp(csv->fields[csv->count - 1], "folder") != 0)
        return nn_fail(NN_BAD_DATA,
                       "%s: this is no table of a sweep: its columns would be run, the keys, status, "
                       "..., folder", path);
    return NN_OK;
}

/* The next run of the table. */
static nn_status read_row(nn_csv *csv, const char *path, int64_t columns, bool *end) {
    nn_status status = nn_csv_next(csv, end);
    if (status != NN_OK || *end) return status;
    if (csv->count != columns || !is_folder_name(csv->fields[columns - 1]))
        return nn_fail(NN_BAD_DATA, "%s:%lld: this is no line of a sweep's table", path,
                       (long long)csv->line);
    return NN_OK;
}

nn_status nn_sweep_table_folders(const char *folder, char ***out, int64_t *count) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    char *path = NULL;
    int64_t keys, columns;
    bool end;
    *count = 0;
    *out = NULL;
    NN_TRY(table_path(folder, &path));
    NN_TRY(nn_csv_open(path, ',', &csv));
    NN_TRY(read_header(csv, path, &keys));
    columns = csv->count;
    NN_TRY(nn_allocate("folders", NN_SWEEP_RUNS_MOST, sizeof **out, out));
    for (;;) {
        nn_text text = {0};
        NN_TRY(read_row(csv, path, columns, &end));
        if (end || *count == NN_SWEEP_RUNS_MOST) break;
        nn_text_add(&text, "%s/%s", folder, csv->fields[columns - 1]);
        NN_TRY(nn_text_take(&text, &(*out)[*count]));
        ++*count;
    }
done:
    nn_csv_close(&csv);
    free(path);
    return status;
}

/* ---- the runs of the table are those of the sweep ---- */

static nn_status check_keys(const nn_sweep_table *table, const nn_csv *csv, int64_t keys) {
    const nn_sweep *sweep = table->sweep;
    bool same = keys == sweep->key_count;
    nn_text text = {0};
    for (int64_t i = 0; i < keys && same; i++)
        same = strcmp(csv->fields[i + 1], sweep->keys[i].name) == 0;
    if (same) return NN_OK;
    nn_text_add(&text, "%s is of a sweep of", table->path);
    for (int64_t i = 0; i < keys; i++)
        nn_text_add(&text, "%s %.100s", i ? "," : "", csv->fields[i + 1]);
    nn_text_add(&text, ": to go on with it give the same keys in that order, or choose another folder "
                       "(--output)");
    return nn_text_fail(&text, NN_BAD_CONFIG);
}

static bool has_values(const nn_sweep_run *run, const nn_csv *csv, int64_t keys) {
    for (int64_t i = 0; i < keys; i++)
        if (strcmp(run->values[i], csv->fields[i + 1]) != 0) return false;
    return true;
}

/* The run with the values of the table's line becomes number `at`, with the folder that it has. */
static nn_status place_run(nn_sweep_table *table, const nn_csv *csv, int64_t at, int64_t columns) {
    nn_sweep *sweep = table->sweep;
    int64_t from = at;
    nn_text text = {0};
    while (from < sweep->run_count && !has_values(&sweep->runs[from], csv, sweep->key_count)) from++;
    if (from == sweep->run_count) {
        nn_text_add(&text, "%s has a run with", table->path);
        for (int64_t i = 0; i < sweep->key_count; i++)
            nn_text_add(&text, "%s %.100s=%.100s", i ? "," : "", sweep->keys[i].name,
                        csv->fields[i + 1]);
        nn_text_add(&text, ", which is not part of this sweep: to go on with it give the same values, or "
                           "more of them");
        return nn_text_fail(&text, NN_BAD_CONFIG);
    }
    const nn_sweep_run found = sweep->runs[from];
    memmove(&sweep->runs[at + 1], &sweep->runs[at], (size_t)(from - at) * sizeof found);
    sweep->runs[at] = found;
    nn_sweep_run *run = &sweep->runs[at];
    free(run->folder);
    run->folder = NULL;
    return nn_copy_text(csv->fields[columns - 1], &run->folder);
}

/* Whether the run's folder has the effective run file that the run would have now. */
static nn_status is_same_run(const nn_sweep_table *table, int64_t run, bool *same) {
    nn_text text = {0};
    char *folder = NULL, *path = NULL, *config = NULL;
    int64_t length;
    nn_status status = nn_sweep_table_run_folder(table, run, &folder);
    *same = false;
    nn_text_add(&text, "%s/config.yaml", folder ? folder : "");
    if (status == NN_OK) status = nn_text_take(&text, &path);
    if (status == NN_OK && nn_read_file(path, CONFIG_MOST, &config, &length) == NN_OK)
        *same = strcmp(config, table->sweep->runs[run].config) == 0;
    nn_text_free(&text);
    free(folder);
    free(path);
    free(config);
    return status;
}

static nn_status take_up(nn_sweep_table *table, const nn_csv *csv, int64_t at, int64_t columns) {
    nn_sweep_result *result = &table->results[at];
    const char *state = csv->fields[table->sweep->key_count + 1];
    bool same;
    nn_status status = place_run(table, csv, at, columns);
    if (status != NN_OK) return status;
    const bool done = strcmp(state, NN_SWEEP_STATE_NAMES[NN_SWEEP_DONE]) == 0;
    if (!done && strcmp(state, NN_SWEEP_STATE_NAMES[NN_SWEEP_DIVERGED]) != 0) return NN_OK;
    status = is_same_run(table, at, &same);
    if (status != NN_OK || !same) return status;
    result->state = done ? NN_SWEEP_DONE : NN_SWEEP_DIVERGED;
    return nn_sweep_table_look(table, at);
}

nn_status nn_sweep_table_resume(nn_sweep_table *table) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    int64_t keys, columns, at = 0;
    bool end;
    NN_TRY(nn_csv_open(table->path, ',', &csv));
    NN_TRY(read_header(csv, table->path, &keys));
    columns = csv->count;
    NN_TRY(check_keys(table, csv, keys));
    for (;; at++) {
        NN_TRY(read_row(csv, table->path, columns, &end));
        if (end) break;
        NN_TRY(take_up(table, csv, at, columns));
    }
    NN_TRY(nn_sweep_name_folders(table->sweep, at));
done:
    nn_csv_close(&csv);
    return status;
}
