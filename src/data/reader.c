/* reader.c: the windows of a dataset, as the lead wants them: finding its place in the flow,
 * waiting, giving up what it no longer needs. */
#include "data/reader_private.h"

#include "comm/watchdog.h"
#include "util/clock.h"
#include "util/memory.h"
#include "util/thread.h"

#include <stdlib.h>
#include <time.h>
#include <string.h>

enum { ARRAYS = NN_READER_ARRAYS, SLOTS = NN_READER_SLOTS };

/* The lead takes the lock; a rank that has it may have been stopped. */
static void take_lock(nn_reader *self) {
    nn_watchdog_wait();
    pthread_mutex_lock(&self->notices->lock);
    nn_watchdog_go_on();
}

/* Whether `row`, one of a flow, is at place `first` of the epoch; without shuffling one epoch is as
 * good as another. */
static bool is_at(const nn_reader *self, int64_t row, int64_t epoch, int64_t first) {
    if (row < 0 || row == NN_SHARDS_NEVER || row % self->windows.rows != first) return false;
    return !self->windows.shuffle || row / self->windows.rows == epoch;
}

/* Follows the others to the flow of now. Its first batch may be the one that is wanted. */
static void follow(nn_reader *self, int64_t epoch, int64_t batch, int64_t first) {
    nn_notices *told = self->notices;
    take_lock(self);
    self->generation = atomic_load(&told->generation);
    self->base = nn_reader_base(self);
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
    take_lock(self);
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

/* Until something changes, under the lock. Where there are other nodes MPI must not stand still meanwhile:
 * a rank there may wait for the rest of a message of this one. */
static void wait_a_while(nn_reader *self) {
    nn_notices *told = self->notices;
    struct timespec until;
    if (nn_comm_nodes(self->comm) == 1) {
        pthread_cond_wait(&told->changed, &told->lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 1000000;
    if (until.tv_nsec >= 1000000000) until = (struct timespec){until.tv_sec + 1, 0};
    pthread_cond_timedwait(&told->changed, &told->lock, &until);
    nn_comm_progress(self->comm);
}

/* Waits for a window of the flow. Another flow may have begun meanwhile. */
static nn_status await(nn_reader *self, int64_t window) {
    nn_notices *told = self->notices;
    nn_status status = NN_OK;
    if (window - self->base < self->complete) return NN_OK;
    take_lock(self);
    const double begin = nn_now();
    nn_watchdog_wait(); /* for rows that other ranks read, too; the thread marks what this one reads */
    while (self->generation == atomic_load(&told->generation)) {
        self->complete = count_complete(self);
        if (window - self->base < self->complete) break;
        if (told->failed != NN_OK || told->left) {
            status = report_failure(self);
            break;
        }
        wait_a_while(self);
    }
    nn_watchdog_go_on();
    self->waited += nn_now() - begin;
    pthread_mutex_unlock(&told->lock);
    return status;
}

/* Where the rows lie that a window has of the shard. */
static void locate(nn_reader *self, int64_t window, int64_t first, int64_t count, int64_t *from) {
    const int64_t number = window % self->windows.count,
                  begin = nn_window_begin(&self->order, number);
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
    take_lock(self);
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

static nn_status start_thread(nn_reader *self) {
    nn_status status = nn_thread_start(&self->thread, nn_reader_run, self);
    self->runs = status == NN_OK;
    return status;
}

nn_status nn_reader_create(nn_comm *comm, nn_dataset *dataset, const nn_windows *windows,
                           const nn_shards *shards, nn_reader **out) {
    nn_reader *self = NULL;
    const int64_t blocks = windows->max_rows / windows->block_rows + 1;
    *out = NULL;
    nn_status status = nn_allocate("a reader", 1, sizeof *self, &self);
    if (status == NN_OK)
        status = nn_allocate("blocks", blocks, sizeof *self->pieces, &self->pieces);
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
    /* a single window is read at once, and kept; and in the order of the file who is first is clear
     */
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
        take_lock(self);
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
