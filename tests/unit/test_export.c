/* test_export.c: what stands in exported files, byte by byte where it matters: ONNX's messages and arrays
 * (their meaning is ONNX's to check, tests/export), safetensors' header and arrays. */
#include "contract/contract.h"
#include "scratch.h"
#include "wire.h"

#include "export/export_private.h"
#include "io/json.h"

static const char LAYERS[] = "[{layer: Normalization, mean: [1, 2, 3], variance: [4, 5, 6]}, "
                             "{layer: Dense, units: 2, activation: leaky_relu, name: front}, "
                             "{layer: Flatten}, {layer: Dense, units: 5, activation: softmax}]";

static nn_model *small_model(void) {
    return model_from(LAYERS, (nn_shape){2, {4, 3}}, 1);
}

static nn_node *about_model(void) {
    nn_node *about;
    assert_ok(nn_node_add(NULL, NULL, NN_NODE_MAP, "test", &about));
    assert_ok(nn_node_add_text(about, "name", "small"));
    assert_ok(nn_node_add_text(about, "class_names", "[\"a\", \"b\"]"));
    return about;
}

/* ---- ONNX ---- */

static void write_onnx(const char *path) {
    nn_model *model = small_model();
    nn_node *about = about_model();
    nn_graph *graph;
    assert_ok(nn_model_graph(model, &graph));
    assert_ok(nn_onnx_write(graph, about, path));
    nn_graph_destroy(&graph);
    nn_node_destroy(&about);
    nn_model_destroy(&model);
}

/* The file; the caller frees its bytes. */
static wire read_onnx(void) {
    size_t length;
    write_onnx(scratch("model.onnx"));
    const char *bytes = read_bytes(scratch("model.onnx"), &length);
    return (wire){(const unsigned char *)bytes, length};
}

static void free_file(wire file) {
    free((void *)(uintptr_t)file.bytes);
}

static void test_onnx_model(void **state) {
    (void)state;
    const wire model = read_onnx();
    assert_int_equal(wire_number(model, 1, 0), 7); /* ir_version */
    assert_wire_text(model, 2, 0, "nnmpi");
    assert_wire_text(model, 3, 0, nn_version());
    assert_int_equal(wire_count(model, 8), 1);
    assert_int_equal(wire_number(wire_message(model, 8, 0), 2, 0), NN_GRAPH_OPSET);
    assert_int_equal(wire_count(model, 14), 2);
    assert_wire_text(wire_message(model, 14, 0), 1, 0, "name");
    assert_wire_text(wire_message(model, 14, 0), 2, 0, "small");
    assert_wire_text(wire_message(model, 14, 1), 1, 0, "class_names");
    assert_wire_text(wire_message(model, 14, 1), 2, 0, "[\"a\", \"b\"]");
    assert_int_equal(wire_count(model, 7), 1);
    assert_wire_text(wire_message(model, 7, 0), 2, 0, "small");
    free_file(model);
}

static void test_onnx_nodes(void **state) {
    (void)state;
    static const char *const types[] = {"Sub",       "Sqrt",    "Max",  "Div",    "MatMul", "Add",
                                        "LeakyRelu", "Reshape", "Gemm", "Softmax"};
    enum { COUNT = sizeof types / sizeof *types };
    const wire model = read_onnx(), graph = wire_message(model, 7, 0);
    assert_int_equal(wire_count(graph, 1), COUNT);
    for (int i = 0; i < COUNT; i++) assert_wire_text(wire_message(graph, 1, i), 4, 0, types[i]);
    const wire first = wire_message(graph, 1, 0), gemm = wire_message(graph, 1, COUNT - 2);
    assert_wire_text(first, 1, 0, "input");
    assert_wire_text(first, 1, 1, "normalization/mean");
    assert_wire_text(first, 2, 0, "normalization/Sub");
    assert_wire_text(first, 3, 0, "normalization/Sub");
    assert_wire_text(gemm, 1, 0, "flatten/Reshape");
    assert_wire_text(gemm, 1, 1, "dense/kernel");
    assert_wire_text(gemm, 1, 2, "dense/bias");
    const wire last = wire_message(graph, 1, COUNT - 1), axis = wire_message(last, 5, 0);
    assert_wire_text(last, 2, 0, "output");
    assert_wire_text(axis, 1, 0, "axis");
    assert_int_equal(wire_number(axis, 3, 0), -1);
    assert_int_equal(wire_number(axis, 20, 0), 2);
    const wire slope = wire_message(wire_message(graph, 1, 6), 5, 0);
    assert_wire_text(slope, 1, 0, "alpha");
    assert_int_equal(wire_number(slope, 20, 0), 1);
    const float expected = 0.2f;
    assert_memory_equal(wire_message(slope, 2, 0).bytes, &expected, sizeof expected);
    free_file(model);
}

static void check_end(wire value, const char *name, int rank, const int64_t *row) {
    assert_wire_text(value, 1, 0, name);
    const wire tensor = wire_message(wire_message(value, 2, 0), 1, 0);
    assert_int_equal(wire_number(tensor, 1, 0), 1);
    const wire shape = wire_message(tensor, 2, 0);
    assert_int_equal(wire_count(shape, 1), rank + 1);
    assert_wire_text(wire_message(shape, 1, 0), 2, 0, "batch");
    for (int i = 0; i < rank; i++)
        assert_int_equal(wire_number(wire_message(shape, 1, i + 1), 1, 0), row[i]);
}

static void test_onnx_ends(void **state) {
    (void)state;
    const wire model = read_onnx(), graph = wire_message(model, 7, 0);
    assert_int_equal(wire_count(graph, 11), 1);
    assert_int_equal(wire_count(graph, 12), 1);
    check_end(wire_message(graph, 11, 0), "input", 2, (const int64_t[]){4, 3});
    check_end(wire_message(graph, 12, 0), "output", 1, (const int64_t[]){5});
    free_file(model);
}

/* Each variable that the graph takes stands in the file with its name, its shape and its bits. */
static void test_onnx_arrays(void **state) {
    (void)state;
    static const char *const names[] = {"normalization/mean", "normalization/variance",
                                        "normalization/least", "front/kernel", "front/bias",
                                        "flatten/shape", "dense/kernel", "dense/bias"};
    enum { COUNT = sizeof names / sizeof *names };
    const wire file = read_onnx(), graph = wire_message(file, 7, 0);
    nn_model *model = small_model();
    assert_int_equal(wire_count(graph, 5), COUNT);
    for (int i = 0; i < COUNT; i++) assert_wire_text(wire_message(graph, 5, i), 8, 0, names[i]);
    const nn_variable *kernel = &nn_model_layer(model, 3)->variables[0];
    const wire tensor = wire_message(graph, 5, 6), bytes = wire_message(tensor, 9, 0);
    assert_int_equal(wire_count(tensor, 1), 2);
    assert_int_equal(wire_number(tensor, 1, 0), 8);
    assert_int_equal(wire_number(tensor, 1, 1), 5);
    assert_int_equal(wire_number(tensor, 2, 0), 1);
    assert_int_equal(bytes.length, 40 * sizeof(float));
    assert_memory_equal(bytes.bytes, kernel->value, bytes.length);
    const float least = 1e-7f;
    assert_int_equal(wire_count(wire_message(graph, 5, 2), 1), 0); /* a scalar has no extents */
    assert_memory_equal(wire_message(wire_message(graph, 5, 2), 9, 0).bytes, &least, sizeof least);
    const int64_t extents[] = {0, 8};
    assert_int_equal(wire_number(wire_message(graph, 5, 5), 2, 0), 7);
    assert_memory_equal(wire_message(wire_message(graph, 5, 5), 9, 0).bytes, extents, sizeof extents);
    nn_model_destroy(&model);
    free_file(file);
}

static void test_onnx_equal_bytes(void **state) {
    (void)state;
    size_t length, again;
    write_onnx(scratch("one.onnx"));
    write_onnx(scratch("two.onnx"));
    char *one = read_bytes(scratch("one.onnx"), &length);
    char *two = read_bytes(scratch("two.onnx"), &again);
    assert_int_equal(length, again);
    assert_memory_equal(one, two, length);
    free(one);
    free(two);
}

/* A message has at most 2^31 - 1 bytes. The array is not looked at. */
static void test_onnx_too_large(void **state) {
    (void)state;
    const nn_real number = 0;
    const nn_shape shape = {2, {1 << 15, 1 << 14}}; /* 2^31 bytes */
    nn_node *about = about_model();
    nn_graph *graph;
    assert_ok(nn_graph_create((nn_shape){1, {1 << 15}}, &graph));
    nn_graph_begin_layer(graph, "dense");
    nn_value kernel = nn_graph_array(graph, "kernel", shape, &number);
    nn_value y = nn_graph_add(graph, "MatMul", NN_GRAPH_INPUT, kernel);
    assert_ok(nn_graph_finish(graph, y, (nn_shape){1, {1 << 14}}));
    assert_fails(nn_onnx_write(graph, about, scratch("large.onnx")), NN_BAD_DATA,
                 "large.onnx would take 2.15 GB, and an ONNX file can hold 2.14; a .safetensors file");
    assert_false(file_exists(scratch("large.onnx")));
    nn_graph_destroy(&graph);
    nn_node_destroy(&about);
}

/* ---- safetensors ---- */

/* The variables as they follow each other in the file. */
static void check_tensors(const nn_model *model, const nn_node *header, const char *data, size_t length) {
    int64_t begin = 0;
    size_t entries = 1; /* the metadata */
    for (int64_t i = 0; i < nn_model_layers(model); i++) {
        const nn_layer *layer = nn_model_layer(model, i);
        for (int v = 0; v < layer->variable_count; v++, entries++) {
            const nn_variable *variable = &layer->variables[v];
            char name[2 * NN_LAYER_NAME];
            snprintf(name, sizeof name, "%s.%s", layer->name, variable->name);
            const nn_node *entry = nn_node_get(header, name);
            if (!entry) fail_msg("the header lacks %s", name);
            const nn_node *shape = nn_node_get(entry, "shape"), *at = nn_node_get(entry, "data_offsets");
            const int64_t bytes = nn_shape_count(variable->shape) * (int64_t)sizeof(float);
            assert_string_equal(nn_node_get(entry, "dtype")->text, "F32");
            assert_int_equal(shape->count, variable->shape.rank);
            for (int d = 0; d < variable->shape.rank; d++)
                assert_int_equal(shape->items[d]->integer, variable->shape.dim[d]);
            assert_int_equal(at->count, 2);
            assert_int_equal(at->items[0]->integer, begin);
            assert_int_equal(at->items[1]->integer, begin + bytes);
            assert_true((size_t)(begin + bytes) <= length);
            assert_memory_equal(data + begin, variable->value, (size_t)bytes);
            begin += bytes;
        }
    }
    assert_int_equal(begin, length);
    assert_int_equal(entries, header->count);
}

static void test_safetensors(void **state) {
    (void)state;
    nn_model *model = small_model();
    nn_node *about = about_model(), *header;
    size_t length;
    assert_ok(nn_safetensors_write(model, about, scratch("model.safetensors")));
    char *file = read_bytes(scratch("model.safetensors"), &length);
    uint64_t header_length;
    memcpy(&header_length, file, sizeof header_length);
    assert_true(header_length % 8 == 0 && 8 + header_length < length);
    assert_int_equal(file[8], '{');
    char *data = file + 8 + header_length, *json = malloc(header_length + 1);
    assert_non_null(json);
    memcpy(json, file + 8, header_length);
    json[header_length] = '\0';
    assert_ok(nn_json_parse(json, "header", &header));
    const nn_node *metadata = nn_node_get(header, "__metadata__");
    assert_int_equal(metadata->count, 2);
    assert_string_equal(nn_node_get(metadata, "name")->text, "small");
    assert_string_equal(nn_node_get(metadata, "class_names")->text, "[\"a\", \"b\"]");
    assert_int_equal(header->count, 1 + 3 + 2 + 2);
    check_tensors(model, header, data, length - 8 - header_length);
    free(json);
    free(file);
    nn_node_destroy(&header);
    nn_node_destroy(&about);
    nn_model_destroy(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_onnx_model),       cmocka_unit_test(test_onnx_nodes),
        cmocka_unit_test(test_onnx_ends),        cmocka_unit_test(test_onnx_arrays),
        cmocka_unit_test(test_onnx_equal_bytes), cmocka_unit_test(test_onnx_too_large),
        cmocka_unit_test(test_safetensors)};
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
