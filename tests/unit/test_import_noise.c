/* test_import_noise.c: noise given to the importers. */
#include "imported.h"

static const char *const y_label[] = {"y"};

/* Noise, with the beginnings that each format wants: errors with a message, nothing left behind. */
static void noise_does_no_harm(void **state) {
    (void)state;
    static const char alphabet[] = "1,2;y\n\"\r\t .a-e'{}[]():<f4";
    unsigned seed = 11;
    nn_import_csv_options csv = {.path = scratch("in.csv"),
                                 .labels = y_label,
                                 .label_count = 1,
                                 .header = true};
    csv.fill = "0";
    for (int i = 0; i < 600; i++) {
        char bytes[96];
        size_t length = (size_t)rand_r(&seed) % sizeof bytes;
        for (size_t j = 0; j < length; j++)
            bytes[j] = rand_r(&seed) % 8 ? alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)]
                                         : (char)rand_r(&seed);
        nn_import_options options = to("out.h5");
        nn_import_arrays arrays = {.train_x = scratch("in.csv"), .train_y = scratch("in.csv")};
        nn_status status;
        if (i % 3 == 0) {
            if (length > 4) memcpy(bytes, "a,y\n", 4);
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_csv(&csv, &options);
        } else if (i % 3 == 1) {
            if (length > 12)
                memcpy(bytes, "\0\0\x08\2\0\0\0", 7), bytes[8] = bytes[9] = bytes[10] = 0;
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_idx(&arrays, &options);
        } else {
            if (length > 10) memcpy(bytes, "\x93NUMPY\1\0\x20\0", 10);
            write_bytes(scratch("in.csv"), bytes, length);
            status = nn_import_npy(&arrays, &options);
        }
        if (status != NN_OK) assert_int_equal(status, NN_BAD_DATA);
        if (status != NN_OK) assert_leaves_nothing("out.h5");
        unlink(scratch("out.h5"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests_name("import_noise", tests, scratch_make, scratch_remove);
}
