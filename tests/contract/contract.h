/* contract.h: what the contract tests share: objects and models from a line of YAML, numbers that
 * are the same every time, a pass by a team of threads, central differences. */
#ifndef NN_TESTS_CONTRACT_CONTRACT_H
#define NN_TESTS_CONTRACT_CONTRACT_H

#include "unit/check.h"

#include "io/yaml.h"
#include "kernels/team.h"
#include "model/model.h"
#include "util/random.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_THREADS = 3, TEXT_ROOM = 512 };

/** Zeros; the caller frees them. */
static inline nn_real *zeros(int64_t count) {
    nn_real *data = calloc((size_t)count + 1, sizeof *data);
    assert_non_null(data);
    return data;
}

/** Fills `data` with numbers from `low` to `high`, the same ones for the same seed. */
static inline void fill(nn_real *data, int64_t count, uint64_t seed, double low, double high) {
    nn_random_stream stream = {seed, NN_RANDOM_GENERATE, 0, 0};
    for (int64_t i = 0; i < count; i++)
        data[i] = (nn_real)(low + (high - low) * nn_random_uniform(stream, (uint64_t)i));
}

/** Numbers from -1 to 1; the caller frees them. */
static inline nn_real *numbers(int64_t count, uint64_t seed) {
    nn_real *data = zeros(count);
    fill(data, count, seed, -1, 1);
    return data;
}

/** An object as a run file would name it; the caller destroys it. */
static inline nn_object *object_from(const nn_registry *registry, const char *text) {
    nn_node *node;
    nn_object *object;
    assert_ok(nn_yaml_parse(text, "test", &node));
    assert_ok(nn_object_read(registry, node, NN_STYLE_RUN, &object));
    nn_node_destroy(&node);
    return object;
}

/** A list of objects; the caller ends it with free_list(). */
static inline nn_object_list list_from(const nn_registry *registry, const char *text) {
    nn_node *node;
    nn_object_list list = {0};
    assert_ok(nn_yaml_parse(text, "test", &node));
    list.items = calloc(node->count + 1, sizeof *list.items);
    assert_non_null(list.items);
    for (; list.count < (int64_t)node->count; list.count++)
        assert_ok(nn_object_read(registry, node->items[list.count], NN_STYLE_RUN,
                                 &list.items[list.count]));
    nn_node_destroy(&node);
    return list;
}

static inline void free_list(nn_object_list *list) {
    for (int64_t i = 0; i < list->count; i++) nn_object_destroy(&list->items[i]);
    free(list->items);
    *list = (nn_object_list){0};
}

/** A model of a list of layers; its trained variables are numbers from -1 to 1, whatever their
 * initializers say. */
static inline nn_model *model_from(const char *layers, nn_shape input, int64_t max_rows) {
    nn_model *model;
    nn_object_list list = list_from(&NN_LAYERS, layers);
    assert_ok(nn_model_create(&list, input, max_rows, &model));
    nn_model_initialize(model, 1);
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        fill(parameter->variable->value, parameter->count, 100 + (uint64_t)i, -1, 1);
    }
    return model;
}

/** The class called `name`. */
static inline const nn_class *class_called(const nn_registry *registry, const char *name) {
    const nn_class *isa;
    assert_ok(nn_class_find(registry, name, NN_STYLE_RUN, "test", &isa));
    return isa;
}

/** A pass through a model: forward and, with `dy`, backward. */
typedef struct {
    nn_model *model;
    nn_pass pass;
    const nn_real *x;
    const nn_real *dy; /* (rows, outputs); NULL: only forward */
    nn_real *y;        /* (rows, outputs): where the output is copied to */
    double penalty;    /* of the regularizers, whose gradients are added where dy is given */
} model_pass;

static inline void model_pass_body(void *context) {
    model_pass *run = context;
    size_t bytes = (size_t)(run->pass.rows * nn_shape_count(nn_model_output_shape(run->model))) *
                   sizeof(nn_real);
    const nn_real *output = nn_model_forward(run->model, &run->pass, run->x);
    if (nn_team_is_lead() && bytes > 0) {
        memcpy(run->y, output, bytes);
        if (run->dy) memcpy(nn_model_output_gradient(run->model), run->dy, bytes);
    }
    nn_team_barrier();
    if (run->dy) nn_model_backward(run->model, &run->pass, run->x);
    double penalty = nn_model_penalty(run->model, run->dy != NULL);
    if (nn_team_is_lead()) run->penalty = penalty;
}

static inline void run_pass(model_pass *run, int threads) {
    nn_team_run(threads, model_pass_body, run);
}

static inline double dot(int64_t count, const nn_real *a, const nn_real *b) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/** What a gradient is compared with: a function of numbers that it reads where they lie. */
typedef double scalar_function(void *context);

/** Fails unless `gradient` is that of `f` with respect to `x`: (f(x + h) - f(x - h)) / 2h for each
 * element of x (count). */
static inline void check_gradient(const char *what, int64_t count, nn_real *x,
                                  const nn_real *gradient, scalar_function *f, void *context) {
    for (int64_t i = 0; i < count; i++) {
        const nn_real kept = x[i], h = (nn_real)1e-5 * (1 + (nn_real)fabs((double)kept));
        x[i] = kept + h;
        double above = f(context);
        x[i] = kept - h;
        double below = f(context);
        x[i] = kept;
        double expected = (above - below) / (2 * (double)h), found = (double)gradient[i];
        if (!(fabs(found - expected) <= 1e-7 * (1 + fabs(expected))))
            fail_msg("%s: element %lld of the gradient is %.12g, but differences give %.12g", what,
                     (long long)i, found, expected);
    }
}

/** Fails unless a and b are equal within a relative error. */
static inline void check_close(const char *what, double found, double expected, double error) {
    if (!(fabs(found - expected) <= error * (1 + fabs(expected))))
        fail_msg("%s is %.17g instead of %.17g", what, found, expected);
}

#endif
