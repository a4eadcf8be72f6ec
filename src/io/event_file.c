/* event_file.c: TensorBoard's events. The numbers are those of the fields in TensorFlow's event.proto and
 * summary.proto. */
#include "io/event_file.h"

#include "io/crc32c.h"
#include "io/protobuf.h"

enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SCALAR = 2 };

static void put(unsigned char *bytes, uint64_t value, int count) {
    for (int i = 0; i < count; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

static void add_checksum(nn_text *file, const void *bytes, size_t length) {
    unsigned char masked[4];
    const uint32_t sum = nn_crc32c(bytes, length);
    put(masked, (sum >> 15 | sum << 17) + 0xa282ead8, sizeof masked);
    nn_text_add_bytes(file, masked, sizeof masked);
}

/* Adds an event as a record, and releases it. */
static void add_record(nn_text *file, nn_text *event) {
    unsigned char length[8];
    put(length, event->length, sizeof length);
    nn_text_add_bytes(file, length, sizeof length);
    add_checksum(file, length, sizeof length);
    nn_text_add_bytes(file, event->bytes, event->length);
    add_checksum(file, event->bytes, event->length);
    file->failed |= event->failed;
    nn_text_free(event);
}

void nn_event_version(nn_text *file, double time) {
    nn_text event = {0};
    nn_protobuf_double(&event, EVENT_TIME, time);
    nn_protobuf_text(&event, EVENT_VERSION, "brain.Event:2");
    add_record(file, &event);
}

void nn_event_start(nn_text *file, double time, int64_t step) {
    nn_text event = {0}, session = {0};
    nn_protobuf_double(&event, EVENT_TIME, time);
    nn_protobuf_int(&event, EVENT_STEP, step);
    nn_protobuf_int(&session, SESSION_STATUS, SESSION_START);
    nn_protobuf_message(&event, EVENT_SESSION, &session);
    add_record(file, &event);
}

void nn_event_scalar(nn_text *file, double time, int64_t step, const char *tag, double value) {
    nn_text event = {0}, summary = {0}, point = {0};
    nn_protobuf_double(&event, EVENT_TIME, time);
    nn_protobuf_int(&event, EVENT_STEP, step);
    nn_protobuf_text(&point, VALUE_TAG, tag);
    nn_protobuf_float(&point, VALUE_SCALAR, (float)value);
    nn_protobuf_message(&summary, SUMMARY_VALUE, &point);
    nn_protobuf_message(&event, EVENT_SUMMARY, &summary);
    add_record(file, &event);
}
