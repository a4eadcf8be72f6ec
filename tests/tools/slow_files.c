/* slow_files.c: a file system that takes its time, for LD_PRELOAD: SLOW_FSYNC and SLOW_PREAD are the
 * seconds that the first call of fsync() and of pread() of a process takes, where the file's path has
 * SLOW_FILE in it, and of rank SLOW_RANK alone where that is set; after a negative number the process stops
 * there, as SIGSTOP from outside would make it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Whether the path of an open file has SLOW_FILE in it. */
static int is_meant(int file) {
    char link[64], path[4096];
    const char *part = getenv("SLOW_FILE");
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    if (!part || length < 0) return !part;
    path[length] = '\0';
    return strstr(path, part) != NULL;
}

static void delay(int file, const char *variable, _Atomic int *done) {
    const char *text = getenv(variable), *wanted = getenv("SLOW_RANK"),
               *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (!text || !is_meant(file) || (wanted && rank && atoi(wanted) != atoi(rank)) || atomic_exchange(done, 1)) return;
    const double seconds = atof(text);
    struct timespec left = {(time_t)(seconds < 0 ? -seconds : seconds), 0};
    while (nanosleep(&left, &left) != 0) {}
    if (seconds < 0) raise(SIGSTOP);
}

int fsync(int file) {
    static _Atomic int done;
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    delay(file, "SLOW_FSYNC", &done);
    return real(file);
}

/* SLOW_PREAD_FROM: the number of calls before, by which the run has begun. */
ssize_t pread(int file, void *data, size_t bytes, off_t at) {
    static _Atomic int calls, done;
    const char *first = getenv("SLOW_PREAD_FROM");
    ssize_t (*real)(int, void *, size_t, off_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pread");
    if (atomic_fetch_add(&calls, 1) >= (first ? atoi(first) : 0)) delay(file, "SLOW_PREAD", &done);
    return real(file, data, bytes, at);
}
