/* h5_groups.c: paths within a file, groups and links. */
#include "io/h5_private.h"

#include "util/memory.h"
#include "util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- paths ---- */

enum { PATH_ROOM = 4096 };

/* The message where `part` (the path up to the missing name) is not there: what is there. */
static nn_status fail_missing(nn_h5 *file, const char *path, const char *part) {
    char parent[PATH_ROOM];
    snprintf(parent, sizeof parent, "%s", part);
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent)
        strcpy(parent, "/");
    else
        *slash = '\0';

    char **names = NULL;
    int64_t count = 0;
    nn_text there = {0};
    if (nn_h5_list(file, parent, &names, &count) == NN_OK) {
        for (int64_t i = 0; i < count && i < 12; i++)
            nn_text_add(&there, "%s%s", i ? ", " : "", names[i]);
        if (count > 12) nn_text_add(&there, ", ...");
        if (count == 0) nn_text_add(&there, "nothing");
        for (int64_t i = 0; i < count; i++) free(names[i]);
        free(names);
    }
    nn_status status =
        there.bytes && !there.failed
            ? nn_fail(NN_BAD_DATA, "%s has no %s; %s holds: %s", file->path, path, parent,
                      there.bytes)
            : nn_fail(NN_BAD_DATA, "%s has no %s: %s is not a group", file->path, path, parent);
    nn_text_free(&there);
    return status;
}

/* Copies a path to `part` (PATH_ROOM). Not allocated: whoever asks whether something is there must not
 * hear that it is not, because memory was short. */
static nn_status copy_path(nn_h5 *file, const char *path, char *part) {
    if (strlen(path) >= PATH_ROOM)
        return nn_fail(NN_BAD_DATA, "%s: a path has more than %d characters: %.60s...", file->path,
                       PATH_ROOM - 1, path);
    strcpy(part, path);
    return NN_OK;
}

nn_status nn_h5_reach(nn_h5 *file, const char *path) {
    char part[PATH_ROOM];
    nn_status status = copy_path(file, path, part);
    for (char *end = part; status == NN_OK && *end;) {
        char *name = end + strspn(end, "/");
        end = name + strcspn(name, "/");
        if (end == name) break; /* the root, or a slash at the end */
        char after = *end;
        *end = '\0';
        H5L_info_t link;
        if (H5Lget_info(file->id, part, &link, H5P_DEFAULT) < 0)
            return fail_missing(file, path, part);
        if (link.type != H5L_TYPE_HARD) {
            const char *kind = link.type == H5L_TYPE_SOFT       ? "a soft"
                               : link.type == H5L_TYPE_EXTERNAL ? "an external"
                                                                : "a user-defined";
            return nn_fail(NN_BAD_DATA,
                           "%s: %s is %s link, which nnmpi does not follow: put the data itself "
                           "or a hard link there",
                           file->path, part, kind);
        }
        *end = after;
    }
    return status;
}

nn_status nn_h5_open_object(nn_h5 *file, const char *path, hid_t *out) {
    nn_status status = nn_h5_reach(file, path);
    if (status != NN_OK) return status;
    *out = H5Oopen(file->id, path, H5P_DEFAULT);
    return *out >= 0 ? NN_OK : nn_h5_fail(NN_BAD_DATA, "%s: cannot open %s", file->path, path);
}

/* The type of the object at `path`, H5I_BADID where there is none. */
static H5I_type_t object_type(nn_h5 *file, const char *path) {
    hid_t object = H5I_INVALID_HID;
    nn_h5_enter();
    H5I_type_t type = H5I_BADID;
    if (nn_h5_open_object(file, path, &object) == NN_OK) {
        type = H5Iget_type(object);
        H5Oclose(object);
    }
    nn_h5_leave();
    return type;
}

bool nn_h5_is_group(nn_h5 *file, const char *path) {
    return object_type(file, path) == H5I_GROUP;
}

bool nn_h5_is_dataset(nn_h5 *file, const char *path) {
    return object_type(file, path) == H5I_DATASET;
}

bool nn_h5_has(nn_h5 *file, const char *path) {
    char part[PATH_ROOM];
    bool there = true;
    if (copy_path(file, path, part) != NN_OK) return true;
    nn_h5_enter();
    for (char *end = part; there && *end;) {
        char *name = end + strspn(end, "/");
        end = name + strcspn(name, "/");
        if (end == name) break;
        char after = *end;
        *end = '\0';
        htri_t found = H5Lexists(file->id, part, H5P_DEFAULT);
        H5L_info_t link;
        there = found != 0;
        if (found < 0 || (there && (H5Lget_info(file->id, part, &link, H5P_DEFAULT) < 0 ||
                                    link.type != H5L_TYPE_HARD)))
            break; /* what stands there cannot be passed */
        *end = after;
    }
    nn_h5_leave();
    return there;
}

/* ---- groups ---- */

static nn_status list_names(nn_h5 *file, const char *path, hid_t group, char ***names,
                            int64_t *count) {
    nn_status status = NN_OK;
    unsigned order = 0;
    H5G_info_t info;
    hid_t creation = H5Gget_create_plist(group);
    if (creation >= 0) {
        H5Pget_link_creation_order(creation, &order);
        H5Pclose(creation);
    }
    H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    if (H5Gget_info(group, &info) < 0)
        return nn_h5_fail(NN_BAD_DATA, "%s: cannot list %s", file->path, path);
    NN_TRY(nn_allocate("a list of names", (int64_t)info.nlinks, sizeof **names, names));
    for (*count = 0; *count < (int64_t)info.nlinks; ++*count) {
        hsize_t i = (hsize_t)*count;
        ssize_t length =
            H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
        if (length < 0) return nn_h5_fail(NN_BAD_DATA, "%s: cannot list %s", file->path, path);
        NN_TRY(nn_allocate("a name", length + 1, 1, &(*names)[i]));
        if (H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, (*names)[i], (size_t)length + 1,
                               H5P_DEFAULT) < 0) {
            ++*count; /* this name too is released */
            return nn_h5_fail(NN_BAD_DATA, "%s: cannot list %s", file->path, path);
        }
    }
done:
    return status;
}

static nn_status list_group(nn_h5 *file, const char *path, char ***names, int64_t *count) {
    hid_t object = H5I_INVALID_HID;
    nn_status status = nn_h5_open_object(file, path, &object);
    if (status != NN_OK) return status;
    if (H5Iget_type(object) == H5I_GROUP)
        status = list_names(file, path, object, names, count);
    else
        status = nn_fail(NN_BAD_DATA, "%s: %s is not a group", file->path, path);
    H5Oclose(object);
    return status;
}

nn_status nn_h5_list(nn_h5 *file, const char *group, char ***names, int64_t *count) {
    *names = NULL;
    *count = 0;
    nn_h5_enter();
    nn_status status = list_group(file, group, names, count);
    nn_h5_leave();
    if (status == NN_OK) return NN_OK;
    for (int64_t i = 0; i < *count; i++) free((*names)[i]);
    free(*names);
    *names = NULL;
    *count = 0;
    return status;
}

/* Makes the group at `path` where nothing stands; its parent exists. */
static nn_status make_one_group(nn_h5 *file, const char *path) {
    if (H5Lexists(file->id, path, H5P_DEFAULT) > 0) {
        if (nn_h5_is_group(file, path)) return NN_OK;
        return nn_fail(NN_IO, "%s: %s stands where a group was to be made", file->path, path);
    }
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    H5Pset_obj_track_times(creation, false);
    hid_t group = H5Gcreate2(file->id, path, H5P_DEFAULT, creation, H5P_DEFAULT);
    nn_status status =
        group < 0 ? nn_h5_fail(NN_IO, "%s: cannot make the group %s", file->path, path) : NN_OK;
    if (group >= 0) H5Gclose(group);
    H5Pclose(creation);
    return status;
}

/* Makes each group on the way to `path`, and `path` itself unless `parents_only`. */
static nn_status make_groups(nn_h5 *file, const char *path, bool parents_only) {
    nn_status status = NN_OK;
    char *part = NULL;
    NN_TRY(nn_copy_text(path, &part));
    for (char *end = part; *end;) {
        char *name = end + strspn(end, "/");
        end = name + strcspn(name, "/");
        if (end == name || (parents_only && *end == '\0')) break;
        char after = *end;
        *end = '\0';
        NN_TRY(make_one_group(file, part));
        *end = after;
    }
done:
    free(part);
    return status;
}

nn_status nn_h5_make_parents(nn_h5 *file, const char *path) {
    return make_groups(file, path, true);
}

nn_status nn_h5_make_group(nn_h5 *file, const char *path) {
    nn_h5_enter();
    nn_status status = make_groups(file, path, false);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_link(nn_h5 *file, const char *target, const char *name) {
    nn_h5_enter();
    nn_status status = nn_h5_make_parents(file, name);
    if (status == NN_OK &&
        H5Lcreate_hard(file->id, target, file->id, name, H5P_DEFAULT, H5P_DEFAULT) < 0)
        status = nn_h5_fail(NN_IO, "%s: cannot link %s to %s", file->path, name, target);
    nn_h5_leave();
    return status;
}
