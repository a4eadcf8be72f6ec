/* advice.h: what measured times say about the batch and about ranks and threads. All functions
 * are Local and work on numbers alone.
 *
 * The model of a step, with b rows on each rank:
 *   step(b) = fixed + per_row b + update + exchange
 * where fixed + per_row b is the pass forward and backward, update the optimizer's pass over the
 * weights, and exchange what is left of the sum over the ranks. */
#ifndef NN_DOCTOR_ADVICE_H
#define NN_DOCTOR_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

/** The time of a pass: seconds, and seconds a row. */
typedef struct {
    double fixed, per_row;
} nn_pass_time;

/** A pass over `rows` rows took `seconds`. */
typedef struct {
    int64_t rows;
    double seconds;
} nn_pass_point;

/** The line nearest to the points, by the relative error of each, with neither part negative. One
 * point makes a line through 0. */
nn_pass_time nn_pass_time_fit(const nn_pass_point *points, int count);

/** The time of a team of `threads` threads, from those of 1 and of `many` (Amdahl's law for each of
 * the two parts). */
nn_pass_time nn_pass_time_of_team(nn_pass_time one, nn_pass_time team, int many, int threads);

/** What a step takes. */
typedef struct {
    nn_pass_time pass;
    double update, exchange;
} nn_step_time;

/** The seconds of a step with `rows` rows a rank. */
double nn_step_seconds(const nn_step_time *step, double rows);

/** The part of a step that the exchange takes, between 0 and 1. */
double nn_step_exchange_part(const nn_step_time *step, double rows);

/** The fewest rows a rank with which the exchange takes `part` of the step or less; 1 or more, 0
 * where there are none. */
int64_t nn_step_rows_for(const nn_step_time *step, double part);

/** A way to use the cores of each node. */
typedef struct {
    int ranks, threads; /* ranks a node */
    double seconds;     /* of a step */
    bool present;       /* as it is now */
} nn_combination;
enum { NN_COMBINATIONS_MAX = 24 };

/** What is known for nn_combinations(). */
typedef struct {
    int nodes, cores;        /* of each node */
    int ranks, threads;      /* a node, now */
    int64_t batch;           /* rows of a step, on all ranks */
    double update, exchange; /* now */
    nn_pass_time one, team;  /* of one thread; of `many` */
    double contention;       /* several ranks on a node slow each other's passes by this factor */
    int many;
} nn_combination_facts;

/** Ways to use the cores of each node, and how long a step would take: the present one, one thread
 * of one rank, and those that use all cores with a power of two of ranks or threads. The pass
 * follows from the times of one thread and of a team, the exchange grows with the logarithm of the
 * number of ranks. Returns how many there are, the fewest ranks first; *best is the fastest, the
 * present one where it is within 5 % of that. */
int nn_combinations(const nn_combination_facts *facts, nn_combination out[NN_COMBINATIONS_MAX],
                    int *best);

/** Whether as many ranks with `threads` threads each, instead of the present ones, would make a step more
 * than 5 % faster. seconds[0] is a step's time now, seconds[1] with them. */
bool nn_threads_pay(const nn_combination_facts *facts, int threads, double seconds[2]);

#endif
