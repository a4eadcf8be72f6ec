/* lock.h: the lock of a run's folder, so that no two runs write to it: a file that says who has it and
 * holds an fcntl lock, which the system gives back however the process ends. All functions are Local, by
 * rank 0. */
#ifndef NN_TRAIN_LOCK_H
#define NN_TRAIN_LOCK_H

#include "util/status.h"

#include <stdbool.h>

enum { NN_LOCK_HOST = 256, NN_LOCK_JOB = 64 };

/** Who has a folder, as its lock says. */
typedef struct {
    char host[NN_LOCK_HOST];   /* "": unknown */
    char job[NN_LOCK_JOB];     /* the Slurm job; "": none */
    char restart[NN_LOCK_JOB]; /* how often it was queued again */
    long process;
    long long begun; /* when the process began, as the system counts; tells it from a later one */
} nn_lock_owner;

/** Whose locks a file system knows. */
typedef enum {
    NN_LOCKS_NONE,    /* nobody's */
    NN_LOCKS_OF_HOST, /* those of this host, as far as is known */
    NN_LOCKS_OF_ALL   /* those of all that see it */
} nn_locks;

/** Whether a lock file has been left behind, where its fcntl lock could be had or there are none;
 * `lives`: a process of this host has the owner's number and beginning. Local. */
bool nn_lock_is_left(const nn_lock_owner *theirs, const nn_lock_owner *ours, nn_locks locks,
                     bool lives);

/** What can be seen of a folder's lock from here. */
typedef enum {
    NN_SEEN_NONE,   /* nobody has it */
    NN_SEEN_HELD,   /* a run has it */
    NN_SEEN_LEFT,   /* a run that has ended left it behind */
    NN_SEEN_UNKNOWN /* a run on another host had it; whether it lives cannot be seen */
} nn_lock_seen;

/** Looks at the lock of a folder without taking it, or being in the way of who does; *owner is who has it, or
 * had it. Not by a process that holds it: its fcntl lock would be given back. Local. */
nn_lock_seen nn_lock_look(const char *folder, nn_lock_owner *owner);

/** The lock of a folder; {0}: not held. */
typedef struct {
    char *path;
    char *lost;          /* what nn_lock_check() has found; NULL: it is this run's */
    nn_lock_owner owner; /* this run */
    int file;
    bool held;
} nn_lock;

/** Takes the lock of a folder that is there. *note, which the caller frees, says that one was left
 * behind and by whom; NULL: there was none. Local.
 * Errors: NN_CANT_CREATE where another run has it, naming that run, or where it cannot be made; NN_IO. */
nn_status nn_lock_take(const char *folder, nn_lock *out, char **note) NN_CHECKED;

/** Whether this run still has the lock: another one may take it over that cannot see that this one lives,
 * such as the same Slurm job, queued again because its node did not answer. Then it is held no longer, the
 * other's file stays, and the failure is the same each time. Local.
 * Errors: NN_CANT_CREATE, naming who has it. */
nn_status nn_lock_check(nn_lock *lock) NN_CHECKED;

/** Removes it; nothing where it is not held, or is another run's by now. Local. */
void nn_lock_release(nn_lock *lock);

#endif
