/* resize.c: a pixel of the new image is a weighted mean of pixels of the old one, first along the columns,
 * then along the rows. */
#include "data/resize.h"

#include "util/memory.h"

#include <math.h>
#include <stdlib.h>

/* The weights of one axis: new pixel i is the sum over k < taps of weights[i * taps + k] times old pixel
 * first[i] + k. */
typedef struct {
    int64_t taps, *first;
    float *weights;
} axis_weights;

/* The mean over the old pixels, in parts, that lie within new pixel i. */
static void fill_area(axis_weights *axis, int64_t i, int64_t from, double scale) {
    double begin = (double)i * scale, end = begin + scale;
    axis->first[i] = (int64_t)begin;
    for (int64_t k = 0; k < axis->taps; k++) {
        double low = (double)(axis->first[i] + k), high = low + 1.0;
        double part = fmin(high, end) - fmax(low, begin);
        if (axis->first[i] + k < from && part > 0.0)
            axis->weights[i * axis->taps + k] = (float)(part / scale);
    }
}

/* Between the centres of two old pixels; beyond the outermost ones, those. */
static void fill_linear(axis_weights *axis, int64_t i, int64_t from, double scale) {
    double centre = fmin(fmax(((double)i + 0.5) * scale - 0.5, 0.0), (double)(from - 1));
    axis->first[i] = (int64_t)centre;
    double part = centre - (double)axis->first[i];
    axis->weights[i * axis->taps] = (float)(1.0 - part);
    if (axis->first[i] + 1 < from) axis->weights[i * axis->taps + 1] = (float)part;
}

static nn_status make_weights(int64_t from, int64_t to, axis_weights *out) {
    nn_status status = NN_OK;
    double scale = (double)from / (double)to;
    out->taps = to < from ? (int64_t)ceil(scale) + 1 : 2;
    NN_TRY(nn_allocate("weights of an image", to, sizeof *out->first, &out->first));
    NN_TRY(nn_allocate("weights of an image", to * out->taps, sizeof *out->weights, &out->weights));
    for (int64_t i = 0; i < to; i++)
        if (to < from)
            fill_area(out, i, from, scale);
        else
            fill_linear(out, i, from, scale);
done:
    return status;
}

static void free_weights(axis_weights *axis) {
    free(axis->first);
    free(axis->weights);
}

/* One row: from (width, channels) bytes to (to_width, channels) reals. */
static void resize_row(const axis_weights *axis, const unsigned char *from, int64_t width,
                       int channels, int64_t to_width, float *to) {
    for (int64_t x = 0; x < to_width; x++)
        for (int c = 0; c < channels; c++) {
            float sum = 0.0f;
            for (int64_t k = 0; k < axis->taps && axis->first[x] + k < width; k++)
                sum += axis->weights[x * axis->taps + k] *
                       (float)from[(axis->first[x] + k) * channels + c];
            to[x * channels + c] = sum;
        }
}

nn_status nn_resize(const unsigned char *from, nn_image_size from_size, int channels,
                    nn_image_size to_size, unsigned char *to) {
    nn_status status = NN_OK;
    axis_weights rows = {0}, columns = {0};
    float *between = NULL; /* (height, to_width, channels) */
    int64_t row = to_size.width * channels;
    NN_TRY(make_weights(from_size.height, to_size.height, &rows));
    NN_TRY(make_weights(from_size.width, to_size.width, &columns));
    NN_TRY(nn_allocate("an image", from_size.height * row, sizeof *between, &between));
    for (int64_t y = 0; y < from_size.height; y++)
        resize_row(&columns, from + y * from_size.width * channels, from_size.width, channels,
                   to_size.width, between + y * row);
    for (int64_t y = 0; y < to_size.height; y++)
        for (int64_t i = 0; i < row; i++) {
            float sum = 0.0f;
            for (int64_t k = 0; k < rows.taps && rows.first[y] + k < from_size.height; k++)
                sum += rows.weights[y * rows.taps + k] * between[(rows.first[y] + k) * row + i];
            to[y * row + i] = (unsigned char)fminf(sum + 0.5f, 255.0f);
        }
done:
    free(between);
    free_weights(&rows);
    free_weights(&columns);
    return status;
}
