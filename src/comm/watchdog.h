/* watchdog.h: ends a run in which the ranks wait for one that does not arrive, and names it.
 *
 * A thread of each process tells rank 0's, by UDP, what its lead does: MPI itself may be what hangs, and
 * it is the lead's alone. Rank 0 answers, and where no rank has got further for the timeout it names
 * those that are missing and ends the job. A rank that is busy with a file, and still lives, is
 * waited for as long as it takes. Where rank 0 does not answer the others come to the same end. */
#ifndef NN_COMM_WATCHDOG_H
#define NN_COMM_WATCHDOG_H

#include "comm/comm.h"

/** What a rank's lead is about. In NN_DOING_LOAD and NN_DOING_SAVE it is busy with files unless it waits
 * for other ranks. */
typedef enum {
    NN_DOING_LOAD,
    NN_DOING_STATISTICS,
    NN_DOING_STEP,
    NN_DOING_EVALUATION,
    NN_DOING_PREDICTION,
    NN_DOING_SAVE,
    NN_DOING_END,
    NN_DOINGS
} nn_doing;

/** Starts to watch: a run without progress for `timeout` seconds is ended with exit code 70 and a message
 * with `advice` at its end (borrowed until nn_watchdog_stop()). Nothing is watched where the timeout is
 * 0, where there is one rank, and, with a line on stderr, where threads of other ranks do not reach rank
 * 0's. Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_watchdog_start(nn_comm *comm, double timeout, const char *advice) NN_CHECKED;

/** `told` hears of the message with which this process ends the job, in a thread of its own and for 1.5
 * seconds at most, while the lead hangs: it must not want what the lead may have. Local, by the lead.
 * NULL: nobody hears of it any more. */
void nn_watchdog_tell(void (*told)(void *context, const char *message), void *context);

/** Ends it, if it was started. Local. */
void nn_watchdog_stop(void);

/* The marks below cost a few nanoseconds. Those that say what the lead does are the lead's. */

/** The lead begins with something else. Local. */
void nn_watchdog_doing(nn_doing what);

/** A part of it is done, such as a batch: time for other ranks that ask for something, too (queue.h). Local. */
void nn_watchdog_tick(void);

/** The lead begins to wait for other ranks; it has what it waited for. Everything in comm.h does this by
 * itself. Local. */
void nn_watchdog_wait(void);
void nn_watchdog_go_on(void);

/** Any thread begins, and ends, to read from a file or to write to one. Local. */
void nn_watchdog_file_begin(void);
void nn_watchdog_file_end(void);

#endif
