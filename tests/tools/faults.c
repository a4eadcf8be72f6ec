/* faults.c: a library for LD_PRELOAD that makes system calls on a run's files fail, last, or kill the
 * process, to see that nothing is lost. It counts the calls of open, write, fsync, rename, unlink and
 * close on files whose path contains FAULT_PATH, in the process whose rank is FAULT_RANK (any without
 * it), and acts on call FAULT_AT, counted from 1:
 *
 *     FAULT_KIND=kill        SIGKILL instead of the call
 *     FAULT_KIND=ENOSPC      the call fails so; likewise EIO, EDQUOT, EFBIG
 *     FAULT_KIND=short       a write writes half of it, as it may
 *     FAULT_KIND=delay:MS    the call is made after MS milliseconds
 *     FAULT_ON=1             on all calls from then on too
 *     FAULT_CALLS=fsync      counts these calls alone (names with commas)
 *     FAULT_LOG=FILE         a line for each call that it has acted on, NAME PATH; without FAULT_AT for
 *                            each call
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FILES = 1024, PATH_ROOM = 1024 };
static char *paths[MOST_FILES]; /* of the open files that count */
static long count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
    const char *name;
    int number;
} ERRORS[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EFBIG", EFBIG}};

static const char *get(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static bool is_here(void) {
    const char *wanted = get("FAULT_RANK");
    return !*wanted || strcmp(wanted, get("OMPI_COMM_WORLD_RANK")) == 0;
}

static bool counts(const char *call, const char *path) {
    const char *part = get("FAULT_PATH"), *calls = get("FAULT_CALLS");
    return path && *part && strstr(path, part) && is_here() && (!*calls || strstr(calls, call));
}

/* By system calls of its own, so that it does not count itself. */
static void tell(const char *call, const char *path) {
    char line[PATH_ROOM + 64];
    const char *log = get("FAULT_LOG");
    if (!*log) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    int length = snprintf(line, sizeof line, "%s %.*s\n", call, PATH_ROOM, path);
    if (file < 0) return;
    if (syscall(SYS_write, file, line, length) < 0) abort();
    syscall(SYS_close, file);
}

/* What this call must do: 0 as ever; -1: half; otherwise fail with that. */
static int act(const char *call, const char *path) {
    int what = 0;
    if (!counts(call, path)) return 0;
    pthread_mutex_lock(&lock);
    const long at = atol(get("FAULT_AT")), now = ++count;
    pthread_mutex_unlock(&lock);
    const char *kind = get("FAULT_KIND");
    if (at > 0 && now != at && !(now > at && *get("FAULT_ON"))) return 0;
    tell(call, path);
    if (at == 0) return 0;
    if (strcmp(kind, "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(kind, "short") == 0) what = -1;
    if (strncmp(kind, "delay:", 6) == 0) {
        long ms = atol(kind + 6);
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
    }
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (strcmp(kind, ERRORS[i].name) == 0) what = ERRORS[i].number;
    return what;
}

static bool fails(int what) {
    if (what <= 0) return false;
    errno = what;
    return true;
}

/* The library's own function; POSIX promises that the conversion works. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))
static const char *path_of(int file) {
    return file >= 0 && file < MOST_FILES ? paths[file] : NULL;
}

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (fails(act("open", path))) return -1;
    int file = REAL(open)(path, flags, mode);
    if (file >= 0 && file < MOST_FILES) {
        free(paths[file]);
        paths[file] = *get("FAULT_PATH") && strstr(path, get("FAULT_PATH")) ? strdup(path) : NULL;
    }
    return file;
}

ssize_t write(int file, const void *bytes, size_t length) {
    int what = act("write", path_of(file));
    if (fails(what)) return -1;
    return REAL(write)(file, bytes, what < 0 && length > 1 ? length / 2 : length);
}

int fsync(int file) {
    return fails(act("fsync", path_of(file))) ? -1 : REAL(fsync)(file);
}

int rename(const char *from, const char *to) {
    return fails(act("rename", to)) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path) {
    return fails(act("unlink", path)) ? -1 : REAL(unlink)(path);
}

int remove(const char *path) {
    return fails(act("unlink", path)) ? -1 : REAL(remove)(path);
}

int close(int file) {
    const char *path = path_of(file);
    int what = act("close", path);
    if (path) {
        free(paths[file]);
        paths[file] = NULL;
    }
    int result = REAL(close)(file);
    return fails(what) ? -1 : result;
}
