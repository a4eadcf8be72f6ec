/* write_pictures.c: a dataset as a folder of PNG images, and what nnmpi import must make of that.
 *
 *     write_pictures IN.h5 SIDE FOLDER EXPECTED.h5
 *
 * /train and /test of IN.h5 have rows of SIDE * SIDE bytes (or as many numbers 0 to 255) and classes. FOLDER
 * gets train/CLASS/ROW.png and test/CLASS/ROW.png, EXPECTED.h5 the same images as (SIDE, SIDE, 1): those of
 * /test sorted by class and row, those of /train then in the order that belongs to the seed 0. */
#include "io/h5.h"
#include "io/publish.h"
#include "util/memory.h"
#include "util/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NN_HAS_PNG
#include "unit/write_png.h"

typedef struct {
    int64_t rows, side;
    unsigned char *x;
    int32_t *y;
    int64_t *order; /* sorted by class */
    int32_t classes;
} group;

static nn_status read_group(nn_h5 *file, const char *name, group *out) {
    nn_status status = NN_OK;
    nn_h5_info info;
    char path[64];
    int64_t pixels = out->side * out->side;
    snprintf(path, sizeof path, "/%s/x", name);
    NN_TRY(nn_h5_describe(file, path, &info));
    out->rows = info.shape.dim[0];
    NN_TRY(nn_allocate("x", out->rows * pixels, 1, &out->x));
    NN_TRY(nn_allocate("y", out->rows, sizeof *out->y, &out->y));
    NN_TRY(nn_allocate("order", out->rows, sizeof *out->order, &out->order));
    NN_TRY(nn_h5_read(file, path, NN_H5_U8, out->rows * pixels, out->x));
    snprintf(path, sizeof path, "/%s/y", name);
    NN_TRY(nn_h5_read(file, path, NN_H5_I32, out->rows, out->y));
    for (int64_t i = 0; i < out->rows; i++)
        if (out->y[i] >= out->classes) out->classes = out->y[i] + 1;
    int64_t count = 0;
    for (int32_t class = 0; class < out->classes; class ++)
        for (int64_t i = 0; i < out->rows; i++)
            if (out->y[i] == class) out->order[count++] = i;
done:
    return status;
}

static nn_status write_folder(const group *from, const char *folder, const char *name) {
    nn_status status = NN_OK;
    char path[512];
    int side = (int)from->side;
    for (int64_t i = 0; i < from->rows; i++) {
        snprintf(path, sizeof path, "%s/%s/%d", folder, name, (int)from->y[i]);
        NN_TRY(nn_make_folder(path));
        snprintf(path, sizeof path, "%s/%s/%d/%06" PRId64 ".png", folder, name, (int)from->y[i], i);
        write_png_bytes(path, side, side, 1, from->x + i * side * side);
    }
done:
    return status;
}

static nn_status write_expected(nn_h5 *file, const char *name, group *from, bool mixed) {
    nn_status status = NN_OK;
    nn_h5_rows *x = NULL, *y = NULL;
    char path[64];
    const nn_permutation permutation = nn_permutation_make(
        (nn_random_stream){.purpose = NN_RANDOM_SPLIT, .step = 1}, (uint64_t)from->rows);
    snprintf(path, sizeof path, "/%s/x", name);
    NN_TRY(nn_h5_rows_create(file, path, NN_H5_U8, (nn_shape){3, {from->side, from->side, 1}}, 0, &x));
    snprintf(path, sizeof path, "/%s/y", name);
    NN_TRY(nn_h5_rows_create(file, path, NN_H5_I32, (nn_shape){0}, 0, &y));
    for (int64_t i = 0; i < from->rows; i++) {
        int64_t at = from->order[mixed ? (int64_t)nn_permute(&permutation, (uint64_t)i) : i];
        NN_TRY(nn_h5_rows_append(x, 1, from->x + at * from->side * from->side));
        NN_TRY(nn_h5_rows_append(y, 1, &from->y[at]));
    }
    NN_TRY(nn_h5_rows_close(&x));
    NN_TRY(nn_h5_rows_close(&y));
done:
    return status;
}

static nn_status run(char **argv) {
    nn_status status = NN_OK;
    nn_h5 *in = NULL, *out = NULL;
    group train = {.side = atoi(argv[2])}, test = train;
    NN_TRY(nn_h5_open(argv[1], &in));
    NN_TRY(read_group(in, "train", &train));
    NN_TRY(read_group(in, "test", &test));
    NN_TRY(write_folder(&train, argv[3], "train"));
    NN_TRY(write_folder(&test, argv[3], "test"));
    NN_TRY(nn_h5_create(argv[4], 0, &out));
    NN_TRY(write_expected(out, "train", &train, true));
    NN_TRY(write_expected(out, "test", &test, false));
    NN_TRY(nn_h5_close(&out));
done:
    nn_h5_discard(&in);
    nn_h5_discard(&out);
    free(train.x), free(train.y), free(train.order);
    free(test.x), free(test.y), free(test.order);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: write_pictures IN.h5 SIDE FOLDER EXPECTED.h5\n");
        return 64;
    }
    nn_status status = run(argv);
    if (status != NN_OK) fprintf(stderr, "write_pictures: %s\n", nn_message());
    return (int)status;
}

#else

int main(void) {
    fprintf(stderr, "write_pictures: this build has no libpng\n");
    return 77;
}

#endif
