/* csv.h: reading the records of a CSV file, RFC 4180, from memory, and writing a field of one. All functions are
 * Local. */
#ifndef NN_DATA_CSV_H
#define NN_DATA_CSV_H

#include "util/text.h"

#include <stdbool.h>
#include <stdint.h>

/** An open CSV file and its current record. Fields are unquoted, or without the blanks around them;
 * their texts stay valid until nn_csv_close(). */
typedef struct {
    char **fields;
    int64_t count; /* fields of the record */
    int64_t line;  /* where the record begins, from 1 */
    char delimiter;
    /* private: */
    char *path, *text, *next;
    int64_t next_line, capacity;
} nn_csv;

/** Reads a file, plain or gzip. `delimiter` 0: the first of , ; tab that the first line holds, not counting
 * what stands in quotes; a blank stands for any run of blanks and tabs. Errors: NN_NO_INPUT; NN_BAD_DATA
 * where it is no text, or its lines end with CR alone; NN_IO. */
nn_status nn_csv_open(const char *path, char delimiter, nn_csv **out) NN_CHECKED;

/** The same of a text. `name` stands for it in messages. Errors: NN_INTERNAL. */
nn_status nn_csv_open_text(const char *name, const char *text, char delimiter,
                           nn_csv **out) NN_CHECKED;

/** Goes to the next record that is no blank line; *end: there is none.
 * Errors: NN_BAD_DATA naming file and line where quotes are wrong. */
nn_status nn_csv_next(nn_csv *csv, bool *end) NN_CHECKED;

/** What the option --delimiter calls a delimiter: tab, space or ';' in single quotes. `text` has room for
 * NN_CSV_DELIMITER bytes. */
const char *nn_csv_name_delimiter(char delimiter, char *text);
enum { NN_CSV_DELIMITER = 8 };

/** Closes it; takes NULL. */
void nn_csv_close(nn_csv **csv);

#endif
