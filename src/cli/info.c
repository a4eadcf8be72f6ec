/* info.c: `nnmpi info FILE.h5`: what is in a dataset, a model or a checkpoint. A run's folder is
 * info_run.c's, a sweep's info_sweep.c's. */
#include "cli/commands.h"
#include "cli/info_run.h"
#include "cli/options.h"
#include "io/h5.h"
#include "io/publish.h"
#include "model/keras.h"
#include "sweep/listing.h"
#include "train/predictions.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "Usage: nnmpi info FILE.h5\n"
    "       nnmpi info RUN\n"
    "\n"
    "Describes a dataset, a model, a checkpoint, or a file of predictions; or the run in the\n"
    "folder RUN: whether it goes on, how far it is, how long it will take, its last and its best\n"
    "epoch, and what it has saved; or the sweep in it: how many of its runs are done, the best, and\n"
    "how far the others are. It only reads, and is in no run's way.\n";

/* ---- texts ---- */

/* With control characters spelled out: each text stays in its line. */
static void print_text(const char *text) {
    char piece[NN_SPELLED];
    for (; *text; text++) fputs(nn_spell(*text, piece), stdout);
}

/* Prints an attribute, a list of texts, those with commas and the like in quotes; nothing where there is none. */
static void print_list(const char *indent, const char *name, const nn_names_list *list) {
    nn_text text = {0};
    if (list->count == 0) return;
    for (int64_t i = 0; i < list->count && i < 20; i++) {
        nn_text_add(&text, i ? ", " : "");
        nn_text_add_field(&text, list->texts[i]);
    }
    printf("%s%s: ", indent, name);
    print_text(text.failed ? "(no memory)" : text.bytes);
    puts(list->count > 20 ? ", ..." : "");
    nn_text_free(&text);
}

/* What classes, features and targets are called. */
static nn_status print_names(nn_h5 *file, const char *path, const char *indent) {
    nn_names names;
    nn_status status = nn_names_read(file, path, &names);
    for (int i = 0; i < NN_NAMES_LISTS && status == NN_OK; i++)
        print_list(indent, NN_NAMES_ATTRIBUTES[i], &names.list[i]);
    nn_names_free(&names);
    return status;
}

/* Prints those of `count` attributes of the root that are there. */
static nn_status print_texts(nn_h5 *file, const char *const *texts, size_t count) {
    nn_status status = NN_OK;
    for (size_t i = 0; i < count; i++) {
        char *text = NULL;
        if (!nn_h5_has_attribute(file, "/", texts[i])) continue;
        NN_TRY(nn_h5_read_text(file, "/", texts[i], &text));
        printf("  %s: ", texts[i]);
        print_text(text);
        printf("\n");
        free(text);
    }
done:
    return status;
}

/* ---- datasets ---- */

/* Prints how a dataset was imported: the lists of texts that only nnmpi import reads. */
static nn_status print_import(nn_h5 *file) {
    static const char *const lists[] = {"label_names", "one_hot", "fill_values"};
    nn_status status = NN_OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && status == NN_OK; i++) {
        nn_names_list list = {0};
        if (!nn_h5_has_attribute(file, "/", lists[i])) continue;
        status = nn_h5_read_texts(file, "/", lists[i], &list.texts, &list.count);
        if (status == NN_OK) print_list("  ", lists[i], &list);
        for (int64_t k = 0; k < list.count; k++) free(list.texts[k]);
        free(list.texts);
    }
    return status;
}

static nn_status print_array(nn_h5 *file, const char *path) {
    nn_h5_info info;
    char shape[NN_SHAPE_TEXT];
    nn_status status = nn_h5_describe(file, path, &info);
    if (status != NN_OK) return status;
    const char *kind = info.is_text              ? "texts"
                       : info.kind == NN_H5_OTHER  ? "neither integers nor reals"
                       : info.kind == NN_H5_REAL ? "float"
                       : info.is_signed          ? "int"
                                                 : "uint";
    printf("  %-16s %-20s %s", path, nn_shape_format(info.shape, shape), kind);
    if (info.kind != NN_H5_OTHER) printf("%zu", 8 * info.bytes);
    if (info.chunk_rows > 0) printf(", in chunks of %" PRId64 " rows", info.chunk_rows);
    printf("\n");
    return NN_OK;
}

static nn_status print_dataset(nn_h5 *file) {
    static const char *const texts[] = {"title", "source", "license", "units", "fill"};
    static const char *const groups[] = {"", "/train", "/validation", "/test"};
    static const char *const arrays[] = {"x", "y", "w", "files"};
    nn_status status = NN_OK;
    printf("%s: a dataset\n", nn_h5_path(file));
    NN_TRY(print_texts(file, texts, sizeof texts / sizeof *texts));
    NN_TRY(print_names(file, "/", "  "));
    NN_TRY(print_import(file));
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
            char path[32];
            snprintf(path, sizeof path, "%s/%s", groups[g], arrays[a]);
            if (nn_h5_is_dataset(file, path)) NN_TRY(print_array(file, path));
        }
    }
done:
    return status;
}

static bool is_dataset(nn_h5 *file) {
    return nn_h5_is_dataset(file, "/x") || nn_h5_is_dataset(file, "/train/x") ||
           nn_h5_is_dataset(file, "/validation/x") || nn_h5_is_dataset(file, "/test/x");
}

/* ---- predictions ---- */

static nn_status print_predictions(nn_h5 *file) {
    static const char *const texts[] = {"model", "data", "split", "result", "nnmpi_version"};
    static const char *const arrays[] = {"/predictions", "/classes", "/y", "/files"};
    nn_status status = NN_OK;
    printf("%s: predictions%s\n", nn_h5_path(file),
           nn_h5_is_dataset(file, "/y") ? ", with what is true" : "");
    NN_TRY(print_texts(file, texts, sizeof texts / sizeof *texts));
    NN_TRY(print_names(file, "/", "  "));
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        if (nn_h5_is_dataset(file, arrays[a])) NN_TRY(print_array(file, arrays[a]));
done:
    return status;
}

/* ---- models and checkpoints ---- */

static void print_layers(const nn_model *model) {
    char shape[NN_SHAPE_TEXT];
    printf("  %-24s %-16s %-20s %s\n", "layer", "class", "output", "parameters");
    for (int64_t i = 0; i < nn_model_layers(model); i++) {
        const nn_layer *layer = nn_model_layer(model, i);
        int64_t count = 0;
        for (int v = 0; v < layer->variable_count; v++)
            if (layer->variables[v].trainable) count += nn_shape_count(layer->variables[v].shape);
        printf("  %-24s %-16s %-20s %" PRId64 "\n", layer->name, layer->object.isa->name,
               nn_shape_format(layer->output_shape, shape), count);
    }
    printf("  input %s, %" PRId64 " trained parameters\n",
           nn_shape_format(nn_model_input_shape(model), shape), nn_model_parameter_count(model));
}

/* The attributes of /nnmpi that a person wants to see. */
static nn_status print_progress(nn_h5 *file) {
    static const char *const wholes[] = {"epoch", "batch", "step", "samples", "seed", "batch_size",
                                         "ranks", "threads"};
    static const char *const texts[] = {"nnmpi_version", "host", "blas", "dataset",
                                        "dataset_checksum"};
    nn_status status = NN_OK;
    printf("  trained by nnmpi:\n");
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        int64_t value;
        if (!nn_h5_has_attribute(file, "/nnmpi", wholes[i])) continue;
        NN_TRY(nn_h5_read_int(file, "/nnmpi", wholes[i], &value));
        printf("    %-16s %" PRId64 "\n", wholes[i], value);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text = NULL;
        if (!nn_h5_has_attribute(file, "/nnmpi", texts[i])) continue;
        NN_TRY(nn_h5_read_text(file, "/nnmpi", texts[i], &text));
        printf("    %-16s %s\n", texts[i], text);
        free(text);
    }
    NN_TRY(print_names(file, "/nnmpi", "    "));
done:
    return status;
}

static nn_status print_model(nn_h5 *file) {
    nn_status status = NN_OK;
    nn_model *model = NULL;
    bool ours = nn_h5_has(file, "/nnmpi");
    printf("%s: a %s in Keras's layout\n", nn_h5_path(file),
           ours ? "model with the state of its training" : "model");
    NN_TRY(nn_keras_read(file, 1, &model));
    print_layers(model);
    if (ours) NN_TRY(print_progress(file));
done:
    nn_model_destroy(&model);
    return status;
}

nn_status nn_command_info(int argc, char **argv) {
    nn_status status = NN_OK;
    const char *path = NULL;
    const nn_option options[] = {{0}};
    bool help;
    nn_h5 *file = NULL;
    NN_TRY(nn_options_parse(argc, argv, options, "FILE.h5, or the folder of a run", &path, &help));
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    if (nn_is_folder(path)) return nn_sweep_is_in(path) ? nn_info_sweep(path) : nn_info_run(path);
    if (nn_seal_present(path)) NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    if (nn_h5_has_attribute(file, "/", "model_config")) status = print_model(file);
    else if (is_dataset(file)) status = print_dataset(file);
    else if (nn_predictions_are(file)) status = print_predictions(file);
    else
        status = nn_fail(NN_BAD_DATA,
                         "%s: neither a dataset (groups /train, /validation or /test, or the root, "
                         "with x and y) nor a model (the attribute model_config) nor predictions "
                         "(/predictions)",
                         path);
done:
    nn_h5_discard(&file);
    return status;
}
