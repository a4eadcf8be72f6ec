/* zeros.c: a dataset file of zeros: /train/x (ROWS, FEATURES) bytes and /train/y (ROWS) classes.
 *
 *     zeros OUT.h5 ROWS FEATURES */
#include "io/h5.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    void *zeros = NULL;
    if (argc != 4) NN_TRY(nn_fail(NN_USAGE, "zeros OUT.h5 ROWS FEATURES"));
    const int64_t rows = atoll(argv[2]), features = atoll(argv[3]);
    NN_TRY(nn_allocate("rows", rows, (size_t)features + sizeof(int32_t), &zeros));
    NN_TRY(nn_h5_create(argv[1], 0, &file));
    NN_TRY(nn_h5_write(file, "/train/x", NN_H5_U8, (nn_shape){2, {rows, features}}, zeros));
    NN_TRY(nn_h5_write(file, "/train/y", NN_H5_I32, (nn_shape){1, {rows}}, zeros));
    NN_TRY(nn_h5_close(&file));
done:
    if (status != NN_OK) fprintf(stderr, "zeros: %s\n", nn_message());
    nn_h5_discard(&file);
    free(zeros);
    return (int)status;
}
