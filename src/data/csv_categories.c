/* csv_categories.c: texts found by bisection. */
#include "data/csv_categories.h"

#include <stdlib.h>
#include <string.h>

/* The place in `sorted` where a text stands or would stand. */
static int64_t place_of(const nn_csv_categories *categories, const char *text) {
    int64_t low = 0, high = categories->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (strcmp(categories->texts[categories->sorted[middle]], text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t nn_csv_categories_find(const nn_csv_categories *categories, const char *text) {
    int64_t place = place_of(categories, text);
    if (place == categories->count) return -1;
    int64_t number = categories->sorted[place];
    return strcmp(categories->texts[number], text) == 0 ? number : -1;
}

static nn_status grow(nn_csv_categories *categories) {
    int64_t room = categories->room ? 2 * categories->room : 16;
    const char **texts = realloc(categories->texts, (size_t)room * sizeof *texts);
    if (texts) categories->texts = texts;
    int64_t *sorted = realloc(categories->sorted, (size_t)room * sizeof *sorted);
    if (sorted) categories->sorted = sorted;
    if (!texts || !sorted) return nn_fail(NN_INTERNAL, "out of memory: the texts of a column");
    categories->room = room;
    return NN_OK;
}

nn_status nn_csv_categories_add(nn_csv_categories *categories, const char *text) {
    nn_status status = categories->count == categories->room ? grow(categories) : NN_OK;
    if (status != NN_OK) return status;
    int64_t place = place_of(categories, text), *at = categories->sorted + place;
    memmove(at + 1, at, (size_t)(categories->count - place) * sizeof *at);
    *at = categories->count;
    categories->texts[categories->count++] = text;
    return NN_OK;
}

void nn_csv_categories_release(nn_csv_categories *categories) {
    free(categories->texts);
    free(categories->sorted);
    *categories = (nn_csv_categories){0};
}
