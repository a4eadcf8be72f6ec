/* print_runfile.c: prints the tables of docs/RUNFILE.md: every key of the run file and every
 * argument of every class, as the registries have them. `cmake --build --preset release --target
 * docs` puts them into the page; tests/docs/runfile.sh compares. */
#include "layers/initializer.h"
#include "layers/layer.h"
#include "layers/regularizer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/optimizer.h"
#include "optim/scaling.h"
#include "optim/schedule.h"
#include "train/run.h"
#include "util/field.h"
#include "util/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The chapters, in their order: a registry, and what its classes are called together. */
typedef struct {
    const nn_registry *registry;
    const char *title, *anchor;
} chapter;

static const chapter CHAPTERS[] = {{&NN_LAYERS, "Layers", "layers"},
                                   {&NN_INITIALIZERS, "Initializers", "initializers"},
                                   {&NN_REGULARIZERS, "Regularizers", "regularizers"},
                                   {&NN_LOSSES, "Losses", "losses"},
                                   {&NN_OPTIMIZERS, "Optimizers", "optimizers"},
                                   {&NN_SCHEDULES, "Schedules", "schedules"},
                                   {&NN_SCALINGS, "Learning rate scaling", "learning-rate-scaling"},
                                   {&NN_METRICS, "Metrics", "metrics"}};
enum { CHAPTER_COUNT = sizeof CHAPTERS / sizeof *CHAPTERS };

/* The formulas of the activations, which are functions without a class. */
static const char *const FORMULAS[NN_ACTIVATIONS] = {
    [NN_LINEAR] = "z",
    [NN_RELU] = "max(z, 0)",
    [NN_LEAKY_RELU] = "z where z > 0, otherwise 0.2 z",
    [NN_ELU] = "z where z > 0, otherwise exp(z) - 1",
    [NN_SELU] = "1.0507 z where z > 0, otherwise 1.7581 (exp(z) - 1)",
    [NN_GELU] =
        "z Φ(z), where Φ is the normal distribution function (not the approximation by tanh)",
    [NN_SILU] = "z / (1 + exp(-z)), also known as swish",
    [NN_SOFTPLUS] = "log(1 + exp(z))",
    [NN_SIGMOID] = "1 / (1 + exp(-z))",
    [NN_TANH] = "tanh(z)",
    [NN_SOFTMAX] = "exp(z_j) / sum_k exp(z_k) over the last axis"};

static const chapter *chapter_of(const nn_registry *registry) {
    for (int i = 0; i < CHAPTER_COUNT; i++)
        if (CHAPTERS[i].registry == registry) return &CHAPTERS[i];
    return NULL;
}

/* A text in a table's cell. */
static void print_cell(const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c == '|' || *c == '<' || *c == '*') putchar('\\');
        putchar(*c);
    }
}

/* ---- types ---- */

static void print_number(const nn_field *field, const char *what) {
    char range[NN_RANGE_TEXT];
    const char *limits = nn_field_range(field, range);
    fputs(what, stdout);
    if (!limits) return;
    putchar(' ');
    if (field->type == NN_FIELD_INT && isfinite(field->max)) /* with all its digits */
        printf("from %" PRId64 " to %" PRId64, (int64_t)field->min, (int64_t)field->max);
    else
        print_cell(limits);
}

static void print_choices(const nn_field *field) {
    if (field->choices == NN_ACTIVATION_NAMES) {
        fputs("[activation](#activations)", stdout);
        return;
    }
    for (int i = 0; field->choices[i]; i++) printf("%s`%s`", i ? ", " : "", field->choices[i]);
}

static void print_object_type(const nn_field *field) {
    const nn_registry *registry = field->registry;
    const chapter *of = chapter_of(registry);
    const char *list = field->type == NN_FIELD_OBJECTS ? "list of " : "";
    if (!of)
        printf("section [%s](#%s)", registry->noun, registry->noun);
    else if (*list)
        printf("list of [%ss](#%s)", registry->noun, of->anchor);
    else
        printf("[%s](#%s)", registry->noun, of->anchor);
}

static void print_type(const nn_field *field) {
    switch (field->type) {
    case NN_FIELD_BOOL: fputs("true or false", stdout); break;
    case NN_FIELD_INT: print_number(field, "integer"); break;
    case NN_FIELD_REAL: print_number(field, "number"); break;
    case NN_FIELD_TEXT: fputs("text", stdout); break;
    case NN_FIELD_CHOICE: print_choices(field); break;
    case NN_FIELD_SHAPE: print_number(field, "list of integers"); break;
    case NN_FIELD_REALS: print_number(field, "list of numbers"); break;
    case NN_FIELD_MAP: print_number(field, "map from class numbers to numbers"); break;
    case NN_FIELD_OBJECT:
    case NN_FIELD_OBJECTS: print_object_type(field); break;
    }
    if (field->flags & NN_FIELD_NULLABLE) fputs(", or null", stdout);
}

/* ---- defaults ---- */

static void print_default(const nn_field *field) {
    char text[NN_REAL_TEXT];
    if (field->flags & NN_FIELD_REQUIRED) {
        fputs("required", stdout);
        return;
    }
    bool nullable = field->flags & NN_FIELD_NULLABLE;
    if (field->type == NN_FIELD_BOOL) {
        fputs(field->number != 0 ? "true" : "false", stdout);
    } else if (field->text) {
        fputs(field->text[0] == '{' ? "its defaults" : field->text, stdout);
    } else if (nullable && (field->number == 0 || isnan(field->number))) {
        fputs("null", stdout);
    } else if (field->type == NN_FIELD_INT) {
        printf("%" PRId64, (int64_t)field->number);
    } else {
        nn_format_real(field->number, text);
        fputs(text, stdout);
    }
}

/* ---- tables ---- */

static void print_fields(const nn_class *isa) {
    if (!isa->fields->name) return;
    printf("\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n");
    for (const nn_field *field = isa->fields; field->name; field++) {
        printf("| `%s` | ", field->name);
        print_type(field);
        fputs(" | ", stdout);
        print_default(field);
        fputs(" | ", stdout);
        print_cell(field->help);
        fputs(" |\n", stdout);
    }
}

static void print_class(const nn_registry *registry, const nn_class *isa) {
    printf("\n### `%s`\n\n", isa->name);
    print_cell(isa->summary);
    printf(".");
    if (isa->alias) printf(" Also called `%s`.", isa->alias);
    printf("\n");
    print_fields(isa);
    const char *example = registry == &NN_LAYERS ? ((const nn_layer_class *)isa)->example : NULL;
    if (example) printf("\nExample: `%s`\n", example);
}

static void print_short_forms(const nn_registry *registry) {
    const nn_class *number = registry->from_number, *map = registry->from_map;
    if (number)
        printf("A number alone is the %s `%s` with that `%s`.\n", registry->noun, number->name,
               number->fields->name);
    if (map)
        printf("A map without `%s` is the %s `%s`.\n", registry->key, registry->noun, map->name);
}

static void print_chapter(const chapter *of) {
    const nn_registry *registry = of->registry;
    printf("\n## %s\n\n", of->title);
    printf("`{%s: NAME, KEY: VALUE}`, or `NAME` alone where all keys have defaults.\n",
           registry->key);
    print_short_forms(registry);
    for (const nn_class *const *isa = registry->classes; *isa; isa++) print_class(registry, *isa);
}

static int print_activations(void) {
    printf("\n## Activations\n\nNames of functions y = f(z), without keys.\n\n");
    printf("| name | y |\n| --- | --- |\n");
    for (int i = 0; i < NN_ACTIVATIONS; i++) {
        if (!FORMULAS[i]) {
            fprintf(stderr, "print_runfile.c: the formula of %s is missing\n",
                    NN_ACTIVATION_NAMES[i]);
            return 1;
        }
        printf("| `%s` | ", NN_ACTIVATION_NAMES[i]);
        print_cell(FORMULAS[i]);
        printf(" |\n");
    }
    return 0;
}

/* The top level, then its sections in the order in which it names them. */
static void print_run(void) {
    const nn_class *run = NN_RUN.classes[0];
    printf("## Top level\n");
    print_fields(run);
    for (const nn_field *field = run->fields; field->name; field++) {
        if (field->type != NN_FIELD_OBJECT || chapter_of(field->registry)) continue;
        const nn_class *section = field->registry->classes[0];
        printf("\n### `%s`\n\n%c", field->name, toupper((unsigned char)section->summary[0]));
        print_cell(section->summary + 1);
        printf(".\n");
        print_fields(section);
    }
}

int main(void) {
    print_run();
    for (int i = 0; i < CHAPTER_COUNT; i++) {
        print_chapter(&CHAPTERS[i]);
        if (i == 0 && print_activations() != 0) return EXIT_FAILURE;
    }
    return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
