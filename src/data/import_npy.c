/* import_npy.c: the header of an NPY file
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): magic, version, length,
 * then a Python dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. With its
 * parentheses made brackets it is a YAML map, and is read as one. */
#include "data/array_file.h"

#include "io/yaml.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 1 << 16 };

static nn_status fail_header(const char *path, const char *what) {
    return nn_fail(NN_BAD_DATA, "%s: its NPY header %s", path, what);
}

/* Reads the dict as a text, ready to be parsed; the caller frees it. */
static nn_status read_dict(nn_stream *stream, char **out) {
    const char *path = nn_stream_path(stream);
    unsigned char start[8], length[4] = {0};
    nn_status status = nn_array_header_bytes(stream, 8, start);
    if (status != NN_OK) return status;
    if (memcmp(start, "\x93NUMPY", 6) != 0)
        return nn_fail(NN_BAD_DATA, "%s is not an NPY file (an .npz holds several: nnmpi import npz)",
                       path);
    if (start[6] < 1 || start[6] > 3)
        return nn_fail(NN_BAD_DATA, "%s has NPY version %d; nnmpi reads 1 to 3", path, start[6]);
    status = nn_array_header_bytes(stream, start[6] == 1 ? 2 : 4, length);
    if (status != NN_OK) return status;
    int64_t bytes = (int64_t)length[0] | (int64_t)length[1] << 8 | (int64_t)length[2] << 16 |
                    (int64_t)length[3] << 24;
    if (bytes > HEADER_MAX) return fail_header(path, "is too long to be right");
    status = nn_allocate("an NPY header", bytes + 1, 1, out);
    if (status != NN_OK) return status;
    status = nn_array_header_bytes(stream, bytes, *out);
    for (char *c = *out, quote = 0; *c; c++) {
        if (*c == quote)
            quote = 0;
        else if (!quote && (*c == '\'' || *c == '"'))
            quote = *c;
        else if (!quote && *c == '(')
            *c = '[';
        else if (!quote && *c == ')')
            *c = ']';
        else if (!quote && *c == '\n')
            *c = ' ';
    }
    return status;
}

/* "<f8": byte order, kind, bytes. */
static nn_status read_type(const char *path, const nn_node *descr, nn_array_file *out) {
    if (descr && descr->kind == NN_NODE_TEXT && strchr(descr->text, 'O'))
        return nn_fail(NN_BAD_DATA,
                       "%s holds Python objects, such as lists of different lengths, which only Python "
                       "can read; make an array of numbers of it (keras.utils.pad_sequences for lists "
                       "of words) and save that",
                       path);
    if (!descr || descr->kind != NN_NODE_TEXT || strlen(descr->text) < 3)
        return fail_header(path,
                           "has no plain 'descr'; nnmpi reads arrays of one number type, such "
                           "as '<f4'");
    const char *text = descr->text;
    char *end = NULL;
    long bytes = strtol(text + 2, &end, 10);
    bool whole = *end == '\0' && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
    bool integer = strchr("iu", text[1]) || (text[1] == 'b' && bytes == 1);
    if (!whole || !strchr("<>|=", text[0]) || !(integer || (text[1] == 'f' && bytes > 1)))
        return nn_fail(NN_BAD_DATA,
                       "%s holds numbers of type '%.32s', which nnmpi does not read; save it with "
                       "x.astype('float32')",
                       path, text);
    out->kind = integer ? NN_H5_INTEGER : NN_H5_REAL;
    out->is_signed = text[1] == 'i';
    out->big_endian = text[0] == '>';
    out->bytes = (int)bytes;
    return NN_OK;
}

static nn_status read_shape(const char *path, const nn_node *shape, nn_array_file *out) {
    if (!shape || shape->kind != NN_NODE_LIST) return fail_header(path, "has no 'shape'");
    if (shape->count > NN_SHAPE_MAX)
        return nn_fail(NN_BAD_DATA, "%s has %zu dimensions; nnmpi takes at most %d", path,
                       shape->count, NN_SHAPE_MAX);
    out->shape.rank = (int)shape->count;
    for (size_t i = 0; i < shape->count; i++) {
        if (shape->items[i]->kind != NN_NODE_INT)
            return fail_header(path, "has a 'shape' that is no list of whole numbers");
        out->shape.dim[i] = shape->items[i]->integer;
    }
    return NN_OK;
}

nn_status nn_npy_header(nn_stream *stream, nn_array_file *out) {
    nn_status status = NN_OK;
    const char *path = nn_stream_path(stream);
    char *text = NULL;
    nn_node *dict = NULL;
    NN_TRY(read_dict(stream, &text));
    status = nn_yaml_parse(text, path, &dict);
    if (status == NN_INTERNAL) goto done;
    if (status != NN_OK || dict->kind != NN_NODE_MAP) NN_TRY(fail_header(path, "is no Python dict"));
    NN_TRY(read_type(path, nn_node_get(dict, "descr"), out));
    NN_TRY(read_shape(path, nn_node_get(dict, "shape"), out));
    const nn_node *fortran = nn_node_get(dict, "fortran_order");
    if (!fortran || fortran->kind != NN_NODE_BOOL)
        status = fail_header(path, "has no 'fortran_order'");
    else if (fortran->boolean && out->shape.rank > 1)
        status = nn_fail(NN_BAD_DATA,
                         "%s is in Fortran order; save it with "
                         "numpy.save(FILE, numpy.ascontiguousarray(x))",
                         path);
done:
    nn_node_destroy(&dict);
    free(text);
    return status;
}

static nn_status open_file(void *context, const char *name, nn_array_file *out) {
    (void)context;
    return nn_array_file_open(name, nn_npy_header, out);
}

nn_status nn_import_npy(const nn_import_arrays *arrays, const nn_import_options *options) {
    return nn_import_arrays_write(arrays, open_file, NULL, options);
}
