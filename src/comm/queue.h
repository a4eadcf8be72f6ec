/* queue.h: hands numbered items out to ranks that come for them when they are free, and passes on the
 * word to stop.
 *
 * Rank 0 keeps the numbers. It does other things meanwhile, as all ranks do, and answers when it looks:
 * nn_queue_poll(), which all call again and again (between steps, say), and nn_queue_serve(), which is
 * called between the parts of all that takes long. The few bytes go by messages of their own kind, so that
 * no rank waits for another but one that asks, and nothing collective is needed from opening to closing. */
#ifndef NN_COMM_QUEUE_H
#define NN_COMM_QUEUE_H

#include "comm/comm.h"

typedef struct nn_queue nn_queue;

/** What rank 0 hears of, in the order in which it happens, by the functions that take the queue; any may be
 * NULL. */
typedef struct {
    void *context;
    void (*taken)(void *context, int64_t item);
    /** Whether who has taken an item may go on with it: an answer of the caller's own. */
    int64_t (*consulted)(void *context, int64_t item);
    void (*ended)(void *context, int64_t item, int64_t result);
} nn_queue_observer;

/** Makes a queue of the items 0 to `count` - 1; `observer` counts on rank 0. Collective.
 * Errors: NN_INTERNAL, agreed. */
nn_status nn_queue_open(nn_comm *comm, int64_t count, const nn_queue_observer *observer,
                        nn_queue **out) NN_CHECKED;

/** Answers and hears what has come. `stop`: this rank wants all to stop; repeating it costs nothing.
 * Whether some rank has wanted it: nobody gets an item from then on. Local. */
bool nn_queue_poll(nn_queue *queue, bool stop);

/** Where this rank hands out the items of a queue, answers who asks for one; otherwise it costs a nanosecond.
 * The observer hears of it later. nn_watchdog_tick() calls it. Local, by the lead. */
void nn_queue_serve(void);

/** The next item; -1 where there is none, or all are to stop. Waits until rank 0 looks. Local. */
int64_t nn_queue_take(nn_queue *queue);

/** What rank 0's observer answers about an item that this rank has taken; once an item. Waits until rank 0
 * polls. Local. */
int64_t nn_queue_consult(nn_queue *queue, int64_t item);

/** Tells rank 0's observer what has come of an item that this rank has taken. Local. */
void nn_queue_end(nn_queue *queue, int64_t item, int64_t result);

/** Waits, asleep for the most part, until all ranks have come here, and releases the queue; NULL is
 * taken. While it waits, `wants_stop(context)` says whether this rank wants the others to stop.
 * Collective. */
void nn_queue_close(nn_queue **queue, bool (*wants_stop)(void *context), void *context);

#endif
