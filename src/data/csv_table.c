/* csv_table.c: the columns of a CSV file, their roles, and the rows read into numbers. */
#include "data/csv_table.h"

#include "util/memory.h"
#include "util/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool nn_csv_is_missing(const char *text) {
    static const char *const words[] = {"na", "n/a", "nan", "?", "null", "inf", "infinity"};
    if (*text == '\0') return true;
    const char *unsigned_text = text + (*text == '-' || *text == '+');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(unsigned_text, words[i]) == 0) return true;
    return false;
}

bool nn_csv_number(const char *text, double *out) {
    char *end = NULL;
    if (*text == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0') return false;
    *out = strtod(text, &end);
    return *end == '\0';
}

/* Columns */

/* Names the columns after the header (the current record), or by their numbers. */
static nn_status name_columns(nn_csv_table *table) {
    nn_status status = NN_OK;
    table->columns = table->csv->count;
    NN_TRY(nn_allocate("column names", table->columns, sizeof *table->names, &table->names));
    NN_TRY(nn_allocate("columns", table->columns, sizeof *table->roles, &table->roles));
    NN_TRY(nn_allocate("columns", table->columns, sizeof *table->label_of, &table->label_of));
    for (int64_t i = 0; i < table->columns; i++) {
        char number[24];
        const char *name = table->csv->fields[i];
        snprintf(number, sizeof number, "%lld", (long long)i + 1);
        if (!table->options->header || *name == '\0') name = number;
        NN_TRY(nn_copy_text(name, &table->names[i]));
    }
done:
    return status;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static nn_status check_names(const nn_csv_table *table) {
    char **sorted = NULL;
    nn_status status = nn_allocate("column names", table->columns, sizeof *sorted, &sorted);
    if (status != NN_OK) return status;
    memcpy(sorted, table->names, (size_t)table->columns * sizeof *sorted);
    qsort(sorted, (size_t)table->columns, sizeof *sorted, compare_texts);
    for (int64_t i = 1; i < table->columns && status == NN_OK; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = nn_fail(NN_BAD_DATA, "%s:%lld: two columns are called '%s'",
                             table->options->path, (long long)table->csv->line, sorted[i]);
    free(sorted);
    return status;
}

/* The message for a column that is not there; `what` is what it was to be. */
static nn_status fail_unknown(const nn_csv_table *table, const char *name, const char *what) {
    const char *near =
        nn_nearest_name(name, (const char *const *)table->names, (size_t)table->columns);
    nn_text text = {0};
    for (int64_t i = 0; i < table->columns && i < 12; i++)
        nn_text_add(&text, "%s%s", i ? ", " : "", table->names[i]);
    if (table->columns > 12) nn_text_add(&text, ", ... (%lld)", (long long)table->columns);
    nn_status status =
        nn_fail(NN_BAD_DATA, "%s has no column '%s' (%s)%s%s%s; its columns are: %s",
                table->options->path, name, what, near ? "; did you mean '" : "", near ? near : "",
                near ? "'?" : "", text.failed || !text.bytes ? "?" : text.bytes);
    nn_text_free(&text);
    return status;
}

static nn_status give_role(nn_csv_table *table, const char *name, nn_csv_role role, int64_t place) {
    const char *what = role == NN_CSV_LABEL ? "a label" : "to be ignored";
    int64_t i = 0;
    while (i < table->columns && strcmp(table->names[i], name) != 0) i++;
    if (i == table->columns) return fail_unknown(table, name, what);
    if (table->roles[i] != NN_CSV_FEATURE)
        return nn_fail(NN_USAGE, "column '%s' is named twice as a label or to be ignored", name);
    table->roles[i] = role;
    table->label_of[i] = place;
    return NN_OK;
}

static nn_status give_roles(nn_csv_table *table) {
    const nn_import_csv_options *options = table->options;
    nn_status status = NN_OK;
    for (int64_t i = 0; i < options->label_count; i++)
        NN_TRY(give_role(table, options->labels[i], NN_CSV_LABEL, i));
    for (int64_t i = 0; i < options->ignored_count; i++)
        NN_TRY(give_role(table, options->ignored[i], NN_CSV_IGNORED, i));
    table->labels = options->label_count;
    table->features = table->columns - options->label_count - options->ignored_count;
    if (table->features < 1)
        status = nn_fail(NN_BAD_DATA,
                         "%s: no column is left as a feature: of %lld, %lld are labels and %lld "
                         "ignored (is the delimiter right?)",
                         options->path, (long long)table->columns, (long long)options->label_count,
                         (long long)options->ignored_count);
done:
    return status;
}

/* Rows */

static nn_status grow(nn_csv_table *table) {
    if (table->rows < table->room) return NN_OK;
    int64_t room = table->room ? 2 * table->room : 1 + 65536 / table->features;
    float *x = realloc(table->x, (size_t)room * (size_t)table->features * sizeof *x);
    if (x) table->x = x;
    size_t labels = table->labels > 0 ? (size_t)table->labels : 1;
    const char **y = realloc(table->y, (size_t)room * labels * sizeof *y);
    if (y) table->y = y;
    if (!x || !y) return nn_fail(NN_INTERNAL, "out of memory: %lld rows", (long long)room);
    table->room = room;
    return NN_OK;
}

static nn_status read_feature(const nn_csv_table *table, int64_t column, const char *text,
                              float *out) {
    const char *path = table->options->path, *name = table->names[column];
    long long line = (long long)table->csv->line;
    double value = NAN;
    bool missing = nn_csv_is_missing(text);
    if (missing && !table->options->fill)
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: column '%s' has no value here ('%s'); --fill mean or --fill VALUE "
                       "fills such gaps, --ignore leaves a column out",
                       path, line, name, text);
    if (!missing && !nn_csv_number(text, &value))
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: column '%s' holds '%.64s', which is not a number; --ignore leaves "
                       "the column out, --label makes it the label",
                       path, line, name, text);
    if (fabs(value) > (double)FLT_MAX)
        return nn_fail(NN_BAD_DATA, "%s:%lld: column '%s' holds %s, too large for a 32-bit real",
                       path, line, name, text);
    *out = (float)value;
    return NN_OK;
}

static nn_status check_label(const nn_csv_table *table, int64_t column, const char *text) {
    const char *path = table->options->path, *name = table->names[column];
    long long line = (long long)table->csv->line;
    bool must_be_number = table->labels > 1 || table->options->values;
    double value = 0.0;
    if (nn_csv_is_missing(text))
        return nn_fail(NN_BAD_DATA, "%s:%lld: the label '%s' has no value here ('%s')", path, line,
                       name, text);
    if (must_be_number && !nn_csv_number(text, &value))
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: the label '%s' holds '%.64s', which is not a number; texts make "
                       "classes only where there is one label column, without --values",
                       path, line, name, text);
    if (fabs(value) > (double)FLT_MAX)
        return nn_fail(NN_BAD_DATA, "%s:%lld: the label '%s' holds %s, too large for a 32-bit real",
                       path, line, name, text);
    return NN_OK;
}

static nn_status read_row(nn_csv_table *table) {
    nn_status status = grow(table);
    if (status != NN_OK) return status;
    float *x = table->x + table->rows * table->features;
    const char **y = table->y + table->rows * table->labels;
    if (table->csv->count != table->columns)
        return nn_fail(NN_BAD_DATA, "%s:%lld: %lld fields; the first line has %lld",
                       table->options->path, (long long)table->csv->line,
                       (long long)table->csv->count, (long long)table->columns);
    for (int64_t i = 0; i < table->columns && status == NN_OK; i++) {
        const char *text = table->csv->fields[i];
        if (table->roles[i] == NN_CSV_FEATURE) {
            status = read_feature(table, i, text, x++);
        } else if (table->roles[i] == NN_CSV_LABEL) {
            status = check_label(table, i, text);
            y[table->label_of[i]] = text;
        }
    }
    table->rows++;
    return status;
}

nn_status nn_csv_table_read(const nn_import_csv_options *options, nn_csv_table *out) {
    nn_status status = NN_OK;
    bool end = false;
    *out = (nn_csv_table){.options = options};
    NN_TRY(nn_csv_open(options->path, options->delimiter, &out->csv));
    NN_TRY(nn_csv_next(out->csv, &end));
    if (end) return nn_fail(NN_BAD_DATA, "%s is empty", options->path);
    NN_TRY(name_columns(out));
    NN_TRY(check_names(out));
    NN_TRY(give_roles(out));
    if (options->header) NN_TRY(nn_csv_next(out->csv, &end));
    while (!end) {
        NN_TRY(read_row(out));
        NN_TRY(nn_csv_next(out->csv, &end));
    }
    if (out->rows == 0)
        status = nn_fail(NN_BAD_DATA, "%s holds no rows below its first line", options->path);
done:
    return status;
}

void nn_csv_table_release(nn_csv_table *table) {
    for (int64_t i = 0; table->names && i < table->columns; i++) free(table->names[i]);
    free(table->names);
    free(table->roles);
    free(table->label_of);
    free(table->x);
    free(table->y);
    nn_csv_close(&table->csv);
    *table = (nn_csv_table){0};
}
