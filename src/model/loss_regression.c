/* loss_regression.c: losses of the error e = prediction - target, a mean over the outputs:
 * e^2, |e|, and Huber's (1964): e^2 / 2 up to delta, then delta (|e| - delta / 2). */
#include "kernels/math.h"
#include "model/loss.h"

static double squared_row(const nn_object *loss, const nn_loss_row *row) {
    (void)loss;
    double sum = 0;
    for (int64_t j = 0; j < row->columns; j++) {
        nn_real error = row->output[j] - row->targets[j];
        sum += (double)error * (double)error;
        if (row->gradient) row->gradient[j] = row->scale * 2 * error / (nn_real)row->columns;
    }
    return sum / (double)row->columns;
}

static double absolute_row(const nn_object *loss, const nn_loss_row *row) {
    (void)loss;
    double sum = 0;
    for (int64_t j = 0; j < row->columns; j++) {
        nn_real error = row->output[j] - row->targets[j];
        nn_real sign = (nn_real)((error > 0) - (error < 0));
        sum += fabs((double)error);
        if (row->gradient) row->gradient[j] = row->scale * sign / (nn_real)row->columns;
    }
    return sum / (double)row->columns;
}

typedef struct {
    nn_object object;
    double delta;
} huber;

static double huber_row(const nn_object *loss, const nn_loss_row *row) {
    double delta = ((const huber *)loss)->delta, sum = 0;
    for (int64_t j = 0; j < row->columns; j++) {
        double error = (double)row->output[j] - (double)row->targets[j], size = fabs(error);
        double slope = size <= delta ? error : (error > 0 ? delta : -delta);
        sum += size <= delta ? error * error / 2 : delta * (size - delta / 2);
        if (row->gradient)
            row->gradient[j] = row->scale * (nn_real)slope / (nn_real)row->columns;
    }
    return sum / (double)row->columns;
}

static const nn_field NO_FIELDS[] = {{.name = NULL}};
static const nn_field HUBER_FIELDS[] = {
    {.name = "delta", .type = NN_FIELD_REAL, .offset = offsetof(huber, delta), .number = 1,
     .flags = NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY,
     .help = "error at which the square becomes a line"},
    {.name = NULL}};

const nn_loss_class NN_MEAN_SQUARED_ERROR = {.base = {.name = "mean_squared_error",
                                                      .alias = "mse",
                                                      .keras = "MeanSquaredError",
                                                      .summary = "mean of (prediction - target)^2",
                                                      .fields = NO_FIELDS,
                                                      .size = sizeof(nn_object)},
                                             .target = NN_TARGET_VALUES,
                                             .takes_over = NN_LINEAR,
                                             .row = squared_row};

const nn_loss_class NN_MEAN_ABSOLUTE_ERROR = {.base = {.name = "mean_absolute_error",
                                                       .alias = "mae",
                                                       .keras = "MeanAbsoluteError",
                                                       .summary = "mean of |prediction - target|",
                                                       .fields = NO_FIELDS,
                                                       .size = sizeof(nn_object)},
                                              .target = NN_TARGET_VALUES,
                                              .takes_over = NN_LINEAR,
                                              .row = absolute_row};

const nn_loss_class NN_HUBER = {
    .base = {.name = "huber",
             .keras = "Huber",
             .summary = "squared error near the target, absolute error beyond `delta`",
             .fields = HUBER_FIELDS,
             .size = sizeof(huber)},
    .target = NN_TARGET_VALUES,
    .takes_over = NN_LINEAR,
    .row = huber_row};
