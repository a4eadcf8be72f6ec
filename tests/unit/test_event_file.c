/* test_event_file.c: CRC-32C against the vectors of RFC 3720 (B.4), and TensorBoard's records byte by byte.
 * tests/curves reads whole files back with TensorBoard. */
#include "check.h"

#include "io/crc32c.h"
#include "io/event_file.h"

static void checksums_are_those_of_the_rfc(void **state) {
    (void)state;
    unsigned char bytes[32];
    assert_int_equal(nn_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(nn_crc32c("", 0), 0);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(nn_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(nn_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    assert_int_equal(nn_crc32c(bytes, sizeof bytes), 0x46dd794e);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(nn_crc32c(bytes, sizeof bytes), 0x113fdb5c);
}

static uint32_t word(const char *bytes) {
    uint32_t value = 0;
    for (int i = 3; i >= 0; i--) value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* The checksum that a mask hides. */
static uint32_t unmasked(const char *bytes) {
    const uint32_t turned = word(bytes) - 0xa282ead8;
    return turned << 15 | turned >> 17;
}

/* The file must be one record of this message. */
static void assert_record(nn_text *file, const char *message, size_t length) {
    assert_false(file->failed);
    assert_int_equal(file->length, 8 + 4 + length + 4);
    assert_int_equal(word(file->bytes), length);
    assert_int_equal(word(file->bytes + 4), 0);
    assert_int_equal(unmasked(file->bytes + 8), nn_crc32c(file->bytes, 8));
    assert_memory_equal(file->bytes + 12, message, length);
    assert_int_equal(unmasked(file->bytes + 12 + length), nn_crc32c(message, length));
    nn_text_free(file);
}
#define ASSERT_RECORD(file, literal) assert_record(file, literal, sizeof(literal) - 1)

static void records_hold_events(void **state) {
    (void)state;
    nn_text file = {0};
    nn_event_version(&file, 1.0);
    ASSERT_RECORD(&file, "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x1a\x0d" "brain.Event:2");
    nn_event_start(&file, 1.0, 7);
    ASSERT_RECORD(&file, "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x07\x3a\x02\x08\x01");
    nn_event_scalar(&file, 1.0, 3, "loss", 0.5);
    ASSERT_RECORD(&file, "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x03\x2a\x0d\x0a\x0b\x0a\x04" "loss"
                         "\x15\x00\x00\x00\x3f");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(checksums_are_those_of_the_rfc),
                                       cmocka_unit_test(records_hold_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
