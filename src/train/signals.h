/* signals.h: signals that ask a run to save and leave: TERM, USR1, INT (a second INT ends it at once)
 * and HUP, unless it is ignored. Where all ranks leave is agreed: after a step, in an evaluation, or
 * before the first step. */
#ifndef NN_TRAIN_SIGNALS_H
#define NN_TRAIN_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

/** Lets these signals wait until nn_signals_install(): as early as can be, since a signal that comes
 * before the handlers are there ends the process. They keep waiting through an exec. Local. */
void nn_signals_hold(void);

/** Installs the handlers and takes the signals that waited; from then on a broken pipe is a failing write.
 * Before MPI starts. Local. */
void nn_signals_install(void);

/** From now on who sends a signal is known too. After MPI has started: MPICH puts a handler of its own before
 * that of USR1, which calls ours with the number alone. Local. */
void nn_signals_see_senders(void);

/** Whether one of the signals came. Local. */
bool nn_signals_came(void);

/** Which one came last, and from which process where one sent it: "TERM from process 12 (slurmstepd)"; false, and
 * an empty text, where none came. Local. */
enum { NN_SIGNAL_TEXT = 128 };
bool nn_signals_describe(char *text, size_t room);

#endif
