/* replay.c: gives a fuzz target the files that are named, or lie in the folders that are named: inputs that
 * once went wrong stay right in every build, with any compiler. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t size = 0, room = 1 << 16, got;
    uint8_t *data = malloc(room);
    while (data && (got = fread(data + size, 1, room - size, file)) > 0) {
        size += got;
        if (size == room) data = realloc(data, room *= 2);
    }
    fclose(file);
    if (!data) return 0;
    fprintf(stderr, "%s\n", path); /* the last one printed is the one that crashed */
    uint8_t *exact = malloc(size ? size : 1); /* so that reading past the end is seen */
    if (exact) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(data);
    free(exact);
    return exact != NULL;
}

static int replay_folder(const char *path) {
    char name[4096];
    int count = 0;
    DIR *folder = opendir(path);
    if (!folder) return replay_file(path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count += replay_file(name);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv) {
    int count = 0;
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) count += replay_folder(argv[i]);
    fprintf(stderr, "%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
