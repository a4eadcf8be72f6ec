/* exchange_allreduce.c: MPI_Allreduce over the arena of gradients, after the backward pass. */
#include "kernels/team.h"
#include "train/bf16.h"
#include "train/exchange_private.h"

typedef struct {
    nn_exchange exchange;
    nn_bf16 *halves; /* NULL: float32 goes from rank to rank */
} allreduce;

static nn_status create(nn_exchange *exchange) {
    allreduce *self = (allreduce *)exchange;
    nn_status status = NN_OK;
    if (exchange->options.precision == NN_BF16 && nn_comm_size(exchange->comm) > 1)
        status = nn_bf16_create(exchange->comm, nn_gradients_length(exchange->gradients),
                                &self->halves);
    return nn_comm_agree(exchange->comm, status);
}

static void destroy(nn_exchange *exchange) {
    nn_bf16_destroy(&((allreduce *)exchange)->halves);
}

static void reduce(nn_exchange *exchange) {
    allreduce *self = (allreduce *)exchange;
    const int64_t length = nn_gradients_length(exchange->gradients);
    nn_real *sum = nn_exchange_own_sum(exchange);
    if (self->halves) nn_bf16_sum(self->halves, sum, length);
    if (nn_team_is_lead()) {
        if (!self->halves) nn_comm_sum_float(exchange->comm, sum, length);
        nn_model_use_gradients(exchange->model, sum);
    }
    nn_team_barrier();
}

const nn_exchange_class NN_EXCHANGE_ALLREDUCE = {.name = "allreduce",
                                                 .size = sizeof(allreduce),
                                                 .create = create,
                                                 .destroy = destroy,
                                                 .message = nn_exchange_sum_message,
                                                 .reduce = reduce};
