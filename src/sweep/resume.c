/* resume.c: taking up a sweep that sweep.csv describes. */
#include "sweep/table.h"

#include "io/publish.h"
#include "sweep/listing.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

enum { CONFIG_MOST = 4 << 20 }; /* bytes */

/* ---- the runs of the table are those of the sweep ---- */

static nn_status check_keys(const nn_sweep_table *table, const nn_sweep_listing *listing) {
    const int64_t keys = listing->keys;
    const nn_sweep *sweep = table->sweep;
    bool same = keys == sweep->key_count;
    nn_text text = {0};
    for (int64_t i = 0; i < keys && same; i++)
        same = strcmp(listing->names[i + 1], sweep->keys[i].column) == 0;
    if (same) return NN_OK;
    nn_text_add(&text, "%s is of a sweep of", table->path);
    for (int64_t i = 0; i < keys; i++) {
        const char *name = listing->names[i + 1];
        if (strncmp(name, NN_SWEPT, strlen(NN_SWEPT)) == 0) name += strlen(NN_SWEPT);
        nn_text_add(&text, "%s %.100s", i ? "," : "", name);
    }
    nn_text_add(&text, ": to go on with it give the same keys in that order, or choose another folder "
                       "(--output)");
    return nn_text_fail(&text, NN_BAD_CONFIG);
}

static bool has_values(const nn_sweep_run *run, char *const *fields, int64_t keys) {
    for (int64_t i = 0; i < keys; i++)
        if (strcmp(run->values[i], fields[i + 1]) != 0) return false;
    return true;
}

/* The run with the values of the table's line becomes number `at`, with the folder that it has. */
static nn_status place_run(nn_sweep_table *table, char *const *fields, int64_t at, const char *folder) {
    nn_sweep *sweep = table->sweep;
    int64_t from = at;
    nn_text text = {0};
    while (from < sweep->run_count && !has_values(&sweep->runs[from], fields, sweep->key_count)) from++;
    if (from == sweep->run_count) {
        nn_text_add(&text, "%s has a run with", table->path);
        for (int64_t i = 0; i < sweep->key_count; i++)
            nn_text_add(&text, "%s %.100s=%.100s", i ? "," : "", sweep->keys[i].name,
                        fields[i + 1]);
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
    return nn_copy_text(folder, &run->folder);
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

static nn_status take_up(nn_sweep_table *table, const nn_sweep_listing *listing, int64_t at) {
    char *const *fields = listing->fields + at * listing->columns;
    nn_sweep_result *result = &table->results[at];
    const char *state = fields[table->sweep->key_count + 1];
    bool same;
    nn_status status = place_run(table, fields, at, fields[listing->columns - 1]);
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
    nn_sweep_listing listing;
    NN_TRY(nn_sweep_listing_read(table->folder, &listing));
    NN_TRY(check_keys(table, &listing));
    for (int64_t at = 0; at < listing.runs; at++) NN_TRY(take_up(table, &listing, at));
    NN_TRY(nn_sweep_name_folders(table->sweep, listing.runs));
done:
    nn_sweep_listing_free(&listing);
    return status;
}
