/* protobuf.c: the wire format of Protocol Buffers, the writing half. */
#include "io/protobuf.h"

#include <string.h>

typedef enum { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 } wire_type;

static void add_varint(nn_text *message, uint64_t value) {
    unsigned char bytes[10];
    size_t count = 0;
    do {
        bytes[count++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value > 0);
    nn_text_add_bytes(message, bytes, count);
}

static void add_little_endian(nn_text *message, uint64_t value, size_t count) {
    unsigned char bytes[8];
    for (size_t i = 0; i < count; i++) bytes[i] = (unsigned char)(value >> (8 * i));
    nn_text_add_bytes(message, bytes, count);
}

static void add_key(nn_text *message, int field, wire_type type) {
    add_varint(message, (uint64_t)field << 3 | type);
}

void nn_protobuf_int(nn_text *message, int field, int64_t value) {
    add_key(message, field, VARINT);
    add_varint(message, (uint64_t)value); /* a negative one has ten bytes */
}

void nn_protobuf_float(nn_text *message, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(message, field, FOUR_BYTES);
    add_little_endian(message, bits, sizeof bits);
}

void nn_protobuf_double(nn_text *message, int field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(message, field, EIGHT_BYTES);
    add_little_endian(message, bits, sizeof bits);
}

void nn_protobuf_text(nn_text *message, int field, const char *value) {
    nn_protobuf_bytes(message, field, value, strlen(value));
}

void nn_protobuf_head(nn_text *message, int field, size_t length) {
    add_key(message, field, LENGTH);
    add_varint(message, length);
}

void nn_protobuf_bytes(nn_text *message, int field, const void *bytes, size_t length) {
    nn_protobuf_head(message, field, length);
    nn_text_add_bytes(message, bytes, length);
}

void nn_protobuf_message(nn_text *message, int field, nn_text *inner) {
    nn_protobuf_bytes(message, field, inner->bytes, inner->length);
    message->failed |= inner->failed;
    nn_text_free(inner);
}
