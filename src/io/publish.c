/* publish.c: replacing files as a whole: write under a temporary name, fsync, rename, fsync of the
 * folder. A reader, or a run killed at any moment, finds the old file or the new one. And appending to files. */
#include "io/publish.h"

#include "io/descriptor.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

nn_status nn_publish_begin(const char *path, char **temporary) {
    nn_text text = {0};
    struct stat about;
    *temporary = NULL;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) /* such as a folder, or a device */
        return nn_fail(NN_CANT_CREATE, "%s is there and is no plain file: it is not replaced", path);
    nn_text_add(&text, "%s.partial", path);
    return nn_text_take(&text, temporary);
}

/* Makes what stands at `path` durable. Folders need it too, so that a rename in them lasts; where
 * the file system can't do that for folders, or they may not be opened, nothing is lost by trying.
 */
static nn_status sync_path(const char *path, bool folder) {
    int descriptor = open(path, O_RDONLY);
    if (descriptor < 0)
        return folder ? NN_OK : nn_fail(NN_IO, "cannot open %s: %s", path, strerror(errno));
    int failure = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    if (failure == 0 || (folder && (failure == EINVAL || failure == ENOTSUP))) return NN_OK;
    return nn_fail(NN_IO, "cannot write %s to the disk: %s", path, strerror(failure));
}

static nn_status sync_folder_of(const char *path) {
    char *folder = NULL;
    nn_status status = nn_copy_text(path, &folder);
    if (status != NN_OK) return status;
    char *slash = strrchr(folder, '/');
    if (slash == folder) slash++; /* of "/file", the root */
    if (slash) *slash = '\0';
    status = sync_path(slash ? folder : ".", true);
    free(folder);
    return status;
}

/* Gives what is durable its final name. */
static nn_status put_in_place(const char *temporary, const char *path) {
    if (rename(temporary, path) == 0) return sync_folder_of(path);
    nn_status status =
        nn_fail(NN_IO, "cannot rename %s to %s: %s", temporary, path, strerror(errno));
    unlink(temporary);
    return status;
}

nn_status nn_publish_finish(const char *temporary, const char *path) {
    nn_status status = sync_path(temporary, false);
    if (status == NN_OK) return put_in_place(temporary, path);
    unlink(temporary);
    return status;
}

/* Durable when it returns, where it is to last. */
static nn_status write_parts(const char *path, const nn_bytes *parts, int64_t count,
                             bool to_last) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (descriptor < 0)
        return nn_fail(NN_CANT_CREATE, "cannot create %s: %s", path, strerror(errno));
    bool written = true;
    for (int64_t i = 0; i < count && written; i++)
        written = nn_write_all(descriptor, parts[i].data, parts[i].length);
    int failure = written && (!to_last || fsync(descriptor) == 0) ? 0 : errno;
    if (close(descriptor) != 0 && failure == 0) failure = errno;
    if (failure == 0) return NN_OK;
    unlink(path);
    return nn_fail(NN_IO, "cannot write %s: %s", path, strerror(failure));
}

nn_status nn_publish_parts(const char *path, const nn_bytes *parts, int64_t count) {
    nn_status status = NN_OK;
    char *temporary = NULL;
    NN_TRY(nn_publish_begin(path, &temporary));
    NN_TRY(write_parts(temporary, parts, count, true));
    NN_TRY(put_in_place(temporary, path));
done:
    free(temporary);
    return status;
}

nn_status nn_publish_bytes(const char *path, const char *bytes, int64_t length) {
    return nn_publish_parts(path, &(nn_bytes){bytes, length}, 1);
}

nn_status nn_publish_quickly(const char *path, const char *bytes, int64_t length) {
    nn_status status = NN_OK;
    char *temporary = NULL;
    NN_TRY(nn_publish_begin(path, &temporary));
    NN_TRY(write_parts(temporary, &(nn_bytes){bytes, length}, 1, false));
    if (rename(temporary, path) != 0) {
        status = nn_fail(NN_IO, "cannot rename %s to %s: %s", temporary, path, strerror(errno));
        unlink(temporary);
    }
done:
    free(temporary);
    return status;
}

nn_status nn_publish_text(const char *path, const char *text) {
    return nn_publish_bytes(path, text, (int64_t)strlen(text));
}

nn_status nn_append_bytes(const char *path, const char *bytes, int64_t length) {
    struct stat before;
    const int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    const bool begun = file >= 0 && fstat(file, &before) == 0;
    bool done = begun && nn_write_all(file, bytes, length);
    int error = errno;
    if (begun && !done && ftruncate(file, before.st_size) != 0) error = errno;
    if (file >= 0 && close(file) != 0 && done) {
        done = false;
        error = errno;
    }
    return done ? NN_OK : nn_fail(NN_IO, "%s cannot be written: %s", path, strerror(error));
}

bool nn_is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static nn_status make_one_folder(const char *path) {
    struct stat about;
    if (mkdir(path, 0777) == 0) return NN_OK;
    int failure = errno;
    const bool there = stat(path, &about) == 0;
    if (there && S_ISDIR(about.st_mode)) return NN_OK;
    return nn_fail(NN_CANT_CREATE, "cannot make the folder %s: %s", path,
                   there && failure == EEXIST ? "there is a file of that name" : strerror(failure));
}

nn_status nn_make_folder(const char *path) {
    nn_status status = NN_OK;
    char *part = NULL;
    NN_TRY(nn_copy_text(path, &part));
    for (char *end = part; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char after = *end;
        *end = '\0';
        NN_TRY(make_one_folder(part));
        *end = after;
    }
done:
    free(part);
    return status;
}

nn_status nn_refuse_same_file(const char *output, const char *input) {
    struct stat a, b;
    if (!input || stat(output, &a) != 0 || stat(input, &b) != 0) return NN_OK;
    if (a.st_dev != b.st_dev || a.st_ino != b.st_ino) return NN_OK;
    return nn_fail(NN_USAGE, "the output %s is the input %s too: it would be lost", output, input);
}
