/* run_read.c: reading a run file: overrides, layers that another file holds (run_model.c), paths, and what no
 * single section can check. */
#include "io/file_kind.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "layers/layer.h"
#include "train/exchange.h"
#include "train/run_private.h"
#include "util/memory.h"
#include "util/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a run is read from. */
typedef struct {
    const char *name; /* of the run file */
    const char *const *overrides;
    int64_t override_count;
    bool reads_files; /* such as are named in it */
    bool in_memory, validated; /* the data, and whether there are such to validate with */
    bool resume;
    const char *output; /* the folder of the run; NULL: runs/NAME */
} source;

/* Takes what an override comes from, where that is not --set, off its beginning. */
static const char *origin_of(const char **override) {
    static const char *const others[] = {"--sweep", "nnmpi_config_set"};
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(others[i]);
        if (strncmp(*override, others[i], length) != 0 || (*override)[length] != ' ') continue;
        *override += length + 1;
        return others[i];
    }
    return "--set";
}

static nn_status apply_override(nn_node *root, const char *override) {
    nn_status status = NN_OK;
    nn_text where = {0};
    char *place = NULL, *key = NULL;
    nn_node *target = NULL, *value = NULL;
    const char *option = origin_of(&override);
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

nn_status nn_run_resolve_path(const char *run_file, char **path) {
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

/* Where a key stands, or the file. */
static const char *place_of(const nn_node *root, const char *key, const char *file) {
    const nn_node *node = nn_node_get(root, key);
    return node ? node->where : file;
}

static nn_status check_run(const nn_run *run, const nn_node *root, const char *file) {
    const char *precision = place_of(root, "gradient_precision", file);
    if (strchr(run->name, '/') || run->name[0] == '\0' || run->name[0] == '.')
        return nn_fail(NN_BAD_CONFIG,
                       "%s: 'name' is also the name of a folder: it must not be empty, begin with a "
                       "dot or hold a /, but is '%s'",
                       place_of(root, "name", file), run->name);
    if (run->gradient_precision == NN_BF16 && run->reproducible)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: gradient_precision: bf16 rounds what goes from rank to rank, which depends "
                       "on their number: it cannot be combined with reproducible: true",
                       precision);
    if (run->gradient_precision == NN_BF16 && run->communication == NN_COMMUNICATION_OVERLAP)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: gradient_precision: bf16 goes with communication: allreduce or node, not "
                       "with overlap, because MPI_Iallreduce does not know bfloat16",
                       precision);
    bool validated = run->data->validation || run->data->validation_split > 0;
    if (run->stop_at && !isnan(run->stop_at->val_loss) && !validated)
        return nn_fail(NN_BAD_CONFIG,
                       "%s: stop_at.val_loss needs data.validation or data.validation_split",
                       place_of(root, "stop_at", file));
    return NN_OK;
}

/* Overrides of single layers, such as model.1.rate=0.5. */
static bool is_of_layer(const char *override) {
    origin_of(&override);
    return strncmp(override, "model.", 6) == 0 && override[6] >= '0' && override[6] <= '9';
}

static nn_status find_name(const nn_node *root, const char *run_file, char **name) {
    const nn_node *given = nn_node_get(root, "name");
    if (given && given->kind == NN_NODE_TEXT) return nn_copy_text(given->text, name);
    return default_name(run_file, name);
}

/* Overrides, and the layers of another file where the run file names one: those of single layers come last
 * then. */
static nn_status settle_keys(nn_node *root, const source *from) {
    nn_status status = NN_OK;
    nn_text text = {0};
    char *name = NULL, *folder = NULL;
    const bool later = nn_run_takes_model(root);
    for (int64_t i = 0; i < from->override_count; i++)
        if (!later || !is_of_layer(from->overrides[i])) NN_TRY(apply_override(root, from->overrides[i]));
    NN_TRY(nn_run_check_model_key(root));
    if (nn_run_takes_model(root) && !from->reads_files)
        NN_TRY(nn_fail(NN_BAD_CONFIG, "%s: 'model' takes no layers from another file here: give the layers",
                       root->where));
    if (nn_run_takes_model(root)) {
        NN_TRY(find_name(root, from->name, &name));
        if (from->output) nn_text_add(&text, "%s", from->output);
        else nn_text_add(&text, "runs/%s", name);
        NN_TRY(nn_text_take(&text, &folder));
        NN_TRY(nn_run_take_model(root, from->name, from->resume ? folder : NULL));
    }
    for (int64_t i = 0; i < from->override_count && later; i++)
        if (is_of_layer(from->overrides[i])) NN_TRY(apply_override(root, from->overrides[i]));
done:
    free(name);
    free(folder);
    return status;
}

/* What does not suit a layer may be seen only when the shape of x is known. */
static void place_layers(const nn_run *run, const nn_node *list) {
    for (int64_t i = 0; i < run->model.count; i++) {
        nn_layer *layer = (nn_layer *)run->model.items[i];
        layer->where = list->items[i]->where;
    }
}

static nn_status read_run(const char *text, const source *from, nn_run **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    nn_object *object = NULL;
    const char *name = from->name;
    *out = NULL;
    NN_TRY(nn_yaml_parse(text, name, &root));
    NN_TRY(settle_keys(root, from));
    if (from->in_memory) NN_TRY(nn_run_place_in_memory(root, from->validated));
    NN_TRY(nn_object_read(&NN_RUN, root, NN_STYLE_RUN, &object));
    nn_run *run = (nn_run *)object;
    if (!run->name) NN_TRY(default_name(name, &run->name));
    nn_run_checkpoint *checkpoint = run->checkpoint;
    if (!checkpoint->every_epochs && !checkpoint->every_steps && isnan(checkpoint->every_minutes))
        checkpoint->every_epochs = 1;
    if (!from->in_memory) NN_TRY(nn_run_resolve_path(name, &run->data->file));
    if (run->initial_weights) NN_TRY(nn_run_resolve_path(name, &run->initial_weights));
    NN_TRY(check_run(run, root, name));
    NN_TRY(nn_run_check(run, root));
    place_layers(run, nn_node_get(root, "model"));
    run->tree = root;
    *out = run;
    object = NULL;
    root = NULL;
done:
    nn_object_destroy(&object);
    nn_node_destroy(&root);
    return status;
}

nn_status nn_run_read(const char *text, const char *name, const char *const *overrides,
                      int64_t override_count, nn_run **out) {
    const source from = {.name = name, .overrides = overrides, .override_count = override_count};
    return read_run(text, &from, out);
}

nn_status nn_run_read_given(const char *text, const char *name, const char *const *overrides,
                            int64_t override_count, bool validated, nn_run **out) {
    const source from = {.name = name, .overrides = overrides, .override_count = override_count,
                         .reads_files = true, .in_memory = true, .validated = validated};
    return read_run(text, &from, out);
}

static nn_status read_text(const char *path, char **text) {
    int64_t length;
    *text = NULL;
    if (nn_file_kind_of(path) == NN_FILE_HDF5)
        return nn_fail(NN_BAD_CONFIG,
                       "%s is an HDF5 file, a dataset or a model: a run file is wanted (YAML), which names its data "
                       "by data: {file: ...}; a run goes on with its own run file and --resume",
                       path);
    nn_status status = nn_read_file(path, NN_RUN_MOST_BYTES, text, &length);
    if (status == NN_OK && strlen(*text) != (size_t)length)
        status = nn_fail(NN_BAD_CONFIG, "%s: it is no text file", path);
    return status;
}

static nn_status read_file(const source *from, nn_run **out) {
    char *text;
    *out = NULL;
    nn_status status = read_text(from->name, &text);
    if (status == NN_OK) status = read_run(text, from, out);
    free(text);
    return status;
}

nn_status nn_run_read_file(const char *path, const char *const *overrides, int64_t override_count,
                           nn_run **out) {
    const source from = {.name = path, .overrides = overrides, .override_count = override_count,
                         .reads_files = true};
    return read_file(&from, out);
}

nn_status nn_run_read_resumed(const char *path, const char *const *overrides, int64_t override_count,
                              const char *output, nn_run **out) {
    const source from = {.name = path, .overrides = overrides, .override_count = override_count,
                         .reads_files = true, .resume = true, .output = output};
    return read_file(&from, out);
}

nn_status nn_run_read_name(const char *path, const char *const *overrides, int64_t override_count, char **out) {
    nn_status status = NN_OK;
    char *text;
    nn_node *root = NULL;
    *out = NULL;
    NN_TRY(read_text(path, &text));
    NN_TRY(nn_yaml_parse(text, path, &root));
    for (int64_t i = 0; i < override_count; i++)
        if (!is_of_layer(overrides[i])) NN_TRY(apply_override(root, overrides[i]));
    NN_TRY(find_name(root, path, out));
done:
    nn_node_destroy(&root);
    free(text);
    return status;
}
