/* progress.h: what `nnmpi train` shows while it runs: a bar where stderr is a terminal, and a line an
 * epoch on stdout. */
#ifndef NN_CLI_PROGRESS_H
#define NN_CLI_PROGRESS_H

#include "train/train.h"

typedef struct {
    bool bar;              /* draw it */
    bool blocks;           /* of Unicode's block elements */
    bool drawn;            /* it stands on the terminal's line now */
    double last_drawn;     /* when, in seconds */
    double looked, waited; /* when waiting for data was last looked at, and how long it was by then */
    double waits, passes;  /* seconds of waiting, of all; older ones weigh less */
    const char *warning;   /* about how the ranks lie on the cores, borrowed; NULL: none */
} nn_progress_view;

/** An observer that shows the run through `view`, which must outlive it. Local, on rank 0. */
nn_observer nn_progress_observer(nn_progress_view *view);

/** Ends the line of the bar, before something else is written. Local. */
void nn_progress_clear(nn_progress_view *view);

#endif
