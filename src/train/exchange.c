/* exchange.c: the ways of exchanging gradients, and what they have in common. */
#include "train/exchange_private.h"

#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

const char *const NN_COMMUNICATION_NAMES[] = {"auto", "allreduce", "overlap", "node", NULL};
const char *const NN_PRECISION_NAMES[] = {"float32", "bf16", NULL};

/* The tree has its own way over messages; where it goes over several nodes, in every case. */
static const nn_exchange_class *class_of(const nn_comm *comm, const nn_shards *shards,
                                         nn_communication way) {
    const bool tree = shards->fixed > 0 && shards->ranks > 1;
    if (way == NN_COMMUNICATION_NODE && (!tree || nn_comm_nodes(comm) == 1))
        return &NN_EXCHANGE_NODE;
    if (tree) return &NN_EXCHANGE_TREE;
    return way == NN_COMMUNICATION_OVERLAP ? &NN_EXCHANGE_OVERLAP : &NN_EXCHANGE_ALLREDUCE;
}

static nn_status create_way(nn_exchange common, nn_communication way, nn_exchange **out) {
    nn_exchange *self = NULL;
    common.methods = class_of(common.comm, nn_gradients_shards(common.gradients), way);
    nn_status status = nn_comm_agree(
        common.comm, nn_allocate("the exchange of gradients", 1, common.methods->size, &self));
    if (status == NN_OK) {
        *self = common;
        self->part.end = nn_model_values(common.model).count;
        status = self->methods->create(self);
        *out = self;
    } else {
        free(self);
    }
    if (status != NN_OK) nn_exchange_destroy(out);
    return status;
}

nn_status nn_exchange_create(nn_comm *comm, nn_model *model, nn_optimizer *optimizer,
                             nn_gradients *gradients, const nn_exchange_options *options,
                             nn_exchange **out) {
    nn_exchange common = {.comm = comm,
                          .model = model,
                          .optimizer = optimizer,
                          .gradients = gradients,
                          .options = *options};
    nn_communication way = options->communication;
    char why[sizeof common.description] = "";
    nn_status status = NN_OK;
    *out = NULL;
    if (nn_comm_size(comm) == 1) return create_way(common, NN_COMMUNICATION_ALLREDUCE, out);
    if (way == NN_COMMUNICATION_AUTO) {
        const bool may_overlap =
            nn_gradients_shards(gradients)->fixed == 0 && options->precision == NN_FLOAT32;
        status = nn_exchange_choose(comm, nn_gradients_length(gradients), may_overlap, &way, why,
                                    sizeof why);
    }
    if (status != NN_OK) return status;
    status = create_way(common, way, out);
    if (status != NN_OK && options->communication == NN_COMMUNICATION_AUTO &&
        way == NN_COMMUNICATION_NODE) { /* it takes more memory than the trial did */
        snprintf(why, sizeof why, ", because %.200s", nn_message());
        status = create_way(common, NN_COMMUNICATION_ALLREDUCE, out);
    }
    if (status == NN_OK)
        snprintf((*out)->description, sizeof why, "%s%.350s",
                 (*out)->methods->say ? (*out)->methods->say : (*out)->methods->name, why);
    return status;
}

void nn_exchange_destroy(nn_exchange **exchange) {
    if (!*exchange) return;
    (*exchange)->methods->destroy(*exchange);
    free(*exchange);
    *exchange = NULL;
}

const char *nn_exchange_description(const nn_exchange *exchange) {
    return exchange->description;
}

void nn_exchange_begin(nn_exchange *exchange, int64_t shards) {
    if (exchange->methods->begin) exchange->methods->begin(exchange, shards);
}

void nn_exchange_message(nn_exchange *exchange, double *message, int64_t count) {
    exchange->methods->message(exchange, message, count);
}

void nn_exchange_sum_message(nn_exchange *exchange, double *message, int64_t count) {
    nn_comm_sum_double(exchange->comm, message, count);
}

nn_real *nn_exchange_own_sum(nn_exchange *exchange) {
    const nn_forest *nodes = nn_gradients_nodes(exchange->gradients);
    if (nodes->count > 0) return nn_gradients_buffer(exchange->gradients, nodes->nodes[0].buffer);
    nn_real *sum = nn_gradients_buffer(exchange->gradients, 0);
    nn_zero(nn_gradients_length(exchange->gradients), sum);
    return sum;
}

void nn_exchange_update(nn_exchange *exchange, nn_profile *profile) {
    nn_exchange *self = exchange;
    self->methods->reduce(self);
    if (nn_team_is_lead()) nn_profile_mark(profile, NN_PHASE_SUM);
    if (nn_optimizer_clips_norms(self->optimizer)) {
        nn_optimizer_measure(self->optimizer, &self->part);
        if (self->methods->meet) self->methods->meet(self);
    }
    nn_optimizer_update(self->optimizer, &self->part);
    if (self->methods->meet) self->methods->meet(self);
    if (nn_team_is_lead()) nn_profile_mark(profile, NN_PHASE_UPDATE);
}
