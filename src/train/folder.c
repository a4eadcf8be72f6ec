/* folder.c: the folder of a run. */
#include "train/folder.h"

#include "io/publish.h"
#include "train/checkpoint.h"
#include "train/tensorboard.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static nn_status join(const char *folder, const char *name, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s%s%s", folder, *name ? "/" : "", name);
    return nn_text_take(&text, out);
}

nn_status nn_folder_name(const char *path, nn_folder *out) {
    nn_status status = NN_OK;
    *out = (nn_folder){0};
    NN_TRY(join(path, "", &out->path));
    NN_TRY(join(path, "config.yaml", &out->config));
    NN_TRY(join(path, "metrics.csv", &out->metrics));
    NN_TRY(join(path, "progress.json", &out->progress));
    NN_TRY(join(path, "tensorboard", &out->tensorboard));
    NN_TRY(join(path, "model.h5", &out->model));
done:
    return status;
}

static nn_status check(const nn_folder *folder, bool resume, bool overwrite) {
    nn_checkpoint_kinds saved;
    nn_status status = nn_checkpoint_look(folder->path, &saved);
    if (status != NN_OK) return status;
    if (resume && !saved.whole)
        return nn_fail(NN_NO_INPUT,
                       "%s: there is no checkpoint to resume from%s; --overwrite instead of "
                       "--resume starts from the beginning",
                       folder->path, access(folder->path, F_OK) == 0 ? "" : ", nor such a folder");
    if (!resume && !overwrite &&
        (saved.whole || saved.damaged || access(folder->model, F_OK) == 0))
        return nn_fail(NN_CANT_CREATE,
                       "%s holds a run already: go on with it (--resume), replace it (--overwrite), "
                       "or choose another folder (--output)",
                       folder->path);
    return NN_OK;
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

nn_status nn_folder_enter(nn_folder *folder, bool resume, bool overwrite, char **note) {
    nn_status status = NN_OK;
    *note = NULL;
    if (access(folder->path, F_OK) != 0) NN_TRY(check(folder, resume, overwrite));
    folder->existed = existing_part(folder->path);
    NN_TRY(nn_make_folder(folder->path));
    NN_TRY(nn_lock_take(folder->path, &folder->lock, note));
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
