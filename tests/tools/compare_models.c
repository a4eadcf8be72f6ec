/* compare_models.c: how far the numbers of two files lie apart.
 *
 *     compare_models A.h5 B.h5 [PATH]
 *
 * compares the dataset PATH, or all datasets of the group PATH (/model_weights), and prints
 *
 *     bits equal 0
 *     bits differ 1.2e-07
 *
 * The number is the largest, over the datasets, of max |a - b| / max |a|: one weight near zero
 * among large ones does not count as far. NaN, and datasets that only one file has, fail with exit
 * code 65. */
#include "io/h5.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    nn_h5 *a, *b;
    bool equal;
    double worst;
    int64_t datasets;
} comparison;

static nn_status compare_values(comparison *with, const char *path, int64_t count, const double *a,
                                const double *b) {
    double scale = 0, difference = 0;
    if (memcmp(a, b, (size_t)count * sizeof *a) != 0) with->equal = false;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) return nn_fail(NN_BAD_DATA, "%s: it holds NaN", path);
        scale = fmax(scale, fabs(a[i]));
        difference = fmax(difference, fabs(a[i] - b[i]));
    }
    if (difference > 0) with->worst = fmax(with->worst, difference / fmax(scale, difference));
    with->datasets++;
    return NN_OK;
}

static nn_status compare_datasets(comparison *with, const char *path) {
    nn_status status = NN_OK;
    nn_h5_info a, b;
    double *values[2] = {NULL, NULL};
    NN_TRY(nn_h5_describe(with->a, path, &a));
    NN_TRY(nn_h5_describe(with->b, path, &b));
    int64_t count = nn_shape_count(a.shape);
    if (!nn_shape_equal(a.shape, b.shape))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s: the shapes differ", path));
    NN_TRY(nn_allocate("values", count, sizeof *values[0], &values[0]));
    NN_TRY(nn_allocate("values", count, sizeof *values[1], &values[1]));
    NN_TRY(nn_h5_read(with->a, path, NN_H5_F64, count, values[0]));
    NN_TRY(nn_h5_read(with->b, path, NN_H5_F64, count, values[1]));
    status = compare_values(with, path, count, values[0], values[1]);
done:
    free(values[0]);
    free(values[1]);
    return status;
}

static nn_status compare(comparison *with, const char *path) {
    nn_status status = NN_OK;
    char **names[2] = {NULL, NULL};
    int64_t counts[2] = {0, 0};
    if (!nn_h5_is_group(with->a, path)) return compare_datasets(with, path);
    NN_TRY(nn_h5_list(with->a, path, &names[0], &counts[0]));
    NN_TRY(nn_h5_list(with->b, path, &names[1], &counts[1]));
    if (counts[0] != counts[1]) NN_TRY(nn_fail(NN_BAD_DATA, "%s: other members", path));
    for (int64_t i = 0; i < counts[0] && status == NN_OK; i++) {
        nn_text text = {0};
        char *member = NULL;
        nn_text_add(&text, "%s/%s", path, names[0][i]);
        status = nn_text_take(&text, &member);
        if (status == NN_OK) status = compare(with, member);
        free(member);
    }
done:
    for (int f = 0; f < 2; f++) {
        for (int64_t i = 0; i < counts[f]; i++) free(names[f][i]);
        free(names[f]);
    }
    return status;
}

int main(int argc, char **argv) {
    nn_status status = NN_OK;
    comparison with = {.equal = true};
    const char *path = argc > 3 ? argv[3] : "/model_weights";
    if (argc < 3) NN_TRY(nn_fail(NN_USAGE, "compare_models A.h5 B.h5 [PATH]"));
    NN_TRY(nn_h5_open(argv[1], &with.a));
    NN_TRY(nn_h5_open(argv[2], &with.b));
    NN_TRY(compare(&with, path));
    if (with.datasets == 0) NN_TRY(nn_fail(NN_BAD_DATA, "%s: there is no dataset", path));
    printf("bits %s %g\n", with.equal ? "equal" : "differ", with.worst);
done:
    if (status != NN_OK) fprintf(stderr, "compare_models: %s\n", nn_message());
    nn_h5_discard(&with.a);
    nn_h5_discard(&with.b);
    return (int)status;
}
