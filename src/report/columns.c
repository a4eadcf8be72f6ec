/* columns.c: how wide a character is, by the C library's wcwidth(), which wants a locale of UTF-8 characters: not
 * the user's, which may be another, and none that all of the program would be in. */
#define _GNU_SOURCE /* wcwidth */
#include "report/columns.h"

#include <locale.h>
#include <wchar.h>

int nn_character_columns(unsigned code) {
    static locale_t locale;
    if (code < 0x80) return 1;
    if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!locale) return 1;
    const locale_t before = uselocale(locale);
    const int columns = wcwidth((wchar_t)code);
    uselocale(before);
    return columns < 0 ? 1 : columns;
}
