/* curves.c: what a run's metrics.csv holds. */
#include "report/curves.h"

#include "data/csv.h"
#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder's name, whatever the way to it is. */
static nn_status name_run(const char *folder, char **out) {
    char *whole = realpath(folder, NULL);
    if (!whole) return nn_fail(NN_NO_INPUT, "%s: %s", folder, strerror(errno));
    const char *slash = strrchr(whole, '/');
    nn_status status = nn_copy_text(slash && slash[1] ? slash + 1 : whole, out);
    free(whole);
    return status;
}

static nn_status find_file(const char *run, nn_curves *out) {
    nn_text path = {0};
    char *folder = NULL;
    nn_status status = NN_OK;
    if (nn_is_folder(run)) {
        nn_text_add(&path, "%s%smetrics.csv", run, nn_ends_with(run, "/") ? "" : "/");
        NN_TRY(nn_text_take(&path, &out->path));
        return name_run(run, &out->name);
    }
    NN_TRY(nn_copy_text(run, &out->path));
    NN_TRY(nn_copy_text(run, &folder));
    char *slash = strrchr(folder, '/');
    if (slash == folder) slash[1] = '\0';
    else if (slash) *slash = '\0';
    NN_TRY(name_run(slash ? folder : ".", &out->name));
done:
    free(folder);
    return status;
}

/* Whether the last line of a file has not come to its end. */
static bool is_cut(const char *path) {
    FILE *file = fopen(path, "re");
    bool cut = false;
    if (!file) return false;
    if (fseek(file, -1, SEEK_END) == 0) cut = fgetc(file) != '\n';
    fclose(file);
    return cut;
}

static nn_status keep_names(const nn_csv *csv, nn_curves *out) {
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("names of columns", csv->count, sizeof *out->names, &out->names));
    for (; out->columns < csv->count; out->columns++)
        NN_TRY(nn_copy_text(csv->fields[out->columns], &out->names[out->columns]));
    if (nn_curves_find(out, "epoch") < 0 || out->columns < 2)
        status = nn_fail(NN_BAD_DATA,
                         "%s is no metrics.csv of a run: its first line names no column 'epoch'",
                         out->path);
done:
    return status;
}

static nn_status read_number(const nn_curves *of, const nn_csv *csv, int64_t column, double *out) {
    const char *text = csv->fields[column];
    char *end;
    *out = strtod(text, &end);
    if (*end == '\0' && end > text) return NN_OK;
    *out = NAN;
    if (*text == '\0') return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s:%" PRId64 ": the column '%s' holds '%.64s', which is no number",
                   of->path, csv->line, of->names[column], text);
}

static nn_status keep_row(nn_curves *out, const nn_csv *csv, int64_t *room) {
    if (out->rows == *room) {
        const int64_t more = *room ? 2 * *room : 64;
        const size_t bytes = (size_t)(more * out->columns) * sizeof *out->values;
        double *values = realloc(out->values, bytes);
        if (!values) return nn_fail(NN_INTERNAL, "out of memory: the lines of %s", out->path);
        out->values = values;
        *room = more;
    }
    nn_status status = NN_OK;
    for (int64_t i = 0; i < out->columns && status == NN_OK; i++)
        status = read_number(out, csv, i, &out->values[out->rows * out->columns + i]);
    if (status == NN_OK) out->rows++;
    return status;
}

/* A line is whole where it has as many fields as the first one. One that is not whole may be the
 * last, since the run appends to the file. */
static nn_status read_rows(nn_csv *csv, nn_curves *out) {
    nn_status status = NN_OK;
    int64_t room = 0;
    bool end = false;
    NN_TRY(nn_csv_next(csv, &end));
    while (!end) {
        const int64_t fields = csv->count, line = csv->line;
        const bool whole = fields == out->columns;
        if (whole) status = keep_row(out, csv, &room);
        nn_status next = nn_csv_next(csv, &end);
        if (out->cut && next == NN_OK && end) { /* that was the last one */
            if (whole && status == NN_OK) out->rows--;
            return NN_OK;
        }
        if (status != NN_OK) return status;
        NN_TRY(next);
        if (whole) continue;
        return nn_fail(NN_BAD_DATA,
                       "%s:%" PRId64 ": it has %" PRId64 " fields, but the first line has %" PRId64
                       ": the file is damaged",
                       out->path, line, fields, out->columns);
    }
done:
    return status;
}

nn_status nn_curves_read(const char *run, nn_curves *out) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    bool end = false;
    *out = (nn_curves){0};
    NN_TRY(find_file(run, out));
    out->cut = is_cut(out->path);
    NN_TRY(nn_csv_open(out->path, ',', &csv));
    NN_TRY(nn_csv_next(csv, &end));
    if (end) NN_TRY(nn_fail(NN_BAD_DATA, "%s is empty: it is no metrics.csv of a run", out->path));
    NN_TRY(keep_names(csv, out));
    NN_TRY(read_rows(csv, out));
done:
    nn_csv_close(&csv);
    if (status != NN_OK) nn_curves_release(out);
    return status;
}

int64_t nn_curves_find(const nn_curves *curves, const char *name) {
    for (int64_t i = 0; i < curves->columns; i++)
        if (strcmp(curves->names[i], name) == 0) return i;
    return -1;
}

void nn_curves_release(nn_curves *curves) {
    for (int64_t i = 0; curves->names && i < curves->columns; i++) free(curves->names[i]);
    free(curves->names);
    free(curves->name);
    free(curves->path);
    free(curves->values);
    *curves = (nn_curves){0};
}
