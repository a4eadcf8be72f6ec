/* check.h: cmocka, with the two assertions that nearly every test of nnmpi needs: that a call
 * succeeds, and that it fails with a certain status and message. */
#ifndef NN_TESTS_UNIT_CHECK_H
#define NN_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/status.h"

#include <string.h>

/** Fails the test with the recorded message unless `call` gives NN_OK. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        nn_status check_ = (call);                                                                 \
        if (check_ != NN_OK) fail_msg("%s: %s", nn_status_name(check_), nn_message());             \
    } while (0)

/** Fails the test unless `call` gives `expected` and a message that contains `part`. */
#define assert_fails(call, expected, part)                                                         \
    do {                                                                                           \
        nn_status check_ = (call);                                                                 \
        if (check_ != (expected))                                                                  \
            fail_msg("%s instead of %s", nn_status_name(check_), nn_status_name(expected));        \
        if (!strstr(nn_message(), part))                                                           \
            fail_msg("the message lacks '%s': %s", part, nn_message());                            \
    } while (0)

#endif
