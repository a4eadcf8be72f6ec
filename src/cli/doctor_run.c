/* doctor_run.c: what suits a run, for `nnmpi doctor`. Every number that a piece of advice follows
 * from is printed. */
#include "cli/doctor.h"
#include "kernels/team.h"
#include "doctor/trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* What the advice works on. */
typedef struct {
    const nn_doctor *doctor;
    const nn_trial *trial;
    int ranks, nodes;
    int64_t batch; /* rows of a step, over all ranks */
    nn_step_time step;
} findings;

/* ---- numbers ---- */

static void print_points(const char *name, const nn_pass_point *points, int count) {
    char text[NN_QUANTITY];
    printf("    %-30s", name);
    for (int i = 0; i < count; i++) printf("%11s", nn_doctor_seconds(points[i].seconds, text));
    printf("\n");
}

static void print_trial(const findings *all) {
    const nn_trial *trial = all->trial;
    char name[64];
    printf("  a pass forward and backward, slowest rank\n    %-30s", "rows");
    for (int i = 0; i < trial->count; i++) printf("%11" PRId64, trial->one[i].rows);
    printf("\n");
    print_points("1 thread a rank", trial->one, trial->count);
    if (trial->many > 1) {
        snprintf(name, sizeof name, "%d threads a rank", trial->many);
        print_points(name, trial->team, trial->count);
    }
    if (trial->alone > 0) {
        print_points("1 rank alone, 1 thread", trial->single, trial->count);
        snprintf(name, sizeof name, "1 rank alone, %d threads", trial->alone);
        print_points(name, trial->node, trial->count);
    }
}

static void print_step(const findings *all) {
    const nn_step_time *step = &all->step;
    char fixed[NN_QUANTITY], row[NN_QUANTITY], update[NN_QUANTITY], exchange[NN_QUANTITY];
    char bytes[NN_QUANTITY];
    printf("  step = %s + %s x rows a rank + %s (update)",
           nn_doctor_seconds(step->pass.fixed, fixed), nn_doctor_seconds(step->pass.per_row, row),
           nn_doctor_seconds(step->update, update));
    if (all->ranks > 1)
        printf(" + %s (exchange: the sum of %s\n         over %d ranks)",
               nn_doctor_seconds(step->exchange, exchange),
               nn_doctor_bytes((double)all->trial->weight_bytes, bytes), all->ranks);
    printf("\n");
}

/* Which way of exchanging it is. */
static void print_way(const findings *all) {
    if (all->ranks > 1) printf("  communication: %s\n", all->trial->way);
}

static void print_memory(const findings *all) {
    const nn_trial *trial = all->trial;
    const nn_doctor *doctor = all->doctor;
    const nn_run *run = doctor->run;
    char weights[NN_QUANTITY], passes[NN_QUANTITY], data[NN_QUANTITY], total[NN_QUANTITY];
    double rank = (double)(trial->weight_bytes * (2 + trial->slots));
    double share = ceil((double)run->batch_size / all->ranks);
    double pass = share * (double)trial->row_bytes;
    double node = doctor->place.node_ranks * (rank + pass) + (double)trial->data_bytes;
    printf("  memory: a rank takes %s (weights, gradient, %" PRId64 " optimizer slot%s) + %s\n"
           "          (activations of %.0f rows), the data %s a node; about %s a node\n",
           nn_doctor_bytes(rank, weights), trial->slots, trial->slots == 1 ? "" : "s",
           nn_doctor_bytes(pass, passes), share, nn_doctor_bytes((double)trial->data_bytes, data),
           nn_doctor_bytes(node, total));
    if (doctor->memory > 0 && node > doctor->memory)
        printf("  ! that is more than the %s that are free\n"
               "  -> fewer ranks a node with more threads each, or accumulate_steps\n",
               nn_doctor_bytes(doctor->memory, total));
}

/* ---- advice ---- */

static void print_rows_for(const findings *all, const char *what, double part) {
    int64_t rows = nn_step_rows_for(&all->step, part);
    if (rows == 0)
        printf("  with no batch does the exchange take %s\n", what);
    else
        printf("  the exchange takes %s from %" PRId64 " row%s a rank on (batch_size %" PRId64
               ")\n",
               what, rows, rows == 1 ? "" : "s", rows * all->ranks);
}

/* The pass of one rank with as many threads: measured alone where that was possible. */
static nn_pass_time pass_of_one(const findings *all) {
    const nn_trial *trial = all->trial;
    if (trial->alone == 0) return all->step.pass;
    return nn_pass_time_of_team(nn_pass_time_fit(trial->single, trial->count),
                                nn_pass_time_fit(trial->node, trial->count), trial->alone,
                                all->doctor->place.threads);
}

static const char *judge(double part, double speedup) {
    if (speedup < 1) return "one rank would be faster; more ranks want a larger batch_size";
    if (part > 0.5)
        return "communication dominates: a larger batch_size, or fewer ranks, is better";
    if (part > 0.1) return "fair: a larger batch_size would use the ranks better";
    return "good: computing is nearly all of it";
}

static void advise_batch(const findings *all) {
    double rows = ceil((double)all->batch / all->ranks);
    double part = nn_step_exchange_part(&all->step, rows);
    const nn_step_time one = {pass_of_one(all), all->step.update, 0};
    double alone = nn_step_seconds(&one, (double)all->batch);
    double speedup = alone / nn_step_seconds(&all->step, rows);
    char here[NN_QUANTITY], there[NN_QUANTITY];
    print_rows_for(all, "half of a step or less", 0.5);
    print_rows_for(all, "10 % or less", 0.1);
    printf("  this run: %" PRId64
           " rows a step are %.0f a rank; the exchange takes %.0f %% of a step\n",
           all->batch, rows, 100 * part);
    printf("  -> %s\n     %d ranks are %.2f times as fast as one (%s a step instead of %s)\n",
           judge(part, speedup), all->ranks, speedup,
           nn_doctor_seconds(nn_step_seconds(&all->step, rows), here),
           nn_doctor_seconds(alone, there));
}

/* Whether `nnmpi train` leaves threads of a rank out (nn_training_spare_threads()). */
static bool spares(const findings *all) {
    const nn_place *place = &all->doctor->place;
    return place->requested == 0 && all->trial->tiles < place->threads;
}

/* Of one rank: how long an exchange may take for more ranks to be worth it. */
static void print_limits(const findings *all, const nn_combination *list, int count) {
    char text[NN_QUANTITY];
    const nn_combination *best = &list[0], *now = NULL;
    for (int i = 0; i < count && list[i].ranks == 1; i++) {
        if (list[i].seconds < best->seconds) best = &list[i];
        if (list[i].present) now = &list[i];
    }
    for (int i = 0; i < count; i++) {
        double gain = best->seconds - list[i].seconds;
        printf("  %3d x %-3d  ", list[i].ranks, list[i].threads);
        if (list[i].ranks == 1)
            printf("%s a step", nn_doctor_seconds(list[i].seconds, text));
        else if (gain <= 0)
            printf("slower");
        else
            printf("faster where an exchange takes less than %s", nn_doctor_seconds(gain, text));
        printf("%s\n", list[i].present ? ", as it is now" : "");
    }
    const bool idle = best->threads > all->doctor->place.threads && all->doctor->idle[0]; /* advise_idle() */
    if (now && now->seconds > 1.05 * best->seconds && !idle && !(spares(all) && best->threads <= all->trial->tiles))
        printf("  -> of one rank, %d thread%s would do better: export OMP_NUM_THREADS=%d\n",
               best->threads, best->threads == 1 ? "" : "s", best->threads);
    printf("  -> `mpirun -np %d nnmpi doctor ...` measures the exchange\n", list[count - 1].ranks);
}

static void print_combinations(const findings *all, const nn_combination *list, int count,
                               int best) {
    char text[NN_QUANTITY];
    for (int i = 0; i < count; i++)
        printf("  %3d x %-3d  %s a step%s\n", list[i].ranks, list[i].threads,
               nn_doctor_seconds(list[i].seconds, text), list[i].present ? ", as it is now" : "");
    if (list[best].present)
        printf("  -> keep %d x %d: nothing else is more than 5 %% faster\n", list[best].ranks,
               list[best].threads);
    else
        printf("  -> try %d rank%s of %d thread%s a node (%s);\n"
               "     this is an estimate: started in that way, nnmpi doctor measures it\n",
               list[best].ranks, list[best].ranks == 1 ? "" : "s", list[best].threads,
               list[best].threads == 1 ? "" : "s",
               list[best].ranks < all->doctor->place.node_ranks    ? "fewer ranks exchange less"
               : list[best].ranks == all->doctor->place.node_ranks ? "no core is idle then"
                   : "threads share a pass out less well than ranks share a batch");
}

/* Cores that are idle are a problem only where the trial says so. */
static void advise_idle(const findings *all, const nn_combination_facts *facts) {
    char now[NN_QUANTITY], then[NN_QUANTITY];
    double seconds[2];
    const int threads = nn_layout_idle_threads(&all->doctor->layout);
    const bool pays = nn_threads_pay(facts, threads, seconds);
    nn_doctor_seconds(seconds[0], now);
    nn_doctor_seconds(seconds[1], then);
    printf("  -> %s threads a rank: with %d of them a step takes about %s instead of %s\n",
           pays ? "more" : "no more", threads, then, now);
    if (pays) fputs(all->doctor->idle, stdout);
}

/* How much longer a pass takes with all ranks than with one a node, at the run's batch. */
static double contention_of(const findings *all) {
    double rows = ceil((double)all->batch / all->ranks);
    nn_pass_time alone = pass_of_one(all);
    return (all->step.pass.fixed + all->step.pass.per_row * rows) /
           fmax(alone.fixed + alone.per_row * rows, 1e-9);
}

static nn_combination_facts facts_of(const findings *all) {
    const nn_trial *trial = all->trial;
    const nn_doctor *doctor = all->doctor;
    nn_combination_facts facts = {.nodes = all->nodes,
                                  .cores = nn_cores_count(&doctor->layout.nodes[0].cores),
                                  .ranks = doctor->place.node_ranks,
                                  .threads = doctor->place.threads,
                                  .batch = all->batch,
                                  .update = trial->update,
                                  .exchange = trial->exchange,
                                  .contention = 1,
                                  .one = nn_pass_time_fit(trial->one, trial->count)};
    if (trial->alone > 0) {
        facts.cores = trial->alone;
        facts.many = trial->alone;
        facts.one = nn_pass_time_fit(trial->single, trial->count);
        facts.team = nn_pass_time_fit(trial->node, trial->count);
        facts.contention = contention_of(all);
    } else if (trial->many > 1) {
        facts.many = trial->many;
        facts.team = all->step.pass;
    }
    return facts;
}

static void advise_ranks(const findings *all) {
    const nn_doctor *doctor = all->doctor;
    const nn_combination_facts facts = facts_of(all);
    nn_combination list[NN_COMBINATIONS_MAX];
    int best;
    const char *unknown = doctor->crowded   ? "not with threads that take turns"
                          : facts.cores == 1 ? "there is one core a node"
                          : facts.many < 2   ? "not measured, since each rank has one core"
                                             : NULL;
    if (unknown) {
        printf("  ranks x threads: %s\n%s", unknown, doctor->idle);
        return;
    }
    int count = nn_combinations(&facts, list, &best);
    printf("  ranks x threads on the %d cores of a node", facts.cores);
    if (facts.contention > 1.1 && all->ranks > 1)
        printf(" (ranks slow each other's passes by %.0f %%)", 100 * (facts.contention - 1));
    printf("\n");
    if (all->ranks == 1)
        print_limits(all, list, count);
    else
        print_combinations(all, list, count, best);
    if (spares(all))
        printf("  nnmpi train takes %d of a rank's %d threads by itself: the products of a step have no work for more\n",
               all->trial->tiles, doctor->place.threads);
    /* Where other numbers of ranks are better, the cores are theirs. */
    if (doctor->idle[0] && (all->ranks == 1 || list[best].ranks == facts.ranks)) advise_idle(all, &facts);
}

/* Threads for a rank that is alone on its node; 0 where that cannot be tried: OpenMP binds threads,
 * or the team's first threads could not leave their cores. */
static int cores_alone(const nn_doctor *doctor) {
    const nn_place *place = &doctor->place;
    if (!doctor->prints || doctor->crowded) return 0;
    const nn_layout_node *node = &doctor->layout.nodes[0];
    int processor, cores = node->available;
    bool bound = nn_team_places(&processor, 1) > 0;
    bool loose = place->threads == 1 || nn_cores_equal(&place->cores, &place->reachable);
    if (node->quota > 0 && node->quota < cores) cores = (int)node->quota;
    return !bound && loose && cores > place->threads ? cores : 0;
}

static void print_findings(const findings *all) {
    const nn_doctor *doctor = all->doctor;
    printf("\nRun: %s, %" PRId64 " parameters, %s, batch_size %" PRId64 "\n", doctor->run_file,
           all->trial->parameters, doctor->run->optimizer->isa->name, doctor->run->batch_size);
    print_trial(all);
    print_step(all);
    print_way(all);
    print_memory(all);
    printf("\nAdvice for this run\n");
    if (doctor->crowded)
        printf(
            "! threads take turns on the cores (see above): mend that first, for it spoils these "
            "figures\n");
    if (all->ranks > 1)
        advise_batch(all);
    else
        printf("  one rank has nothing to exchange, with any batch\n");
    advise_ranks(all);
}

nn_status nn_doctor_run(nn_doctor *doctor) {
    nn_trial trial;
    if (!doctor->run) {
        if (doctor->prints)
            printf("\nWith a run file, nnmpi doctor RUN.yaml also advises ranks, threads and "
                   "batch.\n");
        return NN_OK;
    }
    nn_status status =
        nn_trial_run(doctor->comm, doctor->run, &doctor->place, cores_alone(doctor), &trial);
    if (status != NN_OK || !doctor->prints) return status;
    const nn_pass_point *points = trial.many > 1 ? trial.team : trial.one;
    int64_t batch = nn_run_step_rows(doctor->run);
    const findings all = {doctor,
                          &trial,
                          nn_comm_size(doctor->comm),
                          doctor->layout.node_count,
                          batch < trial.rows ? batch : trial.rows,
                          {nn_pass_time_fit(points, trial.count), trial.update, trial.exchange}};
    print_findings(&all);
    return NN_OK;
}
