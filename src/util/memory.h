/* memory.h: allocation that reports, and one-piece arenas.
 *
 * A training step allocates nothing: its memory is taken beforehand, in a few large pieces that are
 * aligned for vector instructions. */
#ifndef NN_UTIL_MEMORY_H
#define NN_UTIL_MEMORY_H

#include "util/status.h"

#include <stdint.h>

enum { NN_ALIGNMENT = 64 }; /* bytes: a cache line, and the widest vector register */

/** Zeroed memory for `count` items of `size` bytes, aligned to NN_ALIGNMENT. `what` names it in the
 * message. A count of 0 gives a valid, empty block. The caller frees it with free(). Local.
 * Errors: NN_INTERNAL (out of memory, or the size overflows). */
nn_status nn_allocate(const char *what, int64_t count, size_t size, void *out) NN_CHECKED;

/** A copy of a string, to be freed with free(). Local. Errors: NN_INTERNAL. */
nn_status nn_copy_text(const char *text, char **out) NN_CHECKED;

/** Bytes of memory that this process can still have: what the machine has free, or what its control
 * groups (a Slurm job's, a container's) leave, where that is less; 0 where neither can be told.
 * Local. */
int64_t nn_memory_available(void);

/** Bytes that the control group whose files are in `folder` leaves, with what its file cache would
 * give back; INT64_MAX where it sets no limit. Reads version 2 (memory.max, memory.current) and 1
 * (memory.limit_in_bytes, memory.usage_in_bytes). Local. */
int64_t nn_memory_left_in_group(const char *folder);

/** Rounds a number of elements up, so that what follows them starts on an aligned address. */
static inline int64_t nn_round_up(int64_t count, int64_t multiple) {
    return (count + multiple - 1) / multiple * multiple;
}

#endif
