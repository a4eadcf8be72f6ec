/* print_array.c: a dataset of a file, numbers or texts, as text, a row a line.
 *
 *     print_array FILE.h5 PATH */
#include "io/h5.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static nn_status print_texts(nn_h5 *file, const char *path) {
    nn_h5_texts *texts = NULL;
    nn_status status = NN_OK;
    NN_TRY(nn_h5_texts_open(file, path, &texts));
    for (int64_t i = 0; i < nn_h5_texts_rows(texts); i++) {
        char *text = NULL;
        NN_TRY(nn_h5_texts_read(texts, i, 1, &text));
        puts(text);
        free(text);
    }
done:
    return nn_h5_texts_close(&texts) == NN_OK ? status : NN_IO;
}

static nn_status print(nn_h5 *file, const char *path) {
    nn_h5_info info;
    double *values = NULL;
    nn_status status = nn_h5_describe(file, path, &info);
    if (status != NN_OK) return status;
    if (info.is_text) return print_texts(file, path);
    int64_t count = nn_shape_count(info.shape);
    int64_t columns = info.shape.rank > 1 ? count / info.shape.dim[0] : 1;
    NN_TRY(nn_allocate("values", count, sizeof *values, &values));
    NN_TRY(nn_h5_read(file, path, NN_H5_F64, count, values));
    for (int64_t i = 0; i < count; i++)
        printf("%.9g%c", values[i], (i + 1) % columns == 0 ? '\n' : ' ');
done:
    free(values);
    return status;
}

int main(int argc, char **argv) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    if (argc != 3) NN_TRY(nn_fail(NN_USAGE, "print_array FILE.h5 PATH"));
    NN_TRY(nn_h5_open(argv[1], &file));
    status = print(file, argv[2]);
done:
    if (status != NN_OK) fprintf(stderr, "print_array: %s\n", nn_message());
    nn_h5_discard(&file);
    return (int)status;
}
