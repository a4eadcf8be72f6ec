/* reader.c: a thread that reads the windows of a dataset ahead of the step.
 *
 * A flow is the sequence of windows from some batch on, epoch after epoch; a jump begins another one,
 * the next generation. Rows and windows of a flow are counted through all epochs: row `place` of an
 * epoch is row epoch * rows + place. Of each rank of the node the board says how many windows of the flow
 * it has read its part of, and which row it needs next. A rank that has not yet said so, because no
 * rows were its own so far, needs the first of its own from the flow's first batch on; so a rank that
 * never has any holds up nobody. */
#include "data/reader.h"

#include "data/board.h"
#include "util/clock.h"
#include "util/memory.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 3, SLOTS = 2 };

/* A block of a window, on its way from the file to its place in memory. */
typedef struct {
    int64_t first, rows, place;
} piece;

struct nn_reader {
    nn_comm *comm;
    nn_dataset *dataset;
    nn_windows windows;
    nn_shards shards;
    nn_board board;
    nn_notices *notices; /* the board's */
    const nn_array *arrays[ARRAYS];
    char *memory[ARRAYS]; /* (SLOTS, max_rows, columns); one slot where there is one window */

    pthread_t thread;
    bool runs;
    atomic_bool stop;

    /* the lead's: */
    double waited;
    int64_t generation; /* of the flow that it is in */
    int64_t base;       /* the flow's first window */
    int64_t complete;   /* windows of the flow known to be in memory */
    int64_t at, next;   /* the first row of the shard at hand, -1 for none, and of the next one */
    int64_t end;        /* where the window of the shard at hand ends */
    nn_window_order order;
    struct {
        int64_t window; /* -1: none */
        nn_permutation order;
    } samples[SLOTS];

    /* the thread's: */
    piece *pieces;  /* of this rank's part of a window */
    nn_status failed; /* under the lock, as the message */
    char message[NN_MESSAGE_MAX];
};

/* The window with which the flow begins; under the lock. */
static int64_t find_base(const nn_reader *self) {
    const nn_window_order order = nn_windows_order(&self->windows, self->notices->epoch);
    return self->notices->epoch * self->windows.count +
           nn_window_of(&order, self->notices->batch * self->shards.batch_rows);
}

/* ---- the thread ---- */

/* A flow as a thread goes along it. */
typedef struct {
    int64_t generation, base, read; /* windows */
    int64_t ends[SLOTS];            /* the rows with which the windows in memory end */
    nn_window_order order;
} course;

static int by_first(const void *a, const void *b) {
    int64_t x = ((const piece *)a)->first, y = ((const piece *)b)->first;
    return (x > y) - (x < y);
}

/* This rank's blocks of a window, in the order of the file. */
static int64_t find_pieces(nn_reader *self, const nn_window_order *order, int64_t window) {
    const int64_t begin = nn_window_blocks(&self->windows, window);
    const int64_t blocks = nn_window_blocks(&self->windows, window + 1) - begin;
    const int64_t from = nn_share_begin(blocks, self->board.me, self->board.members);
    const int64_t to = nn_share_begin(blocks, self->board.me + 1, self->board.members);
    int64_t place = 0, rows;
    for (int64_t i = 0; i < to; i++, place += rows) {
        int64_t first = nn_window_block(order, begin + i, &rows);
        if (i >= from) self->pieces[i - from] = (piece){first, rows, place};
    }
    qsort(self->pieces, (size_t)(to - from), sizeof *self->pieces, by_first);
    return to - from;
}

static bool is_called_off(const nn_reader *self, int64_t generation) {
    return atomic_load(&self->stop) || atomic_load(&self->notices->generation) != generation;
}

/* Reads this rank's part of the next window; without the lock, and block by block, because who wants to
 * write a checkpoint waits for HDF5. */
static nn_status read_part(nn_reader *self, const course *on) {
    nn_status status = NN_OK;
    const int64_t window = on->base + on->read, slot = window % SLOTS;
    const int64_t count = find_pieces(self, &on->order, window % self->windows.count);
    for (int64_t i = 0; i < count && !is_called_off(self, on->generation); i++) {
        const piece *part = &self->pieces[i];
        for (int k = 0; k < ARRAYS && status == NN_OK; k++) {
            const nn_array *array = self->arrays[k];
            const int64_t row = (self->windows.count > 1 ? slot * self->windows.max_rows : 0) + part->place;
            if (array->columns == 0) continue;
            status = nn_dataset_read(self->dataset, array, part->first, part->rows,
                                     self->memory[k] + row * nn_array_row_bytes(array));
        }
        if (status != NN_OK) break;
        sched_yield(); /* or the other thread would hardly ever get HDF5's lock between two blocks */
    }
    return status;
}

/* Whether the next window may be read: all threads are in this flow, so that none still writes for
 * another one, and nobody needs what lay in its place. */
static bool may_read(const nn_reader *self, const course *on) {
    const nn_notices *told = self->notices;
    if (on->generation == 0 || (self->windows.count == 1 && on->read > 0)) return false;
    for (int i = 0; i < self->board.members; i++) {
        const nn_board_member *other = &told->members[i];
        if (other->reads != on->generation) return false;
        if (on->read < SLOTS) continue;
        int64_t needed = other->needs == on->generation
                             ? other->needed
                             : nn_shards_first(&self->shards, self->windows.rows, other->rank, told->epoch,
                                               told->batch);
        if (needed < on->ends[on->read % SLOTS]) return false;
    }
    return true;
}

/* Goes over to the flow of now. */
static void enter(nn_reader *self, course *on) {
    *on = (course){.generation = atomic_load(&self->notices->generation), .base = find_base(self)};
    self->notices->members[self->board.me].reads = on->generation;
    self->notices->members[self->board.me].read = 0;
    pthread_cond_broadcast(&self->notices->changed);
}

/* Says what has come of a window. */
static void report(nn_reader *self, course *on, nn_status status) {
    nn_notices *told = self->notices;
    if (status != NN_OK) {
        self->failed = status;
        snprintf(self->message, sizeof self->message, "%s", nn_message());
        if (told->failed == NN_OK) {
            told->failed_rank = nn_comm_rank(self->comm);
            memcpy(told->message, self->message, sizeof told->message);
            told->failed = status;
        }
    } else if (!is_called_off(self, on->generation)) {
        const int64_t window = on->base + on->read, count = self->windows.count;
        on->ends[on->read % SLOTS] = window / count * self->windows.rows +
                                     nn_window_begin(&on->order, window % count + 1);
        told->members[self->board.me].read = ++on->read;
    }
    pthread_cond_broadcast(&told->changed);
}

static void *read_ahead(void *context) {
    nn_reader *self = context;
    nn_notices *told = self->notices;
    course on = {.generation = 0};
    pthread_mutex_lock(&told->lock);
    while (!atomic_load(&self->stop) && self->failed == NN_OK) {
        if (on.generation != atomic_load(&told->generation)) enter(self, &on);
        if (!may_read(self, &on)) {
            pthread_cond_wait(&told->changed, &told->lock);
            continue;
        }
        pthread_mutex_unlock(&told->lock);
        const int64_t epoch = (on.base + on.read) / self->windows.count;
        if (!on.order.of || on.order.epoch != epoch)
            on.order = nn_windows_order(&self->windows, epoch);
        nn_status status = read_part(self, &on);
        pthread_mutex_lock(&told->lock);
        report(self, &on, status);
    }
    pthread_mutex_unlock(&told->lock);
    return NULL;
}

/* ---- the lead ---- */

/* Whether `row`, one of a flow, is at place `first` of the epoch; without shuffling one epoch is as
 * good as another. */
static bool is_at(const nn_reader *self, int64_t row, int64_t epoch, int64_t first) {
    if (row < 0 || row == NN_SHARDS_NEVER || row % self->windows.rows != first) return false;
    return !self->windows.shuffle || row / self->windows.rows == epoch;
}

/* Follows the others to the flow of now. Its first batch may be the one that is wanted. */
static void follow(nn_reader *self, int64_t epoch, int64_t batch, int64_t first) {
    nn_notices *told = self->notices;
    pthread_mutex_lock(&told->lock);
    self->generation = atomic_load(&told->generation);
    self->base = find_base(self);
    self->next = told->epoch == epoch && told->batch == batch
                     ? epoch * self->windows.rows + first
                     : nn_shards_first(&self->shards, self->windows.rows, nn_comm_rank(self->comm),
                                       told->epoch, told->batch);
    self->complete = 0;
    self->at = -1;
    pthread_mutex_unlock(&told->lock);
}

/* Begins another flow, unless another rank has done so. */
static void jump(nn_reader *self, int64_t epoch, int64_t batch) {
    nn_notices *told = self->notices;
    pthread_mutex_lock(&told->lock);
    if (atomic_load(&told->generation) == self->generation) {
        told->epoch = epoch;
        told->batch = batch;
        atomic_store(&told->generation, self->generation + 1);
        pthread_cond_broadcast(&told->changed);
    }
    pthread_mutex_unlock(&told->lock);
}

/* Finds the wanted shard in the flow. */
static void find(nn_reader *self, int64_t epoch, int64_t batch, int64_t first) {
    if (self->windows.count == 1) self->at = epoch * self->windows.rows + first;
    while (self->windows.count > 1) {
        if (self->generation != atomic_load(&self->notices->generation))
            follow(self, epoch, batch, first);
        if (is_at(self, self->at, epoch, first)) return;
        nn_reader_release(self);
        if (is_at(self, self->next, epoch, first)) {
            self->at = self->next;
            return;
        }
        jump(self, epoch, batch);
    }
}

static nn_status report_failure(nn_reader *self) {
    const nn_notices *told = self->notices;
    if (self->failed != NN_OK) return nn_fail(self->failed, "%s", self->message);
    if (told->failed == NN_OK) return nn_fail(NN_INTERNAL, "a rank of this node has left before");
    if (self->board.members == 1) return nn_fail(told->failed, "%s", told->message);
    return nn_fail(told->failed, "rank %d on %s: %s", told->failed_rank, nn_comm_host(self->comm),
                   told->message);
}

/* Windows of the lead's flow that all have read; under the lock. */
static int64_t count_complete(const nn_reader *self) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < self->board.members; i++) {
        const nn_board_member *other = &self->notices->members[i];
        const int64_t read = other->reads == self->generation ? other->read : 0;
        if (read < least) least = read;
    }
    return least;
}

/* Waits for a window of the flow. Another flow may have begun meanwhile. */
static nn_status await(nn_reader *self, int64_t window) {
    nn_notices *told = self->notices;
    nn_status status = NN_OK;
    if (window - self->base < self->complete) return NN_OK;
    pthread_mutex_lock(&told->lock);
    const double begin = nn_now();
    while (self->generation == atomic_load(&told->generation)) {
        self->complete = count_complete(self);
        if (window - self->base < self->complete) break;
        if (told->failed != NN_OK || told->left) {
            status = report_failure(self);
            break;
        }
        pthread_cond_wait(&told->changed, &told->lock);
    }
    self->waited += nn_now() - begin;
    pthread_mutex_unlock(&told->lock);
    return status;
}

/* Where the rows lie that a window has of the shard. */
static void locate(nn_reader *self, int64_t window, int64_t first, int64_t count, int64_t *from) {
    const int64_t number = window % self->windows.count, begin = nn_window_begin(&self->order, number);
    const int64_t slot = self->windows.count > 1 ? window % SLOTS : 0;
    if (self->windows.shuffle && self->samples[slot].window != window) {
        self->samples[slot].order = nn_window_samples(&self->order, number);
        self->samples[slot].window = window;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t place = first + i - begin;
        from[i] = slot * self->windows.max_rows +
                  (self->windows.shuffle
                       ? (int64_t)nn_permute(&self->samples[slot].order, (uint64_t)place)
                       : place);
    }
}

nn_status nn_reader_want(nn_reader *reader, int64_t epoch, int64_t batch, int64_t first,
                         int64_t count, int64_t *from) {
    nn_reader *self = reader;
    nn_status status;
    int64_t window;
    do {
        find(self, epoch, batch, first);
        const int64_t turn = self->at / self->windows.rows;
        if (!self->order.of || self->order.epoch != turn)
            self->order = nn_windows_order(&self->windows, turn);
        window = turn * self->windows.count + nn_window_of(&self->order, first);
        self->end = turn * self->windows.rows +
                    nn_window_begin(&self->order, window % self->windows.count + 1);
        const bool both = self->at + count > self->end;
        status = await(self, self->windows.count == 1 ? 0 : window + both);
    } while (status == NN_OK && self->windows.count > 1 &&
             self->generation != atomic_load(&self->notices->generation));
    if (status != NN_OK) {
        self->next = self->at; /* which is as far as it has come */
        self->at = -1;
        return status;
    }
    const int64_t left = self->end - self->at, here = count < left ? count : left;
    locate(self, window, first, here, from);
    if (here < count) locate(self, window + 1, first + here, count - here, from + here);
    return NN_OK;
}

void nn_reader_release(nn_reader *reader) {
    nn_reader *self = reader;
    nn_notices *told = self->notices;
    if (self->at < 0) return;
    self->next =
        nn_shards_next(&self->shards, self->windows.rows, nn_comm_rank(self->comm), self->at);
    self->at = -1;
    if (self->windows.count == 1 || self->next < self->end) return;
    pthread_mutex_lock(&told->lock);
    told->members[self->board.me].needs = self->generation;
    told->members[self->board.me].needed = self->next;
    pthread_cond_broadcast(&told->changed);
    pthread_mutex_unlock(&told->lock);
}

const void *nn_reader_memory(const nn_reader *reader, const nn_array *array) {
    for (int i = 0; i < ARRAYS; i++)
        if (reader->arrays[i] == array) return reader->memory[i];
    return NULL;
}

double nn_reader_waited(const nn_reader *reader) {
    return reader->waited;
}

/* ---- beginning and end ---- */

static int64_t array_bytes(const nn_reader *self, int which) {
    const int64_t slots = self->windows.count > 1 ? SLOTS : 1;
    return nn_round_up(slots * self->windows.max_rows * nn_array_row_bytes(self->arrays[which]),
                       NN_ALIGNMENT);
}

/* Takes the board and the memory of the windows. */
static nn_status take_memory(nn_reader *self) {
    int64_t bytes = 0;
    for (int i = 0; i < ARRAYS; i++) bytes += array_bytes(self, i);
    nn_status status = nn_board_open(self->comm, bytes, &self->board);
    if (status != NN_OK) return status;
    char *memory = self->board.memory;
    for (int i = 0; i < ARRAYS; i++) {
        self->memory[i] = memory;
        memory += array_bytes(self, i);
    }
    self->notices = self->board.notices;
    return NN_OK;
}

/* The program's signals are for its other threads. */
static nn_status start_thread(nn_reader *self) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&self->thread, NULL, read_ahead, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    self->runs = error == 0;
    return error ? nn_fail(NN_INTERNAL, "cannot start a thread: %s", strerror(error)) : NN_OK;
}

nn_status nn_reader_create(nn_comm *comm, nn_dataset *dataset, const nn_windows *windows,
                           const nn_shards *shards, nn_reader **out) {
    nn_reader *self = NULL;
    const int64_t blocks = windows->max_rows / windows->block_rows + 1;
    *out = NULL;
    nn_status status = nn_allocate("a reader", 1, sizeof *self, &self);
    if (status == NN_OK) status = nn_allocate("blocks", blocks, sizeof *self->pieces, &self->pieces);
    NN_TRY(nn_comm_agree(comm, status));
    self->comm = comm;
    self->dataset = dataset;
    self->windows = *windows;
    self->shards = *shards;
    self->at = self->next = self->samples[0].window = self->samples[1].window = -1;
    self->generation = windows->count == 1; /* otherwise the lead has yet to follow */
    self->arrays[0] = nn_dataset_x(dataset);
    self->arrays[1] = nn_dataset_y(dataset);
    self->arrays[2] = nn_dataset_w(dataset);
    NN_TRY(take_memory(self));
    /* a single window is read at once, and kept; and in the order of the file who is first is clear */
    if (windows->count == 1 || !windows->shuffle) atomic_store(&self->notices->generation, 1);
    NN_TRY(nn_comm_agree(comm, start_thread(self)));
    *out = self;
    self = NULL;
done:
    nn_reader_destroy(&self);
    return status;
}

void nn_reader_destroy(nn_reader **reader) {
    nn_reader *self = *reader;
    if (!self) return;
    if (self->notices) {
        pthread_mutex_lock(&self->notices->lock);
        atomic_store(&self->stop, true);
        self->notices->left = true;
        pthread_cond_broadcast(&self->notices->changed);
        pthread_mutex_unlock(&self->notices->lock);
    }
    if (self->runs) pthread_join(self->thread, NULL);
    nn_board_close(&self->board);
    free(self->pieces);
    free(self);
    *reader = NULL;
}
