/* layer_cases.h: what is tried of every layer: its class's example, and Dense with every
 * activation, initializer and regularizer. A check becomes one test for each case, named after it.
 */
#ifndef NN_TESTS_CONTRACT_LAYER_CASES_H
#define NN_TESTS_CONTRACT_LAYER_CASES_H

#include "contract.h"

#include "layers/initializer.h"
#include "layers/regularizer.h"

typedef struct {
    const char *name; /* of the class; for messages */
    char layer[256];  /* as a run file names it; empty where the class has no example */
    nn_shape input;
} layer_case;

enum { MOST_CASES = 256 };

typedef struct {
    layer_case cases[MOST_CASES];
    int count;
} layer_cases;

static inline layer_case *add_case(layer_cases *all, const char *name, nn_shape input) {
    assert_true(all->count < MOST_CASES);
    layer_case *added = &all->cases[all->count++];
    added->name = name;
    added->input = input;
    return added;
}

/** Fills `all` with the cases, from the registries. */
static inline void make_layer_cases(layer_cases *all) {
    const nn_shape row = {1, {5}}, matrix = {2, {3, 5}};
    for (const nn_class *const *isa = NN_LAYERS.classes; *isa; isa++) {
        const nn_layer_class *methods = (const nn_layer_class *)*isa;
        layer_case *added = add_case(all, (*isa)->name, methods->example_input);
        if (methods->example) snprintf(added->layer, sizeof added->layer, "%s", methods->example);
    }
    for (const char *const *name = NN_ACTIVATION_NAMES; *name; name++) {
        layer_case *dense = add_case(all, "Dense", matrix);
        snprintf(dense->layer, sizeof dense->layer, "{layer: Dense, units: 4, activation: %s}",
                 *name);
        layer_case *alone = add_case(all, "Activation", matrix);
        snprintf(alone->layer, sizeof alone->layer, "{layer: Activation, activation: %s}", *name);
    }
    for (const nn_class *const *isa = NN_INITIALIZERS.classes; *isa; isa++) {
        layer_case *dense = add_case(all, "Dense", row);
        snprintf(dense->layer, sizeof dense->layer,
                 "{layer: Dense, units: 3, kernel_initializer: %s, bias_initializer: %s}",
                 (*isa)->name, (*isa)->name);
    }
    for (const nn_class *const *isa = NN_REGULARIZERS.classes; *isa; isa++) {
        layer_case *dense = add_case(all, "Dense", row);
        snprintf(dense->layer, sizeof dense->layer,
                 "{layer: Dense, units: 3, kernel_regularizer: %s, bias_regularizer: {name: %s}}",
                 (*isa)->name, (*isa)->name);
    }
    layer_case *bare = add_case(all, "Dense", row);
    snprintf(bare->layer, sizeof bare->layer, "{layer: Dense, units: 1, use_bias: false}");
}

/** A model of the layer alone. */
static inline nn_model *model_of(const layer_case *of, int64_t max_rows) {
    char text[TEXT_ROOM];
    if (!of->layer[0])
        fail_msg("the class %s has no example: the contract tests cannot try it", of->name);
    snprintf(text, sizeof text, "[%s]", of->layer);
    return model_from(text, of->input, max_rows);
}

/** A model with the layer between two Dense layers, so that gradients go through it. */
static inline nn_model *model_around(const layer_case *of, int64_t max_rows) {
    char text[TEXT_ROOM];
    if (!of->layer[0])
        fail_msg("the class %s has no example: the contract tests cannot try it", of->name);
    snprintf(text, sizeof text, "[{layer: Dense, units: %lld}, %s, {layer: Dense, units: 2}]",
             (long long)nn_shape_last(of->input), of->layer);
    return model_from(text, of->input, max_rows);
}

/** A check of one case, which it gets as *state. */
typedef struct {
    const char *name;
    CMUnitTestFunction check;
} layer_check;

/** Runs every check on every case as a cmocka group; returns 0 where none failed. */
static inline int run_layer_checks(const char *group, const layer_check *checks, int check_count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown) {
    static layer_cases all;
    static char names[8 * MOST_CASES][TEXT_ROOM];
    static struct CMUnitTest tests[8 * MOST_CASES];
    int count = 0;
    make_layer_cases(&all);
    for (int i = 0; i < check_count; i++) {
        for (int c = 0; c < all.count; c++, count++) {
            const char *what = all.cases[c].layer[0] ? all.cases[c].layer : all.cases[c].name;
            snprintf(names[count], TEXT_ROOM, "%s: %s", checks[i].name, what);
            tests[count] = (struct CMUnitTest){.name = names[count],
                                               .test_func = checks[i].check,
                                               .initial_state = &all.cases[c]};
        }
    }
    return _cmocka_run_group_tests(group, tests, (size_t)count, setup, teardown) != 0;
}

#endif
