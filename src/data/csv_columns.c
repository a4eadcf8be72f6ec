/* csv_columns.c: what the columns of a CSV file are called, and which are features and labels: by the
 * options, or by a dataset that the new one is to be like. */
#include "data/csv_table.h"

#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names the columns after the header (the current record), or by their numbers. */
static nn_status name_columns(nn_csv_table *table) {
    nn_status status = NN_OK;
    table->columns = table->csv->count;
    NN_TRY(nn_allocate("column names", table->columns, sizeof *table->names, &table->names));
    NN_TRY(nn_allocate("columns", table->columns, sizeof *table->roles, &table->roles));
    NN_TRY(nn_allocate("columns", table->columns, sizeof *table->place_of, &table->place_of));
    for (int64_t i = 0; i < table->columns; i++) {
        char number[24], what[NN_CSV_WHAT];
        const char *name = table->csv->fields[i];
        snprintf(number, sizeof number, "%lld", (long long)i + 1);
        snprintf(what, sizeof what, "the name of column %s", number);
        if (table->options->header) NN_TRY(nn_csv_check_name(table, name, what));
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

/* The column that begins with `name` and goes on with a comma, at which an unquoted list was cut; or NULL. */
static const char *find_cut(const nn_csv_table *table, const char *name) {
    const size_t length = strlen(name);
    for (int64_t i = 0; i < table->columns && length > 0; i++) {
        const char *rest = table->names[i] + length;
        if (strncmp(table->names[i], name, length) == 0 && rest[strspn(rest, " ")] == ',') return table->names[i];
    }
    return NULL;
}

/* As it must be written in a list. */
static void add_quoted(nn_text *text, const char *name) {
    nn_text_add(text, "\"");
    for (; *name; name++) nn_text_add(text, *name == '"' ? "\"\"" : "%c", *name);
    nn_text_add(text, "\"");
}

/* Says where a field of the first record holds what may be the delimiter, if none was asked for. */
static void add_delimiter(nn_text *text, const nn_csv_table *table) {
    const nn_csv *csv = table->csv;
    char name[NN_CSV_DELIMITER];
    for (const char *other = csv->count == 1 ? ",;\t| " : ",;\t|"; *other && !table->options->delimiter; other++)
        for (int64_t i = 0; i < csv->count; i++) {
            if (!strchr(csv->fields[i], *other)) continue;
            const char *called = nn_csv_name_delimiter(*other, name);
            nn_text_add(text, "; where %s delimits columns, which column %lld holds, --delimiter %s says so", called,
                        (long long)i + 1, called);
            return;
        }
}

/* The message for a column that is not there; `what` is what it was to be. */
static nn_status fail_unknown(const nn_csv_table *table, const char *name, const char *what) {
    const char *near =
        nn_nearest_name(name, (const char *const *)table->names, (size_t)table->columns);
    const char *cut = find_cut(table, name);
    nn_text text = {0};
    nn_text_add(&text, "%s:%lld: there is no column '%s' (%s)", table->options->path,
                (long long)table->csv->line, name, what);
    if (cut) {
        nn_text_add(&text, "; a name that holds a comma is put in quotes, and those within it are doubled: '");
        add_quoted(&text, cut);
        nn_text_add(&text, "'");
    } else if (near) {
        nn_text_add(&text, "; did you mean '%s'?", near);
    } else {
        add_delimiter(&text, table);
    }
    nn_text_add(&text, "%s: ", near && !cut ? " The columns are" : "; the columns are");
    for (int64_t i = 0; i < table->columns && i < 12; i++) {
        nn_text_add(&text, "%s", i ? ", " : "");
        nn_text_add_field(&text, table->names[i]);
    }
    if (table->columns > 12) nn_text_add(&text, ", ... (%lld)", (long long)table->columns);
    return nn_text_fail(&text, NN_BAD_DATA);
}

/* The column of a name; -1: there is none. */
static int64_t find_column(const nn_csv_table *table, const char *name) {
    for (int64_t i = 0; i < table->columns; i++)
        if (strcmp(table->names[i], name) == 0) return i;
    return -1;
}

enum { UNDECIDED = -1 }; /* a role */

static nn_status give_role(nn_csv_table *table, const char *name, nn_csv_role role, int64_t place) {
    static const char *const whats[] = {"a feature", "a label", "to be ignored"};
    char what[512];
    snprintf(what, sizeof what, "%s%s%s", whats[role], table->like ? " of " : "",
             table->like ? table->like->path : "");
    int64_t i = find_column(table, name);
    if (i < 0) return fail_unknown(table, name, what);
    if (table->roles[i] != UNDECIDED)
        return nn_fail(NN_USAGE, "column '%s' is named twice as a label, a feature or to be ignored",
                       name);
    table->roles[i] = (int64_t)role;
    table->place_of[i] = place;
    return NN_OK;
}

static void add_feature(nn_csv_table *table, int64_t column) {
    table->roles[column] = NN_CSV_FEATURE;
    table->place_of[column] = table->features;
    table->feature[table->features++] = (nn_csv_feature){.column = column, .fill = NAN};
}

/* A column 'a=b' beside a one-hot column 'a' could not be told from the text 'b' of that one. */
static nn_status check_one_hot(const nn_csv_table *table, const char *name) {
    const size_t length = strlen(name);
    for (int64_t i = 0; i < table->features; i++) {
        const char *other = table->names[table->feature[i].column];
        if (strncmp(other, name, length) == 0 && other[length] == '=')
            return nn_fail(NN_BAD_DATA,
                           "%s:%lld: column '%s' is called like a text of the one-hot column '%s'; rename "
                           "one of them, or leave it out by --ignore",
                           table->options->path, (long long)table->csv->line, other, name);
    }
    return NN_OK;
}

/* By the options: the named columns, or all that are left, are features. */
static nn_status choose_features(nn_csv_table *table) {
    const nn_import_csv_options *options = table->options;
    nn_status status = NN_OK;
    for (int64_t i = 0; i < options->column_count; i++) {
        NN_TRY(give_role(table, options->columns[i], NN_CSV_FEATURE, 0));
        add_feature(table, find_column(table, options->columns[i]));
    }
    for (int64_t i = 0; i < table->columns; i++) {
        if (table->roles[i] != UNDECIDED) continue;
        if (options->column_count > 0)
            table->roles[i] = NN_CSV_IGNORED;
        else
            add_feature(table, i);
    }
    for (int64_t i = 0; i < options->one_hot_count; i++) {
        int64_t column = find_column(table, options->one_hot[i]);
        if (column < 0) return fail_unknown(table, options->one_hot[i], "to be one-hot");
        if (table->roles[column] != NN_CSV_FEATURE)
            return nn_fail(NN_USAGE, "column '%s' is to be one-hot, but is no feature",
                           options->one_hot[i]);
        table->feature[table->place_of[column]].one_hot = true;
        NN_TRY(check_one_hot(table, options->one_hot[i]));
    }
done:
    return status;
}

/* The one-hot column of `like` to which a feature such as "colour=red" belongs, and its text. */
static const char *split_category(const nn_csv_like *like, const char *feature, const char **text) {
    for (int64_t i = 0; i < like->one_hot.count; i++) {
        const char *column = like->one_hot.texts[i];
        size_t length = strlen(column);
        if (strncmp(feature, column, length) != 0 || feature[length] != '=') continue;
        *text = feature + length + 1;
        return column;
    }
    return NULL;
}

/* Whether the last feature is that one-hot column. */
static bool goes_on(const nn_csv_table *table, const char *column) {
    if (table->features == 0) return false;
    const nn_csv_feature *last = &table->feature[table->features - 1];
    return last->one_hot && strcmp(table->names[last->column], column) == 0;
}

/* Features as in the other dataset. */
static nn_status follow_features(nn_csv_table *table) {
    const nn_csv_like *like = table->like;
    nn_status status = NN_OK;
    for (int64_t i = 0; i < like->features.count; i++) {
        const char *name = like->features.texts[i], *text = NULL, *column = NULL;
        if (find_column(table, name) < 0) column = split_category(like, name, &text);
        if (!column || !goes_on(table, column)) {
            const char *source = column ? column : name;
            NN_TRY(give_role(table, source, NN_CSV_FEATURE, 0));
            add_feature(table, find_column(table, source));
            nn_csv_feature *added = &table->feature[table->features - 1];
            added->one_hot = added->fixed = column != NULL;
            if (like->fills.count > 0) added->fill = strtof(like->fills.texts[i], NULL);
        }
        nn_csv_categories *categories = &table->feature[table->features - 1].categories;
        if (column) NN_TRY(nn_csv_categories_add(categories, text));
    }
    for (int64_t i = 0; i < table->columns; i++)
        if (table->roles[i] == UNDECIDED) table->roles[i] = NN_CSV_IGNORED;
done:
    return status;
}

/* Labels as in the other dataset, or none where the file has none of these columns. */
static nn_status follow_labels(nn_csv_table *table) {
    const nn_csv_texts *labels = &table->like->labels;
    nn_status status = NN_OK;
    bool any = false;
    if (table->options->no_labels) return NN_OK;
    if (labels->count == 0 && table->like->y != NN_CSV_NO_Y)
        return nn_fail(NN_BAD_DATA,
                       "%s does not say which columns its labels came from (the attribute label_names); "
                       "--no-label leaves labels away",
                       table->like->path);
    for (int64_t i = 0; i < labels->count; i++)
        any = any || find_column(table, labels->texts[i]) >= 0;
    for (int64_t i = 0; any && i < labels->count; i++)
        NN_TRY(give_role(table, labels->texts[i], NN_CSV_LABEL, i));
    if (any) table->labels = labels->count;
done:
    return status;
}

nn_status nn_csv_table_columns(nn_csv_table *table) {
    const nn_import_csv_options *options = table->options;
    nn_status status = NN_OK;
    NN_TRY(name_columns(table));
    NN_TRY(check_names(table));
    NN_TRY(nn_allocate("features", table->columns, sizeof *table->feature, &table->feature));
    for (int64_t i = 0; i < table->columns; i++) table->roles[i] = UNDECIDED;
    for (int64_t i = 0; i < options->label_count; i++)
        NN_TRY(give_role(table, options->labels[i], NN_CSV_LABEL, i));
    for (int64_t i = 0; i < options->ignored_count; i++)
        NN_TRY(give_role(table, options->ignored[i], NN_CSV_IGNORED, i));
    table->labels = options->label_count;
    if (table->like) {
        NN_TRY(follow_labels(table));
        NN_TRY(follow_features(table));
    } else {
        NN_TRY(choose_features(table));
    }
    if (table->features < 1)
        status = nn_fail(NN_BAD_DATA,
                         "%s: no column is left as a feature: of %lld, %lld are labels and %lld "
                         "ignored (is the delimiter right? --delimiter names another)",
                         options->path, (long long)table->columns, (long long)options->label_count,
                         (long long)options->ignored_count);
done:
    return status;
}
