/* fuzz.h: what the fuzz targets share. Each fuzz_x.c gives a parser one input and demands that it comes
 * back: with a value or with a status and a message. libFuzzer calls it with inputs that it makes up
 * (preset fuzz), replay.c with those of corpus/x (every build). */
#ifndef NN_TESTS_FUZZ_FUZZ_H
#define NN_TESTS_FUZZ_FUZZ_H

#include "util/status.h"

#include <stddef.h>
#include <stdint.h>

/** libFuzzer's entry: always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Called once before: 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** Ends the process with a message where `holds` is false. */
void fuzz_check(int holds, const char *what);

/** Ends the process unless a failure has a message and one of the exit codes of the command line. */
void fuzz_check_failure(nn_status status);

/** A NUL-terminated copy, which the caller frees; a NUL in it ends the text early. */
char *fuzz_text(const uint8_t *data, size_t size);

/** What nn_stream_open() and nn_read_file() find from now on, whatever path they are given
 * (memory_input.c). Borrowed. */
void fuzz_input(const uint8_t *data, size_t size);

/** The path of a file in memory that holds `data`, for parsers that must have a file; valid until the
 * next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
