/* gemms_alone.c: the matrix products of a training step of a dense network and nothing else, as the
 * limit of what a step can do on one core: y = x W for each layer, then dW = x^T dy for each and
 * dx = dy W^T for all but the first. Each is one call of cblas_sgemm, in the order of a step, on
 * buffers that are used again in every step, as a step does.
 *
 * Usage: gemms_alone 784-128-10 [--batch 32] [--seconds 1.5]
 * Prints samples a second, and which CBLAS and kernels they are. */
#include "network.h"
#include "rows.h"

#include <cblas.h>
#include <math.h>

/* OpenBLAS's own; another CBLAS lacks it. */
extern char *openblas_get_config(void) __attribute__((weak));

typedef struct {
    int in, out;
    float *kernel, *dkernel; /* (in, out) */
    float *x, *y;            /* (B, in), which is the y of the layer below; (B, out) */
    float *dx, *dy;          /* likewise; dx is NULL in the first layer */
} layer;

static float *random_floats(size_t count, float bound, generator *random) {
    float *values = take(count, sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = bound * (2.0f * uniform(random) - 1.0f);
    return values;
}

static int build(const char *network, int batch, layer *layers) {
    int width[MAX_LAYERS + 1], count = read_widths(network, width);
    generator random = {1};
    float *x = random_floats((size_t)batch * width[0], 1.0f, &random), *dx = NULL;
    for (int i = 0; i < count; i++) {
        layer *l = &layers[i];
        l->in = width[i];
        l->out = width[i + 1];
        size_t kernel = (size_t)l->in * l->out, outputs = (size_t)batch * l->out;
        l->kernel = random_floats(kernel, sqrtf(6.0f / (float)(l->in + l->out)), &random);
        l->dkernel = take(kernel, sizeof(float));
        l->x = x;
        l->dx = dx;
        x = l->y = take(outputs, sizeof(float));
        dx = l->dy = random_floats(outputs, 1.0f, &random);
    }
    return count;
}

static void step(const layer *layers, int count, int batch) {
    for (int i = 0; i < count; i++) {
        const layer *l = &layers[i];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, l->out, l->in, 1.0f, l->x,
                    l->in, l->kernel, l->out, 0.0f, l->y, l->out);
    }
    for (int i = count - 1; i >= 0; i--) {
        const layer *l = &layers[i];
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->in, l->out, batch, 1.0f, l->x,
                    l->in, l->dy, l->out, 0.0f, l->dkernel, l->out);
        if (l->dx)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, l->in, l->out, 1.0f, l->dy,
                        l->out, l->kernel, l->out, 0.0f, l->dx, l->in);
    }
}

static double steps(const layer *layers, int count, int batch, long times) {
    double start = MPI_Wtime();
    for (long i = 0; i < times; i++) step(layers, count, batch);
    return MPI_Wtime() - start;
}

int main(int argc, char **argv) {
    int batch = 32;
    double seconds = 1.5;
    layer layers[MAX_LAYERS];
    MPI_Init(&argc, &argv);
    if (argc < 2) die("usage: gemms_alone 784-128-10 [--batch B] [--seconds S]");
    for (int i = 2; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--batch"))
            batch = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--seconds"))
            seconds = atof(argv[i + 1]);
        else
            die("gemms_alone: unknown argument");
    }
    if (batch < 1) die("gemms_alone: a batch has at least one row");
    flush_denormals();
    int count = build(argv[1], batch, layers);

    steps(layers, count, batch, 2);
    double once = steps(layers, count, batch, 2) / 2;
    steps(layers, count, batch, (long)(0.1 * seconds / once));
    long times = (long)(seconds / once) + 1;
    double taken = steps(layers, count, batch, times);
    printf("samples_per_second %.0f cblas %s\n", (double)times * batch / taken,
           openblas_get_config ? openblas_get_config() : "unknown");
    MPI_Finalize();
    return 0;
}
