/* bare_step.c: the least that a data-parallel training step of a dense network takes, to measure
 * nnmpi against: the rows of a shuffled batch are copied from memory, three sgemm calls a layer (two
 * for the first, whose inputs need no gradient), bias and relu, softmax (or sigmoid, with one
 * output) with cross-entropy and accuracy, one blocking MPI_Allreduce of all gradients, one pass of
 * Adam. One thread a rank, no checks of the data, no files.
 *
 * Usage: mpirun -np P bare_step 784-128-10 [--batch 32] [--rows 20480] [--seconds 1.5]
 * The batch is a rank's own, the rows are all ranks'. Prints samples a second, of all ranks. */
#include "network.h"
#include "rows.h"

#include <cblas.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 100 };

typedef struct {
    int in, out;
    float *kernel, *bias;   /* (in, out), (out), views into the parameters */
    float *dkernel, *dbias; /* likewise, into the gradients */
    float *y, *dy;          /* (B, out): after the activation; with respect to before it */
} layer;

typedef struct {
    int layers, batch; /* batch: rows of this rank */
    layer layer[MAX_LAYERS];
    size_t count; /* of parameters */
    float *parameters, *gradients, *reduced, *m, *v;
    float *x; /* (B, in of the first layer) */
    int *labels;
    long step;
    double sums[2]; /* loss and right answers of this rank's rows since the last report */
} network;

static void build(network *net, const char *widths) {
    int width[MAX_LAYERS + 1];
    net->layers = read_widths(widths, width);
    for (int i = 0; i < net->layers; i++) net->count += (size_t)(width[i] + 1) * width[i + 1];
    net->parameters = take(net->count, sizeof(float));
    net->gradients = take(net->count, sizeof(float));
    net->reduced = take(net->count, sizeof(float));
    net->m = take(net->count, sizeof(float));
    net->v = take(net->count, sizeof(float));
    net->x = take((size_t)net->batch * width[0], sizeof(float));
    net->labels = take(net->batch, sizeof(int));
    generator random = {1};
    size_t at = 0;
    for (int i = 0; i < net->layers; i++) {
        layer *l = &net->layer[i];
        l->in = width[i];
        l->out = width[i + 1];
        size_t kernel = (size_t)l->in * l->out;
        float bound = sqrtf(6.0f / (l->in + l->out)); /* Glorot */
        l->kernel = net->parameters + at;
        l->dkernel = net->gradients + at;
        for (size_t k = 0; k < kernel; k++) l->kernel[k] = bound * (2.0f * uniform(&random) - 1.0f);
        l->bias = l->kernel + kernel;
        l->dbias = l->dkernel + kernel;
        at += kernel + l->out;
        l->y = take((size_t)net->batch * l->out, sizeof(float));
        l->dy = take((size_t)net->batch * l->out, sizeof(float));
    }
}

static void forward(network *net) {
    const float *x = net->x;
    for (int i = 0; i < net->layers; i++) {
        layer *l = &net->layer[i];
        int last = i == net->layers - 1;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, net->batch, l->out, l->in, 1.0f, x,
                    l->in, l->kernel, l->out, 0.0f, l->y, l->out);
        for (int row = 0; row < net->batch; row++) {
            float *restrict y = l->y + (size_t)row * l->out;
            const float *restrict bias = l->bias;
            if (last) {
                for (int k = 0; k < l->out; k++) y[k] += bias[k];
            } else {
                for (int k = 0; k < l->out; k++) {
                    float z = y[k] + bias[k];
                    y[k] = z > 0.0f ? z : 0.0f;
                }
            }
        }
        x = l->y;
    }
}

/* Loss, right answers, and the gradient with respect to the logits, as a part of the mean over
 * `total` rows. */
static void judge(network *net, int total) {
    layer *l = &net->layer[net->layers - 1];
    float scale = 1.0f / total;
    for (int row = 0; row < net->batch; row++) {
        const float *z = l->y + (size_t)row * l->out;
        float *dz = l->dy + (size_t)row * l->out;
        int label = net->labels[row];
        if (l->out == 1) {
            float e = expf(-fabsf(z[0]));
            float p = z[0] >= 0.0f ? 1.0f / (1.0f + e) : e / (1.0f + e);
            net->sums[0] += (z[0] > 0.0f ? z[0] : 0.0f) - z[0] * label + log1pf(e);
            net->sums[1] += (z[0] > 0.0f) == label;
            dz[0] = (p - label) * scale;
            continue;
        }
        int best = 0;
        for (int k = 1; k < l->out; k++) best = z[k] > z[best] ? k : best;
        float sum = 0.0f;
        for (int k = 0; k < l->out; k++) sum += dz[k] = expf(z[k] - z[best]);
        for (int k = 0; k < l->out; k++) dz[k] *= scale / sum;
        dz[label] -= scale;
        net->sums[0] += logf(sum) - (z[label] - z[best]);
        net->sums[1] += best == label;
    }
}

static void backward(network *net) {
    for (int i = net->layers - 1; i >= 0; i--) {
        layer *l = &net->layer[i];
        const float *x = i > 0 ? net->layer[i - 1].y : net->x;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->in, l->out, net->batch, 1.0f, x,
                    l->in, l->dy, l->out, 0.0f, l->dkernel, l->out);
        float *restrict dbias = l->dbias;
        memset(dbias, 0, l->out * sizeof(float));
        for (int row = 0; row < net->batch; row++) {
            const float *restrict dy = l->dy + (size_t)row * l->out;
            for (int k = 0; k < l->out; k++) dbias[k] += dy[k];
        }
        if (i == 0) break;
        float *restrict dx = net->layer[i - 1].dy;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, net->batch, l->in, l->out, 1.0f, l->dy,
                    l->out, l->kernel, l->out, 0.0f, dx, l->in);
        size_t count = (size_t)net->batch * l->in;
        for (size_t k = 0; k < count; k++) dx[k] = x[k] > 0.0f ? dx[k] : 0.0f;
    }
}

static void adam(network *net, const float *restrict g) {
    float *restrict w = net->parameters, *restrict m = net->m, *restrict v = net->v;
    double t = (double)++net->step;
    float alpha = (float)(1e-3 * sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t)));
    for (size_t k = 0; k < net->count; k++) {
        m[k] += (g[k] - m[k]) * 0.1f;
        v[k] += (g[k] * g[k] - v[k]) * 0.001f;
        w[k] -= alpha * m[k] / (sqrtf(v[k]) + 1e-7f);
    }
}

/* One step on the rows order[0 .. batch - 1] of x (rows, features). */
static void step(network *net, const float *x, const int *y, const int *order, int size) {
    int features = net->layer[0].in;
    for (int i = 0; i < net->batch; i++) {
        memcpy(net->x + (size_t)i * features, x + (size_t)order[i] * features,
               features * sizeof(float));
        net->labels[i] = y[order[i]];
    }
    forward(net);
    judge(net, net->batch * size);
    backward(net);
    const float *gradients = net->gradients;
    if (size > 1) {
        MPI_Allreduce(net->gradients, net->reduced, (int)net->count, MPI_FLOAT, MPI_SUM,
                      MPI_COMM_WORLD);
        gradients = net->reduced;
    }
    adam(net, gradients);
}

/* `count` steps through the order of the rows, which starts again where it ends; their seconds. */
static double steps(network *net, long count, const float *x, const int *y, const int *order,
                    int rows, int rank, int size) {
    int global = net->batch * size, batches = rows / global;
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    for (long i = 0; i < count; i++)
        step(net, x, y, order + (size_t)(i % batches) * global + rank * net->batch, size);
    MPI_Barrier(MPI_COMM_WORLD);
    return MPI_Wtime() - start;
}

int main(int argc, char **argv) {
    int rank, size, rows = 20480;
    double seconds = 1.5;
    network net = {.batch = 32};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc < 2) die("usage: bare_step 784-128-10 [--batch B] [--rows N] [--seconds S]");
    for (int i = 2; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--batch")) net.batch = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--rows")) rows = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
        else die("unknown argument");
    }
    if (net.batch < 1 || rows < net.batch * size) die("the rows must fill a batch");
    build(&net, argv[1]);
    flush_denormals();

    /* The rows, and their order, are the same on every rank. */
    int features = net.layer[0].in, outputs = net.layer[net.layers - 1].out;
    int classes = outputs == 1 ? 2 : outputs;
    float *x = take((size_t)rows * features, sizeof(float));
    float *centres = take((size_t)classes * features, sizeof(float));
    int *y = take(rows, sizeof(int)), *order = take(rows, sizeof(int));
    make_rows(rows, features, classes, centres, x, y);
    generator random = {9};
    for (int i = 0; i < rows; i++) order[i] = i;
    for (int i = rows - 1; i > 0; i--) {
        int other = (int)(uniform(&random) * (float)(i + 1)), swap = order[i];
        order[i] = order[other];
        order[other] = swap;
    }

    long count = WARM_UP;
    double warm = steps(&net, count, x, y, order, rows, rank, size);
    count = (long)(seconds / (warm / count)) + 1;
    MPI_Bcast(&count, 1, MPI_LONG, 0, MPI_COMM_WORLD);
    net.sums[0] = net.sums[1] = 0.0;
    double taken = steps(&net, count, x, y, order, rows, rank, size);
    MPI_Allreduce(MPI_IN_PLACE, net.sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    double samples = (double)count * net.batch * size;
    if (rank == 0)
        printf("samples_per_second %.0f loss %.4f accuracy %.4f\n", samples / taken,
               net.sums[0] / samples, net.sums[1] / samples);
    MPI_Finalize();
    return 0;
}
