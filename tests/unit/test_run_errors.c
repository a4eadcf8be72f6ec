/* test_run_errors.c: what is wrong in a run file is said with file:line:column, what it is, and
 * what would be right. The tables of arguments are walked, so that every key of every class is
 * tried. */
#include "run_files.h"

#include "io/yaml.h"
#include "layers/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include "util/field.h"

#include <ctype.h>

/* ---- every argument of every class that a run file can name ---- */

typedef void argument_check(const nn_registry *registry, const nn_class *isa,
                            const nn_field *field);

typedef struct {
    const nn_registry *seen[32];
    int count, arguments;
} walk;

static void walk_registry(walk *at, const nn_registry *registry, argument_check *check) {
    for (int i = 0; i < at->count; i++)
        if (at->seen[i] == registry) return;
    assert_true(at->count < 32);
    at->seen[at->count++] = registry;
    for (const nn_class *const *isa = registry->classes; *isa; isa++) {
        for (const nn_field *field = (*isa)->fields; field->name; field++) {
            at->arguments++;
            check(registry, *isa, field);
            if (field->registry) walk_registry(at, field->registry, check);
        }
    }
}

static void for_each_argument(argument_check *check) {
    walk at = {.count = 0};
    walk_registry(&at, &NN_RUN, check);
    assert_true(at.count >= 11 && at.arguments > 80); /* all registries were found */
}

static void fails_to_read(const nn_registry *registry, const char *text, const char *place,
                          const char *part) {
    nn_node *node;
    nn_object *object;
    assert_ok(nn_yaml_parse(text, "run.yaml", &node));
    nn_status status = nn_object_read(registry, node, NN_STYLE_RUN, &object);
    if (status != NN_BAD_CONFIG || !strstr(nn_message(), place) || !strstr(nn_message(), part))
        fail_msg("%s with '%s' instead of '%s' and '%s' for %s", nn_status_name(status),
                 nn_message(), place, part, text);
    nn_node_destroy(&node);
}

/* Writes "{layer: Dense, " or, for a section, "{". */
static int write_start(const nn_registry *registry, const nn_class *isa, char *text, size_t room) {
    if (!registry->key) return snprintf(text, room, "{");
    return snprintf(text, room, "{%s: %s, ", registry->key, isa->name);
}

/* ---- misspelt keys ---- */

static void check_misspelt(const nn_registry *registry, const nn_class *isa,
                           const nn_field *field) {
    char text[512], place[64], part[128];
    const size_t length = strlen(field->name);
    snprintf(part, sizeof part, "did you mean '%s'?", field->name);
    for (int way = 0; way < 3; way++) {
        char wrong[128];
        snprintf(wrong, sizeof wrong, "%s%s", field->name, way == 0 ? "x" : "");
        if (way == 1 && length > 3 && !isdigit((unsigned char)wrong[length - 1]))
            wrong[length - 1] = '\0';                         /* a letter is missing */
        if (way == 2 && length > 3 && wrong[1] != wrong[2]) { /* two change places */
            char second = wrong[1];
            wrong[1] = wrong[2];
            wrong[2] = second;
        }
        if (strcmp(wrong, field->name) == 0) continue;
        int used = write_start(registry, isa, text, sizeof text);
        snprintf(text + used, sizeof text - (size_t)used, "%s: 1}", wrong);
        snprintf(place, sizeof place, "run.yaml:1:%d:", used + 1);
        fails_to_read(registry, text, place, part);
    }
}

static void test_every_key_misspelt(void **state) {
    (void)state;
    for_each_argument(check_misspelt);
}

/* ---- wrong types and ranges ---- */

/* A value that no argument of this type can have. */
static const char *wrong_value(const nn_field *field) {
    switch (field->type) {
    case NN_FIELD_BOOL: return "1";
    case NN_FIELD_INT: return "1.5";
    case NN_FIELD_REAL: return "large";
    case NN_FIELD_TEXT: return "12";
    case NN_FIELD_CHOICE: return "something_else";
    case NN_FIELD_SHAPE: return "[2, two]";
    case NN_FIELD_REALS: return "[1.0, many]";
    case NN_FIELD_MAP: return "{first: 1}";
    case NN_FIELD_OBJECT: return "[1]";
    case NN_FIELD_OBJECTS: return "Dense";
    }
    return "";
}

/* Reads one argument by itself; fails the test unless it is refused with `part`. */
static void refuse_argument(const nn_class *isa, const nn_field *field, const char *value,
                            const char *part) {
    nn_node *node;
    nn_object *object = calloc(1, isa->size);
    assert_non_null(object);
    object->isa = isa;
    assert_ok(nn_yaml_parse(value, "run.yaml", &node));
    nn_status status = nn_field_read(field, object, node, NN_STYLE_RUN);
    if (status != NN_BAD_CONFIG || !strstr(nn_message(), "run.yaml:1:") ||
        !strstr(nn_message(), part))
        fail_msg("%s.%s = %s gives %s with '%s'", isa->name, field->name, value,
                 nn_status_name(status), nn_message());
    nn_field_release(field, object);
    free(object);
    nn_node_destroy(&node);
}

static void check_wrong_type(const nn_registry *registry, const nn_class *isa,
                             const nn_field *field) {
    (void)registry;
    const bool names_object = field->type == NN_FIELD_OBJECT;
    refuse_argument(isa, field, wrong_value(field), names_object ? "expected" : field->name);
    if (!names_object && field->type != NN_FIELD_OBJECTS && field->type != NN_FIELD_SHAPE &&
        field->type != NN_FIELD_REALS)
        refuse_argument(isa, field, "[1, 2]", field->name);
    if (!(field->flags & NN_FIELD_NULLABLE)) refuse_argument(isa, field, "null", field->name);
}

static void test_every_type(void **state) {
    (void)state;
    for_each_argument(check_wrong_type);
}

/* A number as the argument wants it: alone, in a list or in a map. */
static void refuse_number(const nn_class *isa, const nn_field *field, const char *number,
                          const char *part) {
    char value[128];
    const bool list = field->type == NN_FIELD_REALS || field->type == NN_FIELD_SHAPE;
    const bool map = field->type == NN_FIELD_MAP;
    snprintf(value, sizeof value, "%s%s%s",
             list  ? "["
             : map ? "{0: "
                   : "",
             number,
             list  ? "]"
             : map ? "}"
                   : "");
    refuse_argument(isa, field, value, part);
}

static void check_range(const nn_registry *registry, const nn_class *isa, const nn_field *field) {
    (void)registry;
    char number[64], range[NN_RANGE_TEXT];
    const bool whole = field->type == NN_FIELD_INT || field->type == NN_FIELD_SHAPE;
    const bool real = field->type == NN_FIELD_REAL || field->type == NN_FIELD_REALS ||
                      field->type == NN_FIELD_MAP;
    static const char *const infinite[] = {".nan", ".inf", "-.inf"};
    for (int i = 0; real && i < 3; i++) refuse_number(isa, field, infinite[i], "finite");
    if ((!whole && !real) || !nn_field_range(field, range)) return;
    for (int high = 0; high < 2; high++) {
        double bound = high ? field->max : field->min;
        bool open = field->flags & (high ? NN_FIELD_MAX_OPEN : NN_FIELD_MIN_OPEN);
        double outside = open ? bound : bound >= 0x1p53 ? 2 * bound : bound + (high ? 1 : -1);
        if (isinf(bound)) continue;
        if (whole)
            snprintf(number, sizeof number, "%.0f", outside);
        else
            snprintf(number, sizeof number, "%.17g", outside);
        refuse_number(isa, field, number, range);
    }
}

static void test_every_range(void **state) {
    (void)state;
    for_each_argument(check_range);
}

/* ---- missing keys, and what no single key can say ---- */

static void check_missing(const nn_registry *registry, const nn_class *isa, const nn_field *field) {
    if (!(field->flags & NN_FIELD_REQUIRED)) return;
    for (const nn_field *before = isa->fields; before != field; before++)
        if (before->flags & NN_FIELD_REQUIRED) return; /* the first one is named */
    char text[256], part[128];
    int used = write_start(registry, isa, text, sizeof text);
    if (registry->key) used -= 2; /* the comma */
    snprintf(text + used, sizeof text - (size_t)used, "}");
    snprintf(part, sizeof part, "%s needs the key '%s'", isa->name, field->name);
    fails_to_read(registry, text, "run.yaml:1:1:", part);
}

static void test_missing_keys(void **state) {
    (void)state;
    for_each_argument(check_missing);
}

static void test_places(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"data: {file: a.h5}\nmodel:\n  - {layer: Dense, units: 4}\n  - {layer: Dens, units: 4}\n"
         "loss: mse\n",
         "run.yaml:4:13: there is no layer 'Dens'; did you mean 'Dense'?"},
        {"data: {file: a.h5}\nmodel:\n  - {layer: Dense, units: four}\nloss: mse\n",
         "run.yaml:3:27: 'units' must be an integer, not the text 'four'"},
        {"data: {file: a.h5}\nmodel: [{layer: Dense, units: 4, activation: rely}]\nloss: mse\n",
         "run.yaml:2:46: 'activation' cannot be 'rely'; did you mean 'relu'?"},
        {"data: {file: a.h5}\nmodel: [{layer: Dropout, rate: 1}]\nloss: mse\n",
         "run.yaml:2:32: 'rate' must be >= 0 and < 1, not 1"},
        {"data: {file: a.h5}\nmodel: [{units: 1}]\nloss: mse\n", "run.yaml:2:9: the key 'layer'"},
        {"data: {file: a.h5}\nmodel: [{layer: Dense, units: 1}]\nloss: mse\nloss: mae\n",
         "run.yaml:4:1"},
        {"data: {file: a.h5\nmodel: 3\n", "run.yaml:2"},
        {"data: [a.h5]\nmodel: [{layer: Dense, units: 1}]\nloss: mse\n", "run.yaml:1:7: expected"},
        {"[]", "run.yaml:1:1: expected"},
        {"model: [{layer: Dense, units: 1}]\nloss: mse\n", "run file needs the key 'data'"},
        {"data: {file: a.h5, validation: /v, validation_split: 0.1}\n"
         "model: [{layer: Dense, units: 1}]\nloss: mse\n",
         "run.yaml:1:7: data: give 'validation' or 'validation_split', not both"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuse_run(wrong[i].text, NULL, 0, NN_BAD_CONFIG, wrong[i].part);
    refuse_run("", NULL, 0, NN_BAD_CONFIG, "run.yaml");
    refuse_run("# nothing\n", NULL, 0, NN_BAD_CONFIG, "run.yaml");
}

static void test_what_needs_validation_data(void **state) {
    (void)state;
    static const char *const sets[] = {"early_stopping.monitor=val_loss",
                                       "reduce_lr_on_plateau.monitor=val_accuracy",
                                       "stop_at.val_loss=0.1"};
    static const char *const keys[] = {"early_stopping monitors 'val_loss'",
                                       "reduce_lr_on_plateau monitors 'val_accuracy'",
                                       "stop_at.val_loss"};
    for (int i = 0; i < 3; i++) {
        refuse_run(SHORTEST, &sets[i], 1, NN_BAD_CONFIG, keys[i]);
        const char *with[] = {sets[i], "data.validation_split=0.5", "metrics=[accuracy]"};
        nn_run *run = run_from(SHORTEST, "run.yaml", with, 3);
        nn_run_destroy(&run);
    }
}

/* What training would refuse, as far as the run file tells. */
static void test_what_does_not_fit_together(void **state) {
    (void)state;
#define START "data: {file: a.h5, validation: /v}\nmodel:\n- {layer: Dense, units: 3, activation: softmax}\n"
#define LOSS START "loss: sparse_categorical_crossentropy\n"
    static const struct {
        const char *text, *part; /* NULL: it can be read */
    } cases[] = {
        {LOSS "metrics: [accuracy, mae]\n", "run.yaml:5:21: metrics: mae compares values, but the loss"},
        {LOSS "metrics: [accuracy, accuracy]\n", "run.yaml:5:21: metrics: accuracy is there twice"},
        {LOSS "metrics: [acc]\n", "run.yaml:5:11: there is no metric 'acc'; did you mean 'accuracy'?"},
        {LOSS "metrics: [accuracy]\nearly_stopping: {monitor: val_acc}\n",
         "run.yaml:6:27: early_stopping: there is no 'val_acc' to monitor; did you mean 'val_accuracy'?"},
        {LOSS "early_stopping: {monitor: val_accuracy}\n",
         "run.yaml:5:27: early_stopping: there is no 'val_accuracy' to monitor; there are: loss, val_loss"},
        {LOSS "reduce_lr_on_plateau: {monitor: f1}\n", "run.yaml:5:33: reduce_lr_on_plateau: there is no 'f1'"},
        {LOSS "metrics: [accuracy]\nearly_stopping: {monitor: val_categorical_accuracy}\n", NULL},
        {LOSS "metrics: [accuracy]\nearly_stopping: {monitor: binary_accuracy}\n", "no 'binary_accuracy' to monitor"},
        {LOSS "metrics: [top_k_accuracy]\nearly_stopping: {monitor: top_k_accuracy}\n", NULL},
        {LOSS "class_weight: {0: 1.0, 3: 2.0}\n", "run.yaml:5:27: class_weight: there is no class 3; they are 0 to 2"},
        {LOSS "class_weight: {2: 2.0}\n", NULL},
        {START "loss: mse\nclass_weight: {0: 1.0}\n", "run.yaml:5:19: class_weight: the loss mean_squared_error knows"},
        {START "- {layer: Activation, activation: relu}\n- {layer: Dropout, rate: 0.5}\n"
               "loss: sparse_categorical_crossentropy\nclass_weight: {3: 1.0}\n", "there is no class 3"},
        {START "- {layer: Flatten}\nloss: sparse_categorical_crossentropy\nclass_weight: {3: 1.0}\n", NULL},
        {START "loss: {name: sparse_categorical_crossentropy, from_logits: true}\n",
         "run.yaml:4:7: loss: sparse_categorical_crossentropy with from_logits: true wants a model that ends without an "
         "activation, but it ends with softmax"},
        {START "- {layer: Dense, units: 2}\n- {layer: Activation, activation: tanh}\n"
               "loss: {name: binary_crossentropy, from_logits: true}\n", "run.yaml:6:7: loss: binary_crossentropy with"},
        {START "- {layer: Dense, units: 2}\nloss: {name: binary_crossentropy, from_logits: true}\n", NULL},
        {START "- {layer: Flatten}\nloss: {name: categorical_crossentropy, from_logits: true}\n", NULL}, /* x decides */
        {START "- {layer: Dropout, rate: 0.1}\nloss: {name: categorical_crossentropy, from_logits: true}\n", NULL},
        {START "- {layer: Reshape, target_shape: [-1, 2, -1]}\nloss: mse\n",
         "run.yaml:4:3: Reshape: target_shape: extents are positive; one may be -1"},
        {START "- {layer: Reshape, target_shape: [2, 0]}\nloss: mse\n", "run.yaml:4:3: Reshape: target_shape: extents"},
        {"data: {file: a.h5}\nmodel: [{layer: Dense, units: 1}]\nloss: categorical_crossentropy\n",
         "run.yaml:3:7: loss: categorical_crossentropy needs an output for each class"},
        {START "- {layer: Dense, units: 2, name: a/b}\nloss: mse\n", "run.yaml:4:3: the layer name 'a/b'"},
        {START "- {layer: Dense, units: 2, name: dense}\nloss: mse\n", "run.yaml:4:3: two layers are called 'dense'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].part) {
            refuse_run(cases[i].text, NULL, 0, NN_BAD_CONFIG, cases[i].part);
        } else {
            nn_run *run = run_from(cases[i].text, "run.yaml", NULL, 0);
            nn_run_destroy(&run);
        }
    }
    static const char *const sets[][2] = {
        {"optimizer.learning_rate=fast", "'fast' is neither a number nor a learning rate schedule; there are: "},
        {"optimizer.lr=0.1", "adam has no key 'lr'; did you mean 'learning_rate'?"},
        {"metrics=[acc]", "there is no metric 'acc'; did you mean 'accuracy'?"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        refuse_run(USUAL, &sets[i][0], 1, NN_BAD_CONFIG, sets[i][1]);
}

/* What can be trained, but was hardly meant. */
static void test_questions(void **state) {
    (void)state;
    static const struct {
        const char *set, *question; /* NULL: none */
    } cases[] = {
        {"model.3.activation=linear",
         "run.yaml:11:7: sparse_categorical_crossentropy takes outputs for probabilities, but the model ends without an "
         "activation: was softmax forgotten, or from_logits: true?"},
        {"model=[{layer: Dense, units: 2}, {layer: Activation, activation: linear}]", "was softmax forgotten"},
        {"model.3.activation=softmax", NULL},
        {"model.3.activation=relu", NULL},
        {"model=[{layer: Dense, units: 2}, {layer: Dropout, rate: 0.1}]", NULL},
        {"model=[{layer: Dense, units: 2}, {layer: Flatten}]", NULL}, /* the shape of x decides */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_text text = {0};
        nn_run *run = run_from(USUAL, "run.yaml", &cases[i].set, 1);
        nn_run_ask(run, &text);
        if (!text.bytes != !cases[i].question || (text.bytes && !strstr(text.bytes, cases[i].question)))
            fail_msg("'%s' for %s", text.bytes ? text.bytes : "", cases[i].set);
        nn_text_free(&text);
        nn_run_destroy(&run);
    }
    const char *const sets[] = {"model.3.activation=linear", "loss={name: sparse_categorical_crossentropy, from_logits: true}"};
    nn_text text = {0};
    nn_run *run = run_from(USUAL, "run.yaml", sets, 2);
    nn_run_ask(run, &text);
    assert_null(text.bytes);
    nn_run_destroy(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_misspelt),
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_every_range),
        cmocka_unit_test(test_missing_keys),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_what_needs_validation_data),
        cmocka_unit_test(test_what_does_not_fit_together),
        cmocka_unit_test(test_questions),
    };
    return cmocka_run_group_tests_name("run file errors", tests, NULL, NULL);
}
