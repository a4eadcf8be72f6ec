/* lock.c: the lock of a run's folder. The file FOLDER/lock names the run that has it. Its fcntl lock ends
 * with its process, also by kill -9, and on most file systems of clusters is seen from all nodes. Where
 * one is not, the file alone must tell: of a process on this host whether it lives, of a Slurm job
 * whether this is the same one, queued again. */
#include "train/lock.h"

#include "io/descriptor.h"
#include "util/clock.h"
#include "util/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* What ends may take a moment: a run that was killed just now has its lock a little longer. */
static const double PATIENCE = 2; /* seconds */
/* More than writing a line takes, and clocks of nodes differ. */
static const double LONG_AGO = 60;

/* ---- who ---- */

/* When a process began: field 22 of its stat, after the name in parentheses. 0: there is none. */
static long long beginning_of(long process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? atoll(at) : 0;
}

static void copy(char *to, size_t room, const char *from) {
    snprintf(to, room, "%s", from ? from : "");
}

static nn_lock_owner myself(void) {
    nn_lock_owner self = {.process = (long)getpid()};
    if (gethostname(self.host, sizeof self.host - 1) != 0) self.host[0] = '\0';
    copy(self.job, sizeof self.job, getenv("SLURM_JOB_ID"));
    copy(self.restart, sizeof self.restart, getenv("SLURM_RESTART_COUNT"));
    self.begun = beginning_of(self.process);
    return self;
}

static nn_lock_owner read_owner(int file) {
    nn_lock_owner owner = {.process = 0};
    char text[1024];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (sscanf(line, "host %255[^\n]", owner.host) == 1) continue;
        if (sscanf(line, "job %63[^\n]", owner.job) == 1) continue;
        if (sscanf(line, "restart %63[^\n]", owner.restart) == 1) continue;
        if (sscanf(line, "process %ld", &owner.process) == 1) continue;
        if (sscanf(line, "begun %lld", &owner.begun) == 1) continue;
    }
    return owner;
}

static void describe(const nn_lock_owner *owner, nn_text *text) {
    if (!*owner->host) {
        nn_text_add(text, "a process that it does not name");
        return;
    }
    nn_text_add(text, "process %ld on %s", owner->process, owner->host);
    if (*owner->job) nn_text_add(text, ", Slurm job %s", owner->job);
}

bool nn_lock_is_left(const nn_lock_owner *theirs, const nn_lock_owner *ours, nn_locks locks,
                     bool lives) {
    if (locks == NN_LOCKS_OF_ALL) return true;
    if (strcmp(theirs->host, ours->host) == 0) return locks == NN_LOCKS_OF_HOST || !lives;
    return *theirs->job && strcmp(theirs->job, ours->job) == 0 &&
           strcmp(theirs->restart, ours->restart) != 0; /* the job has been queued again since */
}

/* ---- whose locks the file system knows ---- */

/* Whether the file system that holds a folder was mounted with one of the options. */
static bool is_mounted_with(const char *folder, const char *const *options) {
    char *path = realpath(folder, NULL);
    FILE *table = path ? setmntent("/proc/self/mounts", "re") : NULL;
    size_t longest = 0;
    bool found = true; /* where it cannot be known */
    for (struct mntent *mount; table && (mount = getmntent(table));) {
        size_t length = strlen(mount->mnt_dir);
        if (length > 0 && mount->mnt_dir[length - 1] == '/') length--; /* of the root */
        if (strncmp(path, mount->mnt_dir, length) != 0 || (path[length] && path[length] != '/'))
            continue;
        if (length < longest) continue;
        longest = length;
        found = false;
        for (const char *const *option = options; *option; option++)
            found = found || hasmntopt(mount, *option) != NULL;
    }
    if (table) endmntent(table);
    free(path);
    return found;
}

/* A lock could be had: does it say that no other host has one? */
static nn_locks locks_of(int file, const char *folder) {
    static const char *const nfs[] = {"nolock", "local_lock=all", "local_lock=posix", NULL};
    static const char *const lustre[] = {"localflock", NULL};
    struct statfs about;
    if (fstatfs(file, &about) != 0) return NN_LOCKS_OF_HOST;
    switch ((unsigned long)about.f_type & 0xffffffff) {
    case 0x6969: return is_mounted_with(folder, nfs) ? NN_LOCKS_OF_HOST : NN_LOCKS_OF_ALL;
    case 0x0bd00bd0: return is_mounted_with(folder, lustre) ? NN_LOCKS_OF_HOST : NN_LOCKS_OF_ALL;
    case 0x47504653: /* GPFS */
    case 0x00c36400: /* CephFS */
    case 0xef53:     /* ext4, and others of this host alone: XFS, Btrfs, tmpfs, overlay, ZFS */
    case 0x58465342:
    case 0x9123683e:
    case 0x01021994:
    case 0x794c7630:
    case 0x2fc12fc1: return NN_LOCKS_OF_ALL;
    default: return NN_LOCKS_OF_HOST;
    }
}

/* ---- taking it ---- */

typedef enum { TAKEN, BUSY, GONE } attempt;

/* Opens the file, which `made` says was not there, and tries its fcntl lock. GONE: who had it has
 * just removed it. */
static nn_status open_file(nn_lock *self, const char *folder, bool *made, nn_locks *locks,
                           attempt *result) {
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat here, there;
    *result = GONE;
    *locks = NN_LOCKS_NONE;
    self->file = open(self->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    *made = self->file >= 0;
    if (!*made && errno == EEXIST) self->file = open(self->path, O_RDWR | O_CLOEXEC);
    if (self->file < 0 && errno == ENOENT) return NN_OK;
    if (self->file < 0)
        return nn_fail(NN_CANT_CREATE, "%s cannot be made: %s; it keeps other runs out of the folder",
                       self->path, strerror(errno));
    if (fcntl(self->file, F_SETLK, &all) == 0) {
        if (fstat(self->file, &here) != 0 || stat(self->path, &there) != 0 ||
            here.st_ino != there.st_ino)
            return NN_OK;
        *locks = locks_of(self->file, folder);
    } else if (errno == EAGAIN || errno == EACCES) {
        *result = BUSY;
        return NN_OK;
    }
    *result = TAKEN;
    return NN_OK;
}

static nn_status refuse(const nn_lock *self, const char *folder) {
    nn_text text = {0};
    const nn_lock_owner owner = read_owner(self->file);
    nn_text_add(&text, "%s is in use by another run: ", folder);
    describe(&owner, &text);
    nn_text_add(&text, "; wait for its end, or choose another folder (--output); if it is no longer "
                       "running, remove %s by hand", self->path);
    return nn_text_fail(&text, NN_CANT_CREATE);
}

/* Whether the process that made the file ended before it wrote who it is, long ago. */
static bool was_never_written(int file) {
    struct stat about;
    return fstat(file, &about) == 0 && about.st_size == 0 &&
           difftime(time(NULL), about.st_mtime) > LONG_AGO;
}

/* Of a file that was there: refuses, or says who left it. */
static nn_status judge(const nn_lock *self, const char *folder, nn_locks locks, char **note) {
    const nn_lock_owner theirs = read_owner(self->file);
    const bool lives = theirs.process > 0 && beginning_of(theirs.process) == theirs.begun;
    nn_text text = {0};
    if (!nn_lock_is_left(&theirs, &self->owner, locks, lives) && !was_never_written(self->file))
        return refuse(self, folder);
    nn_text_add(&text, "%s was left by ", self->path);
    describe(&theirs, &text);
    nn_text_add(&text, ", which has ended; it is taken over");
    return nn_text_take(&text, note);
}

nn_lock_seen nn_lock_look(const char *folder, nn_lock_owner *owner) {
    struct flock any = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    nn_text text = {0};
    char *path = NULL;
    *owner = (nn_lock_owner){.process = 0};
    nn_text_add(&text, "%s/lock", folder);
    const int file = nn_text_take(&text, &path) == NN_OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    nn_lock_seen seen = NN_SEEN_NONE;
    if (file >= 0) {
        *owner = read_owner(file);
        const nn_lock_owner ours = myself();
        const bool lives = owner->process > 0 && beginning_of(owner->process) == owner->begun;
        if (fcntl(file, F_GETLK, &any) == 0 && any.l_type != F_UNLCK) seen = NN_SEEN_HELD;
        else if (access(path, F_OK) != 0) seen = NN_SEEN_NONE; /* it was released just now */
        else if (nn_lock_is_left(owner, &ours, locks_of(file, folder), lives)) seen = NN_SEEN_LEFT;
        else seen = strcmp(owner->host, ours.host) == 0 && lives ? NN_SEEN_HELD : NN_SEEN_UNKNOWN;
        close(file);
    }
    free(path);
    return seen;
}

static nn_status write_owner(const nn_lock *self) {
    const nn_lock_owner *ours = &self->owner;
    nn_text text = {0};
    char *lines = NULL;
    nn_text_add(&text, "host %s\nprocess %ld\nbegun %lld\n", ours->host, ours->process, ours->begun);
    if (*ours->job) nn_text_add(&text, "job %s\n", ours->job);
    if (*ours->restart) nn_text_add(&text, "restart %s\n", ours->restart);
    nn_status status = nn_text_take(&text, &lines);
    if (status != NN_OK) return status;
    if (ftruncate(self->file, 0) != 0 || !nn_write_all(self->file, lines, (int64_t)strlen(lines)))
        status = nn_fail(NN_IO, "%s cannot be written: %s", self->path, strerror(errno));
    fsync(self->file); /* for readers on other nodes; nothing hangs on it */
    free(lines);
    return status;
}

static void let_go(nn_lock *self) {
    if (self->file >= 0) close(self->file);
    self->file = -1;
}

nn_status nn_lock_take(const char *folder, nn_lock *out, char **note) {
    nn_status status = NN_OK;
    nn_lock self = {.file = -1, .owner = myself()};
    nn_text path = {0};
    bool made = false;
    nn_locks locks;
    attempt result = GONE;
    *note = NULL;
    nn_text_add(&path, "%s/lock", folder);
    NN_TRY(nn_text_take(&path, &self.path));
    for (double begin = nn_now(); result != TAKEN;) {
        NN_TRY(open_file(&self, folder, &made, &locks, &result));
        if (result == TAKEN) break;
        if (nn_now() - begin > PATIENCE) NN_TRY(refuse(&self, folder));
        let_go(&self);
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    if (!made) NN_TRY(judge(&self, folder, locks, note));
    self.held = true;
    NN_TRY(write_owner(&self));
    *out = self;
    self = (nn_lock){.file = -1};
done:
    if (self.held) unlink(self.path);
    let_go(&self);
    free(self.path);
    return status;
}

/* Whether the file is still this run's; if not, says why. It must not be opened once more: closing it would
 * give the fcntl lock back. */
static bool is_ours(const nn_lock *lock, nn_text *why) {
    struct stat here, there;
    if (fstat(lock->file, &here) != 0 || stat(lock->path, &there) != 0 ||
        here.st_ino != there.st_ino) {
        nn_text_add(why, "%s has been removed or replaced", lock->path);
        return false;
    }
    const nn_lock_owner theirs = read_owner(lock->file), *ours = &lock->owner;
    if (theirs.process == 0) return true; /* it cannot be read: what is to be written will tell */
    if (theirs.process == ours->process && theirs.begun == ours->begun &&
        strcmp(theirs.host, ours->host) == 0)
        return true;
    nn_text_add(why, "%s was taken over by ", lock->path);
    describe(&theirs, why);
    return false;
}

nn_status nn_lock_check(nn_lock *lock) {
    nn_text text = {0};
    if (lock->lost) return nn_fail(NN_CANT_CREATE, "%s", lock->lost);
    if (is_ours(lock, &text)) return NN_OK;
    nn_text_add(&text, ": another run may be writing to its folder, and this one ends");
    let_go(lock);
    lock->held = false;
    nn_status status = nn_text_take(&text, &lock->lost);
    return status == NN_OK ? nn_fail(NN_CANT_CREATE, "%s", lock->lost) : status;
}

void nn_lock_release(nn_lock *lock) {
    nn_text why = {0};
    if (lock->held) {
        if (is_ours(lock, &why)) unlink(lock->path); /* still locked: nobody takes what is about to go */
        let_go(lock);
    }
    nn_text_free(&why);
    free(lock->path);
    free(lock->lost);
    *lock = (nn_lock){0};
}
