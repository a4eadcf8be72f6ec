/* doctor.h: the parts of `nnmpi doctor`, each of which measures and prints. */
#ifndef NN_CLI_DOCTOR_H
#define NN_CLI_DOCTOR_H

#include "cli/options.h"
#include "comm/layout.h"
#include "train/run.h"

typedef struct {
    nn_comm *comm;
    nn_place place;   /* of this rank */
    nn_layout layout; /* on rank 0 */
    bool prints;      /* this is rank 0 */
    char *idle;       /* on rank 0: what the table says of idle cores; "" where none is */
    nn_run *run;      /* NULL: no run file is given */
    const char *run_file;
    nn_option_list overrides; /* of the run file's keys */
    const char *hang_timeout;
    double timeout;        /* its seconds */
    const char *data_file; /* NULL: none is given, and the run's is taken */
    bool crowded;          /* more threads than cores somewhere; the same on all ranks */
    double memory;         /* bytes that are free, on the node that has fewest */
    double shared;         /* likewise in /dev/shm */
} nn_doctor;

/** Products, memory, sums over the ranks. Collective. Errors: NN_INTERNAL, agreed. */
nn_status nn_doctor_machine(nn_doctor *doctor) NN_CHECKED;

/** How fast the data is read, where there is a file. Collective. Errors: those of datasets. */
nn_status nn_doctor_data(nn_doctor *doctor) NN_CHECKED;

/** A trial of the run, and what suits it. Collective. Errors: those of datasets and models. */
nn_status nn_doctor_run(nn_doctor *doctor) NN_CHECKED;

/** "12.3 ms", "1.5 GB": into `text`, with room for NN_QUANTITY bytes, and returns it. Local. */
const char *nn_doctor_seconds(double seconds, char *text);
const char *nn_doctor_bytes(double bytes, char *text);
enum { NN_QUANTITY = 32 };

#endif
