/* folder.c: the folder of a run. */
#include "train/folder.h"

#include "io/publish.h"
#include "io/yaml.h"
#include "train/checkpoint.h"
#include "train/tensorboard.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_MOST = 4 << 20 }; /* bytes */

nn_status nn_folder_name(const char *path, nn_folder *out) {
    nn_status status = NN_OK;
    *out = (nn_folder){0};
    NN_TRY(nn_copy_text(path, &out->path));
    NN_TRY(nn_join_path(path, "config.yaml", &out->config));
    NN_TRY(nn_join_path(path, "metrics.csv", &out->metrics));
    NN_TRY(nn_join_path(path, "progress.json", &out->progress));
    NN_TRY(nn_join_path(path, "tensorboard", &out->tensorboard));
    NN_TRY(nn_join_path(path, "model.h5", &out->model));
done:
    return status;
}

/* ---- whose files they are ---- */

/* Whether a file begins so; one that is not there or empty may be anyone's. */
static bool may_begin(const char *path, const char *with) {
    char begin[64] = "";
    FILE *file = fopen(path, "re");
    if (!file) return access(path, F_OK) != 0;
    const size_t length = fread(begin, 1, sizeof begin - 1, file);
    fclose(file);
    return length == 0 || strncmp(begin, with, strlen(with)) == 0;
}

/* Whether a text is laid out as nnmpi lays out an effective run file, without a comment, and lists keys
 * that nobody writes who does not need them. */
static bool is_effective(const char *text, const char *path) {
    nn_node *root = NULL;
    char *again = NULL;
    const bool same = nn_yaml_parse(text, path, &root) == NN_OK && nn_yaml_format(root, &again) == NN_OK &&
                      strcmp(text, again) == 0 && nn_node_get(root, "model") &&
                      nn_node_get(root, "checkpoint") && nn_node_get(root, "accumulate_steps");
    nn_node_destroy(&root);
    free(again);
    return same;
}

static bool may_be_config(const char *path) {
    char *text = NULL;
    int64_t length;
    if (access(path, F_OK) != 0) return true;
    const bool ours = nn_read_file(path, CONFIG_MOST, &text, &length) == NN_OK &&
                      (length == 0 || is_effective(text, path));
    free(text);
    return ours;
}

/* A file of a run's name that no run has written; NULL: there is none. */
static const char *find_foreign(const nn_folder *folder) {
    if (!may_be_config(folder->config)) return folder->config;
    if (!may_begin(folder->metrics, "epoch,step,loss,")) return folder->metrics;
    if (!may_begin(folder->progress, "{\"state\":")) return folder->progress;
    return NULL;
}

static nn_status check_sweep(const char *folder, const char *advice) {
    char *table = NULL;
    nn_status status = nn_join_path(folder, "sweep.csv", &table);
    if (status == NN_OK && access(table, F_OK) == 0 && may_begin(table, "run,"))
        status = nn_fail(NN_CANT_CREATE, "%s holds a sweep, and a run wants a folder of its own: %s", folder, advice);
    free(table);
    return status;
}

nn_status nn_folder_check_run_file(const nn_folder *folder, const char *run_file, const char *config) {
    struct stat one, other;
    char *text = NULL;
    int64_t length;
    if (stat(run_file, &one) != 0 || stat(folder->config, &other) != 0 || one.st_dev != other.st_dev ||
        one.st_ino != other.st_ino)
        return NN_OK;
    nn_status status = nn_read_file(run_file, CONFIG_MOST, &text, &length);
    if (status == NN_OK && strcmp(text, config) != 0)
        status = nn_fail(NN_CANT_CREATE,
                         "%s is the run file itself, and the run would replace it by what it makes of it: "
                         "choose another folder (--output), or give the run file another name",
                         folder->config);
    free(text);
    return status;
}

/* ---- entering and leaving ---- */

static nn_status check(const nn_folder *folder, bool resume, bool overwrite) {
    nn_checkpoint_kinds saved;
    const char *foreign;
    nn_status status = nn_checkpoint_look(folder->path, &saved);
    if (status != NN_OK) return status;
    if (resume && !saved.whole && access(folder->model, F_OK) != 0) {
        status = check_sweep(folder->path, "it goes on with the --sweep KEY=A,B,C that it began with, and --resume");
        if (status != NN_OK) return status;
        return nn_fail(NN_NO_INPUT,
                       "%s: there is no checkpoint to resume from%s; --overwrite instead of "
                       "--resume starts from the beginning",
                       folder->path, access(folder->path, F_OK) == 0 ? "" : ", nor such a folder");
    }
    if (!resume && !overwrite &&
        (saved.whole || saved.damaged || access(folder->model, F_OK) == 0))
        return nn_fail(NN_CANT_CREATE,
                       "%s holds a run already: go on with it (--resume), replace it (--overwrite), "
                       "or choose another folder (--output)",
                       folder->path);
    if (!resume && !overwrite && (foreign = find_foreign(folder)))
        return nn_fail(NN_CANT_CREATE,
                       "%s is there already, and is not a file of nnmpi's: choose another folder (--output), "
                       "or replace it (--overwrite)", foreign);
    return check_sweep(folder->path, "choose another one (--output)");
}

/* The length of the part of a path that is there. */
static size_t existing_part(const char *path) {
    size_t length = strlen(path);
    char *part = strdup(path);
    while (part && length > 0 && access(part, F_OK) != 0) {
        while (length > 0 && part[length - 1] == '/') length--;
        while (length > 0 && part[length - 1] != '/') length--;
        part[length] = '\0';
    }
    free(part);
    return length;
}

/* The folders that were made for a run, as far as nothing is in them. */
static void remove_empty(char *path, size_t existed) {
    for (size_t length = strlen(path); length > existed;) {
        if (rmdir(path) != 0) return;
        while (length > existed && path[length - 1] == '/') length--;
        while (length > existed && path[length - 1] != '/') length--;
        path[length] = '\0';
    }
}

nn_status nn_folder_take(nn_folder *folder, char **note) {
    *note = NULL;
    folder->existed = existing_part(folder->path);
    nn_status status = nn_make_folder(folder->path);
    return status == NN_OK ? nn_lock_take(folder->path, &folder->lock, note) : status;
}

nn_status nn_folder_enter(nn_folder *folder, bool resume, bool overwrite, char **note) {
    nn_status status = NN_OK;
    *note = NULL;
    if (access(folder->path, F_OK) != 0) NN_TRY(check(folder, resume, overwrite));
    NN_TRY(nn_folder_take(folder, note));
    NN_TRY(check(folder, resume, overwrite)); /* what is there now stays until this run changes it */
done:
    return status;
}

nn_status nn_folder_prepare(const nn_folder *folder, bool resume) {
    nn_status status = nn_make_folder(folder->path);
    if (status == NN_OK) status = nn_checkpoint_remove_partial(folder->path);
    if (status == NN_OK && !resume) status = nn_checkpoint_remove_all(folder->path);
    if (status != NN_OK || resume) return status;
    remove(folder->model);
    remove(folder->metrics);
    remove(folder->progress);
    nn_tensorboard_remove(folder->tensorboard);
    return NN_OK;
}

nn_status nn_folder_remove_run(const nn_folder *folder) {
    if (access(folder->path, F_OK) != 0) return NN_OK;
    nn_status status = nn_folder_prepare(folder, false);
    if (status != NN_OK) return status;
    remove(folder->config);
    remove(folder->progress);
    rmdir(folder->path);
    return NN_OK;
}

nn_status nn_folder_check(nn_folder *folder) {
    return nn_lock_check(&folder->lock);
}

void nn_folder_release(nn_folder *folder) {
    const bool ours = folder->lock.held;
    nn_lock_release(&folder->lock);
    if (ours) remove_empty(folder->path, folder->existed);
    free(folder->path);
    free(folder->config);
    free(folder->metrics);
    free(folder->progress);
    free(folder->tensorboard);
    free(folder->model);
    *folder = (nn_folder){0};
}
