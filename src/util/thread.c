/* thread.c: starting a thread. */
#include "util/thread.h"

#include <signal.h>
#include <string.h>

nn_status nn_thread_start(pthread_t *thread, void *(*run)(void *), void *context) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error ? nn_fail(NN_INTERNAL, "cannot start a thread: %s", strerror(error)) : NN_OK;
}
