/* ranks_scratch.h: a scratch folder that all ranks of a test share: made and removed by rank 0. */
#ifndef NN_TESTS_MPI_RANKS_SCRATCH_H
#define NN_TESTS_MPI_RANKS_SCRATCH_H

#include "ranks.h"

#include "unit/scratch.h"

/** The set-up and the tear-down of a group of tests. Collective. */
static inline int make_folder(void **state) {
    int made = rank == 0 ? scratch_make(state) : 0;
    nn_comm_broadcast(comm, scratch_folder, sizeof scratch_folder);
    return made;
}

static inline int remove_folder(void **state) {
    if (nn_comm_agree(comm, NN_OK) != NN_OK) return -1; /* all have finished */
    return rank == 0 ? scratch_remove(state) : 0;
}

#endif
