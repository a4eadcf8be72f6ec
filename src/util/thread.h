/* thread.h: a thread of the program's own. */
#ifndef NN_UTIL_THREAD_H
#define NN_UTIL_THREAD_H

#include "util/status.h"

#include <pthread.h>

/** Starts a thread that the program's signals are kept from: they are for its other threads. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_thread_start(pthread_t *thread, void *(*run)(void *), void *context) NN_CHECKED;

#endif
