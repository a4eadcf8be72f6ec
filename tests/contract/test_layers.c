/* test_layers.c: what every layer must do: the shapes that build() announced, gradients as central
 * differences give them, nothing left over for a share of no rows, the same bits for any team, and
 * rows that do not depend on how a batch is shared out. */
#include "layer_cases.h"

static const uint64_t SEED = 7;

/* ---- shapes ---- */

static void check_variables(const nn_layer *layer) {
    assert_in_range(layer->variable_count, 0, NN_LAYER_VARIABLES);
    for (int v = 0; v < layer->variable_count; v++) {
        const nn_variable *variable = &layer->variables[v];
        assert_non_null(variable->name);
        assert_non_null(variable->value);
        assert_int_equal(variable->trainable, variable->gradient != NULL);
        assert_true((uintptr_t)variable->value % 64 == 0);
    }
}

/* The output has the shape that the layer announced, and a pass of fewer rows than the model allows
 * writes no others. */
static void shapes(void **state) {
    enum { ROWS = 2, MOST = 5 };
    const layer_case *of = *state;
    nn_model *model = model_of(of, MOST);
    const nn_layer *layer = nn_model_layer(model, 0);
    const nn_shape shape = nn_model_output_shape(model);
    const int64_t inputs = nn_shape_count(of->input), outputs = nn_shape_count(shape);
    assert_true(nn_shape_equal(nn_model_input_shape(model), of->input));
    assert_true(nn_shape_equal(layer->output_shape, shape));
    assert_true(outputs > 0 && nn_shape_last(shape) > 0);
    check_variables(layer);
    nn_real *x = numbers(MOST * inputs, SEED);
    const nn_pass pass = {.rows = ROWS, .training = true};
    nn_real *y = nn_model_forward(model, &pass, x);
    if (!nn_layer_methods(layer)->forward) {
        assert_ptr_equal(y, x);
        assert_int_equal(inputs, outputs);
    } else {
        for (int64_t i = 0; i < MOST * outputs; i++) y[i] = (nn_real)1234.5;
        assert_ptr_equal(nn_model_forward(model, &pass, x), y);
        for (int64_t i = 0; i < ROWS * outputs; i++)
            assert_true(isfinite(y[i]) && y[i] != (nn_real)1234.5);
        for (int64_t i = ROWS * outputs; i < MOST * outputs; i++)
            assert_true(y[i] == (nn_real)1234.5);
    }
    free(x);
    nn_model_destroy(&model);
}

/* ---- gradients ---- */

/* A random linear functional of the output, and the penalties. */
static double functional(void *context) {
    model_pass run = *(model_pass *)context;
    const nn_real *weights = run.dy;
    run.dy = NULL;
    run_pass(&run, 1);
    return dot(run.pass.rows * nn_shape_count(nn_model_output_shape(run.model)), run.y, weights) +
           run.penalty;
}

static void check_variable_gradients(const layer_case *of, int64_t rows) {
    nn_model *model = model_around(of, rows);
    const int64_t outputs = rows * nn_shape_count(nn_model_output_shape(model));
    nn_real *x = numbers(rows * nn_shape_count(of->input), SEED);
    nn_real *dy = numbers(outputs, SEED + 1), *y = zeros(outputs);
    model_pass run = {.model = model, .x = x, .dy = dy, .y = y};
    run.pass = (nn_pass){.rows = rows, .first = 3, .training = true, .seed = SEED, .step = 2};
    run_pass(&run, 1);
    nn_span arena = nn_model_gradients(model);
    nn_real *gradients = zeros(arena.count);
    memcpy(gradients, arena.data, (size_t)arena.count * sizeof *gradients);
    run_pass(&run, 1); /* gradients are overwritten, not added to */
    assert_memory_equal(gradients, arena.data, (size_t)arena.count * sizeof *gradients);
    for (int64_t i = 0; i < nn_model_parameters(model); i++) {
        const nn_parameter *parameter = nn_model_parameter(model, i);
        char what[2 * NN_LAYER_NAME];
        snprintf(what, sizeof what, "%s/%s, %lld rows", parameter->layer->name,
                 parameter->variable->name, (long long)rows);
        check_gradient(what, parameter->count, parameter->variable->value,
                       gradients + parameter->offset, functional, &run);
    }
    free(gradients);
    free(x);
    free(dy);
    free(y);
    nn_model_destroy(&model);
}

static void variable_gradients(void **state) {
    check_variable_gradients(*state, 1);
    check_variable_gradients(*state, 4);
}

/* The layer's own backward(): the gradient of its input, which a model of one layer never asks for,
 * and the same gradients of its variables with and without it. */
static void check_input_gradient(const layer_case *of, int64_t rows) {
    nn_model *model = model_of(of, rows);
    nn_layer *layer = nn_model_layer(model, 0);
    const nn_layer_class *methods = nn_layer_methods(layer);
    const int64_t inputs = rows * nn_shape_count(of->input);
    const int64_t outputs = rows * nn_shape_count(nn_model_output_shape(model));
    nn_real *x = numbers(inputs, SEED + 2), *dy = numbers(outputs, SEED + 3);
    nn_real *y = zeros(outputs), *dx = zeros(inputs), *scratch = zeros(outputs);
    model_pass run = {.model = model, .x = x, .dy = dy, .y = y};
    run.pass = (nn_pass){.rows = rows, .first = 5, .training = true, .seed = SEED, .step = 1};
    if (methods->forward) {
        assert_non_null(methods->backward);
        nn_span arena = nn_model_gradients(model);
        nn_real *gradients = zeros(arena.count);
        const nn_real *output = nn_model_forward(model, &run.pass, x);
        memcpy(scratch, dy, (size_t)outputs * sizeof *dy);
        methods->backward(layer, &run.pass, x, output, scratch, dx);
        memcpy(gradients, arena.data, (size_t)arena.count * sizeof *gradients);
        memcpy(scratch, dy, (size_t)outputs * sizeof *dy);
        methods->backward(layer, &run.pass, x, output, scratch, NULL);
        assert_memory_equal(gradients, arena.data, (size_t)arena.count * sizeof *gradients);
        check_gradient("the input", inputs, x, dx, functional, &run);
        free(gradients);
    }
    free(x);
    free(dy);
    free(y);
    free(dx);
    free(scratch);
    nn_model_destroy(&model);
}

static void input_gradients(void **state) {
    check_input_gradient(*state, 1);
    check_input_gradient(*state, 3);
}

/* A rank whose share is empty adds nothing. */
static void no_rows(void **state) {
    nn_model *model = model_around(*state, 3);
    nn_span arena = nn_model_gradients(model);
    nn_real nothing = 0;
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        fill(arena.data, arena.count, SEED, 1, 2);
        model_pass run = {.model = model, .x = &nothing, .dy = &nothing, .y = &nothing};
        run.pass = (nn_pass){.training = true};
        nn_team_run(threads, model_pass_body, &run);
        nn_real *penalties = zeros(arena.count); /* are all that may be there */
        memcpy(penalties, arena.data, (size_t)arena.count * sizeof *penalties);
        memset(arena.data, 0, (size_t)arena.count * sizeof *arena.data);
        nn_model_penalty(model, true);
        assert_memory_equal(penalties, arena.data, (size_t)arena.count * sizeof *penalties);
        free(penalties);
    }
    nn_model_destroy(&model);
}

/* ---- threads and shares ---- */

static void threads(void **state) {
    enum { ROWS = 900 };
    const layer_case *of = *state;
    nn_model *model = model_around(of, ROWS);
    const int64_t outputs = ROWS * nn_shape_count(nn_model_output_shape(model));
    nn_span arena = nn_model_gradients(model);
    nn_real *x = numbers(ROWS * nn_shape_count(of->input), SEED);
    nn_real *dy = numbers(outputs, SEED + 1), *y = zeros(outputs);
    nn_real *first_y = zeros(outputs), *first_gradients = zeros(arena.count);
    double first_penalty = 0;
    for (int count = 1; count <= MOST_THREADS; count++) {
        model_pass run = {.model = model, .x = x, .dy = dy, .y = y};
        run.pass = (nn_pass){.rows = ROWS, .training = true, .seed = SEED};
        run_pass(&run, count);
        if (count == 1) {
            memcpy(first_y, y, (size_t)outputs * sizeof *y);
            memcpy(first_gradients, arena.data, (size_t)arena.count * sizeof *y);
            first_penalty = run.penalty;
        }
        assert_memory_equal(first_y, y, (size_t)outputs * sizeof *y);
        assert_memory_equal(first_gradients, arena.data, (size_t)arena.count * sizeof *y);
        assert_memory_equal(&first_penalty, &run.penalty, sizeof first_penalty);
    }
    free(x);
    free(dy);
    free(y);
    free(first_y);
    free(first_gradients);
    nn_model_destroy(&model);
}

/* Two shares of a batch give its rows, and gradients that add up to its. */
static void shares(void **state) {
    enum { ROWS = 7 };
    const layer_case *of = *state;
    nn_model *model = model_around(of, ROWS);
    const int64_t inputs = nn_shape_count(of->input);
    const int64_t outputs = nn_shape_count(nn_model_output_shape(model));
    nn_span arena = nn_model_gradients(model);
    nn_real *x = numbers(ROWS * inputs, SEED), *dy = numbers(ROWS * outputs, SEED + 1);
    nn_real *whole = zeros(ROWS * outputs), *part = zeros(ROWS * outputs);
    for (int64_t i = 0; i < nn_model_parameters(model); i++) /* penalties belong to no row */
        ((nn_variable *)nn_model_parameter(model, i)->variable)->regularizer = NULL;
    model_pass run = {.model = model, .x = x, .dy = dy, .y = whole};
    run.pass = (nn_pass){.rows = ROWS, .training = true, .seed = SEED};
    run_pass(&run, 1);
    nn_real *rest = zeros(arena.count);
    for (int64_t cut = 0; cut <= ROWS; cut++) {
        nn_real *sum = zeros(arena.count);
        for (int64_t begin = 0, end = cut; begin < ROWS; begin = end, end = ROWS) {
            run.pass.first = begin;
            run.pass.rows = end - begin;
            run.x = x + begin * inputs;
            run.dy = dy + begin * outputs;
            run.y = part + begin * outputs;
            run_pass(&run, 1);
            for (int64_t i = 0; i < arena.count; i++) sum[i] += arena.data[i];
            if (end == ROWS) break;
        }
        for (int64_t i = 0; i < ROWS * outputs; i++)
            check_close("an output", (double)part[i], (double)whole[i], 1e-12);
        if (cut == 0) memcpy(rest, sum, (size_t)arena.count * sizeof *sum);
        for (int64_t i = 0; i < arena.count; i++)
            check_close("a gradient", (double)sum[i], (double)rest[i], 1e-12);
        free(sum);
    }
    free(x);
    free(dy);
    free(whole);
    free(part);
    free(rest);
    nn_model_destroy(&model);
}

int main(void) {
    static const layer_check checks[] = {{"shapes", shapes},
                                         {"gradients of variables", variable_gradients},
                                         {"gradients of inputs", input_gradients},
                                         {"no rows", no_rows},
                                         {"threads", threads},
                                         {"shares", shares}};
    return run_layer_checks("layers", checks, sizeof checks / sizeof *checks, NULL, NULL);
}
