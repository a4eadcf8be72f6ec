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

static bool is_mean(const nn_import_csv_options *csv) {
    return csv->fill && strcmp(csv->fill, "mean") == 0;
}

/* Decides what fills a feature's gaps, where something does, and fills them; a dataset that this one is to be
 * like has decided already, unless a number is given. A one-hot feature's gaps stay: they become zeros. */
static nn_status fill_feature(nn_csv_table *table, const nn_import_split *split, int64_t place) {
    nn_csv_feature *feature = &table->feature[place];
    const char *fill = table->options->fill;
    nn_status status = NN_OK;
    double number = 0.0;
    float *x = table->x + place;
    if (feature->one_hot) {
        if (fill) feature->fill = 0.0f;
        return NN_OK;
    }
    if (fill && nn_csv_number(fill, &number))
        feature->fill = (float)number;
    else if (fill && !table->like)
        status = find_mean(table, split, place, table->names[feature->column], &feature->fill);
    for (int64_t row = 0; row < table->rows && status == NN_OK; row++)
        if (isnan(x[row * table->features])) x[row * table->features] = feature->fill;
    return status;
}

static nn_status check_options(const nn_import_csv_options *csv) {
    double number = 0.0;
    const char *fill = csv->fill;
    if (fill && !is_mean(csv) &&
        !(nn_csv_number(fill, &number) && fabs(number) <= (double)FLT_MAX))
        return nn_fail(NN_USAGE,
                       "missing values cannot be filled with '%s': expected a number or mean", fill);
    if (csv->no_labels && (csv->label_count > 0 || csv->values))
        return nn_fail(NN_USAGE, "labels are named, but there are to be none");
    if (csv->classes && csv->values) return nn_fail(NN_USAGE, "--classes and --values contradict each other");
    if (csv->classes && !csv->like && csv->label_count != 1)
        return nn_fail(NN_USAGE, "--classes wants one label column, not %lld", (long long)csv->label_count);
    if (!csv->like) return NN_OK;
    if (csv->label_count + csv->ignored_count + csv->column_count + csv->one_hot_count > 0 ||
        csv->values || csv->classes)
        return nn_fail(NN_USAGE, "%s says what the columns are; labels, columns to ignore, features and "
                                 "values cannot be named beside it",
                       csv->like);
    return NN_OK;
}

/* Rows that a model is tested on, or used on, must not tell what fills their own gaps. */
static nn_status check_mean(const nn_import_csv_options *csv, const char *group) {
    if (!is_mean(csv) || csv->like || strcmp(group, "train") == 0) return NN_OK;
    return nn_fail(NN_USAGE,
                   "--fill mean takes means over /train, but all rows go to /%s; --like TRAINING.h5 fills "
                   "gaps with the means of the data that the model learns from, --fill VALUE with a number",
                   group);
}

static nn_status write_array(nn_import_file *file, const nn_import_split *split, const char *group,
                             const char *name, nn_h5_type type, nn_shape row, int64_t rows,
                             const void *data) {
    nn_import_array array = {0};
    nn_status status = NN_OK, ended;
    NN_TRY(nn_import_array_begin(file, split, group, name, type, row, &array));
    NN_TRY(nn_import_array_append(&array, rows, data));
done:
    ended = nn_import_array_end(&array);
    return status != NN_OK ? status : ended;
}

/* Names the label columns; they are the targets' names too where y are values. */
static nn_status write_label_names(const nn_csv_table *table, bool values, nn_import_file *file) {
    const char **names = NULL;
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("label names", table->labels, sizeof *names, &names));
    for (int64_t i = 0; i < table->columns; i++)
        if (table->roles[i] == NN_CSV_LABEL) names[table->place_of[i]] = table->names[i];
    NN_TRY(nn_h5_write_texts(file->file, "/", "label_names", names, table->labels));
    if (values) NN_TRY(nn_h5_write_texts(file->file, "/", "target_names", names, table->labels));
done:
    free(names);
    return status;
}

/* Which columns are one-hot, and what has filled gaps: of each feature, as texts that read back as the same
 * reals. The table is not expanded yet. */
static nn_status write_treatment(const nn_csv_table *table, nn_import_file *file) {
    typedef char number[NN_REAL_TEXT];
    nn_status status = NN_OK;
    int64_t count = 0, one_hot = 0, most = 0;
    bool filled = !isnan(table->feature[0].fill);
    const char **texts = NULL;
    number *numbers = NULL;
    for (int64_t i = 0; i < table->features; i++)
        most += table->feature[i].one_hot ? 1 + table->feature[i].categories.count : 1;
    NN_TRY(nn_allocate("texts", most, sizeof *texts, &texts));
    NN_TRY(nn_allocate("texts", most, sizeof *numbers, &numbers));
    for (int64_t i = 0; i < table->features; i++)
        if (table->feature[i].one_hot) texts[one_hot++] = table->names[table->feature[i].column];
    if (one_hot > 0) NN_TRY(nn_h5_write_texts(file->file, "/", "one_hot", texts, one_hot));
    for (int64_t i = 0; i < table->features && filled; i++) {
        const nn_csv_feature *feature = &table->feature[i];
        for (int64_t k = feature->one_hot ? feature->categories.count : 1; k > 0; k--, count++) {
            nn_format_float(feature->fill, numbers[count]);
            texts[count] = numbers[count];
        }
    }
    if (!filled) goto done;
    NN_TRY(nn_h5_write_texts(file->file, "/", "fill_values", texts, count));
    const char *fill = table->options->fill;
    if (!fill && table->like) fill = table->like->fill;
    if (fill) NN_TRY(nn_h5_write_text(file->file, "/", "fill", fill));
done:
    free(texts);
    free(numbers);
    return status;
}

static nn_status write_file(const nn_csv_table *table, const nn_csv_labels *labels,
                            const nn_import_split *split, const char *group, nn_import_file *file) {
    nn_status status = NN_OK;
    const nn_csv_like *like = table->like;
    const char *const *classes = labels->names;
    int64_t class_count = labels->name_count;
    nn_shape x_row = {1, {table->features}}, y_row = {table->labels > 1, {table->labels}};
    if (like && like->y == NN_CSV_NAMED) {
        classes = (const char *const *)like->classes.texts;
        class_count = like->classes.count;
    }
    NN_TRY(nn_h5_write_texts(file->file, "/", "feature_names",
                             (const char *const *)table->feature_names, table->features));
    if (classes) NN_TRY(nn_h5_write_texts(file->file, "/", "class_names", classes, class_count));
    NN_TRY(write_array(file, split, group, "x", NN_H5_F32, x_row, table->rows, table->x));
    if (labels->classes)
        NN_TRY(write_array(file, split, group, "y", NN_H5_I32, y_row, table->rows, labels->classes));
    else if (table->labels > 0)
        NN_TRY(write_array(file, split, group, "y", NN_H5_F32, y_row, table->rows, labels->values));
    if (table->labels > 0) NN_TRY(write_label_names(table, !labels->classes, file));
done:
    return status;
}

/* Whether feature `place` has one value in all rows of /train, of which there are several. */
static bool is_constant(const nn_csv_table *table, const nn_import_split *split, int64_t place) {
    const float *first = NULL;
    int64_t count = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        const float *value = &table->x[row * table->features + place];
        if (nn_import_split_is_test(split, row)) continue;
        if (first && *first != *value) return false;
        first = value;
        count++;
    }
    return count > 1;
}

/* Of the table with a feature for each category. */
static void note_constant(const nn_csv_table *table, const nn_import_split *split,
                          const nn_import_options *options) {
    enum { LISTED = 8 };
    nn_text names = {0};
    int64_t count = 0;
    for (int64_t i = 0; i < table->features; i++) {
        if (!is_constant(table, split, i)) continue;
        if (count++ < LISTED)
            nn_text_add(&names, "%s'%s'", count > 1 ? ", " : "", table->feature_names[i]);
    }
    if (count > LISTED) nn_text_add(&names, "... (%lld)", (long long)(count));
    if (names.bytes)
        nn_import_note(options,
                       "the same in all rows of /train: %s; that tells a model nothing, and behind Normalization "
                       "another value would become huge: better leave it out (--ignore)",
                       names.bytes);
    nn_text_free(&names);
}

/* What the user may want to know of the table. */
static void leave_notes(const nn_csv_table *table, const nn_import_options *options) {
    for (int64_t i = 0; i < table->features; i++) {
        const nn_csv_feature *feature = &table->feature[i];
        nn_csv_note_coarse(options, table->names[feature->column], &feature->range);
    }
    if (table->dropped > 0)
        nn_import_note(options, "%s: %lld row%s with gaps left out, the first in line %lld", table->options->path,
                       (long long)table->dropped, table->dropped == 1 ? "" : "s",
                       (long long)table->first_dropped);
    if (table->labels == 0)
        nn_import_note(options, "%s: features alone, no labels: for nnmpi predict",
                       table->options->path);
}

nn_status nn_import_csv(const nn_import_csv_options *csv, const nn_import_options *options) {
    nn_status status = NN_OK;
    nn_csv_like like = {0};
    nn_csv_table table = {0};
    nn_csv_labels labels = {0};
    nn_import_split split;
    nn_import_file file = {0};
    bool others = (csv->like || csv->no_labels) && options->test_fraction == 0.0;
    const char *group = nn_import_group(options, others ? "test" : "train");
    NN_TRY(check_options(csv));
    NN_TRY(check_mean(csv, group));
    NN_TRY(nn_import_file_begin(options, &file));
    if (csv->like) NN_TRY(nn_csv_like_read(csv->like, is_mean(csv), &like));
    NN_TRY(nn_csv_table_read(csv, csv->like ? &like : NULL, &table));
    NN_TRY(nn_csv_labels_make(&table, options, &labels));
    NN_TRY(nn_import_split_make(options, table.rows, &split));
    for (int64_t i = 0; i < table.features; i++) NN_TRY(fill_feature(&table, &split, i));
    leave_notes(&table, options);
    NN_TRY(write_treatment(&table, &file));
    NN_TRY(nn_csv_table_expand(&table));
    if (strcmp(group, "train") == 0) note_constant(&table, &split, options);
    NN_TRY(write_file(&table, &labels, &split, group, &file));
    NN_TRY(nn_import_file_finish(&file));
done:
    nn_csv_labels_release(&labels);
    nn_csv_table_release(&table);
    nn_csv_like_release(&like);
    nn_import_file_release(&file);
    return status;
}
