/* groups.h: which ranks work together where they are split into groups. */
#ifndef NN_COMM_GROUPS_H
#define NN_COMM_GROUPS_H

#include "comm/comm.h"

/** The group, from 0, of each of `size` ranks that run on the nodes `nodes` (size; any numbers), in
 * `group_of` (size). `each` > 0: groups of that many ranks, and one of the rest. Otherwise `groups` of
 * them, no more than there are ranks, as equal as can be where no group of several nodes has a part of
 * one, and each node that holds several groups holds them whole. `order` has room for `size`. Local. */
void nn_groups_cut(const int *nodes, int size, int groups, int each, int *order, int *group_of);

/** The group of this rank, by nn_groups_cut(). Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_groups_find(nn_comm *comm, int groups, int each, int *group) NN_CHECKED;

#endif
