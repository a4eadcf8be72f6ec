/* read.c: pread() until all is there. */
#include "io/read.h"

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
