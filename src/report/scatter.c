/* scatter.c: what is predicted against what is true: the numbers. The coefficient of determination is
 * 1 - (sum of squared errors) / (sum of squares around the mean), which takes a second pass. */
#include "report/scatter.h"

#include "util/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    nn_scatter *to;
    int64_t row, step; /* of the rows, each step-th becomes a point */
    bool second;       /* pass */
    double sum[NN_SCATTER_PANELS], errors[NN_SCATTER_PANELS], squares[NN_SCATTER_PANELS];
} passes;

static void look(passes *self, int64_t panel, double truth, double predicted) {
    nn_agreement *agreement = &self->to->agreement[panel];
    if (!isfinite(truth) || !isfinite(predicted)) return;
    if (self->second) {
        const double from_mean = truth - self->sum[panel] / (double)agreement->pairs;
        self->squares[panel] += from_mean * from_mean;
        return;
    }
    const double error = predicted - truth;
    self->errors[panel] += error * error;
    self->sum[panel] += truth;
    agreement->pairs++;
    agreement->least = fmin(agreement->least, fmin(truth, predicted));
    agreement->most = fmax(agreement->most, fmax(truth, predicted));
}

static nn_status each(void *context, int64_t rows, const double *predicted, const double *truth) {
    passes *self = context;
    nn_scatter *to = self->to;
    for (int64_t i = 0; i < rows; i++, self->row++) {
        const bool point = !self->second && self->row % self->step == 0;
        for (int64_t k = 0; k < to->panels; k++) {
            const double x = truth[i * to->columns + k], y = predicted[i * to->columns + k];
            look(self, k, x, y);
            if (!point) continue;
            to->points[2 * (to->drawn * to->panels + k)] = x;
            to->points[2 * (to->drawn * to->panels + k) + 1] = y;
        }
        to->drawn += point;
    }
    return NN_OK;
}

static nn_status check_pairs(const nn_results *results, const nn_scatter *of) {
    for (int64_t k = 0; k < of->panels; k++)
        if (of->agreement[k].pairs > 0) return NN_OK;
    return nn_fail(NN_BAD_DATA,
                   "%s: in no row is an output finite both in /predictions and in /y%s: there is nothing to draw",
                   nn_h5_path(results->file), of->panels < of->columns ? ", of those that are drawn" : "");
}

nn_status nn_scatter_read(nn_results *results, nn_scatter *out) {
    nn_status status = NN_OK;
    passes self = {.to = out};
    *out = (nn_scatter){.names = &results->names, .rows = results->rows, .columns = results->columns};
    out->panels = out->columns < NN_SCATTER_PANELS ? out->columns : NN_SCATTER_PANELS;
    self.step = (out->rows + NN_SCATTER_POINTS - 1) / NN_SCATTER_POINTS;
    for (int64_t k = 0; k < out->panels; k++)
        out->agreement[k] = (nn_agreement){.least = INFINITY, .most = -INFINITY, .r2 = NAN};
    NN_TRY(nn_allocate("points", 2 * out->panels * (out->rows / self.step + 1), sizeof *out->points,
                       &out->points));
    NN_TRY(nn_results_each_value(results, each, &self));
    NN_TRY(check_pairs(results, out));
    self.second = true;
    NN_TRY(nn_results_each_value(results, each, &self));
    for (int64_t k = 0; k < out->panels; k++) {
        if (out->agreement[k].pairs > 0)
            out->agreement[k].rmse = sqrt(self.errors[k] / (double)out->agreement[k].pairs);
        if (self.squares[k] > 0) out->agreement[k].r2 = 1 - self.errors[k] / self.squares[k];
    }
done:
    return status;
}

void nn_scatter_release(nn_scatter *scatter) {
    free(scatter->points);
    *scatter = (nn_scatter){0};
}
