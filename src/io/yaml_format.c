/* yaml_format.c: a tree of values to YAML, through libyaml's emitter. What it writes,
 * nn_yaml_parse() reads back as the same tree. */
#include "io/yaml.h"

#include "util/text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static int append(void *text, unsigned char *bytes, size_t length) {
    nn_text_add_bytes(text, bytes, length);
    return !((nn_text *)text)->failed;
}

static nn_status fail_emit(const yaml_emitter_t *emitter) {
    if (emitter->error == YAML_WRITER_ERROR) /* append() */
        return nn_fail(NN_INTERNAL, "out of memory while writing YAML");
    return nn_fail(NN_INTERNAL, "cannot write YAML: %s",
                   emitter->problem ? emitter->problem : "out of memory, or a text is not UTF-8");
}

/* Emits an event that was made; `made` is what its maker returned. */
static nn_status emit(yaml_emitter_t *emitter, yaml_event_t *event, int made) {
    return made && yaml_emitter_emit(emitter, event) ? NN_OK : fail_emit(emitter);
}

/* The style that reads back as `text`: quoted where it would read as a number, null or a bool, and
 * with escapes where it holds line ends or tabs. The emitter itself quotes what syntax demands. */
static nn_status choose_style(const char *text, bool key, yaml_scalar_style_t *out) {
    nn_node plain = {0};
    *out = YAML_PLAIN_SCALAR_STYLE;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F) *out = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    if (*out != YAML_PLAIN_SCALAR_STYLE) return NN_OK;
    if (key && *text) return NN_OK; /* a key is a text in any style */
    nn_status status = nn_node_set_plain(&plain, text);
    if (plain.kind != NN_NODE_TEXT) *out = YAML_SINGLE_QUOTED_SCALAR_STYLE;
    free(plain.text);
    return status;
}

static nn_status emit_text(yaml_emitter_t *emitter, const char *text, bool key) {
    yaml_event_t event;
    yaml_scalar_style_t style;
    nn_status status = choose_style(text, key, &style);
    if (status != NN_OK) return status;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                             (int)strlen(text), 1, 1, style));
}

static nn_status emit_plain(yaml_emitter_t *emitter, const char *text) {
    yaml_event_t event;
    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                             (int)strlen(text), 1, 1, YAML_PLAIN_SCALAR_STYLE));
}

static nn_status emit_node(yaml_emitter_t *emitter, const nn_node *node);

static nn_status emit_list(yaml_emitter_t *emitter, const nn_node *list) {
    yaml_event_t event;
    yaml_sequence_style_t style = list->flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    nn_status status =
        emit(emitter, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style));
    for (size_t i = 0; i < list->count && status == NN_OK; i++)
        status = emit_node(emitter, list->items[i]);
    return status == NN_OK ? emit(emitter, &event, yaml_sequence_end_event_initialize(&event))
                           : status;
}

static nn_status emit_map(yaml_emitter_t *emitter, const nn_node *map) {
    yaml_event_t event;
    yaml_mapping_style_t style = map->flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    nn_status status =
        emit(emitter, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style));
    for (size_t i = 0; i < map->count && status == NN_OK; i++) {
        status = emit_text(emitter, map->items[i]->key, true);
        if (status == NN_OK) status = emit_node(emitter, map->items[i]);
    }
    return status == NN_OK ? emit(emitter, &event, yaml_mapping_end_event_initialize(&event))
                           : status;
}

static nn_status emit_node(yaml_emitter_t *emitter, const nn_node *node) {
    char number[NN_REAL_TEXT];
    switch (node->kind) {
    case NN_NODE_NULL: return emit_plain(emitter, "null");
    case NN_NODE_BOOL: return emit_plain(emitter, node->boolean ? "true" : "false");
    case NN_NODE_INT:
        snprintf(number, sizeof number, "%lld", (long long)node->integer);
        return emit_plain(emitter, number);
    case NN_NODE_REAL: nn_format_real(node->real, number); return emit_plain(emitter, number);
    case NN_NODE_TEXT: return emit_text(emitter, node->text, false);
    case NN_NODE_LIST: return emit_list(emitter, node);
    case NN_NODE_MAP: return emit_map(emitter, node);
    }
    return nn_fail(NN_INTERNAL, "cannot write YAML: an unknown kind of value");
}

static nn_status emit_document(yaml_emitter_t *emitter, const nn_node *root) {
    nn_status status = NN_OK;
    yaml_event_t event;
    NN_TRY(emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)));
    NN_TRY(
        emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)));
    NN_TRY(emit_node(emitter, root));
    NN_TRY(emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)));
    NN_TRY(emit(emitter, &event, yaml_stream_end_event_initialize(&event)));
done:
    return status;
}

nn_status nn_yaml_format(const nn_node *root, char **out) {
    nn_text text = {0};
    yaml_emitter_t emitter;
    *out = NULL;
    if (!yaml_emitter_initialize(&emitter))
        return nn_fail(NN_INTERNAL, "out of memory while writing YAML");
    yaml_emitter_set_output(&emitter, append, &text);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    nn_status status = emit_document(&emitter, root);
    yaml_emitter_delete(&emitter);
    if (status == NN_OK) return nn_text_take(&text, out);
    nn_text_free(&text);
    return status;
}
