/* image_list.h: the images of a folder of class folders, found and described before any is read. Used by
 * import_images.c; all functions are Local. */
#ifndef NN_DATA_IMAGE_LIST_H
#define NN_DATA_IMAGE_LIST_H

#include "data/import.h"
#include "data/resize.h"

/** What all images have in common, and what was seen on the way; start with {0}. */
typedef struct {
    char **classes; /* names, sorted; NULL: the images stand in the folder itself */
    int64_t class_count;
    nn_image_size size; /* of all images; height 0: the first one decides */
    int channels;       /* 0: the first one decides */
    bool resize;        /* images of any size are brought to `size` */
    bool convert;       /* images of any channels are brought to `channels` */
    int64_t row_max;    /* bytes of the largest image, with `channels` bytes a pixel */
    char *first;        /* path of the first image */
    char *left_out;     /* of the first file that is no image */
    int64_t left_out_count;
} nn_image_survey;

typedef struct {
    char *name; /* of the file */
    int64_t class;
} nn_image_entry;

typedef struct {
    char *folder;
    nn_image_entry *entries; /* sorted by class and name */
    int64_t count, room;
} nn_image_list;

/** The members of a folder, hidden ones left out, sorted; those that are folders, or all others. The
 * caller frees each and *names, with nn_image_names_free(). Errors: NN_NO_INPUT, NN_IO. */
nn_status nn_image_folder(const char *path, bool folders, char ***names, int64_t *count) NN_CHECKED;
void nn_image_names_free(char **names, int64_t count);

/** Whether the names of the survey's class folders are UTF-8. Errors: NN_BAD_DATA naming one that is not. */
nn_status nn_image_check_classes(const nn_image_survey *survey, const char *folder) NN_CHECKED;

/** The failure of a folder without class folders. Errors: NN_BAD_DATA. */
nn_status nn_image_no_classes(const char *folder);

/** Lists the images of the class folders in `folder`, or of `folder` itself where the survey has no
 * classes. `all`: each class must have some. The caller releases the list, on failure too.
 * Errors: NN_NO_INPUT; NN_BAD_DATA naming the file that is damaged, or two that differ in size or
 * channels, or whose name is not UTF-8, or the folder that is no class, is empty or lies within a class. */
nn_status nn_image_list_read(const char *folder, bool all, nn_image_survey *survey,
                             nn_image_list *out) NN_CHECKED;

/** The path of an image, from within `folder`, which may be that of the list or "" to name it from there; the
 * caller frees it. Errors: NN_INTERNAL. */
nn_status nn_image_path(const nn_image_survey *survey, const nn_image_list *list, const char *folder,
                        int64_t index, char **out) NN_CHECKED;

/** Release what they hold. */
void nn_image_list_release(nn_image_list *list);
void nn_image_survey_release(nn_image_survey *survey);

#endif
