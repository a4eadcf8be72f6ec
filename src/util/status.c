/* status.c: status names, and the message of the last failure of each thread. */
#include "util/status.h"
#undef nn_fail

#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[NN_MESSAGE_MAX];

/* Takes `text` for the message. */
static void keep(const char *text) {
    size_t at = 0;
    char piece[NN_SPELLED];
    for (; *text; text++) {
        const char *spelled = nn_spell(*text, piece);
        const size_t length = strlen(spelled);
        if (at + length >= sizeof message) break;
        memcpy(message + at, spelled, length);
        at += length;
    }
    message[at] = '\0';
}

nn_status nn_fail(nn_status status, const char *format, ...) {
    char text[NN_MESSAGE_MAX]; /* the arguments may point into `message` */
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0) text[0] = '\0';
    va_end(args);
    keep(text);
    return status;
}

nn_status nn_within(nn_status status, const char *format, ...) {
    if (status == NN_OK) return status;
    char text[NN_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    int used = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = used < 0 ? 0 : strnlen(text, sizeof text - 3);
    memcpy(text + length, ": ", 2);
    size_t rest = strnlen(message, sizeof text - length - 3);
    memcpy(text + length + 2, message, rest);
    text[length + 2 + rest] = '\0';
    keep(text);
    return status;
}

nn_status nn_advise(nn_status status, const char *format, ...) {
    if (status == NN_OK) return status;
    char text[NN_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0) text[0] = '\0';
    va_end(args);
    const size_t left = sizeof text - strlen(text);
    char whole[2 * NN_MESSAGE_MAX];
    if (strlen(message) + strlen("; ") >= left) return status; /* what is wrong matters more */
    snprintf(whole, sizeof whole, "%s; %s", message, text);
    keep(whole);
    return status;
}

const char *nn_message(void) {
    return message;
}

const char *nn_status_name(nn_status status) {
    switch (status) {
#define NN_STATUS_CASE(name, code, meaning)                                                        \
    case NN_##name: return #name;
        NN_STATUS_LIST(NN_STATUS_CASE)
#undef NN_STATUS_CASE
    }
    return "UNKNOWN";
}

const char *nn_status_meaning(nn_status status) {
    switch (status) {
#define NN_STATUS_CASE(name, code, meaning)                                                        \
    case NN_##name: return meaning;
        NN_STATUS_LIST(NN_STATUS_CASE)
#undef NN_STATUS_CASE
    }
    return "an unknown status";
}

const char *nn_version(void) {
    return NNMPI_VERSION;
}
