/* checkpoint_private.h: what the checkpoint*.c files know of each other: where things stand in the file,
 * and what is compared when it is read. */
#ifndef NN_TRAIN_CHECKPOINT_PRIVATE_H
#define NN_TRAIN_CHECKPOINT_PRIVATE_H

#include "io/h5.h"
#include "train/checkpoint.h"

#define NN_CHECKPOINT_GROUP "/nnmpi"
#define NN_CHECKPOINT_SUMS  NN_CHECKPOINT_GROUP "/epoch_sums"
#define NN_CHECKPOINT_BEST  NN_CHECKPOINT_GROUP "/best_weights"
enum { NN_CHECKPOINT_FORMAT = 1 };

/** Makes the file of a training as it is now, on this rank, in memory; `path` names it in messages.
 * Local. Errors: NN_INTERNAL, NN_IO. */
nn_status nn_checkpoint_write(nn_training *training, const char *path, nn_image *image) NN_CHECKED;

/** The path of the checkpoint of a step, which the caller frees. Local. Errors: NN_INTERNAL. */
nn_status nn_checkpoint_name(const char *folder, int64_t step, char **out) NN_CHECKED;

/** Reads a verified checkpoint into the training of this rank alone; `note` hears of what is worth
 * knowing. Local. Errors: NN_BAD_DATA, NN_BAD_CONFIG. */
nn_status nn_checkpoint_read(nn_training *training, const char *path, nn_checkpoint_note *note,
                             void *context) NN_CHECKED;

/** The epoch, counted from 1, that the weights of a run's model.h5 are of, where that is not the one with which
 * the rest of the file ends, because early stopping has restored them; otherwise 0. Local.
 * Errors: NN_NO_INPUT; NN_BAD_DATA. */
nn_status nn_checkpoint_earlier_epoch(const char *path, int64_t *epoch) NN_CHECKED;

/** Gives all ranks the state that rank 0 has read. Collective. */
void nn_checkpoint_broadcast(nn_training *training);

/** The numbers of the progress, written and read by one table. Local. Errors: NN_IO; NN_BAD_DATA. */
nn_status nn_checkpoint_write_progress(const nn_progress *progress, nn_h5 *file) NN_CHECKED;
nn_status nn_checkpoint_read_progress(nn_progress *progress, nn_h5 *file) NN_CHECKED;

/** The checksum of a dataset, as text. Local. */
enum { NN_CHECKSUM_ROOM = 24 };
void nn_checkpoint_format_checksum(const nn_dataset *data, char *text);

/** What ends a run before its last epoch, as text that the caller frees; where it has changed, a run
 * that it had ended goes on. Local. Errors: NN_INTERNAL. */
nn_status nn_checkpoint_format_rules(const nn_run *run, char **out) NN_CHECKED;

/** What a monitor (nn_run_monitor, or NULL) watches, into `text`, which is returned; where that has
 * changed, its best value means nothing any more. Local. */
enum { NN_MONITOR_ROOM = 128 };
const char *nn_checkpoint_format_monitor(const void *section, char *text);

/** Windows and rows of a block, where the order of an epoch depends on them; otherwise 1 and 0. Local. */
typedef struct {
    int64_t windows, block_rows;
} nn_checkpoint_cut;
nn_checkpoint_cut nn_checkpoint_cut_of(const nn_training *training);

#endif
