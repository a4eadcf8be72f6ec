/* saver.c: the thread that publishes checkpoints. It begins with the first file and sleeps between
 * them. */
#include "train/saver.h"

#include "comm/queue.h"
#include "comm/watchdog.h"
#include "train/checkpoint.h"
#include "util/clock.h"
#include "util/memory.h"
#include "util/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct nn_saver {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows up to `message` */
    pthread_cond_t changed;
    bool busy; /* a file is under way */
    bool stop;
    double seconds;   /* of the slowest file */
    nn_status status; /* of the last file */
    char message[NN_MESSAGE_MAX];
    bool may_run, runs; /* the thread: otherwise the lead writes */
    double making_from; /* when the lead was given the image */
    double copying_from; /* likewise, by its time on a processor */
    nn_saver_cost cost; /* `writing` and `processor` are the thread's while busy */
    nn_image image; /* the thread's while busy, otherwise the lead's; likewise: */
    char *path, *folder; /* folder NULL: nothing is removed */
    int64_t step, keep;
};

nn_status nn_saver_create(bool thread, nn_saver **out) {
    nn_saver *self = NULL;
    nn_status status = nn_allocate("a saver", 1, sizeof *self, &self);
    if (status != NN_OK) return status;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->may_run = thread;
    *out = self;
    return NN_OK;
}

static double processor_seconds(void) {
    struct timespec time = {0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static nn_status publish(nn_saver *self) {
    const double begin = nn_now(), processor = processor_seconds();
    nn_status status = nn_image_seal(&self->image);
    if (status == NN_OK) status = nn_image_publish(&self->image, self->path);
    if (status == NN_OK && self->folder &&
        nn_checkpoint_remove_old(self->folder, self->step, self->keep) != NN_OK) {
        /* the file is there, and that is what counts; the older ones go with the next */
    }
    self->cost.writing += nn_now() - begin;
    self->cost.processor += processor_seconds() - processor;
    return nn_within(status, "saving %s", self->path);
}

/* The file that is under way, from beginning to end. */
static void handle(nn_saver *self) {
    const double begin = nn_now();
    nn_status status = publish(self);
    const double seconds = nn_now() - begin;
    pthread_mutex_lock(&self->lock);
    if (seconds > self->seconds) self->seconds = seconds;
    self->status = status;
    if (status != NN_OK) snprintf(self->message, sizeof self->message, "%s", nn_message());
    self->busy = false;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

static void *run(void *context) {
    nn_saver *self = context;
    pthread_mutex_lock(&self->lock);
    while (!self->stop) {
        if (!self->busy) {
            pthread_cond_wait(&self->changed, &self->lock);
            continue;
        }
        pthread_mutex_unlock(&self->lock);
        handle(self);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static nn_status start_thread(nn_saver *self) {
    if (self->runs || !self->may_run) return NN_OK;
    nn_status status = nn_thread_start(&self->thread, run, self);
    self->runs = status == NN_OK;
    return status;
}

/* Until the thread has done something, under the lock, or a little while: ranks that ask for an item of a
 * queue are answered meanwhile. */
static void wait_a_while(nn_saver *self) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) until = (struct timespec){until.tv_sec + 1, 0};
    pthread_cond_timedwait(&self->changed, &self->lock, &until);
    nn_queue_serve();
}

/* Takes the lock, and has it when it returns. */
static void wait_for_it(nn_saver *self) {
    const double begin = nn_now();
    nn_watchdog_doing(NN_DOING_SAVE);
    pthread_mutex_lock(&self->lock);
    while (self->busy) wait_a_while(self);
    self->cost.waiting += nn_now() - begin;
}

/* Tells a failure once; gives the lock back. */
static nn_status take_result(nn_saver *self) {
    nn_status status = self->busy ? NN_OK : self->status;
    if (status != NN_OK) status = nn_fail(status, "%s", self->message);
    if (!self->busy) self->status = NN_OK;
    pthread_mutex_unlock(&self->lock);
    return status;
}

nn_image *nn_saver_image(nn_saver *saver) {
    wait_for_it(saver);
    pthread_mutex_unlock(&saver->lock);
    saver->making_from = nn_now();
    saver->copying_from = processor_seconds();
    return &saver->image;
}

nn_status nn_saver_start(nn_saver *saver, const char *path, const char *folder, int64_t step,
                         int64_t keep) {
    nn_status status = NN_OK;
    free(saver->path);
    free(saver->folder);
    saver->path = saver->folder = NULL;
    NN_TRY(nn_copy_text(path, &saver->path));
    if (folder) NN_TRY(nn_copy_text(folder, &saver->folder));
    saver->step = step;
    saver->keep = keep;
    NN_TRY(start_thread(saver));
    saver->cost.files++;
    saver->cost.bytes += saver->image.length;
    saver->cost.making += nn_now() - saver->making_from;
    saver->cost.copying += processor_seconds() - saver->copying_from;
    pthread_mutex_lock(&saver->lock);
    saver->busy = true;
    pthread_cond_broadcast(&saver->changed);
    pthread_mutex_unlock(&saver->lock);
    if (!saver->may_run) handle(saver);
done:
    return status;
}

nn_status nn_saver_result(nn_saver *saver) {
    pthread_mutex_lock(&saver->lock);
    return take_result(saver);
}

nn_status nn_saver_wait(nn_saver *saver) {
    wait_for_it(saver);
    return take_result(saver);
}

double nn_saver_seconds(nn_saver *saver) {
    pthread_mutex_lock(&saver->lock);
    const double seconds = saver->seconds;
    pthread_mutex_unlock(&saver->lock);
    return seconds;
}

nn_saver_cost nn_saver_costs(nn_saver *saver) {
    wait_for_it(saver);
    pthread_mutex_unlock(&saver->lock);
    return saver->cost;
}

void nn_saver_destroy(nn_saver **saver) {
    nn_saver *self = *saver;
    if (!self) return;
    wait_for_it(self);
    self->stop = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    if (self->runs) pthread_join(self->thread, NULL);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    nn_image_release(&self->image);
    free(self->path);
    free(self->folder);
    free(self);
    *saver = NULL;
}
