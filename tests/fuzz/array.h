/* array.h: an IDX or NPY file up to its rows as numbers, for fuzz_idx.c and fuzz_npy.c. */
#ifndef NN_TESTS_FUZZ_ARRAY_H
#define NN_TESTS_FUZZ_ARRAY_H

#include "fuzz.h"

#include "data/array_file.h"

#include <stdlib.h>

/** Reads all rows, one at a time, as the type that an import would choose or, for whole numbers, as
 * 32-bit ones. */
static inline int fuzz_array(const uint8_t *data, size_t size, nn_array_header *header) {
    nn_array_file array = {0};
    char *row = NULL;
    fuzz_input(data, size);
    nn_status status = nn_array_file_open("input", header, &array);
    if (status == NN_OK) {
        nn_h5_type type = array.kind == NN_H5_REAL                       ? NN_H5_F32
                          : array.bytes == 1 && !array.is_signed ? NN_H5_U8
                                                                 : NN_H5_I32;
        const int64_t rows = array.shape.dim[0], numbers = nn_shape_count(array.shape) / rows;
        fuzz_check(numbers <= (int64_t)size, "a row that is longer than the file");
        row = malloc((size_t)numbers * sizeof(float));
        fuzz_check(row != NULL, "out of memory");
        for (int64_t i = 0; i < rows && status == NN_OK; i++)
            status = nn_array_file_read(&array, 1, type, row);
        if (status == NN_OK) status = nn_array_file_end(&array);
    }
    fuzz_check_failure(status);
    free(row);
    nn_array_file_close(&array);
    return 0;
}

#endif
