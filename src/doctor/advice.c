/* advice.c: what measured times say about the batch and about ranks and threads. */
#include "doctor/advice.h"

#include <math.h>

/* Least squares of (fixed + per_row b - t) / t, with weights 1 / t^2. */
nn_pass_time nn_pass_time_fit(const nn_pass_point *points, int count) {
    double w = 0, wb = 0, wbb = 0, wt = 0, wbt = 0;
    for (int i = 0; i < count; i++) {
        double b = (double)points[i].rows, t = fmax(points[i].seconds, 1e-9);
        double weight = 1 / (t * t);
        w += weight;
        wb += weight * b;
        wbb += weight * b * b;
        wt += weight * t;
        wbt += weight * b * t;
    }
    if (count == 0) return (nn_pass_time){0, 0};
    double determinant = w * wbb - wb * wb;
    if (determinant > 1e-12 * w * wbb) {
        double fixed = (wt * wbb - wbt * wb) / determinant;
        double per_row = (w * wbt - wb * wt) / determinant;
        if (fixed >= 0 && per_row >= 0) return (nn_pass_time){fixed, per_row};
        if (per_row < 0) return (nn_pass_time){wt / w, 0};
    }
    return (nn_pass_time){0, wbt / wbb};
}

/* t(1) = serial + shared, t(many) = serial + shared / many. */
static double amdahl(double one, double team, int many, int threads) {
    if (threads == 1 || many < 2) return one;
    if (threads == many) return team;
    double shared = (one - team) / (1 - 1.0 / many);
    if (shared < 0) return team; /* threads make it slower; how much more is not known */
    if (shared > one) shared = one;
    return one - shared + shared / threads;
}

nn_pass_time nn_pass_time_of_team(nn_pass_time one, nn_pass_time team, int many, int threads) {
    return (nn_pass_time){amdahl(one.fixed, team.fixed, many, threads),
                          amdahl(one.per_row, team.per_row, many, threads)};
}

double nn_step_seconds(const nn_step_time *step, double rows) {
    return step->pass.fixed + step->pass.per_row * rows + step->update + step->exchange;
}

double nn_step_exchange_part(const nn_step_time *step, double rows) {
    double all = nn_step_seconds(step, rows);
    return all > 0 ? step->exchange / all : 0;
}

int64_t nn_step_rows_for(const nn_step_time *step, double part) {
    double rest = step->exchange / part - step->exchange; /* what the rest of the step must take */
    double rows = rest - step->pass.fixed - step->update;
    if (rows <= step->pass.per_row) return 1;
    rows = ceil(rows / step->pass.per_row * (1 - 1e-9));
    return rows < 1e15 ? (int64_t)rows : 0;
}

/* The step's time if `ranks` ranks a node ran `threads` threads each. */
static double predict(const nn_combination_facts *facts, int ranks, int threads) {
    int now = facts->nodes * facts->ranks, then = facts->nodes * ranks;
    double growth = now > 1 ? log2(then) / log2(now) : 0;
    nn_step_time step = {nn_pass_time_of_team(facts->one, facts->team, facts->many, threads),
                         facts->update, facts->exchange * growth};
    if (ranks > 1) {
        step.pass.fixed *= facts->contention;
        step.pass.per_row *= facts->contention;
    }
    return nn_step_seconds(&step, ceil((double)facts->batch / then));
}

static bool is_power_of_two(int number) {
    return (number & (number - 1)) == 0;
}

/* Where all cores are at work, or one: small models are fastest there. */
static bool is_worth_a_line(int cores, int ranks, int threads) {
    if (ranks == 1 && threads == 1) return true;
    return ranks * threads == cores && (is_power_of_two(ranks) || is_power_of_two(threads));
}

int nn_combinations(const nn_combination_facts *facts, nn_combination out[NN_COMBINATIONS_MAX],
                    int *best) {
    int count = 0, present = -1;
    *best = 0;
    for (int ranks = 1; ranks <= facts->cores; ranks++) {
        for (int threads = 1; threads <= facts->cores; threads++) {
            bool now = ranks == facts->ranks && threads == facts->threads;
            if (count == NN_COMBINATIONS_MAX) break;
            if (!now && !is_worth_a_line(facts->cores, ranks, threads)) continue;
            if (now) present = count;
            out[count] = (nn_combination){ranks, threads, predict(facts, ranks, threads), now};
            if (out[count].seconds < out[*best].seconds) *best = count;
            count++;
        }
    }
    if (present >= 0 && out[present].seconds <= 1.05 * out[*best].seconds) *best = present;
    return count;
}

bool nn_threads_pay(const nn_combination_facts *facts, int threads, double seconds[2]) {
    seconds[0] = predict(facts, facts->ranks, facts->threads);
    seconds[1] = predict(facts, facts->ranks, threads);
    return 1.05 * seconds[1] < seconds[0];
}
