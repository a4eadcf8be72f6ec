/* results.c: a file of predictions with what is true. */
#include "report/results.h"

#include "train/predictions.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PIECE = 1 << 16 }; /* numbers that are read at a time */

static nn_status describe(nn_results *self) {
    nn_status status = NN_OK;
    nn_h5_info predictions, truth, classes;
    const char *path = nn_h5_path(self->file);
    if (!nn_predictions_are(self->file))
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s: it holds no /predictions; nnmpi plot draws the folder of a run, or a file "
                       "that nnmpi eval --save has written",
                       path));
    if (!nn_h5_is_dataset(self->file, "/y"))
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s: it does not say what is true (/y), only what is predicted; nnmpi eval "
                       "--save writes both",
                       path));
    NN_TRY(nn_h5_describe(self->file, "/predictions", &predictions));
    NN_TRY(nn_h5_describe(self->file, "/y", &truth));
    if (predictions.kind == NN_H5_OTHER || truth.kind == NN_H5_OTHER || predictions.shape.rank < 1 ||
        truth.shape.rank < 1 || nn_shape_count(predictions.shape) == 0 ||
        truth.shape.dim[0] != predictions.shape.dim[0])
        NN_TRY(nn_fail(NN_BAD_DATA, "%s: /predictions and /y are not the same number of rows of numbers",
                       path));
    self->rows = predictions.shape.dim[0];
    self->columns = nn_shape_count(predictions.shape) / self->rows;
    self->targets = nn_shape_count(truth.shape) / self->rows;
    if (nn_h5_is_dataset(self->file, "/classes")) {
        NN_TRY(nn_h5_describe(self->file, "/classes", &classes));
        if (classes.kind != NN_H5_INTEGER || classes.shape.rank != 1 ||
            classes.shape.dim[0] != self->rows)
            NN_TRY(nn_fail(NN_BAD_DATA, "%s: /classes is not a class for each row", path));
        self->classes = self->columns > 1 ? self->columns : 2;
    }
    if (self->targets != self->columns && !(self->classes > 0 && self->targets == 1))
        status = nn_fail(NN_BAD_DATA,
                         "%s: a row of /y has %" PRId64 " numbers, one of /predictions %" PRId64, path,
                         self->targets, self->columns);
done:
    return status;
}

nn_status nn_results_open(const char *path, nn_results *out) {
    nn_status status = NN_OK;
    *out = (nn_results){0};
    NN_TRY(nn_h5_open(path, &out->file));
    NN_TRY(describe(out));
    NN_TRY(nn_names_read(out->file, "/", &out->names));
done:
    return status;
}

void nn_results_close(nn_results *results) {
    nn_names_free(&results->names);
    nn_h5_discard(&results->file);
}

/* Two arrays of the file, and room for a piece of the rows of each. */
typedef struct {
    nn_h5_rows *source[2];
    void *piece[2];
    int64_t rows; /* of a piece */
} pair;

static nn_status open_pair(nn_results *self, const char *first, const char *second, int64_t columns,
                           size_t bytes, pair *out) {
    nn_status status = NN_OK;
    const char *paths[] = {first, second};
    *out = (pair){.rows = PIECE / columns + 1};
    for (int i = 0; i < 2; i++) {
        NN_TRY(nn_h5_rows_open(self->file, paths[i], &out->source[i]));
        NN_TRY(nn_allocate("rows", out->rows * columns, bytes, &out->piece[i]));
    }
done:
    return status;
}

static void close_pair(pair *of) {
    for (int i = 0; i < 2; i++) {
        if (nn_h5_rows_close(&of->source[i]) != NN_OK) continue; /* it was only read */
        free(of->piece[i]);
        of->piece[i] = NULL;
    }
}

static nn_status read_piece(const pair *of, int i, int64_t first, int64_t rows, nn_h5_type type) {
    return nn_h5_rows_read(of->source[i], first, rows, type, of->piece[i]);
}

/* The class that a row of targets means: the number itself, the greatest of several, or the side of
 * 1/2 of a single one. In place, over the targets. */
static nn_status find_classes(const nn_results *self, int64_t first, int64_t rows,
                              const double *targets, int32_t *out) {
    for (int64_t i = 0; i < rows; i++) {
        const double *row = targets + i * self->targets;
        int64_t class = 0;
        if (self->targets > 1) {
            for (int64_t k = 1; k < self->targets; k++)
                if (row[k] > row[class]) class = k;
        } else if (self->columns == 1) class = row[0] > 0.5;
        else if (row[0] >= 0 && row[0] < (double)self->classes) class = (int64_t)row[0];
        else
            return nn_fail(NN_BAD_DATA, "%s: row %" PRId64 " of /y is %g, but the classes are 0 to %" PRId64,
                           nn_h5_path(self->file), first + i, row[0], self->classes - 1);
        out[i] = (int32_t)class;
    }
    return NN_OK;
}

nn_status nn_results_each_class(nn_results *results, nn_results_classes *each, void *context) {
    nn_status status = NN_OK;
    pair of = {.rows = 0};
    int32_t *truth = NULL;
    NN_TRY(open_pair(results, "/classes", "/y", results->targets, sizeof(double), &of));
    NN_TRY(nn_allocate("classes", of.rows, sizeof *truth, &truth));
    for (int64_t first = 0, rows; first < results->rows; first += rows) {
        rows = results->rows - first < of.rows ? results->rows - first : of.rows;
        NN_TRY(read_piece(&of, 0, first, rows, NN_H5_I32));
        NN_TRY(read_piece(&of, 1, first, rows, NN_H5_F64));
        const int32_t *predicted = of.piece[0];
        for (int64_t i = 0; i < rows; i++)
            if (predicted[i] < -1 || predicted[i] >= results->classes)
                NN_TRY(nn_fail(NN_BAD_DATA, "%s: row %" PRId64 " of /classes is none of the %" PRId64 " classes",
                               nn_h5_path(results->file), first + i, results->classes));
        NN_TRY(find_classes(results, first, rows, of.piece[1], truth));
        NN_TRY(each(context, rows, predicted, truth));
    }
done:
    free(truth);
    close_pair(&of);
    return status;
}

nn_status nn_results_each_value(nn_results *results, nn_results_values *each, void *context) {
    nn_status status = NN_OK;
    pair of = {.rows = 0};
    NN_TRY(open_pair(results, "/predictions", "/y", results->columns, sizeof(double), &of));
    for (int64_t first = 0, rows; first < results->rows; first += rows) {
        rows = results->rows - first < of.rows ? results->rows - first : of.rows;
        NN_TRY(read_piece(&of, 0, first, rows, NN_H5_F64));
        NN_TRY(read_piece(&of, 1, first, rows, NN_H5_F64));
        NN_TRY(each(context, rows, of.piece[0], of.piece[1]));
    }
done:
    close_pair(&of);
    return status;
}
