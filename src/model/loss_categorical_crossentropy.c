/* loss_categorical_crossentropy.c: -sum_j t_j log p_j, where t is given (categorical) or one-hot by
 * the class (sparse). From logits z with p = softmax(z): sum_j t_j (log sum_k exp z_k - z_j), whose
 * gradient is p (sum_j t_j) - t. */
#include "kernels/math.h"
#include "model/loss.h"

/* The target of output j, moved by label smoothing. */
static nn_real target_of(const nn_loss_row *row, double smoothing, int64_t j) {
    double target = row->targets ? (double)row->targets[j] : (double)(j == row->label);
    return (nn_real)(target * (1 - smoothing) + smoothing / (double)row->columns);
}

static double row_from_logits(double smoothing, const nn_loss_row *row) {
    nn_real *z = row->output, greatest = z[0];
    for (int64_t j = 1; j < row->columns; j++) greatest = z[j] > greatest ? z[j] : greatest;
    double weight = 0, inner = 0; /* sums of t_j, and of t_j (z_j - greatest) */
    if (!row->targets && smoothing == 0) {
        weight = 1;
        inner = (double)z[row->label] - (double)greatest;
    } else {
        for (int64_t j = 0; j < row->columns; j++) {
            double target = (double)target_of(row, smoothing, j);
            weight += target;
            inner += target * ((double)z[j] - (double)greatest);
        }
    }
    nn_real sum = 0;
    for (int64_t j = 0; j < row->columns; j++) z[j] = nn_exp(z[j] - greatest);
    for (int64_t j = 0; j < row->columns; j++) sum += z[j];
    const nn_real inverse = 1 / sum;
    for (int64_t j = 0; j < row->columns; j++) z[j] *= inverse; /* now the probabilities */
    if (row->gradient && !row->targets && smoothing == 0) {
        for (int64_t j = 0; j < row->columns; j++) row->gradient[j] = row->scale * z[j];
        row->gradient[row->label] -= row->scale;
    } else if (row->gradient) {
        for (int64_t j = 0; j < row->columns; j++)
            row->gradient[j] =
                row->scale * (z[j] * (nn_real)weight - target_of(row, smoothing, j));
    }
    return weight * log((double)sum) - inner;
}

/* As Keras does: p is divided by its sum and kept off 0 and 1. */
static double row_from_probabilities(double smoothing, const nn_loss_row *row) {
    const nn_real margin = NN_PROBABILITY_MARGIN;
    nn_real sum = 0;
    double loss = 0, active = 0; /* the sum of the targets whose p is inside the margins */
    for (int64_t j = 0; j < row->columns; j++) sum += row->output[j];
    for (int64_t j = 0; j < row->columns; j++) {
        nn_real p = row->output[j] / sum, target = target_of(row, smoothing, j);
        bool inside = p >= margin && p <= 1 - margin;
        p = p < margin ? margin : p > 1 - margin ? 1 - margin : p;
        loss -= (double)target * log((double)p);
        active += inside ? (double)target : 0;
        if (row->gradient) row->gradient[j] = inside ? -target / row->output[j] : 0;
    }
    if (row->gradient)
        for (int64_t j = 0; j < row->columns; j++)
            row->gradient[j] = row->scale * (row->gradient[j] + (nn_real)active / sum);
    return loss;
}

static double row(const nn_object *loss, const nn_loss_row *row) {
    double smoothing = ((const nn_crossentropy *)loss)->label_smoothing;
    return row->logits ? row_from_logits(smoothing, row) : row_from_probabilities(smoothing, row);
}

static const nn_field FIELDS[] = {NN_CROSSENTROPY_FIELDS, {.name = NULL}};

const nn_loss_class NN_CATEGORICAL_CROSSENTROPY = {
    .base = {.name = "categorical_crossentropy",
             .keras = "CategoricalCrossentropy",
             .summary = "-sum t log p; targets are a probability for each class",
             .fields = FIELDS,
             .size = sizeof(nn_crossentropy)},
    .target = NN_TARGET_VALUES,
    .takes_over = NN_SOFTMAX,
    .classifies = true,
    .row = row};

const nn_loss_class NN_SPARSE_CATEGORICAL_CROSSENTROPY = {
    .base = {.name = "sparse_categorical_crossentropy",
             .keras = "SparseCategoricalCrossentropy",
             .summary = "-log p of the right class; targets are class numbers",
             .fields = FIELDS,
             .size = sizeof(nn_crossentropy)},
    .target = NN_TARGET_CLASSES,
    .takes_over = NN_SOFTMAX,
    .classifies = true,
    .row = row};
