/* csv.c: records of a CSV file (RFC 4180: fields in double quotes may hold delimiters, line ends
 * and doubled quotes). The file is held in memory and its fields are cut and unquoted in place.
 * Beyond the RFC: LF alone ends a line too, blanks around a field are dropped, blank lines are
 * skipped. */
#include "data/csv.h"

#include "io/publish.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 1 << 20 }; /* of a record: each column takes some 200 bytes */

static const char DELIMITERS[] = ",;\t"; /* that are found, the first of them first */

/* Behind the closing quote of the field that begins at `text`, or at the end of the text. */
static const char *skip_quoted(const char *text) {
    for (text++; *text && (text[0] != '"' || text[1] == '"'); text++)
        if (*text == '"') text++;
    return *text ? text + 1 : text;
}

/* By the first record. What stands in quotes delimits nothing, and a quote within a field is no quote. */
static char find_delimiter(const char *text) {
    bool seen[sizeof DELIMITERS] = {false}, begins = true;
    text += strspn(text, "\r\n");
    while (*text && *text != '\r' && *text != '\n') {
        if (begins && *text == '"') {
            text = skip_quoted(text);
            begins = false;
            continue;
        }
        const char *found = strchr(DELIMITERS, *text);
        if (found) seen[found - DELIMITERS] = true;
        begins = found || (begins && *text == ' ');
        text++;
    }
    for (size_t i = 0; i + 1 < sizeof DELIMITERS; i++)
        if (seen[i]) return DELIMITERS[i];
    return ',';
}

const char *nn_csv_name_delimiter(char delimiter, char *text) {
    if (delimiter == '\t') return "tab";
    if (delimiter == ' ') return "space";
    sprintf(text, "'%c'", delimiter);
    return text;
}

/* Refuses a text in one line that CRs alone cut. */
static nn_status check_line_ends(const nn_csv *csv) {
    const char *cr = strchr(csv->next, '\r');
    if (!cr || cr[strspn(cr, "\r")] == '\0' || strchr(csv->next, '\n')) return NN_OK;
    return nn_fail(NN_BAD_DATA,
                   "%s: its lines end with CR alone, as on old Macs; expected LF or CR LF: "
                   "tr '\\r' '\\n' <OLD.csv >NEW.csv makes it so",
                   csv->path);
}

nn_status nn_csv_open(const char *path, char delimiter, nn_csv **out) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    int64_t length = 0;
    *out = NULL;
    NN_TRY(nn_allocate("an open file", 1, sizeof *csv, &csv));
    NN_TRY(nn_copy_text(path, &csv->path));
    NN_TRY(nn_read_file(path, INT64_MAX / 4, &csv->text, &length));
    if (memchr(csv->text, '\0', (size_t)length)) {
        status =
            nn_fail(NN_BAD_DATA, "%s is not a CSV file: it holds NUL bytes (expected UTF-8)", path);
        goto done;
    }
    csv->next = csv->text;
    if (strncmp(csv->next, "\xEF\xBB\xBF", 3) == 0) csv->next += 3; /* a byte order mark */
    csv->next_line = 1;
    NN_TRY(check_line_ends(csv));
    csv->delimiter = delimiter ? delimiter : find_delimiter(csv->next);
    *out = csv;
    csv = NULL;
done:
    nn_csv_close(&csv);
    return status;
}

nn_status nn_csv_open_text(const char *name, const char *text, char delimiter, nn_csv **out) {
    nn_status status = NN_OK;
    nn_csv *csv = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a list", 1, sizeof *csv, &csv));
    NN_TRY(nn_copy_text(name, &csv->path));
    NN_TRY(nn_copy_text(text, &csv->text));
    csv->next = csv->text;
    csv->next_line = 1;
    csv->delimiter = delimiter;
    *out = csv;
    csv = NULL;
done:
    nn_csv_close(&csv);
    return status;
}

void nn_csv_close(nn_csv **csv) {
    if (!*csv) return;
    free((*csv)->fields);
    free((*csv)->path);
    free((*csv)->text);
    free(*csv);
    *csv = NULL;
}

/* A character that only fills: a blank or tab that is no delimiter, or is one of many. */
static bool is_filler(const nn_csv *csv, char c) {
    return (c == ' ' || c == '\t') && (c != csv->delimiter || csv->delimiter == ' ');
}

static bool ends_line(const char *at) {
    return *at == '\n' || *at == '\0' || (at[0] == '\r' && (at[1] == '\n' || at[1] == '\0'));
}

static bool ends_field(const nn_csv *csv, const char *at) {
    return ends_line(at) || *at == csv->delimiter || (csv->delimiter == ' ' && *at == '\t');
}

/* Cuts the quoted field at csv->next and goes behind its closing quote. */
static nn_status cut_quoted(nn_csv *csv, char **field) {
    int64_t began = csv->next_line;
    char *from = csv->next + 1, *to = csv->next;
    *field = to;
    for (; *from && (from[0] != '"' || from[1] == '"'); from++) {
        if (*from == '"') from++;
        if (*from == '\n') csv->next_line++;
        *to++ = *from;
    }
    if (!*from)
        return nn_fail(NN_BAD_DATA, "%s:%lld: a quoted field has no closing quote", csv->path,
                       (long long)began);
    *to = '\0';
    csv->next = from + 1;
    while (is_filler(csv, *csv->next)) csv->next++;
    if (ends_field(csv, csv->next) || (csv->delimiter == ' ' && csv->next > from + 1)) return NN_OK;
    char name[NN_CSV_DELIMITER];
    return nn_fail(NN_BAD_DATA,
                   "%s:%lld: '%c' follows a closing quote; expected a delimiter, which is %s unless --delimiter "
                   "names another (a quote within a quoted field is doubled)",
                   csv->path, (long long)csv->next_line, *csv->next,
                   nn_csv_name_delimiter(csv->delimiter, name));
}

/* Cuts the field at csv->next; *last: it ends the record, and csv->next is the next line. */
static nn_status cut_field(nn_csv *csv, char **field, bool *last) {
    char *end = NULL; /* of an unquoted field */
    while (is_filler(csv, *csv->next)) csv->next++;
    if (*csv->next == '"') {
        nn_status status = cut_quoted(csv, field);
        if (status != NN_OK) return status;
    } else {
        *field = csv->next;
        while (!ends_field(csv, csv->next)) csv->next++;
        end = csv->next;
        while (end > *field && is_filler(csv, end[-1])) end--;
        while (is_filler(csv, *csv->next)) csv->next++; /* where blanks delimit */
    }
    *last = ends_line(csv->next);
    if (!*last && *csv->next == csv->delimiter) csv->next++;
    if (*last && *csv->next == '\r') csv->next++;
    if (*last && *csv->next == '\n') {
        csv->next++;
        csv->next_line++;
    }
    if (end) *end = '\0';
    return NN_OK;
}

static nn_status keep_field(nn_csv *csv, char *field) {
    if (csv->count == FIELDS_MAX)
        return nn_fail(NN_BAD_DATA, "%s:%lld: more than %d fields (is the delimiter right? --delimiter names another)", csv->path,
                       (long long)csv->line, FIELDS_MAX);
    if (csv->count == csv->capacity) {
        int64_t capacity = csv->capacity ? 2 * csv->capacity : 16;
        char **fields = realloc(csv->fields, (size_t)capacity * sizeof *fields);
        if (!fields) return nn_fail(NN_INTERNAL, "out of memory: the fields of a record");
        csv->fields = fields;
        csv->capacity = capacity;
    }
    csv->fields[csv->count++] = field;
    return NN_OK;
}

nn_status nn_csv_next(nn_csv *csv, bool *end) {
    for (char *at = csv->next;; csv->next = at) { /* blank lines */
        while (is_filler(csv, *at) || *at == '\r') at++;
        *end = *at == '\0';
        if (*at != '\n') break;
        at++;
        csv->next_line++;
    }
    csv->count = 0;
    csv->line = csv->next_line;
    for (bool last = *end; !last;) {
        char *field = NULL;
        nn_status status = cut_field(csv, &field, &last);
        if (status == NN_OK) status = keep_field(csv, field);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}
