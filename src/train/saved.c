/* saved.c: a trained model in a file, ready to be used. */
#include "train/saved.h"

#include "io/h5.h"
#include "io/publish.h"
#include "model/keras.h"

#include <stdlib.h>

static nn_status read_run(nn_h5 *file, nn_run **run) {
    char *text = NULL;
    *run = NULL;
    if (!nn_h5_has(file, "/nnmpi") || !nn_h5_has_attribute(file, "/nnmpi", "config")) return NN_OK;
    nn_status status = nn_h5_read_text(file, "/nnmpi", "config", &text);
    if (status == NN_OK) status = nn_run_read(text, nn_h5_path(file), NULL, 0, run);
    free(text);
    return status;
}

nn_status nn_saved_open(const char *path, int64_t max_rows, nn_saved *out) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    *out = (nn_saved){0};
    if (nn_seal_present(path)) NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_keras_read(file, max_rows, &out->model));
    NN_TRY(read_run(file, &out->run));
    if (nn_h5_has(file, "/nnmpi")) NN_TRY(nn_names_read(file, "/nnmpi", &out->names));
done:
    nn_h5_discard(&file);
    if (status != NN_OK) nn_saved_close(out);
    return status;
}

void nn_saved_close(nn_saved *saved) {
    nn_model_destroy(&saved->model);
    nn_run_destroy(&saved->run);
    nn_names_free(&saved->names);
}
