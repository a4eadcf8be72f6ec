/* run.c: the run file: its sections as tables of arguments, overrides, and paths. */
#include "train/run_private.h"

#include "io/publish.h"
#include "io/yaml.h"
#include "layers/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/optimizer.h"
#include "optim/scaling.h"
#include "train/exchange.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 2 << 20 }; /* libyaml takes a hundred bytes for one */

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
     .flags = NN_FIELD_REQUIRED, .registry = &NN_LAYERS, .help = "list of layers"},
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

/* ---- reading ---- */

static nn_status apply_override(nn_node *root, const char *override) {
    nn_status status = NN_OK;
    nn_text where = {0};
    char *place = NULL, *key = NULL;
    nn_node *target = NULL, *value = NULL;
    static const char *const others[] = {"--sweep", "nnmpi_config_set"};
    const char *option = "--set";
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(others[i]);
        if (strncmp(override, others[i], length) != 0 || override[length] != ' ') continue;
        option = others[i];
        override += length + 1;
    }
    const char *equals = strchr(override, '=');
    if (!equals || equals == override)
        return nn_fail(NN_USAGE,
                       "%s %s: it must be KEY=VALUE, such as optimizer.learning_rate=0.01", option,
                       override);
    nn_text_add(&where, "%s %.100s%s", option, override, strlen(override) > 100 ? "..." : "");
    NN_TRY(nn_text_take(&where, &place));
    NN_TRY(nn_copy_text(override, &key));
    key[equals - override] = '\0';
    NN_TRY(nn_yaml_parse(equals + 1, place, &value));
    NN_TRY(nn_node_make(root, key, place, &target));
    nn_node_move(target, &value);
done:
    nn_node_destroy(&value);
    free(place);
    free(key);
    return status;
}

/* The run file's folder in front of a relative path, made absolute. */
static nn_status resolve_path(const char *run_file, char **path) {
    nn_status status = NN_OK;
    char *joined = NULL, folder[4096];
    nn_text text = {0};
    const char *slash = strrchr(run_file, '/');
    if ((*path)[0] == '/') return NN_OK;
    if (run_file[0] != '/' && getcwd(folder, sizeof folder)) nn_text_add(&text, "%s/", folder);
    if (slash) nn_text_add_bytes(&text, run_file, (size_t)(slash - run_file) + 1);
    nn_text_add(&text, "%s", *path);
    status = nn_text_take(&text, &joined);
    if (status != NN_OK) return status;
    char *real = realpath(joined, NULL); /* without .. and links where the file exists */
    free(*path);
    *path = real ? real : joined;
    if (real) free(joined);
    return NN_OK;
}

static nn_status default_name(const char *run_file, char **name) {
    const char *slash = strrchr(run_file, '/'), *base = slash ? slash + 1 : run_file;
    nn_status status = nn_copy_text(*base ? base : "run", name);
    char *dot = status == NN_OK ? strrchr(*name, '.') : NULL;
    if (dot && dot != *name) *dot = '\0';
    return status;
}

static nn_status check_run(const nn_run *run, const char *file) {
    if (strchr(run->name, '/') || run->name[0] == '\0' || run->name[0] == '.')
        return nn_fail(NN_BAD_CONFIG,
                       "%s: 'name' is also the name of a folder: it must not be empty, begin with a "
                       "dot or hold a /, but is '%s'",
                       file, run->name);
    if (run->gradient_precision == NN_BF16 && run->reproducible)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: gradient_precision: bf16 rounds what goes from rank to rank, which depends "
                       "on their number: it cannot be combined with reproducible: true",
                       file);
    if (run->gradient_precision == NN_BF16 && run->communication == NN_COMMUNICATION_OVERLAP)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: gradient_precision: bf16 goes with communication: allreduce or node, not "
                       "with overlap, because MPI_Iallreduce does not know bfloat16",
                       file);
    bool validated = run->data->validation || run->data->validation_split > 0;
    const nn_run_monitor *monitors[] = {(const nn_run_monitor *)run->early_stopping,
                                        (const nn_run_monitor *)run->reduce_lr_on_plateau};
    for (int i = 0; i < 2; i++)
        if (monitors[i] && !validated && strncmp(monitors[i]->monitor, "val_", 4) == 0)
            return nn_fail(NN_BAD_CONFIG,
                           "%s: %s monitors '%s', but there is no validation data: give "
                           "data.validation or data.validation_split, or monitor 'loss'",
                           file, monitors[i]->object.isa->name, monitors[i]->monitor);
    if (run->stop_at && !isnan(run->stop_at->val_loss) && !validated)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: stop_at.val_loss needs data.validation or data.validation_split", file);
    return NN_OK;
}

typedef struct {
    bool in_memory, validated;
} data_source;

static nn_status read_run(const char *text, const char *name, const char *const *overrides,
                          int64_t override_count, data_source source, nn_run **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    nn_object *object = NULL;
    *out = NULL;
    NN_TRY(nn_yaml_parse(text, name, &root));
    for (int64_t i = 0; i < override_count; i++) NN_TRY(apply_override(root, overrides[i]));
    if (source.in_memory) NN_TRY(nn_run_place_in_memory(root, source.validated));
    NN_TRY(nn_object_read(&NN_RUN, root, NN_STYLE_RUN, &object));
    nn_run *run = (nn_run *)object;
    if (!run->name) NN_TRY(default_name(name, &run->name));
    nn_run_checkpoint *checkpoint = run->checkpoint;
    if (!checkpoint->every_epochs && !checkpoint->every_steps && isnan(checkpoint->every_minutes))
        checkpoint->every_epochs = 1;
    if (!source.in_memory) NN_TRY(resolve_path(name, &run->data->file));
    NN_TRY(check_run(run, name));
    *out = run;
    object = NULL;
done:
    nn_object_destroy(&object);
    nn_node_destroy(&root);
    return status;
}

nn_status nn_run_read(const char *text, const char *name, const char *const *overrides,
                      int64_t override_count, nn_run **out) {
    return read_run(text, name, overrides, override_count, (data_source){false, false}, out);
}

nn_status nn_run_read_given(const char *text, const char *name, const char *const *overrides,
                            int64_t override_count, bool validated, nn_run **out) {
    return read_run(text, name, overrides, override_count, (data_source){true, validated}, out);
}

nn_status nn_run_read_file(const char *path, const char *const *overrides, int64_t override_count,
                           nn_run **out) {
    char *text = NULL;
    int64_t length;
    *out = NULL;
    nn_status status = nn_read_file(path, MOST_BYTES, &text, &length);
    if (status == NN_OK && strlen(text) != (size_t)length)
        status = nn_fail(NN_BAD_CONFIG, "%s: it is no text file", path);
    if (status == NN_OK) status = nn_run_read(text, path, overrides, override_count, out);
    free(text);
    return status;
}

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
    nn_object_destroy(&object);
    *run = NULL;
}
