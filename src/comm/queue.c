/* queue.c: numbered items for ranks that are free.
 *
 * All messages have one form and a tag of their own. To rank 0 go ASK, CONSULT, ENDED, STOP, IDLE and,
 * as a rank's last, LEFT; from it come ITEM, ANSWER, STOP and, as its last, OVER, when all are idle. So at the end
 * none is under way. What goes to rank 0 may block, for rank 0 never does: it sends an answer to a rank
 * that waits for it, and its other messages are not waited for.
 *
 * Rank 0 answers wherever its lead is, between the parts of something long too, where its observer must
 * not be disturbed: what the observer hears is kept until rank 0 polls. */
#include "comm/comm_private.h"
#include "comm/queue.h"

#include "util/clock.h"
#include "util/memory.h"

#include <stdlib.h>
#include <time.h>

typedef enum { ASK, CONSULT, ENDED, STOP, IDLE, LEFT, ITEM, ANSWER, OVER } kind;
enum { TAG = 1, WORDS = 3 }; /* kind, item, result */
static const double LOOK_EVERY = 0.001; /* seconds, by nn_queue_serve() */

/* What rank 0's observer is to hear: that an item was taken (ITEM), that a rank asks about it, or that it has
 * ended. */
typedef struct {
    kind what;
    int64_t item, result;
    int from;
} event;

struct nn_queue {
    nn_comm *comm;
    nn_queue_observer observer;
    int64_t count, next; /* rank 0's: how many items there are, and which nobody has yet */
    int64_t item;        /* rank 0's answer, about an item too */
    event *events;       /* rank 0's, (3 count): each item is taken, asked about and ends once at most */
    int64_t happened, heard; /* how many of them there are, and how many the observer has heard of */
    double served;       /* when rank 0 last looked */
    int idle, left;      /* rank 0's: how many of the other ranks are */
    bool answered, stopped, over;
    bool wanted; /* this rank has said that all are to stop */
};

static nn_queue *open_here; /* on rank 0 */

nn_status nn_queue_open(nn_comm *comm, int64_t count, const nn_queue_observer *observer,
                        nn_queue **out) {
    nn_queue *self = NULL;
    *out = NULL;
    nn_status status = nn_allocate("the queue", 1, sizeof *self, &self);
    if (status == NN_OK && comm->rank == 0)
        status = nn_allocate("the queue", 3 * count, sizeof *self->events, &self->events);
    status = nn_comm_agree(comm, status);
    if (status != NN_OK) {
        if (self) free(self->events);
        free(self);
        return status;
    }
    self->comm = comm;
    self->count = count;
    self->observer = *observer;
    if (comm->rank == 0) open_here = self;
    *out = self;
    return NN_OK;
}

static bool is_first(const nn_queue *self) {
    return self->comm->rank == 0;
}

/* ---- what rank 0 does ---- */

/* To all others, whatever they do. */
static void tell_all(const nn_queue *self, const int64_t words[WORDS]) {
    for (int to = 1; to < self->comm->size; to++) {
        MPI_Request request;
        MPI_Isend(words, WORDS, MPI_INT64_T, to, TAG, self->comm->world, &request);
        MPI_Request_free(&request);
    }
}

static void stop_all(nn_queue *self) {
    static const int64_t words[WORDS] = {STOP};
    if (self->stopped) return;
    self->stopped = true;
    tell_all(self, words);
}

static int64_t hand_out(nn_queue *self) {
    if (self->stopped || self->next == self->count) return -1;
    self->events[self->happened++] = (event){.what = ITEM, .item = self->next};
    return self->next++;
}

static void answer(nn_queue *self, int to) {
    const int64_t words[WORDS] = {ITEM, hand_out(self)};
    MPI_Send(words, WORDS, MPI_INT64_T, to, TAG, self->comm->world);
}

static void note(nn_queue *self, kind what, int64_t item, int64_t result, int from) {
    self->events[self->happened++] = (event){what, item, result, from};
}

static int64_t consult(const nn_queue *self, int64_t item) {
    const nn_queue_observer *observer = &self->observer;
    return observer->consulted ? observer->consulted(observer->context, item) : 0;
}

static void tell_observer(nn_queue *self) {
    const nn_queue_observer *observer = &self->observer;
    while (self->heard < self->happened) {
        const event *of = &self->events[self->heard++];
        if (of->what == ENDED && observer->ended) observer->ended(observer->context, of->item, of->result);
        if (of->what == ITEM && observer->taken) observer->taken(observer->context, of->item);
        if (of->what != CONSULT) continue;
        const int64_t words[WORDS] = {ANSWER, consult(self, of->item)};
        MPI_Send(words, WORDS, MPI_INT64_T, of->from, TAG, self->comm->world); /* which waits for it */
    }
}

static void hear_as_first(nn_queue *self, const int64_t words[WORDS], int from) {
    static const int64_t over[WORDS] = {OVER};
    switch ((kind)words[0]) {
    case ASK: answer(self, from); break;
    case CONSULT:
    case ENDED: note(self, (kind)words[0], words[1], words[2], from); break;
    case STOP: stop_all(self); break;
    case IDLE:
        if (++self->idle == self->comm->size) tell_all(self, over);
        break;
    case LEFT: self->left++; break;
    case ITEM:
    case ANSWER:
    case OVER: break; /* rank 0's own */
    }
    self->over = self->left == self->comm->size - 1;
}

/* ---- what all do ---- */

static void tell_first(const nn_queue *self, kind what, int64_t item, int64_t result) {
    const int64_t words[WORDS] = {what, item, result};
    MPI_Send(words, WORDS, MPI_INT64_T, 0, TAG, self->comm->world);
}

static void hear(nn_queue *self, const int64_t words[WORDS]) {
    if (words[0] == STOP) self->stopped = true;
    if (words[0] == OVER) self->over = true;
    if (words[0] == ITEM || words[0] == ANSWER) {
        self->item = words[1];
        self->answered = true;
    }
}

static bool receive(nn_queue *self) {
    int there;
    int64_t words[WORDS];
    MPI_Status about;
    const int from = is_first(self) ? MPI_ANY_SOURCE : 0;
    MPI_Iprobe(from, TAG, self->comm->world, &there, &about);
    if (!there) return false;
    MPI_Recv(words, WORDS, MPI_INT64_T, about.MPI_SOURCE, TAG, self->comm->world, MPI_STATUS_IGNORE);
    if (is_first(self)) hear_as_first(self, words, about.MPI_SOURCE);
    else hear(self, words);
    return true;
}

bool nn_queue_poll(nn_queue *queue, bool stop) {
    if (stop && !queue->wanted) {
        queue->wanted = true;
        if (is_first(queue)) stop_all(queue);
        else tell_first(queue, STOP, 0, 0);
    }
    while (receive(queue)) continue;
    tell_observer(queue);
    return queue->stopped || queue->wanted;
}

void nn_queue_serve(void) {
    nn_queue *self = open_here;
    if (!self || nn_now() - self->served < LOOK_EVERY) return;
    while (receive(self)) continue;
    self->served = nn_now();
}

/* What is waited for may take hours: others may have the core. */
static void pause_briefly(void) {
    const struct timespec time = {0, 1000000};
    nanosleep(&time, NULL);
}

static int64_t ask_first(nn_queue *self, kind what, int64_t item) {
    self->answered = false;
    tell_first(self, what, item, 0);
    nn_watchdog_wait();
    while (nn_queue_poll(self, false), !self->answered) pause_briefly();
    nn_watchdog_go_on();
    return self->item;
}

int64_t nn_queue_take(nn_queue *queue) {
    if (nn_queue_poll(queue, false)) return -1;
    if (!is_first(queue)) return ask_first(queue, ASK, 0);
    const int64_t item = hand_out(queue);
    tell_observer(queue);
    return item;
}

int64_t nn_queue_consult(nn_queue *queue, int64_t item) {
    if (!is_first(queue)) return ask_first(queue, CONSULT, item);
    nn_queue_poll(queue, false);
    return consult(queue, item);
}

void nn_queue_end(nn_queue *queue, int64_t item, int64_t result) {
    if (!is_first(queue)) {
        tell_first(queue, ENDED, item, result);
        return;
    }
    note(queue, ENDED, item, result, 0);
    tell_observer(queue);
}

void nn_queue_close(nn_queue **queue, bool (*wants_stop)(void *context), void *context) {
    nn_queue *self = *queue;
    if (!self) return;
    nn_watchdog_wait();
    if (is_first(self)) hear_as_first(self, (const int64_t[WORDS]){IDLE}, 0);
    else tell_first(self, IDLE, 0, 0);
    while (!self->over) {
        nn_queue_poll(self, wants_stop && wants_stop(context));
        if (!self->over) pause_briefly();
    }
    if (!is_first(self)) tell_first(self, LEFT, 0, 0);
    nn_watchdog_go_on();
    if (is_first(self)) open_here = NULL;
    free(self->events);
    free(self);
    *queue = NULL;
}
