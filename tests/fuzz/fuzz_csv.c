/* fuzz_csv.c: a CSV file up to its features and labels as numbers. The first byte chooses the options. */
#include "fuzz.h"

#include "data/csv_table.h"

#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

enum { NO_HEADER = 1, FILL = 2, VALUES = 4, TWO_LABELS = 8, IGNORE = 16, DELIMITER_AT = 5 };

int fuzz_target(const uint8_t *data, size_t size) {
    static const char delimiters[] = {0, ' ', '\t', ';', ',', '|', 'x', 0};
    static const char *const named[] = {"y", "z"}, *const numbered[] = {"1", "2"};
    static const char *const ignored_name[] = {"i"}, *const ignored_number[] = {"3"};
    if (size == 0) return 0;
    const int flags = data[0];
    const int header = !(flags & NO_HEADER);
    nn_import_csv_options options = {.path = "input",
                                     .labels = header ? named : numbered,
                                     .label_count = flags & TWO_LABELS ? 2 : 1,
                                     .ignored = header ? ignored_name : ignored_number,
                                     .ignored_count = flags & IGNORE ? 1 : 0,
                                     .delimiter = delimiters[flags >> DELIMITER_AT],
                                     .header = header,
                                     .fill = flags & FILL ? "0" : NULL,
                                     .values = flags & VALUES};
    static const char *const texts[] = {"h"};
    const nn_import_options common = {0};
    options.one_hot = texts;
    options.one_hot_count = header && memchr(data, 'h', size) ? 1 : 0;
    nn_csv_table table = {0};
    nn_csv_labels labels = {0};
    fuzz_input(data + 1, size - 1);
    nn_status status = nn_csv_table_read(&options, NULL, &table);
    if (status == NN_OK) status = nn_csv_labels_make(&table, &common, &labels);
    if (status == NN_OK) status = nn_csv_table_expand(&table);
    fuzz_check_failure(status);
    if (status == NN_OK) {
        fuzz_check(table.rows > 0 && table.features > 0, "a table without rows or features");
        fuzz_check(labels.classes != NULL || labels.values != NULL, "labels that are nothing");
        for (int64_t i = 0; labels.names && i < table.rows; i++)
            fuzz_check(labels.classes[i] >= 0 && labels.classes[i] < labels.name_count,
                       "a class without a name");
    }
    nn_csv_labels_release(&labels);
    nn_csv_table_release(&table);
    return 0;
}
