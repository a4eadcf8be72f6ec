/* config.c: a configuration: the text of a run file, and keys that are set on top of it. */
#include "api/api.h"

#include "io/publish.h"
#include "io/yaml.h"
#include "util/memory.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 2 << 20 };

static nn_status check_yaml(const char *text, const char *where) {
    nn_node *root = NULL;
    nn_status status = nn_yaml_parse(text, where, &root);
    nn_node_destroy(&root);
    return status;
}

static nn_status create(const char *yaml, const char *where, nnmpi_config **out) {
    nn_status status = NN_OK;
    nnmpi_config *self = NULL;
    *out = NULL;
    NN_TRY(check_yaml(yaml, where));
    NN_TRY(nn_allocate("a configuration", 1, sizeof *self, &self));
    NN_TRY(nn_copy_text(yaml, &self->text));
    *out = self;
    self = NULL;
done:
    nnmpi_config_destroy(&self);
    return status;
}

nn_status nnmpi_config_create(const char *yaml, nnmpi_config **out) {
    return create(yaml && *yaml ? yaml : "{}", "configuration", out);
}

nn_status nnmpi_config_read(const char *path, nnmpi_config **out) {
    char *text = NULL;
    int64_t length;
    *out = NULL;
    nn_status status = nn_read_file(path, MOST_BYTES, &text, &length);
    if (status == NN_OK && strlen(text) != (size_t)length)
        status = nn_fail(NN_BAD_CONFIG, "%s: it is no text file", path);
    if (status == NN_OK) status = create(text, path, out);
    free(text);
    return status;
}

nn_status nnmpi_config_set(nnmpi_config *config, const char *key, const char *value) {
    nnmpi_config *self = config;
    nn_status status = NN_OK;
    nn_text text = {0};
    char *made = NULL, **more;
    if (!*key || strchr(key, '='))
        return nn_fail(NN_USAGE, "'%s' is no key of a configuration, such as optimizer.learning_rate",
                       key);
    NN_TRY(check_yaml(value, key));
    nn_text_add(&text, "nnmpi_config_set %s=%s", key, value); /* for messages */
    NN_TRY(nn_text_take(&text, &made));
    more = realloc(self->overrides, (size_t)(self->count + 1) * sizeof *more);
    if (!more) NN_TRY(nn_fail(NN_INTERNAL, "out of memory: a configuration"));
    self->overrides = more;
    self->overrides[self->count++] = made;
    made = NULL;
done:
    free(made);
    return status;
}

void nnmpi_config_destroy(nnmpi_config **config) {
    if (!*config) return;
    for (int64_t i = 0; i < (*config)->count; i++) free((*config)->overrides[i]);
    free((*config)->overrides);
    free((*config)->text);
    free(*config);
    *config = NULL;
}

nn_status nn_api_read_config(const nnmpi_config *config, bool validated, nn_run **out) {
    return nn_run_read_given(config->text, "configuration",
                             (const char *const *)config->overrides, config->count, validated, out);
}
