/* plan.h: how the nodes that the ranks are left with (train/gradients.h) add up to the sum of a batch,
 * along the tree of its shards (train/tree.h). Every rank makes the same plan by itself. */
#ifndef NN_TRAIN_PLAN_H
#define NN_TRAIN_PLAN_H

#include "data/shards.h"
#include "train/tree.h"
#include "util/real.h"
#include "util/status.h"

typedef struct nn_plan nn_plan;

/** Plans for batches cut as `shards` says, the last one of an epoch of `last_rows` rows. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_plan_create(const nn_shards *shards, int64_t last_rows, nn_plan **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_plan_destroy(nn_plan **plan);

/** The most nodes that any batch has, of all ranks. Local. */
int64_t nn_plan_most(const nn_plan *plan);

/** Plans for a batch of `rows` rows, unless the plan is for as many already. By one thread. Local. */
void nn_plan_make(nn_plan *plan, int64_t rows);

/** How many nodes rank `rank` has in it, and the number of the first of them. Local. */
int64_t nn_plan_nodes(const nn_plan *plan, int rank, int64_t *first);

/** Adds the nodes up: sum[i] becomes that of all nodes[n][i], i from `begin` to `end` - 1, on the way to
 * which nodes are overwritten. `sum` may be one of them. By any thread. Local. */
void nn_plan_add(const nn_plan *plan, nn_real *const *nodes, int64_t begin, int64_t end,
                 nn_real *sum);

#endif
