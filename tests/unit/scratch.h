/* scratch.h: a folder of its own for a test program, removed at its end; files made in it, read,
 * damaged. */
#ifndef NN_TESTS_UNIT_SCRATCH_H
#define NN_TESTS_UNIT_SCRATCH_H

#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[256];

/** The path of `name` in the folder; valid to the end of the program. */
static inline const char *scratch(const char *name) {
    enum { MOST = 64 };
    static char paths[MOST][512];
    char path[sizeof paths[0]];
    snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
    for (int i = 0; i < MOST; i++) {
        if (paths[i][0] == '\0') memcpy(paths[i], path, sizeof path);
        if (strcmp(paths[i], path) == 0) return paths[i];
    }
    fail_msg("more than %d names in the scratch folder", (int)MOST);
    return NULL;
}

static inline int scratch_make(void **state) {
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(scratch_folder, sizeof scratch_folder, "%s/nnmpi-test-XXXXXX",
             parent ? parent : "/tmp");
    return mkdtemp(scratch_folder) ? 0 : -1;
}

/* Removes what stands under `name` of the folder `at`. */
static inline void scratch_clear(int at, const char *name) {
    int folder = openat(at, name, O_RDONLY | O_DIRECTORY);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(folder, entry->d_name, 0) != 0) scratch_clear(folder, entry->d_name);
    }
    closedir(entries);
    unlinkat(at, name, AT_REMOVEDIR);
}

static inline int scratch_remove(void **state) {
    (void)state;
    scratch_clear(AT_FDCWD, scratch_folder);
    return 0;
}

static inline bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

static inline void write_bytes(const char *path, const void *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static inline void write_string(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

/** The content of a file; the caller frees it. */
static inline char *read_bytes(const char *path, size_t *length) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    *length = (size_t)about.st_size;
    char *bytes = malloc(*length + 1);
    assert_non_null(bytes);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    bytes[*length] = '\0';
    return bytes;
}

static inline void free_names(char **names, int64_t count) {
    for (int64_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

#endif
