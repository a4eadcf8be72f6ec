/* exchange.c: what it takes to sum the gradients of all ranks and to make Adam's step, in each of
 * nnmpi's ways, beside MPI_Allreduce of as many numbers and nothing else, in turns.
 *
 * Usage: mpirun -np P exchange [REPETITIONS [WAY|all [MEBIBYTES...]]]
 * Prints lines of CSV: bytes, way, seconds of exchange and Adam, seconds of MPI_Allreduce (in place or
 * out of place, whatever is faster), ratio; medians over the repetitions, of each one's slowest rank. */
#include "io/yaml.h"
#include "kernels/team.h"
#include "layers/layer.h"
#include "train/exchange.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TURNS = 1000 };

typedef struct {
    nn_object *args;
    nn_model *model;
    nn_optimizer *optimizer;
    nn_gradients *gradients;
    nn_exchange *exchange;
    nn_profile profile;
} rig;

static void check(nn_status status) {
    if (status == NN_OK) return;
    fprintf(stderr, "exchange: %s\n", nn_message());
    MPI_Abort(MPI_COMM_WORLD, 70);
}

static nn_object *read_object(const nn_registry *registry, const char *text) {
    nn_node *node;
    nn_object *object;
    check(nn_yaml_parse(text, "exchange", &node));
    check(nn_object_read(registry, node, NN_STYLE_RUN, &object));
    nn_node_destroy(&node);
    return object;
}

/* A model of `size` MiB of float32. */
static rig make_rig(nn_comm *comm, int size, nn_communication way) {
    const int64_t inputs = 1024, units = 256 * size;
    const nn_shards shards = nn_shards_by_rank(nn_comm_size(comm), nn_comm_size(comm), nn_comm_size(comm));
    const nn_exchange_options options = {way, NN_FLOAT32, shards.batch_rows, 1};
    char text[64];
    rig made = {0};
    snprintf(text, sizeof text, "{layer: Dense, units: %lld, use_bias: false}", (long long)units);
    nn_object_list layers = {.count = 1, .items = malloc(sizeof *layers.items)};
    layers.items[0] = read_object(&NN_LAYERS, text);
    made.args = read_object(&NN_OPTIMIZERS, "adam");
    check(nn_model_create(&layers, (nn_shape){1, {inputs}}, 1, &made.model));
    check(nn_optimizer_create(made.args, made.model, &made.optimizer));
    check(nn_gradients_create(made.model, &shards, nn_comm_rank(comm), &made.gradients));
    check(nn_exchange_create(comm, made.model, made.optimizer, made.gradients, &options, &made.exchange));
    return made;
}

static void release(rig *made) {
    nn_gradients_destroy(&made->gradients);
    nn_optimizer_destroy(&made->optimizer);
    nn_model_destroy(&made->model);
    nn_exchange_destroy(&made->exchange);
    nn_object_destroy(&made->args);
}

static void exchange_body(void *context) {
    rig *made = context;
    double message[1] = {1};
    nn_gradients_add(made->gradients);
    nn_exchange_message(made->exchange, message, 1);
    nn_exchange_update(made->exchange, &made->profile);
}

static double exchange_once(rig *made, int ranks) {
    nn_gradients_begin(made->gradients, ranks);
    nn_exchange_begin(made->exchange, 1);
    nn_gradients_next(made->gradients);
    nn_span gradient = nn_model_gradients(made->model);
    for (int64_t i = 0; i < gradient.count; i++) gradient.data[i] = 1e-3f * (float)(i % 7 - 3);
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    nn_team_run(1, exchange_body, made);
    return MPI_Wtime() - begin;
}

static double sum_once(float *from, float *to, int64_t count) {
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    MPI_Allreduce(to ? from : MPI_IN_PLACE, to ? to : from, (int)count, MPI_FLOAT, MPI_SUM,
                  MPI_COMM_WORLD);
    return MPI_Wtime() - begin;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median over the turns of each turn's slowest rank. */
static double median(double *seconds, int turns) {
    MPI_Allreduce(MPI_IN_PLACE, seconds, turns, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    qsort(seconds, (size_t)turns, sizeof *seconds, by_size);
    return turns % 2 ? seconds[turns / 2] : (seconds[turns / 2 - 1] + seconds[turns / 2]) / 2;
}

static void measure(nn_comm *comm, int size, nn_communication way, int turns) {
    static double ours[MOST_TURNS], in_place[MOST_TURNS], apart[MOST_TURNS];
    const int64_t count = 262144 * (int64_t)size;
    float *from = calloc((size_t)count, sizeof *from), *to = calloc((size_t)count, sizeof *to);
    rig made = make_rig(comm, size, way);
    for (int turn = -1; turn < turns; turn++) { /* the first one warms up */
        const int at = turn < 0 ? 0 : turn;
        for (int64_t i = 0; i < count; i++) from[i] = 1e-3f * (float)(i % 7 - 3);
        ours[at] = exchange_once(&made, nn_comm_size(comm));
        apart[at] = sum_once(from, to, count);
        in_place[at] = sum_once(from, NULL, count);
    }
    const double mine = median(ours, turns), one = median(in_place, turns),
                 other = median(apart, turns), least = one < other ? one : other;
    if (nn_comm_rank(comm) == 0) {
        printf("%lld,%s,%.6f,%.6f,%.3f\n", (long long)count * 4, NN_COMMUNICATION_NAMES[way], mine,
               least, mine / least);
        fflush(stdout);
    }
    release(&made);
    free(from);
    free(to);
}

int main(int argc, char **argv) {
    nn_comm *comm;
    const int turns = argc > 1 ? atoi(argv[1]) : 20;
    check(nn_comm_open(&comm));
    if (turns < 1 || turns > MOST_TURNS) check(nn_fail(NN_USAGE, "REPETITIONS: 1 to %d", MOST_TURNS));
    if (nn_comm_rank(comm) == 0)
        printf("size_bytes,way,exchange_and_adam_seconds,allreduce_seconds,ratio\n");
    static const int sizes[] = {4, 16, 64, 256};
    const char *wanted = argc > 2 ? argv[2] : "all";
    for (int i = 0; i < (argc > 3 ? argc - 3 : 4); i++) {
        const int size = argc > 3 ? atoi(argv[3 + i]) : sizes[i];
        for (nn_communication way = NN_COMMUNICATION_ALLREDUCE; way <= NN_COMMUNICATION_NODE; way++)
            if (strcmp(wanted, "all") == 0 || strcmp(wanted, NN_COMMUNICATION_NAMES[way]) == 0)
                measure(comm, size, way, turns);
    }
    nn_comm_close(&comm);
    return 0;
}
