/* names.c: what classes, features and targets are called. */
#include "data/names.h"

#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const NN_NAMES_ATTRIBUTES[NN_NAMES_LISTS] = {"class_names", "feature_names",
                                                         "target_names"};
static const char *const NOUNS[NN_NAMES_LISTS] = {"class", "feature", "target"};

/* A long list is cut into NAME0, NAME1... */
static bool is_there(nn_h5 *file, const char *path, const char *name) {
    char first[64];
    snprintf(first, sizeof first, "%s0", name);
    return nn_h5_has_attribute(file, path, name) || nn_h5_has_attribute(file, path, first);
}

nn_status nn_names_check(const nn_h5 *file, const char *path, const char *name, char *const *texts,
                         int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!nn_is_utf8(texts[i]))
            return nn_fail(NN_BAD_DATA, "%s: text %" PRId64 " (from 0) of the attribute %s of %s is not UTF-8",
                           nn_h5_path(file), i, name, path);
    return NN_OK;
}

nn_status nn_names_read(nn_h5 *file, const char *path, nn_names *out) {
    nn_status status = NN_OK;
    *out = (nn_names){0};
    for (int i = 0; i < NN_NAMES_LISTS; i++) {
        nn_names_list *list = &out->list[i];
        if (!is_there(file, path, NN_NAMES_ATTRIBUTES[i])) continue;
        NN_TRY(nn_h5_read_texts(file, path, NN_NAMES_ATTRIBUTES[i], &list->texts, &list->count));
        NN_TRY(nn_names_check(file, path, NN_NAMES_ATTRIBUTES[i], list->texts, list->count));
    }
done:
    if (status != NN_OK) nn_names_free(out);
    return status;
}

nn_status nn_names_write(const nn_names *names, nn_h5 *file, const char *path) {
    nn_status status = NN_OK;
    for (int i = 0; i < NN_NAMES_LISTS && status == NN_OK; i++) {
        const nn_names_list *list = &names->list[i];
        if (list->count == 0) continue;
        status = nn_h5_write_texts(file, path, NN_NAMES_ATTRIBUTES[i],
                                   (const char *const *)list->texts, list->count);
    }
    return status;
}

/* What that means, and what is done about it. */
static nn_status differ(int list, nn_text *text) {
    static const char *const meaning[NN_NAMES_LISTS] = {
        "class numbers mean something else there", "the columns of x are others",
        "the columns of y are others"};
    nn_text_add(text,
                ": %s; nnmpi import csv --like TRAINING.h5 imports a CSV file with the names and "
                "the order of the data that the model was trained on",
                meaning[list]);
    return nn_text_fail(text, NN_BAD_DATA);
}

static nn_status compare_list(int list, const nn_names_list *a, const char *model,
                              const nn_names_list *b, const char *data) {
    nn_text text = {0};
    int64_t i = 0;
    if (a->count == 0 || b->count == 0) return NN_OK;
    while (i < a->count && i < b->count && strcmp(a->texts[i], b->texts[i]) == 0) i++;
    if (i == a->count && i == b->count) return NN_OK;
    nn_text_add(&text, "%s: its %s are not those of %s, ", data, NN_NAMES_ATTRIBUTES[list], model);
    if (i < a->count && i < b->count)
        nn_text_add(&text, "%s %" PRId64 " is '%s' here and '%s' there", NOUNS[list], i,
                    b->texts[i], a->texts[i]);
    else
        nn_text_add(&text, "%" PRId64 " here and %" PRId64 " there, %s %" PRId64 " is '%s' %s", b->count,
                    a->count, NOUNS[list], i, i < a->count ? a->texts[i] : b->texts[i],
                    i < a->count ? "there" : "here");
    return differ(list, &text);
}

nn_status nn_names_compare(const nn_names *of_model, const char *model, const nn_names *of_data,
                           const char *data) {
    nn_status status = NN_OK;
    for (int i = 0; i < NN_NAMES_LISTS && status == NN_OK; i++)
        status = compare_list(i, &of_model->list[i], model, &of_data->list[i], data);
    return status;
}

nn_status nn_names_fill(nn_names *names, const nn_names *other) {
    nn_status status = NN_OK;
    for (int i = 0; i < NN_NAMES_LISTS; i++) {
        nn_names_list *to = &names->list[i];
        const nn_names_list *from = &other->list[i];
        if (to->count > 0 || from->count == 0) continue;
        NN_TRY(nn_allocate("a list of names", from->count, sizeof *to->texts, &to->texts));
        for (to->count = 0; to->count < from->count; to->count++)
            NN_TRY(nn_copy_text(from->texts[to->count], &to->texts[to->count]));
    }
done:
    return status;
}

const char *nn_names_get(const nn_names *names, int list, int64_t count, int64_t index) {
    const nn_names_list *of = &names->list[list];
    const bool fits = of->count == count || (list == NN_NAMES_CLASSES && of->count < count);
    return fits && index >= 0 && index < of->count ? of->texts[index] : NULL;
}

void nn_names_free(nn_names *names) {
    for (int i = 0; i < NN_NAMES_LISTS; i++) {
        nn_names_list *list = &names->list[i];
        for (int64_t k = 0; k < list->count; k++) free(list->texts[k]);
        free(list->texts);
        *list = (nn_names_list){0};
    }
}
