/* columns.h: how wide a character is. */
#ifndef NN_REPORT_COLUMNS_H
#define NN_REPORT_COLUMNS_H

/** The columns of a terminal that the character of a code takes: 2 for Chinese ones and pictures, 0 for an accent
 * that is set on the one before, else 1. Local. */
int nn_character_columns(unsigned code);

#endif
