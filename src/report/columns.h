/* columns.h: how wide a character is. */
#ifndef NN_REPORT_COLUMNS_H
#define NN_REPORT_COLUMNS_H

/** The bytes of the UTF-8 character at `at`; 0: there is none. Local. */
int nn_character_bytes(const unsigned char *at);

/** The columns of a terminal that the UTF-8 character of `bytes` bytes at `at` takes: 2 for Chinese ones and
 * pictures, 0 for an accent that is set on the one before, else 1; 1 where `bytes` is 0, for what replaces it. Local. */
int nn_character_columns(const unsigned char *at, int bytes);

#endif
