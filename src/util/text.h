/* text.h: building strings, and finding the nearest name for "did you mean". */
#ifndef NN_UTIL_TEXT_H
#define NN_UTIL_TEXT_H

#include "util/status.h"

#include <stdbool.h>
#include <stdint.h>

/** A string that grows. Start with `nn_text text = {0}`, end with nn_text_free(). An allocation
 * that fails is remembered in `failed`; nn_text_take() reports it. */
typedef struct {
    char *bytes; /* NUL-terminated, or NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;
} nn_text;

/** Appends formatted text. Local. */
void nn_text_add(nn_text *text, const char *format, ...) NN_PRINTF(2, 3);

/** Appends `length` bytes. Local. */
void nn_text_add_bytes(nn_text *text, const void *bytes, size_t length);

/** Appends a field of a CSV line, or a name in a list of names: in quotes where it holds what means something
 * there, such as a comma, or blanks that readers drop; quotes within it are doubled then. Local. */
void nn_text_add_field(nn_text *text, const char *field);

/** Hands the string over to the caller, who frees it with free(). Local. Errors: NN_INTERNAL. */
nn_status nn_text_take(nn_text *text, char **out) NN_CHECKED;

/** Records the string as the message of a failure, releases it, and returns `status`. Local. */
nn_status nn_text_fail(nn_text *text, nn_status status);
#ifdef __clang_analyzer__ /* as nn_fail() */
#define nn_text_fail(text, status) (nn_text_fail(text, status), (status))
#endif

/** Releases the string. Local. */
void nn_text_free(nn_text *text);

/** The number of edits (insert, delete, replace, swap of neighbours) between two names: the
 * optimal string alignment distance. Local. */
int nn_edit_distance(const char *a, const char *b);

/** The name of `names[0..count-1]` nearest to `wrong`, or NULL where none is near enough to be
 * meant. Local. */
const char *nn_nearest_name(const char *wrong, const char *const *names, size_t count);

/** Appends what may have been meant by a name that is none of `names`: "; did you mean 'units'?",
 * or, where none is near, "; LEAD: a, b, c". Local. */
void nn_text_suggest(nn_text *text, const char *wrong, const char *const *names, size_t count,
                     const char *lead);

/** Writes the shortest decimal form of `value` that reads back as the same double; always with a
 * point or an exponent, so that it reads back as a real number (inf and nan as YAML's .inf, .nan).
 * `text` has room for NN_REAL_TEXT bytes. Local. */
void nn_format_real(double value, char *text);
enum { NN_REAL_TEXT = 40 };

/** Writes the shortest decimal form of `value` that reads back as the same float. Local. */
void nn_format_float(float value, char *text);

/** The path of a file in a folder, which the caller frees. Local. Errors: NN_INTERNAL. */
nn_status nn_join_path(const char *folder, const char *name, char **out) NN_CHECKED;

/** Whether `text` ends with `end`. Local. */
bool nn_ends_with(const char *text, const char *end);

/** The same for the ending of a file's name: A.ONNX ends with .onnx too. Local. */
bool nn_has_ending(const char *name, const char *end);

/** A byte of a text as it is shown to people: itself, or a control character spelled out, \n, \r, \t or such as
 * \x1b, so that no name can move the cursor. `piece` has room for NN_SPELLED bytes. Local. */
const char *nn_spell(char byte, char *piece);
enum { NN_SPELLED = 8 };

/** The bytes of the UTF-8 character (RFC 3629) at `text`, which gives *code; 0: there is none. Local. */
int nn_utf8_read(const char *text, unsigned *code);

/** Whether all of `text` is UTF-8, which HDF5, JSON and ONNX want of names. Local. */
bool nn_is_utf8(const char *text);

#endif
