/* loss_binary_crossentropy.c: -t log p - (1 - t) log(1 - p), a mean over the outputs.
 * From a logit z with p = sigmoid(z): softplus(z) - t z, whose gradient is p - t. */
#include "kernels/math.h"
#include "model/loss.h"

static double row(const nn_object *loss, const nn_loss_row *row) {
    const double smoothing = ((const nn_crossentropy *)loss)->label_smoothing;
    double sum = 0;
    for (int64_t j = 0; j < row->columns; j++) {
        nn_real target = (nn_real)((double)row->targets[j] * (1 - smoothing) + smoothing / 2);
        nn_real slope;
        if (row->logits) {
            nn_real z = row->output[j], p = nn_sigmoid(z);
            sum += (double)nn_softplus(z) - (double)target * (double)z;
            slope = p - target;
            row->output[j] = p;
        } else {
            const nn_real margin = NN_PROBABILITY_MARGIN;
            nn_real p = row->output[j];
            bool inside = p >= margin && p <= 1 - margin;
            p = p < margin ? margin : p > 1 - margin ? 1 - margin : p;
            sum -= (double)target * log((double)p) + (1 - (double)target) * log(1 - (double)p);
            slope = inside ? (p - target) / (p * (1 - p)) : 0;
        }
        if (row->gradient) row->gradient[j] = row->scale * slope / (nn_real)row->columns;
    }
    return sum / (double)row->columns;
}

static const nn_field FIELDS[] = {NN_CROSSENTROPY_FIELDS, {.name = NULL}};

const nn_loss_class NN_BINARY_CROSSENTROPY = {
    .base = {.name = "binary_crossentropy",
             .keras = "BinaryCrossentropy",
             .summary = "-t log p - (1 - t) log(1 - p); for sigmoid outputs, each a yes or no",
             .fields = FIELDS,
             .size = sizeof(nn_crossentropy)},
    .target = NN_TARGET_VALUES,
    .takes_over = NN_SIGMOID,
    .classifies = true,
    .row = row};
