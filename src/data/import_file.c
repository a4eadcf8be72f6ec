/* import_file.c: the dataset file that an import makes (docs/FILES.md): groups /train and /test, x
 * and y in each, row-contiguous chunks. Equal input and options give equal bytes. */
#include "data/import_file.h"

#include "io/publish.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status check_options(const nn_import_options *options) {
    if (!(options->test_fraction >= 0.0 && options->test_fraction < 1.0))
        return nn_fail(NN_USAGE, "the test fraction is %g; expected a number from 0 to below 1",
                       options->test_fraction);
    if (options->deflate < 0 || options->deflate > 9)
        return nn_fail(NN_USAGE, "the compression is %d; expected 0 (none) to 9 (smallest)",
                       options->deflate);
    if (options->group && options->test_fraction != 0.0 && strcmp(options->group, "train") != 0)
        return nn_fail(NN_USAGE, "a test fraction is split off /train, but the rows go to /%s",
                       options->group);
    return NN_OK;
}

/* What an import may replace: a dataset, or an empty file. */
static nn_status check_replaced(const char *path) {
    struct stat about;
    nn_h5 *file = NULL;
    if (stat(path, &about) != 0 || (S_ISREG(about.st_mode) && about.st_size == 0)) return NN_OK;
    bool dataset = false;
    nn_status status = nn_seal_present(path) ? NN_BAD_DATA : nn_h5_open(path, &file);
    if (status == NN_INTERNAL) return status; /* no memory to look */
    if (status == NN_OK) {
        static const char *const places[] = {"/x", "/train/x", "/validation/x", "/test/x"};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            dataset = dataset || nn_h5_is_dataset(file, places[i]);
        dataset = dataset && !nn_h5_has_attribute(file, "/", "model_config");
    }
    nn_h5_discard(&file);
    if (dataset) return NN_OK;
    return nn_fail(NN_CANT_CREATE,
                   "%s is there and is no dataset: an import does not replace it; remove it, or give "
                   "another --output",
                   path);
}

static nn_status note(nn_import_file *file, const char *name, const char *text) {
    return text ? nn_h5_write_text(file->file, "/", name, text) : NN_OK;
}

nn_status nn_import_file_begin(const nn_import_options *options, nn_import_file *out) {
    nn_status status = NN_OK;
    *out = (nn_import_file){.options = options};
    NN_TRY(check_options(options));
    NN_TRY(nn_publish_begin(options->output, &out->temporary));
    NN_TRY(check_replaced(options->output));
    NN_TRY(nn_h5_create(out->temporary, 0, &out->file));
    NN_TRY(note(out, "title", options->title));
    NN_TRY(note(out, "source", options->source));
    NN_TRY(note(out, "license", options->license));
done:
    if (status != NN_OK) nn_import_file_release(out);
    return status;
}

void nn_import_note(const nn_import_options *options, const char *format, ...) {
    char line[1024], piece[NN_SPELLED];
    va_list arguments;
    if (!options->notes) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    nn_text_add(options->notes, "nnmpi: ");
    for (const char *c = line; *c; c++) nn_text_add(options->notes, "%s", nn_spell(*c, piece));
    nn_text_add(options->notes, "\n");
}

bool nn_import_note_many(const nn_import_options *options, const char *labels, int64_t classes, int64_t rows,
                         const char *otherwise) {
    enum { ROWS_LEAST = 20 };
    if (rows < ROWS_LEAST || classes < rows - rows / 4) return false;
    nn_import_note(options, "%s: %lld classes in %lld rows, one for nearly each: is this a label, or a row's number or "
                            "name? %s",
                   labels, (long long)classes, (long long)rows, otherwise);
    return true;
}

nn_status nn_import_check_like(nn_h5 *file) {
    if (!nn_h5_has_attribute(file, "/", "model_config")) return NN_OK;
    return nn_fail(NN_BAD_DATA,
                   "%s is a model; --like takes a dataset that nnmpi import made, such as the one that the model was "
                   "trained on",
                   nn_h5_path(file));
}

const char *nn_import_group(const nn_import_options *options, const char *other) {
    return options->group ? options->group : other;
}

nn_status nn_import_file_finish(nn_import_file *file) {
    nn_status status = nn_h5_close(&file->file);
    if (status == NN_OK) {
        status = nn_publish_finish(file->temporary, file->options->output);
        free(file->temporary); /* renamed, or removed */
        file->temporary = NULL;
    }
    nn_import_file_release(file);
    return status;
}

void nn_import_file_release(nn_import_file *file) {
    if (file->file) nn_h5_discard(&file->file);
    if (file->temporary) unlink(file->temporary);
    free(file->temporary);
    file->temporary = NULL;
}

nn_status nn_import_split_make(const nn_import_options *options, int64_t rows,
                               nn_import_split *out) {
    *out = (nn_import_split){0};
    if (options->test_fraction == 0.0) return NN_OK;
    out->test_count = llround((double)rows * options->test_fraction);
    if (out->test_count < 1 || out->test_count >= rows)
        return nn_fail(
            NN_BAD_DATA,
            "a test fraction of %g puts %lld of the %lld rows to /test; both groups need "
            "at least one",
            options->test_fraction, (long long)out->test_count, (long long)rows);
    nn_random_stream stream = {.seed = (uint64_t)options->seed, .purpose = NN_RANDOM_SPLIT};
    out->permutation = nn_permutation_make(stream, (uint64_t)rows);
    return NN_OK;
}

bool nn_import_split_is_test(const nn_import_split *split, int64_t row) {
    return split->test_count > 0 &&
           nn_permute(&split->permutation, (uint64_t)row) < (uint64_t)split->test_count;
}

nn_status nn_import_array_begin(nn_import_file *file, const nn_import_split *split,
                                const char *group, const char *name, nn_h5_type type, nn_shape row,
                                nn_import_array *out) {
    static const size_t bytes[] = {
        [NN_H5_U8] = 1, [NN_H5_I32] = 4, [NN_H5_I64] = 8, [NN_H5_F32] = 4, [NN_H5_F64] = 8};
    nn_status status = NN_OK;
    char path[64];
    *out = (nn_import_array){.split = *split};
    out->row_bytes = bytes[type] * (size_t)nn_shape_count(row);
    snprintf(path, sizeof path, "/%s/%s", group, name);
    NN_TRY(nn_h5_rows_create(file->file, path, type, row, file->options->deflate, &out->train));
    if (split->test_count > 0) {
        snprintf(path, sizeof path, "/test/%s", name);
        NN_TRY(nn_h5_rows_create(file->file, path, type, row, file->options->deflate, &out->test));
    }
done:
    return status;
}

nn_status nn_import_array_append(nn_import_array *array, int64_t count, const void *data) {
    if (!array->test) return nn_h5_rows_append(array->train, count, data);
    const char *row = data;
    for (int64_t i = 0; i < count; i++, row += array->row_bytes) {
        bool test = nn_import_split_is_test(&array->split, array->next++);
        nn_status status = nn_h5_rows_append(test ? array->test : array->train, 1, row);
        if (status != NN_OK) return status;
    }
    return NN_OK;
}

nn_status nn_import_array_end(nn_import_array *array) {
    nn_status train = nn_h5_rows_close(&array->train), test = nn_h5_rows_close(&array->test);
    return train != NN_OK ? train : test;
}
