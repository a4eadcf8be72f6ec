/* wire.h: reads messages of Protocol Buffers, one field after the other: what tests of written files look
 * into them with. */
#ifndef NN_TESTS_UNIT_WIRE_H
#define NN_TESTS_UNIT_WIRE_H

#include "check.h"

#include <stdbool.h>

/** A message, or a field of type bytes or string. Borrowed. */
typedef struct {
    const unsigned char *bytes;
    size_t length;
} wire;

static inline uint64_t wire_varint(wire *rest) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        assert_true(rest->length > 0);
        const unsigned char byte = *rest->bytes++;
        rest->length--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    fail_msg("a varint of more than 10 bytes");
    return 0;
}

/** Takes the next field from `rest`; false at its end. `number` is set for a varint, `content` for all
 * others. */
static inline bool wire_next(wire *rest, int *field, uint64_t *number, wire *content) {
    if (rest->length == 0) return false;
    const uint64_t key = wire_varint(rest);
    *field = (int)(key >> 3);
    *number = 0;
    *content = (wire){0};
    size_t length = 0;
    switch (key & 7) {
    case 0: *number = wire_varint(rest); return true;
    case 1: length = 8; break;
    case 2: length = (size_t)wire_varint(rest); break;
    case 5: length = 4; break;
    default: fail_msg("wire type %d", (int)(key & 7));
    }
    assert_true(length <= rest->length);
    *content = (wire){rest->bytes, length};
    rest->bytes += length;
    rest->length -= length;
    return true;
}

/** How many fields of this number the message has. */
static inline int wire_count(wire message, int field) {
    int found, count = 0;
    uint64_t number;
    wire content;
    while (wire_next(&message, &found, &number, &content)) count += found == field;
    return count;
}

/** Field `field` of the message, that of `index` where there are several; the test fails without. */
static inline void wire_find(wire message, int field, int index, uint64_t *number, wire *content) {
    int found;
    *number = 0;
    *content = (wire){0};
    for (int at = 0; wire_next(&message, &found, number, content);) {
        if (found != field) continue;
        if (at++ == index) return;
    }
    fail_msg("the message has no field %d, number %d", field, index);
}

static inline wire wire_message(wire message, int field, int index) {
    uint64_t number;
    wire content;
    wire_find(message, field, index, &number, &content);
    return content;
}

static inline int64_t wire_number(wire message, int field, int index) {
    uint64_t number;
    wire content;
    wire_find(message, field, index, &number, &content);
    return (int64_t)number;
}

static inline void assert_wire_text(wire message, int field, int index, const char *expected) {
    const wire text = wire_message(message, field, index);
    if (text.length != strlen(expected) || memcmp(text.bytes, expected, text.length) != 0)
        fail_msg("field %d is '%.*s' instead of '%s'", field, (int)text.length, (const char *)text.bytes,
                 expected);
}

#endif
