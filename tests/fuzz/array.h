/* array.h: an array up to its rows as numbers, for fuzz_idx.c, fuzz_npy.c and fuzz_npz.c. */
#ifndef NN_TESTS_FUZZ_ARRAY_H
#define NN_TESTS_FUZZ_ARRAY_H

#include "fuzz.h"

#include "data/array_file.h"

#include <stdlib.h>

/** Reads all rows, some at a time, as the type that an import would choose or, for whole numbers, as
 * 32-bit ones. */
static inline nn_status fuzz_rows(nn_array_file *array) {
    enum { PIECE = 4096 };
    nn_h5_type type = array->kind == NN_H5_REAL                       ? NN_H5_F32
                      : array->bytes == 1 && !array->is_signed ? NN_H5_U8
                                                               : NN_H5_I32;
    const int64_t rows = array->shape.dim[0], numbers = nn_shape_count(array->shape) / rows;
    int64_t some = numbers < PIECE ? PIECE / numbers : 1;
    nn_status status = NN_OK;
    fuzz_check(numbers <= nn_stream_most(array->stream), "a row that is longer than the file");
    void *piece = malloc((size_t)(some * numbers) * sizeof(float));
    fuzz_check(piece != NULL, "out of memory");
    for (int64_t i = 0; i < rows && status == NN_OK; i += some) {
        if (some > rows - i) some = rows - i;
        status = nn_array_file_read(array, some, type, piece);
    }
    if (status == NN_OK) status = nn_array_file_end(array);
    free(piece);
    return status;
}

/** All rows of an IDX or NPY file. */
static inline int fuzz_array(const uint8_t *data, size_t size, nn_array_header *header) {
    nn_array_file array = {0};
    fuzz_input(data, size);
    nn_status status = nn_array_file_open("input", header, &array);
    if (status == NN_OK) status = fuzz_rows(&array);
    fuzz_check_failure(status);
    nn_array_file_close(&array);
    return 0;
}

#endif
