/* metric.h: what a metric is (keras.metrics): sums over rows, which add over ranks and steps, and a
 * value from the sums. So a metric is exact whatever the shares. Metrics do not use weights. */
#ifndef NN_MODEL_METRIC_H
#define NN_MODEL_METRIC_H

#include "util/object.h"
#include "util/real.h"

/** One row: the prediction, and the truth as a class, as values, or both. */
typedef struct {
    int64_t columns;
    const nn_real *prediction; /* (columns) */
    int32_t label;             /* the class: as given, or the greatest of the targets */
    const nn_real *targets;    /* (columns); NULL where the truth is a class */
} nn_metric_row;

typedef struct {
    nn_class base;
    /** Whether larger is better (for early stopping). */
    bool larger_is_better;
    /** Whether it needs a number for each output. */
    bool needs_values;
    /** How many sums there are for each output; 0: one sum in all. */
    int sums_per_column;
    /** Adds a row to the sums. */
    void (*add)(const nn_object *metric, const nn_metric_row *row, double *sums);
    /** The value over `rows` rows. */
    double (*value)(const nn_object *metric, int64_t columns, const double *sums, double rows);
} nn_metric_class;

/** All metrics. */
extern const nn_registry NN_METRICS;

static inline const nn_metric_class *nn_metric_methods(const nn_object *metric) {
    return (const nn_metric_class *)metric->isa;
}

/** The number of sums that a metric keeps for a model of `columns` outputs. Local. */
int64_t nn_metric_sums(const nn_object *metric, int64_t columns);

#endif
