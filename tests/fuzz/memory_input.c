/* memory_input.c: io/stream.h from memory, so that a million inputs need no files. The linker puts it in
 * the place of the real one (--wrap, CMakeLists.txt), which fuzz_gzip.c tries. */
#include "fuzz.h"

#include "io/publish.h"
#include "io/stream.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct nn_stream {
    size_t at;
};

static const uint8_t *bytes;
static size_t count;

nn_status __wrap_nn_stream_open(const char *path, nn_stream **out);
nn_status __wrap_nn_stream_read(nn_stream *stream, void *data, int64_t most, int64_t *got);
const char *__wrap_nn_stream_path(const nn_stream *stream);
int64_t __wrap_nn_stream_most(const nn_stream *stream);
void __wrap_nn_stream_close(nn_stream **stream);
nn_status __wrap_nn_read_file(const char *path, int64_t most, char **out, int64_t *length);

void fuzz_input(const uint8_t *data, size_t size) {
    bytes = data;
    count = size;
}

nn_status __wrap_nn_stream_open(const char *path, nn_stream **out) {
    (void)path;
    return nn_allocate("a stream", 1, sizeof **out, out);
}

nn_status __wrap_nn_stream_read(nn_stream *stream, void *data, int64_t most, int64_t *got) {
    size_t some = count - stream->at;
    if (most < (int64_t)some) some = (size_t)most;
    if (some > 0) memcpy(data, bytes + stream->at, some);
    stream->at += some;
    *got = (int64_t)some;
    return NN_OK;
}

const char *__wrap_nn_stream_path(const nn_stream *stream) {
    (void)stream;
    return "input";
}

int64_t __wrap_nn_stream_most(const nn_stream *stream) {
    (void)stream;
    return (int64_t)count;
}

void __wrap_nn_stream_close(nn_stream **stream) {
    free(*stream);
    *stream = NULL;
}

nn_status __wrap_nn_read_file(const char *path, int64_t most, char **out, int64_t *length) {
    *length = (int64_t)count;
    if (*length > most) return nn_fail(NN_BAD_DATA, "%s is too long", path);
    *out = fuzz_text(bytes, count);
    return NN_OK;
}
