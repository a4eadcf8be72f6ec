/* cores.h: the processor cores of a node, and which of them a process may use. All functions
 * are Local.
 *
 * What the system calls a CPU is a hardware thread. Two of one core share its vector units, which a
 * matrix product keeps busy from one thread alone; so nnmpi counts whole cores, and a core of which
 * a process may use one hardware thread is one core, no less. */
#ifndef NN_COMM_CORES_H
#define NN_COMM_CORES_H

#include "util/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { NN_CORES_MOST = 1024 }; /* numbers from 0 to 1023; the system's own sets end there too */

/** A set of cores. */
typedef struct {
    uint64_t bits[NN_CORES_MOST / 64];
} nn_cores;

/** Puts a core into the set; numbers that it has no room for are left out. */
void nn_cores_add(nn_cores *cores, int core);

/** Puts in all cores of another set. */
void nn_cores_join(nn_cores *cores, const nn_cores *other);

/** Whether a core is in the set, and how many are. */
bool nn_cores_have(const nn_cores *cores, int core);
int nn_cores_count(const nn_cores *cores);

/** How many cores two sets have in common, and whether they are the same. */
int nn_cores_common(const nn_cores *a, const nn_cores *b);
bool nn_cores_equal(const nn_cores *a, const nn_cores *b);

/** Appends the set as "0-3,8"; "none" where it is empty. */
void nn_cores_format(const nn_cores *cores, nn_text *text);

/** The hardware threads that this process may run on now. */
nn_cores nn_cores_allowed(void);

/** Those that it could have at most, were it not bound: the control group's or container's,
 * otherwise the machine's. */
nn_cores nn_cores_reachable(void);

/** Lets this thread, and those that it starts from now on, run on all that nn_cores_reachable()
 * has; returns where it was bound to. nn_cores_bind() binds it there again. */
nn_cores nn_cores_widen(void);
void nn_cores_bind(const nn_cores *cores);

/** The cores that some hardware threads belong to, each named by its first hardware thread.
 * `folder` holds the kernel's description, cpu0/topology/thread_siblings_list and so on; what it
 * does not describe counts as a core of its own. */
nn_cores nn_cores_whole(const nn_cores *threads, const char *folder);
#define NN_CORES_FOLDER "/sys/devices/system/cpu"

/** How much processor time a control group allows its processes together. */
typedef struct {
    double cpus;    /* in processors; 0: there is no limit */
    uint64_t group; /* tells it from other groups of the node */
} nn_quota;

/** The limit of the control group whose files are in `folder`: version 2 (cpu.max) or 1
 * (cpu.cfs_quota_us, cpu.cfs_period_us). */
nn_quota nn_quota_of_group(const char *folder);

/** The tightest limit on this process, its own group's or that of a group around it. */
nn_quota nn_quota_find(void);

#endif
