/* run.h: a run: what a run file says (docs/RUNFILE.md). It is an object like any other
 * (util/object.h), so that checks, defaults, the effective file and the documentation all come from
 * one table. */
#ifndef NN_TRAIN_RUN_H
#define NN_TRAIN_RUN_H

#include "data/dataset.h"
#include "optim/scaling.h"
#include "util/object.h"
#include "util/text.h"

typedef struct {
    nn_object object;
    char *file; /* absolute after nn_run_read() */
    char *train;
    char *validation; /* NULL: none, or a split */
    double validation_split;
    bool shuffle;
    int in_memory; /* nn_in_memory */
    double buffer_mb;
} nn_run_data;

/** What follows where a checkpoint cannot be written. */
typedef enum { NN_ON_ERROR_STOP, NN_ON_ERROR_CONTINUE } nn_on_error;

typedef struct {
    nn_object object;
    int64_t every_epochs, every_steps; /* 0: not by this */
    double every_minutes;              /* NAN: not by this */
    int64_t keep;
    nn_on_error on_error;
} nn_run_checkpoint;

typedef struct {
    nn_object object;
    int64_t every_steps; /* 0: at the end of each epoch */
} nn_run_replica_check;

typedef struct {
    nn_object object;
    double loss, val_loss; /* NAN: not by this */
} nn_run_stop_at;

/** What is written beside metrics.csv. */
typedef struct {
    nn_object object;
    bool tensorboard;
} nn_run_log;

typedef enum { NN_MODE_AUTO, NN_MODE_MIN, NN_MODE_MAX } nn_monitor_mode;

/** What early_stopping and reduce_lr_on_plateau have in common: waiting for improvement. */
typedef struct {
    nn_object object;
    char *monitor;
    int mode; /* nn_monitor_mode */
    double min_delta;
    int64_t patience;
} nn_run_monitor;

typedef struct {
    nn_run_monitor monitor;
    double baseline; /* NAN: none */
    bool restore_best_weights;
    int64_t start_from_epoch;
} nn_run_early_stopping;

typedef struct {
    nn_run_monitor monitor;
    double factor, min_lr;
    int64_t cooldown;
} nn_run_plateau;

typedef struct {
    nn_object object;
    char *name;
    int64_t seed;
    nn_run_data *data;
    nn_object_list model;
    char *initial_weights; /* a model file, absolute after nn_run_read(); NULL: by the initializers */
    nn_object *loss;
    nn_object *optimizer;
    nn_object_list metrics;
    nn_real_map class_weight;
    int64_t batch_size;
    int64_t accumulate_steps;
    nn_scaling *learning_rate_scaling; /* NULL: none */
    bool reproducible;
    int communication;      /* nn_communication */
    int gradient_precision; /* nn_precision */
    int64_t epochs;
    int64_t max_steps;  /* 0: no limit */
    double max_minutes; /* NAN: no limit */
    nn_run_stop_at *stop_at;               /* NULL: none */
    nn_run_early_stopping *early_stopping; /* NULL: none */
    nn_run_plateau *reduce_lr_on_plateau;  /* NULL: none */
    nn_run_checkpoint *checkpoint;
    nn_run_replica_check *replica_check; /* NULL: none */
    nn_run_log *log;
    nn_node *tree; /* that it was read from, whose places its layers and messages borrow */
} nn_run;

/** The rows of an optimizer step, over all ranks. Local. */
int64_t nn_run_step_rows(const nn_run *run);

/** The bytes of data.buffer_mb. Local. */
int64_t nn_run_buffer(const nn_run *run);

/** The registry of the run file itself, whose only class is its top level. */
extern const nn_registry NN_RUN;

/** Reads a run file with overrides "KEY=VALUE" (KEY a dotted path, VALUE in YAML), or "--sweep KEY=VALUE"
 * or "nnmpi_config_set KEY=VALUE" where messages are to call one so rather than --set.
 * `name` is the file's path: for messages, for relative paths in it and for the default of `name`. The
 * caller destroys it. No other file is read: the layers must stand in it. Local.
 * Errors: NN_BAD_CONFIG with file:line:column; NN_USAGE for an override that is none. */
nn_status nn_run_read(const char *text, const char *name, const char *const *overrides,
                      int64_t override_count, nn_run **out) NN_CHECKED;

/** The same for data that a program holds in memory: of the section data, which may be missing,
 * validation_split, shuffle and buffer_mb count. A model file that
 * it names is read, on each rank. With `validated` there are rows to validate with.
 * Local. Errors: likewise. */
nn_status nn_run_read_given(const char *text, const char *name, const char *const *overrides,
                            int64_t override_count, bool validated, nn_run **out) NN_CHECKED;

/** Reads the file `path` itself, and the model file that its `model: {from: FILE}` may name. Local.
 * Errors: NN_NO_INPUT; as above; those of nn_saved_open() with the place in the run file. */
nn_status nn_run_read_file(const char *path, const char *const *overrides, int64_t override_count,
                           nn_run **out) NN_CHECKED;

/** The same for a run that goes on in the folder `output` (NULL: runs/NAME): where its layers came from a
 * file, they are those with which it began, also where the file is gone. Local. Errors: likewise. */
nn_status nn_run_read_resumed(const char *path, const char *const *overrides, int64_t override_count,
                              const char *output, nn_run **out) NN_CHECKED;

/** The name that a run has, without checking anything else; the caller frees it. Local. Errors: likewise. */
nn_status nn_run_read_name(const char *path, const char *const *overrides, int64_t override_count,
                           char **out) NN_CHECKED;

/** The effective run file, every default spelled out; the caller frees it. Local.
 * Errors: NN_INTERNAL. */
nn_status nn_run_format(const nn_run *run, char **out) NN_CHECKED;

/** Adds what a run file that can be trained makes a person ask, with its place; nothing where it does not. As
 * far as that can be told without the data, of a run that no training has taken the layers of. Local. */
void nn_run_ask(const nn_run *run, nn_text *text);

/** Releases it; takes NULL. Local. */
void nn_run_destroy(nn_run **run);

#endif
