/* memory.c: allocation that reports, and how much memory there is to allocate.
 *
 * Control groups: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, memory.current)
 * and cgroup-v1/memory.html; proc(5) for /proc/meminfo and /proc/self/cgroup. */
#include "util/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nn_status nn_allocate(const char *what, int64_t count, size_t size, void *out) {
    void *block = NULL;
    memcpy(out, &block, sizeof block); /* `out` points to a pointer of any type */
    if (count < 0 || (size > 0 && (uint64_t)count > (SIZE_MAX / 4) / size))
        return nn_fail(NN_INTERNAL, "the size of %s overflows (%lld items of %zu bytes)", what,
                       (long long)count, size);
    size_t bytes = (size_t)nn_round_up((int64_t)((size_t)count * size), NN_ALIGNMENT);
    if (bytes == 0) bytes = NN_ALIGNMENT;
    if (posix_memalign(&block, NN_ALIGNMENT, bytes) != 0)
        return nn_fail(NN_INTERNAL, "out of memory: %s needs %zu bytes", what, bytes);
    memset(block, 0, bytes);
    memcpy(out, &block, sizeof block);
    return NN_OK;
}

nn_status nn_copy_text(const char *text, char **out) {
    size_t bytes = strlen(text) + 1;
    nn_status status = nn_allocate("a text", (int64_t)bytes, 1, out);
    if (status == NN_OK) memcpy(*out, text, bytes);
    return status;
}

/* The number that follows `word` at the start of a line of folder/name; -1 where there is none. */
static int64_t read_number(const char *folder, const char *name, const char *word) {
    char line[PATH_MAX];
    long long number = -1;
    size_t length = strlen(word);
    if (snprintf(line, sizeof line, "%s/%s", folder, name) >= (int)sizeof line) return -1;
    FILE *file = fopen(line, "r");
    if (!file) return -1;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, word, length) == 0 && sscanf(line + length, "%lld", &number) == 1) break;
    fclose(file);
    return number;
}

int64_t nn_memory_left_in_group(const char *folder) {
    int64_t limit = read_number(folder, "memory.max", ""); /* "max": no number, no limit */
    int64_t used = read_number(folder, "memory.current", "");
    int64_t cache = read_number(folder, "memory.stat", "inactive_file ");
    if (used < 0) {
        limit = read_number(folder, "memory.limit_in_bytes", "");
        used = read_number(folder, "memory.usage_in_bytes", "");
        cache = read_number(folder, "memory.stat", "total_inactive_file ");
    }
    if (limit < 0 || used < 0) return INT64_MAX;
    int64_t left = limit - used + (cache > 0 ? cache : 0);
    return left > 0 ? left : 0;
}

/* The least that any group from `path` up to the root of the hierarchy at `mount` leaves. */
static int64_t left_in_groups(const char *mount, const char *path) {
    char folder[PATH_MAX];
    int64_t least = INT64_MAX;
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) return least;
    while (strlen(folder) >= strlen(mount)) {
        int64_t left = nn_memory_left_in_group(folder);
        if (left < least) least = left;
        *strrchr(folder, '/') = '\0';
    }
    return least;
}

int64_t nn_memory_available(void) {
    int64_t kilobytes = read_number("/proc", "meminfo", "MemAvailable:");
    int64_t least = kilobytes >= 0 ? kilobytes * 1024 : INT64_MAX;
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "r");
    while (file && fgets(line, sizeof line, file)) { /* "0::/job" or "4:memory:/job" */
        char *path = strchr(line, '/');
        if (!path) continue;
        path[strcspn(path, "\n")] = '\0';
        bool second = strncmp(line, "0::", 3) == 0, first = strstr(line, ":memory:") != NULL;
        if (!first && !second) continue;
        int64_t left = left_in_groups(second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory", path);
        if (left < least) least = left;
    }
    if (file) fclose(file);
    return least == INT64_MAX ? 0 : least;
}
