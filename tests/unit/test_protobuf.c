/* test_protobuf.c: the bytes of Protocol Buffers' wire format: the examples of its documentation, and the
 * ends of each type's range. */
#include "check.h"

#include "io/protobuf.h"

#include <string.h>

static void assert_bytes(nn_text *message, const char *expected, size_t length) {
    assert_false(message->failed);
    assert_int_equal(message->length, length);
    assert_memory_equal(message->bytes, expected, length);
    nn_text_free(message);
}
#define ASSERT_BYTES(message, literal) assert_bytes(message, literal, sizeof(literal) - 1)

static void test_documented_examples(void **state) {
    (void)state;
    nn_text message = {0}, inner = {0};
    nn_protobuf_int(&message, 1, 150);
    ASSERT_BYTES(&message, "\x08\x96\x01");
    nn_protobuf_text(&message, 2, "testing");
    ASSERT_BYTES(&message, "\x12\x07testing");
    nn_protobuf_int(&inner, 1, 150);
    nn_protobuf_message(&message, 3, &inner);
    assert_null(inner.bytes);
    ASSERT_BYTES(&message, "\x1a\x03\x08\x96\x01");
}

static void test_ends_of_ranges(void **state) {
    (void)state;
    nn_text message = {0};
    nn_protobuf_int(&message, 1, 0);
    ASSERT_BYTES(&message, "\x08\x00");
    nn_protobuf_int(&message, 16, 127); /* a key of two bytes */
    ASSERT_BYTES(&message, "\x80\x01\x7f");
    nn_protobuf_int(&message, 1, 128);
    ASSERT_BYTES(&message, "\x08\x80\x01");
    nn_protobuf_int(&message, 1, -1);
    ASSERT_BYTES(&message, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    nn_protobuf_int(&message, 1, INT64_MAX);
    ASSERT_BYTES(&message, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
    nn_protobuf_float(&message, 1, 1.0f);
    ASSERT_BYTES(&message, "\x0d\x00\x00\x80\x3f");
    nn_protobuf_double(&message, 1, -2.0);
    ASSERT_BYTES(&message, "\x09\x00\x00\x00\x00\x00\x00\x00\xc0");
}

static void test_empty_and_failed(void **state) {
    (void)state;
    nn_text message = {0}, inner = {0};
    nn_protobuf_message(&message, 1, &inner); /* a message of defaults has no bytes */
    nn_protobuf_bytes(&message, 2, NULL, 0);
    ASSERT_BYTES(&message, "\x0a\x00\x12\x00");
    inner.failed = true;
    nn_protobuf_message(&message, 1, &inner);
    assert_true(message.failed);
    nn_text_free(&message);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_documented_examples),
                                       cmocka_unit_test(test_ends_of_ranges),
                                       cmocka_unit_test(test_empty_and_failed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
