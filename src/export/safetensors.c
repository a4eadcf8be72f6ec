/* safetensors.c: the variables of a model as a safetensors file
 * (https://github.com/huggingface/safetensors#format): the length of a header as u64, the header, JSON
 * that says the type, shape and place of each array, and the arrays, one behind the other. Numbers are
 * little-endian. Spaces at the end of the header put the arrays on a multiple of 8. */
#include "export/export_private.h"
#include "io/json.h"
#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEADER_MAX = 100 * 1000 * 1000 }; /* more is refused by readers */

static nn_status add_metadata(const nn_node *about, nn_node *header) {
    nn_status status = NN_OK;
    nn_node *metadata;
    NN_TRY(nn_node_add(header, "__metadata__", NN_NODE_MAP, "header", &metadata));
    for (size_t i = 0; i < about->count; i++)
        NN_TRY(nn_node_add_text(metadata, about->items[i]->key, about->items[i]->text));
done:
    return status;
}

/* The entry of an array that begins at byte `begin` of the data. */
static nn_status add_entry(const nn_layer *layer, const nn_variable *variable, int64_t begin,
                           int64_t length, nn_node *header) {
    nn_status status = NN_OK;
    char name[2 * NN_LAYER_NAME];
    nn_node *entry, *shape, *offsets;
    snprintf(name, sizeof name, "%s.%s", layer->name, variable->name);
    NN_TRY(nn_node_add(header, name, NN_NODE_MAP, "header", &entry));
    NN_TRY(nn_node_add_text(entry, "dtype", "F32"));
    NN_TRY(nn_node_add(entry, "shape", NN_NODE_LIST, "header", &shape));
    for (int i = 0; i < variable->shape.rank; i++)
        NN_TRY(nn_node_add_int(shape, NULL, variable->shape.dim[i]));
    NN_TRY(nn_node_add(entry, "data_offsets", NN_NODE_LIST, "header", &offsets));
    NN_TRY(nn_node_add_int(offsets, NULL, begin));
    NN_TRY(nn_node_add_int(offsets, NULL, begin + length));
done:
    return status;
}

/* The header as a tree, and the arrays that it describes. */
static nn_status describe(const nn_model *model, const nn_node *about, nn_node *header,
                          nn_bytes *arrays) {
    int64_t begin = 0;
    nn_status status = add_metadata(about, header);
    for (int64_t i = 0; i < nn_model_variables(model) && status == NN_OK; i++) {
        const nn_layer *layer;
        const nn_variable *variable = nn_model_variable(model, i, &layer);
        const int64_t length = nn_shape_count(variable->shape) * (int64_t)sizeof *variable->value;
        status = add_entry(layer, variable, begin, length, header);
        arrays[i] = (nn_bytes){variable->value, length};
        begin += length;
    }
    return status;
}

/* Length and JSON. */
static nn_status format_header(const nn_node *header, nn_text *out) {
    char *json;
    nn_status status = nn_json_format(header, &json);
    if (status != NN_OK) return status;
    nn_text_add(out, "%s", json);
    free(json);
    while (!out->failed && out->length % 8 != 0) nn_text_add(out, " ");
    if (out->failed) return nn_fail(NN_INTERNAL, "out of memory for a safetensors file");
    if (out->length > HEADER_MAX)
        return nn_fail(NN_BAD_DATA, "the header of a .safetensors file can hold %d MB, not %zu",
                       HEADER_MAX / 1000000, out->length / 1000000 + 1);
    return NN_OK;
}

nn_status nn_safetensors_write(const nn_model *model, const nn_node *about, const char *path) {
    nn_status status = NN_OK;
    const int64_t count = nn_model_variables(model);
    nn_node *header = NULL;
    nn_bytes *parts = NULL;
    nn_text text = {0};
    NN_TRY(nn_allocate("parts of a file", count + 2, sizeof *parts, &parts));
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "header", &header));
    NN_TRY(describe(model, about, header, parts + 2));
    NN_TRY(format_header(header, &text));
    const uint64_t length = text.length;
    parts[0] = (nn_bytes){&length, sizeof length};
    parts[1] = (nn_bytes){text.bytes, (int64_t)text.length};
    NN_TRY(nn_publish_parts(path, parts, count + 2));
done:
    nn_text_free(&text);
    nn_node_destroy(&header);
    free(parts);
    return status;
}
