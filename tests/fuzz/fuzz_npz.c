/* fuzz_npz.c: NPZ archives: which arrays are found, and their rows as numbers. What would become of them in
 * a dataset is left out: the function below stands in for it. */
#include "array.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

nn_status __wrap_nn_import_arrays_write(const nn_import_arrays *arrays, nn_array_opener *opener,
                                        void *context, const nn_import_options *options);

nn_status __wrap_nn_import_arrays_write(const nn_import_arrays *arrays, nn_array_opener *opener,
                                        void *context, const nn_import_options *options) {
    const char *names[] = {arrays->train_x, arrays->train_y,      arrays->test_x,
                           arrays->test_y,  arrays->validation_x, arrays->validation_y};
    nn_status status = NN_OK;
    (void)options;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == NN_OK; i++) {
        nn_array_file array = {0};
        if (!names[i]) continue;
        status = opener(context, names[i], &array);
        if (status == NN_OK) status = fuzz_rows(&array);
        nn_array_file_close(&array);
    }
    return status;
}

int fuzz_target(const uint8_t *data, size_t size) {
    const nn_import_arrays none = {0};
    const nn_import_options options = {0};
    fuzz_check_failure(nn_import_npz(fuzz_file(data, size), &none, &options));
    return 0;
}
