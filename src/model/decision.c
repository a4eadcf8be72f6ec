/* decision.c: how the outputs of a classifier decide on one class. */
#include "model/decision.h"

#include "model/loss.h"

#include <math.h>

nn_decision nn_decision_of(const nn_model *model, const nn_object *loss) {
    const nn_shape shape = nn_model_output_shape(model);
    const nn_activation last = nn_model_last_activation(model);
    nn_decision decision = {.columns = nn_shape_count(shape), .threshold = (nn_real)0.5};
    if (shape.rank != 1) return decision;
    const bool many = decision.columns > 1;
    const nn_activation wanted = many ? NN_SOFTMAX : NN_SIGMOID;
    bool decides = last == wanted;
    if (!decides && loss && nn_loss_methods(loss)->takes_over == wanted &&
        nn_loss_from_logits(loss)) {
        decides = true;
        decision.threshold = 0;
    }
    if (decides) decision.kind = many ? NN_DECIDES_GREATEST : NN_DECIDES_SIDE;
    return decision;
}

int64_t nn_decision_classes(const nn_decision *decision) {
    return decision->kind == NN_DECIDES_NOTHING ? 0 : decision->columns > 1 ? decision->columns : 2;
}

int32_t nn_decision_class(const nn_decision *decision, const nn_real *outputs) {
    int64_t best = 0;
    if (decision->kind == NN_DECIDES_SIDE)
        return isnan(outputs[0]) ? -1 : outputs[0] > decision->threshold;
    for (int64_t i = 1; i < decision->columns; i++)
        if (outputs[i] > outputs[best]) best = i;
    return isnan(outputs[best]) ? -1 : (int32_t)best;
}
