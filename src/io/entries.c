/* entries.c: the entries of a folder. */
#include "io/entries.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

nn_status nn_entries_visit(const char *folder, nn_status (*visit)(void *context, const char *name),
                           void *context) {
    nn_status status = NN_OK;
    DIR *handle = opendir(folder);
    if (!handle && (errno == ENOENT || errno == ENOTDIR)) return NN_OK;
    for (errno = handle ? 0 : errno; handle && status == NN_OK; errno = 0) {
        const struct dirent *entry = readdir(handle);
        if (!entry) break;
        status = visit(context, entry->d_name);
    }
    if (status == NN_OK && errno != 0)
        status = nn_fail(NN_IO, "the folder %s cannot be listed: %s", folder, strerror(errno));
    if (handle) closedir(handle);
    return status;
}
