/* gnuplot.c: has gnuplot draw a script. It reads the script from a file without a name, writes the
 * picture to its standard output, which is the file under its temporary name, and what it complains of
 * to another file without a name. */
#include "report/gnuplot.h"

#include "io/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static nn_status missing(int error) {
    if (error == ENOENT)
        return nn_fail(NN_CANT_CREATE, "pictures are drawn by gnuplot, which is not installed; in Debian "
                                       "and Ubuntu it is the package gnuplot-nox");
    return nn_fail(NN_CANT_CREATE, "gnuplot cannot be started: %s", strerror(error));
}

/* Starts it; -d: without the user's own settings. */
static nn_status start(int script, int picture, int complaints, pid_t *process) {
    char name[] = "gnuplot", defaults[] = "-d";
    char *arguments[] = {name, defaults, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return missing(error);
    error = posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    if (!error) error = posix_spawnp(process, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error ? missing(error) : NN_OK;
}

/* What it said, the lines that mean something: it repeats the script in front of a caret. */
static nn_status failed(FILE *complaints) {
    char line[256], said[512] = "";
    rewind(complaints);
    while (fgets(line, sizeof line, complaints)) {
        line[strcspn(line, "\n")] = '\0';
        const bool tells = strstr(line, "line ") && strchr(line, ':');
        if (tells || (!*said && *line)) snprintf(said, sizeof said, "%s", line + strspn(line, " \t"));
    }
    return nn_fail(NN_INTERNAL, "gnuplot could not draw this: %s", *said ? said : "it does not say why");
}

static nn_status wait_for(pid_t process, FILE *complaints) {
    int code;
    while (waitpid(process, &code, 0) < 0)
        if (errno != EINTR) return nn_fail(NN_INTERNAL, "gnuplot: %s", strerror(errno));
    return WIFEXITED(code) && WEXITSTATUS(code) == 0 ? NN_OK : failed(complaints);
}

static nn_status run(const nn_text *script, int picture) {
    nn_status status = NN_OK;
    pid_t process;
    FILE *input = tmpfile(), *complaints = tmpfile();
    if (!input || !complaints ||
        fwrite(script->bytes, 1, script->length, input) != script->length || fflush(input) != 0 ||
        lseek(fileno(input), 0, SEEK_SET) != 0)
        NN_TRY(nn_fail(NN_IO, "a temporary file cannot be written: %s", strerror(errno)));
    NN_TRY(start(fileno(input), picture, fileno(complaints), &process));
    NN_TRY(wait_for(process, complaints));
done:
    if (input) fclose(input);
    if (complaints) fclose(complaints);
    return status;
}

/* Whether the file begins and ends as pictures of its kind do. gnuplot ends well in any case: without such a
 * kind, of which it says so, and on a full disk, of which it says nothing. */
static nn_status check_picture(const nn_canvas *canvas, const char *path) {
    static const struct {
        const char *begin, *end;
    } kinds[] = {[NN_CANVAS_PNG] = {"\x89PNG", "IEND\xae\x42\x60\x82"},
                 [NN_CANVAS_SVG] = {"<?xml", "</svg>"},
                 [NN_CANVAS_PDF] = {"%PDF", "%%EOF"}};
    const char *begin = kinds[canvas->kind].begin, *end = kinds[canvas->kind].end;
    char first[8] = "", last[17] = "";
    FILE *file = fopen(path, "re");
    const bool read = file && fread(first, 1, strlen(begin), file) == strlen(begin);
    const bool ended = read && fseek(file, -(long)(sizeof last - 1), SEEK_END) == 0 &&
                       fread(last, 1, sizeof last - 1, file) == sizeof last - 1;
    if (file) fclose(file);
    if (!read || memcmp(first, begin, strlen(begin)) != 0)
        return nn_fail(NN_CANT_CREATE, "gnuplot has written no such picture: the disk is full, or this gnuplot "
                                       "cannot draw one; in Debian and Ubuntu the package gnuplot-nox can");
    for (size_t i = 0; ended && i + strlen(end) < sizeof last; i++)
        if (memcmp(last + i, end, strlen(end)) == 0) return NN_OK;
    return nn_fail(NN_IO, "cannot write %s: gnuplot has not come to the end of the picture; is the disk full?",
                   path);
}

/* To standard output, without the form feed with which gnuplot begins each page. */
static nn_status show(const nn_text *script) {
    char piece[4096];
    FILE *output = tmpfile();
    if (!output) return nn_fail(NN_IO, "a temporary file cannot be written: %s", strerror(errno));
    nn_status status = run(script, fileno(output));
    rewind(output);
    for (size_t got; status == NN_OK && (got = fread(piece, 1, sizeof piece, output)) > 0;)
        for (size_t i = 0; i < got; i++)
            if (piece[i] != '\f') putchar(piece[i]);
    fclose(output);
    return status;
}

nn_status nn_gnuplot_draw(const nn_canvas *canvas, const nn_text *script, const char *path) {
    nn_status status = NN_OK;
    char *temporary = NULL;
    if (!path) return show(script);
    NN_TRY(nn_publish_begin(path, &temporary));
    const int picture = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (picture < 0)
        NN_TRY(nn_fail(NN_CANT_CREATE, "cannot create %s: %s", temporary, strerror(errno)));
    status = run(script, picture);
    if (close(picture) != 0 && status == NN_OK)
        status = nn_fail(NN_IO, "cannot write %s: %s", temporary, strerror(errno));
    if (status == NN_OK) status = check_picture(canvas, temporary);
    if (status == NN_OK) status = nn_publish_finish(temporary, path);
    else unlink(temporary);
done:
    free(temporary);
    return status;
}
