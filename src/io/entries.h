/* entries.h: the entries of a folder. */
#ifndef NN_IO_ENTRIES_H
#define NN_IO_ENTRIES_H

#include "util/status.h"

/** Calls `visit` with the name of each entry of a folder, in no order, until it fails; with none where there
 * is no such folder. Local. Errors: NN_IO where the folder cannot be listed to its end, which must not look
 * like one that is empty; those of `visit`. */
nn_status nn_entries_visit(const char *folder, nn_status (*visit)(void *context, const char *name),
                           void *context) NN_CHECKED;

#endif
