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

static nn_status check_keys(const nn_sweep *sweep, const nn_sweep_listing *listing, const char *folder) {
    const int64_t keys = listing->keys;
    bool same = keys == sweep->key_count;
    nn_text text = {0};
    for (int64_t i = 0; i < keys && same; i++) /* earlier tables have the names of all keys as they are */
        same = strcmp(listing->names[i + 1], sweep->keys[i].column) == 0 ||
               strcmp(listing->names[i + 1], sweep->keys[i].name) == 0;
    if (same) return NN_OK;
    nn_text_add(&text, "%s/sweep.csv is of a sweep of", folder);
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

static bool has_whole_model(const char *folder) {
    char *path = NULL;
    const bool whole = nn_join_path(folder, "model.h5", &path) == NN_OK && nn_seal_verify(path) == NN_OK;
    free(path);
    return whole;
}

/* Whether the table's line says that the run has ended by itself: diverged, too. One whose model is gone or damaged
 * has not: its checkpoint makes it again. */
static bool has_ended(const nn_sweep_listing *listing, int64_t at, nn_sweep_state *state) {
    const char *name = nn_sweep_listing_field(listing, at, "status");
    *state = strcmp(name, NN_SWEEP_STATE_NAMES[NN_SWEEP_DONE]) == 0 ? NN_SWEEP_DONE : NN_SWEEP_DIVERGED;
    return strcmp(name, NN_SWEEP_STATE_NAMES[*state]) == 0 &&
           (*state == NN_SWEEP_DIVERGED || has_whole_model(listing->folders[at]));
}

/* The run with the values of the table's line becomes number `at`, with the folder that it has. */
static nn_status place_run(nn_sweep *sweep, const nn_sweep_listing *listing, int64_t at, const char *path) {
    char *const *fields = listing->fields + at * listing->columns;
    nn_sweep_state state;
    int64_t from = at;
    nn_text text = {0};
    while (from < sweep->run_count && !has_values(&sweep->runs[from], fields, sweep->key_count)) from++;
    if (from == sweep->run_count) {
        nn_text_add(&text, "%s/sweep.csv has a run with", path);
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
    run->ended = has_ended(listing, at, &state);
    return nn_copy_text(fields[listing->columns - 1], &run->folder);
}

static nn_status follow(nn_sweep *sweep, const nn_sweep_listing *listing, const char *folder) {
    nn_status status = check_keys(sweep, listing, folder);
    for (int64_t at = 0; at < listing->runs && status == NN_OK; at++)
        status = place_run(sweep, listing, at, folder);
    return status == NN_OK ? nn_sweep_name_folders(sweep, listing->runs) : status;
}

nn_status nn_sweep_follow(nn_sweep *sweep, const char *folder) {
    nn_sweep_listing listing;
    if (!nn_sweep_is_in(folder)) return NN_OK;
    nn_status status = nn_sweep_listing_read(folder, &listing);
    if (status == NN_OK) status = follow(sweep, &listing, folder);
    nn_sweep_listing_free(&listing);
    return status;
}

/* ---- what has come of them ---- */

nn_status nn_sweep_is_run(const char *folder, const char *config, bool *same) {
    char *path = NULL, *held = NULL;
    int64_t length;
    *same = false;
    nn_status status = nn_join_path(folder, "config.yaml", &path);
    if (status == NN_OK && nn_read_file(path, CONFIG_MOST, &held, &length) == NN_OK)
        *same = strcmp(held, config) == 0;
    free(path);
    free(held);
    return status;
}

static nn_status take_up(nn_sweep_table *table, const nn_sweep_listing *listing, int64_t at) {
    nn_status status = NN_OK;
    nn_sweep_state state;
    char *folder = NULL;
    bool same;
    if (!has_ended(listing, at, &state)) return NN_OK;
    NN_TRY(nn_sweep_table_run_folder(table, at, &folder));
    NN_TRY(nn_sweep_is_run(folder, table->sweep->runs[at].config, &same));
    if (!same) goto done;
    table->results[at].state = state;
    status = nn_sweep_table_look(table, at);
    if (status != NN_BAD_DATA) goto done;
    table->results[at].state = NN_SWEEP_WAITING; /* its metrics.csv is damaged, and made again like a model */
    status = NN_OK;
done:
    free(folder);
    return status;
}

nn_status nn_sweep_table_resume(nn_sweep_table *table) {
    nn_status status = NN_OK;
    nn_sweep_listing listing;
    NN_TRY(nn_sweep_listing_read(table->folder, &listing));
    NN_TRY(follow(table->sweep, &listing, table->folder));
    for (int64_t at = 0; at < listing.runs; at++) NN_TRY(take_up(table, &listing, at));
done:
    nn_sweep_listing_free(&listing);
    return status;
}
