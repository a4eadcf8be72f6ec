/* text.c: growing strings, edit distance (optimal string alignment), shortest number formats. */
#include "util/text.h"
#undef nn_text_fail

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool reserve(nn_text *text, size_t more) {
    if (text->failed) return false;
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity) return true;
    size_t capacity = text->capacity ? text->capacity : 128;
    while (capacity < needed) capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void nn_text_add(nn_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) text->failed = true;
    if (length < 0 || !reserve(text, (size_t)length)) return;
    va_start(args, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

void nn_text_add_bytes(nn_text *text, const void *bytes, size_t length) {
    if (!reserve(text, length)) return;
    if (length > 0) memcpy(text->bytes + text->length, bytes, length); /* `bytes` may be NULL */
    text->length += length;
    text->bytes[text->length] = '\0';
}

void nn_text_add_field(nn_text *text, const char *field) {
    const size_t length = strlen(field);
    const bool blank = length == 0 || strchr(" \t", field[0]) || strchr(" \t", field[length - 1]);
    if (!blank && !strpbrk(field, ",;\"\r\n\t")) {
        nn_text_add(text, "%s", field);
        return;
    }
    nn_text_add(text, "\"");
    for (const char *c = field; *c; c++) nn_text_add(text, *c == '"' ? "\"\"" : "%c", *c);
    nn_text_add(text, "\"");
}

nn_status nn_text_take(nn_text *text, char **out) {
    *out = NULL;
    if (!reserve(text, 0)) {
        nn_text_free(text);
        return nn_fail(NN_INTERNAL, "out of memory while building a text");
    }
    text->bytes[text->length] = '\0';
    *out = text->bytes;
    *text = (nn_text){0};
    return NN_OK;
}

nn_status nn_text_fail(nn_text *text, nn_status status) {
    nn_fail(status, "%s", text->bytes ? text->bytes : "out of memory while building a message");
    nn_text_free(text);
    return status;
}

void nn_text_free(nn_text *text) {
    free(text->bytes);
    *text = (nn_text){0};
}

static int min3(int a, int b, int c) {
    int least = a < b ? a : b;
    return least < c ? least : c;
}

int nn_edit_distance(const char *a, const char *b) {
    enum { MAX = 64 }; /* names are shorter; what is cut off counts as that many edits */
    int length_a = (int)strnlen(a, MAX), length_b = (int)strnlen(b, MAX);
    int row[3][MAX + 1]; /* two rows ago, the row before, this row */
    int *before = row[0], *last = row[1], *now = row[2];
    for (int j = 0; j <= length_b; j++) last[j] = j;
    for (int i = 1; i <= length_a; i++) {
        now[0] = i;
        for (int j = 1; j <= length_b; j++) {
            int replace = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = min3(last[j] + 1, now[j - 1] + 1, replace);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < now[j]) now[j] = before[j - 2] + 1;
        }
        int *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[length_b] + (int)(strlen(a) - (size_t)length_a) +
           (int)(strlen(b) - (size_t)length_b);
}

/* Whether `wrong` is the beginning of a name ("acc"), or of each of its words ("lr"). */
static bool abbreviates(const char *wrong, const char *name) {
    const size_t length = strlen(wrong);
    if (length >= 3 && strncasecmp(wrong, name, length) == 0) return true;
    for (size_t i = 0; i < length; i++, name++) {
        if (tolower((unsigned char)wrong[i]) != tolower((unsigned char)*name)) return false;
        name += strcspn(name, "_");
        if (*name == '\0') return i > 0 && i + 1 == length;
    }
    return false;
}

const char *nn_nearest_name(const char *wrong, const char *const *names, size_t count) {
    const char *nearest = NULL;
    enum { EDITS_MAX = 4 };
    int least = 1 + (int)strlen(wrong) / 3; /* more edits than that is another word */
    if (least > EDITS_MAX) least = EDITS_MAX;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(wrong, names[i]) == 0) return names[i];
        int distance = nn_edit_distance(wrong, names[i]);
        if (abbreviates(wrong, names[i]) && distance > 1) distance = 1;
        if (distance >= (int)strlen(wrong)) continue; /* nothing in common */
        bool within = strlen(wrong) >= 3 && strstr(names[i], wrong) != NULL;
        if (within && distance > least) distance = least;
        if (distance < least || (distance == least && !nearest)) {
            nearest = names[i];
            least = distance;
        }
    }
    return nearest;
}

void nn_text_suggest(nn_text *text, const char *wrong, const char *const *names, size_t count,
                     const char *lead) {
    const char *nearest = nn_nearest_name(wrong, names, count);
    if (nearest) {
        nn_text_add(text, "; did you mean '%s'?", nearest);
        return;
    }
    nn_text_add(text, "; %s: ", lead);
    for (size_t i = 0; i < count; i++) {
        nn_text_add(text, "%s", i ? ", " : "");
        nn_text_add_field(text, names[i]);
    }
    if (count == 0) nn_text_add(text, "none");
}

static void mark_as_real(char *text) {
    if (!strpbrk(text, ".eEn")) strcat(text, ".0");
    /* YAML 1.1 readers take 1e-07 as a string: it wants a point in front of the exponent */
    char *exponent = strchr(text, 'e');
    if (exponent && !strchr(text, '.')) {
        memmove(exponent + 2, exponent, strlen(exponent) + 1);
        exponent[0] = '.';
        exponent[1] = '0';
    }
}

static bool format_special(double value, char *text) {
    if (isnan(value)) strcpy(text, ".nan");
    else if (isinf(value)) strcpy(text, value > 0 ? ".inf" : "-.inf");
    else return false;
    return true;
}

void nn_format_real(double value, char *text) {
    if (format_special(value, text)) return;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, NN_REAL_TEXT - 4, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    mark_as_real(text);
}

void nn_format_float(float value, char *text) {
    if (format_special(value, text)) return;
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, NN_REAL_TEXT - 4, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    mark_as_real(text);
}

nn_status nn_join_path(const char *folder, const char *name, char **out) {
    nn_text text = {0};
    nn_text_add(&text, "%s%s%s", folder, nn_ends_with(folder, "/") ? "" : "/", name);
    return nn_text_take(&text, out);
}

bool nn_ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool nn_has_ending(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

const char *nn_spell(char byte, char *piece) {
    static const char controls[] = "\n\r\t", letters[] = "nrt";
    const unsigned char code = (unsigned char)byte;
    const char *control = code ? strchr(controls, byte) : NULL;
    if (control)
        sprintf(piece, "\\%c", letters[control - controls]);
    else
        sprintf(piece, code < ' ' || code == 0x7F ? "\\x%02x" : "%c", code);
    return piece;
}

int nn_utf8_read(const char *text, unsigned *code) {
    const unsigned char *at = (const unsigned char *)text;
    /* by the first byte; and what the second may be: no longer form than needed, no half of a pair of UTF-16,
     * nothing beyond U+10FFFF */
    const int length = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF5 ? 4 : 0;
    unsigned char least = *at == 0xE0 ? 0xA0 : *at == 0xF0 ? 0x90 : 0x80;
    unsigned char most = *at == 0xED ? 0x9F : *at == 0xF4 ? 0x8F : 0xBF;
    *code = length > 1 ? *at & (0xFFU >> (length + 1)) : *at;
    for (int i = 1; i < length; i++) {
        if (at[i] < least || at[i] > most) return 0;
        *code = *code << 6 | (at[i] & 0x3F);
        least = 0x80;
        most = 0xBF;
    }
    return length;
}

bool nn_is_utf8(const char *text) {
    unsigned code;
    for (int length; *text; text += length) {
        length = nn_utf8_read(text, &code);
        if (length == 0) return false;
    }
    return true;
}
