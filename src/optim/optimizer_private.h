/* optimizer_private.h: what the files of an optimizer (optimizer.c, update.c, optimizer_file.c) know
 * of it. */
#ifndef NN_OPTIM_OPTIMIZER_PRIVATE_H
#define NN_OPTIM_OPTIMIZER_PRIVATE_H

#include "layers/regularizer.h"
#include "optim/optimizer.h"

/** What is updated at once: 16 KiB of each array, so that the work on it stays in the cache. */
enum { NN_OPTIMIZER_PIECE = 4096 };

typedef struct {
    int64_t begin, count; /* within the arena */
    nn_penalty penalty;   /* on all of it */
    int64_t norm;         /* which of the factors scales its gradient, where norms are clipped */
} nn_optimizer_piece;

struct nn_optimizer {
    const nn_optimizer_args *args;
    nn_model *model;
    const char *names[NN_OPTIMIZER_SLOTS + 1];
    nn_span slots[NN_OPTIMIZER_SLOTS];
    int slot_count;
    int64_t steps;
    double factor;               /* of reduce_lr_on_plateau */
    double scale, warmup_steps; /* of learning_rate_scaling */
    nn_real *own_slots; /* the memory of the slots; NULL where they were moved */
    nn_optimizer_piece *pieces;
    int64_t piece_count;
    double *sums, *own_sums; /* of each piece: its penalty, and the square of its gradient's norm */
    nn_real *factors;        /* of each norm that is clipped */
    int64_t norm_count;
};

/** Cuts the arena into pieces. Local. Errors: NN_INTERNAL. */
nn_status nn_optimizer_make_pieces(nn_optimizer *self) NN_CHECKED;

static inline const nn_optimizer_class *nn_optimizer_methods(const nn_optimizer *self) {
    return (const nn_optimizer_class *)self->args->object.isa;
}

#endif
