/* csv_labels.c: from label texts to classes or values. */
#include "data/csv_table.h"

#include "data/import_file.h"
#include "util/memory.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 1000 };

/* Numbers by their value, in front of texts; what is left, and numbers that are equal, by characters. */
static int compare_texts(const void *a, const void *b) {
    const char *first = *(const char *const *)a, *second = *(const char *const *)b;
    double x = 0.0, y = 0.0;
    const bool numbers[] = {nn_csv_number(first, &x), nn_csv_number(second, &y)};
    if (numbers[0] != numbers[1]) return numbers[0] ? -1 : 1;
    if (numbers[0] && x != y) return x < y ? -1 : 1;
    return strcmp(first, second);
}

static void note_many(const nn_csv_table *table, const nn_import_options *options, int64_t classes, bool numbers) {
    char labels[NN_CSV_WHAT];
    snprintf(labels, sizeof labels, "the label '%.100s'", table->options->labels[0]);
    nn_import_note_many(options, labels, classes, table->rows,
                        numbers ? "Where values are to be predicted, --values says so"
                                : "--label takes another column, --ignore leaves this one out");
}

/* Classes from texts: the distinct ones, sorted, and where each row's stands among them. */
static nn_status make_named(const nn_csv_table *table, const nn_import_options *options,
                            nn_csv_labels *out) {
    nn_status status = NN_OK;
    size_t rows = (size_t)table->rows, count = 0;
    NN_TRY(nn_allocate("class names", table->rows, sizeof *out->names, &out->names));
    memcpy(out->names, table->y, rows * sizeof *out->names);
    qsort(out->names, rows, sizeof *out->names, compare_texts);
    for (size_t i = 0; i < rows; i++)
        if (count == 0 || strcmp(out->names[count - 1], out->names[i]) != 0)
            out->names[count++] = out->names[i];
    out->name_count = (int64_t)count;
    if (count > CLASSES_MAX)
        return nn_fail(NN_BAD_DATA,
                       "%s: the label '%s' holds %zu different texts, such as '%.64s'; at most %d "
                       "make classes (is it the right column?)",
                       table->options->path, table->options->labels[0], count,
                       out->names[count - 1], CLASSES_MAX);
    if (count == 1)
        nn_import_note(options, "the label '%s' is '%.64s' in all rows: one class, so there is nothing to tell apart",
                       table->options->labels[0], out->names[0]);
    note_many(table, options, out->name_count, false);
    NN_TRY(nn_allocate("classes", table->rows, sizeof *out->classes, &out->classes));
    for (size_t i = 0; i < rows; i++) {
        const char **found =
            bsearch(&table->y[i], out->names, count, sizeof *out->names, compare_texts);
        out->classes[i] = (int32_t)(found - out->names);
    }
done:
    return status;
}

/* Whether the values are whole numbers 0 .. K-1, each at least once, K from 2 to CLASSES_MAX. */
static bool are_classes(const float *values, int64_t rows) {
    bool seen[CLASSES_MAX] = {false};
    int64_t classes = 0, most = -1;
    for (int64_t i = 0; i < rows; i++) {
        float value = values[i];
        if (!(value >= 0.0f && value < CLASSES_MAX) || value != floorf(value)) return false;
        int64_t class = (int64_t)value;
        if (!seen[class]) classes++;
        seen[class] = true;
        if (class > most) most = class;
    }
    return classes >= 2 && most == classes - 1;
}

static nn_status make_numbered(const nn_csv_table *table, const nn_import_options *options, nn_csv_labels *out) {
    int64_t count = 0;
    nn_status status = nn_allocate("classes", table->rows, sizeof *out->classes, &out->classes);
    if (status != NN_OK) return status;
    for (int64_t i = 0; i < table->rows; i++) {
        out->classes[i] = (int32_t)out->values[i];
        if (out->classes[i] >= count) count = (int64_t)out->classes[i] + 1;
    }
    free(out->values);
    out->values = NULL;
    if (!table->like) note_many(table, options, count, true);
    return NN_OK;
}

/* The classes of the other dataset, which nn_csv_table_read() has found each label among. */
static nn_status follow_names(const nn_csv_table *table, nn_csv_labels *out) {
    const nn_csv_like *like = table->like;
    nn_status status = nn_allocate("classes", table->rows, sizeof *out->classes, &out->classes);
    for (int64_t i = 0; status == NN_OK && i < table->rows; i++)
        out->classes[i] = (int32_t)nn_csv_categories_find(&like->class_numbers, table->y[i]);
    return status;
}

/* Says where 32 bits are too few for a label. */
static void note_coarse(const nn_csv_table *table, const nn_import_options *options, int64_t label) {
    nn_csv_range range = {0};
    double value = 0.0;
    for (int64_t i = 0; i < table->rows; i++)
        if (nn_csv_number(table->y[i * table->labels + label], &value))
            nn_csv_range_add(&range, value);
    for (int64_t i = 0; i < table->columns; i++)
        if (table->roles[i] == NN_CSV_LABEL && table->place_of[i] == label)
            nn_csv_note_coarse(options, table->names[i], &range);
}

/* Says what stands in the way of taking labels for classes, where they may be meant as such: a few whole
 * numbers, but not 0 to K-1. */
static void note_near_classes(const nn_csv_table *table, const nn_import_options *options, const float *values) {
    enum { FEW = 100 };
    const char *name = table->options->labels[0];
    float seen[FEW], least = INFINITY, most = -INFINITY;
    int count = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        const float value = values[row];
        int i = 0;
        while (i < count && seen[i] != value) i++;
        if (value != floorf(value) || i == FEW) return;
        if (i == count) seen[count++] = value;
        least = fminf(least, value);
        most = fmaxf(most, value);
    }
    if (count == 1)
        nn_import_note(options, "the label '%s' is %g in all rows: there is nothing to learn from it", name,
                       (double)least);
    else
        nn_import_note(options,
                       "the label '%s' has %d different whole numbers, from %g to %g: they are taken for values, "
                       "because classes are 0 to K-1 without a gap; --classes makes a class of each, --values says "
                       "that values are meant",
                       name, count, (double)least, (double)most);
}

nn_status nn_csv_labels_make(const nn_csv_table *table, const nn_import_options *options,
                             nn_csv_labels *out) {
    nn_status status = NN_OK;
    const nn_csv_like *like = table->like;
    bool one = table->labels == 1 && !table->options->values;
    *out = (nn_csv_labels){0};
    if (table->labels == 0) return NN_OK;
    if (like && like->y == NN_CSV_NAMED) return follow_names(table, out);
    if (table->options->classes) return make_named(table, options, out);
    int64_t count = table->rows * table->labels;
    NN_TRY(nn_allocate("label values", count, sizeof *out->values, &out->values));
    for (int64_t i = 0; i < count; i++) {
        double value = 0.0;
        bool number = nn_csv_number(table->y[i], &value) && fabs(value) <= (double)FLT_MAX;
        out->values[i] = (float)value;
        if (number) continue;
        free(out->values); /* a text: nn_csv_table_read() let it through as a class */
        out->values = NULL;
        return make_named(table, options, out);
    }
    bool classes = like ? like->y == NN_CSV_NUMBERED : one && are_classes(out->values, table->rows);
    if (classes) return make_numbered(table, options, out);
    if (one && !like) note_near_classes(table, options, out->values);
    for (int64_t i = 0; i < table->labels; i++) note_coarse(table, options, i);
done:
    return status;
}

void nn_csv_labels_release(nn_csv_labels *labels) {
    free(labels->classes);
    free(labels->values);
    free(labels->names);
    *labels = (nn_csv_labels){0};
}
