/* graph.h: what a model computes, as a graph of operators, for files of other programs. Each layer adds
 * its own (describe() of its class). Operators, attributes and their meaning are ONNX's, of the version
 * NN_GRAPH_OPSET (https://onnx.ai/onnx/operators); nothing is computed here.
 *
 * A value is a number that the functions give out: the input, a constant, or the result of an operator.
 * The first axis of the input, and of what follows from it, is the batch, whose size is not known. All
 * functions are Local. An allocation that fails is remembered; nn_graph_finish() reports it. */
#ifndef NN_LAYERS_GRAPH_H
#define NN_LAYERS_GRAPH_H

#include "kernels/activation.h"
#include "util/shape.h"
#include "util/status.h"

typedef int32_t nn_value;

enum {
    NN_GRAPH_OPSET = 13, /* of ONNX 1.8 (2020): runtimes take what is older than they are */
    NN_GRAPH_NAME = 128,
    NN_GRAPH_INPUTS = 6,
    NN_GRAPH_ATTRIBUTES = 4,
    NN_GRAPH_INPUT = 0 /* the value that is the model's input */
};

typedef enum {
    NN_VALUE_INPUT,
    NN_VALUE_RESULT,  /* of an operator */
    NN_VALUE_ARRAY,   /* a constant: a variable of a layer */
    NN_VALUE_SCALAR,  /* a constant: one real */
    NN_VALUE_INTEGERS /* a constant: integers (count), such as a shape */
} nn_value_kind;

typedef struct {
    nn_value_kind kind;
    char name[NN_GRAPH_NAME]; /* "dense_1/kernel"; unique within the graph */
    nn_shape shape;           /* of a constant */
    const nn_real *array;     /* of NN_VALUE_ARRAY: borrowed from the model */
    nn_real scalar;
    int64_t integers[NN_SHAPE_MAX + 1];
} nn_graph_value;

typedef struct {
    const char *name; /* borrowed: a literal */
    bool is_real;
    int64_t integer;
    double real;
} nn_graph_attribute;

typedef struct {
    const char *type; /* "Gemm"; borrowed: a literal */
    nn_value inputs[NN_GRAPH_INPUTS];
    int input_count;
    nn_graph_attribute attributes[NN_GRAPH_ATTRIBUTES];
    int attribute_count;
    nn_value output;
} nn_operator;

typedef struct {
    nn_graph_value *values;
    int64_t value_count;
    nn_operator *operators; /* each behind those whose results it takes */
    int64_t operator_count;
    nn_shape input_shape, output_shape; /* of one row */
    nn_value output;
    char layer[NN_GRAPH_NAME]; /* whose operators are being added */
    int64_t layer_begin;       /* its first value */
    bool failed;
} nn_graph;

/** A graph of nothing but its input. Errors: NN_INTERNAL. */
nn_status nn_graph_create(nn_shape input, nn_graph **out) NN_CHECKED;

/** Releases it; takes NULL. */
void nn_graph_destroy(nn_graph **graph);

/** From now on, names begin with that of this layer. */
void nn_graph_begin_layer(nn_graph *graph, const char *name);

/** Adds an operator of `count` inputs; returns its result. */
nn_value nn_graph_add_operator(nn_graph *graph, const char *type, const nn_value *inputs,
                               size_t count);

/** The same with the inputs one by one: nn_graph_add(graph, "Add", a, b). */
#define nn_graph_add(graph, type, ...)                                                             \
    nn_graph_add_operator(graph, type, (const nn_value[]){__VA_ARGS__},                            \
                          sizeof((const nn_value[]){__VA_ARGS__}) / sizeof(nn_value))

/** Gives the operator that was added last an attribute. */
void nn_graph_set_int(nn_graph *graph, const char *name, int64_t value);
void nn_graph_set_real(nn_graph *graph, const char *name, double value);

/** Adds a constant: one real; integers, at most NN_SHAPE_MAX + 1 of them; an array that the graph
 * borrows. */
nn_value nn_graph_scalar(nn_graph *graph, const char *name, nn_real value);
nn_value nn_graph_integers(nn_graph *graph, const char *name, int count, const int64_t *values);
nn_value nn_graph_array(nn_graph *graph, const char *name, nn_shape shape, const nn_real *values);

/** Adds y = activation(x), softmax over the last axis; returns y, which is x where it is linear. */
nn_value nn_graph_activation(nn_graph *graph, nn_activation activation, nn_value x);

/** Adds y, the elements of x with `shape` for each row; returns y. */
nn_value nn_graph_reshape(nn_graph *graph, nn_value x, nn_shape shape);

/** Makes y, of `shape` for each row, the output. Errors: NN_INTERNAL where memory has run out. */
nn_status nn_graph_finish(nn_graph *graph, nn_value y, nn_shape shape) NN_CHECKED;

#endif
