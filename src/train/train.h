/* train.h: a whole run: from the run file to model.h5. */
#ifndef NN_TRAIN_TRAIN_H
#define NN_TRAIN_TRAIN_H

#include "train/deadline.h"
#include "train/training.h"

/** Who watches a run. On rank 0 the functions are called as the run goes; any of them may be NULL. */
typedef struct {
    void *context;
    void (*started)(void *context, const nn_training *training);
    /** After each step: the batches of the epoch that are done are in training->progress. */
    void (*stepped)(void *context, const nn_training *training);
    /** Within a validation, after a batch: the part that is done is in training->pace. */
    void (*validated)(void *context, const nn_training *training);
    void (*epoch_ended)(void *context, const nn_training *training, const nn_history_line *line);
    /** At the end, where options.profile is set. */
    void (*profiled)(void *context, const nn_profile *profile);
    /** The run has ended well, after so many seconds in all; the model is written. */
    void (*finished)(void *context, const nn_training *training, double seconds);
    /** Something worth a line: a damaged checkpoint, why the run ended. */
    void (*noted)(void *context, const char *text);
} nn_observer;

typedef struct {
    const char *output;   /* the folder of the run */
    const char *run_file; /* that it was read from, and that stays as it is; NULL: none */
    bool resume;          /* go on from the newest checkpoint in it */
    bool overwrite;       /* replace the run that is in it */
    int threads;          /* of this rank */
    bool spare_threads;   /* those that a step has no work for */
    bool profile;         /* measure where the time of steps goes */
    nn_deadline deadline; /* when to save and leave without a signal; on rank 0 */
    nn_observer observer;
    /** Whether the caller wants the run to save and leave, as a signal does: asked on each rank after each
     * step, and between the batches of an evaluation. NULL: it does not. */
    bool (*asked)(void *context);
    /** Whether the run may begin, now that its data and its model are there and before it changes its folder: asked
     * on rank 0. A failure ends the run, and the folder stays as it is. NULL: it may. */
    nn_status (*may_begin)(void *context);
    void *asked_context; /* of both */
} nn_train_options;

/** Trains as `run` says and leaves config.yaml, metrics.csv, checkpoints and model.h5 in the folder.
 * Takes the run's layers over. Collective.
 * Errors: all of a run's; NN_CANT_CREATE where the folder holds another run already, or one is writing
 * to it; NN_INTERRUPTED after a signal or before the job ends, with a checkpoint saved; NN_DIVERGED;
 * agreed. */
nn_status nn_train(nn_comm *comm, nn_run *run, const nn_train_options *options) NN_CHECKED;

#endif
