/* fuzz_gzip.c: plain and gzip files read through zlib, whole and by pieces. */
#include "fuzz.h"

#include "io/publish.h"
#include "io/stream.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 17 };

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = fuzz_file(data, size);
    char *text = NULL, piece[1013];
    int64_t length = 0, read = 0, got = 0;
    nn_stream *stream = NULL;
    nn_status whole = nn_read_file(path, MOST, &text, &length);
    fuzz_check_failure(whole);
    nn_status pieces = nn_stream_open(path, &stream);
    fuzz_check_failure(pieces);
    while (pieces == NN_OK && read <= MOST) {
        pieces = nn_stream_read(stream, piece, sizeof piece, &got);
        fuzz_check_failure(pieces);
        if (whole == NN_OK && pieces == NN_OK)
            fuzz_check(read + got <= length && memcmp(text + read, piece, (size_t)got) == 0,
                       "pieces differ from the whole");
        read += got;
        if (got < (int64_t)sizeof piece) break;
    }
    if (whole == NN_OK) fuzz_check(pieces == NN_OK && read == length, "pieces are not the whole");
    if (stream) fuzz_check(read <= nn_stream_most(stream), "more than there can be");
    nn_stream_close(&stream);
    free(text);
    return 0;
}
