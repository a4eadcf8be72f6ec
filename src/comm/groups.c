/* groups.c: groups of ranks that lie on few nodes. */
#include "comm/groups.h"

#include "comm/comm_private.h"
#include "util/memory.h"

#include <stdlib.h>

/* The ranks in the order of nodes, and of their numbers within one; how many nodes there are. A node
 * stands where its first rank does. */
static int sort_by_node(const int *nodes, int size, int *order, int *group_of) {
    int count = 0, done = 0;
    for (int i = 0; i < size; i++) group_of[i] = -1;
    for (int i = 0; i < size; i++) {
        if (group_of[i] >= 0) continue;
        for (int j = i; j < size; j++) {
            if (nodes[j] != nodes[i]) continue;
            group_of[j] = count;
            order[done++] = j;
        }
        count++;
    }
    return count;
}

/* The ranks of the node that begins at `at` in the order. */
static int ranks_of(const int *nodes, int size, const int *order, int at) {
    int count = 0;
    while (at + count < size && nodes[order[at + count]] == nodes[order[at]]) count++;
    return count;
}

/* How many groups the node that begins at `at` gets of those that are left, for it and `later` nodes
 * behind it: as its share of the ranks that are left says, but one at least on each node, and no more
 * than ranks. */
static int groups_of(int ranks, int ranks_left, int groups_left, int later) {
    const int most = groups_left - later, needed = groups_left - (ranks_left - ranks);
    int share = (int)((2 * (int64_t)groups_left * ranks + ranks_left) / (2 * (int64_t)ranks_left));
    if (share < needed) share = needed;
    if (share > most) share = most;
    if (share > ranks) share = ranks;
    return share < 1 ? 1 : share;
}

void nn_groups_cut(const int *nodes, int size, int groups, int each, int *order, int *group_of) {
    const int count = sort_by_node(nodes, size, order, group_of);
    if (each > 0) {
        for (int i = 0; i < size; i++) group_of[order[i]] = i / each;
        return;
    }
    if (groups < count) { /* whole nodes */
        for (int i = 0; i < size; i++)
            group_of[i] = (int)((int64_t)group_of[i] * groups / count);
        return;
    }
    for (int at = 0, first = 0, node = 0; at < size; node++) {
        const int ranks = ranks_of(nodes, size, order, at);
        const int mine = groups_of(ranks, size - at, groups - first, count - node - 1);
        for (int i = 0; i < ranks; i++)
            group_of[order[at + i]] = first + (int)((int64_t)i * mine / ranks);
        first += mine;
        at += ranks;
    }
}

nn_status nn_groups_find(nn_comm *comm, int groups, int each, int *group) {
    int node = comm->rank, *all = NULL;
    const int size = comm->size;
    *group = 0;
    nn_status status =
        nn_comm_agree(comm, nn_allocate("the groups of ranks", size, 3 * sizeof *all, &all));
    if (status == NN_OK) {
        NN_WAITS(MPI_Bcast(&node, 1, MPI_INT, 0, comm->node));
        NN_WAITS(MPI_Allgather(&node, 1, MPI_INT, all, 1, MPI_INT, comm->world));
        int *order = all + size, *group_of = order + size;
        nn_groups_cut(all, size, groups, each, order, group_of);
        *group = group_of[comm->rank];
    }
    free(all);
    return status;
}
