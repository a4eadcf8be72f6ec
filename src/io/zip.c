/* zip.c: reading zip archives by libzip, which nnmpi can be built without. */
#include "io/zip.h"

#ifdef NN_HAS_ZIP

#include "io/stream_private.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

struct nn_zip {
    zip_t *archive;
    char *path;
};

nn_status nn_zip_open(const char *path, nn_zip **out) {
    nn_status status = NN_OK;
    nn_zip *zip = NULL;
    struct stat about;
    int code = 0;
    *out = NULL;
    if (stat(path, &about) != 0)
        return nn_fail(NN_NO_INPUT, "cannot open %s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode)) return nn_fail(NN_NO_INPUT, "cannot open %s: it is a folder", path);
    NN_TRY(nn_allocate("an archive", 1, sizeof *zip, &zip));
    NN_TRY(nn_copy_text(path, &zip->path));
    zip->archive = zip_open(path, ZIP_RDONLY, &code);
    if (!zip->archive) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        bool unreadable = code == ZIP_ER_OPEN || code == ZIP_ER_READ || code == ZIP_ER_SEEK;
        status = nn_fail(code == ZIP_ER_MEMORY ? NN_INTERNAL
                         : unreadable          ? NN_NO_INPUT
                                               : NN_BAD_DATA,
                         "cannot open %s as a zip archive, which an .npz file is: %s", path,
                         zip_error_strerror(&error));
        zip_error_fini(&error);
        goto done;
    }
    *out = zip;
    zip = NULL;
done:
    nn_zip_close(&zip);
    return status;
}

int64_t nn_zip_count(const nn_zip *zip) {
    return zip_get_num_entries(zip->archive, 0);
}

const char *nn_zip_name(const nn_zip *zip, int64_t index) {
    const char *name = zip_get_name(zip->archive, (zip_uint64_t)index, 0);
    return name ? name : "";
}

/* Members */

static nn_status read_member(nn_stream *stream, void *data, int64_t most, int64_t *got) {
    zip_file_t *file = stream->source;
    *got = 0;
    while (*got < most) {
        zip_int64_t read = zip_fread(file, (char *)data + *got, (zip_uint64_t)(most - *got));
        if (read < 0)
            return nn_fail(NN_BAD_DATA, "%s is damaged or cut short: %s", stream->path,
                           zip_file_strerror(file));
        if (read == 0) break;
        *got += read;
    }
    return NN_OK;
}

static int64_t most_of_member(const nn_stream *stream) {
    return stream->bytes;
}

static void close_member(nn_stream *stream) {
    zip_fclose(stream->source);
}

static const nn_stream_kind member = {read_member, most_of_member, close_member};

nn_status nn_zip_stream(nn_zip *zip, int64_t index, nn_stream **out) {
    nn_status status = NN_OK;
    nn_stream *stream = NULL;
    zip_stat_t about;
    nn_text path = {0};
    *out = NULL;
    NN_TRY(nn_allocate("an open file", 1, sizeof *stream, &stream));
    nn_text_add(&path, "%s/%s", zip->path, nn_zip_name(zip, index));
    NN_TRY(nn_text_take(&path, &stream->path));
    stream->kind = &member;
    bool known = zip_stat_index(zip->archive, (zip_uint64_t)index, 0, &about) == 0 &&
                 about.valid & ZIP_STAT_SIZE && about.valid & ZIP_STAT_COMP_SIZE &&
                 about.size <= INT64_MAX && about.comp_size <= INT64_MAX;
    if (known) stream->source = zip_fopen_index(zip->archive, (zip_uint64_t)index, 0);
    if (!stream->source) {
        status = nn_fail(NN_BAD_DATA, "cannot read %s: %s", stream->path,
                         known ? zip_strerror(zip->archive) : "its size is not known");
        goto done;
    }
    int64_t unpacked = nn_inflated_most((int64_t)about.comp_size);
    stream->bytes = (int64_t)about.size < unpacked ? (int64_t)about.size : unpacked;
    *out = stream;
    stream = NULL;
done:
    nn_stream_close(&stream);
    return status;
}

void nn_zip_close(nn_zip **zip) {
    if (!*zip) return;
    if ((*zip)->archive) zip_discard((*zip)->archive);
    free((*zip)->path);
    free(*zip);
    *zip = NULL;
}

#else

nn_status nn_zip_open(const char *path, nn_zip **out) {
    *out = NULL;
    return nn_fail(NN_BAD_CONFIG,
                   "cannot read %s: this nnmpi was built without libzip. Build it again where "
                   "libzip-dev is installed, or unpack the file (unzip) and import its .npy files",
                   path);
}

int64_t nn_zip_count(const nn_zip *zip) {
    (void)zip;
    return 0;
}

const char *nn_zip_name(const nn_zip *zip, int64_t index) {
    (void)zip, (void)index;
    return "";
}

nn_status nn_zip_stream(nn_zip *zip, int64_t index, nn_stream **out) {
    (void)zip, (void)index;
    *out = NULL;
    return nn_fail(NN_BAD_CONFIG, "this nnmpi was built without libzip");
}

void nn_zip_close(nn_zip **zip) {
    *zip = NULL;
}

#endif
