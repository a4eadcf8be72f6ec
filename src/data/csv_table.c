/* csv_table.c: the rows of a CSV file read into numbers, and features of texts made columns of 0 and 1. */
#include "data/csv_table.h"

#include "data/import_file.h"
#include "util/memory.h"
#include "util/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t" /* around a value in quotes; without quotes they are gone */

bool nn_csv_is_missing(const char *text) {
    static const char *const words[] = {"na", "n/a", "nan", "?", "null", "inf", "infinity"};
    text += strspn(text, BLANKS);
    if (*text == '\0') return true;
    text += *text == '-' || *text == '+';
    const size_t length = strcspn(text, BLANKS);
    if (text[length + strspn(text + length, BLANKS)] != '\0') return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && strncasecmp(text, words[i], length) == 0) return true;
    return false;
}

bool nn_csv_number(const char *text, double *out) {
    char *end = NULL;
    text += strspn(text, BLANKS);
    const size_t length = strspn(text, "+-.0123456789eE");
    if (length == 0 || text[length + strspn(text + length, BLANKS)] != '\0') return false;
    *out = strtod(text, &end);
    return end == text + length;
}

nn_status nn_csv_check_name(const nn_csv_table *table, const char *text, const char *what) {
    if (nn_is_utf8(text)) return NN_OK;
    return nn_fail(NN_BAD_DATA,
                   "%s:%lld: %s is not UTF-8, and becomes a name, which must be; if the file is in Latin-1, "
                   "iconv -f latin1 -t utf-8 OLD.csv >NEW.csv makes it so",
                   table->options->path, (long long)table->csv->line, what);
}

void nn_csv_range_add(nn_csv_range *range, double value) {
    double error = fabs((double)(float)value - value);
    if (!range->any || value < range->least) range->least = value;
    if (!range->any || value > range->most) range->most = value;
    if (error > range->error) range->error = error;
    range->any = true;
}

void nn_csv_note_coarse(const nn_import_options *options, const char *column,
                        const nn_csv_range *range) {
    double width = range->most - range->least;
    char least[NN_REAL_TEXT], most[NN_REAL_TEXT];
    if (width <= 0.0 || range->error <= 1e-4 * width) return;
    nn_format_real(range->least, least);
    nn_format_real(range->most, most);
    nn_import_note(options,
                   "column '%s' has values from %s to %s; as 32-bit reals they are off by up to %.3g: "
                   "subtract an offset from them before they are imported",
                   column, least, most, range->error);
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

/* The number of a category; one that was not there yet is added, unless they are fixed. */
static nn_status read_category(const nn_csv_table *table, nn_csv_feature *feature, const char *text,
                               float *out) {
    const char *path = table->options->path, *name = table->names[feature->column];
    nn_csv_categories *categories = &feature->categories;
    long long line = (long long)table->csv->line;
    int64_t number = nn_csv_categories_find(categories, text);
    nn_text message = {0};
    if (number < 0 && feature->fixed) {
        nn_text_add(&message, "%s:%lld: column '%s' holds '%.64s', which does not occur in %s", path,
                    line, name, text, table->like->path);
        nn_text_suggest(&message, text, categories->texts, (size_t)categories->count, "there are");
        return nn_text_fail(&message, NN_BAD_DATA);
    }
    if (number < 0 && categories->count == NN_CSV_CATEGORIES_MAX)
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: column '%s' has more than %d different texts, too many to make each a "
                       "feature",
                       path, line, name, NN_CSV_CATEGORIES_MAX);
    if (number < 0) {
        char what[NN_CSV_WHAT];
        snprintf(what, sizeof what, "the text of column '%.100s'", name);
        nn_status status = nn_csv_check_name(table, text, what);
        if (status == NN_OK) status = nn_csv_categories_add(categories, text);
        if (status != NN_OK) return status;
        number = categories->count - 1;
    }
    *out = (float)number;
    return NN_OK;
}

/* Such as "-1,5" or "1.234,5e3". */
static bool has_decimal_comma(const char *text) {
    const char *comma = strchr(text, ',');
    return comma && comma > text && comma[-1] >= '0' && comma[-1] <= '9' && comma[1] >= '0' && comma[1] <= '9' &&
           text[strspn(text, "+-.,0123456789eE" BLANKS)] == '\0';
}

static nn_status fail_comma(const nn_csv_table *table, const char *name, const char *text) {
    return nn_fail(NN_BAD_DATA,
                   "%s:%lld: column '%s' holds '%.64s': numbers have a decimal point, and no comma; where those are "
                   "decimal commas and there are no others, tr , . <OLD.csv >NEW.csv makes points of them",
                   table->options->path, (long long)table->csv->line, name, text);
}

static nn_status read_feature(const nn_csv_table *table, nn_csv_feature *feature, const char *text,
                              float *out) {
    const char *path = table->options->path, *name = table->names[feature->column];
    long long line = (long long)table->csv->line;
    bool missing = nn_csv_is_missing(text), fillable = table->options->fill || !isnan(feature->fill);
    double value = NAN;
    *out = NAN;
    if (missing && fillable) return NN_OK;
    if (missing)
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: column '%s' has no value here ('%s'); --fill mean or --fill VALUE "
                       "fills such gaps, --ignore leaves a column out, --drop-missing such rows",
                       path, line, name, text);
    if (feature->one_hot) return read_category(table, feature, text, out);
    if (has_decimal_comma(text)) return fail_comma(table, name, text);
    if (!nn_csv_number(text, &value))
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: column '%s' holds '%.64s', which is not a number; --one-hot makes "
                       "features of its texts, --ignore leaves the column out, --label makes it the "
                       "label",
                       path, line, name, text);
    if (fabs(value) > (double)FLT_MAX)
        return nn_fail(NN_BAD_DATA, "%s:%lld: column '%s' holds %s, too large for a 32-bit real",
                       path, line, name, text);
    nn_csv_range_add(&feature->range, value);
    *out = (float)value;
    return NN_OK;
}

/* Whether a label is one of the other dataset's classes. */
static nn_status check_class(const nn_csv_table *table, const char *name, const char *text) {
    const nn_csv_like *like = table->like;
    nn_text message = {0};
    double value = -1.0;
    if (like->y == NN_CSV_NAMED && nn_csv_categories_find(&like->class_numbers, text) >= 0)
        return NN_OK;
    if (like->y == NN_CSV_NUMBERED && nn_csv_number(text, &value) && value >= 0.0 &&
        value < (double)like->class_count && value == floor(value))
        return NN_OK;
    nn_text_add(&message, "%s:%lld: the label '%s' holds '%.64s', which is no class of %s",
                table->options->path, (long long)table->csv->line, name, text, like->path);
    if (like->y == NN_CSV_NAMED)
        nn_text_suggest(&message, text, (const char *const *)like->classes.texts,
                        (size_t)like->classes.count, "there are");
    else
        nn_text_add(&message, "; there are 0 to %lld", (long long)like->class_count - 1);
    return nn_text_fail(&message, NN_BAD_DATA);
}

static nn_status check_label(const nn_csv_table *table, int64_t column, const char *text) {
    const char *path = table->options->path, *name = table->names[column];
    const nn_csv_like *like = table->like;
    long long line = (long long)table->csv->line;
    bool must_be_number = table->labels > 1 || table->options->values ||
                          (like && like->y == NN_CSV_VALUES);
    double value = 0.0;
    char what[NN_CSV_WHAT];
    if (nn_csv_is_missing(text))
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: the label '%s' has no value here ('%s': nothing, NA, N/A, NaN, ?, null and inf "
                       "count as missing); --drop-missing leaves such rows out",
                       path, line, name, text);
    if (like && like->y != NN_CSV_VALUES) return check_class(table, name, text);
    bool number = nn_csv_number(text, &value);
    if (!table->options->classes && has_decimal_comma(text)) return fail_comma(table, name, text);
    if (must_be_number && !number)
        return nn_fail(NN_BAD_DATA,
                       "%s:%lld: the label '%s' holds '%.64s', which is not a number; texts make "
                       "classes only where there is one label column, without --values",
                       path, line, name, text);
    if (fabs(value) > (double)FLT_MAX)
        return nn_fail(NN_BAD_DATA, "%s:%lld: the label '%s' holds %s, too large for a 32-bit real",
                       path, line, name, text);
    if (number) return NN_OK;
    snprintf(what, sizeof what, "the label '%.100s'", name);
    return nn_csv_check_name(table, text, what);
}

/* Whether the record lacks a label, or a feature that nothing fills. */
static bool has_gap(const nn_csv_table *table) {
    for (int64_t i = 0; i < table->columns; i++) {
        if (table->roles[i] == NN_CSV_IGNORED || !nn_csv_is_missing(table->csv->fields[i])) continue;
        if (table->roles[i] == NN_CSV_LABEL) return true;
        if (!table->options->fill && isnan(table->feature[table->place_of[i]].fill)) return true;
    }
    return false;
}

static nn_status fail_count(const nn_csv_table *table) {
    const nn_csv *csv = table->csv;
    char name[NN_CSV_DELIMITER];
    return nn_fail(NN_BAD_DATA, "%s:%lld: %lld field%s; the first line has %lld (the delimiter is %s%s)",
                   table->options->path, (long long)csv->line, (long long)csv->count, csv->count == 1 ? "" : "s", (long long)table->columns,
                   nn_csv_name_delimiter(csv->delimiter, name),
                   table->options->delimiter ? "" : "; --delimiter names another");
}

static nn_status read_row(nn_csv_table *table) {
    nn_status status = grow(table);
    if (status != NN_OK) return status;
    float *x = table->x + table->rows * table->features;
    const char **y = table->y + table->rows * table->labels;
    if (table->csv->count != table->columns) return fail_count(table);
    if (table->options->drop_missing && has_gap(table)) {
        if (table->dropped++ == 0) table->first_dropped = table->csv->line;
        return NN_OK;
    }
    for (int64_t i = 0; i < table->columns && status == NN_OK; i++) {
        const char *text = table->csv->fields[i];
        int64_t place = table->place_of[i];
        if (table->roles[i] == NN_CSV_FEATURE) {
            status = read_feature(table, &table->feature[place], text, &x[place]);
        } else if (table->roles[i] == NN_CSV_LABEL) {
            status = check_label(table, i, text);
            y[place] = text;
        }
    }
    table->rows++;
    return status;
}

nn_status nn_csv_table_read(const nn_import_csv_options *options, const nn_csv_like *like,
                            nn_csv_table *out) {
    nn_status status = NN_OK;
    bool end = false;
    *out = (nn_csv_table){.options = options, .like = like};
    NN_TRY(nn_csv_open(options->path, options->delimiter, &out->csv));
    NN_TRY(nn_csv_next(out->csv, &end));
    if (end) return nn_fail(NN_BAD_DATA, "%s is empty", options->path);
    NN_TRY(nn_csv_table_columns(out));
    if (options->header) NN_TRY(nn_csv_next(out->csv, &end));
    while (!end) {
        NN_TRY(read_row(out));
        NN_TRY(nn_csv_next(out->csv, &end));
    }
    if (out->rows == 0 && out->dropped > 0)
        status = nn_fail(NN_BAD_DATA, "%s: all %lld rows have gaps, and --drop-missing leaves none",
                         options->path, (long long)out->dropped);
    else if (out->rows == 0)
        status = nn_fail(NN_BAD_DATA, "%s holds no rows below its first line", options->path);
done:
    return status;
}

/* Features of texts */

/* Categories count sorted by text, unless another dataset gives their order: `order` is, for each number,
 * the place. */
static nn_status order_categories(const nn_csv_feature *feature, int64_t **order) {
    const nn_csv_categories *categories = &feature->categories;
    nn_status status = nn_allocate("categories", categories->count, sizeof **order, order);
    for (int64_t i = 0; status == NN_OK && i < categories->count; i++)
        if (feature->fixed)
            (*order)[i] = i;
        else
            (*order)[categories->sorted[i]] = i;
    return status;
}

static nn_status name_features(nn_csv_table *table, int64_t count) {
    nn_status status = NN_OK;
    int64_t next = 0, *order = NULL;
    NN_TRY(nn_allocate("feature names", count + 1, sizeof *table->feature_names,
                       &table->feature_names));
    for (int64_t i = 0; i < table->features; i++) {
        const nn_csv_feature *feature = &table->feature[i];
        const char *column = table->names[feature->column];
        if (!feature->one_hot) {
            NN_TRY(nn_copy_text(column, &table->feature_names[next++]));
            continue;
        }
        free(order);
        order = NULL;
        NN_TRY(order_categories(feature, &order));
        for (int64_t k = 0; k < feature->categories.count; k++) {
            nn_text name = {0};
            nn_text_add(&name, "%s=%s", column, feature->categories.texts[k]);
            NN_TRY(nn_text_take(&name, &table->feature_names[next + order[k]]));
        }
        next += feature->categories.count;
    }
done:
    free(order);
    return status;
}

/* One feature of all rows, from its place in rows of `from` to its place in rows of `to`. */
static nn_status expand_feature(const nn_csv_table *table, int64_t place, float *to, int64_t width) {
    const nn_csv_feature *feature = &table->feature[place];
    int64_t *order = NULL;
    nn_status status = order_categories(feature, &order);
    for (int64_t row = 0; status == NN_OK && row < table->rows; row++, to += width) {
        float value = table->x[row * table->features + place];
        if (!feature->one_hot)
            *to = value;
        else if (!isnan(value)) /* what is missing is none of them */
            to[order[(int64_t)value]] = 1.0f;
    }
    free(order);
    return status;
}

/* Such as a column 'a=b' beside the text 'b' of the column 'a'. */
static nn_status check_feature_names(const nn_csv_table *table, int64_t count) {
    nn_csv_categories seen = {0};
    nn_status status = NN_OK;
    for (int64_t i = 0; i < count && status == NN_OK; i++) {
        const char *name = table->feature_names[i];
        status = nn_csv_categories_find(&seen, name) < 0
                     ? nn_csv_categories_add(&seen, name)
                     : nn_fail(NN_BAD_DATA, "%s: two features would be called '%s'",
                               table->options->path, name);
    }
    nn_csv_categories_release(&seen);
    return status;
}

nn_status nn_csv_table_expand(nn_csv_table *table) {
    nn_status status = NN_OK;
    int64_t count = 0, next = 0;
    float *x = NULL;
    bool any = false;
    for (int64_t i = 0; i < table->features; i++) {
        const nn_csv_feature *feature = &table->feature[i];
        count += feature->one_hot ? feature->categories.count : 1;
        any = any || feature->one_hot;
    }
    NN_TRY(name_features(table, count));
    if (!any) return NN_OK;
    if (count == 0)
        NN_TRY(nn_fail(NN_BAD_DATA, "%s: no feature has a value", table->options->path));
    NN_TRY(check_feature_names(table, count));
    NN_TRY(nn_allocate("features", table->rows * count, sizeof *x, &x));
    for (int64_t i = 0; i < table->features; i++) {
        NN_TRY(expand_feature(table, i, x + next, count));
        next += table->feature[i].one_hot ? table->feature[i].categories.count : 1;
    }
    for (int64_t i = 0; i < table->features; i++)
        nn_csv_categories_release(&table->feature[i].categories);
    free(table->x);
    table->x = x;
    table->features = count;
    x = NULL;
done:
    free(x);
    return status;
}

void nn_csv_table_release(nn_csv_table *table) {
    for (int64_t i = 0; table->names && i < table->columns; i++) free(table->names[i]);
    for (int64_t i = 0; table->feature && i < table->columns; i++)
        nn_csv_categories_release(&table->feature[i].categories);
    for (int64_t i = 0; table->feature_names && table->feature_names[i]; i++)
        free(table->feature_names[i]);
    free(table->feature_names);
    free(table->names);
    free(table->roles);
    free(table->place_of);
    free(table->feature);
    free(table->x);
    free(table->y);
    nn_csv_close(&table->csv);
    *table = (nn_csv_table){0};
}
