/* graph.c: a graph of operators, added one by one. */
#include "layers/graph.h"

#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more item where `count` has reached a power of two. */
static bool grow(nn_graph *graph, void **items, int64_t count, size_t size) {
    if (graph->failed) return false;
    if (count > 0 && (count & (count - 1)) != 0) return true;
    void *more = realloc(*items, (size_t)(count > 0 ? 2 * count : 1) * size);
    if (more) *items = more;
    else graph->failed = true;
    return more != NULL;
}

static bool is_taken(const nn_graph *graph, const char *name) {
    for (int64_t i = graph->layer_begin; i < graph->value_count; i++)
        if (strcmp(graph->values[i].name, name) == 0) return true;
    return false;
}

/* "dense/Mul", "dense/Mul_1". Names of other layers begin otherwise: a layer's own has no slash. */
static void name_value(nn_graph *graph, const char *name, nn_graph_value *value) {
    int length = snprintf(value->name, sizeof value->name, "%.63s/%.40s", graph->layer, name);
    for (int i = 1; is_taken(graph, value->name); i++)
        snprintf(value->name + length, sizeof value->name - (size_t)length, "_%d", i);
}

/* Adds a value; NULL without memory. */
static nn_graph_value *add_value(nn_graph *graph, nn_value_kind kind, const char *name) {
    void *values = graph->values;
    if (!grow(graph, &values, graph->value_count, sizeof *graph->values)) return NULL;
    graph->values = values;
    nn_graph_value *value = &graph->values[graph->value_count];
    *value = (nn_graph_value){.kind = kind};
    name_value(graph, name, value);
    graph->value_count++;
    return value;
}

/* The number of a value that was just added; any other without memory, as the graph has failed. */
static nn_value number_of(const nn_graph *graph, const nn_graph_value *value) {
    return value ? (nn_value)(value - graph->values) : NN_GRAPH_INPUT;
}

nn_status nn_graph_create(nn_shape input, nn_graph **out) {
    nn_status status = nn_allocate("a graph", 1, sizeof **out, out);
    if (status != NN_OK) return status;
    (*out)->input_shape = input;
    nn_graph_value *first = add_value(*out, NN_VALUE_INPUT, "input");
    if (first) {
        snprintf(first->name, sizeof first->name, "input");
        return NN_OK;
    }
    nn_graph_destroy(out);
    return nn_fail(NN_INTERNAL, "out of memory for a graph");
}

void nn_graph_destroy(nn_graph **graph) {
    if (!*graph) return;
    free((*graph)->values);
    free((*graph)->operators);
    free(*graph);
    *graph = NULL;
}

void nn_graph_begin_layer(nn_graph *graph, const char *name) {
    snprintf(graph->layer, sizeof graph->layer, "%s", name);
    graph->layer_begin = graph->value_count;
}

nn_value nn_graph_add_operator(nn_graph *graph, const char *type, const nn_value *inputs,
                               size_t count) {
    void *operators = graph->operators;
    if (!grow(graph, &operators, graph->operator_count, sizeof *graph->operators))
        return NN_GRAPH_INPUT;
    graph->operators = operators;
    nn_operator *added = &graph->operators[graph->operator_count];
    *added = (nn_operator){.type = type};
    for (size_t i = 0; i < count && i < NN_GRAPH_INPUTS; i++)
        added->inputs[added->input_count++] = inputs[i];
    added->output = number_of(graph, add_value(graph, NN_VALUE_RESULT, type));
    graph->operator_count++;
    return added->output;
}

static void set(nn_graph *graph, nn_graph_attribute attribute) {
    if (graph->failed) return;
    nn_operator *last = &graph->operators[graph->operator_count - 1];
    if (last->attribute_count < NN_GRAPH_ATTRIBUTES)
        last->attributes[last->attribute_count++] = attribute;
}

void nn_graph_set_int(nn_graph *graph, const char *name, int64_t value) {
    set(graph, (nn_graph_attribute){.name = name, .integer = value});
}

void nn_graph_set_real(nn_graph *graph, const char *name, double value) {
    set(graph, (nn_graph_attribute){.name = name, .is_real = true, .real = value});
}

nn_value nn_graph_scalar(nn_graph *graph, const char *name, nn_real value) {
    nn_graph_value *added = add_value(graph, NN_VALUE_SCALAR, name);
    if (added) added->scalar = value;
    return number_of(graph, added);
}

nn_value nn_graph_integers(nn_graph *graph, const char *name, int count, const int64_t *values) {
    nn_graph_value *added = add_value(graph, NN_VALUE_INTEGERS, name);
    if (added) {
        added->shape = (nn_shape){1, {count}};
        memcpy(added->integers, values, (size_t)count * sizeof *values);
    }
    return number_of(graph, added);
}

nn_value nn_graph_array(nn_graph *graph, const char *name, nn_shape shape, const nn_real *values) {
    nn_graph_value *added = add_value(graph, NN_VALUE_ARRAY, name);
    if (added) {
        added->shape = shape;
        added->array = values;
    }
    return number_of(graph, added);
}

/* ONNX copies the extent of the batch where the shape has a 0. */
nn_value nn_graph_reshape(nn_graph *graph, nn_value x, nn_shape shape) {
    int64_t extents[NN_SHAPE_MAX + 1] = {0};
    for (int i = 0; i < shape.rank; i++) extents[i + 1] = shape.dim[i];
    return nn_graph_add(graph, "Reshape", x,
                        nn_graph_integers(graph, "shape", shape.rank + 1, extents));
}

nn_status nn_graph_finish(nn_graph *graph, nn_value y, nn_shape shape) {
    /* what is given as output must be the result of an operator */
    if (!graph->failed && graph->values[y].kind != NN_VALUE_RESULT)
        y = nn_graph_add(graph, "Identity", y);
    graph->output = y;
    graph->output_shape = shape;
    return graph->failed ? nn_fail(NN_INTERNAL, "out of memory for a graph of operators") : NN_OK;
}
