/* profile.h: where the time of steps goes, by the clock of the lead. */
#ifndef NN_TRAIN_PROFILE_H
#define NN_TRAIN_PROFILE_H

#include "util/clock.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    NN_PHASE_WAIT,     /* for rows from the file */
    NN_PHASE_ASSEMBLE, /* choosing the rows of shards, and converting them */
    NN_PHASE_PASSES,   /* forward, loss and metrics, backward */
    NN_PHASE_MESSAGE,  /* the step's message, waiting for slower ranks included; with communication:
                        * overlap also for what is left of the sums */
    NN_PHASE_SUM,      /* of gradients, over the ranks */
    NN_PHASE_UPDATE,   /* of the weights; with communication: node on one node also the sum */
    NN_PHASES
} nn_phase;
extern const char *const NN_PHASE_NAMES[NN_PHASES];

typedef struct {
    bool wanted;
    int64_t steps;
    double seconds[NN_PHASES];
    double since; /* when the present phase began */
} nn_profile;

/** Begins a step. By the lead. Local. */
static inline void nn_profile_begin(nn_profile *profile) {
    if (!profile->wanted) return;
    profile->steps++;
    profile->since = nn_now();
}

/** What went on since the last mark was `phase`. By the lead. Local. */
static inline void nn_profile_mark(nn_profile *profile, nn_phase phase) {
    if (!profile->wanted) return;
    const double now = nn_now();
    profile->seconds[phase] += now - profile->since;
    profile->since = now;
}

/** `seconds` of the present phase were spent waiting for rows. By the lead. Local. */
static inline void nn_profile_waited(nn_profile *profile, double seconds) {
    if (!profile->wanted) return;
    profile->seconds[NN_PHASE_WAIT] += seconds;
    profile->since += seconds;
}

#endif
