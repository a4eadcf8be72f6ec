/* signals.h: signals that ask a run to save and leave: TERM, USR1 and INT (a second INT ends it at
 * once). The flag travels with the step's message, so all ranks leave after the same step. */
#ifndef NN_TRAIN_SIGNALS_H
#define NN_TRAIN_SIGNALS_H

#include <stdbool.h>

/** Installs the handlers. Before MPI starts, so that no signal is missed. Local. */
void nn_signals_install(void);

/** Whether one of the signals came. Local. */
bool nn_signals_came(void);

#endif
