/* folder.c: the folder of a sweep. */
#include "sweep/folder.h"

#include "sweep/listing.h"
#include "train/checkpoint.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static nn_status check(const nn_folder *folder, const char *table, bool resume, bool overwrite) {
    const char *const path = folder->path;
    const bool has_table = access(table, F_OK) == 0;
    nn_checkpoint_kinds saved;
    nn_status status = nn_checkpoint_look(path, &saved);
    if (status != NN_OK) return status;
    if (saved.whole || saved.damaged || access(folder->model, F_OK) == 0)
        return nn_fail(NN_CANT_CREATE,
                       "%s holds a run already, and a sweep wants a folder of its own: choose another "
                       "one (--output)", path);
    if (resume && !has_table)
        return nn_fail(NN_NO_INPUT,
                       "%s: there is no sweep to resume (no sweep.csv)%s; without --resume it starts "
                       "from the beginning",
                       path, access(path, F_OK) == 0 ? "" : ", nor such a folder");
    if (has_table && !resume && !overwrite)
        return nn_fail(NN_CANT_CREATE,
                       "%s holds a sweep already: go on with it (--resume), replace it (--overwrite), or "
                       "choose another folder (--output)",
                       path);
    return NN_OK;
}

/* Not one that somebody goes on with by itself; the groups of this sweep have their locks already (`ours`). */
static nn_status remove_run(const char *path, bool ours) {
    nn_status status = NN_OK;
    nn_folder run = {0};
    char *left = NULL;
    if (access(path, F_OK) != 0) return NN_OK;
    NN_TRY(nn_folder_name(path, &run));
    if (!ours) NN_TRY(nn_folder_enter(&run, false, true, &left));
    NN_TRY(nn_folder_remove_run(&run));
done:
    nn_folder_release(&run);
    free(left);
    if (status == NN_OK) rmdir(path); /* unless there is something else in it */
    return status;
}

/* The run file may be that of one of the runs, and one may be somebody's who goes on with it by itself. */
static nn_status check_run(const char *path, const char *run_file) {
    nn_status status = NN_OK;
    nn_folder run = {0};
    char *left = NULL;
    NN_TRY(nn_folder_name(path, &run));
    NN_TRY(nn_folder_check_run_file(&run, run_file, ""));
    if (access(path, F_OK) == 0) NN_TRY(nn_folder_enter(&run, false, true, &left));
done:
    nn_folder_release(&run);
    free(left);
    return status;
}

/* A table that is not nnmpi's any more names nothing. */
static nn_status read_listing(const char *path, nn_sweep_listing *out) {
    const nn_status status = nn_sweep_listing_read(path, out);
    return status == NN_BAD_DATA ? NN_OK : status;
}

static nn_status check_runs(const char *path, const char *run_file) {
    nn_sweep_listing listing;
    nn_status status = read_listing(path, &listing);
    for (int64_t i = 0; i < listing.runs && status == NN_OK; i++) status = check_run(listing.folders[i], run_file);
    nn_sweep_listing_free(&listing);
    return status;
}

nn_status nn_sweep_folder_enter(const char *path, const char *run_file, bool resume, bool overwrite,
                                nn_folder *out, bool *replaces, char **note) {
    nn_status status = NN_OK;
    char *table = NULL;
    *note = NULL;
    *replaces = false;
    NN_TRY(nn_folder_name(path, out));
    NN_TRY(nn_join_path(path, "sweep.csv", &table));
    NN_TRY(check(out, table, resume, overwrite));
    NN_TRY(nn_folder_take(out, note));
    NN_TRY(check(out, table, resume, overwrite)); /* what is there now stays until this sweep changes it */
    *replaces = overwrite && access(table, F_OK) == 0;
    if (*replaces) NN_TRY(check_runs(path, run_file));
done:
    free(table);
    return status;
}

static bool is_running(const nn_sweep_table *table, const char *folder) {
    const char *name = strrchr(folder, '/') + 1;
    for (int64_t i = 0; i < table->sweep->run_count; i++)
        if (table->results[i].state == NN_SWEEP_RUNNING && strcmp(table->sweep->runs[i].folder, name) == 0)
            return true;
    return false;
}

nn_status nn_sweep_folder_clear(const nn_sweep_table *table) {
    nn_sweep_listing listing;
    nn_status status = read_listing(table->folder, &listing);
    for (int64_t i = 0; i < listing.runs && status == NN_OK; i++)
        status = remove_run(listing.folders[i], is_running(table, listing.folders[i]));
    nn_sweep_listing_free(&listing);
    return status;
}
