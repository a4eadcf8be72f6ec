/* replicas.c: whether all ranks hold the same model. One hash of everything is compared in one
 * short message; only where it differs is it asked in what. */
#include "train/replicas.h"

#include "io/checksum.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_RANKS = 4, HOST_ROOM = 256 };

void nn_replicas_share(nn_comm *comm, nn_model *model) {
    nn_span values = nn_model_values(model), state = nn_model_state(model);
    nn_comm_broadcast(comm, values.data, values.count * (int64_t)sizeof *values.data);
    nn_comm_broadcast(comm, state.data, state.count * (int64_t)sizeof *state.data);
}

/* One of the arrays that must be the same. */
typedef struct {
    const nn_layer *layer;
    const nn_variable *variable;
    int slot; /* of the optimizer; -1: the variable itself */
} array;

/* Steps through all of them in the model's order; begins with {0} and ends with false. */
static bool next_array(const nn_model *model, const nn_optimizer *optimizer, array *at) {
    int64_t layer = 0;
    int variable = 0;
    if (at->layer) {
        layer = at->layer->index;
        variable = (int)(at->variable - at->layer->variables);
        if (at->variable->trainable && ++at->slot < nn_optimizer_slots(optimizer)) return true;
        variable++;
    }
    for (; layer < nn_model_layers(model); layer++, variable = 0) {
        const nn_layer *of = nn_model_layer(model, layer);
        if (variable >= of->variable_count) continue;
        *at = (array){of, &of->variables[variable], -1};
        return true;
    }
    return false;
}

static uint64_t hash(const nn_model *model, const nn_optimizer *optimizer, const array *at,
                     uint64_t seed) {
    const nn_real *data = at->variable->value;
    if (at->slot >= 0)
        data = nn_optimizer_slot(optimizer, at->slot).data + (data - nn_model_values(model).data);
    return nn_checksum(data, (size_t)nn_shape_count(at->variable->shape) * sizeof *data, seed);
}

/* ---- where they differ ---- */

/* What a rank tells rank 0: who it is, and the hash of each array. */
typedef struct {
    char host[HOST_ROOM];
    uint64_t hashes[];
} report;

typedef struct {
    int64_t arrays, bytes; /* of a report */
    report *mine;
    char *all; /* rank 0: (ranks, bytes) */
} reports;

static const report *report_of(const reports *from, int rank) {
    return (const report *)(from->all + rank * from->bytes);
}

static bool agree(const reports *from, int a, int b) {
    return memcmp(report_of(from, a)->hashes, report_of(from, b)->hashes,
                  (size_t)from->arrays * sizeof(uint64_t)) == 0;
}

/* The rank with which most others agree; -1 where no more do than with some other model. */
static int find_majority(const reports *from, int size) {
    int most = 0, best = -1;
    for (int r = 0; r < size; r++) {
        int same = 0, before = 0;
        for (int k = 0; k < size; k++) same += agree(from, r, k);
        for (int k = 0; k < r; k++) before += agree(from, r, k);
        if (before > 0) continue;
        if (same == most) best = -1;
        if (same > most) {
            most = same;
            best = r;
        }
    }
    return best;
}

/* "dense_1/kernel", "the momentum of dense_1/kernel": the first array in which ranks differ. */
static void name_difference(const nn_model *model, const nn_optimizer *optimizer,
                            const reports *from, int size, nn_text *text) {
    array at = {0};
    for (int64_t i = 0; next_array(model, optimizer, &at); i++) {
        bool same = true;
        for (int r = 1; r < size; r++)
            same = same && report_of(from, r)->hashes[i] == report_of(from, 0)->hashes[i];
        if (same) continue;
        if (at.slot >= 0)
            nn_text_add(text, "the %s of ", nn_optimizer_slot_name(optimizer, at.slot));
        nn_text_add(text, "%s/%s", at.layer->name, at.variable->name);
        return;
    }
}

/* Rank 0's verdict. */
static nn_status judge(const nn_model *model, const nn_optimizer *optimizer, const reports *from,
                       int size, int64_t step) {
    nn_text text = {0};
    int majority = find_majority(from, size), named = 0, others = 0;
    for (int r = 0; r < size; r++) {
        if (majority >= 0 && agree(from, r, majority)) continue;
        if (named++ < NAMED_RANKS)
            nn_text_add(&text, "%srank %d on %s", named > 1 ? ", " : "", r,
                        report_of(from, r)->host);
        else
            others++;
    }
    if (others > 0) nn_text_add(&text, " and %d more", others);
    if (named == 0) {
        nn_text_free(&text);
        return nn_fail(NN_INTERNAL,
                       "after step %" PRId64 " the ranks' models had different hashes, but not when "
                       "they were looked at again; a processor or a memory has erred: go on from the "
                       "last checkpoint with --resume",
                       step);
    }
    if (majority >= 0)
        nn_text_add(&text, ": after step %" PRId64 " the model differs from that of the other %d",
                    step, size - named);
    else
        nn_text_add(&text, ": after step %" PRId64 " their models differ", step);
    nn_text_add(&text, ", first in ");
    name_difference(model, optimizer, from, size, &text);
    nn_text_add(&text,
                "; a processor or a memory has erred, or the hosts have different processors: leave "
                "out that host and go on from the last checkpoint with --resume");
    return nn_text_fail(&text, NN_INTERNAL);
}

static nn_status find_difference(nn_comm *comm, const nn_model *model,
                                 const nn_optimizer *optimizer, int64_t step) {
    nn_status status = NN_OK;
    const int rank = nn_comm_rank(comm), size = nn_comm_size(comm);
    reports made = {0};
    array at = {0};
    while (next_array(model, optimizer, &at)) made.arrays++;
    made.bytes = (int64_t)sizeof(report) + made.arrays * (int64_t)sizeof(uint64_t);
    status = nn_allocate("hashes", made.bytes, 1, &made.mine);
    if (rank == 0 && status == NN_OK)
        status = nn_allocate("the ranks' hashes", made.bytes, (size_t)size, &made.all);
    NN_TRY(nn_comm_agree(comm, status));
    snprintf(made.mine->host, sizeof made.mine->host, "%s", nn_comm_host(comm));
    at = (array){0};
    for (int64_t i = 0; next_array(model, optimizer, &at); i++)
        made.mine->hashes[i] = hash(model, optimizer, &at, 0);
    nn_comm_gather(comm, made.mine, made.bytes, made.all);
    NN_TRY(nn_comm_agree(comm, rank == 0 ? judge(model, optimizer, &made, size, step) : NN_OK));
done:
    free(made.mine);
    free(made.all);
    return status;
}

nn_status nn_replicas_check(nn_comm *comm, const nn_model *model, const nn_optimizer *optimizer,
                            int64_t step) {
    uint64_t all = 0;
    array at = {0};
    if (nn_comm_size(comm) == 1) return NN_OK;
    while (next_array(model, optimizer, &at)) all = hash(model, optimizer, &at, all);
    if (nn_comm_is_same(comm, all)) return NN_OK;
    return find_difference(comm, model, optimizer, step);
}
