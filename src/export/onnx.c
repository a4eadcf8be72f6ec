/* onnx.c: a graph of operators as an ONNX file, a ModelProto in the wire format of Protocol Buffers
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the numbers of fields are those of the enums
 * below).
 *
 * All but the large arrays is written into a text. They are put in between when the file is written:
 * what surrounds them needs their lengths alone. */
#include "export/export_private.h"
#include "io/protobuf.h"
#include "io/publish.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { IR_VERSION = 7 }; /* of ONNX 1.8, as is NN_GRAPH_OPSET */

enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_PRODUCER_VERSION = 3, MODEL_GRAPH = 7 };
enum { MODEL_OPSET = 8, OPSET_VERSION = 2, MODEL_METADATA = 14, ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_FLOAT = 2, ATTRIBUTE_INT = 3, ATTRIBUTE_TYPE = 20 };
enum { ATTRIBUTE_IS_FLOAT = 1, ATTRIBUTE_IS_INT = 2 }; /* values of ATTRIBUTE_TYPE */
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_BYTES = 9 };
enum { TYPE_FLOAT = 1, TYPE_INT64 = 7 }; /* of elements */
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEMENTS = 1, TENSOR_SHAPE = 2 };
enum { SHAPE_DIM = 1, DIM_NUMBER = 1, DIM_NAME = 2 };

/* A GraphProto, and the arrays that stand in it: array i in front of byte places[i] of the text. */
typedef struct {
    nn_text text;
    nn_bytes *arrays;
    size_t *places;
    int64_t array_count, array_bytes;
} graph_text;

/* The output has a name of its own, like the input. */
static const char *name_of(const nn_graph *graph, nn_value value) {
    return value == graph->output ? "output" : graph->values[value].name;
}

static void add_attribute(nn_text *node, const nn_graph_attribute *attribute) {
    nn_text text = {0};
    nn_protobuf_text(&text, ATTRIBUTE_NAME, attribute->name);
    if (attribute->is_real) nn_protobuf_float(&text, ATTRIBUTE_FLOAT, (float)attribute->real);
    else nn_protobuf_int(&text, ATTRIBUTE_INT, attribute->integer);
    nn_protobuf_int(&text, ATTRIBUTE_TYPE,
                    attribute->is_real ? ATTRIBUTE_IS_FLOAT : ATTRIBUTE_IS_INT);
    nn_protobuf_message(node, NODE_ATTRIBUTE, &text);
}

static void add_operator(graph_text *out, const nn_graph *graph, const nn_operator *operator) {
    nn_text node = {0};
    for (int i = 0; i < operator->input_count; i++)
        nn_protobuf_text(&node, NODE_INPUT, name_of(graph, operator->inputs[i]));
    nn_protobuf_text(&node, NODE_OUTPUT, name_of(graph, operator->output));
    nn_protobuf_text(&node, NODE_NAME, graph->values[operator->output].name);
    nn_protobuf_text(&node, NODE_TYPE, operator->type);
    for (int i = 0; i < operator->attribute_count; i++)
        add_attribute(&node, &operator->attributes[i]);
    nn_protobuf_message(&out->text, GRAPH_NODE, &node);
}

static void add_array(graph_text *out, nn_text *tensor, const nn_graph_value *value) {
    const int64_t bytes = nn_shape_count(value->shape) * (int64_t)sizeof *value->array;
    nn_protobuf_head(tensor, TENSOR_BYTES, (size_t)bytes);
    nn_protobuf_head(&out->text, GRAPH_INITIALIZER, tensor->length + (size_t)bytes);
    nn_text_add_bytes(&out->text, tensor->bytes, tensor->length);
    out->text.failed |= tensor->failed;
    nn_text_free(tensor);
    out->places[out->array_count] = out->text.length;
    out->arrays[out->array_count++] = (nn_bytes){value->array, bytes};
    out->array_bytes += bytes;
}

static void add_constant(graph_text *out, const nn_graph_value *value) {
    const bool whole = value->kind == NN_VALUE_INTEGERS;
    nn_text tensor = {0};
    for (int i = 0; i < value->shape.rank; i++)
        nn_protobuf_int(&tensor, TENSOR_DIM, value->shape.dim[i]);
    nn_protobuf_int(&tensor, TENSOR_TYPE, whole ? TYPE_INT64 : TYPE_FLOAT);
    nn_protobuf_text(&tensor, TENSOR_NAME, value->name);
    if (value->kind == NN_VALUE_ARRAY) {
        add_array(out, &tensor, value);
        return;
    }
    if (whole)
        nn_protobuf_bytes(&tensor, TENSOR_BYTES, value->integers,
                          (size_t)value->shape.dim[0] * sizeof *value->integers);
    else nn_protobuf_bytes(&tensor, TENSOR_BYTES, &value->scalar, sizeof value->scalar);
    nn_protobuf_message(&out->text, GRAPH_INITIALIZER, &tensor);
}

/* The input or the output: float, and as many rows as there are. */
static void add_end(graph_text *out, int field, const char *name, nn_shape row) {
    nn_text value = {0}, type = {0}, tensor = {0}, shape = {0}, batch = {0};
    nn_protobuf_text(&batch, DIM_NAME, "batch");
    nn_protobuf_message(&shape, SHAPE_DIM, &batch);
    for (int i = 0; i < row.rank; i++) {
        nn_text dim = {0};
        nn_protobuf_int(&dim, DIM_NUMBER, row.dim[i]);
        nn_protobuf_message(&shape, SHAPE_DIM, &dim);
    }
    nn_protobuf_int(&tensor, TENSOR_ELEMENTS, TYPE_FLOAT);
    nn_protobuf_message(&tensor, TENSOR_SHAPE, &shape);
    nn_protobuf_message(&type, TYPE_TENSOR, &tensor);
    nn_protobuf_text(&value, VALUE_NAME, name);
    nn_protobuf_message(&value, VALUE_TYPE, &type);
    nn_protobuf_message(&out->text, field, &value);
}

static nn_status make_graph(const nn_graph *graph, const char *name, graph_text *out) {
    nn_status status = NN_OK;
    NN_TRY(nn_allocate("arrays", graph->value_count, sizeof *out->arrays, &out->arrays));
    NN_TRY(nn_allocate("arrays", graph->value_count, sizeof *out->places, &out->places));
    for (int64_t i = 0; i < graph->operator_count; i++)
        add_operator(out, graph, &graph->operators[i]);
    nn_protobuf_text(&out->text, GRAPH_NAME, name);
    for (int64_t i = 0; i < graph->value_count; i++) {
        const nn_value_kind kind = graph->values[i].kind;
        if (kind != NN_VALUE_INPUT && kind != NN_VALUE_RESULT) add_constant(out, &graph->values[i]);
    }
    add_end(out, GRAPH_INPUT, graph->values[NN_GRAPH_INPUT].name, graph->input_shape);
    add_end(out, GRAPH_OUTPUT, "output", graph->output_shape);
done:
    return status;
}

/* What stands in front of the graph. */
static void make_head(const nn_node *about, size_t graph_length, nn_text *out) {
    nn_text opset = {0};
    nn_protobuf_int(out, MODEL_IR_VERSION, IR_VERSION);
    nn_protobuf_text(out, MODEL_PRODUCER, "nnmpi");
    nn_protobuf_text(out, MODEL_PRODUCER_VERSION, nn_version());
    nn_protobuf_int(&opset, OPSET_VERSION, NN_GRAPH_OPSET);
    nn_protobuf_message(out, MODEL_OPSET, &opset);
    for (size_t i = 0; i < about->count; i++) {
        nn_text entry = {0};
        nn_protobuf_text(&entry, ENTRY_KEY, about->items[i]->key);
        nn_protobuf_text(&entry, ENTRY_VALUE, about->items[i]->text);
        nn_protobuf_message(out, MODEL_METADATA, &entry);
    }
    nn_protobuf_head(out, MODEL_GRAPH, graph_length);
}

/* The head, and the text of the graph with its arrays in between. */
static nn_status publish(const nn_text *head, const graph_text *graph, const char *path) {
    nn_bytes *parts;
    int64_t count = 0;
    size_t begin = 0;
    nn_status status =
        nn_allocate("parts of a file", 2 * graph->array_count + 2, sizeof *parts, &parts);
    if (status != NN_OK) return status;
    parts[count++] = (nn_bytes){head->bytes, (int64_t)head->length};
    for (int64_t i = 0; i < graph->array_count; i++) {
        const size_t end = graph->places[i];
        parts[count++] = (nn_bytes){graph->text.bytes + begin, (int64_t)(end - begin)};
        parts[count++] = graph->arrays[i];
        begin = end;
    }
    parts[count++] = (nn_bytes){graph->text.bytes + begin, (int64_t)(graph->text.length - begin)};
    status = nn_publish_parts(path, parts, count);
    free(parts);
    return status;
}

nn_status nn_onnx_write(const nn_graph *graph, const nn_node *about, const char *path) {
    nn_status status = NN_OK;
    const nn_node *name = nn_node_get(about, "name");
    graph_text text = {0};
    nn_text head = {0};
    NN_TRY(make_graph(graph, name && name->text[0] ? name->text : "model", &text));
    const int64_t length = (int64_t)text.text.length + text.array_bytes;
    make_head(about, (size_t)length, &head);
    if (head.failed || text.text.failed)
        NN_TRY(nn_fail(NN_INTERNAL, "out of memory for an ONNX file"));
    if ((int64_t)head.length + length > INT32_MAX)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s would take %.2f GB, and an ONNX file can hold 2.14; a .safetensors file "
                       "has no such limit",
                       path, 1e-9 * (double)length));
    NN_TRY(publish(&head, &text, path));
done:
    nn_text_free(&head);
    nn_text_free(&text.text);
    free(text.arrays);
    free(text.places);
    return status;
}
