/* nnmpi.h: trains neural networks within a running MPI program, on arrays in its memory.
 *
 * A context joins a communicator. Each rank appends rows of its own to a dataset; a trainer made of a
 * configuration (the text of a run file, docs/RUNFILE.md) and a dataset trains on the rows of all ranks, in
 * global batches, exactly as `nnmpi train` does on a file with the rows of rank 0, then rank 1, and so on.
 *
 * Collective: all ranks of the context's communicator make the call, in the same order. Where such a call
 * fails on one rank it returns the same status on all, and nnmpi_message() names that rank. All others are
 * Local: their failure is this rank's alone. It leaves out no collective call because of it, or the others
 * would wait for ever; where it cannot go on, MPI_Abort() ends the job. Functions return NN_OK or a failure;
 * what is created is NULL after a failure. *_destroy() takes NULL. Errors of MPI itself end the job. Calls are
 * made by one thread at a time of each process, which with several threads is the one that speaks MPI; it may
 * be one of an OpenMP region of the program's. Nothing is printed, no signal is taken, nothing exits.
 *
 * Arrays are contiguous, rows first, channels last: (rows, shape of a sample). docs/LIBRARY.md tells more. */
#ifndef NNMPI_H
#define NNMPI_H

#include "nnmpi/status.h"

#include <mpi.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NNMPI_API __attribute__((visibility("default")))
#else
#define NNMPI_API
#endif

typedef struct nnmpi_context nnmpi_context; /* ranks and threads */
typedef struct nnmpi_config nnmpi_config;   /* what to train, and how */
typedef struct nnmpi_dataset nnmpi_dataset; /* this rank's rows */
typedef struct nnmpi_trainer nnmpi_trainer; /* a model being trained */
typedef struct nnmpi_model nnmpi_model;     /* a model to be used: a trainer's, or from a file */

/** Number types of arrays. */
typedef enum {
    NNMPI_FLOAT32,
    NNMPI_FLOAT64,
    NNMPI_UINT8,
    NNMPI_INT32,
    NNMPI_INT64
} nnmpi_type;

enum { NNMPI_MAX_RANK = 8 /* axes of a shape */, NNMPI_MESSAGE_MAX = 2048 /* bytes of a message */ };

/* ---- what is said of failures, and of the library ---- */

/** The version, such as "0.1.0". */
NNMPI_API const char *nnmpi_version(void);

/** The name of a status, such as "BAD_DATA"; "UNKNOWN" for a number that is none. */
NNMPI_API const char *nnmpi_status_name(nn_status status);

/** What a status means, in one line of English. */
NNMPI_API const char *nnmpi_status_meaning(nn_status status);

/** The message of the last failure on this thread: what, where, what would be right. Overwritten by the
 * next one; never NULL. */
NNMPI_API const char *nnmpi_message(void);

/** A sentence on the CBLAS where it does not make use of this processor (an OpenBLAS older than it), with
 * the environment variable that mends it when it is set before the program starts; NULL where all is well. */
NNMPI_API const char *nnmpi_blas_advice(void);

/* ---- context ---- */

/** Begins to use the ranks of a communicator, of which a duplicate is made. MPI is the caller's to start,
 * and to end after nnmpi_context_destroy(). `threads` of each rank (MPI_THREAD_FUNNELED at least where they
 * are several); 0: OMP_NUM_THREADS, otherwise the rank's share of its node's cores, of which a
 * trainer takes as many as a step has work for. Collective.
 * Errors: NN_USAGE where MPI does not run or `comm` is none of ranks; NN_BAD_CONFIG. */
NNMPI_API nn_status nnmpi_context_create(MPI_Comm comm, int threads, nnmpi_context **out);

/** The same for a Fortran handle: comm of `use mpi`, comm%MPI_VAL of `use mpi_f08`. Collective. */
NNMPI_API nn_status nnmpi_context_create_f(MPI_Fint comm, int threads, nnmpi_context **out);

/** Gives the communicator back, after all that was made with the context. Collective. */
NNMPI_API void nnmpi_context_destroy(nnmpi_context **context);

/** The threads that each rank uses. */
NNMPI_API int nnmpi_context_threads(const nnmpi_context *context);

/* ---- configuration ---- */

/** A configuration from YAML in the vocabulary of run files; NULL or "": empty. The section `data` may be
 * missing: of it only shuffle and validation_split count. Nor do `checkpoint` and `log`.
 * Errors: NN_BAD_CONFIG with line and column where it is no YAML; names are checked by
 * nnmpi_trainer_create(). */
NNMPI_API nn_status nnmpi_config_create(const char *yaml, nnmpi_config **out);

/** The same from a file, read by this rank. Errors: NN_NO_INPUT, NN_BAD_CONFIG. */
NNMPI_API nn_status nnmpi_config_read(const char *path, nnmpi_config **out);

/** Sets a key, a dotted path such as "optimizer.learning_rate" or "model", to a value in YAML.
 * Errors: NN_BAD_CONFIG, NN_USAGE. */
NNMPI_API nn_status nnmpi_config_set(nnmpi_config *config, const char *key, const char *value);

/** Releases it; what was made of it stays. */
NNMPI_API void nnmpi_config_destroy(nnmpi_config **config);

/* ---- datasets ---- */

/** What the rows of a dataset are. */
typedef struct {
    nnmpi_type x_type;               /* NNMPI_FLOAT32, NNMPI_FLOAT64 or NNMPI_UINT8 */
    int x_rank;                      /* axes of a sample: 1 for a vector of features */
    int64_t x_shape[NNMPI_MAX_RANK]; /* their extents */
    nnmpi_type y_type;               /* any; integers for class numbers */
    int64_t y_columns;               /* numbers of a target; 1 for class numbers; 0: there are no targets */
    int weighted;                    /* whether each row has a weight (NNMPI_FLOAT32) */
} nnmpi_rows;

/** A dataset without rows. `name` is for messages. Errors: NN_USAGE for shapes and types that cannot be. */
NNMPI_API nn_status nnmpi_dataset_create(const char *name, const nnmpi_rows *rows, nnmpi_dataset **out);

/** Appends rows of this rank's: x (rows, x_shape), y (rows, y_columns) or NULL, w (rows) or NULL. They are
 * copied; a trainer takes them up with the next step or fit that begins an epoch. Errors: NN_USAGE, NN_INTERNAL;
 * the collective calls that would use the rows then fail too, on all ranks, until nnmpi_dataset_clear(). */
NNMPI_API nn_status nnmpi_dataset_append(nnmpi_dataset *dataset, int64_t rows, const void *x, const void *y,
                                         const void *w);

/** The same, but the arrays are borrowed: they stay where and as they are until nnmpi_dataset_clear() or
 * nnmpi_dataset_destroy(). */
NNMPI_API nn_status nnmpi_dataset_borrow(nnmpi_dataset *dataset, int64_t rows, const void *x, const void *y,
                                         const void *w);

/** Forgets this rank's rows, and that rows could not be appended. */
NNMPI_API void nnmpi_dataset_clear(nnmpi_dataset *dataset);

/** The rows of this rank. */
NNMPI_API int64_t nnmpi_dataset_rows(const nnmpi_dataset *dataset);

/** Releases it, after the trainers that use it. */
NNMPI_API void nnmpi_dataset_destroy(nnmpi_dataset **dataset);

/* ---- training ---- */

/** A training of `config`, the same on all ranks, on the rows of all ranks in `train`, which may be none on
 * some; validated after each epoch on those in `validation`, where that is not NULL. The datasets are
 * borrowed; each node holds a copy of all rows in memory that its ranks share. Collective.
 * Errors: NN_BAD_CONFIG, NN_BAD_DATA, NN_INTERNAL; that of an nnmpi_dataset_append(). */
NNMPI_API nn_status nnmpi_trainer_create(nnmpi_context *context, const nnmpi_config *config,
                                         nnmpi_dataset *train, nnmpi_dataset *validation,
                                         nnmpi_trainer **out);

/** Releases it. Collective. */
NNMPI_API void nnmpi_trainer_destroy(nnmpi_trainer **trainer);

/** How far a training has come. */
typedef struct {
    int64_t epoch;          /* epochs that have ended */
    int64_t batch, batches; /* steps of the epoch under way; steps that an epoch has */
    int64_t step, samples;  /* steps, and rows trained on, in all */
    double loss;            /* mean of the epoch under way or, between two, of the last; NAN: no step yet */
    double val_loss;        /* of the last validation; NAN: none */
    double learning_rate;   /* of the next step */
    double seconds;         /* spent training, in all */
    int epoch_ended;        /* in a callback: an epoch has ended, not a step */
    int stopped;            /* early_stopping or stop_at has ended the training */
} nnmpi_progress;

/** Is told of each step and each epoch, on every rank. Where it returns anything but 0 on any rank, training
 * ends on all: after an epoch at once, after a step with the next one. It may call what is Local. */
typedef int nnmpi_callback(const nnmpi_progress *progress, void *user);

/** Makes one optimizer step on the next global batch; at an epoch's end also validates and applies the
 * configuration's rules. *loss, where not NULL, becomes nnmpi_progress.loss. Where it begins an epoch, rows
 * that were appended or cleared since are taken up. Collective. Errors: NN_DIVERGED, NN_BAD_DATA;
 * where it takes rows up, that of an nnmpi_dataset_append(). */
NNMPI_API nn_status nnmpi_trainer_step(nnmpi_trainer *trainer, double *loss);

/** Trains until `epochs` more epochs have ended, one under way counted in (0: until the configuration's
 * `epochs` have), or until the callback (or NULL), early_stopping, stop_at, max_steps or max_minutes end it.
 * With restore_best_weights the model has the best weights where the configuration has ended the training: by
 * a rule or, with 0, by its epochs. Otherwise it has the last ones, with which the next call goes on.
 * Collective. Errors: as nnmpi_trainer_step(). */
NNMPI_API nn_status nnmpi_trainer_fit(nnmpi_trainer *trainer, int64_t epochs, nnmpi_callback *callback,
                                      void *user);

/** How far it has come. */
NNMPI_API void nnmpi_trainer_progress(const nnmpi_trainer *trainer, nnmpi_progress *out);

/** The loss and then the metrics of the last epoch that has ended, over the training rows (`validation` 0) or
 * the validation rows; `values` has room for 1 + nnmpi_model_metrics() numbers; NAN where there are none. */
NNMPI_API void nnmpi_trainer_values(const nnmpi_trainer *trainer, int validation, double *values);

/** The learning rate of the next step. */
NNMPI_API double nnmpi_trainer_learning_rate(const nnmpi_trainer *trainer);

/** Sets it; a schedule goes on from there in proportion. Rank 0's number counts. Collective.
 * Errors: NN_USAGE where it is not above 0, or the schedule is at 0. */
NNMPI_API nn_status nnmpi_trainer_set_learning_rate(nnmpi_trainer *trainer, double rate);

/** The effective configuration as YAML, every default spelled out; borrowed until the next step or fit. */
NNMPI_API const char *nnmpi_trainer_config(const nnmpi_trainer *trainer);

/** The model as it is at any time; borrowed until the trainer's end. */
NNMPI_API nnmpi_model *nnmpi_trainer_model(nnmpi_trainer *trainer);

/** Writes model, optimizer state and progress to an HDF5 file that Keras opens, whole or not at all; rank 0
 * writes. Collective. Errors: NN_CANT_CREATE, NN_IO. */
NNMPI_API nn_status nnmpi_trainer_save(nnmpi_trainer *trainer, const char *path);

/** Takes up what nnmpi_trainer_save() or `nnmpi train` has saved of the same configuration, on any number of
 * ranks; rank 0 reads. In the middle of an epoch the rows must be those of then. Collective.
 * Errors: NN_NO_INPUT, NN_BAD_DATA, NN_BAD_CONFIG; the trainer is then to be restored or destroyed. */
NNMPI_API nn_status nnmpi_trainer_restore(nnmpi_trainer *trainer, const char *path);

/* ---- models ---- */

/** Opens the model of a file of nnmpi or Keras, which every rank reads. Collective. Errors: NN_NO_INPUT;
 * NN_BAD_DATA, also for a layer or an argument that nnmpi does not know, which it names; NN_INTERNAL. */
NNMPI_API nn_status nnmpi_model_load(nnmpi_context *context, const char *path, nnmpi_model **out);

/** Releases a model that was loaded; a trainer's own stays, and goes with the trainer. */
NNMPI_API void nnmpi_model_destroy(nnmpi_model **model);

/** The number of axes of a sample of input, of output; `shape` has room for NNMPI_MAX_RANK extents. */
NNMPI_API int nnmpi_model_input_shape(const nnmpi_model *model, int64_t *shape);
NNMPI_API int nnmpi_model_output_shape(const nnmpi_model *model, int64_t *shape);

/** The number of layers, and of trained numbers in all of them. */
NNMPI_API int64_t nnmpi_model_layers(const nnmpi_model *model);
NNMPI_API int64_t nnmpi_model_parameters(const nnmpi_model *model);

/** What the model says of rows of this rank's alone: x (rows, input shape), NNMPI_FLOAT32, NNMPI_FLOAT64 or
 * NNMPI_UINT8; y (rows, output shape), NNMPI_FLOAT32 or NNMPI_FLOAT64. Errors: NN_USAGE for other types. */
NNMPI_API nn_status nnmpi_model_predict(nnmpi_model *model, int64_t rows, const void *x, nnmpi_type x_type,
                                        void *y, nnmpi_type y_type);

/** The loss and then the metrics over the rows of all ranks in `dataset`; `values` has room for
 * 1 + nnmpi_model_metrics() numbers. Collective. Errors: NN_BAD_DATA, NN_INTERNAL; that of an
 * nnmpi_dataset_append(); NN_BAD_CONFIG for a model whose file does not say with which loss it was trained, or
 * names one that nnmpi does not know. */
NNMPI_API nn_status nnmpi_model_evaluate(nnmpi_model *model, nnmpi_dataset *dataset, double *values);

/** The number of metrics, and the name of one, borrowed; NULL for a number that is none. */
NNMPI_API int64_t nnmpi_model_metrics(const nnmpi_model *model);
NNMPI_API const char *nnmpi_model_metric_name(const nnmpi_model *model, int64_t metric);

/** The number of variables, trained and not, and the name of one, such as "dense/kernel", borrowed until the
 * next call; NULL for a number that is none. */
NNMPI_API int64_t nnmpi_model_variables(const nnmpi_model *model);
NNMPI_API const char *nnmpi_model_variable_name(nnmpi_model *model, int64_t variable);

/** The number of axes of a variable, -1 where there is none of that name; room as above. */
NNMPI_API int nnmpi_model_variable_shape(const nnmpi_model *model, const char *name, int64_t *shape);

/** Copies the `count` numbers of a variable. Errors: NN_USAGE naming what there is, or the right count. */
NNMPI_API nn_status nnmpi_model_get(const nnmpi_model *model, const char *name, int64_t count,
                                    float *values);

/** Sets a variable on all ranks; rank 0's numbers count. Collective. Errors: likewise; NN_BAD_DATA where one
 * is not finite. */
NNMPI_API nn_status nnmpi_model_set(nnmpi_model *model, const char *name, int64_t count,
                                    const float *values);

#ifdef __cplusplus
}
#endif
#endif
