/* import_images.c: a dataset file from a folder of images. Two passes: first all headers, so that what is
 * wrong is known before anything is written, then one image after the other, so that no more than one is
 * held in memory. */
#include "data/image_list.h"
#include "data/import_file.h"

#include "io/picture.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folders of a dataset: those that stand for groups, or the folder itself. */
enum { TRAIN, VALIDATION, TEST, GROUPS };
static const char *const group_names[GROUPS] = {"train", "validation", "test"};

typedef struct {
    const nn_import_images_options *images;
    const nn_import_options *options;
    nn_image_survey survey;
    nn_image_list lists[GROUPS];
    char *folders[GROUPS]; /* NULL: there is none */
    bool in_groups;        /* train, validation and test are folders */
    unsigned char *pixels, *row; /* an image as it is in its file, and in the dataset */
} image_import;

/* Which group a folder stands for by its name; -1: none. */
static int group_of(const char *name) {
    if (strcmp(name, "train") == 0) return TRAIN;
    if (strcmp(name, "test") == 0) return TEST;
    bool validation = strcmp(name, "validation") == 0 || strcmp(name, "valid") == 0 ||
                      strcmp(name, "val") == 0;
    return validation ? VALIDATION : -1;
}

static nn_status take_group(image_import *import, const char *name) {
    int group = group_of(name);
    nn_text path = {0};
    if (group < 0) return nn_fail(NN_INTERNAL, "%s is no group", name);
    if (import->folders[group])
        return nn_fail(NN_BAD_DATA, "%s and %s/%s are both a folder of /%s", import->folders[group],
                       import->images->folder, name, group_names[group]);
    nn_text_add(&path, "%s/%s", import->images->folder, name);
    return nn_text_take(&path, &import->folders[group]);
}

/* Whether the folder holds train, perhaps validation and test, and nothing else. */
static nn_status find_groups(image_import *import) {
    nn_status status = NN_OK;
    char **names = NULL;
    int64_t count = 0;
    bool others = false;
    NN_TRY(nn_image_folder(import->images->folder, true, &names, &count));
    for (int64_t i = 0; i < count; i++) {
        if (group_of(names[i]) < 0) others = true;
        if (strcmp(names[i], "train") == 0) import->in_groups = true;
    }
    if (others || import->images->no_labels) import->in_groups = false;
    for (int64_t i = 0; i < count && import->in_groups; i++)
        NN_TRY(take_group(import, names[i]));
    if (!import->in_groups)
        status = nn_copy_text(import->images->folder, &import->folders[TRAIN]);
done:
    nn_image_names_free(names, count);
    return status;
}

/* What a dataset that the new one is to be like says of classes, size and channels. */
static nn_status follow(image_import *import) {
    static const char *const paths[] = {"/train/x", "/validation/x", "/test/x", "/x"};
    nn_status status = NN_OK;
    nn_image_survey *survey = &import->survey;
    const char *like = import->images->like;
    nn_h5 *file = NULL;
    nn_h5_info x = {0};
    char text[NN_SHAPE_TEXT];
    NN_TRY(nn_h5_open(like, &file));
    NN_TRY(nn_import_check_like(file));
    for (size_t i = 0; i < sizeof paths / sizeof *paths && x.shape.rank == 0; i++)
        if (nn_h5_is_dataset(file, paths[i])) NN_TRY(nn_h5_describe(file, paths[i], &x));
    if (x.shape.rank != 4 || (x.shape.dim[3] != 1 && x.shape.dim[3] != 3))
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s: its x has the shape %s; expected images, (N, height, width, 1 or 3)", like,
                       nn_shape_format(x.shape, text)));
    survey->size = (nn_image_size){x.shape.dim[1], x.shape.dim[2]};
    survey->channels = (int)x.shape.dim[3];
    survey->resize = survey->convert = true;
    if (!import->images->no_labels)
        NN_TRY(nn_h5_read_texts(file, "/", "class_names", &survey->classes, &survey->class_count));
done:
    nn_h5_discard(&file);
    return status;
}

static nn_status check_options(const image_import *import) {
    const nn_import_images_options *images = import->images;
    if (images->like && (images->height > 0 || images->channels > 0))
        return nn_fail(NN_USAGE, "%s says which size and channels images have; a size or channels "
                                 "beside it are too much",
                       images->like);
    if (import->in_groups && import->options->group)
        return nn_fail(NN_USAGE, "%s has a folder for each group, and --group is given too",
                       images->folder);
    if (import->folders[TEST] && import->options->test_fraction != 0.0)
        return nn_fail(NN_USAGE, "%s holds images for /test, and a test fraction is given too; expected "
                                 "one of them",
                       images->folder);
    return NN_OK;
}

/* The first pass: what images there are, and that they are alike. */
static nn_status survey_images(image_import *import) {
    nn_status status = NN_OK;
    const nn_import_images_options *images = import->images;
    nn_image_survey *survey = &import->survey;
    NN_TRY(find_groups(import));
    NN_TRY(check_options(import));
    survey->size = (nn_image_size){images->height, images->width};
    survey->channels = images->channels;
    survey->resize = images->height > 0;
    survey->convert = images->channels > 0;
    if (images->like) NN_TRY(follow(import));
    if (!survey->classes && !images->no_labels) {
        NN_TRY(nn_image_folder(import->folders[TRAIN], true, &survey->classes, &survey->class_count));
        NN_TRY(nn_image_check_classes(survey, import->folders[TRAIN]));
        if (survey->class_count == 0)
            NN_TRY(nn_image_no_classes(import->folders[TRAIN]));
        if (survey->class_count == 1)
            nn_import_note(import->options, "%s holds one folder, '%s': one class, so there is nothing to tell apart",
                           import->folders[TRAIN], survey->classes[0]);
    }
    for (int i = 0; i < GROUPS; i++)
        if (import->folders[i])
            NN_TRY(nn_image_list_read(import->folders[i], i == TRAIN && !images->like, survey,
                                      &import->lists[i]));
    if (survey->left_out_count > 0)
        nn_import_note(import->options, "%lld %s no PNG or JPEG image and left out: %s%s",
                       (long long)survey->left_out_count,
                       survey->left_out_count == 1 ? "file is" : "files are",
                       survey->left_out_count == 1 ? "" : "the first is ", survey->left_out);
done:
    return status;
}

/* The second pass */

static nn_status read_image(image_import *import, const nn_image_list *list, int64_t index) {
    nn_status status = NN_OK;
    const nn_image_survey *survey = &import->survey;
    char *path = NULL;
    nn_picture about;
    bool is_picture = false;
    NN_TRY(nn_image_path(survey, list, list->folder, index, &path));
    NN_TRY(nn_picture_describe(path, &is_picture, &about));
    bool same = survey->size.height == about.height && survey->size.width == about.width;
    if (!is_picture || about.height * about.width * survey->channels > survey->row_max ||
        (!same && !survey->resize))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s has changed while it was imported", path));
    NN_TRY(nn_picture_read(path, &about, survey->channels, same ? import->row : import->pixels));
    if (!same)
        status = nn_resize(import->pixels, (nn_image_size){about.height, about.width},
                           survey->channels, survey->size, import->row);
done:
    free(path);
    return status;
}

/* Writes which files the images order[0 .. count-1] are: their paths from within the folder that is imported. */
static nn_status write_names(const image_import *import, const nn_image_list *list, const int64_t *order,
                             int64_t count, const char *group, nn_import_file *file) {
    enum { PIECE = 1024 };
    nn_status status = NN_OK, closed;
    const char *folder = import->in_groups ? strrchr(list->folder, '/') + 1 : "";
    nn_h5_texts *texts = NULL;
    char *names[PIECE] = {NULL}, path[32];
    snprintf(path, sizeof path, "/%s/files", group);
    NN_TRY(nn_h5_texts_create(file->file, path, count, &texts));
    for (int64_t first = 0, some; first < count; first += some) {
        some = count - first < PIECE ? count - first : PIECE;
        for (int64_t i = 0; i < some; i++) {
            free(names[i]);
            names[i] = NULL;
            NN_TRY(nn_image_path(&import->survey, list, folder, order[first + i], &names[i]));
        }
        NN_TRY(nn_h5_texts_write(texts, first, some, (const char *const *)names));
    }
done:
    for (int i = 0; i < PIECE; i++) free(names[i]);
    closed = nn_h5_texts_close(&texts);
    return status != NN_OK ? status : closed;
}

/* Writes the images order[0 .. count-1] of a list. */
static nn_status write_images(image_import *import, const nn_image_list *list, const int64_t *order,
                              int64_t count, const char *group, nn_import_file *file) {
    nn_status status = NN_OK, ended;
    const nn_image_survey *survey = &import->survey;
    const nn_import_split none = {0};
    nn_import_array x = {0}, y = {0};
    nn_shape row = {3, {survey->size.height, survey->size.width, survey->channels}};
    NN_TRY(nn_import_array_begin(file, &none, group, "x", NN_H5_U8, row, &x));
    if (survey->classes)
        NN_TRY(nn_import_array_begin(file, &none, group, "y", NN_H5_I32, (nn_shape){0}, &y));
    for (int64_t i = 0; i < count; i++) {
        int32_t class = (int32_t)list->entries[order[i]].class;
        NN_TRY(read_image(import, list, order[i]));
        NN_TRY(nn_import_array_append(&x, 1, import->row));
        if (survey->classes) NN_TRY(nn_import_array_append(&y, 1, &class));
    }
done:
    ended = nn_import_array_end(&x);
    status = status != NN_OK ? status : ended;
    ended = nn_import_array_end(&y);
    status = status != NN_OK ? status : ended;
    return status == NN_OK ? write_names(import, list, order, count, group, file) : status;
}

/* Mixes the classes: `order` by a permutation that belongs to the seed. */
static nn_status mix(int64_t seed, int64_t *order, int64_t count) {
    enum { AFTER_SPLIT = 1 }; /* another permutation than that of the split */
    int64_t *sorted = NULL;
    nn_status status = nn_allocate("the order of images", count, sizeof *sorted, &sorted);
    if (status != NN_OK || count == 0) return status;
    nn_permutation permutation = nn_permutation_make(
        (nn_random_stream){.seed = (uint64_t)seed, .purpose = NN_RANDOM_SPLIT, .step = AFTER_SPLIT},
        (uint64_t)count);
    memcpy(sorted, order, (size_t)count * sizeof *sorted);
    for (int64_t i = 0; i < count; i++)
        order[i] = sorted[nn_permute(&permutation, (uint64_t)i)];
    free(sorted);
    return NN_OK;
}

/* One list, of which the split may put a part into /test. */
static nn_status write_list(image_import *import, int group, nn_import_file *file) {
    nn_status status = NN_OK;
    const nn_image_list *list = &import->lists[group];
    const nn_import_options *options = import->options;
    bool others = (import->images->like || import->images->no_labels) &&
                  options->test_fraction == 0.0; /* not to be trained on */
    const char *name = import->in_groups ? group_names[group]
                                         : nn_import_group(options, others ? "test" : "train");
    bool train = strcmp(name, "train") == 0;
    nn_import_split split = {0};
    int64_t *order = NULL, kept = 0, tested = 0;
    if (train) NN_TRY(nn_import_split_make(options, list->count, &split));
    NN_TRY(nn_allocate("the order of images", 2 * list->count, sizeof *order, &order));
    int64_t *test = order + list->count;
    for (int64_t i = 0; i < list->count; i++)
        if (nn_import_split_is_test(&split, i))
            test[tested++] = i;
        else
            order[kept++] = i;
    if (train && import->survey.classes) NN_TRY(mix(options->seed, order, kept));
    NN_TRY(write_images(import, list, order, kept, name, file));
    if (tested > 0) NN_TRY(write_images(import, list, test, tested, "test", file));
done:
    free(order);
    return status;
}

static nn_status write_file(image_import *import, nn_import_file *file) {
    nn_status status = NN_OK;
    const nn_image_survey *survey = &import->survey;
    int64_t row = survey->size.height * survey->size.width * survey->channels;
    NN_TRY(nn_allocate("an image", survey->row_max, 1, &import->pixels));
    NN_TRY(nn_allocate("an image", row, 1, &import->row));
    if (survey->classes)
        NN_TRY(nn_h5_write_texts(file->file, "/", "class_names",
                                 (const char *const *)survey->classes, survey->class_count));
    for (int i = 0; i < GROUPS; i++)
        if (import->folders[i]) NN_TRY(write_list(import, i, file));
done:
    return status;
}

nn_status nn_import_images(const nn_import_images_options *images,
                           const nn_import_options *options) {
    nn_status status = NN_OK;
    image_import import = {.images = images, .options = options};
    nn_import_file file = {0};
    NN_TRY(nn_import_file_begin(options, &file));
    NN_TRY(survey_images(&import));
    NN_TRY(write_file(&import, &file));
    NN_TRY(nn_import_file_finish(&file));
done:
    nn_import_file_release(&file);
    for (int i = 0; i < GROUPS; i++) {
        nn_image_list_release(&import.lists[i]);
        free(import.folders[i]);
    }
    nn_image_survey_release(&import.survey);
    free(import.pixels);
    free(import.row);
    return status;
}
