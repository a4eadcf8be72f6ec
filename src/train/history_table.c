/* history_table.c: metrics.csv, read back. It has no quotes: its names are those of metrics. A spreadsheet may
 * have ended its lines with CR LF. */
#include "train/history_table.h"

#include "io/publish.h"
#include "util/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 30 };

static int64_t count_of(const char *text, char which) {
    int64_t count = 0;
    for (; *text; text++) count += *text == which;
    return count;
}

static nn_status read_header(const char *text, nn_history_table *out) {
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("a table of metrics", (int64_t)strcspn(text, "\r\n") + 1, 1, &out->header));
    memcpy(out->header, text, strcspn(text, "\r\n"));
    const int64_t columns = count_of(out->header, ',') + 1;
    NN_TRY(nn_allocate("a table of metrics", columns, sizeof *out->names, &out->names));
    for (char *name = out->header; name; out->columns++) {
        out->names[out->columns] = name;
        name = strchr(name, ',');
        if (name) *name++ = '\0';
    }
done:
    return status;
}

/* The cells of the line at `line`. */
static int64_t cells_of(const char *line) {
    int64_t count = 1;
    for (; *line && *line != '\n'; line++) count += *line == ',';
    return count;
}

/* Reads the line at `line`, which a line feed ends, into `values`. */
static nn_status read_line(const char *line, const nn_history_table *table, double *values,
                           const char *name, int64_t number) {
    const char *at = line;
    if (cells_of(line) != table->columns)
        return nn_fail(NN_BAD_DATA,
                       "%s:%" PRId64 ": it has %" PRId64 " fields, but the first line has %" PRId64
                       ": the file is damaged",
                       name, number, cells_of(line), table->columns);
    for (int64_t i = 0; i < table->columns; i++) {
        const size_t length = strcspn(at, ",\r\n");
        char *end = NULL;
        values[i] = length > 0 ? strtod(at, &end) : NAN;
        if (length > 0 && end != at + length)
            return nn_fail(NN_BAD_DATA, "%s:%" PRId64 ": the column '%s' holds '%.*s', which is no number",
                           name, number, table->names[i], length < 40 ? (int)length : 40, at);
        at += strcspn(at, ",\n") + 1;
    }
    return NN_OK;
}

nn_status nn_history_table_read(const char *text, const char *lines, const char *name,
                                nn_history_table *out) {
    nn_status status = NN_OK;
    *out = (nn_history_table){0};
    const char *first = text + strcspn(text, "\n");
    first += *first == '\n';
    const char *line = lines && lines > first ? lines : first;
    int64_t number = 1; /* of the line */
    for (const char *at = text; at < line; at++) number += *at == '\n';
    NN_TRY(read_header(text, out));
    NN_TRY(nn_allocate("a table of metrics", count_of(line, '\n') * out->columns, sizeof *out->values,
                       &out->values));
    for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
        NN_TRY(read_line(line, out, out->values + out->rows * out->columns, name, number++));
        out->rows++;
    }
done:
    return status;
}

nn_status nn_history_table_open(const char *path, nn_history_table *out, bool *cut) {
    char *text = NULL;
    int64_t length;
    *out = (nn_history_table){0};
    *cut = false;
    nn_status status = nn_read_file(path, MOST_BYTES, &text, &length);
    if (status == NN_OK && strlen(text) != (size_t)length)
        status = nn_fail(NN_BAD_DATA, "%s: it holds a NUL byte: it is no text file", path);
    if (status == NN_OK) status = nn_history_table_read(text, NULL, path, out);
    if (status == NN_OK) *cut = length > 0 && text[length - 1] != '\n';
    free(text);
    return status;
}

int64_t nn_history_table_find(const nn_history_table *table, const char *column) {
    for (int64_t i = 0; i < table->columns; i++)
        if (strcmp(table->names[i], column) == 0) return i;
    return -1;
}

double nn_history_table_value(const nn_history_table *table, int64_t row, const char *column) {
    const int64_t at = nn_history_table_find(table, column);
    return at < 0 ? (double)NAN : table->values[row * table->columns + at];
}

void nn_history_table_free(nn_history_table *table) {
    free(table->header);
    free(table->names);
    free(table->values);
    *table = (nn_history_table){0};
}
