/* glyphs.c: which characters the fonts of this machine can show. For a character without a glyph Pango draws
 * a box of lines, to which gnuplot's cairo terminals give the widths and lengths of their own, finer unit:
 * black shapes over all of the picture. So such characters must not reach them. fontconfig, through which
 * Pango finds its fonts, lists by fc-list what each of them has: "20-7e a0-17f 192 ...", in hexadecimal. */
#include "report/glyphs.h"

#include "report/program.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODES = 0x110000, LISTED = 8 }; /* of Unicode; missing characters that are named */

static void mark(unsigned char *there, unsigned long from, unsigned long to) {
    for (unsigned long code = from; code <= to && code < CODES; code++) there[code] = 1;
}

/* What is in about every font, for where fc-list is missing: Latin, Greek, Cyrillic, punctuation. */
static void mark_usual(unsigned char *there) {
    mark(there, 0, 0x7f);
    mark(there, 0xa0, 0x17f);
    mark(there, 0x391, 0x3a1);
    mark(there, 0x3a3, 0x3c9);
    mark(there, 0x400, 0x45f);
    mark(there, 0x2010, 0x2027);
}

/* What is never shown: joiners, marks of direction, selectors of variants. */
static void mark_invisible(unsigned char *there) {
    mark(there, 0, 0x7f);
    mark(there, 0xad, 0xad);
    mark(there, 0x200b, 0x200f);
    mark(there, 0x202a, 0x202e);
    mark(there, 0x2060, 0x206f);
    mark(there, 0xfe00, 0xfe0f);
    mark(there, 0xfeff, 0xfeff);
}

/* Words of a list such as "20-7e"; others, such as a font's name, are passed over. */
static int64_t mark_listed(FILE *list, unsigned char *there) {
    char word[64];
    int64_t ranges = 0;
    while (fscanf(list, "%63s", word) == 1) {
        char *end;
        const unsigned long from = strtoul(word, &end, 16);
        const unsigned long to = *end == '-' && end > word ? strtoul(end + 1, &end, 16) : from;
        if (*end != '\0' || end == word) continue;
        mark(there, from, to);
        ranges++;
    }
    return ranges;
}

/* A byte for each code: whether it can be drawn. */
static nn_status find(unsigned char *there) {
    char name[] = "fc-list", format[] = "--format=%{charset}\n";
    char *const arguments[] = {name, format, NULL};
    bool ended = false;
    FILE *list = tmpfile();
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (!list || nowhere < 0) {
        const int error = errno;
        if (list) fclose(list);
        if (nowhere >= 0) close(nowhere);
        return nn_fail(NN_IO, "a temporary file cannot be written: %s", strerror(error));
    }
    const int error = nn_program_run(arguments, -1, fileno(list), nowhere, &ended);
    rewind(list);
    mark_invisible(there);
    if (error || !ended || mark_listed(list, there) == 0) mark_usual(there);
    fclose(list);
    close(nowhere);
    return NN_OK;
}

static void replace(const nn_text *script, unsigned char *there, nn_text *drawable, nn_text *missing) {
    int length, count = 0;
    unsigned code;
    for (const char *at = script->bytes; *at; at += length) {
        length = nn_utf8_read(at, &code); /* scripts are UTF-8 */
        if (length == 0) length = 1;
        if (code < 0x80 || there[code] == 1) {
            nn_text_add_bytes(drawable, at, (size_t)length);
            continue;
        }
        nn_text_add(drawable, "?");
        if (there[code] == 0 && count < LISTED) nn_text_add(missing, "%s%.*s", count ? " " : "", length, at);
        if (there[code] == 0 && count == LISTED) nn_text_add(missing, " ...");
        count += there[code] == 0;
        there[code] = 2; /* named */
    }
}

nn_status nn_glyphs_replace(const nn_text *script, nn_text *drawable, nn_text *missing) {
    nn_status status = NN_OK;
    unsigned char *there = NULL;
    bool plain = true;
    for (size_t i = 0; i < script->length; i++) plain = plain && (unsigned char)script->bytes[i] < 0x80;
    if (plain) {
        nn_text_add_bytes(drawable, script->bytes, script->length);
        return drawable->failed ? nn_fail(NN_INTERNAL, "out of memory: a picture") : NN_OK;
    }
    NN_TRY(nn_allocate("characters of fonts", CODES, 1, &there));
    NN_TRY(find(there));
    replace(script, there, drawable, missing);
    if (drawable->failed || missing->failed) status = nn_fail(NN_INTERNAL, "out of memory: a picture");
done:
    free(there);
    return status;
}
