/* chunk_dataset.c: a dataset file in chunks that nnmpi would not write, with attributes of all kinds.
 *
 *     chunk_dataset OUT.h5 ROWS COLUMNS CHUNK_ROWS CHUNK_COLUMNS DEFLATE [soft|external]
 *
 * /train/x is big-endian float32 of whole numbers, /train/y int16 classes 0 to 2, /train/w float64,
 * /test/x an h5py boolean; a last word adds a link that is refused. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int put(hid_t file, const char *path, hid_t stored, hid_t memory, int rank,
               const hsize_t *shape, const hsize_t *chunk, int deflate, const void *data) {
    hid_t space = H5Screate_simple(rank, shape, NULL), how = H5Pcreate(H5P_DATASET_CREATE);
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    if (chunk) H5Pset_chunk(how, rank, chunk);
    if (chunk && deflate > 0) H5Pset_deflate(how, (unsigned)deflate);
    hid_t set = H5Dcreate2(file, path, stored, space, links, how, H5P_DEFAULT);
    int bad = set < 0 || H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;
    H5Dclose(set);
    H5Pclose(links);
    H5Pclose(how);
    H5Sclose(space);
    return bad;
}

static int note(hid_t file, const char *path, const char *name, hid_t type, int rank,
                const hsize_t *shape, const void *data) {
    hid_t space = rank ? H5Screate_simple(rank, shape, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate_by_name(file, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int bad = attribute < 0 || H5Awrite(attribute, type, data) < 0;
    H5Aclose(attribute);
    H5Sclose(space);
    return bad;
}

static int put_notes(hid_t file) {
    const char *title = "Badly chunked", *names[3] = {"one", "two", "three"};
    const double limits[2] = {-1.5, 2.5};
    const int version = 7;
    const hsize_t three = 3, two = 2;
    hid_t text = H5Tcopy(H5T_C_S1), fixed = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tset_size(fixed, 4);
    int bad = note(file, "/", "title", text, 0, NULL, &title);
    bad |= note(file, "/", "class_names", text, 1, &three, names);
    bad |= note(file, "/", "version", H5T_NATIVE_INT, 0, NULL, &version);
    bad |= note(file, "/train", "units", fixed, 0, NULL, "mm\0");
    bad |= note(file, "/train/x", "limits", H5T_NATIVE_DOUBLE, 1, &two, limits);
    H5Tclose(text);
    H5Tclose(fixed);
    return bad;
}

static int put_arrays(hid_t file, hsize_t rows, hsize_t columns, const hsize_t *chunk,
                      int deflate) {
    hsize_t shape[2] = {rows, columns}, some = rows < 100 ? rows : 100;
    float *x = malloc(rows * columns * sizeof *x);
    short *y = malloc(rows * sizeof *y);
    double *w = malloc(rows * sizeof *w);
    signed char *flags = malloc(rows), value = 0;
    if (!x || !y || !w || !flags) return 1;
    for (hsize_t i = 0; i < rows * columns; i++) x[i] = (float)(i * 7 % 251) - 100;
    for (hsize_t i = 0; i < rows; i++) {
        y[i] = (short)(i % 3);
        w[i] = 0.1 * (double)(i % 9 + 1);
        flags[i] = i % 5 == 0;
    }
    hid_t boolean = H5Tenum_create(H5T_NATIVE_INT8);
    H5Tenum_insert(boolean, "FALSE", &value);
    value = 1;
    H5Tenum_insert(boolean, "TRUE", &value);
    int bad = put(file, "train/x", H5T_IEEE_F32BE, H5T_NATIVE_FLOAT, 2, shape, chunk, deflate, x);
    bad |= put(file, "train/y", H5T_STD_I16LE, H5T_NATIVE_SHORT, 1, shape, NULL, 0, y);
    bad |= put(file, "train/w", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, shape, NULL, 0, w);
    bad |= put(file, "test/x", boolean, boolean, 1, &some, NULL, 0, flags);
    H5Tclose(boolean);
    free(x);
    free(y);
    free(w);
    free(flags);
    return bad;
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr, "usage: chunk_dataset OUT.h5 ROWS COLUMNS CHUNK_ROWS CHUNK_COLUMNS DEFLATE "
                        "[soft|external]\n");
        return 64;
    }
    hsize_t chunk[2] = {(hsize_t)atoi(argv[4]), (hsize_t)atoi(argv[5])};
    hid_t file = H5Fcreate(argv[1], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (file < 0) return 73;
    int bad = put_arrays(file, (hsize_t)atoi(argv[2]), (hsize_t)atoi(argv[3]), chunk,
                         atoi(argv[6])) || put_notes(file);
    if (argc > 7 && strcmp(argv[7], "soft") == 0)
        bad |= H5Lcreate_soft("/train/x", file, "/test/y", H5P_DEFAULT, H5P_DEFAULT) < 0;
    if (argc > 7 && strcmp(argv[7], "external") == 0)
        bad |= H5Lcreate_external("a.h5", "/x", file, "/test/y", H5P_DEFAULT, H5P_DEFAULT) < 0;
    return H5Fclose(file) < 0 || bad ? 74 : 0;
}
