/* test_graph.c: each layer's operators compute what its forward() computes outside of training, alone and
 * between two others; a layer that has none is named, and its model refused. */
#include "layer_cases.h"

#include "graph_run.h"

static nn_graph *graph_of(const nn_model *model) {
    nn_graph *graph;
    assert_ok(nn_model_graph(model, &graph));
    return graph;
}

static void check_names(const nn_graph *graph) {
    assert_string_equal(graph->values[NN_GRAPH_INPUT].name, "input");
    for (int64_t i = 0; i < graph->value_count; i++)
        for (int64_t k = 0; k < i; k++)
            assert_string_not_equal(graph->values[i].name, graph->values[k].name);
}

static void check_graph(nn_model *model) {
    const int64_t rows = nn_model_max_rows(model);
    const nn_shape input = nn_model_input_shape(model), output = nn_model_output_shape(model);
    for (int64_t i = 0; i < nn_model_layers(model); i++)
        if (!nn_layer_methods(nn_model_layer(model, i))->describe)
            fail_msg("%s has no describe(): it cannot be exported to ONNX",
                     nn_model_layer(model, i)->object.isa->name);
    nn_graph *graph = graph_of(model);
    check_names(graph);
    assert_true(nn_shape_equal(graph->input_shape, input));
    assert_true(nn_shape_equal(graph->output_shape, output));
    nn_real *x = numbers(rows * nn_shape_count(input), 5);
    nn_real *y = zeros(rows * nn_shape_count(output));
    for (int64_t i = 0; i < rows * nn_shape_count(input); i++) x[i] *= 3;
    model_pass run = {.model = model, .x = x, .y = y, .pass = {.rows = rows}};
    run_pass(&run, 1);
    tensor found = run_graph(graph, rows, x);
    assert_true(nn_shape_equal(found.shape, with_batch(rows, output)));
    for (int64_t i = 0; i < rows * nn_shape_count(output); i++)
        check_close("the graph's output", (double)found.data[i], (double)y[i], 1e-12);
    free(found.data);
    free(x);
    free(y);
    nn_graph_destroy(&graph);
    assert_null(graph);
}

static void alone(void **state) {
    nn_model *model = model_of(*state, 4);
    check_graph(model);
    nn_model_destroy(&model);
}

static void between(void **state) {
    nn_model *model = model_around(*state, 3);
    check_graph(model);
    nn_model_destroy(&model);
}

/* The graph is that of the network, also where the loss has taken its last activation over. */
static void test_left_activation(void) {
    nn_model *model = model_from("[{layer: Dense, units: 3, activation: softmax}]", (nn_shape){1, {2}}, 1);
    nn_model_leave_last_activation(model);
    nn_graph *graph = graph_of(model);
    assert_string_equal(graph->operators[graph->operator_count - 1].type, "Softmax");
    nn_graph_destroy(&graph);
    nn_model_destroy(&model);
}

/* What is no result of an operator becomes one. */
static void test_nothing_to_compute(void) {
    nn_model *model = model_from("[{layer: Dropout, rate: 0.5}]", (nn_shape){1, {2}}, 1);
    nn_graph *graph = graph_of(model);
    assert_int_equal(graph->operator_count, 1);
    assert_string_equal(graph->operators[0].type, "Identity");
    assert_string_equal(graph->values[graph->output].name, "dropout/Identity");
    nn_graph_destroy(&graph);
    nn_model_destroy(&model);
}

static void test_no_operators(void) {
    nn_model *model = model_from("[{layer: Dropout, rate: 0.5, name: front}]", (nn_shape){1, {2}}, 1);
    nn_layer *layer = nn_model_layer(model, 0);
    nn_layer_class other = *nn_layer_methods(layer);
    const nn_class *kept = layer->object.isa;
    nn_graph *graph;
    other.describe = NULL;
    layer->object.isa = &other.base;
    assert_fails(nn_model_graph(model, &graph), NN_BAD_CONFIG,
                 "layer 'front': no operators of ONNX are known for the class Dropout");
    assert_null(graph);
    layer->object.isa = kept;
    nn_model_destroy(&model);
}

static void test_whole(void **state) {
    (void)state;
    test_left_activation();
    test_nothing_to_compute();
    test_no_operators();
}

int main(void) {
    static const layer_check checks[] = {{"alone", alone}, {"between others", between}};
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole)};
    int failed = cmocka_run_group_tests_name("graphs", tests, NULL, NULL);
    return run_layer_checks("layer graphs", checks, sizeof checks / sizeof *checks, NULL, NULL) + failed;
}
