/* columns.c: how wide a character is, by the C library's wcwidth(), which wants a locale of UTF-8 characters: not
 * the user's, which may be another, and none that all of the program would be in. */
#define _GNU_SOURCE /* wcwidth */
#include "report/columns.h"

#include <locale.h>
#include <wchar.h>

int nn_character_bytes(const unsigned char *at) {
    const int length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (length == 3 && at[0] == 0xe0 && at[1] < 0xa0) return 0;      /* longer than needed */
    if (length == 3 && at[0] == 0xed && at[1] > 0x9f) return 0;      /* surrogates */
    if (length == 4 && at[0] == 0xf0 && at[1] < 0x90) return 0;
    if (length == 4 && at[0] == 0xf4 && at[1] > 0x8f) return 0;
    return length;
}

/* The code of a character. */
static wchar_t decode(const unsigned char *at, int bytes) {
    if (bytes <= 1) return at[0];
    wchar_t code = at[0] & (0xff >> (bytes + 1));
    for (int i = 1; i < bytes; i++) code = code << 6 | (at[i] & 0x3f);
    return code;
}

int nn_character_columns(const unsigned char *at, int bytes) {
    static locale_t locale;
    if (bytes <= 1) return 1;
    if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!locale) return 1;
    const locale_t before = uselocale(locale);
    const int columns = wcwidth(decode(at, bytes));
    uselocale(before);
    return columns < 0 ? 1 : columns;
}
