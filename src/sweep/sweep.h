/* sweep.h: a sweep: the runs that come of one run file and several values for some of its keys.
 *
 * A key is swept by "KEY=A,B,C", the values being those of a YAML list, [A,B,C]. Where there are several
 * keys each value of one goes with each of the others, the last key's changing fastest. A run has a
 * number, from 1, and a folder named after number and values. All functions are Local. */
#ifndef NN_SWEEP_SWEEP_H
#define NN_SWEEP_SWEEP_H

#include "train/run.h"

enum { NN_SWEEP_RUNS_MOST = 10000 };
#define NN_SWEPT "swept_"

typedef struct {
    char *name;    /* a dotted path */
    char *column;  /* what tables call it: NN_SWEPT and its name where they call a result so, otherwise that alone */
    char **values; /* (count), each as YAML in one line */
    int64_t count;
} nn_sweep_key;

typedef struct {
    const char **values; /* (keys), borrowed from them */
    char *label;         /* "learning_rate=0.01,units=32": the values, and their keys as short as can be */
    char *folder;        /* "003-learning_rate=0.01,units=32": its name within the sweep's */
    char *config;        /* the effective run file; NULL: not read yet */
    bool ended;          /* in the sweep that is gone on with */
} nn_sweep_run;

typedef struct {
    nn_sweep_key *keys;
    nn_sweep_run *runs; /* in the order of their numbers */
    int64_t key_count, run_count;
} nn_sweep;

/** Reads the keys with their values, each "KEY=A,B,C", and combines them. The caller destroys it.
 * Errors: NN_USAGE, NN_BAD_CONFIG saying which key and what is wrong. */
nn_status nn_sweep_create(const char *const *sweeps, int64_t count, nn_sweep **out) NN_CHECKED;

/** What the run file calls its run, with the overrides and the values of the first run; the caller frees it.
 * Errors: those of nn_run_read_name(). */
nn_status nn_sweep_read_name(const nn_sweep *sweep, const char *run_file, const char *const *overrides,
                             int64_t override_count, char **out) NN_CHECKED;

/** The runs that the table of a folder holds, if there is one, get their numbers and folders from it, and
 * whether they have ended; those that are new come behind.
 * Errors: NN_BAD_DATA, NN_IO; NN_BAD_CONFIG where it is another sweep's. */
nn_status nn_sweep_follow(nn_sweep *sweep, const char *folder) NN_CHECKED;

/** Reads the run file with the values of each run and, before them, the overrides of all ("KEY=VALUE"),
 * and so checks every one before the first is trained. `by` is what they are compared by, such as
 * val_loss; where *by is NULL it becomes val_loss or, where a run validates nothing, loss;
 * *larger_is_better comes with it. In a sweep that goes on in the folder `resumed` (otherwise NULL), after
 * nn_sweep_follow(), the runs that have a checkpoint, or have ended and are the same, are read as
 * nn_run_read_resumed() does.
 * Errors: those of nn_run_read_file(); NN_USAGE where two runs are the same, or one has no value `by`. */
nn_status nn_sweep_read(nn_sweep *sweep, const char *run_file, const char *const *overrides,
                        int64_t override_count, const char *resumed, const char **by,
                        bool *larger_is_better) NN_CHECKED;

/** Whether the folder of a run, a path, holds `config` as its effective run file. Errors: NN_INTERNAL. */
nn_status nn_sweep_is_run(const char *folder, const char *config, bool *same) NN_CHECKED;

/** Names the folders of the runs from `first` on, by their places. Errors: NN_INTERNAL. */
nn_status nn_sweep_name_folders(nn_sweep *sweep, int64_t first) NN_CHECKED;

/** Releases it; takes NULL. */
void nn_sweep_destroy(nn_sweep **sweep);

#endif
