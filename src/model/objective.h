/* objective.h: what training minimizes and what it measures: the loss, weights of classes and
 * samples, and the metrics, over the rows of a batch.
 *
 * Everything is a sum over rows: sums[0] is the weighted loss, sums[1] the number of rows, then come
 * the metrics'. Sums of shares, ranks and steps add up; nn_objective_loss() and nn_objective_metric()
 * divide once, at the end. As in Keras the loss is divided by the number of rows, not by the sum of
 * their weights, and the metrics use no weights. */
#ifndef NN_MODEL_OBJECTIVE_H
#define NN_MODEL_OBJECTIVE_H

#include "model/loss.h"
#include "model/metric.h"
#include "model/model.h"
#include "util/text.h"

typedef struct nn_objective nn_objective;

/** The truth about some rows; what the loss does not need is NULL. */
typedef struct {
    const int32_t *classes; /* (rows) */
    const nn_real *values;  /* (rows, outputs) */
    const nn_real *weights; /* (rows), of the samples; NULL: all 1 */
} nn_targets;

enum { NN_SUM_LOSS, NN_SUM_ROWS, NN_SUM_METRICS }; /* positions within the sums */

/** What of nn_objective_create() can be told before there is a model, for whoever reads a run file.
 * `outputs` of the model, 0: not known yet; `index`: which class weight is wrong. Local. Errors: NN_BAD_CONFIG. */
nn_status nn_objective_check_metric(const nn_object *loss, const nn_object_list *metrics,
                                    int64_t index) NN_CHECKED;
nn_status nn_objective_check_classes(const nn_object *loss, const nn_real_map *class_weight, int64_t outputs,
                                     int64_t *index) NN_CHECKED;
nn_status nn_objective_check_outputs(const nn_object *loss, int64_t outputs) NN_CHECKED;
nn_status nn_objective_check_activation(const nn_object *loss, nn_activation last) NN_CHECKED;

/** Adds the question whether `missing`, the activation that the loss wants and the model lacks, was forgotten;
 * nothing for NN_LINEAR. Local. */
void nn_objective_ask_for(nn_activation missing, const nn_object *loss, nn_text *text);

/** Joins a loss, metrics and class weights (all borrowed; `class_weight` may be empty) to a built
 * model, whose last activation the loss may take over. Local.
 * Errors: NN_BAD_CONFIG where they do not fit each other or the model's output. */
nn_status nn_objective_create(nn_model *model, const nn_object *loss,
                              const nn_object_list *metrics, const nn_real_map *class_weight,
                              nn_objective **out) NN_CHECKED;

/** Releases it; takes NULL. Local. */
void nn_objective_destroy(nn_objective **objective);

/** What the loss compares with. Local. */
nn_target_kind nn_objective_target(const nn_objective *objective);

/** The activation that the loss, a cross-entropy, wants and the model lacks: it ends with an affine layer,
 * whose outputs are no probabilities. NN_LINEAR: none is missing. Local. */
nn_activation nn_objective_missing(const nn_objective *objective);

/** Whether the metric `accuracy` means binary_accuracy for this loss and so many outputs, not
 * categorical_accuracy. Local. */
bool nn_accuracy_is_binary(const nn_object *loss, int64_t columns);

/** The number of sums. Local. */
int64_t nn_objective_sums(const nn_objective *objective);

/** Evaluates `rows` rows: turns `output` (rows, outputs) into predictions where the loss took the
 * activation over, adds to `sums` (by the team's lead), and writes the gradient of
 * sum(weight * loss) / batch_rows with respect to `output` as it came. `gradient` NULL means an
 * evaluation: no gradient, and class weights do not count, as in Keras.
 * Team. Local. */
void nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                           nn_real *output, const nn_targets *targets, nn_real *gradient,
                           double *sums);

/** Turns `output` (rows, outputs) of a forward pass into predictions where the loss took the activation
 * over. Team. Local. */
void nn_objective_activate(const nn_objective *objective, int64_t rows, nn_real *output);

/** Adds `count` lists of sums, one behind the other, in their order, to `sums`. Local. */
void nn_objective_add(const nn_objective *objective, int64_t count, const double *lists,
                      double *sums);

/** The mean loss of the rows in the sums, without penalties; NAN where there are none. Local. */
double nn_objective_loss(const nn_objective *objective, const double *sums);

/** The metrics: how many, their names as columns of metrics.csv, and their values from the sums.
 * Local. */
int64_t nn_objective_metrics(const nn_objective *objective);
const char *nn_objective_metric_name(const nn_objective *objective, int64_t metric);
double nn_objective_metric(const nn_objective *objective, int64_t metric, const double *sums);

/** The metric called `name` (or its alias), -1 for "loss"; whether larger is better comes with it.
 * Local. Errors: NN_BAD_CONFIG naming what there is. */
nn_status nn_objective_find(const nn_objective *objective, const char *name, int64_t *metric,
                            bool *larger_is_better) NN_CHECKED;

#endif
