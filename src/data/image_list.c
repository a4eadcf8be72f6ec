/* image_list.c: listing folders of images. A file is an image by its first bytes; one that is none but is
 * called like one is damaged. */
#include "data/image_list.h"

#include "io/picture.h"
#include "util/memory.h"
#include "util/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Folders */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a copy of a name. */
static nn_status add_name(char ***names, int64_t *count, int64_t *room, const char *name) {
    if (*count == *room) {
        int64_t more = *room ? 2 * *room : 64;
        char **moved = realloc(*names, (size_t)more * sizeof *moved);
        if (!moved) return nn_fail(NN_INTERNAL, "out of memory: a list of files");
        *names = moved;
        *room = more;
    }
    nn_status status = nn_copy_text(name, *names + *count);
    if (status == NN_OK) ++*count;
    return status;
}

/* Adds an image, a copy of its name. */
static nn_status add_entry(nn_image_list *list, const char *name, int64_t class) {
    if (list->count == list->room) {
        int64_t more = list->room ? 2 * list->room : 64;
        nn_image_entry *moved = realloc(list->entries, (size_t)more * sizeof *moved);
        if (!moved) return nn_fail(NN_INTERNAL, "out of memory: a list of images");
        list->entries = moved;
        list->room = more;
    }
    nn_image_entry *entry = &list->entries[list->count];
    entry->class = class;
    nn_status status = nn_copy_text(name, &entry->name);
    if (status == NN_OK) list->count++;
    return status;
}

static nn_status stat_member(const char *folder, const char *name, struct stat *about) {
    char *path = NULL;
    nn_status status = nn_join_path(folder, name, &path);
    if (status == NN_OK && stat(path, about) != 0)
        status = nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    free(path);
    return status;
}

nn_status nn_image_folder(const char *path, bool folders, char ***names, int64_t *count) {
    nn_status status = NN_OK;
    int64_t room = 0;
    *names = NULL;
    *count = 0;
    DIR *handle = opendir(path);
    if (!handle) return nn_fail(NN_NO_INPUT, "cannot open the folder %s: %s", path, strerror(errno));
    while (status == NN_OK) {
        struct stat about;
        errno = 0;
        const struct dirent *entry = readdir(handle);
        if (!entry && errno != 0)
            status = nn_fail(NN_IO, "the folder %s cannot be listed: %s", path, strerror(errno));
        if (!entry) break;
        if (entry->d_name[0] == '.') continue;
        NN_TRY(stat_member(path, entry->d_name, &about));
        if ((S_ISDIR(about.st_mode) != 0) != folders) continue;
        NN_TRY(add_name(names, count, &room, entry->d_name));
    }
    if (*count > 0) qsort(*names, (size_t)*count, sizeof **names, compare_names);
done:
    closedir(handle);
    if (status == NN_OK) return NN_OK;
    nn_image_names_free(*names, *count);
    *names = NULL;
    *count = 0;
    return status;
}

void nn_image_names_free(char **names, int64_t count) {
    for (int64_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

/* Images */

static bool is_called_image(const char *name) {
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof ends / sizeof *ends; i++)
        if (strcasecmp(dot, ends[i]) == 0) return true;
    return false;
}

/* Compares an image with the first one. */
static nn_status check_alike(nn_image_survey *survey, const char *path, const nn_picture *about) {
    if (survey->size.height == 0) survey->size = (nn_image_size){about->height, about->width};
    if (survey->channels == 0) survey->channels = about->channels;
    const nn_image_size *size = &survey->size;
    if (!survey->resize && (size->height != about->height || size->width != about->width))
        return nn_fail(NN_BAD_DATA,
                       "%s has %lld x %lld pixels (height x width), but %s has %lld x %lld; --size "
                       "HEIGHTxWIDTH brings all images to one size",
                       path, (long long)about->height, (long long)about->width,
                       survey->first ? survey->first : "the first", (long long)size->height,
                       (long long)size->width);
    if (!survey->convert && survey->channels != about->channels)
        return nn_fail(NN_BAD_DATA,
                       "%s is in %s, but %s is in %s; --channels 3 or --channels 1 makes all alike",
                       path, about->channels == 3 ? "colours" : "gray", survey->first,
                       survey->channels == 3 ? "colours" : "gray");
    int64_t row = about->height * about->width * survey->channels;
    if (row > survey->row_max) survey->row_max = row;
    return survey->first ? NN_OK : nn_copy_text(path, &survey->first);
}

static nn_status leave_out(nn_image_survey *survey, const char *path) {
    survey->left_out_count++;
    return survey->left_out ? NN_OK : nn_copy_text(path, &survey->left_out);
}

static nn_status add_file(nn_image_survey *survey, nn_image_list *list, const char *folder,
                          const char *name, int64_t class) {
    nn_status status = NN_OK;
    struct stat about_file;
    nn_picture about;
    char *path = NULL;
    bool is_picture = false;
    NN_TRY(nn_join_path(folder, name, &path));
    NN_TRY(stat_member(folder, name, &about_file));
    if (S_ISREG(about_file.st_mode)) /* not a pipe, which would wait for a writer */
        NN_TRY(nn_picture_describe(path, &is_picture, &about));
    if (!is_picture && is_called_image(name))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s is neither a PNG nor a JPEG image, as its name would have it",
                       path));
    if (!is_picture) {
        status = leave_out(survey, path);
        goto done;
    }
    if (!nn_is_utf8(name))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s: the name of the file is not UTF-8; rename it", path));
    NN_TRY(check_alike(survey, path, &about));
    NN_TRY(add_entry(list, name, class));
done:
    free(path);
    return status;
}

/* The images of one folder, all of one class. */
static nn_status add_class(nn_image_survey *survey, nn_image_list *list, const char *folder,
                           int64_t class) {
    nn_status status = NN_OK;
    char **names = NULL;
    int64_t count = 0;
    NN_TRY(nn_image_folder(folder, true, &names, &count));
    if (count > 0)
        NN_TRY(nn_fail(NN_BAD_DATA,
                       "%s/%s is a folder within a folder of images; move its images up, or it away",
                       folder, names[0]));
    NN_TRY(nn_image_folder(folder, false, &names, &count));
    for (int64_t i = 0; i < count; i++) NN_TRY(add_file(survey, list, folder, names[i], class));
done:
    nn_image_names_free(names, count);
    return status;
}

nn_status nn_image_check_classes(const nn_image_survey *survey, const char *folder) {
    for (int64_t i = 0; i < survey->class_count; i++)
        if (!nn_is_utf8(survey->classes[i]))
            return nn_fail(NN_BAD_DATA,
                           "%s/%s: the name of the folder, which names a class, is not UTF-8; rename it",
                           folder, survey->classes[i]);
    return NN_OK;
}

static nn_status find_class(const nn_image_survey *survey, const char *folder, const char *name,
                            int64_t *out) {
    const char *const *names = (const char *const *)survey->classes;
    nn_text message = {0};
    for (*out = 0; *out < survey->class_count; ++*out)
        if (strcmp(names[*out], name) == 0) return NN_OK;
    nn_text_add(&message, "%s/%s: '%s' is no class", folder, name, name);
    nn_text_suggest(&message, name, names, (size_t)survey->class_count, "there are");
    return nn_text_fail(&message, NN_BAD_DATA);
}

nn_status nn_image_no_classes(const char *folder) {
    return nn_fail(NN_BAD_DATA,
                   "%s holds no folders; expected one for each class (--no-label imports images without classes, "
                   "for nnmpi predict)",
                   folder);
}

static nn_status add_classes(nn_image_survey *survey, nn_image_list *list, bool all) {
    nn_status status = NN_OK;
    char **names = NULL, *path = NULL;
    int64_t count = 0;
    NN_TRY(nn_image_folder(list->folder, false, &names, &count));
    for (int64_t i = 0; i < count; i++) {
        free(path);
        NN_TRY(nn_join_path(list->folder, names[i], &path));
        NN_TRY(leave_out(survey, path));
    }
    nn_image_names_free(names, count);
    NN_TRY(nn_image_folder(list->folder, true, &names, &count));
    if (count == 0) NN_TRY(nn_image_no_classes(list->folder));
    for (int64_t i = 0; i < count; i++) {
        int64_t class = 0, before = list->count;
        free(path);
        NN_TRY(nn_join_path(list->folder, names[i], &path));
        NN_TRY(find_class(survey, list->folder, names[i], &class));
        NN_TRY(add_class(survey, list, path, class));
        if (all && list->count == before)
            NN_TRY(nn_fail(NN_BAD_DATA,
                           "%s holds no PNG or JPEG image, so there is nothing of this class; without "
                           "the folder the class is left out",
                           path));
    }
done:
    free(path);
    nn_image_names_free(names, count);
    return status;
}

nn_status nn_image_list_read(const char *folder, bool all, nn_image_survey *survey,
                             nn_image_list *out) {
    nn_status status = NN_OK;
    *out = (nn_image_list){0};
    NN_TRY(nn_copy_text(folder, &out->folder));
    if (survey->classes)
        NN_TRY(add_classes(survey, out, all));
    else
        NN_TRY(add_class(survey, out, folder, 0));
    if (out->count == 0)
        status = nn_fail(NN_BAD_DATA, "%s holds no PNG or JPEG images", folder);
done:
    return status;
}

nn_status nn_image_path(const nn_image_survey *survey, const nn_image_list *list, const char *folder,
                        int64_t index, char **out) {
    const nn_image_entry *entry = &list->entries[index];
    nn_text text = {0};
    if (*folder) nn_text_add(&text, "%s/", folder);
    if (survey->classes) nn_text_add(&text, "%s/", survey->classes[entry->class]);
    nn_text_add(&text, "%s", entry->name);
    return nn_text_take(&text, out);
}

void nn_image_list_release(nn_image_list *list) {
    for (int64_t i = 0; i < list->count; i++) free(list->entries[i].name);
    free(list->entries);
    free(list->folder);
    *list = (nn_image_list){0};
}

void nn_image_survey_release(nn_image_survey *survey) {
    nn_image_names_free(survey->classes, survey->class_count);
    free(survey->first);
    free(survey->left_out);
    *survey = (nn_image_survey){0};
}
