/* pace.c: how fast a run goes. Sums of seconds and steps fade by exp(-t / 20 s): their quotient is the mean
 * of all at first, and of about the last 20 seconds later. So what is left neither jumps with each step nor
 * holds on to a beginning that was slow. */
#include "train/pace.h"

#include <math.h>

static const double MEMORY = 20, LEAST = 0.05; /* seconds */

void nn_pace_begin(nn_pace *pace, double now) {
    pace->at = now;
    pace->fresh = 0;
}

void nn_pace_step(nn_pace *pace, double now) {
    const double passed = now - pace->at;
    pace->fresh++;
    if (passed < LEAST && pace->steps > 0) return;
    const double kept = exp(-passed / MEMORY);
    pace->seconds = kept * pace->seconds + passed;
    pace->steps = kept * pace->steps + (double)pace->fresh;
    nn_pace_begin(pace, now);
}

void nn_pace_validated(nn_pace *pace, double part, double begin, double now) {
    if (part > 0) pace->validation = (now - begin) / part;
    pace->validated = part < 1 ? part : 0;
    nn_pace_begin(pace, now);
}

double nn_pace_of_step(const nn_pace *pace) {
    return pace->steps > 0 ? pace->seconds / pace->steps : (double)NAN;
}

double nn_pace_left(const nn_pace *pace, double steps, double validations) {
    return nn_pace_of_step(pace) * steps + pace->validation * (validations - pace->validated);
}
