/* train.h: the runs of a sweep, trained side by side by groups of ranks. */
#ifndef NN_SWEEP_TRAIN_H
#define NN_SWEEP_TRAIN_H

#include "sweep/table.h"
#include "train/deadline.h"

/** How the ranks are shared out. */
typedef struct {
    int groups, least, most; /* how many groups, and their smallest and greatest number of ranks */
    int64_t runs;            /* that are to be trained: what is done already is not */
} nn_sweep_shares;

/** Who watches a sweep. Any of the functions may be NULL. */
typedef struct {
    void *context;
    /** On rank 0, before the first run. */
    void (*started)(void *context, const nn_sweep_table *table, const nn_sweep_shares *shares);
    /** On rank 0, when a run has ended. */
    void (*ended)(void *context, const nn_sweep_table *table, int64_t run);
    /** On rank 0, at the end, whatever has come of the runs. */
    void (*finished)(void *context, const nn_sweep_table *table);
    /** Something worth a line; of a run, on the first rank of its group, or of the sweep, where `label` is
     * NULL, on rank 0. */
    void (*noted)(void *context, int64_t number, const char *label, const char *text);
} nn_sweep_observer;

typedef struct {
    const char *output;     /* the folder of the sweep */
    const char *run_file;   /* that its runs come of, and that stays as it is */
    bool resume, overwrite; /* go on with the sweep that is in it; replace that */
    int ranks_per_run;      /* 0: as many groups as runs or ranks, whichever is less */
    int threads;            /* of this rank */
    bool spare_threads;     /* those that a step of a run has no work for */
    nn_deadline deadline;   /* when to save and leave without a signal; on the first rank of each group */
    const char *by;         /* what runs are compared by; on rank 0 */
    bool larger_is_better;  /* likewise */
    nn_sweep_observer observer;
} nn_sweep_options;

/** Trains the runs of `sweep`, which rank 0 has read (the others pass NULL): each is trained by a group of
 * ranks, in a folder of its own, and a group that is free takes the next one. A run that fails does not
 * keep the others from theirs. Leaves sweep.csv in the folder. Collective.
 * Errors, agreed: NN_INTERRUPTED where runs were left to be resumed; otherwise that of the first run that
 * has failed, or NN_DIVERGED; NN_USAGE where ranks_per_run does not divide the ranks; those of the folder
 * and of sweep.csv. */
nn_status nn_sweep_train(nn_comm *comm, nn_sweep *sweep, const nn_sweep_options *options) NN_CHECKED;

#endif
