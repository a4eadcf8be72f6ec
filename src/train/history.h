/* history.h: metrics.csv: a line an epoch with losses, metrics, learning rate, seconds and
 * samples/s. Rank 0 holds its text, writes it, and puts it into checkpoints. */
#ifndef NN_TRAIN_HISTORY_H
#define NN_TRAIN_HISTORY_H

#include "train/monitor.h"
#include "util/text.h"

/** One line. */
typedef struct {
    int64_t epoch, step; /* counted from 1: epochs and steps made */
    nn_epoch_values values;
    double learning_rate;
    double seconds; /* of this epoch: training and validation, without saving */
    double samples_per_second; /* while training, validation not included */
} nn_history_line;

/** Begins with the header line for these metrics. Local. */
void nn_history_begin(nn_text *history, const nn_objective *objective, bool validated);

/** Adds a line. Local. */
void nn_history_add(nn_text *history, const nn_history_line *line);

/** Takes the line of epoch `epoch` off its end, if it is there: of one that goes on. Local. */
void nn_history_take_back(nn_text *history, int64_t epoch);

/** Adds a comma and a number as the lines have it: the shortest form that reads back as the same double, nothing
 * for NaN. Local. */
void nn_history_add_number(nn_text *text, double value);

/** Writes the whole text to `path`, replacing what is there. Local, by rank 0.
 * Errors: NN_CANT_CREATE, NN_IO. */
nn_status nn_history_write(const nn_text *history, const char *path) NN_CHECKED;

/** Appends what the text has beyond `*written` bytes to the file: all of it, or nothing. Local, by rank 0.
 * Errors: NN_IO with errno; NN_CANT_CREATE. */
nn_status nn_history_append(const nn_text *history, size_t *written, const char *path) NN_CHECKED;

#endif
