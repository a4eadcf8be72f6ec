/* loss.c: the list of losses. A new one is a file and a line here. */
#include "model/loss.h"

extern const nn_loss_class NN_MEAN_SQUARED_ERROR, NN_MEAN_ABSOLUTE_ERROR, NN_HUBER,
    NN_BINARY_CROSSENTROPY, NN_CATEGORICAL_CROSSENTROPY, NN_SPARSE_CATEGORICAL_CROSSENTROPY;

static const nn_class *const LOSSES[] = {&NN_MEAN_SQUARED_ERROR.base,
                                         &NN_MEAN_ABSOLUTE_ERROR.base,
                                         &NN_HUBER.base,
                                         &NN_BINARY_CROSSENTROPY.base,
                                         &NN_CATEGORICAL_CROSSENTROPY.base,
                                         &NN_SPARSE_CATEGORICAL_CROSSENTROPY.base,
                                         NULL};

const nn_registry NN_LOSSES = {.noun = "loss", .key = "name", .classes = LOSSES};

bool nn_loss_from_logits(const nn_object *loss) {
    return nn_loss_methods(loss)->takes_over != NN_LINEAR &&
           ((const nn_crossentropy *)loss)->from_logits;
}

nn_activation nn_loss_wants(const nn_object *loss) {
    return nn_loss_from_logits(loss) ? NN_LINEAR : nn_loss_methods(loss)->takes_over;
}

bool nn_loss_wants_logits(const nn_object *loss, nn_activation last) {
    return nn_loss_methods(loss)->takes_over != NN_LINEAR && last == nn_loss_wants(loss);
}
