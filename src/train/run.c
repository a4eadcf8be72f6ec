/* run.c: the run file: its sections as tables of arguments. It is read by run_read.c. */
#include "train/run.h"

#include "io/yaml.h"
#include "layers/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/optimizer.h"
#include "optim/scaling.h"
#include "train/exchange.h"

#include <math.h>

/* A section is a registry of one class that needs no name. */
#define SECTION(symbol, title, type, about, checker)                                               \
    static const nn_class symbol##_CLASS = {.name = title,                                         \
                                            .summary = about,                                      \
                                            .fields = symbol##_FIELDS,                             \
                                            .size = sizeof(type),                                  \
                                            .check = checker};                                     \
    static const nn_class *const symbol##_CLASSES[] = {&symbol##_CLASS, NULL};                     \
    static const nn_registry symbol = {                                                            \
        .noun = title, .classes = symbol##_CLASSES, .from_map = &symbol##_CLASS}

/* ---- sections ---- */

static const nn_field DATA_FIELDS[] = {
    {.name = "file", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run_data, file),
     .flags = NN_FIELD_REQUIRED, .help = "dataset file, relative to the run file"},
    {.name = "train", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run_data, train),
     .text = "/train",
     .help = "group that holds x, y and perhaps w; where it is missing, the root"},
    {.name = "validation", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run_data, validation),
     .flags = NN_FIELD_NULLABLE, .help = "group of the validation data; null: none"},
    {.name = "validation_split", .type = NN_FIELD_REAL,
     .offset = offsetof(nn_run_data, validation_split), .number = 0, .flags = NN_FIELD_MAX_OPEN,
     .min = 0, .max = 1, .help = "fraction of the training rows, from their end, to validate with"},
    {.name = "shuffle", .type = NN_FIELD_BOOL, .offset = offsetof(nn_run_data, shuffle),
     .number = 1, .help = "whether each epoch takes the rows in another order"},
    {.name = "in_memory", .type = NN_FIELD_CHOICE, .offset = offsetof(nn_run_data, in_memory),
     .text = "auto", .choices = NN_IN_MEMORY_NAMES,
     .help = "auto: where it fits into half of the node's free memory"},
    {.name = "buffer_mb", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_data, buffer_mb),
     .number = 256, .flags = NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY,
     .help = "MiB of rows that a node holds at a time of data that are not in memory; half of them are "
             "shuffled together"},
    {.name = NULL}};

static nn_status check_data(const nn_object *object) {
    const nn_run_data *self = (const nn_run_data *)object;
    if (self->validation && self->validation_split > 0)
        return nn_fail(NN_BAD_CONFIG, "give 'validation' or 'validation_split', not both");
    return NN_OK;
}
SECTION(DATA, "data", nn_run_data, "where the samples are", check_data);

static const char *const ON_ERROR[] = {"stop", "continue", NULL};

static const nn_field CHECKPOINT_FIELDS[] = {
    {.name = "every_epochs", .type = NN_FIELD_INT,
     .offset = offsetof(nn_run_checkpoint, every_epochs), .flags = NN_FIELD_NULLABLE, .min = 0,
     .max = INFINITY, .help = "epochs between checkpoints; 1 where none of the three is given"},
    {.name = "every_steps", .type = NN_FIELD_INT,
     .offset = offsetof(nn_run_checkpoint, every_steps), .flags = NN_FIELD_NULLABLE, .min = 0,
     .max = INFINITY, .help = "steps between checkpoints; null: not by steps"},
    {.name = "every_minutes", .type = NN_FIELD_REAL,
     .offset = offsetof(nn_run_checkpoint, every_minutes),
     .flags = NN_FIELD_NULLABLE | NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY,
     .help = "minutes between checkpoints; null: not by time"},
    {.name = "keep", .type = NN_FIELD_INT, .offset = offsetof(nn_run_checkpoint, keep),
     .number = 3, .min = 1, .max = INFINITY, .help = "how many of the newest are kept"},
    {.name = "on_error", .type = NN_FIELD_CHOICE, .offset = offsetof(nn_run_checkpoint, on_error),
     .text = "stop", .choices = ON_ERROR,
     .help = "where one cannot be written, because the disk is full, say: stop ends the run; continue "
             "goes on training with those that there are, and tries again when the next is due"},
    {.name = NULL}};
SECTION(CHECKPOINT, "checkpoint", nn_run_checkpoint, "when the state of the run is saved", NULL);

static const nn_field REPLICA_CHECK_FIELDS[] = {
    {.name = "every_steps", .type = NN_FIELD_INT,
     .offset = offsetof(nn_run_replica_check, every_steps), .flags = NN_FIELD_NULLABLE, .min = 1,
     .max = INFINITY, .help = "steps between checks, beside those at the end of each epoch; null: only those"},
    {.name = NULL}};
SECTION(REPLICA_CHECK, "replica_check", nn_run_replica_check,
        "when it is checked that all ranks hold the same bits, always also before a checkpoint; null: "
        "never",
        NULL);

static const nn_field LOG_FIELDS[] = {
    {.name = "tensorboard", .type = NN_FIELD_BOOL, .offset = offsetof(nn_run_log, tensorboard),
     .number = 0,
     .help = "the curves of metrics.csv as TensorBoard's event files too, in the folder tensorboard of "
             "the run"},
    {.name = NULL}};
SECTION(LOG, "log", nn_run_log, "what is written beside metrics.csv", NULL);

static const nn_field STOP_AT_FIELDS[] = {
    {.name = "loss", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_stop_at, loss),
     .flags = NN_FIELD_NULLABLE, .help = "stop after an epoch whose loss is at most this"},
    {.name = "val_loss", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_stop_at, val_loss),
     .flags = NN_FIELD_NULLABLE, .help = "the same for the validation loss"},
    {.name = NULL}};
SECTION(STOP_AT, "stop_at", nn_run_stop_at, "a loss that is good enough", NULL);

static const char *const MODES[] = {"auto", "min", "max", NULL};

#define MONITOR_FIELDS(delta, patience_default)                                                    \
    {.name = "monitor", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run_monitor, monitor),        \
     .text = "val_loss", .help = "loss, a metric, or one with val_ in front"},                     \
    {.name = "mode", .type = NN_FIELD_CHOICE, .offset = offsetof(nn_run_monitor, mode),            \
     .text = "auto", .choices = MODES,                                                             \
     .help = "whether smaller (min) or larger (max) is better; auto: by the metric"},              \
    {.name = "min_delta", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_monitor, min_delta),    \
     .number = delta, .min = 0, .max = INFINITY, .help = "smallest change that counts"},           \
    {                                                                                              \
        .name = "patience", .type = NN_FIELD_INT, .offset = offsetof(nn_run_monitor, patience),    \
        .number = patience_default, .min = 0, .max = INFINITY,                                     \
        .help = "epochs without improvement that are waited for"                                   \
    }

static const nn_field EARLY_FIELDS[] = {
    MONITOR_FIELDS(0, 0),
    {.name = "baseline", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_early_stopping, baseline),
     .flags = NN_FIELD_NULLABLE, .help = "value that must be bettered"},
    {.name = "restore_best_weights", .type = NN_FIELD_BOOL,
     .offset = offsetof(nn_run_early_stopping, restore_best_weights), .number = 0,
     .help = "whether the model gets the weights of its best epoch"},
    {.name = "start_from_epoch", .type = NN_FIELD_INT,
     .offset = offsetof(nn_run_early_stopping, start_from_epoch), .number = 0, .min = 0,
     .max = INFINITY, .help = "epochs before it begins to look"},
    {.name = NULL}};
SECTION(EARLY, "early_stopping", nn_run_early_stopping,
        "stops when a value no longer improves (keras.callbacks.EarlyStopping)", NULL);

static const nn_field PLATEAU_FIELDS[] = {
    MONITOR_FIELDS(1e-4, 10),
    {.name = "factor", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_plateau, factor),
     .number = 0.1, .flags = NN_FIELD_MIN_OPEN | NN_FIELD_MAX_OPEN, .min = 0, .max = 1,
     .help = "what the learning rate is multiplied by"},
    {.name = "cooldown", .type = NN_FIELD_INT, .offset = offsetof(nn_run_plateau, cooldown),
     .number = 0, .min = 0, .max = INFINITY, .help = "epochs after a change that do not count"},
    {.name = "min_lr", .type = NN_FIELD_REAL, .offset = offsetof(nn_run_plateau, min_lr),
     .number = 0, .min = 0, .max = INFINITY, .help = "the learning rate does not go below"},
    {.name = NULL}};
SECTION(PLATEAU, "reduce_lr_on_plateau", nn_run_plateau,
        "lowers the learning rate when a value no longer improves "
        "(keras.callbacks.ReduceLROnPlateau)",
        NULL);

/* ---- the top level ---- */

static const nn_field RUN_FIELDS[] = {
    {.name = "name", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run, name),
     .flags = NN_FIELD_NULLABLE, .help = "name of the run; null: that of the file"},
    {.name = "seed", .type = NN_FIELD_INT, .offset = offsetof(nn_run, seed), .number = 0, .min = 0,
     .max = 999999999999999, .help = "of initial weights, shuffling and dropout"},
    {.name = "data", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, data),
     .flags = NN_FIELD_REQUIRED, .registry = &DATA, .help = "where the samples are"},
    {.name = "model", .type = NN_FIELD_OBJECTS, .offset = offsetof(nn_run, model),
     .flags = NN_FIELD_REQUIRED, .registry = &NN_LAYERS,
     .help = "list of layers, at least one; or {from: FILE}: those of a model that Keras or nnmpi saved, with "
             "its weights"},
    {.name = "initial_weights", .type = NN_FIELD_TEXT, .offset = offsetof(nn_run, initial_weights),
     .flags = NN_FIELD_NULLABLE,
     .help = "model file, relative to the run file, whose weights training begins with, layer by layer; "
             "null: random ones, by the initializers and the seed"},
    {.name = "loss", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, loss),
     .flags = NN_FIELD_REQUIRED, .registry = &NN_LOSSES, .help = "what is minimized"},
    {.name = "optimizer", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, optimizer),
     .text = "adam", .registry = &NN_OPTIMIZERS, .help = "how"},
    {.name = "metrics", .type = NN_FIELD_OBJECTS, .offset = offsetof(nn_run, metrics),
     .flags = NN_FIELD_NULLABLE, .registry = &NN_METRICS, .help = "list of what else is measured"},
    {.name = "class_weight", .type = NN_FIELD_MAP, .offset = offsetof(nn_run, class_weight),
     .flags = NN_FIELD_NULLABLE, .min = 0, .max = INFINITY,
     .help = "factors of the loss by class number, such as {0: 1.0, 1: 5.0}"},
    {.name = "batch_size", .type = NN_FIELD_INT, .offset = offsetof(nn_run, batch_size),
     .number = 32, .min = 1, .max = INFINITY,
     .help = "samples a step, over all ranks: the same on any number of ranks"},
    {.name = "accumulate_steps", .type = NN_FIELD_INT,
     .offset = offsetof(nn_run, accumulate_steps), .number = 1, .min = 1, .max = 1 << 24,
     .help = "batches whose gradients are added up to one step: as a batch_size so many times larger, "
             "with the activations of one in memory"},
    {.name = "learning_rate_scaling", .type = NN_FIELD_OBJECT,
     .offset = offsetof(nn_run, learning_rate_scaling), .flags = NN_FIELD_NULLABLE,
     .registry = &NN_SCALINGS, .help = "how the learning rate grows with the step; null: not at all"},
    {.name = "reproducible", .type = NN_FIELD_BOOL, .offset = offsetof(nn_run, reproducible),
     .number = 0, .help = "whether weights and metrics are the same bits on any number of ranks and threads"},
    {.name = "communication", .type = NN_FIELD_CHOICE, .offset = offsetof(nn_run, communication),
     .text = "auto", .choices = NN_COMMUNICATION_NAMES,
     .help = "how the ranks' gradients are summed: allreduce after the backward pass, overlap with it, "
             "node in the shared memory of each node; they differ in rounding alone, and with "
             "reproducible not even in that (docs/PERFORMANCE.md). auto: what short trials at the start "
             "speak for"},
    {.name = "gradient_precision", .type = NN_FIELD_CHOICE,
     .offset = offsetof(nn_run, gradient_precision), .text = "float32",
     .choices = NN_PRECISION_NAMES,
     .help = "of gradients on their way from rank to rank, or with communication: node from node to "
             "node; they are summed in float32. bf16: half the bytes; not with reproducible or overlap"},
    {.name = "epochs", .type = NN_FIELD_INT, .offset = offsetof(nn_run, epochs), .number = 1,
     .min = 1, .max = INFINITY, .help = "passes over the training data"},
    {.name = "max_steps", .type = NN_FIELD_INT, .offset = offsetof(nn_run, max_steps),
     .flags = NN_FIELD_NULLABLE, .min = 0, .max = INFINITY, .help = "stop after this many steps"},
    {.name = "max_minutes", .type = NN_FIELD_REAL, .offset = offsetof(nn_run, max_minutes),
     .flags = NN_FIELD_NULLABLE | NN_FIELD_MIN_OPEN, .min = 0, .max = INFINITY,
     .help = "stop after this time, resumed parts counted in"},
    {.name = "stop_at", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, stop_at),
     .flags = NN_FIELD_NULLABLE, .registry = &STOP_AT, .help = "a loss that is good enough"},
    {.name = "early_stopping", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, early_stopping),
     .flags = NN_FIELD_NULLABLE, .registry = &EARLY, .help = "when to give up"},
    {.name = "reduce_lr_on_plateau", .type = NN_FIELD_OBJECT,
     .offset = offsetof(nn_run, reduce_lr_on_plateau), .flags = NN_FIELD_NULLABLE,
     .registry = &PLATEAU, .help = "when to go slower"},
    {.name = "checkpoint", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, checkpoint),
     .text = "{}", .registry = &CHECKPOINT, .help = "when to save"},
    {.name = "replica_check", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, replica_check),
     .flags = NN_FIELD_NULLABLE, .text = "{}", .registry = &REPLICA_CHECK,
     .help = "when the ranks compare their models; null: never"},
    {.name = "log", .type = NN_FIELD_OBJECT, .offset = offsetof(nn_run, log), .text = "{}",
     .registry = &LOG, .help = "what is written beside metrics.csv"},
    {.name = NULL}};

static const nn_class RUN_CLASS = {.name = "run file",
                                   .summary = "the top level",
                                   .fields = RUN_FIELDS,
                                   .size = sizeof(nn_run)};
static const nn_class *const RUN_CLASSES[] = {&RUN_CLASS, NULL};
const nn_registry NN_RUN = {.noun = "run file", .classes = RUN_CLASSES, .from_map = &RUN_CLASS};

int64_t nn_run_step_rows(const nn_run *run) {
    return run->batch_size > INT64_MAX / run->accumulate_steps
               ? INT64_MAX
               : run->batch_size * run->accumulate_steps;
}

int64_t nn_run_buffer(const nn_run *run) {
    const double bytes = run->data->buffer_mb * (1 << 20);
    return bytes < 1 ? 1 : bytes < 0x1p60 ? (int64_t)bytes : INT64_C(1) << 60;
}

nn_status nn_run_format(const nn_run *run, char **out) {
    nn_node *root = NULL;
    *out = NULL;
    nn_status status = nn_node_add(NULL, NULL, NN_NODE_MAP, "the run", &root);
    if (status == NN_OK) status = nn_object_write_fields(&run->object, NN_STYLE_RUN, root);
    if (status == NN_OK) status = nn_yaml_format(root, out);
    nn_node_destroy(&root);
    return status;
}

void nn_run_destroy(nn_run **run) {
    nn_object *object = *run ? &(*run)->object : NULL;
    if (*run) nn_node_destroy(&(*run)->tree);
    nn_object_destroy(&object);
    *run = NULL;
}
