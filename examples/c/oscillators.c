/* oscillators.c: a simulation that trains a network while it runs, and then lets the network take its
 * long steps.
 *
 * Each rank has damped oscillators, x'' = -x - c x', of its own, which it follows with many short steps of
 * the classical Runge-Kutta method. What they do within a long step becomes a sample: from (x, v, c) to
 * (x, v) a long step later. The network learns from the samples of all ranks, round by round. In the end
 * each rank follows new oscillators with both, and the network is saved.
 *
 *   mpirun -np 2 ./oscillators [MODEL.h5] */
#include <math.h>
#include <mpi.h>
#include <nnmpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 5, EPOCHS = 12, SHORT_STEPS = 50, LONG_STEPS = 8, PER_RANK = 30 };
static const double LONG_STEP = 0.5;

static const char CONFIG[] =
    "seed: 1\n"
    "model:\n"
    "  - {layer: Dense, units: 32, activation: tanh}\n"
    "  - {layer: Dense, units: 32, activation: tanh}\n"
    "  - {layer: Dense, units: 2}\n"
    "loss: mean_squared_error\n"
    "optimizer: {name: adam, learning_rate: 0.005}\n"
    "metrics: [mae]\n"
    "batch_size: 32\n";

/* ---- the simulation ---- */

typedef struct {
    double x, v, c; /* place, velocity, damping */
} oscillator;

/* Uniform between 0 and 1; of each rank's own. */
static double draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static oscillator start(uint64_t *state) {
    const oscillator made = {2 * draw(state) - 1, 2 * draw(state) - 1, 0.5 * draw(state)};
    return made;
}

static void simulate(oscillator *o) {
    const double h = LONG_STEP / SHORT_STEPS, c = o->c;
    for (int step = 0; step < SHORT_STEPS; step++) {
        const double x = o->x, v = o->v;
        const double x1 = v, v1 = -x - c * v;
        const double x2 = v + h / 2 * v1, v2 = -(x + h / 2 * x1) - c * x2;
        const double x3 = v + h / 2 * v2, v3 = -(x + h / 2 * x2) - c * x3;
        const double x4 = v + h * v3, v4 = -(x + h * x3) - c * x4;
        o->x += h / 6 * (x1 + 2 * x2 + 2 * x3 + x4);
        o->v += h / 6 * (v1 + 2 * v2 + 2 * v3 + v4);
    }
}

/* ---- what nnmpi says ---- */

/* Tells why and ends the job: what has failed on this rank alone would let the others wait for it. */
static void check(nn_status status) {
    if (status == NN_OK) return;
    fprintf(stderr, "oscillators: %s\n", nnmpi_message());
    MPI_Abort(MPI_COMM_WORLD, status);
}

static nnmpi_dataset *samples_named(const char *name) {
    nnmpi_dataset *made = NULL;
    const nnmpi_rows rows = {.x_type = NNMPI_FLOAT64, .x_rank = 1, .x_shape = {3},
                             .y_type = NNMPI_FLOAT64, .y_columns = 2};
    check(nnmpi_dataset_create(name, &rows, &made));
    return made;
}

/* Follows `count` new oscillators and keeps what each long step does. */
static void sample(nnmpi_dataset *into, int count, uint64_t *state) {
    for (int i = 0; i < count; i++) {
        oscillator o = start(state);
        for (int step = 0; step < LONG_STEPS; step++) {
            const double before[3] = {o.x, o.v, o.c};
            simulate(&o);
            const double after[2] = {o.x, o.v};
            check(nnmpi_dataset_append(into, 1, before, after, NULL));
        }
    }
}

/* The greatest distance of the network's places from the simulation's, over all ranks. */
static double compare(nnmpi_model *model, uint64_t *state) {
    double worst = 0, all;
    for (int i = 0; i < 10; i++) {
        oscillator o = start(state);
        double told[3] = {o.x, o.v, o.c};
        for (int step = 0; step < LONG_STEPS; step++) {
            double next[2];
            simulate(&o);
            check(nnmpi_model_predict(model, 1, told, NNMPI_FLOAT64, next, NNMPI_FLOAT64));
            told[0] = next[0];
            told[1] = next[1];
            worst = fmax(worst, fabs(told[0] - o.x));
        }
    }
    MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return all;
}

int main(int argc, char **argv) {
    int provided, rank;
    nnmpi_context *context;
    nnmpi_config *config;
    nnmpi_trainer *trainer = NULL;
    double values[2];
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const char *path = argc > 1 ? argv[1] : "oscillators.h5";
    uint64_t state = 12345u + (uint64_t)rank;

    check(nnmpi_context_create(MPI_COMM_WORLD, 1, &context));
    check(nnmpi_config_create(CONFIG, &config));
    nnmpi_dataset *train = samples_named("training"), *test = samples_named("test");
    sample(test, 10, &state);

    for (int round = 1; round <= ROUNDS; round++) {
        sample(train, PER_RANK + rank, &state); /* ranks may have different numbers of rows */
        if (!trainer) check(nnmpi_trainer_create(context, config, train, test, &trainer));
        check(nnmpi_trainer_fit(trainer, EPOCHS, NULL, NULL));
        check(nnmpi_model_evaluate(nnmpi_trainer_model(trainer), test, values));
        if (rank == 0) printf("round %d: test loss %.6f, mae %.4f\n", round, values[0], values[1]);
    }
    check(nnmpi_trainer_set_learning_rate(trainer, 0.0005));
    check(nnmpi_trainer_fit(trainer, EPOCHS, NULL, NULL));

    const double error = compare(nnmpi_trainer_model(trainer), &state);
    check(nnmpi_trainer_save(trainer, path));
    if (rank == 0) printf("%s saved; greatest error after %d long steps: %.4f\n", path, LONG_STEPS, error);

    nnmpi_trainer_destroy(&trainer);
    nnmpi_dataset_destroy(&train);
    nnmpi_dataset_destroy(&test);
    nnmpi_config_destroy(&config);
    nnmpi_context_destroy(&context);
    MPI_Finalize();
    return 0;
}
