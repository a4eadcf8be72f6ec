/* trial.h: a trial of a run: its model and real rows of its data, passed forward and backward a few
 * times with no step made, and its gradients exchanged. */
#ifndef NN_DOCTOR_TRIAL_H
#define NN_DOCTOR_TRIAL_H

#include "comm/place.h"
#include "doctor/advice.h"
#include "train/run.h"

enum { NN_TRIAL_POINTS = 4 };

/** Times are those of the slowest rank; the same on all ranks. */
typedef struct {
    int64_t parameters, slots; /* numbers that are trained; the optimizer's numbers for each */
    int64_t weight_bytes;      /* one copy of the weights, padding counted in */
    int64_t row_bytes;         /* activations of a row in a pass */
    int64_t data_bytes;        /* the training data in memory */
    int64_t rows;              /* of the training data */
    int tiles;                 /* of a step's largest product on a rank */
    int count;                 /* of the points */
    int many, alone;           /* threads of a team, and of a rank alone; 0: not measured */
    nn_pass_point one[NN_TRIAL_POINTS];  /* one thread a rank */
    nn_pass_point team[NN_TRIAL_POINTS]; /* all threads of each rank */
    /* One rank a node while the others are asleep: with one thread, with all cores of the node. */
    nn_pass_point single[NN_TRIAL_POINTS], node[NN_TRIAL_POINTS];
    double update;   /* of the optimizer, with all threads of each rank */
    double exchange; /* what a step takes beyond a pass and the update; 0 for one rank */
    char way[256];   /* rank 0: how gradients are exchanged; empty for one rank */
} nn_trial;

/** Makes the trial. Where rank 0's `cores` is not 0, one rank a node is also timed alone, with so
 * many threads. Takes the run's layers over. Collective. Errors: those of datasets and models;
 * agreed. */
nn_status nn_trial_run(nn_comm *comm, nn_run *run, const nn_place *place, int cores,
                       nn_trial *out) NN_CHECKED;

#endif
