/* loss.h: what a loss is: the loss of one row, and its gradient (keras.losses).
 *
 * A loss that is a cross-entropy takes over the activation in front of it (softmax, sigmoid) and
 * computes from the logits, so that it is finite for any finite logit. A new loss is one file with
 * one nn_loss_class, and one line in loss.c. */
#ifndef NN_MODEL_LOSS_H
#define NN_MODEL_LOSS_H

#include "kernels/activation.h"
#include "util/object.h"

/** What a loss compares predictions with. */
typedef enum {
    NN_TARGET_CLASSES, /* an integer class a row */
    NN_TARGET_VALUES   /* a number for each output */
} nn_target_kind;

/** One row of a batch. */
typedef struct {
    int64_t columns;        /* outputs of the model */
    bool logits;            /* output holds logits; the loss turns them into predictions in place */
    nn_real *output;        /* (columns) */
    int32_t label;          /* of NN_TARGET_CLASSES */
    const nn_real *targets; /* (columns), of NN_TARGET_VALUES */
    nn_real scale;          /* factor of the gradient: weight of the row / rows of the batch */
    nn_real *gradient;      /* (columns), with respect to output as it came; NULL: not wanted */
} nn_loss_row;

typedef struct {
    nn_class base;
    nn_target_kind target;
    nn_activation takes_over; /* the activation whose logits the loss computes from; NN_LINEAR: none */
    bool classifies;          /* class_weight means something */
    double (*row)(const nn_object *loss, const nn_loss_row *row); /* the loss, without weight */
} nn_loss_class;

/** What the cross-entropies share: their arguments. */
typedef struct {
    nn_object object;
    bool from_logits;
    double label_smoothing;
} nn_crossentropy;

#define NN_CROSSENTROPY_FIELDS                                                                     \
    {.name = "from_logits", .type = NN_FIELD_BOOL, .offset = offsetof(nn_crossentropy, from_logits), \
     .number = 0, .help = "the model ends without the activation; the loss applies it"},           \
    {                                                                                              \
        .name = "label_smoothing", .type = NN_FIELD_REAL,                                          \
        .offset = offsetof(nn_crossentropy, label_smoothing), .number = 0, .min = 0, .max = 1,     \
        .help = "moves the targets by this fraction towards equal probabilities"                   \
    }

/** As in Keras, probabilities that come without logits are kept this far from 0 and 1. */
#define NN_PROBABILITY_MARGIN ((nn_real)1e-7)

/** All losses. */
extern const nn_registry NN_LOSSES;

static inline const nn_loss_class *nn_loss_methods(const nn_object *loss) {
    return (const nn_loss_class *)loss->isa;
}

/** Whether the run file says from_logits: the model ends without an activation. Local. */
bool nn_loss_from_logits(const nn_object *loss);

/** The activation that the loss, a cross-entropy, wants in front of it; NN_LINEAR: none. Local. */
nn_activation nn_loss_wants(const nn_object *loss);

/** Whether the loss wants logits from a model that ends with `last`; the model then leaves that
 * activation to it. Local. */
bool nn_loss_wants_logits(const nn_object *loss, nn_activation last);

#endif
