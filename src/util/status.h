/* status.h: how errors travel.
 *
 * A function that can fail returns an nn_status. The place that sees the failure sets the message
 * with nn_fail(): what is wrong, where, and what would be right. Callers pass the status on and may
 * put more context in front with nn_within(). The message is kept per thread. */
#ifndef NN_UTIL_STATUS_H
#define NN_UTIL_STATUS_H

#include "nnmpi/status.h"

#include <stddef.h>

#define NN_CHECKED          __attribute__((warn_unused_result))
#define NN_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))

enum { NN_MESSAGE_MAX = 2048 };

/** Records the message of a failure and returns `status`, so that `return nn_fail(...)` reads well. A message is
 * one line: control characters, which may come with a name or a text from outside, are spelled out.
 * Local. */
nn_status nn_fail(nn_status status, const char *format, ...) NN_PRINTF(2, 3);
#ifdef __clang_analyzer__ /* which looks into one file at a time */
#define nn_fail(status, ...) (nn_fail(status, __VA_ARGS__), (status))
#endif

/** Puts "context: " in front of the recorded message where `status` is a failure; returns
 * `status`. Local. */
nn_status nn_within(nn_status status, const char *format, ...) NN_PRINTF(2, 3);

/** Puts "; advice" behind the recorded message where `status` is a failure and there is room for it; returns
 * `status`. For who knows better what to do about it than where it is seen. Local. */
nn_status nn_advise(nn_status status, const char *format, ...) NN_PRINTF(2, 3);

/** The name of a status, such as "BAD_DATA"; "UNKNOWN" for a number that is none. Local. */
const char *nn_status_name(nn_status status);

/** What a status means, in one line of English. Local. */
const char *nn_status_meaning(nn_status status);

/** The version of nnmpi, such as "0.1.0". Local. */
const char *nn_version(void);

/** The message of the last failure on this thread; never NULL. Local. */
const char *nn_message(void);

/** Evaluates `call`; on failure keeps its status in `status` and goes to `done`. */
#define NN_TRY(call)                                                                               \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != NN_OK) goto done;                                                            \
    } while (0)

#endif
