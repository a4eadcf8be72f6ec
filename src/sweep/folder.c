/* folder.c: the folder of a sweep. */
#include "sweep/folder.h"

#include "io/publish.h"
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

/* ---- the runs that are to be replaced ---- */

/* Calls `each` with the folders of the runs that the table in the folder names, if it is nnmpi's, and of
 * those that the new sweep has: they may be of one whose table is lost. */
static nn_status visit_runs(const char *path, const nn_sweep *sweep,
                            nn_status (*each)(const void *context, const char *folder), const void *context) {
    nn_status status = NN_OK;
    nn_sweep_listing old = {.best = -1};
    char *folder = NULL;
    if (nn_sweep_is_in(path)) status = nn_sweep_listing_read(path, &old);
    if (status == NN_BAD_DATA) status = NN_OK;
    for (int64_t i = 0; i < old.runs && status == NN_OK; i++)
        if (nn_is_folder(old.folders[i])) status = each(context, old.folders[i]);
    for (int64_t i = 0; i < sweep->run_count && status == NN_OK; i++) {
        free(folder);
        status = nn_join_path(path, sweep->runs[i].folder, &folder);
        if (status == NN_OK && nn_is_folder(folder)) status = each(context, folder);
    }
    free(folder);
    nn_sweep_listing_free(&old);
    return status;
}

/* The run file, `context`, may be that of one of the runs, and one may be somebody's who goes on with it by
 * itself. */
static nn_status check_run(const void *context, const char *folder) {
    nn_status status = NN_OK;
    nn_folder run = {0};
    char *left = NULL;
    NN_TRY(nn_folder_name(folder, &run));
    NN_TRY(nn_folder_check_run_file(&run, context, ""));
    NN_TRY(nn_folder_enter(&run, false, true, &left));
done:
    nn_folder_release(&run);
    free(left);
    return status;
}

/* Whether a group of this sweep has the folder, and its lock. */
static bool is_running(const nn_sweep_table *table, const char *folder) {
    const char *name = strrchr(folder, '/') + 1;
    for (int64_t i = 0; i < table->sweep->run_count; i++)
        if (table->results[i].state == NN_SWEEP_RUNNING && strcmp(table->sweep->runs[i].folder, name) == 0)
            return true;
    return false;
}

/* Not one that somebody goes on with by itself. `context` is the new table. */
static nn_status remove_run(const void *context, const char *folder) {
    nn_status status = NN_OK;
    nn_folder run = {0};
    char *left = NULL;
    NN_TRY(nn_folder_name(folder, &run));
    if (!is_running(context, folder)) NN_TRY(nn_folder_enter(&run, false, true, &left));
    NN_TRY(nn_folder_remove_run(&run));
done:
    nn_folder_release(&run);
    free(left);
    if (status == NN_OK) rmdir(folder); /* unless there is something else in it */
    return status;
}

nn_status nn_sweep_folder_clear(const nn_sweep_table *table) {
    return visit_runs(table->folder, table->sweep, remove_run, table);
}

/* ---- entering ---- */

static nn_status note_run(const void *context, const char *folder) {
    (void)folder;
    **(bool *const *)context = true;
    return NN_OK;
}

nn_status nn_sweep_folder_enter(const char *path, const nn_sweep *sweep, const char *run_file, bool resume,
                                bool overwrite, nn_folder *out, bool *replaces, char **note) {
    nn_status status = NN_OK;
    char *table = NULL;
    *note = NULL;
    *replaces = false;
    NN_TRY(nn_folder_name(path, out));
    NN_TRY(nn_join_path(path, "sweep.csv", &table));
    NN_TRY(check(out, table, resume, overwrite));
    NN_TRY(nn_folder_take(out, note));
    NN_TRY(check(out, table, resume, overwrite)); /* what is there now stays until this sweep changes it */
    if (!overwrite) goto done;
    NN_TRY(visit_runs(path, sweep, check_run, run_file));
    NN_TRY(visit_runs(path, sweep, note_run, &replaces));
    *replaces = *replaces || access(table, F_OK) == 0;
done:
    free(table);
    return status;
}
