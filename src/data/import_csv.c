/* import_csv.c: a dataset file from a CSV file: x float32 (N, F), y int32 (N) classes or float32
 * (N) or (N, K) values; the root's attributes feature_names and class_names or target_names say what
 * they were called. */
#include "data/csv_table.h"
#include "data/import_file.h"

#include "util/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The mean of a feature over the rows of /train: what a model may know of it. */
static nn_status find_mean(const nn_csv_table *table, const nn_import_split *split, int64_t feature,
                           const char *name, float *out) {
    double sum = 0.0;
    int64_t count = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        float value = table->x[row * table->features + feature];
        if (isnan(value) || nn_import_split_is_test(split, row)) continue;
        sum += (double)value;
        count++;
    }
    if (count == 0)
        return nn_fail(
            NN_BAD_DATA,
            "%s: column '%s' has no value in any row of /train, so no mean to fill with; "
            "--ignore leaves it out",
            table->options->path, name);
    *out = (float)(sum / (double)count);
    return NN_OK;
}

static nn_status fill_feature(nn_csv_table *table, const nn_import_split *split, int64_t feature,
                              const char *name) {
    const char *fill = table->options->fill;
    double number = 0.0;
    float value = NAN;
    float *x = table->x + feature;
    int64_t missing = 0;
    for (int64_t row = 0; row < table->rows; row++) missing += isnan(x[row * table->features]) != 0;
    if (missing == 0) return NN_OK;
    if (nn_csv_number(fill, &number))
        value = (float)number;
    else {
        nn_status status = find_mean(table, split, feature, name, &value);
        if (status != NN_OK) return status;
    }
    for (int64_t row = 0; row < table->rows; row++)
        if (isnan(x[row * table->features])) x[row * table->features] = value;
    return NN_OK;
}

static nn_status check_fill(const char *fill) {
    double number = 0.0;
    if (!fill || strcmp(fill, "mean") == 0) return NN_OK;
    if (nn_csv_number(fill, &number) && fabs(number) <= (double)FLT_MAX) return NN_OK;
    return nn_fail(NN_USAGE, "missing values cannot be filled with '%s': expected a number or mean",
                   fill);
}

/* The names of the feature columns, borrowed from the table; the caller frees the list. */
static nn_status list_features(const nn_csv_table *table, const char ***out) {
    int64_t count = 0;
    nn_status status = nn_allocate("feature names", table->features, sizeof **out, out);
    for (int64_t i = 0; status == NN_OK && i < table->columns; i++)
        if (table->roles[i] == NN_CSV_FEATURE) (*out)[count++] = table->names[i];
    return status;
}

static nn_status write_array(nn_import_file *file, const nn_import_split *split, const char *name,
                             nn_h5_type type, nn_shape row, int64_t rows, const void *data) {
    nn_import_array array = {0};
    nn_status status = NN_OK, ended;
    NN_TRY(nn_import_array_begin(file, split, "train", name, type, row, &array));
    NN_TRY(nn_import_array_append(&array, rows, data));
done:
    ended = nn_import_array_end(&array);
    return status != NN_OK ? status : ended;
}

static nn_status write_target_names(const nn_csv_table *table, nn_import_file *file) {
    const char **names = NULL;
    nn_status status = nn_allocate("target names", table->labels, sizeof *names, &names);
    for (int64_t i = 0; status == NN_OK && i < table->columns; i++)
        if (table->roles[i] == NN_CSV_LABEL) names[table->label_of[i]] = table->names[i];
    if (status == NN_OK)
        status = nn_h5_write_texts(file->file, "/", "target_names", names, table->labels);
    free(names);
    return status;
}

static nn_status write_file(const nn_csv_table *table, const nn_csv_labels *labels,
                            const char *const *features, const nn_import_split *split,
                            nn_import_file *file) {
    nn_status status = NN_OK;
    nn_shape x_row = {1, {table->features}}, y_row = {table->labels > 1, {table->labels}};
    NN_TRY(nn_h5_write_texts(file->file, "/", "feature_names", features, table->features));
    if (labels->names)
        NN_TRY(
            nn_h5_write_texts(file->file, "/", "class_names", labels->names, labels->name_count));
    NN_TRY(write_array(file, split, "x", NN_H5_F32, x_row, table->rows, table->x));
    if (labels->classes)
        NN_TRY(write_array(file, split, "y", NN_H5_I32, y_row, table->rows, labels->classes));
    else if (table->labels > 0) {
        NN_TRY(write_array(file, split, "y", NN_H5_F32, y_row, table->rows, labels->values));
        NN_TRY(write_target_names(table, file));
    }
done:
    return status;
}

nn_status nn_import_csv(const nn_import_csv_options *csv, const nn_import_options *options) {
    nn_status status = NN_OK;
    nn_csv_table table = {0};
    nn_csv_labels labels = {0};
    nn_import_split split;
    nn_import_file file = {0};
    const char **features = NULL;
    NN_TRY(check_fill(csv->fill));
    NN_TRY(nn_import_file_begin(options, &file));
    NN_TRY(nn_csv_table_read(csv, &table));
    NN_TRY(nn_csv_labels_make(&table, &labels));
    NN_TRY(nn_import_split_make(options, table.rows, &split));
    NN_TRY(list_features(&table, &features));
    for (int64_t i = 0; csv->fill && i < table.features; i++)
        NN_TRY(fill_feature(&table, &split, i, features[i]));
    NN_TRY(write_file(&table, &labels, features, &split, &file));
    NN_TRY(nn_import_file_finish(&file));
done:
    free(features);
    nn_csv_labels_release(&labels);
    nn_csv_table_release(&table);
    nn_import_file_release(&file);
    return status;
}
