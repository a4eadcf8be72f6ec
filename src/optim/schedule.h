/* schedule.h: learning rates that change with the step (keras.optimizers.schedules). */
#ifndef NN_OPTIM_SCHEDULE_H
#define NN_OPTIM_SCHEDULE_H

#include "util/object.h"

/** All schedules; a number is a constant one. */
extern const nn_registry NN_SCHEDULES;

/** The learning rate of optimizer step `step`, counted from 0. Local. */
double nn_schedule_value(const nn_object *schedule, int64_t step);

#endif
