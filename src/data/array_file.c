/* array_file.c: numbers of any size and byte order, read in pieces and converted to the few types
 * that dataset files hold. */
#include "data/array_file.h"

#include "util/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 1 << 20, SMALL_PIECE_BYTES = 1 << 12, ROW_MAX = 1 << 28 /* numbers in a row */ };
static const int64_t ROWS_MAX = INT64_C(1) << 31; /* so that no count of bytes overflows */

nn_status nn_array_header_bytes(nn_stream *stream, int64_t count, void *data) {
    int64_t got = 0;
    nn_status status = nn_stream_read(stream, data, count, &got);
    if (status == NN_OK && got < count)
        status = nn_fail(NN_BAD_DATA, "%s is cut short: it ends within its header",
                         nn_stream_path(stream));
    return status;
}

static nn_status check_shape(const nn_array_file *array) {
    const char *path = nn_stream_path(array->stream);
    char text[NN_SHAPE_TEXT];
    if (array->shape.rank == 0)
        return nn_fail(NN_BAD_DATA, "%s holds a single number; expected rows", path);
    int64_t most = ROW_MAX;
    for (int i = array->shape.rank - 1; i >= 0; i--) {
        if (i == 0) most *= ROWS_MAX;
        if (array->shape.dim[i] < 1 || array->shape.dim[i] > most)
            return nn_fail(NN_BAD_DATA, "%s: an array of shape %s is empty or too large", path,
                           nn_shape_format(array->shape, text));
        most /= array->shape.dim[i];
    }
    return NN_OK;
}

/* Refuses a header that promises rows longer than the file, before memory is taken for one. */
static nn_status check_row(const nn_array_file *array) {
    int64_t row = nn_shape_count(array->shape) / array->shape.dim[0];
    char text[NN_SHAPE_TEXT];
    if (row <= nn_stream_most(array->stream) / array->bytes) return NN_OK;
    return nn_fail(NN_BAD_DATA, "%s is cut short: it ends in row 0 of shape %s",
                   nn_stream_path(array->stream), nn_shape_format(array->shape, text));
}

nn_status nn_array_file_take(nn_stream **stream, nn_array_header *header, nn_array_file *out) {
    nn_status status = NN_OK;
    *out = (nn_array_file){0};
    status = header(*stream, out);
    out->stream = *stream;
    *stream = NULL;
    if (status != NN_OK) return status;
    NN_TRY(check_shape(out));
    NN_TRY(check_row(out));
    out->room = nn_stream_most(out->stream) < PIECE_BYTES ? SMALL_PIECE_BYTES : PIECE_BYTES;
    NN_TRY(nn_allocate("a piece of an array", out->room, 1, &out->piece));
done:
    return status;
}

nn_status nn_array_file_open(const char *path, nn_array_header *header, nn_array_file *out) {
    nn_stream *stream = NULL;
    *out = (nn_array_file){0};
    nn_status status = nn_stream_open(path, &stream);
    return status == NN_OK ? nn_array_file_take(&stream, header, out) : status;
}

void nn_array_file_close(nn_array_file *array) {
    nn_stream_close(&array->stream);
    free(array->piece);
    array->piece = NULL;
}

/* Conversion */

static uint64_t load_bits(const nn_array_file *array, const unsigned char *at) {
    uint64_t bits = 0;
    for (int i = 0; i < array->bytes; i++)
        bits = bits << 8 | at[array->big_endian ? i : array->bytes - 1 - i];
    return bits;
}

/* IEEE 754 binary16. */
static double half_to_double(uint64_t bits) {
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023) / 1024.0, value;
    if (exponent == 31)
        value = fraction == 0.0 ? INFINITY : NAN;
    else if (exponent == 0)
        value = ldexp(fraction, -14);
    else
        value = ldexp(1.0 + fraction, exponent - 15);
    return bits >> 15 & 1 ? -value : value;
}

static double load_real(const nn_array_file *array, const unsigned char *at) {
    uint64_t bits = load_bits(array, at);
    if (array->bytes == 2) return half_to_double(bits);
    if (array->bytes == 4) {
        uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A whole number; beyond int64 it becomes the largest, which fits nowhere. */
static int64_t load_integer(const nn_array_file *array, const unsigned char *at) {
    uint64_t bits = load_bits(array, at);
    int unused = 64 - 8 * array->bytes;
    if (array->is_signed && unused > 0 && bits >> (8 * array->bytes - 1))
        bits |= UINT64_MAX << (64 - unused);
    if (!array->is_signed && bits > INT64_MAX) return INT64_MAX;
    int64_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Converts one number; false where it does not fit. */
static bool convert(const nn_array_file *array, const unsigned char *at, nn_h5_type type,
                    void *out) {
    if (type == NN_H5_F32) {
        double value =
            array->kind == NN_H5_REAL ? load_real(array, at) : (double)load_integer(array, at);
        float real = (float)value;
        memcpy(out, &real, sizeof real);
        return isfinite(value) && fabs(value) <= (double)FLT_MAX;
    }
    int64_t value = load_integer(array, at);
    if (type == NN_H5_U8) {
        *(unsigned char *)out = (unsigned char)value;
        return value >= 0 && value <= UINT8_MAX;
    }
    int32_t integer = (int32_t)value;
    memcpy(out, &integer, sizeof integer);
    return value >= INT32_MIN && value <= INT32_MAX;
}

static nn_status convert_piece(nn_array_file *array, int64_t first, int64_t count, nn_h5_type type,
                               char *out) {
    if (type == NN_H5_U8 && array->bytes == 1 && !array->is_signed) {
        memcpy(out, array->piece, (size_t)count);
        return NN_OK;
    }
    size_t step = type == NN_H5_U8 ? 1 : 4;
    int64_t row = nn_shape_count(array->shape) / array->shape.dim[0];
    const unsigned char *at = (const unsigned char *)array->piece;
    for (int64_t i = 0; i < count; i++, at += array->bytes, out += step)
        if (!convert(array, at, type, out))
            return nn_fail(
                NN_BAD_DATA,
                "%s: row %lld (from 0) holds a number that is not finite or does not fit "
                "into %s",
                nn_stream_path(array->stream), (long long)((first + i) / row),
                type == NN_H5_F32 ? "a 32-bit real" : "a 32-bit integer");
    return NN_OK;
}

nn_status nn_array_file_read(nn_array_file *array, int64_t count, nn_h5_type type, void *data) {
    int64_t row = nn_shape_count(array->shape) / array->shape.dim[0];
    int64_t most = array->room / array->bytes, first = array->next * row, done = 0;
    char *out = data;
    for (int64_t values = count * row; done < values;) {
        int64_t some = values - done < most ? values - done : most, got = 0;
        nn_status status = nn_stream_read(array->stream, array->piece, some * array->bytes, &got);
        if (status == NN_OK && got < some * array->bytes) {
            char text[NN_SHAPE_TEXT];
            status = nn_fail(NN_BAD_DATA, "%s is cut short: it ends in row %lld of shape %s",
                             nn_stream_path(array->stream),
                             (long long)((first + done + got / array->bytes) / row),
                             nn_shape_format(array->shape, text));
        }
        if (status == NN_OK) status = convert_piece(array, first + done, some, type, out);
        if (status != NN_OK) return status;
        done += some;
        out += (type == NN_H5_U8 ? 1 : 4) * some;
    }
    array->next += count;
    return NN_OK;
}

nn_status nn_array_file_end(nn_array_file *array) {
    char more, text[NN_SHAPE_TEXT];
    int64_t got = 0;
    nn_status status = nn_stream_read(array->stream, &more, 1, &got);
    if (status == NN_OK && got > 0)
        status = nn_fail(NN_BAD_DATA, "%s is too long: bytes follow its array of shape %s",
                         nn_stream_path(array->stream), nn_shape_format(array->shape, text));
    return status;
}
