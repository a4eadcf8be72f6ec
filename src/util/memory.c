/* memory.c: allocation that reports. */
#include "util/memory.h"

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

int64_t nn_memory_available(void) {
    long long kilobytes = 0;
    char line[256];
    FILE *file = fopen("/proc/meminfo", "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %lld kB", &kilobytes) == 1) break;
    fclose(file);
    return (int64_t)kilobytes * 1024;
}
