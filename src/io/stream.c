/* stream.c: reading plain and gzip files from front to back, with zlib. */
#include "io/stream_private.h"

#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* deflate makes at most 1032 bytes of one (https://zlib.net/zlib_tech.html). */
enum { PIECE_BYTES = 1 << 18, SMALL_PIECE_BYTES = 1 << 13, RATIO_MAX = 1032 };

/* Files */

static nn_status read_gz(nn_stream *stream, void *data, int64_t most, int64_t *got) {
    gzFile file = stream->source;
    *got = 0;
    while (*got < most) {
        int64_t rest = most - *got;
        unsigned some = rest < (1 << 30) ? (unsigned)rest : 1u << 30;
        int read = gzread(file, (char *)data + *got, some);
        int code = Z_OK;
        const char *why = gzerror(file, &code); /* Z_BUF_ERROR: the end came too early */
        if (code == Z_ERRNO)
            return nn_fail(NN_IO, "cannot read %s: %s", stream->path, strerror(errno));
        if (read < 0 || (code != Z_OK && code != Z_STREAM_END))
            return nn_fail(NN_BAD_DATA, "%s: its gzip data is damaged or cut short (%s)",
                           stream->path, why);
        if (read == 0) break;
        *got += read;
    }
    return NN_OK;
}

static int64_t most_gz(const nn_stream *stream) {
    if (gzdirect(stream->source)) return stream->bytes;
    return nn_inflated_most(stream->bytes);
}

static void close_gz(nn_stream *stream) {
    gzclose(stream->source);
}

static const nn_stream_kind gz = {read_gz, most_gz, close_gz};

nn_status nn_stream_open(const char *path, nn_stream **out) {
    nn_status status = NN_OK;
    nn_stream *stream = NULL;
    struct stat about;
    *out = NULL;
    if (stat(path, &about) != 0)
        return nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode)) return nn_fail(NN_NO_INPUT, "cannot open %s: it is a folder", path);
    NN_TRY(nn_allocate("an open file", 1, sizeof *stream, &stream));
    NN_TRY(nn_copy_text(path, &stream->path));
    stream->kind = &gz;
    stream->bytes = S_ISREG(about.st_mode) ? (int64_t)about.st_size : INT64_MAX;
    errno = 0;
    stream->source = gzopen(path, "rb");
    if (!stream->source) {
        status = nn_fail(errno ? NN_NO_INPUT : NN_INTERNAL, "cannot open %s: %s", path,
                         errno ? strerror(errno) : "out of memory");
        goto done;
    }
    gzbuffer(stream->source, stream->bytes < PIECE_BYTES ? SMALL_PIECE_BYTES : PIECE_BYTES);
    *out = stream;
    stream = NULL;
done:
    nn_stream_close(&stream);
    return status;
}

/* Streams of any kind */

int64_t nn_inflated_most(int64_t bytes) {
    return bytes > INT64_MAX / RATIO_MAX ? INT64_MAX : bytes * RATIO_MAX;
}

nn_status nn_stream_read(nn_stream *stream, void *data, int64_t most, int64_t *got) {
    return stream->kind->read(stream, data, most, got);
}

int64_t nn_stream_most(const nn_stream *stream) {
    return stream->kind->most(stream);
}

const char *nn_stream_path(const nn_stream *stream) {
    return stream->path;
}

void nn_stream_close(nn_stream **stream) {
    if (!*stream) return;
    if ((*stream)->source) (*stream)->kind->close(*stream);
    free((*stream)->path);
    free(*stream);
    *stream = NULL;
}

nn_status nn_read_file(const char *path, int64_t most, char **out, int64_t *length) {
    nn_status status = NN_OK;
    nn_stream *stream = NULL;
    char *piece = NULL;
    int64_t room = PIECE_BYTES;
    nn_text text = {0};
    *out = NULL;
    *length = 0;
    NN_TRY(nn_stream_open(path, &stream));
    if (stream->bytes < room) room = SMALL_PIECE_BYTES;
    NN_TRY(nn_allocate("a piece of a file", room, 1, &piece));
    for (int64_t got = room; got == room;) {
        NN_TRY(nn_stream_read(stream, piece, room, &got));
        nn_text_add_bytes(&text, piece, (size_t)got);
        if ((int64_t)text.length > most) {
            status = nn_fail(NN_BAD_DATA, "%s is longer than %lld bytes", path, (long long)most);
            goto done;
        }
    }
    *length = (int64_t)text.length;
    NN_TRY(nn_text_take(&text, out));
done:
    nn_text_free(&text);
    free(piece);
    nn_stream_close(&stream);
    return status;
}
