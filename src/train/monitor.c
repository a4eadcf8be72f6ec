/* monitor.c: early stopping and reducing the learning rate, with Keras's rules. */
#include "train/monitor.h"

#include <math.h>
#include <string.h>

nn_monitor_state nn_monitor_start(void) {
    return (nn_monitor_state){.best = NAN, .best_epoch = -1};
}

static const char *without_prefix(const nn_run_monitor *monitor, bool *validation) {
    *validation = strncmp(monitor->monitor, "val_", 4) == 0;
    return monitor->monitor + (*validation ? 4 : 0);
}

nn_status nn_monitor_check(const nn_run_monitor *monitor, const nn_objective *objective) {
    int64_t metric;
    bool validation, larger;
    const char *name = without_prefix(monitor, &validation);
    return nn_within(nn_objective_find(objective, name, &metric, &larger), "%s",
                     monitor->object.isa->name);
}

/* The watched value, with its sign changed where larger is better: smaller is better then. */
static double watched(const nn_run_monitor *monitor, const nn_epoch_values *values, double *sign) {
    int64_t metric = -1;
    bool validation, larger = false;
    const char *name = without_prefix(monitor, &validation);
    if (nn_objective_find(values->objective, name, &metric, &larger) != NN_OK) return NAN;
    if (monitor->mode != NN_MODE_AUTO) larger = monitor->mode == NN_MODE_MAX;
    *sign = larger ? -1 : 1;
    if (metric < 0) return *sign * (validation ? values->val_loss : values->loss);
    const double *sums = validation ? values->val_sums : values->sums;
    return *sign * nn_objective_metric(values->objective, metric, sums);
}

static bool is_better(double value, double best, double min_delta) {
    return isnan(best) ? !isnan(value) : value < best - min_delta;
}

bool nn_early_stopping_decide(const nn_run_early_stopping *args, nn_monitor_state *state,
                              int64_t epoch, const nn_epoch_values *values, bool *improved) {
    const nn_run_monitor *monitor = &args->monitor;
    double sign = 1, value = watched(monitor, values, &sign);
    *improved = false;
    if (epoch < args->start_from_epoch) return false;
    state->wait++;
    if (is_better(value, state->best, monitor->min_delta)) {
        *improved = true;
        state->best = value;
        state->best_epoch = epoch;
        if (isnan(args->baseline) || is_better(value, sign * args->baseline, monitor->min_delta))
            state->wait = 0;
        return false; /* whether it bettered the baseline or not */
    }
    return state->wait >= monitor->patience && epoch > 0;
}

bool nn_plateau_decide(const nn_run_plateau *args, nn_monitor_state *state,
                       const nn_epoch_values *values, nn_optimizer *optimizer) {
    const nn_run_monitor *monitor = &args->monitor;
    double sign = 1, value = watched(monitor, values, &sign);
    if (state->cooldown > 0) {
        state->cooldown--;
        state->wait = 0;
    }
    if (is_better(value, state->best, monitor->min_delta)) {
        state->best = value;
        state->wait = 0;
        return false;
    }
    if (state->cooldown > 0 || ++state->wait < monitor->patience) return false;
    double rate = nn_optimizer_learning_rate(optimizer);
    state->wait = 0;
    state->cooldown = args->cooldown;
    if (rate <= args->min_lr) return false;
    double lower = fmax(rate * args->factor, args->min_lr);
    nn_optimizer_set_factor(optimizer, nn_optimizer_factor(optimizer) * lower / rate);
    return true;
}
