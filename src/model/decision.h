/* decision.h: how the outputs of a classifier decide on one class: the greatest output, or the side
 * of a threshold on which a single output lies. All functions are Local. */
#ifndef NN_MODEL_DECISION_H
#define NN_MODEL_DECISION_H

#include "model/model.h"

typedef enum {
    NN_DECIDES_NOTHING, /* the outputs are values, or several yes and no at once */
    NN_DECIDES_GREATEST,
    NN_DECIDES_SIDE /* class 1 above the threshold, class 0 otherwise */
} nn_decision_kind;

typedef struct {
    nn_decision_kind kind;
    int64_t columns;   /* outputs of a row */
    nn_real threshold; /* of NN_DECIDES_SIDE */
} nn_decision;

/** How a model decides, by its last activation, softmax or a single sigmoid, or where `loss` (NULL:
 * not known) is a cross-entropy from logits. Before nn_objective_create(), which may take that
 * activation over. */
nn_decision nn_decision_of(const nn_model *model, const nn_object *loss);

/** The number of classes; 0 where there is nothing to decide. */
int64_t nn_decision_classes(const nn_decision *decision);

/** The class of a row of outputs; -1 where NaN leaves none. */
int32_t nn_decision_class(const nn_decision *decision, const nn_real *outputs);

#endif
