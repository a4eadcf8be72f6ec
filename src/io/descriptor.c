/* descriptor.c: pread() and write() until all is done. */
#include "io/descriptor.h"

#include <errno.h>
#include <unistd.h>

ssize_t nn_read_at(int descriptor, void *data, size_t most, off_t offset) {
    size_t got = 0;
    while (got < most) {
        ssize_t more = pread(descriptor, (char *)data + got, most - got, offset + (off_t)got);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return -1;
        if (more == 0) break;
        got += (size_t)more;
    }
    return (ssize_t)got;
}

bool nn_write_all(int descriptor, const char *bytes, int64_t length) {
    while (length > 0) {
        ssize_t more = write(descriptor, bytes, (size_t)length);
        if (more < 0 && errno == EINTR) continue;
        if (more == 0) errno = ENOSPC; /* nothing, and no reason for it */
        if (more <= 0) return false;
        bytes += more;
        length -= more;
    }
    return true;
}
