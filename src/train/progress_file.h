/* progress_file.h: progress.json in a run's folder (docs/FILES.md): where the run is just now, for people and
 * scripts that look at it from elsewhere, such as `nnmpi info RUN`. Nothing hangs on it: it is published
 * without waiting for the disk, every few seconds, and where that fails the next time will do. All functions
 * are Local, by rank 0. */
#ifndef NN_TRAIN_PROGRESS_FILE_H
#define NN_TRAIN_PROGRESS_FILE_H

#include "train/training.h"

/** What a run is doing, or how it ended. */
typedef enum {
    NN_PHASE_TRAINING,
    NN_PHASE_VALIDATING,
    NN_PHASE_FINISHED,
    NN_PHASE_INTERRUPTED, /* saved, to be resumed */
    NN_PHASE_FAILED
} nn_run_phase;

/** Their names in the file. */
extern const char *const NN_RUN_PHASES[NN_PHASE_FAILED + 1];

/** Zeros are none. */
typedef struct {
    const char *path; /* borrowed */
    double due;       /* when to write it again, as nn_now() counts */
    double began;     /* the run, in seconds since 1970 */
} nn_progress_file;

/** Writes it where it is due at `now`. */
void nn_progress_file_tick(nn_progress_file *self, const nn_training *training, nn_run_phase phase,
                           double now);

/** Writes it at once. `message` says why the run ended; NULL: nothing is to be said. */
void nn_progress_file_write(nn_progress_file *self, const nn_training *training, nn_run_phase phase,
                            const char *message);

/** Changes the file at `path`, where it is of this process and of a run that goes on: it has failed, and
 * `message` says why. For another thread than the run's; it takes nothing from the run but that file. */
void nn_progress_file_fail(const char *path, const char *message);

#endif
