/* team.h: the rank's team of threads.
 *
 * A training step runs in one parallel region: all threads of the team run the same code, and what
 * they share out, they share out here and in the other kernels. Work is cut into chunks that depend
 * on its size alone, never on the number of threads, so the results do not depend on it either.
 * Functions marked Team. are called by all threads of the team with the same arguments (or by one
 * thread outside of a team, which may be one of a parallel region of the program that nnmpi is a part of);
 * they return when all have finished. All functions are Local. */
#ifndef NN_KERNELS_TEAM_H
#define NN_KERNELS_TEAM_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

/** Runs `body(context)` on each of `threads` threads, with results and operands too small to be
 * normal numbers taken as zero, and waits for all. */
void nn_team_run(int threads, void (*body)(void *context), void *context);

/** What the process did before nn_team_enter(). */
typedef struct {
    int threads, blas; /* threads that OpenMP and that the CBLAS start by default; blas 0: left alone */
} nn_team_outside;

/** Keeps the CBLAS from starting threads of its own, which would change bits: in front of all that
 * computes, by the thread that is to be the lead. A program of which nnmpi is a part gets back what was
 * by nn_team_leave(). */
nn_team_outside nn_team_enter(void);
void nn_team_leave(nn_team_outside outside);

/** The same for as long as the process lives, which is nnmpi's own. */
void nn_team_keep(void);

/** Waits until all threads of the team are here. Team. */
void nn_team_barrier(void);

/** Whether the caller is the team's thread 0, the one that speaks MPI. */
bool nn_team_is_lead(void);

/** The number of threads that OMP_NUM_THREADS asks for; 0 where it is not set. */
int nn_team_requested(void);

/** Whether a rank can have so many threads: NN_TEAM_MOST at most, and as many as the system lets it
 * start. Errors: NN_BAD_CONFIG. */
enum { NN_TEAM_MOST = 1024 };
nn_status nn_team_check(int threads) NN_CHECKED;

/** The processors (hardware threads, by the system's numbers) of the places that OMP_PROC_BIND and
 * OMP_PLACES bind the team's threads to; up to `most` of them go into `processors`. Returns how many;
 * 0 where OpenMP binds nothing. Where it does, it has bound this thread to the first place from the
 * start, so that the system cannot tell any more what the process may use. */
int nn_team_places(int *processors, int most);

/** From now on the lead calls `look(context)` now and then, between chunks of its work; NULL: no more.
 * By the lead. */
void nn_team_meanwhile(void (*look)(void *context), void *context);

/** The part of `count` elements that one call handles. */
typedef void nn_chunk_body(int64_t begin, int64_t end, void *context);

/** Calls `body` on chunks of `grain` elements (the last one shorter) of 0 .. count-1. Team. */
void nn_team_for(int64_t count, int64_t grain, nn_chunk_body *body, void *context);

/** A part's contribution to a sum. */
typedef double nn_chunk_sum(int64_t begin, int64_t end, void *context);

/** The sum over all chunks, added in their order; `partials` has room for nn_chunks(count, grain)
 * numbers that all threads share. Team. */
double nn_team_sum(int64_t count, int64_t grain, nn_chunk_sum *body, void *context,
                   double *partials);

/** The number of chunks of `grain` that `count` elements make. */
static inline int64_t nn_chunks(int64_t count, int64_t grain) {
    return (count + grain - 1) / grain;
}

/** How many rows of `columns` elements make a chunk worth sharing out. */
static inline int64_t nn_row_grain(int64_t columns) {
    const int64_t elements = 4096;
    return columns >= elements ? 1 : elements / (columns > 0 ? columns : 1);
}

#endif
