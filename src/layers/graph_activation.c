/* graph_activation.c: the activation functions as ONNX's operators; those for which the version has
 * none are made of others. */
#include "layers/graph.h"

/* 0.5 x (1 + erf(x / sqrt(2))) */
static nn_value gelu(nn_graph *graph, nn_value x) {
    nn_value half = nn_graph_scalar(graph, "half", (nn_real)0.5);
    nn_value one = nn_graph_scalar(graph, "one", 1);
    nn_value half_sqrt = nn_graph_scalar(graph, "half_sqrt", (nn_real)NN_HALF_SQRT);
    nn_value erf = nn_graph_add(graph, "Erf", nn_graph_add(graph, "Mul", x, half_sqrt));
    nn_value share = nn_graph_add(graph, "Mul", nn_graph_add(graph, "Add", erf, one), half);
    return nn_graph_add(graph, "Mul", x, share);
}

/* alpha (exp(x) - 1) where x is not positive; SELU scales the whole by gamma */
static nn_value exponential(nn_graph *graph, const char *type, nn_value x, double alpha) {
    nn_value y = nn_graph_add(graph, type, x);
    nn_graph_set_real(graph, "alpha", alpha);
    return y;
}

nn_value nn_graph_activation(nn_graph *graph, nn_activation activation, nn_value x) {
    nn_value y = x;
    switch (activation) {
    case NN_RELU: y = nn_graph_add(graph, "Relu", x); break;
    case NN_LEAKY_RELU:
        y = nn_graph_add(graph, "LeakyRelu", x);
        nn_graph_set_real(graph, "alpha", NN_LEAKY_SLOPE);
        break;
    case NN_ELU: y = exponential(graph, "Elu", x, 1); break;
    case NN_SELU:
        y = exponential(graph, "Selu", x, NN_SELU_ALPHA);
        nn_graph_set_real(graph, "gamma", NN_SELU_SCALE);
        break;
    case NN_GELU: y = gelu(graph, x); break;
    case NN_SILU: y = nn_graph_add(graph, "Mul", x, nn_graph_add(graph, "Sigmoid", x)); break;
    case NN_SOFTPLUS: y = nn_graph_add(graph, "Softplus", x); break;
    case NN_SIGMOID: y = nn_graph_add(graph, "Sigmoid", x); break;
    case NN_TANH: y = nn_graph_add(graph, "Tanh", x); break;
    case NN_SOFTMAX:
        y = nn_graph_add(graph, "Softmax", x);
        nn_graph_set_int(graph, "axis", -1);
        break;
    case NN_LINEAR:
    case NN_ACTIVATIONS: break;
    }
    return y;
}
