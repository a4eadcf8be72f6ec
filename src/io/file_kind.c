/* file_kind.c: what a file is, by its first bytes, and for texts by its name as well. HDF5 may stand behind
 * a user block, as in nnmpi's sealed files. */
#include "io/file_kind.h"

#include "io/publish.h"
#include "util/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { BEGIN = 2048 };

typedef struct {
    char bytes[BEGIN + 1]; /* NUL behind them */
    size_t length;
} beginning;

static bool has_at(const beginning *file, size_t at, const char *bytes, size_t length) {
    return file->length >= at + length && memcmp(file->bytes + at, bytes, length) == 0;
}
#define HAS_AT(file, at, text) has_at(file, at, text, sizeof(text) - 1)

static bool read_beginning(const char *path, beginning *out) {
    struct stat about;
    *out = (beginning){.length = 0};
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return false;
    FILE *file = fopen(path, "re");
    if (!file) return false;
    out->length = fread(out->bytes, 1, BEGIN, file);
    fclose(file);
    return true;
}

/* Its signature stands at byte 0, 512, 1024, 2048 and so on. */
static bool is_hdf5(const beginning *file, const char *path) {
    for (size_t at = 0; at < BEGIN; at = at ? 2 * at : 512)
        if (HAS_AT(file, at, "\x89HDF\r\n\x1a\n")) return true;
    return nn_seal_present(path);
}

/* The length of a header, u64, which is JSON that says of the file what add_metadata() has put there. */
static bool is_safetensors(const beginning *file) {
    return HAS_AT(file, 8, "{\"__metadata__\":") || HAS_AT(file, 8, "{\"__metadata__\" :");
}

static bool is_table(const char *path) {
    return nn_has_ending(path, ".csv") || nn_has_ending(path, ".csv.gz") || nn_has_ending(path, ".tsv");
}

nn_file_kind nn_file_kind_of(const char *path) {
    beginning file;
    if (!read_beginning(path, &file) || file.length == 0) return NN_FILE_OTHER;
    if (is_hdf5(&file, path)) return NN_FILE_HDF5;
    if (HAS_AT(&file, 0, "\x89PNG\r\n\x1a\n")) return NN_FILE_PNG;
    if (HAS_AT(&file, 0, "\xff\xd8\xff")) return NN_FILE_JPEG;
    if (HAS_AT(&file, 0, "%PDF-")) return NN_FILE_PDF;
    if (HAS_AT(&file, 0, "\x93NUMPY")) return NN_FILE_NPY;
    if (HAS_AT(&file, 0, "PK\3\4")) return NN_FILE_ZIP;
    /* The first fields of the message: ir_version, a byte, and producer_name. */
    if (HAS_AT(&file, 0, "\x08") && HAS_AT(&file, 2, "\x12\x05nnmpi")) return NN_FILE_ONNX;
    if (is_safetensors(&file)) return NN_FILE_SAFETENSORS;
    if (memchr(file.bytes, '\0', file.length)) return NN_FILE_OTHER; /* no text */
    if (HAS_AT(&file, 0, "<?xml") && strstr(file.bytes, "Produced by GNUPLOT")) return NN_FILE_SVG;
    if (HAS_AT(&file, 0, "epoch,step,")) return NN_FILE_METRICS;
    if (nn_has_ending(path, ".yaml") || nn_has_ending(path, ".yml")) return NN_FILE_RUN;
    return is_table(path) ? NN_FILE_TABLE : NN_FILE_OTHER;
}

const char *nn_file_kind_hint(nn_file_kind kind) {
    static const char *const hints[] = {
        [NN_FILE_HDF5] = "it is an HDF5 file: a dataset, a model or the like, of which nnmpi info tells",
        [NN_FILE_PNG] = "it seems to be a PNG; nnmpi import images makes a dataset of a folder of images",
        [NN_FILE_JPEG] = "it seems to be a JPEG; nnmpi import images makes a dataset of a folder of images",
        [NN_FILE_SVG] = "it seems to be a picture that nnmpi plot has drawn",
        [NN_FILE_PDF] = "it seems to be a PDF",
        [NN_FILE_ONNX] = "it seems to be an ONNX model, which nnmpi export writes but no command reads; give "
                         "the model.h5 that it was made of",
        [NN_FILE_SAFETENSORS] = "it seems to be a safetensors file, which nnmpi export writes but no command "
                                "reads; give the model.h5 that it was made of",
        [NN_FILE_NPY] = "it seems to be an array of NumPy's, of which nnmpi import npy makes a dataset",
        [NN_FILE_ZIP] = "it is a zip archive; nnmpi import npz reads NumPy's, and a model is saved as HDF5 in "
                        "Keras by model.save(\"model.h5\")",
        [NN_FILE_METRICS] = "it seems to be the metrics of a run, which nnmpi plot draws; nnmpi info takes the "
                            "run's folder",
        [NN_FILE_RUN] = "it seems to be a run file, which nnmpi config checks and nnmpi train trains",
        [NN_FILE_TABLE] = "it seems to be a table, of which nnmpi import csv makes a dataset"};
    return kind == NN_FILE_OTHER ? NULL : hints[kind];
}

nn_status nn_file_refuse_other(const char *path, nn_file_kind wanted, const char *what) {
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) return NN_OK;
    if (nn_file_kind_of(path) == wanted) return NN_OK;
    return nn_fail(NN_CANT_CREATE, "%s is there and is no %s: it is not replaced; give another name, or remove it",
                   path, what);
}
