/* comm.h: messages between the ranks. The only door to MPI.
 *
 * The collective rule: every prototype says Collective. (all ranks of the communicator call it, in
 * the same order) or Local. A failure on one rank never makes it skip a collective: it goes on to the
 * next agreement, nn_comm_agree(), which makes the first failing rank's status and message
 * everyone's. Errors of MPI itself end all ranks. Called by one thread, the team's lead. */
#ifndef NN_COMM_COMM_H
#define NN_COMM_COMM_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nn_comm nn_comm;

/** Starts MPI and opens the world of ranks, of a process that is nnmpi's own (nn_team_keep()). Collective.
 * Errors: NN_INTERNAL; NN_USAGE where the launcher started several processes that do not see each other. */
nn_status nn_comm_open(nn_comm **out) NN_CHECKED;

/** Ends MPI; takes NULL. Collective. */
void nn_comm_close(nn_comm **comm);

/** Splits the ranks: those that pass the same `group` (0 or more) get a communicator of their own, in the
 * order that they have here; messages name a rank by its number here. Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_comm_split(nn_comm *comm, int group, nn_comm **out) NN_CHECKED;

/** Gives back what nn_comm_split() or nn_comm_of() made; takes NULL. Collective among its ranks. */
void nn_comm_release(nn_comm **comm);

/** The number of this rank, of all ranks, and the name of this rank's host. Local. */
int nn_comm_rank(const nn_comm *comm);
int nn_comm_size(const nn_comm *comm);
const char *nn_comm_host(const nn_comm *comm);

/** The first of `count` items that belong to rank `rank` of `size`; its share ends where that of the
 * next rank begins. Local. */
static inline int64_t nn_share_begin(int64_t count, int rank, int size) {
    return count * rank / size;
}

/** The number of processes that a launcher (mpirun, srun) says it started; 1 without one. Local,
 * also before nn_comm_open(). */
int nn_comm_launched(void);

/** The number that the launcher gave this process; 0 without one. Local, also before
 * nn_comm_open(). */
int nn_comm_launched_rank(void);

/** The first failing rank's status becomes everyone's, with its message, "rank R on HOST: ..." in
 * front where there are several ranks. NN_OK where no rank failed. Collective. */
nn_status nn_comm_agree(nn_comm *comm, nn_status status) NN_CHECKED;

/** Sums over all ranks, in place; the same bits on all ranks, and from run to run. Collective. */
void nn_comm_sum_float(nn_comm *comm, float *data, int64_t count);
void nn_comm_sum_double(nn_comm *comm, double *data, int64_t count);

/** Sums over all ranks that go on while the caller computes, as far as it looks after them. */
typedef struct nn_sums_under_way nn_sums_under_way;

/** Makes room for `most` sums at a time. Local. Errors: NN_INTERNAL. */
nn_status nn_sums_under_way_create(nn_comm *comm, int64_t most,
                                   nn_sums_under_way **out) NN_CHECKED;

/** Releases it; takes NULL. None may be under way. Local. */
void nn_sums_under_way_destroy(nn_sums_under_way **sums);

/** Starts the sum of `from` (count, below 2^31) into `to`; both must stay as they are until
 * nn_comm_finish_sums(). Collective. */
void nn_comm_start_sum(nn_sums_under_way *sums, const float *from, float *to, int64_t count);

/** Lets the sums that are under way advance. Local. */
void nn_comm_progress_sums(nn_sums_under_way *sums);

/** Waits until all of them are there. Collective. */
void nn_comm_finish_sums(nn_sums_under_way *sums);

/** Lets messages that MPI has not finished sending go on, while this rank waits for something else than
 * a message. Local. */
void nn_comm_progress(nn_comm *comm);

/** Waits until all ranks are here. Collective. */
void nn_comm_wait_for_all(nn_comm *comm);

/** The greatest of all ranks' numbers. Collective. */
int64_t nn_comm_max(nn_comm *comm, int64_t number);

/** Sums one number over all ranks, modulo 2^64. Collective. */
uint64_t nn_comm_sum_u64(nn_comm *comm, uint64_t number);

/** Whether all ranks pass the same number. Collective. */
bool nn_comm_is_same(nn_comm *comm, uint64_t number);

/** Copies rank 0's bytes to all, or those of rank `rank`. Collective. */
void nn_comm_broadcast(nn_comm *comm, void *data, int64_t bytes);
void nn_comm_broadcast_from(nn_comm *comm, int rank, void *data, int64_t bytes);

/** Copies rank 0's string to all; the others get a new one, to be freed with free(). Rank 0 passes
 * its own in *text and keeps it. Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_comm_broadcast_text(nn_comm *comm, char **text) NN_CHECKED;

/** Fails on all ranks, naming the first rank that differs from rank 0, unless `text` is the same
 * everywhere; `what` says what differs. Collective. Errors: NN_BAD_CONFIG, agreed. */
nn_status nn_comm_check_same(nn_comm *comm, const char *what, const char *text) NN_CHECKED;

/** Gathers `bytes` bytes of each rank on rank 0 (`all` has room for size * bytes there).
 * Collective. */
void nn_comm_gather(nn_comm *comm, const void *mine, int64_t bytes, void *all);

/** Sends bytes to rank `to`, which receives as many. Local to the two ranks. */
void nn_comm_send(nn_comm *comm, const void *data, int64_t bytes, int to);

/** Receives bytes from rank `from`, which sends as many. Local to the two ranks. */
void nn_comm_receive(nn_comm *comm, void *data, int64_t bytes, int from);

/** Sends `out_bytes` bytes to rank `to` and, at the same time, receives `in_bytes` from rank `from`;
 * either may be none, and the ranks themselves. A ring of ranks may all be in it. Local to the ranks
 * that it names. */
void nn_comm_exchange(nn_comm *comm, const void *out, int64_t out_bytes, int to, void *in,
                      int64_t in_bytes, int from);

/** The number of nodes, of the ranks on this rank's node, and of this rank among these; NNMPI_NODE_RANKS=N
 * in the environment makes N ranks of a node count as one, for tests. Local. */
int nn_comm_nodes(const nn_comm *comm);
int nn_comm_node_size(const nn_comm *comm);
int nn_comm_node_rank(const nn_comm *comm);

/** The least number of ranks that any node has. Local. */
int nn_comm_node_least(const nn_comm *comm);

/** The ranks that have this rank's number on their nodes, one of each node, in the order of the world;
 * NULL where that is nn_comm_node_least() or more. Borrowed. Local. */
nn_comm *nn_comm_across(nn_comm *comm);

/** Threads that suit this rank: OMP_NUM_THREADS if `requested` > 0, otherwise its share of the cores
 * that it may run on (comm/place.h), but one where MPI allows no more. Collective. */
int nn_comm_threads(nn_comm *comm, int requested);

/** Whether MPI lets a rank have so many threads. Every MPI library for clusters does; a simulated one
 * (docs/SCALING.md) has one thread a rank. Local. Errors: NN_BAD_CONFIG. */
nn_status nn_comm_check_threads(const nn_comm *comm, int threads) NN_CHECKED;

/** Memory that all ranks of a node share, one copy a node. What it holds at first is undefined. */
typedef struct nn_shared nn_shared;

/** Takes `each` bytes for each rank of the node, one behind the other, and then `common` bytes. A rank's
 * own part lies next to its processor, where a node has memory of several. Collective.
 * Errors: NN_INTERNAL, agreed. */
nn_status nn_shared_create(nn_comm *comm, int64_t each, int64_t common, nn_shared **out) NN_CHECKED;

/** Its address, and this rank's number among the `*node_size` that share it. Local. */
void *nn_shared_data(const nn_shared *shared);
int nn_shared_rank(const nn_shared *shared, int *node_size);

/** Waits until all ranks of the node are here, and makes what they wrote visible to all of them. Takes
 * well below a microsecond where each has a core of its own. Collective among the ranks of a node. */
void nn_shared_sync(nn_shared *shared);

/** Gives it back; takes NULL. Local. */
void nn_shared_destroy(nn_shared **shared);

#endif
