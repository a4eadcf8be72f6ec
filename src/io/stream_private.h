/* stream_private.h: what a stream is made of, for the files of io/ that open some. */
#ifndef NN_IO_STREAM_PRIVATE_H
#define NN_IO_STREAM_PRIVATE_H

#include "io/stream.h"

/** Where its bytes come from. */
typedef struct {
    nn_status (*read)(nn_stream *stream, void *data, int64_t most, int64_t *got);
    int64_t (*most)(const nn_stream *stream);
    void (*close)(nn_stream *stream); /* closes the source */
} nn_stream_kind;

struct nn_stream {
    const nn_stream_kind *kind;
    void *source; /* the kind's; NULL: not open */
    char *path;
    int64_t bytes; /* stored ones; INT64_MAX where that is not known */
};

#endif
