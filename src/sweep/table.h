/* table.h: sweep.csv: what has come of each run of a sweep (docs/FILES.md). Numbers come from the
 * runs' own metrics.csv, so that the table can be made again at any time. All functions are Local, by
 * rank 0. */
#ifndef NN_SWEEP_TABLE_H
#define NN_SWEEP_TABLE_H

#include "sweep/sweep.h"
#include "train/history_table.h"

typedef enum {
    NN_SWEEP_WAITING,
    NN_SWEEP_RUNNING,
    NN_SWEEP_DONE,
    NN_SWEEP_DIVERGED,
    NN_SWEEP_FAILED,
    NN_SWEEP_INTERRUPTED,
    NN_SWEEP_STATES
} nn_sweep_state;

extern const char *const NN_SWEEP_STATE_NAMES[NN_SWEEP_STATES + 1];

/** What has come of a run. */
typedef struct {
    nn_sweep_state state;
    nn_status status;      /* with which it ended, this time */
    int64_t epochs, steps; /* of the last epoch; 0: none has ended */
    int64_t model_epoch;   /* the one whose weights model.h5 holds; 0: it is not done */
    nn_history_table metrics;
    char **names;         /* (count): loss, metrics, val_loss and so on; in the table of metrics */
    const double *values; /* (count), of that epoch, or else the last; likewise */
    int64_t count;
    double value; /* that runs are compared by, of the same epoch; NAN: none */
    double seconds;
    double best; /* the same value in its best epoch, whatever has become of its weights */
    int64_t best_epoch;
} nn_sweep_result;

typedef struct {
    nn_sweep *sweep;    /* borrowed */
    const char *folder; /* of the sweep; borrowed */
    const char *by;     /* what runs are compared by; borrowed */
    bool larger_is_better;
    char *path;               /* of sweep.csv */
    nn_sweep_result *results; /* (runs) */
} nn_sweep_table;

/** A table in which all runs are waiting. The caller releases it, on failure too. Errors: NN_INTERNAL. */
nn_status nn_sweep_table_open(nn_sweep *sweep, const char *folder, const char *by,
                              bool larger_is_better, nn_sweep_table *out) NN_CHECKED;

/** Takes up the table of the folder: the runs in it keep their numbers and folders, those that are new
 * come behind. What has ended, is the same run still and has its model, has its state and its result; the
 * others are waiting. Errors: NN_NO_INPUT, NN_BAD_DATA; NN_BAD_CONFIG where it is another sweep's. */
nn_status nn_sweep_table_resume(nn_sweep_table *table) NN_CHECKED;

/** The path of a run's folder, which the caller frees. Errors: NN_INTERNAL. */
nn_status nn_sweep_table_run_folder(const nn_sweep_table *table, int64_t run, char **out) NN_CHECKED;

/** Reads a run's metrics.csv into its result; one that is not there yet has no values. Of a run that is done
 * it looks into model.h5 too, where that may hold another epoch than the last.
 * Errors: NN_BAD_DATA, NN_IO. */
nn_status nn_sweep_table_look(nn_sweep_table *table, int64_t run) NN_CHECKED;

/** Publishes sweep.csv. Errors: NN_CANT_CREATE, NN_IO. */
nn_status nn_sweep_table_write(const nn_sweep_table *table) NN_CHECKED;

/** How many runs are in a state. */
int64_t nn_sweep_table_count(const nn_sweep_table *table, nn_sweep_state state);

/** The runs from the best to the worst model, `order` (runs): first those that are done. */
void nn_sweep_table_sort(const nn_sweep_table *table, int64_t *order);

/** Releases what it holds. */
void nn_sweep_table_release(nn_sweep_table *table);

#endif
