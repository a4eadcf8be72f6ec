/* event_file.h: what stands in TensorBoard's event files: records of TFRecord, each of which is a message
 * Event of TensorFlow's event.proto. A file begins with its version; curves are events with a scalar.
 *
 * A record is its length (8 bytes, little-endian), the masked CRC-32C of these, the message, and the masked
 * CRC-32C of that; masked: rotated right by 15 bits, plus 0xa282ead8
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord). Nothing here reads. All functions are Local; a
 * text that ran out of memory says so. */
#ifndef NN_IO_EVENT_FILE_H
#define NN_IO_EVENT_FILE_H

#include "util/text.h"

/** Adds the record that a file begins with; `time` is in seconds since 1970. */
void nn_event_version(nn_text *file, double time);

/** Adds a session's start: what a reader has of this run from step `step` on, from earlier files, is
 * replaced by what follows. */
void nn_event_start(nn_text *file, double time, int64_t step);

/** Adds a point of the curve `tag`. */
void nn_event_scalar(nn_text *file, double time, int64_t step, const char *tag, double value);

#endif
