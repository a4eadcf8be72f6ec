/* export.c: reads a model, with what its file says of it, and gives it to the format that the output's
 * name asks for. */
#include "export/export.h"

#include "data/names.h"
#include "export/export_private.h"
#include "io/file_kind.h"
#include "io/json.h"
#include "io/publish.h"
#include "io/yaml.h"
#include "model/keras.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdlib.h>

/* A list of names, as JSON. */
static nn_status add_list(const char *key, const nn_names_list *names, nn_node *about) {
    nn_status status = NN_OK;
    char *json = NULL;
    nn_node *list = NULL;
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_LIST, key, &list));
    for (int64_t i = 0; i < names->count; i++)
        NN_TRY(nn_node_add_text(list, NULL, names->texts[i]));
    NN_TRY(nn_json_format(list, &json));
    NN_TRY(nn_node_add_text(about, key, json));
done:
    free(json);
    nn_node_destroy(&list);
    return status;
}

/* What classes, features and targets are called. */
static nn_status add_names(nn_h5 *file, nn_node *about) {
    nn_names names = {0};
    nn_status status = nn_names_read(file, "/nnmpi", &names);
    for (int i = 0; i < NN_NAMES_LISTS && status == NN_OK; i++)
        if (names.list[i].count > 0)
            status = add_list(NN_NAMES_ATTRIBUTES[i], &names.list[i], about);
    nn_names_free(&names);
    return status;
}

/* The name of the run. */
static nn_status add_run(nn_h5 *file, nn_node *about) {
    nn_status status = NN_OK;
    char *text = NULL;
    nn_node *run = NULL;
    if (!nn_h5_has_attribute(file, "/nnmpi", "config")) return NN_OK;
    NN_TRY(nn_h5_read_text(file, "/nnmpi", "config", &text));
    NN_TRY(nn_yaml_parse(text, nn_h5_path(file), &run));
    const nn_node *name = nn_node_get(run, "name");
    if (name && name->kind == NN_NODE_TEXT) NN_TRY(nn_node_add_text(about, "name", name->text));
done:
    free(text);
    nn_node_destroy(&run);
    return status;
}

/* What a file says of its model. */
static nn_status read_about(nn_h5 *file, nn_node *about) {
    nn_status status = NN_OK;
    char *version = NULL;
    if (!nn_h5_has(file, "/nnmpi")) return NN_OK; /* another program wrote it */
    NN_TRY(add_run(file, about));
    NN_TRY(add_names(file, about));
    if (nn_h5_has_attribute(file, "/nnmpi", "nnmpi_version")) {
        NN_TRY(nn_h5_read_text(file, "/nnmpi", "nnmpi_version", &version));
        NN_TRY(nn_node_add_text(about, "nnmpi_version", version));
    }
done:
    free(version);
    return status;
}

static nn_status read_model(const char *path, nn_model **model, nn_node *about) {
    nn_status status = NN_OK;
    nn_h5 *file = NULL;
    if (nn_seal_present(path)) NN_TRY(nn_seal_verify(path));
    NN_TRY(nn_h5_open(path, &file));
    NN_TRY(nn_keras_read(file, 1, model));
    NN_TRY(read_about(file, about));
done:
    nn_h5_discard(&file);
    return status;
}

/* "(batch, 8, 8)" */
static void add_shape(nn_text *text, nn_shape row) {
    nn_text_add(text, "(batch");
    for (int i = 0; i < row.rank; i++) nn_text_add(text, ", %" PRId64, row.dim[i]);
    nn_text_add(text, ")");
}

static nn_status write_onnx(const nn_model *model, const nn_node *about, const char *path,
                            nn_text *summary) {
    nn_graph *graph = NULL;
    nn_status status = nn_model_graph(model, &graph);
    if (status == NN_OK) status = nn_onnx_write(graph, about, path);
    nn_graph_destroy(&graph);
    nn_text_add(summary, "%s: ONNX, opset %d, float32: input ", path, NN_GRAPH_OPSET);
    add_shape(summary, nn_model_input_shape(model));
    nn_text_add(summary, ", output ");
    add_shape(summary, nn_model_output_shape(model));
    return status;
}

/* The weights alone do not say what the layers compute: Keras's configuration goes with them. */
static nn_status write_safetensors(const nn_model *model, nn_node *about, const char *path,
                                   nn_text *summary) {
    char *config;
    nn_status status = nn_keras_config(model, &config);
    if (status == NN_OK) status = nn_node_add_text(about, "model_config", config);
    free(config);
    if (status == NN_OK) status = nn_safetensors_write(model, about, path);
    nn_text_add(summary, "%s: safetensors, %" PRId64 " arrays, %" PRId64 " trained parameters",
                path, nn_model_variables(model), nn_model_parameter_count(model));
    return status;
}

nn_status nn_export(const char *model_file, const char *output, char **summary) {
    nn_status status = NN_OK;
    const bool onnx = nn_has_ending(output, ".onnx"), tensors = nn_has_ending(output, ".safetensors");
    nn_model *model = NULL;
    nn_node *about = NULL;
    nn_text text = {0};
    *summary = NULL;
    if (!onnx && !tensors)
        return nn_fail(NN_USAGE, "%s: the ending of the output says its format: .onnx or .safetensors",
                       output);
    NN_TRY(nn_refuse_same_file(output, model_file));
    NN_TRY(nn_file_refuse_other(output, onnx ? NN_FILE_ONNX : NN_FILE_SAFETENSORS,
                                onnx ? "ONNX file of nnmpi's" : "safetensors file with metadata"));
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, model_file, &about));
    NN_TRY(read_model(model_file, &model, about));
    NN_TRY(onnx ? write_onnx(model, about, output, &text)
                : write_safetensors(model, about, output, &text));
    NN_TRY(nn_text_take(&text, summary));
done:
    nn_text_free(&text);
    nn_node_destroy(&about);
    nn_model_destroy(&model);
    return status;
}
