/* keras_extra.c: the arguments of Keras that nnmpi does not have. */
#include "util/keras_extra.h"

#include <string.h>

enum { VALUES = 3 };

typedef struct {
    const char *name;
    const char *values[VALUES]; /* texts that change nothing; none: no value changes anything here */
} extra;

static const extra EXTRAS[] = {
    {"name", {NULL}},
    {"dtype", {NULL}}, /* weights become float32, and so is what is computed */
    {"seed", {NULL}},  /* random numbers are nnmpi's own */
    {"batch_shape", {NULL}},
    {"batch_input_shape", {NULL}},
    {"data_format", {"channels_last"}},
    {"reduction", {"auto", "sum_over_batch_size"}}, /* of a loss: the mean over the rows */
    {"fn", {NULL}},                                 /* Keras 2: the function behind the class */
    {"class_aggregation", {"uniform_average"}},     /* of R2Score */
    {"trainable", {NULL}},                          /* from here on: in training alone */
    {"kernel_constraint", {NULL}},
    {"bias_constraint", {NULL}},
    {"activity_regularizer", {NULL}},
    {"noise_shape", {NULL}},
};

static bool is_neutral_text(const extra *known, const nn_node *argument) {
    if (!known->values[0]) return true;
    for (int i = 0; i < VALUES && known->values[i]; i++)
        if (argument->kind == NN_NODE_TEXT && strcmp(argument->text, known->values[i]) == 0) return true;
    return false;
}

/* -1 or [-1]: an `axis` that is the last one. */
static bool is_last_axis(const nn_node *axis) {
    if (axis->kind == NN_NODE_LIST && axis->count == 1) axis = axis->items[0];
    return axis->kind == NN_NODE_INT && axis->integer == -1;
}

bool nn_keras_extra_is_neutral(const nn_node *argument) {
    if (argument->kind == NN_NODE_NULL) return true;
    if (argument->kind == NN_NODE_BOOL && !argument->boolean) return true;
    if (strcmp(argument->key, "axis") == 0) return is_last_axis(argument);
    if (strcmp(argument->key, "num_regressors") == 0) return argument->real == 0; /* of R2Score */
    for (size_t i = 0; i < sizeof EXTRAS / sizeof *EXTRAS; i++)
        if (strcmp(argument->key, EXTRAS[i].name) == 0) return is_neutral_text(&EXTRAS[i], argument);
    return false;
}
