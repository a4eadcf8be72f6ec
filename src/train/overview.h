/* overview.h: what the folder of a run tells of it, while it runs and afterwards, read from outside: config.yaml,
 * metrics.csv, progress.json, the lock, and the names of what it has saved. Nothing is written, and no model is
 * opened. All functions are Local. */
#ifndef NN_TRAIN_OVERVIEW_H
#define NN_TRAIN_OVERVIEW_H

#include "train/history_table.h"
#include "train/lock.h"
#include "util/node.h"

#include <time.h>

/** What a run does or did, as far as its folder tells. */
typedef enum {
    NN_RUN_STARTING, /* it has the folder, and has not begun to train */
    NN_RUN_TRAINING,
    NN_RUN_VALIDATING,
    NN_RUN_OUT_OF_SIGHT, /* likewise, on another host, as the lock says; it may have been killed */
    NN_RUN_KILLED,       /* it ended without a word */
    NN_RUN_INTERRUPTED,
    NN_RUN_FAILED,
    NN_RUN_FINISHED
} nn_run_state;

/** A file that it has saved. */
typedef struct {
    int64_t step; /* of a checkpoint */
    double bytes;
    time_t written;
} nn_saved_file;

/** Zeros are an empty one. */
typedef struct {
    nn_run_state state;
    nn_lock_owner owner;       /* where it runs, or ran when it was killed */
    nn_node *config;           /* config.yaml; NULL: there is none yet */
    nn_node *progress;         /* progress.json; NULL: there is none */
    nn_history_table metrics;  /* metrics.csv */
    int64_t best;              /* the row of its best epoch, -1: none yet */
    const char *monitor;       /* the column that says so; borrowed from what is above */
    nn_saved_file *checkpoints; /* newest first */
    int64_t checkpoint_count;
    nn_saved_file model; /* written 0: there is none */
} nn_overview;

/** Reads it. The caller releases it, after a failure too.
 * Errors: NN_NO_INPUT where the folder is not there; NN_BAD_DATA where it holds no run, or metrics.csv is
 * damaged; NN_IO, NN_INTERNAL. */
nn_status nn_overview_read(const char *folder, nn_overview *out) NN_CHECKED;

/** A number or a text of progress.json; NAN or NULL where there is none. */
double nn_overview_number(const nn_overview *overview, const char *key);
const char *nn_overview_text(const nn_overview *overview, const char *key);

/** Whether a larger value of a column of metrics.csv is the better one; `mode` is early stopping's, "min" or
 * "max"; "auto" or NULL: as the metric says. */
bool nn_overview_larger_is_better(const char *column, const char *mode);

/** Releases it. */
void nn_overview_free(nn_overview *overview);

#endif
