/* context.c: the ranks of a caller's communicator, and their threads. */
#include "api/api.h"

#include "comm/comm_mpi.h"
#include "comm/place.h"
#include "kernels/blas.h"
#include "util/memory.h"

#include <stdlib.h>

static nn_status choose_threads(nnmpi_context *self, int threads) {
    nn_place place;
    nn_status status = nn_place_find(self->comm, threads > 0 ? threads : nn_team_requested(), &place);
    if (status == NN_OK && threads < 0)
        status = nn_fail(NN_USAGE, "a rank cannot have %d threads; 0 chooses their number", threads);
    if (status == NN_OK && nn_comm_check_threads(self->comm, place.threads) != NN_OK)
        status = nn_fail(NN_BAD_CONFIG,
                         "MPI does not allow the %d threads of a rank: start it by MPI_Init_thread with "
                         "MPI_THREAD_FUNNELED, or create the context with threads = 1",
                         place.threads);
    if (status == NN_OK) status = nn_blas_check(place.threads);
    if (status == NN_OK) status = nn_team_check(place.threads);
    self->threads = place.threads;
    self->spares_threads = place.requested == 0;
    return nn_comm_agree(self->comm, status);
}

nn_status nnmpi_context_create(MPI_Comm comm, int threads, nnmpi_context **out) {
    nn_comm *ranks = NULL;
    nnmpi_context *self = NULL;
    *out = NULL;
    nn_status status = nn_comm_of(comm, &ranks);
    if (status != NN_OK) return status;
    NN_TRY(nn_comm_agree(ranks, nn_allocate("a context", 1, sizeof *self, &self)));
    self->comm = ranks;
    NN_TRY(choose_threads(self, threads));
    *out = self;
    return NN_OK;
done:
    nn_comm_release(&ranks);
    free(self);
    return status;
}

nn_status nnmpi_context_create_f(MPI_Fint comm, int threads, nnmpi_context **out) {
    return nnmpi_context_create(MPI_Comm_f2c(comm), threads, out);
}

void nnmpi_context_destroy(nnmpi_context **context) {
    if (!*context) return;
    nn_comm_release(&(*context)->comm);
    free(*context);
    *context = NULL;
}

int nnmpi_context_threads(const nnmpi_context *context) {
    return context->threads;
}
