/* predictions_csv.c: predictions as CSV (RFC 4180, lines end with LF): a line that names the columns, `file`
 * where the rows come from files, one of each output and, of a classifier, `class`; then a line a row.
 * Numbers are the shortest that read back as the same float. */
#include "train/predictions_private.h"

#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const nn_names *names;
    nn_decision decision;
    int64_t columns;
    char *path;
    FILE *file;
    nn_text text; /* the rows that are written next */
} writer;

/* Outputs are called as the classes whose probabilities they are, a single one as class 1; or as the
 * targets that they predict; otherwise y0, y1... */
static void add_header(nn_text *text, const nn_predictions_about *about) {
    const nn_decision *decision = &about->decision;
    const int64_t columns = nn_shape_count(about->row);
    if (about->files) nn_text_add(text, "file,");
    for (int64_t i = 0; i < columns; i++) {
        char number[32];
        const char *name = NULL;
        if (decision->kind == NN_DECIDES_GREATEST)
            name = nn_names_get(about->names, NN_NAMES_CLASSES, columns, i);
        else if (decision->kind == NN_DECIDES_SIDE)
            name = nn_names_get(about->names, NN_NAMES_CLASSES, 2, 1);
        else name = nn_names_get(about->names, NN_NAMES_TARGETS, columns, i);
        snprintf(number, sizeof number, "y%" PRId64, i);
        if (i > 0) nn_text_add(text, ",");
        nn_text_add_field(text, name ? name : number);
    }
    nn_text_add(text, decision->kind == NN_DECIDES_NOTHING ? "\n" : ",class\n");
}

static nn_status make_header(const nn_predictions_about *about, char **out) {
    nn_text text = {0};
    add_header(&text, about);
    return nn_text_take(&text, out);
}

static nn_status check(const char *path, const nn_predictions_about *about) {
    char *header = NULL, *there = NULL;
    nn_status status = make_header(about, &header);
    const int64_t length = status == NN_OK ? (int64_t)strlen(header) : 0;
    if (status == NN_OK) status = nn_allocate("a line", length + 1, 1, &there);
    if (status == NN_OK) {
        FILE *file = fopen(path, "re");
        const size_t got = file ? fread(there, 1, (size_t)length, file) : 0;
        if (file) fclose(file);
        if (got != (size_t)length || memcmp(there, header, (size_t)length) != 0)
            status = nn_predictions_refuse(path, "no file of such predictions");
    }
    free(there);
    free(header);
    return status;
}

static nn_status close_here(void *context) {
    writer *self = context;
    nn_status status = NN_OK;
    if (self->file && fclose(self->file) != 0)
        status = nn_fail(NN_IO, "cannot write %s: %s", self->path, strerror(errno));
    nn_text_free(&self->text);
    free(self->path);
    free(self);
    return status;
}

static nn_status write_text(writer *self) {
    if (self->text.failed) return nn_fail(NN_INTERNAL, "out of memory: rows of %s", self->path);
    const size_t length = self->text.length;
    if (fwrite(self->text.bytes, 1, length, self->file) != length)
        return nn_fail(NN_IO, "cannot write %s: %s", self->path, strerror(errno));
    self->text.length = 0;
    return NN_OK;
}

static nn_status create(const char *temporary, const nn_predictions_about *about, void **out) {
    nn_status status = NN_OK;
    writer *self = NULL;
    NN_TRY(nn_allocate("a file of predictions", 1, sizeof *self, &self));
    *out = self;
    self->names = about->names;
    self->decision = about->decision;
    self->columns = nn_shape_count(about->row);
    NN_TRY(nn_copy_text(temporary, &self->path));
    self->file = fopen(temporary, "we");
    if (!self->file)
        NN_TRY(nn_fail(NN_CANT_CREATE, "cannot create %s: %s", temporary, strerror(errno)));
    add_header(&self->text, about);
    NN_TRY(write_text(self));
done:
    return status;
}

static void add_number(nn_text *text, float value) {
    char number[NN_REAL_TEXT];
    if (isnan(value)) strcpy(number, "nan");
    else if (isinf(value)) strcpy(number, value > 0 ? "inf" : "-inf");
    else nn_format_float(value, number);
    nn_text_add(text, "%s", number);
}

/* A class without a name is its number, none at all an empty field. */
static void add_class(writer *self, int32_t class) {
    const char *name = nn_names_get(self->names, NN_NAMES_CLASSES,
                                    nn_decision_classes(&self->decision), class);
    nn_text_add(&self->text, ",");
    if (name) nn_text_add_field(&self->text, name);
    else if (class >= 0) nn_text_add(&self->text, "%" PRId32, class);
}

static nn_status append(void *context, const nn_predictions_rows *rows, const int32_t *classes) {
    writer *self = context;
    for (int64_t i = 0; i < rows->count; i++) {
        if (rows->files) {
            nn_text_add_field(&self->text, rows->files[i]);
            nn_text_add(&self->text, ",");
        }
        for (int64_t j = 0; j < self->columns; j++) {
            if (j > 0) nn_text_add(&self->text, ",");
            add_number(&self->text, (float)rows->outputs[i * self->columns + j]);
        }
        if (classes) add_class(self, classes[i]);
        nn_text_add(&self->text, "\n");
        if (self->text.length < 1 << 16) continue;
        nn_status status = write_text(self);
        if (status != NN_OK) return status;
    }
    return write_text(self);
}

static nn_status note(void *context, const char *name, const char *text) {
    (void)context, (void)name, (void)text;
    return NN_OK;
}

const nn_predictions_format NN_PREDICTIONS_CSV = {check, create, append, note, close_here};
