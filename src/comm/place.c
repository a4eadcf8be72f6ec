/* place.c: where a rank runs, and how many threads suit it. */
#include "comm/place.h"

#include "comm/comm_private.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nn_launcher nn_launcher_find(void) {
    if (getenv("OMPI_COMM_WORLD_SIZE")) return NN_LAUNCHER_MPIRUN; /* also within a Slurm job */
    if (getenv("MPI_LOCALNRANKS")) return NN_LAUNCHER_MPIEXEC; /* MPICH's, which srun helps to other nodes */
    if (getenv("SLURM_STEP_NUM_TASKS")) return NN_LAUNCHER_SRUN;
    if (getenv("PMI_SIZE") || getenv("PMIX_RANK")) return NN_LAUNCHER_MPIEXEC;
    return NN_LAUNCHER_NONE;
}

int nn_place_share(const nn_place *places, int count, int which) {
    const nn_place *mine = &places[which];
    int users[NN_CORES_MOST] = {0}, under_quota = 0;
    double share = 0;
    for (int i = 0; i < count; i++) {
        if (places[i].node != mine->node) continue;
        for (int core = 0; core < NN_CORES_MOST; core++)
            users[core] += nn_cores_have(&places[i].cores, core);
        under_quota += places[i].quota.cpus > 0 && places[i].quota.group == mine->quota.group;
    }
    for (int core = 0; core < NN_CORES_MOST; core++)
        if (nn_cores_have(&mine->cores, core)) share += 1.0 / users[core];
    if (mine->quota.cpus > 0 && mine->quota.cpus / under_quota < share)
        share = mine->quota.cpus / under_quota;
    int threads = (int)(share + 1e-6); /* 3 * (1.0 / 3) */
    return threads > 0 ? threads : 1;
}

/* Cores of this node that the Slurm job has; Slurm counts hardware threads. */
static int find_job_cores(int core_threads) {
    const char *text = getenv("SLURM_CPUS_ON_NODE");
    int count = text ? atoi(text) : 0;
    return count > 0 ? (count + core_threads - 1) / core_threads : 0;
}

static nn_place look_around(const nn_comm *comm, int requested) {
    nn_place place = {.requested = requested, .node = comm->rank};
    snprintf(place.host, sizeof place.host, "%.*s", NN_PLACE_HOST - 1, comm->host);
    nn_cores reachable = nn_cores_reachable();
    place.allowed = nn_cores_allowed();
    place.cores = nn_cores_whole(&place.allowed, NN_CORES_FOLDER);
    place.reachable = nn_cores_whole(&reachable, NN_CORES_FOLDER);
    place.core_threads = nn_cores_count(&reachable) / nn_cores_count(&place.reachable);
    place.job_cores = find_job_cores(place.core_threads);
    place.quota = nn_quota_find();
    return place;
}

nn_status nn_place_find(nn_comm *comm, int requested, nn_place *mine) {
    nn_place *node = NULL, place = look_around(comm, requested);
    int node_rank;
    MPI_Comm_size(comm->node, &place.node_ranks);
    MPI_Comm_rank(comm->node, &node_rank);
    NN_WAITS(MPI_Bcast(&place.node, 1, MPI_INT, 0, comm->node));
    nn_status status = nn_allocate("places", place.node_ranks, sizeof *node, &node);
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) {
        NN_WAITS(MPI_Allgather(&place, (int)sizeof place, MPI_BYTE, node, (int)sizeof place, MPI_BYTE,
                      comm->node));
        place.share = nn_place_share(node, place.node_ranks, node_rank);
    }
    free(node);
    place.threads = requested > 0 ? requested : comm->threads ? place.share : 1;
    *mine = place;
    return status;
}

nn_status nn_place_gather(nn_comm *comm, const nn_place *mine, nn_place **all) {
    nn_status status = NN_OK;
    *all = NULL;
    if (comm->rank == 0) status = nn_allocate("places", comm->size, sizeof **all, all);
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) nn_comm_gather(comm, mine, sizeof *mine, *all);
    return status;
}

int nn_comm_threads(nn_comm *comm, int requested) {
    nn_place place;
    if (nn_place_find(comm, requested, &place) != NN_OK) return requested > 0 ? requested : 1;
    return place.threads;
}

nn_status nn_comm_check_threads(const nn_comm *comm, int threads) {
    if (threads == 1 || comm->threads) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "this MPI does not allow threads (MPI_THREAD_FUNNELED), but there are to be %d: set "
                   "OMP_NUM_THREADS=1 and use more ranks",
                   threads);
}
