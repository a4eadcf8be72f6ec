/* fuzz_model_config.c: Keras's model_config, JSON, to a model, and its training_config to loss and metrics. What is accepted is written as JSON again,
 * which must read back as the same. Memory is limited, so that a model may be too large for it. */
#include "fuzz.h"

#include "model/keras.h"
#include "model/keras_compile.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 1 << 22, ROWS = 3 };

nn_status __real_nn_allocate(const char *what, int64_t count, size_t size, void *out);
nn_status __wrap_nn_allocate(const char *what, int64_t count, size_t size, void *out);

/* Stands for nn_allocate() on a small machine. */
nn_status __wrap_nn_allocate(const char *what, int64_t count, size_t size, void *out) {
    void *none = NULL;
    if (count >= 0 && (uint64_t)count <= MEMORY / (size ? size : 1))
        return __real_nn_allocate(what, count, size, out);
    memcpy(out, &none, sizeof none);
    return nn_fail(NN_INTERNAL, "out of memory: %s", what);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

static void check_round_trip(const nn_model *model) {
    char *once = NULL, *twice = NULL;
    nn_model *again = NULL;
    if (nn_keras_config(model, &once) != NN_OK) return; /* a name that is no UTF-8 */
    fuzz_check(nn_keras_build(once, ROWS, &again) == NN_OK, "a model_config of ours is refused");
    fuzz_check(nn_keras_config(again, &twice) == NN_OK, "a model_config cannot be written");
    fuzz_check(strcmp(once, twice) == 0, "a model_config is another model");
    nn_model_destroy(&again);
    free(once);
    free(twice);
}

static void try_compiled(const char *text) {
    nn_object *loss = NULL;
    nn_object_list metrics = {0};
    nn_status status = nn_keras_compiled_loss(text, &loss);
    fuzz_check_failure(status);
    if (status == NN_OK) {
        fuzz_check_failure(nn_keras_compiled_metrics(text, loss, ROWS, &metrics));
        for (int64_t i = 0; i < metrics.count; i++) nn_object_destroy(&metrics.items[i]);
        free(metrics.items);
    }
    nn_object_destroy(&loss);
}

int fuzz_target(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    nn_model *model = NULL;
    nn_status status = nn_keras_build(text, ROWS, &model);
    fuzz_check_failure(status);
    if (status == NN_OK) check_round_trip(model);
    if (status == NN_OK) fuzz_check_failure(nn_keras_check_use(text, model, NN_KERAS_TRAIN));
    if (status != NN_OK) try_compiled(text);
    nn_model_destroy(&model);
    free(text);
    return 0;
}
