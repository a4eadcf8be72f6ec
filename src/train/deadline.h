/* deadline.h: the end of the job that a run is part of, and how long before it the run saves and leaves.
 * All functions are Local; rank 0's clock decides for all. */
#ifndef NN_TRAIN_DEADLINE_H
#define NN_TRAIN_DEADLINE_H

#include "util/status.h"

#include <stdbool.h>

/** The end of the job; all zero where there is none. */
typedef struct {
    double end;    /* seconds since 1970; 0: no job, or one without an end */
    double margin; /* seconds before it; 0: chosen as nn_deadline_margin() says */
    double least;  /* of a chosen margin */
} nn_deadline;

/** Reads `job_end`, what SLURM_JOB_END_TIME holds or NULL, and `minutes`, what --stop-before holds or
 * NULL, at `now` seconds since 1970. An end that has passed counts as none, unless --stop-before
 * is given. Local. Errors: NN_USAGE where --stop-before is no time or there is no end to stop before. */
nn_status nn_deadline_read(const char *job_end, const char *minutes, double now,
                           nn_deadline *out) NN_CHECKED;

/** How many seconds before the end to leave, where a save takes `save` seconds and a step `step`: as
 * --stop-before says; otherwise three times both together, and at least two minutes, or a tenth of what
 * the job had left at the start where that is less. Local. */
double nn_deadline_margin(const nn_deadline *deadline, double save, double step);

/** Whether it is time to leave. Local. */
bool nn_deadline_is_near(const nn_deadline *deadline, double now, double save, double step);

#endif
