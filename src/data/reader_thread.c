/* reader_thread.c: the thread of a reader: reads this rank's part of each window as soon as there
 * is room. */
#include "data/reader_private.h"

#include "comm/watchdog.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = NN_READER_ARRAYS, SLOTS = NN_READER_SLOTS };

int64_t nn_reader_base(const nn_reader *self) {
    const nn_window_order order = nn_windows_order(&self->windows, self->notices->epoch);
    return self->notices->epoch * self->windows.count +
           nn_window_of(&order, self->notices->batch * self->shards.batch_rows);
}

/* A flow as a thread goes along it. */
typedef struct {
    int64_t generation, base, read; /* windows */
    int64_t ends[SLOTS];            /* the rows with which the windows in memory end */
    nn_window_order order;
} course;

static int by_first(const void *a, const void *b) {
    int64_t x = ((const nn_piece *)a)->first, y = ((const nn_piece *)b)->first;
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
        if (i >= from) self->pieces[i - from] = (nn_piece){first, rows, place};
    }
    qsort(self->pieces, (size_t)(to - from), sizeof *self->pieces, by_first);
    return to - from;
}

static bool is_called_off(const nn_reader *self, int64_t generation) {
    return atomic_load(&self->stop) || atomic_load(&self->notices->generation) != generation;
}

/* Reads this rank's part of the next window; without the lock, and block by block, because who
 * wants to write a checkpoint waits for HDF5. */
static nn_status read_part(nn_reader *self, const course *on) {
    nn_status status = NN_OK;
    const int64_t window = on->base + on->read, slot = window % SLOTS;
    const int64_t count = find_pieces(self, &on->order, window % self->windows.count);
    for (int64_t i = 0; i < count && !is_called_off(self, on->generation); i++) {
        const nn_piece *part = &self->pieces[i];
        for (int k = 0; k < ARRAYS && status == NN_OK; k++) {
            const nn_array *array = self->arrays[k];
            const int64_t row =
                (self->windows.count > 1 ? slot * self->windows.max_rows : 0) + part->place;
            if (array->columns == 0) continue;
            nn_watchdog_file_begin();
            status = nn_dataset_read(self->dataset, array, part->first, part->rows,
                                     self->memory[k] + row * nn_array_row_bytes(array));
            nn_watchdog_file_end();
        }
        if (status != NN_OK) break;
        sched_yield(); /* or the other thread would hardly ever get HDF5's lock between two blocks
                        */
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
                             : nn_shards_first(&self->shards, self->windows.rows, other->rank,
                                               told->epoch, told->batch);
        if (needed < on->ends[on->read % SLOTS]) return false;
    }
    return true;
}

/* Goes over to the flow of now. */
static void enter(nn_reader *self, course *on) {
    *on = (course){.generation = atomic_load(&self->notices->generation),
                   .base = nn_reader_base(self)};
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
        on->ends[on->read % SLOTS] =
            window / count * self->windows.rows + nn_window_begin(&on->order, window % count + 1);
        told->members[self->board.me].read = ++on->read;
    }
    pthread_cond_broadcast(&told->changed);
}

void *nn_reader_run(void *context) {
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
