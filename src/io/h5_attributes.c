/* h5_attributes.c: attributes of groups and datasets: texts, lists of texts, numbers. Lists are
 * written as Keras writes its names: fixed length, null-padded, cut into NAME0, NAME1... where they
 * would not fit into an object header. */
#include "io/h5_private.h"

#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LIMIT = 64512 }; /* Keras's HDF5_OBJECT_HEADER_LIMIT */

/* Writing */

/* Makes the attribute in place of one of that name and writes it; takes over `type` and `space`. */
static nn_status put(nn_h5 *file, const char *path, const char *name, hid_t type, hid_t space,
                     const void *data) {
    hid_t object = H5I_INVALID_HID, attribute = H5I_INVALID_HID;
    nn_status status = nn_h5_open_object(file, path, &object);
    if (status == NN_OK) {
        if (H5Aexists(object, name) > 0) H5Adelete(object, name);
        attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0 || H5Awrite(attribute, type, data) < 0)
            status = nn_h5_fail(NN_IO, "%s: cannot write the attribute %s of %s", file->path, name,
                                path);
        if (attribute >= 0) H5Aclose(attribute);
        H5Oclose(object);
    }
    H5Tclose(type);
    H5Sclose(space);
    return status;
}

hid_t nn_h5_text_type(size_t bytes) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes);
    H5Tset_cset(type, H5T_CSET_UTF8);
    if (bytes != H5T_VARIABLE) H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

nn_status nn_h5_write_text(nn_h5 *file, const char *path, const char *name, const char *text) {
    nn_h5_enter();
    nn_status status = put(file, path, name, nn_h5_text_type(H5T_VARIABLE), H5Screate(H5S_SCALAR), &text);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_write_int(nn_h5 *file, const char *path, const char *name, int64_t value) {
    unsigned char bytes[8]; /* little-endian in memory too: HDF5 then copies them as they are */
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
    nn_h5_enter();
    nn_status status = put(file, path, name, H5Tcopy(H5T_STD_I64LE), H5Screate(H5S_SCALAR), bytes);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_write_real(nn_h5 *file, const char *path, const char *name, double value) {
    uint64_t bits;
    unsigned char bytes[8];
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(bits >> (8 * i));
    nn_h5_enter();
    nn_status status = put(file, path, name, H5Tcopy(H5T_IEEE_F64LE), H5Screate(H5S_SCALAR), bytes);
    nn_h5_leave();
    return status;
}

/* Writes texts as one attribute of fixed-length strings. */
static nn_status put_texts(nn_h5 *file, const char *path, const char *name,
                           const char *const *texts, int64_t count, size_t bytes) {
    char *table = NULL;
    hsize_t extent = (hsize_t)count;
    nn_status status = nn_allocate("a table of names", count, bytes, &table);
    if (status != NN_OK) return status;
    for (int64_t i = 0; i < count; i++)
        memcpy(table + (size_t)i * bytes, texts[i], strlen(texts[i])); /* padded by its zeros */
    status = put(file, path, name, nn_h5_text_type(bytes), H5Screate_simple(1, &extent, NULL), table);
    free(table);
    return status;
}

static nn_status put_split(nn_h5 *file, const char *path, const char *name,
                           const char *const *texts, int64_t count, size_t bytes) {
    int64_t each = HEADER_LIMIT / (int64_t)bytes;
    int64_t parts = (count + each - 1) / each, done = 0;
    for (int64_t part = 0; part < parts; part++) {
        char numbered[256];
        int64_t some = count / parts + (part < count % parts); /* as numpy.array_split cuts */
        snprintf(numbered, sizeof numbered, "%s%lld", name, (long long)part);
        nn_status status = put_texts(file, path, numbered, texts + done, some, bytes);
        if (status != NN_OK) return status;
        done += some;
    }
    return NN_OK;
}

nn_status nn_h5_write_texts(nn_h5 *file, const char *path, const char *name,
                            const char *const *texts, int64_t count) {
    size_t bytes = 1; /* of the longest */
    for (int64_t i = 0; i < count; i++)
        if (strlen(texts[i]) > bytes) bytes = strlen(texts[i]);
    if (bytes > HEADER_LIMIT)
        return nn_fail(NN_IO, "%s: a text of the attribute %s of %s is longer than %d bytes",
                       file->path, name, path, HEADER_LIMIT);
    nn_h5_enter();
    nn_status status = (size_t)count > HEADER_LIMIT / bytes
                           ? put_split(file, path, name, texts, count, bytes)
                           : put_texts(file, path, name, texts, count, bytes);
    nn_h5_leave();
    return status;
}

/* Reading */

static bool exists(nn_h5 *file, const char *path, const char *name) {
    hid_t object = H5I_INVALID_HID;
    if (nn_h5_open_object(file, path, &object) != NN_OK) return false;
    bool found = H5Aexists(object, name) > 0;
    H5Oclose(object);
    return found;
}

bool nn_h5_has_attribute(nn_h5 *file, const char *path, const char *name) {
    nn_h5_enter();
    bool found = exists(file, path, name);
    nn_h5_leave();
    return found;
}

/* An attribute opened to read: its type, and how many values it holds. */
typedef struct {
    hid_t id, type;
    H5T_class_t class;
    int64_t count;
} opened;

static void shut(opened *attribute) {
    if (attribute->type >= 0) H5Tclose(attribute->type);
    if (attribute->id >= 0) H5Aclose(attribute->id);
}

static nn_status open_attribute(nn_h5 *file, const char *path, const char *name, opened *out) {
    hid_t object = H5I_INVALID_HID;
    *out = (opened){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    nn_status status = nn_h5_open_object(file, path, &object);
    if (status != NN_OK) return status;
    if (H5Aexists(object, name) <= 0) {
        H5Oclose(object);
        return nn_fail(NN_BAD_DATA, "%s: %s has no attribute %s", file->path, path, name);
    }
    out->id = H5Aopen(object, name, H5P_DEFAULT);
    H5Oclose(object);
    hid_t space = out->id < 0 ? H5I_INVALID_HID : H5Aget_space(out->id);
    out->type = out->id < 0 ? H5I_INVALID_HID : H5Aget_type(out->id);
    out->count = space < 0 ? -1 : (int64_t)H5Sget_simple_extent_npoints(space);
    if (space >= 0) H5Sclose(space);
    if (out->type < 0 || out->count < 0) {
        status = nn_h5_fail(NN_BAD_DATA, "%s: cannot read the attribute %s of %s", file->path, name,
                            path);
        shut(out);
        return status;
    }
    out->class = H5Tget_class(out->type);
    return NN_OK;
}

static nn_status copy_fixed(const char *bytes, size_t size, H5T_str_t padding, char **out) {
    size_t length = strnlen(bytes, size);
    while (padding == H5T_STR_SPACEPAD && length > 0 && bytes[length - 1] == ' ') length--;
    nn_status status = nn_allocate("a text", (int64_t)length + 1, 1, out);
    if (status == NN_OK) memcpy(*out, bytes, length);
    return status;
}

nn_status nn_h5_copy_text(hid_t type, const void *value, char **out) {
    const char *text = value;
    if (H5Tis_variable_str(type) <= 0)
        return copy_fixed(text, H5Tget_size(type), H5Tget_strpad(type), out);
    memcpy(&text, value, sizeof text);
    return nn_copy_text(text ? text : "", out);
}

/* Reads the texts of an attribute of `count` strings into texts[0..count-1]. */
static nn_status get_strings(const opened *attribute, char **texts) {
    nn_status status = NN_OK;
    char *table = NULL;
    bool variable = H5Tis_variable_str(attribute->type) > 0;
    size_t size = H5Tget_size(attribute->type);
    NN_TRY(nn_allocate("the texts of an attribute", attribute->count, size, &table));
    if (H5Aread(attribute->id, attribute->type, table) < 0) {
        status = nn_h5_fail(NN_BAD_DATA, "the texts cannot be read");
        goto done;
    }
    for (int64_t i = 0; i < attribute->count && status == NN_OK; i++)
        status = nn_h5_copy_text(attribute->type, table + (size_t)i * size, &texts[i]);
    if (variable) {
        hid_t space = H5Aget_space(attribute->id);
        H5Dvlen_reclaim(attribute->type, space, H5P_DEFAULT, table);
        H5Sclose(space);
    }
done:
    free(table);
    return status;
}

static nn_status get_text(nn_h5 *file, const char *path, const char *name, char **out) {
    opened attribute;
    nn_status status = open_attribute(file, path, name, &attribute);
    if (status != NN_OK) return status;
    if (attribute.class != H5T_STRING || attribute.count != 1)
        status = nn_fail(NN_BAD_DATA, "%s: the attribute %s of %s is not one text", file->path,
                         name, path);
    else
        status = nn_within(get_strings(&attribute, out), "%s: the attribute %s of %s", file->path,
                           name, path);
    shut(&attribute);
    return status;
}

nn_status nn_h5_read_text(nn_h5 *file, const char *path, const char *name, char **out) {
    *out = NULL;
    nn_h5_enter();
    nn_status status = get_text(file, path, name, out);
    nn_h5_leave();
    return status;
}

/* Appends the texts of one attribute; an empty list may be of any type, as numpy makes it. */
static nn_status append_texts(nn_h5 *file, const char *path, const char *name, char ***texts,
                              int64_t *count) {
    opened attribute;
    nn_status status = open_attribute(file, path, name, &attribute);
    if (status != NN_OK) return status;
    if (attribute.count > 0 && attribute.class != H5T_STRING) {
        status = nn_fail(NN_BAD_DATA, "%s: the attribute %s of %s is not a list of texts",
                         file->path, name, path);
    } else if (attribute.count > 0) {
        char **longer = NULL;
        status = nn_allocate("a list of names", *count + attribute.count, sizeof *longer, &longer);
        if (status == NN_OK) {
            if (*count > 0) memcpy(longer, *texts, (size_t)*count * sizeof *longer);
            free(*texts);
            *texts = longer;
            status = nn_within(get_strings(&attribute, longer + *count),
                               "%s: the attribute %s of %s", file->path, name, path);
            *count += attribute.count; /* those that were not read are NULL */
        }
    }
    shut(&attribute);
    return status;
}

static nn_status get_texts(nn_h5 *file, const char *path, const char *name, char ***texts,
                           int64_t *count) {
    char numbered[256];
    snprintf(numbered, sizeof numbered, "%s0", name);
    if (exists(file, path, name) || !exists(file, path, numbered))
        return append_texts(file, path, name, texts, count);
    nn_status status = NN_OK;
    for (int part = 0; status == NN_OK && exists(file, path, numbered);) {
        status = append_texts(file, path, numbered, texts, count);
        snprintf(numbered, sizeof numbered, "%s%d", name, ++part);
    }
    return status;
}

nn_status nn_h5_read_texts(nn_h5 *file, const char *path, const char *name, char ***out,
                           int64_t *count) {
    *out = NULL;
    *count = 0;
    nn_h5_enter();
    nn_status status = get_texts(file, path, name, out, count);
    nn_h5_leave();
    if (status == NN_OK) return NN_OK;
    for (int64_t i = 0; i < *count; i++) free((*out)[i]);
    free(*out);
    *out = NULL;
    *count = 0;
    return status;
}

/* Reads one number; `reals` allows a real one. */
static nn_status get_number(nn_h5 *file, const char *path, const char *name, bool reals,
                            hid_t memory_type, void *out) {
    opened attribute;
    nn_status status = open_attribute(file, path, name, &attribute);
    if (status != NN_OK) return status;
    bool fits = attribute.class == H5T_INTEGER || (reals && attribute.class == H5T_FLOAT);
    if (!fits || attribute.count != 1)
        status = nn_fail(NN_BAD_DATA, "%s: the attribute %s of %s is not one %s", file->path, name,
                         path, reals ? "number" : "whole number");
    else if (H5Aread(attribute.id, memory_type, out) < 0)
        status = nn_h5_fail(NN_BAD_DATA, "%s: cannot read the attribute %s of %s", file->path, name,
                            path);
    shut(&attribute);
    return status;
}

nn_status nn_h5_read_int(nn_h5 *file, const char *path, const char *name, int64_t *out) {
    nn_h5_enter();
    nn_status status = get_number(file, path, name, false, H5T_NATIVE_INT64, out);
    nn_h5_leave();
    return status;
}

nn_status nn_h5_read_real(nn_h5 *file, const char *path, const char *name, double *out) {
    nn_h5_enter();
    nn_status status = get_number(file, path, name, true, H5T_NATIVE_DOUBLE, out);
    nn_h5_leave();
    return status;
}
