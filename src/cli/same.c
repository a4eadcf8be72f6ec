/* same.c: ranks that belong together: one executable, one command. */
#include "cli/commands.h"
#include "io/checksum.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The version, and the build: of one version there are many, with other compilers and options. Where
 * the system does not show the executable, the version must do. */
static nn_status describe_executable(char **out) {
    nn_text text = {0};
    int64_t bytes;
    uint64_t sum;
    nn_text_add(&text, "nnmpi %s", nn_version());
    if (nn_checksum_file("/proc/self/exe", &bytes, &sum) == NN_OK)
        nn_text_add(&text, ", build %016" PRIx64, sum);
    return nn_text_take(&text, out);
}

/* The arguments, a blank after each, those with blanks in quotes; without the name of the executable,
 * which may be found by other paths. */
static nn_status describe_command(char **out) {
    nn_text all = {0}, text = {0};
    char piece[4096];
    FILE *file = fopen("/proc/self/cmdline", "re");
    for (size_t got; file && (got = fread(piece, 1, sizeof piece, file)) > 0;)
        nn_text_add_bytes(&all, piece, got);
    if (file) fclose(file);
    const char *end = all.bytes ? all.bytes + all.length : NULL;
    for (const char *at = all.bytes; at && at < end; at += strlen(at) + 1) {
        if (at == all.bytes) continue;
        const char *quote = *at == '\0' || strpbrk(at, " '") ? "\"" : "";
        nn_text_add(&text, "%s%s%s%s", text.length ? " " : "", quote, at, quote);
    }
    nn_text_add(&text, "%s", ""); /* not NULL where there are none */
    nn_text_free(&all);
    return nn_text_take(&text, out);
}

static nn_status compare(nn_comm *comm, nn_status (*describe)(char **out), const char *what) {
    char *text = NULL;
    nn_status status = nn_comm_agree(comm, describe(&text));
    if (status == NN_OK) status = nn_comm_check_same(comm, what, text);
    free(text);
    return status;
}

nn_status nn_command_check_same(nn_comm *comm) {
    if (nn_comm_size(comm) == 1) return NN_OK;
    nn_status status =
        compare(comm, describe_executable, "the executable (all nodes must have the same build)");
    return status == NN_OK ? compare(comm, describe_command, "the command line") : status;
}
