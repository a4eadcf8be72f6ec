/* place.h: where a rank runs: its host, the cores it may use, and how many threads suit it. */
#ifndef NN_COMM_PLACE_H
#define NN_COMM_PLACE_H

#include "comm/comm.h"
#include "comm/cores.h"

/** Who started the ranks. */
typedef enum {
    NN_LAUNCHER_NONE,
    NN_LAUNCHER_MPIRUN, /* of Open MPI */
    NN_LAUNCHER_SRUN,   /* of Slurm */
    NN_LAUNCHER_MPIEXEC /* of another MPI */
} nn_launcher;

enum { NN_PLACE_HOST = 64 };

/** Where one rank runs. Cores are whole ones (comm/cores.h). */
typedef struct {
    char host[NN_PLACE_HOST];
    int node;           /* the first rank of its node */
    int node_ranks;     /* the ranks of its node */
    nn_cores allowed;   /* hardware threads that it may run on */
    nn_cores cores;     /* the cores that these belong to */
    nn_cores reachable; /* the cores that it could have, were it not bound */
    int core_threads;   /* hardware threads of a core */
    int job_cores;      /* of its node that the Slurm job has; 0: no Slurm */
    nn_quota quota;
    int requested; /* OMP_NUM_THREADS; 0: not set */
    int share;     /* threads that suit it */
    int threads;   /* that it uses: what is requested, or its share */
} nn_place;

/** The launcher, as the environment tells before MPI starts. Local. */
nn_launcher nn_launcher_find(void);

/** The threads that suit rank `which` of `places`, of which those on its node count: each core
 * counts as 1 / (ranks that may use it), so that the threads of all ranks have a core each; a limit
 * on processor time is shared by the ranks under it. At least 1. Local. */
int nn_place_share(const nn_place *places, int count, int which);

/** Finds this rank's place; `requested` as in nn_comm_threads(). Collective. Errors: NN_INTERNAL,
 * agreed. */
nn_status nn_place_find(nn_comm *comm, int requested, nn_place *mine) NN_CHECKED;

/** Gathers the places of all ranks on rank 0, where the caller frees *all; the others get NULL.
 * Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_place_gather(nn_comm *comm, const nn_place *mine, nn_place **all) NN_CHECKED;

#endif
