/* graph_run.h: runs a graph of operators, plainly, as ONNX defines them: what test_graph.c compares the
 * layers' own passes with. An operator that a new layer needs is added here. */
#ifndef NN_TESTS_CONTRACT_GRAPH_RUN_H
#define NN_TESTS_CONTRACT_GRAPH_RUN_H

#include "contract.h"

typedef struct {
    nn_shape shape; /* the batch included */
    nn_real *data;  /* owned */
} tensor;

static inline tensor tensor_of(nn_shape shape) {
    return (tensor){shape, zeros(nn_shape_count(shape))};
}

static inline nn_shape with_batch(int64_t rows, nn_shape row) {
    nn_shape shape = {.rank = row.rank + 1, .dim = {rows}};
    for (int i = 0; i < row.rank; i++) shape.dim[i + 1] = row.dim[i];
    return shape;
}

static inline double attribute_of(const nn_operator *of, const char *name) {
    for (int i = 0; i < of->attribute_count; i++) {
        const nn_graph_attribute *found = &of->attributes[i];
        if (strcmp(found->name, name) == 0)
            return found->is_real ? found->real : (double)found->integer;
    }
    fail_msg("%s has no attribute %s", of->type, name);
    return 0;
}

/* ---- operators of one element ---- */

static inline double apply_one(const nn_operator *of, double x) {
    const char *type = of->type;
    if (strcmp(type, "Identity") == 0) return x;
    if (strcmp(type, "Relu") == 0) return fmax(x, 0);
    if (strcmp(type, "LeakyRelu") == 0) return x < 0 ? attribute_of(of, "alpha") * x : x;
    if (strcmp(type, "Elu") == 0) return x < 0 ? attribute_of(of, "alpha") * (exp(x) - 1) : x;
    if (strcmp(type, "Selu") == 0)
        return attribute_of(of, "gamma") * (x <= 0 ? attribute_of(of, "alpha") * (exp(x) - 1) : x);
    if (strcmp(type, "Erf") == 0) return erf(x);
    if (strcmp(type, "Sqrt") == 0) return sqrt(x);
    if (strcmp(type, "Sigmoid") == 0) return 1 / (1 + exp(-x));
    if (strcmp(type, "Softplus") == 0) return log(exp(x) + 1);
    if (strcmp(type, "Tanh") == 0) return tanh(x);
    fail_msg("graph_run.h does not know ONNX's operator %s with one input: add it", type);
    return 0;
}

static inline tensor run_unary(const nn_operator *of, tensor x) {
    tensor y = tensor_of(x.shape);
    const int64_t count = nn_shape_count(x.shape), columns = nn_shape_last(x.shape);
    if (strcmp(of->type, "Softmax") == 0) {
        assert_true(attribute_of(of, "axis") == -1);
        for (int64_t i = 0; i < count / columns; i++) {
            double sum = 0;
            for (int64_t j = 0; j < columns; j++) sum += exp((double)x.data[i * columns + j]);
            for (int64_t j = 0; j < columns; j++)
                y.data[i * columns + j] = (nn_real)(exp((double)x.data[i * columns + j]) / sum);
        }
        return y;
    }
    for (int64_t i = 0; i < count; i++) y.data[i] = (nn_real)apply_one(of, (double)x.data[i]);
    return y;
}

/* ---- operators of two, which are broadcast ---- */

static inline double apply_two(const char *type, double a, double b) {
    if (strcmp(type, "Add") == 0) return a + b;
    if (strcmp(type, "Sub") == 0) return a - b;
    if (strcmp(type, "Mul") == 0) return a * b;
    if (strcmp(type, "Div") == 0) return a / b;
    if (strcmp(type, "Max") == 0) return fmax(a, b);
    fail_msg("graph_run.h does not know ONNX's operator %s with two inputs: add it", type);
    return 0;
}

/* The element of x that is broadcast to element `index` of `shape`. */
static inline double broadcast(tensor x, nn_shape shape, int64_t index) {
    int64_t offset = 0, stride = 1;
    for (int i = 1; i <= shape.rank; i++) {
        int64_t extent = shape.dim[shape.rank - i], at = index % extent;
        index /= extent;
        if (i > x.shape.rank) continue;
        int64_t own = x.shape.dim[x.shape.rank - i];
        assert_true(own == extent || own == 1);
        offset += own == 1 ? 0 : at * stride;
        stride *= own;
    }
    return (double)x.data[offset];
}

static inline tensor run_binary(const char *type, tensor a, tensor b) {
    nn_shape shape = a.shape.rank >= b.shape.rank ? a.shape : b.shape;
    tensor y = tensor_of(shape);
    for (int64_t i = 0; i < nn_shape_count(shape); i++)
        y.data[i] = (nn_real)apply_two(type, broadcast(a, shape, i), broadcast(b, shape, i));
    return y;
}

/* a (..., K) by b (K, M) */
static inline tensor run_product(tensor a, tensor b) {
    assert_int_equal(b.shape.rank, 2);
    assert_int_equal(nn_shape_last(a.shape), b.shape.dim[0]);
    const int64_t inputs = b.shape.dim[0], units = b.shape.dim[1];
    nn_shape shape = a.shape;
    shape.dim[shape.rank - 1] = units;
    tensor y = tensor_of(shape);
    for (int64_t i = 0; i < nn_shape_count(shape); i++)
        for (int64_t k = 0; k < inputs; k++)
            y.data[i] += a.data[i / units * inputs + k] * b.data[k * units + i % units];
    return y;
}

static inline tensor run_reshape(tensor x, const nn_graph_value *extents) {
    nn_shape shape = {.rank = (int)extents->shape.dim[0]};
    assert_int_equal(extents->kind, NN_VALUE_INTEGERS);
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = extents->integers[i] == 0 ? x.shape.dim[i] : extents->integers[i];
    assert_int_equal(nn_shape_count(shape), nn_shape_count(x.shape));
    tensor y = tensor_of(shape);
    memcpy(y.data, x.data, (size_t)nn_shape_count(shape) * sizeof *y.data);
    return y;
}

/* ---- graphs ---- */

static inline tensor run_operator(const nn_graph *graph, const nn_operator *of, tensor *values) {
    const nn_value *in = of->inputs;
    for (int i = 0; i < of->input_count; i++) assert_true(in[i] >= 0 && in[i] < of->output);
    if (strcmp(of->type, "Reshape") == 0) return run_reshape(values[in[0]], &graph->values[in[1]]);
    if (strcmp(of->type, "MatMul") == 0) return run_product(values[in[0]], values[in[1]]);
    if (strcmp(of->type, "Gemm") == 0) {
        assert_int_equal(values[in[0]].shape.rank, 2);
        tensor product = run_product(values[in[0]], values[in[1]]);
        tensor y = run_binary("Add", product, values[in[2]]);
        free(product.data);
        return y;
    }
    if (of->input_count == 1) return run_unary(of, values[in[0]]);
    assert_int_equal(of->input_count, 2);
    return run_binary(of->type, values[in[0]], values[in[1]]);
}

/** The output for `rows` rows of x; the caller frees its data. */
static inline tensor run_graph(const nn_graph *graph, int64_t rows, const nn_real *x) {
    tensor *values = calloc((size_t)graph->value_count, sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < graph->value_count; i++) {
        const nn_graph_value *value = &graph->values[i];
        nn_shape shape = value->kind == NN_VALUE_INPUT ? with_batch(rows, graph->input_shape) : value->shape;
        const nn_real *from = value->kind == NN_VALUE_INPUT   ? x
                              : value->kind == NN_VALUE_ARRAY ? value->array
                                                              : &value->scalar;
        if (value->kind == NN_VALUE_RESULT || value->kind == NN_VALUE_INTEGERS) continue;
        values[i] = tensor_of(shape);
        memcpy(values[i].data, from, (size_t)nn_shape_count(shape) * sizeof *from);
    }
    for (int64_t i = 0; i < graph->operator_count; i++) {
        const nn_operator *of = &graph->operators[i];
        values[of->output] = run_operator(graph, of, values);
    }
    tensor y = values[graph->output];
    values[graph->output].data = NULL;
    for (int64_t i = 0; i < graph->value_count; i++) free(values[i].data);
    free(values);
    return y;
}

#endif
