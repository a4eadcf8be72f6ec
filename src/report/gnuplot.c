/* gnuplot.c: has gnuplot draw a script. It reads the script from a file without a name, writes the
 * picture to its standard output, which is the file under its temporary name, and what it complains of
 * to another file without a name. */
#include "report/gnuplot.h"

#include "io/descriptor.h"
#include "io/file_kind.h"
#include "io/publish.h"
#include "report/glyphs.h"
#include "report/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static nn_status missing(int error) {
    if (error == ENOENT)
        return nn_fail(NN_CANT_CREATE, "pictures are drawn by gnuplot, which is not installed; in Debian "
                                       "and Ubuntu it is the package gnuplot-nox");
    return nn_fail(NN_CANT_CREATE, "gnuplot cannot be started: %s", strerror(error));
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

/* -d: without the user's own settings. */
static nn_status run(const nn_text *script, int picture) {
    nn_status status = NN_OK;
    char name[] = "gnuplot", defaults[] = "-d";
    char *const arguments[] = {name, defaults, NULL};
    bool ended;
    FILE *input = tmpfile(), *complaints = tmpfile();
    if (!input || !complaints ||
        fwrite(script->bytes, 1, script->length, input) != script->length || fflush(input) != 0 ||
        lseek(fileno(input), 0, SEEK_SET) != 0)
        NN_TRY(nn_fail(NN_IO, "a temporary file cannot be written: %s", strerror(errno)));
    const int error = nn_program_run(arguments, fileno(input), picture, fileno(complaints), &ended);
    if (error) status = missing(error);
    else if (!ended) status = failed(complaints);
done:
    if (input) fclose(input);
    if (complaints) fclose(complaints);
    return status;
}

/* What a picture that is not whole may be due to: whether so many bytes more can be written. */
static nn_status check_room(const char *path) {
    static const char piece[1 << 16];
    const int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    const bool room = file >= 0 && nn_write_all(file, piece, sizeof piece) && fsync(file) == 0;
    const int error = errno;
    if (file >= 0) close(file);
    return room ? NN_OK : nn_fail(NN_IO, "cannot write %s: %s", path, strerror(error));
}

/* Whether the file begins and ends as pictures of its kind do. gnuplot ends well in any case: without such a
 * kind, of which it says so, and on a full disk, of which it says nothing. */
static nn_status check_picture(const nn_canvas *canvas, const char *path) {
    static const struct {
        const char *begin, *end;
    } kinds[] = {[NN_CANVAS_TERMINAL] = {"", ""},
                 [NN_CANVAS_PNG] = {"\x89PNG", "IEND\xae\x42\x60\x82"},
                 [NN_CANVAS_SVG] = {"<?xml", "</svg>"},
                 [NN_CANVAS_PDF] = {"%PDF", "%%EOF"}};
    const char *begin = kinds[canvas->kind].begin, *end = kinds[canvas->kind].end;
    char first[8] = "", last[17] = "";
    FILE *file = fopen(path, "re");
    const bool read = file && fread(first, 1, strlen(begin), file) == strlen(begin);
    const bool ended = read && fseek(file, -(long)(sizeof last - 1), SEEK_END) == 0 &&
                       fread(last, 1, sizeof last - 1, file) == sizeof last - 1;
    if (file) fclose(file);
    const bool begun = read && memcmp(first, begin, strlen(begin)) == 0;
    for (size_t i = 0; begun && ended && i + strlen(end) < sizeof last; i++)
        if (memcmp(last + i, end, strlen(end)) == 0) return NN_OK;
    nn_status status = check_room(path);
    if (status != NN_OK) return status;
    if (!begun)
        return nn_fail(NN_CANT_CREATE, "gnuplot has written no such picture: this gnuplot cannot draw one; in "
                                       "Debian and Ubuntu the package gnuplot-nox can");
    return nn_fail(NN_IO, "cannot write %s: gnuplot has not come to the end of the picture; was the disk full?",
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

/* Draws a script in which all characters can be drawn. */
static nn_status draw(const nn_canvas *canvas, const nn_text *script, const char *path) {
    nn_status status = NN_OK;
    char *temporary = NULL;
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

static nn_status refuse_other(const nn_canvas *canvas, const char *path) {
    static const struct {
        nn_file_kind kind;
        const char *name;
    } kinds[] = {[NN_CANVAS_PNG] = {NN_FILE_PNG, "PNG"},
                 [NN_CANVAS_SVG] = {NN_FILE_SVG, "SVG of gnuplot's"},
                 [NN_CANVAS_PDF] = {NN_FILE_PDF, "PDF"}};
    return nn_file_refuse_other(path, kinds[canvas->kind].kind, kinds[canvas->kind].name);
}

nn_status nn_gnuplot_draw(const nn_canvas *canvas, const nn_text *script, const char *path) {
    nn_status status = NN_OK;
    nn_text drawable = {0}, absent = {0};
    if (!path) return show(script);
    NN_TRY(refuse_other(canvas, path));
    if (canvas->kind == NN_CANVAS_SVG) return draw(canvas, script, path); /* the fonts are the reader's */
    NN_TRY(nn_glyphs_replace(script, &drawable, &absent));
    NN_TRY(draw(canvas, &drawable, path));
    if (absent.length > 0)
        fprintf(stderr, "nnmpi: %s: no font on this machine has these characters, which are drawn as '?': %s (an "
                        "SVG holds them)\n",
                path, absent.bytes);
done:
    nn_text_free(&drawable);
    nn_text_free(&absent);
    return status;
}
