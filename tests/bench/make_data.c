/* make_data.c: writes the rows of rows.h as a dataset file, /train/x (N, F) float32 and /train/y (N)
 * int32, in row-contiguous chunks of about 1 MiB.
 *
 * Usage: make_data OUTPUT.h5 ROWS FEATURES CLASSES */
#include "rows.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

static int write_rows(hid_t group, const char *name, hid_t type, int rank, const hsize_t *shape,
                      size_t row_bytes, const void *data) {
    hsize_t chunk[2] = {(hsize_t)(1 << 20) / row_bytes + 1, rank > 1 ? shape[1] : 1};
    if (chunk[0] > shape[0]) chunk[0] = shape[0];
    hid_t space = H5Screate_simple(rank, shape, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, rank, chunk);
    hid_t set = H5Dcreate2(group, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    int bad = set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;
    bad |= H5Dclose(set) < 0;
    H5Pclose(how);
    H5Sclose(space);
    return bad;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: make_data OUTPUT.h5 ROWS FEATURES CLASSES\n");
        return 64;
    }
    int rows = atoi(argv[2]), features = atoi(argv[3]), classes = atoi(argv[4]);
    if (rows < 1 || features < 1 || classes < 2) return 64;
    float *x = malloc((size_t)rows * features * sizeof *x);
    float *centres = malloc((size_t)classes * features * sizeof *centres);
    int *y = malloc((size_t)rows * sizeof *y);
    if (!x || !centres || !y) return 70;
    make_rows(rows, features, classes, centres, x, y);

    hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0) return 73;
    hid_t group = H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t shape[2] = {(hsize_t)rows, (hsize_t)features};
    int bad = write_rows(group, "x", H5T_NATIVE_FLOAT, 2, shape, features * sizeof *x, x);
    bad |= write_rows(group, "y", H5T_NATIVE_INT, 1, shape, sizeof *y, y);
    H5Gclose(group);
    bad |= H5Fclose(file) < 0;
    free(x);
    free(centres);
    free(y);
    return bad ? 74 : 0;
}
