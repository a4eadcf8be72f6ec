/* model.c: stands in front of nnmpi's computing, so that a thousand ranks can be simulated on one
 * machine (docs/SCALING.md). The executable is nnmpi's own, with its start, step, messages and end;
 * the linker (--wrap) sends the calls below here. Rank 0 prints how long each step took: "step
 * SECONDS".
 *
 * Where the environment has NNMPI_STEP_SECONDS, the simulated clock of a rank goes on by so much
 * for all computing of a step, which was measured with the real executable; nothing is computed,
 * and large blocks are one piece of memory for all ranks, whose numbers mean nothing.
 * NNMPI_ADD_SECONDS is what a rank needs to add two floats: SMPI's MPI_Allreduce adds without
 * letting time pass, and each rank of p adds (p - 1) / p of the numbers. Without NNMPI_STEP_SECONDS
 * the real functions run. */
#include "comm/comm.h"
#include "data/loader.h"
#include "model/objective.h"
#include "optim/optimizer.h"
#include "util/memory.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes from which on a block, floats from which on a sum is large: gradients and their like, no
 * row numbers. */
enum { LARGE = 1 << 18, LARGE_SUM = 1 << 15 };

nn_status __real_nn_allocate(const char *what, int64_t count, size_t size, void *out);
void __real_nn_model_initialize(nn_model *model, uint64_t seed);
bool __real_nn_model_is_finite(const nn_model *model);
void __real_nn_loader_assemble(nn_loader *loader);
nn_real *__real_nn_model_forward(nn_model *model, const nn_pass *pass, const nn_real *x);
void __real_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets, nn_real *gradient,
                                  double *sums);
void __real_nn_model_backward(nn_model *model, const nn_pass *pass, const nn_real *x);
double __real_nn_model_penalty(nn_model *model, bool gradients);
void __real_nn_optimizer_update(nn_optimizer *optimizer, const nn_optimizer_part *part);
nn_status __real_nn_comm_agree(nn_comm *comm, nn_status status);
void __real_nn_comm_broadcast(nn_comm *comm, void *data, int64_t bytes);
int __real_MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op,
                         MPI_Comm comm);

nn_status __wrap_nn_allocate(const char *what, int64_t count, size_t size, void *out);
void __wrap_nn_model_initialize(nn_model *model, uint64_t seed);
bool __wrap_nn_model_is_finite(const nn_model *model);
void __wrap_nn_loader_assemble(nn_loader *loader);
nn_real *__wrap_nn_model_forward(nn_model *model, const nn_pass *pass, const nn_real *x);
void __wrap_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets, nn_real *gradient,
                                  double *sums);
void __wrap_nn_model_backward(nn_model *model, const nn_pass *pass, const nn_real *x);
double __wrap_nn_model_penalty(nn_model *model, bool gradients);
void __wrap_nn_optimizer_update(nn_optimizer *optimizer, const nn_optimizer_part *part);
nn_status __wrap_nn_comm_agree(nn_comm *comm, nn_status status);
void __wrap_nn_comm_broadcast(nn_comm *comm, void *data, int64_t bytes);
int __wrap_MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op,
                         MPI_Comm comm);
int __wrap_MPI_Comm_dup(MPI_Comm comm, MPI_Comm *out);

/* The number in a variable of the environment; negative where there is none. */
static double number(const char *name) {
    const char *text = getenv(name);
    return text && *text ? atof(text) : -1;
}

static double started; /* when the step began on all ranks */

static bool is_modelled(void) {
    return number("NNMPI_STEP_SECONDS") >= 0;
}

nn_status __wrap_nn_allocate(const char *what, int64_t count, size_t size, void *out) {
    if (!is_modelled() || count < 0 || (uint64_t)count * size < LARGE)
        return __real_nn_allocate(what, count, size, out);
    void *block = SMPI_SHARED_MALLOC((size_t)count * size);
    memcpy(out, &block, sizeof block);
    return NN_OK;
}

void __wrap_nn_model_initialize(nn_model *model, uint64_t seed) {
    if (!is_modelled()) __real_nn_model_initialize(model, seed);
}

bool __wrap_nn_model_is_finite(const nn_model *model) {
    return is_modelled() || __real_nn_model_is_finite(model);
}

void __wrap_nn_loader_assemble(nn_loader *loader) {
    if (!is_modelled()) __real_nn_loader_assemble(loader);
}

nn_real *__wrap_nn_model_forward(nn_model *model, const nn_pass *pass, const nn_real *x) {
    return is_modelled() ? NULL : __real_nn_model_forward(model, pass, x);
}

/* A loss of 1. */
void __wrap_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets, nn_real *gradient,
                                  double *sums) {
    if (is_modelled()) {
        sums[NN_SUM_LOSS] += (double)rows;
        sums[NN_SUM_ROWS] += (double)rows;
    } else {
        __real_nn_objective_evaluate(objective, rows, batch_rows, output, targets, gradient, sums);
    }
}

/* All ranks begin the step at the same moment, the next millisecond but one. */
void __wrap_nn_model_backward(nn_model *model, const nn_pass *pass, const nn_real *x) {
    if (!is_modelled()) {
        __real_nn_model_backward(model, pass, x);
        return;
    }
    MPI_Barrier(MPI_COMM_WORLD);
    double now = MPI_Wtime();
    started = (double)((long)(1e3 * now) + 2) * 1e-3;
    smpi_execute(started - now);
    smpi_execute(number("NNMPI_STEP_SECONDS"));
}

double __wrap_nn_model_penalty(nn_model *model, bool gradients) {
    return is_modelled() ? 0 : __real_nn_model_penalty(model, gradients);
}

/* The step has ended when the last rank has the sum; its update is in NNMPI_STEP_SECONDS. */
void __wrap_nn_optimizer_update(nn_optimizer *optimizer, const nn_optimizer_part *part) {
    double taken = MPI_Wtime() - started;
    int rank;
    if (!is_modelled()) {
        __real_nn_optimizer_update(optimizer, part);
        return;
    }
    __real_MPI_Allreduce(MPI_IN_PLACE, &taken, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) fprintf(stderr, "step %.9f\n", taken);
}

/* What follows a success outside of the step is left out: agreements, and the weights that rank 0
 * gives to all at the start. */
nn_status __wrap_nn_comm_agree(nn_comm *comm, nn_status status) {
    return is_modelled() && status == NN_OK ? NN_OK : __real_nn_comm_agree(comm, status);
}

void __wrap_nn_comm_broadcast(nn_comm *comm, void *data, int64_t bytes) {
    if (!is_modelled() || bytes < LARGE) __real_nn_comm_broadcast(comm, data, bytes);
}

/* Large sums come from another such block, not from the place they go to, of which SMPI would keep
 * a copy for each rank. */
int __wrap_MPI_Allreduce(const void *from, void *to, int count, MPI_Datatype type, MPI_Op op,
                         MPI_Comm comm) {
    int size, status;
    if (type != MPI_FLOAT || count < LARGE_SUM)
        return __real_MPI_Allreduce(from, to, count, type, op, comm);
    void *other = is_modelled() ? SMPI_SHARED_MALLOC((size_t)count * sizeof(float)) : NULL;
    MPI_Comm_size(comm, &size);
    status = __real_MPI_Allreduce(other ? other : from, to, count, type, op, comm);
    if (other) SMPI_SHARED_FREE(other);
    double add = number("NNMPI_ADD_SECONDS");
    if (add > 0) smpi_execute(add * count * (size - 1) / size);
    return status;
}

/* SMPI's own takes minutes for 1,024 ranks; it belongs to the start of a run, which is not
 * measured. */
int __wrap_MPI_Comm_dup(MPI_Comm comm, MPI_Comm *out) {
    int rank;
    MPI_Comm_rank(comm, &rank);
    return MPI_Comm_split(comm, 0, rank, out);
}
