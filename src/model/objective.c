/* objective.c: loss, weights and metrics over the rows of a batch. */
#include "model/objective.h"

#include "kernels/team.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_GRAIN = 16 }; /* rows whose sums are added up before they join the others */

typedef struct {
    const char *name;        /* the column of metrics.csv */
    const nn_object *object; /* borrowed, or `owned` */
    nn_object *owned;        /* what `accuracy` stands for */
    int64_t first;           /* position of its sums */
} metric_slot;

struct nn_objective {
    const nn_object *loss;
    bool logits;
    nn_activation missing; /* that the loss wants the model to end with; NN_LINEAR: none */
    int64_t columns;
    metric_slot *metrics;
    int64_t metric_count;
    int64_t sums;
    nn_real *class_weight; /* (class_weight_count) */
    int64_t class_weight_count;
    double *partials; /* (chunks of the longest batch, sums) */
};

/* By class for categorical losses, yes or no for binary_crossentropy; otherwise yes or no for one
 * output, by class for several. Keras compares classes for binary_crossentropy with several. */
bool nn_accuracy_is_binary(const nn_object *object, int64_t columns) {
    const nn_loss_class *loss = nn_loss_methods(object);
    if (loss->target == NN_TARGET_CLASSES || loss->takes_over == NN_SOFTMAX) return false;
    return loss->takes_over == NN_SIGMOID || columns == 1;
}

nn_status nn_objective_check_metric(const nn_object *loss, const nn_object_list *metrics, int64_t index) {
    const nn_object *metric = metrics->items[index];
    const char *name = metric->isa->name;
    if (nn_metric_methods(metric)->needs_values && nn_loss_methods(loss)->target == NN_TARGET_CLASSES)
        return nn_fail(NN_BAD_CONFIG,
                       "metrics: %s compares values, but the loss %s has class numbers as targets", name,
                       loss->isa->name);
    for (int64_t i = 0; i < index; i++)
        if (strcmp(metrics->items[i]->isa->name, name) == 0)
            return nn_fail(NN_BAD_CONFIG, "metrics: %s is there twice", name);
    return NN_OK;
}

nn_status nn_objective_check_classes(const nn_object *loss, const nn_real_map *class_weight, int64_t outputs,
                                     int64_t *index) {
    const int64_t classes = outputs > 1 ? outputs : 2;
    *index = 0;
    if (class_weight->count > 0 && !nn_loss_methods(loss)->classifies)
        return nn_fail(NN_BAD_CONFIG, "class_weight: the loss %s knows no classes", loss->isa->name);
    for (; outputs > 0 && *index < class_weight->count; ++*index)
        if (class_weight->keys[*index] >= classes)
            return nn_fail(NN_BAD_CONFIG, "class_weight: there is no class %lld; they are 0 to %lld",
                           (long long)class_weight->keys[*index], (long long)classes - 1);
    return NN_OK;
}

nn_status nn_objective_check_outputs(const nn_object *loss, int64_t outputs) {
    if (nn_loss_methods(loss)->takes_over != NN_SOFTMAX || outputs != 1) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "loss: %s needs an output for each class, but the model has one output; for "
                   "two classes with one output use binary_crossentropy",
                   loss->isa->name);
}

static nn_status add_metric(nn_objective *self, const nn_object *object, metric_slot *slot) {
    slot->name = object->isa->name;
    slot->object = object;
    slot->first = self->sums;
    if (strcmp(object->isa->name, "accuracy") == 0) {
        const bool binary = nn_accuracy_is_binary(self->loss, self->columns);
        const char *meant = binary ? "binary_accuracy" : "categorical_accuracy";
        const nn_class *isa;
        nn_status status = nn_class_find(&NN_METRICS, meant, NN_STYLE_RUN, "metrics", &isa);
        if (status == NN_OK) status = nn_object_create(&NN_METRICS, isa, &slot->owned);
        if (status != NN_OK) return status;
        slot->object = slot->owned;
    }
    self->sums += nn_metric_sums(slot->object, self->columns);
    return NN_OK;
}

static nn_status set_class_weights(nn_objective *self, const nn_real_map *weights) {
    int64_t classes = self->columns > 1 ? self->columns : 2, index;
    if (weights->count == 0) return NN_OK;
    nn_status status = nn_objective_check_classes(self->loss, weights, self->columns, &index);
    if (status == NN_OK) status = nn_allocate("class weights", classes, sizeof(nn_real), &self->class_weight);
    if (status != NN_OK) return status;
    self->class_weight_count = classes;
    for (int64_t c = 0; c < classes; c++) self->class_weight[c] = 1;
    for (int64_t i = 0; i < weights->count; i++) self->class_weight[weights->keys[i]] = (nn_real)weights->values[i];
    return NN_OK;
}

nn_status nn_objective_check_activation(const nn_object *loss, nn_activation last) {
    nn_activation takes_over = nn_loss_methods(loss)->takes_over;
    if (!nn_loss_from_logits(loss) || last == NN_LINEAR) return NN_OK;
    return nn_fail(NN_BAD_CONFIG,
                   "loss: %s with from_logits: true wants a model that ends without an activation, "
                   "but it ends with %s; end it with %s and leave from_logits out",
                   loss->isa->name, NN_ACTIVATION_NAMES[last], NN_ACTIVATION_NAMES[takes_over]);
}

void nn_objective_ask_for(nn_activation missing, const nn_object *loss, nn_text *text) {
    if (missing == NN_LINEAR) return;
    nn_text_add(text,
                "%s takes outputs for probabilities, but the model ends without an activation: was %s "
                "forgotten, or from_logits: true?",
                loss->isa->name, NN_ACTIVATION_NAMES[missing]);
}

static nn_status fail_axes(const nn_model *model) {
    char text[NN_SHAPE_TEXT];
    nn_status status = nn_fail(NN_BAD_CONFIG,
                               "model: the last layer gives %s for each sample; a loss needs one axis, so "
                               "add {layer: Flatten}",
                               nn_shape_format(nn_model_output_shape(model), text));
    return nn_layer_within(nn_model_layer(model, nn_model_layers(model) - 1), status);
}

nn_status nn_objective_create(nn_model *model, const nn_object *loss,
                              const nn_object_list *metrics, const nn_real_map *class_weight,
                              nn_objective **out) {
    nn_status status = NN_OK;
    nn_objective *self = NULL;
    nn_shape output = nn_model_output_shape(model);
    *out = NULL;
    if (output.rank != 1) return fail_axes(model);
    NN_TRY(nn_allocate("an objective", 1, sizeof *self, &self));
    self->loss = loss;
    self->columns = output.dim[0];
    NN_TRY(nn_objective_check_outputs(loss, self->columns));
    NN_TRY(nn_objective_check_activation(loss, nn_model_last_activation(model)));
    self->logits = nn_loss_wants_logits(loss, nn_model_last_activation(model));
    if (self->logits) nn_model_leave_last_activation(model);
    else if (nn_model_ends_linear(model)) self->missing = nn_loss_wants(loss);
    self->sums = NN_SUM_METRICS;
    self->metric_count = metrics->count;
    NN_TRY(nn_allocate("metrics", metrics->count, sizeof *self->metrics, &self->metrics));
    for (int64_t i = 0; i < metrics->count; i++) {
        NN_TRY(nn_objective_check_metric(loss, metrics, i));
        NN_TRY(add_metric(self, metrics->items[i], &self->metrics[i]));
    }
    NN_TRY(set_class_weights(self, class_weight));
    int64_t chunks = nn_chunks(nn_model_max_rows(model), ROW_GRAIN);
    NN_TRY(nn_allocate("sums over rows", chunks * self->sums, sizeof(double), &self->partials));
    *out = self;
    self = NULL;
done:
    nn_objective_destroy(&self);
    return status;
}

void nn_objective_destroy(nn_objective **objective) {
    if (!*objective) return;
    for (int64_t i = 0; (*objective)->metrics && i < (*objective)->metric_count; i++)
        nn_object_destroy(&(*objective)->metrics[i].owned);
    free((*objective)->metrics);
    free((*objective)->class_weight);
    free((*objective)->partials);
    free(*objective);
    *objective = NULL;
}

nn_target_kind nn_objective_target(const nn_objective *objective) {
    return nn_loss_methods(objective->loss)->target;
}

nn_activation nn_objective_missing(const nn_objective *objective) {
    return objective->missing;
}

int64_t nn_objective_sums(const nn_objective *objective) {
    return objective->sums;
}

typedef struct {
    nn_objective *self;
    int64_t batch_rows;
    nn_real *output;
    const nn_targets *targets;
    nn_real *gradient;
} evaluate_job;

/* The class of a row: as given, yes or no for one output, otherwise the greatest target. */
/* NOLINTBEGIN(clang-analyzer-core.NullDereference): targets are classes or values */
static int32_t label_of(const evaluate_job *job, int64_t row) {
    if (job->targets->classes) return job->targets->classes[row];
    const int64_t columns = job->self->columns;
    const nn_real *values = job->targets->values + row * columns;
    if (columns == 1) return values[0] > (nn_real)0.5;
    int32_t best = 0;
    for (int32_t j = 1; j < columns; j++)
        if (values[j] > values[best]) best = j;
    return best;
}
/* NOLINTEND(clang-analyzer-core.NullDereference) */

static void evaluate_rows(int64_t begin, int64_t end, void *context) {
    const evaluate_job *job = context;
    nn_objective *self = job->self;
    const nn_loss_class *loss = nn_loss_methods(self->loss);
    double *sums = self->partials + begin / ROW_GRAIN * self->sums;
    memset(sums, 0, (size_t)self->sums * sizeof *sums);
    for (int64_t i = begin; i < end; i++) {
        const int64_t at = i * self->columns;
        const nn_real *values = job->targets->values ? job->targets->values + at : NULL;
        const int32_t label = label_of(job, i);
        double weight = job->targets->weights ? (double)job->targets->weights[i] : 1;
        if (self->class_weight && job->gradient) weight *= (double)self->class_weight[label];
        nn_loss_row row = {.columns = self->columns,
                           .logits = self->logits,
                           .output = job->output + at,
                           .label = label,
                           .targets = values,
                           .scale = (nn_real)(weight / (double)job->batch_rows),
                           .gradient = job->gradient ? job->gradient + at : NULL};
        sums[NN_SUM_LOSS] += weight * loss->row(self->loss, &row);
        nn_metric_row measured = {self->columns, row.output, label, values};
        for (int64_t m = 0; m < self->metric_count; m++) {
            const metric_slot *slot = &self->metrics[m];
            nn_metric_methods(slot->object)->add(slot->object, &measured, sums + slot->first);
        }
    }
    sums[NN_SUM_ROWS] += (double)(end - begin);
}

void nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                           nn_real *output, const nn_targets *targets, nn_real *gradient,
                           double *sums) {
    evaluate_job job = {objective, batch_rows, output, targets, gradient};
    nn_team_for(rows, ROW_GRAIN, evaluate_rows, &job);
    if (nn_team_is_lead())
        nn_objective_add(objective, nn_chunks(rows, ROW_GRAIN), objective->partials, sums);
}

void nn_objective_activate(const nn_objective *objective, int64_t rows, nn_real *output) {
    if (!objective->logits || ((const nn_crossentropy *)objective->loss)->from_logits) return;
    nn_activation_forward(nn_loss_methods(objective->loss)->takes_over, rows, objective->columns, output,
                          output);
}

void nn_objective_add(const nn_objective *objective, int64_t count, const double *lists,
                      double *sums) {
    for (int64_t list = 0; list < count; list++)
        for (int64_t i = 0; i < objective->sums; i++)
            sums[i] += lists[list * objective->sums + i];
}

double nn_objective_loss(const nn_objective *objective, const double *sums) {
    (void)objective;
    return sums[NN_SUM_LOSS] / sums[NN_SUM_ROWS];
}

int64_t nn_objective_metrics(const nn_objective *objective) {
    return objective->metric_count;
}

const char *nn_objective_metric_name(const nn_objective *objective, int64_t metric) {
    return objective->metrics[metric].name;
}

double nn_objective_metric(const nn_objective *objective, int64_t metric, const double *sums) {
    const metric_slot *slot = &objective->metrics[metric];
    return nn_metric_methods(slot->object)
        ->value(slot->object, objective->columns, sums + slot->first, sums[NN_SUM_ROWS]);
}

nn_status nn_objective_find(const nn_objective *objective, const char *name, int64_t *metric,
                            bool *larger_is_better) {
    *metric = -1;
    *larger_is_better = false;
    if (strcmp(name, "loss") == 0) return NN_OK;
    nn_text known = {0};
    nn_text_add(&known, "loss");
    for (int64_t i = 0; i < objective->metric_count; i++) {
        const nn_class *isa = objective->metrics[i].object->isa;
        const char *shown = objective->metrics[i].name;
        if (strcmp(name, shown) == 0 || strcmp(name, isa->name) == 0 ||
            (isa->alias && strcmp(name, isa->alias) == 0)) {
            *metric = i;
            *larger_is_better = nn_metric_methods(objective->metrics[i].object)->larger_is_better;
            nn_text_free(&known);
            return NN_OK;
        }
        nn_text_add(&known, ", %s", shown);
    }
    nn_status status = nn_fail(NN_BAD_CONFIG, "there is no '%s' to monitor; there are: %s", name,
                               known.bytes ? known.bytes : "loss");
    nn_text_free(&known);
    return status;
}
