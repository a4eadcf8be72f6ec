/* saver.h: a thread of rank 0 that publishes checkpoints while training goes on. It takes a whole file
 * in memory, so that it needs neither the training nor HDF5. One file at a time. All functions are
 * called by the lead. */
#ifndef NN_TRAIN_SAVER_H
#define NN_TRAIN_SAVER_H

#include "io/image.h"

#include <stdbool.h>

typedef struct nn_saver nn_saver;

/** Makes one that has nothing to do; without a `thread` of its own the caller's writes. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_saver_create(bool thread, nn_saver **out) NN_CHECKED;

/** Waits for the file that is under way, and releases it; takes NULL. Local. */
void nn_saver_destroy(nn_saver **saver);

/** The memory in which to make the next file, once none is under way; borrowed. Local. */
nn_image *nn_saver_image(nn_saver *saver);

/** Begins to seal what is in that memory and to publish it as `path`; afterwards all checkpoints of
 * `folder` up to step `step` but the newest `keep` are removed, where `folder` is not NULL.
 * Local. Errors: NN_INTERNAL. */
nn_status nn_saver_start(nn_saver *saver, const char *path, const char *folder, int64_t step,
                         int64_t keep) NN_CHECKED;

/** What the files until now have cost, in all. */
typedef struct {
    int64_t files, bytes;
    double making;    /* seconds from nn_saver_image() to nn_saver_start(): the lead stands still */
    double copying;   /* of these, on a processor */
    double waiting;   /* seconds that the lead has waited for a file under way */
    double writing;   /* seconds of the thread */
    double processor; /* of these, on a processor */
} nn_saver_cost;

/** The cost, after waiting for the file that is under way. Local. */
nn_saver_cost nn_saver_costs(nn_saver *saver);

/** What has come of the last file: NN_OK also while it is under way; a failure is told once.
 * Local. Errors: those of nn_image_publish(), with the path. */
nn_status nn_saver_result(nn_saver *saver) NN_CHECKED;

/** The same, after waiting for it. Local. Errors: likewise. */
nn_status nn_saver_wait(nn_saver *saver) NN_CHECKED;

/** The seconds that publishing the slowest file has taken; 0 before the first. Local. */
double nn_saver_seconds(nn_saver *saver);

#endif
