/* listing.c: sweep.csv, read back. */
#include "sweep/listing.h"

#include "sweep/table.h"
#include "train/overview.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool nn_sweep_is_in(const char *folder) {
    char begin[5] = "", *path = NULL;
    FILE *file = nn_join_path(folder, "sweep.csv", &path) == NN_OK ? fopen(path, "re") : NULL;
    if (file && !fgets(begin, sizeof begin, file)) begin[0] = '\0';
    if (file) fclose(file);
    free(path);
    return strcmp(begin, "run,") == 0;
}

static bool is_folder_name(const char *name) {
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

/* The header: run, the keys, status, ..., folder. */
static nn_status read_header(const char *path, nn_sweep_listing *out) {
    nn_csv *csv = out->csv;
    bool end;
    nn_status status = nn_csv_next(csv, &end);
    if (status != NN_OK) return status;
    while (out->keys + 1 < csv->count && strcmp(csv->fields[out->keys + 1], "status") != 0) out->keys++;
    if (end || strcmp(csv->fields[0], "run") != 0 || out->keys == 0 || out->keys + 1 >= csv->count ||
        strcmp(csv->fields[csv->count - 1], "folder") != 0)
        return nn_fail(NN_BAD_DATA,
                       "%s: this is no table of a sweep: its columns would be run, the keys, status, "
                       "..., folder", path);
    out->columns = csv->count;
    status = nn_allocate("columns", out->columns, sizeof *out->names, &out->names);
    for (int64_t i = 0; i < out->columns && status == NN_OK; i++) {
        out->names[i] = csv->fields[i];
        if (strncmp(out->names[i], "best_", 5) == 0 && strcmp(out->names[i], "best_epoch") != 0)
            out->by = out->names[i] + 5;
    }
    return status;
}

/* The next run of the table. */
static nn_status read_row(const char *folder, const char *path, nn_sweep_listing *out, bool *end) {
    const nn_csv *csv = out->csv;
    nn_status status = nn_csv_next(out->csv, end);
    if (status != NN_OK || *end) return status;
    if (csv->count != out->columns || !is_folder_name(csv->fields[out->columns - 1]) ||
        out->runs == NN_SWEEP_RUNS_MOST)
        return nn_fail(NN_BAD_DATA, "%s:%lld: this is no line of a sweep's table", path,
                       (long long)csv->line);
    char **fields = realloc(out->fields, (size_t)((out->runs + 1) * out->columns) * sizeof *fields);
    if (!fields) return nn_fail(NN_INTERNAL, "out of memory: the table of a sweep");
    out->fields = fields;
    memcpy(fields + out->runs * out->columns, csv->fields, (size_t)out->columns * sizeof *fields);
    const char *name = csv->fields[out->columns - 1], *dash = strchr(name, '-');
    out->labels[out->runs] = dash && dash[1] ? dash + 1 : name;
    status = nn_join_path(folder, name, &out->folders[out->runs]);
    if (status == NN_OK) out->runs++;
    return status;
}

static void find_best(nn_sweep_listing *out) {
    if (!out->by) return;
    const double sign = nn_overview_larger_is_better(out->by, NULL) ? -1 : 1;
    double best = INFINITY;
    for (int64_t run = 0; run < out->runs; run++) {
        const char *state = nn_sweep_listing_field(out, run, "status");
        const char *value = nn_sweep_listing_field(out, run, out->by);
        if (strcmp(state, NN_SWEEP_STATE_NAMES[NN_SWEEP_DONE]) != 0 || !*value) continue;
        if (!(sign * strtod(value, NULL) < best)) continue;
        best = sign * strtod(value, NULL);
        out->best = run;
    }
}

nn_status nn_sweep_listing_read(const char *folder, nn_sweep_listing *out) {
    nn_status status = NN_OK;
    char *path = NULL;
    *out = (nn_sweep_listing){.best = -1};
    NN_TRY(nn_join_path(folder, "sweep.csv", &path));
    NN_TRY(nn_csv_open(path, ',', &out->csv));
    NN_TRY(read_header(path, out));
    NN_TRY(nn_allocate("folders", NN_SWEEP_RUNS_MOST, sizeof *out->folders, &out->folders));
    NN_TRY(nn_allocate("labels", NN_SWEEP_RUNS_MOST, sizeof *out->labels, &out->labels));
    for (bool end = false; !end;) NN_TRY(read_row(folder, path, out, &end));
    find_best(out);
done:
    free(path);
    return status;
}

const char *nn_sweep_listing_field(const nn_sweep_listing *listing, int64_t run, const char *column) {
    for (int64_t i = listing->keys + 1; i < listing->columns; i++)
        if (strcmp(listing->names[i], column) == 0) return listing->fields[run * listing->columns + i];
    return "";
}

void nn_sweep_listing_free(nn_sweep_listing *listing) {
    for (int64_t i = 0; i < listing->runs; i++) free(listing->folders[i]);
    free(listing->folders);
    free(listing->labels);
    free(listing->fields);
    free(listing->names);
    nn_csv_close(&listing->csv);
    *listing = (nn_sweep_listing){.best = -1};
}
