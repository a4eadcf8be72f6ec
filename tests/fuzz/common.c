/* common.c: checks and texts for all fuzz targets. */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_check(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fuzz: %s; the last message: %s\n", what, nn_message());
    abort();
}

void fuzz_check_failure(nn_status status) {
    if (status == NN_OK) return;
    fuzz_check(strcmp(nn_status_name(status), "UNKNOWN") != 0, "a status that is none");
    fuzz_check(nn_message()[0] != '\0', "a failure without a message");
}

char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    fuzz_check(text != NULL, "out of memory");
    if (size > 0) memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

const char *fuzz_file(const uint8_t *data, size_t size) {
    static int descriptor = -1;
    static char path[64];
    if (descriptor < 0) {
        descriptor = memfd_create("fuzz", 0);
        fuzz_check(descriptor >= 0, "no memfd_create()");
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    fuzz_check(ftruncate(descriptor, 0) == 0, "ftruncate");
    fuzz_check(pwrite(descriptor, data, size, 0) == (ssize_t)size, "pwrite");
    return path;
}
