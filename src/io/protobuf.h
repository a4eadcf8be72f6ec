/* protobuf.h: messages in the wire format of Protocol Buffers, written field by field, for the files of
 * other programs (ONNX, TensorBoard). A message is an nn_text that grows; an inner one is written into a
 * text of its own and then added. Nothing here reads.
 *
 * A field is its number and a wire type, (number << 3 | type) as a varint, and then the value: a varint
 * (seven bits a byte, the lowest first), 8 or 4 bytes little-endian, or a length and as many bytes
 * (https://protobuf.dev/programming-guides/encoding). */
#ifndef NN_IO_PROTOBUF_H
#define NN_IO_PROTOBUF_H

#include "util/text.h"

/** Adds a field of type int32, int64, bool or enum. Local. */
void nn_protobuf_int(nn_text *message, int field, int64_t value);

/** Adds one of type float, or of type double. Local. */
void nn_protobuf_float(nn_text *message, int field, float value);
void nn_protobuf_double(nn_text *message, int field, double value);

/** Adds one of type string, or of type bytes. Local. */
void nn_protobuf_text(nn_text *message, int field, const char *value);
void nn_protobuf_bytes(nn_text *message, int field, const void *bytes, size_t length);

/** Adds the beginning of a field of type bytes, or of a message: its `length` bytes come from elsewhere.
 * Local. */
void nn_protobuf_head(nn_text *message, int field, size_t length);

/** Adds a message, and releases it. One that ran out of memory makes `message` fail too. Local. */
void nn_protobuf_message(nn_text *message, int field, nn_text *inner);

#endif
