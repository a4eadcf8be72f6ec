/* faults.c: a library for LD_PRELOAD that makes system calls on a run's files fail, last, or stop or kill
 * the process, to see that nothing is lost. It counts the calls of open, write, ftruncate, fsync, rename,
 * opendir, unlink and close, and of pread where FAULT_CALLS has it, on files whose path contains
 * FAULT_PATH, in the process whose rank is FAULT_RANK (any without it), and acts on call FAULT_AT,
 * counted from 1. What the C library's own streams call is not seen.
 *
 *     FAULT_KIND=kill        SIGKILL instead of the call
 *     FAULT_KIND=stop:MS     SIGSTOP after MS milliseconds
 *     FAULT_KIND=ENOSPC      the call fails so; likewise EIO, EDQUOT, EFBIG
 *     FAULT_KIND=short       a write writes half of it, as it may
 *     FAULT_KIND=delay:MS    the call is made after MS milliseconds
 *     FAULT_ON=1             on all calls from then on too
 *     FAULT_CALLS=fsync      counts these calls alone (names with commas)
 *     FAULT_LOG=FILE         a line for each call that it has acted on, NAME PATH; without FAULT_AT for
 *                            each call
 */
#define _GNU_SOURCE
#include <dirent.h>
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

enum { PATH_ROOM = 4096 };
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
    const char *wanted = get("FAULT_RANK"), *rank = get("OMPI_COMM_WORLD_RANK");
    return !*wanted || strcmp(wanted, *rank ? rank : get("PMI_RANK")) == 0;
}

/* Whether the names in FAULT_CALLS, with commas between them, have this one; without any, all. */
static bool is_wanted(const char *call) {
    const char *calls = get("FAULT_CALLS");
    const size_t length = strlen(call);
    if (!*calls) return true;
    for (; *calls; calls += strcspn(calls, ","), calls += *calls == ',')
        if (strcspn(calls, ",") == length && strncmp(calls, call, length) == 0) return true;
    return false;
}

static bool counts(const char *call, const char *path) {
    const char *part = get("FAULT_PATH");
    return path && *part && strstr(path, part) && is_here() && is_wanted(call);
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
    const bool stops = strncmp(kind, "stop:", 5) == 0;
    if (stops || strncmp(kind, "delay:", 6) == 0) {
        long ms = atol(strchr(kind, ':') + 1);
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
        if (stops) raise(SIGSTOP);
    }
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (strcmp(kind, ERRORS[i].name) == 0) what = ERRORS[i].number;
    return what;
}

/* Of a call on an open file. */
static int act_on(const char *call, int file) {
    char link[64], path[PATH_ROOM];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = *get("FAULT_PATH") ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0) return 0;
    path[length] = '\0';
    return act(call, path);
}

static bool fails(int what) {
    if (what <= 0) return false;
    errno = what;
    return true;
}

/* The library's own function; POSIX promises that the conversion works. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails(act("open", path)) ? -1 : REAL(open)(path, flags, mode);
}

ssize_t pread(int file, void *bytes, size_t length, off_t at) {
    if (!*get("FAULT_CALLS")) return REAL(pread)(file, bytes, length, at);
    return fails(act_on("pread", file)) ? -1 : REAL(pread)(file, bytes, length, at);
}

ssize_t write(int file, const void *bytes, size_t length) {
    int what = act_on("write", file);
    if (fails(what)) return -1;
    return REAL(write)(file, bytes, what < 0 && length > 1 ? length / 2 : length);
}

int ftruncate(int file, off_t length) {
    return fails(act_on("ftruncate", file)) ? -1 : REAL(ftruncate)(file, length);
}

DIR *opendir(const char *path) {
    return fails(act("opendir", path)) ? NULL : REAL(opendir)(path);
}

int fsync(int file) {
    return fails(act_on("fsync", file)) ? -1 : REAL(fsync)(file);
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
    int what = act_on("close", file);
    int result = REAL(close)(file);
    return fails(what) ? -1 : result;
}
