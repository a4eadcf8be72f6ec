/* confusion.c: the confusion matrix of a classifier, counted, and as a table in text. */
#include "report/confusion.h"

#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 2000, NAME_MOST = 24 };

static nn_status count_piece(void *context, int64_t rows, const int32_t *predicted,
                             const int32_t *truth) {
    nn_confusion *self = context;
    for (int64_t i = 0; i < rows; i++) {
        if (predicted[i] < 0) self->undecided++;
        else self->counts[truth[i] * self->classes + predicted[i]]++;
        self->right += predicted[i] == truth[i];
    }
    self->rows += rows;
    return NN_OK;
}

nn_status nn_confusion_count(nn_results *results, nn_confusion *out) {
    *out = (nn_confusion){.classes = results->classes, .names = &results->names};
    if (out->classes > CLASSES_MAX)
        return nn_fail(NN_BAD_DATA, "%s: %" PRId64 " classes are too many for a confusion matrix; at most %d",
                       nn_h5_path(results->file), out->classes, CLASSES_MAX);
    nn_status status = nn_allocate("a confusion matrix", out->classes * out->classes,
                                   sizeof *out->counts, &out->counts);
    return status == NN_OK ? nn_results_each_class(results, count_piece, out) : status;
}

void nn_confusion_release(nn_confusion *matrix) {
    free(matrix->counts);
    *matrix = (nn_confusion){0};
}

const char *nn_confusion_name(const nn_confusion *matrix, int64_t class, char *number) {
    const char *name = nn_names_get(matrix->names, NN_NAMES_CLASSES, matrix->classes, class);
    snprintf(number, NN_CLASS_NUMBER, "%" PRId64, class);
    return name ? name : number;
}

/* ---- as a table ---- */

static int64_t rows_of(const nn_confusion *self, int64_t class) {
    int64_t rows = 0;
    for (int64_t i = 0; i < self->classes; i++) rows += self->counts[class * self->classes + i];
    return rows;
}

static int64_t taken_for(const nn_confusion *self, int64_t class) {
    int64_t rows = 0;
    for (int64_t i = 0; i < self->classes; i++) rows += self->counts[i * self->classes + class];
    return rows;
}

/* Pads or cuts a text to `width` characters. */
static void add_cell(nn_text *out, const char *text, int width, bool right) {
    const int letters = nn_text_width(text), room = width > letters ? width - letters : 0;
    if (right) nn_text_add(out, "%*s", room, "");
    nn_text_add_plain(out, text, width);
    if (!right) nn_text_add(out, "%*s", room, "");
}

static void add_share(nn_text *out, int64_t part, int64_t whole) {
    if (whole > 0) nn_text_add(out, "  %5.1f %%", 100.0 * (double)part / (double)whole);
    else nn_text_add(out, "        -");
}

static void add_summary(const nn_confusion *self, nn_text *out) {
    nn_text_add(out, "accuracy %.2f %%: %" PRId64 " of %" PRId64 " rows\n",
                100.0 * (double)self->right / (double)self->rows, self->right, self->rows);
    if (self->undecided > 0)
        nn_text_add(out, "%" PRId64 " rows are left out: NaN is no class\n", self->undecided);
}

static int digits(int64_t number) {
    char text[24];
    return snprintf(text, sizeof text, "%" PRId64, number);
}

/* The widths of the first column and of the others. */
static void measure(const nn_confusion *self, int *first, int *others) {
    char number[NN_CLASS_NUMBER];
    *first = (int)strlen("class");
    *others = 3;
    for (int64_t i = 0; i < self->classes; i++) {
        int letters = nn_text_width(nn_confusion_name(self, i, number));
        if (letters > NAME_MOST) letters = NAME_MOST;
        if (letters > *first) *first = letters;
        if (letters > *others) *others = letters;
    }
    for (int64_t i = 0; i < self->classes * self->classes; i++)
        if (digits(self->counts[i]) > *others) *others = digits(self->counts[i]);
}

static void add_matrix(const nn_confusion *self, int first, int others, nn_text *out) {
    char number[NN_CLASS_NUMBER];
    add_cell(out, "true", first, false);
    for (int64_t k = 0; k < self->classes; k++) {
        nn_text_add(out, "  ");
        add_cell(out, nn_confusion_name(self, k, number), others, true);
    }
    nn_text_add(out, "    recall precision\n");
    for (int64_t i = 0; i < self->classes; i++) {
        const int64_t right = self->counts[i * self->classes + i];
        add_cell(out, nn_confusion_name(self, i, number), first, false);
        for (int64_t k = 0; k < self->classes; k++)
            nn_text_add(out, "  %*" PRId64, others, self->counts[i * self->classes + k]);
        nn_text_add(out, " ");
        add_share(out, right, rows_of(self, i));
        nn_text_add(out, " ");
        add_share(out, right, taken_for(self, i));
        nn_text_add(out, "\n");
    }
}

/* What a class is most often taken for, other than itself; -1: nothing. */
static int64_t find_mistake(const nn_confusion *self, int64_t class) {
    const int64_t *counts = self->counts + class * self->classes;
    int64_t most = -1;
    for (int64_t k = 0; k < self->classes; k++)
        if (k != class && counts[k] > 0 && (most < 0 || counts[k] > counts[most])) most = k;
    return most;
}

static void add_classes(const nn_confusion *self, int first, nn_text *out) {
    char number[NN_CLASS_NUMBER];
    add_cell(out, "class", first, false);
    nn_text_add(out, "      rows   recall precision  most often taken for\n");
    for (int64_t i = 0; i < self->classes; i++) {
        const int64_t right = self->counts[i * self->classes + i], mistake = find_mistake(self, i);
        add_cell(out, nn_confusion_name(self, i, number), first, false);
        nn_text_add(out, "%10" PRId64, rows_of(self, i));
        add_share(out, right, rows_of(self, i));
        nn_text_add(out, " ");
        add_share(out, right, taken_for(self, i));
        if (mistake >= 0) {
            nn_text_add(out, "  ");
            nn_text_add_plain(out, nn_confusion_name(self, mistake, number), NAME_MOST);
            nn_text_add(out, " (%" PRId64 ")", self->counts[i * self->classes + mistake]);
        }
        nn_text_add(out, "\n");
    }
}

void nn_confusion_table(const nn_confusion *matrix, int columns, nn_text *out) {
    int first, others;
    measure(matrix, &first, &others);
    if (first + (2 + others) * matrix->classes + 20 <= columns) {
        nn_text_add(out, "%*s  predicted\n", first, "");
        add_matrix(matrix, first, others, out);
    } else
        add_classes(matrix, first, out);
    add_summary(matrix, out);
}
