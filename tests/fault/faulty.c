/* faulty.c: linked around four functions of nnmpi (ld's --wrap), it makes them fail once, for the test
 * one_rank.sh. The environment says what, where and how:
 *
 *   FAULTY_SITE   agree (nn_comm_agree), trial (the same within nn_exchange_choose(), whose trials may
 *                 fail), rows (nn_loader_choose) or loss (nn_objective_evaluate)
 *   FAULTY_CALL   at which call of it, from 1; 0: never
 *   FAULTY_RANK   on which rank
 *   FAULTY_CODE   with which status; -1: the process exits at once, without telling anybody
 *   FAULTY_COUNT  rank 0 writes the number of calls that were made to this file, at its end */
#include "comm/comm.h"
#include "data/loader.h"
#include "model/objective.h"
#include "train/exchange_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

nn_status __real_nn_comm_agree(nn_comm *comm, nn_status status);
nn_status __wrap_nn_comm_agree(nn_comm *comm, nn_status status);
nn_status __real_nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch, int64_t shard);
nn_status __wrap_nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch, int64_t shard);
void __real_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets,
                                  nn_real *gradient, double *sums);
void __wrap_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets,
                                  nn_real *gradient, double *sums);
nn_status __real_nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap,
                                    nn_communication *way, char **reason);
nn_status __wrap_nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap,
                                    nn_communication *way, char **reason);

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text && *text ? atol(text) : otherwise;
}

static long calls;

static void write_count(void) {
    FILE *file = fopen(getenv("FAULTY_COUNT"), "w");
    if (file && fprintf(file, "%ld\n", calls) > 0 && fclose(file) == 0) return;
    _exit(99);
}

/* Whether this call of a site is the one that fails. */
static bool is_due(const char *site) {
    const char *wanted = getenv("FAULTY_SITE");
    if (!wanted || strcmp(site, wanted) != 0) return false;
    if (++calls == 1 && getenv("FAULTY_COUNT") && nn_comm_launched_rank() == 0) atexit(write_count);
    if (calls != number("FAULTY_CALL", 0) || nn_comm_launched_rank() != number("FAULTY_RANK", 0))
        return false;
    if (number("FAULTY_CODE", NN_INTERNAL) < 0) _exit(3);
    return true;
}

static nn_status made_to_fail(const char *site) {
    return nn_fail((nn_status)number("FAULTY_CODE", NN_INTERNAL), "made to fail at call %ld of %s",
                   calls, site);
}

static bool choosing;

nn_status __wrap_nn_exchange_choose(nn_comm *comm, int64_t length, bool may_overlap,
                                    nn_communication *way, char **reason) {
    choosing = true;
    nn_status status = __real_nn_exchange_choose(comm, length, may_overlap, way, reason);
    choosing = false;
    return status;
}

nn_status __wrap_nn_comm_agree(nn_comm *comm, nn_status status) {
    const char *site = choosing ? "trial" : "agree";
    if (is_due(site) && status == NN_OK) status = made_to_fail(site);
    return __real_nn_comm_agree(comm, status);
}

nn_status __wrap_nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch, int64_t shard) {
    nn_status status = __real_nn_loader_choose(loader, epoch, batch, shard);
    return is_due("rows") && status == NN_OK ? made_to_fail("rows") : status;
}

void __wrap_nn_objective_evaluate(nn_objective *objective, int64_t rows, int64_t batch_rows,
                                  nn_real *output, const nn_targets *targets,
                                  nn_real *gradient, double *sums) {
    __real_nn_objective_evaluate(objective, rows, batch_rows, output, targets, gradient, sums);
    if (is_due("loss")) sums[NN_SUM_LOSS] = NAN;
}
