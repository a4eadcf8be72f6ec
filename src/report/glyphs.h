/* glyphs.h: which characters the fonts of this machine can show. */
#ifndef NN_REPORT_GLYPHS_H
#define NN_REPORT_GLYPHS_H

#include "util/text.h"

/** `script` with a question mark for each character that no font of this machine has, in *drawable, which the
 * caller frees, and in *missing a list of those characters, empty where there are none. Local. Errors:
 * NN_INTERNAL, NN_IO. */
nn_status nn_glyphs_replace(const nn_text *script, nn_text *drawable, nn_text *missing) NN_CHECKED;

#endif
