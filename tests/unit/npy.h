/* npy.h: NPY files made by the tests. */
#ifndef NN_TESTS_UNIT_NPY_H
#define NN_TESTS_UNIT_NPY_H

#include <stdio.h>
#include <string.h>

enum { NPY_ROOM = 1024 };

/* An NPY file of version 1.0 with `bytes` bytes of data behind its header, such as NPY_DICT("<i4", "(3,)").
 * Returns its length; `out` has room for NPY_ROOM bytes. */
static inline size_t make_npy(const char *dict, const void *data, size_t bytes, char *out) {
    size_t length = strlen(dict);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)(length & 0xFF);
    out[9] = (char)(length >> 8);
    memcpy(out + 10, dict, length);
    if (bytes > 0) memcpy(out + 10 + length, data, bytes);
    return 10 + length + bytes;
}

#define NPY_DICT(type, shape)                                                                      \
    "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }   \n"

#endif
