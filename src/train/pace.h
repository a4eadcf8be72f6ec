/* pace.h: how fast a run goes, for those who watch it: the time of a step, as the last half minute had it,
 * and of a validation. All functions are Local, by rank 0. */
#ifndef NN_TRAIN_PACE_H
#define NN_TRAIN_PACE_H

#include <stdint.h>

/** Zeros are one that knows nothing yet. */
typedef struct {
    double started;        /* when the run began, less what earlier parts took; as nn_now() counts */
    double at;             /* until when the steps below are counted */
    int64_t fresh;         /* steps since then */
    double seconds, steps; /* of steps, older ones weighing less */
    double validation;     /* seconds of a validation, as the last one had them; 0: none yet */
    double validated;      /* the part of one under way that is done; 0: there is none */
} nn_pace;

/** Steps begin at `now`: at the start, and after what is no step. */
void nn_pace_begin(nn_pace *pace, double now);

/** A step has ended at `now`. It costs some ten nanoseconds. */
void nn_pace_step(nn_pace *pace, double now);

/** A part of a validation that began at `begin` is done at `now`; with 1 steps begin again. */
void nn_pace_validated(nn_pace *pace, double part, double begin, double now);

/** Seconds of a step; NAN before the first. */
double nn_pace_of_step(const nn_pace *pace);

/** Seconds that so many steps and validations will take; NAN where that is not known yet. */
double nn_pace_left(const nn_pace *pace, double steps, double validations);

#endif
