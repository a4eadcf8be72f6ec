/* import.h: what the files of `nnmpi import` share: the formats, and what a command line asks for. All
 * functions are Local. */
#ifndef NN_CLI_IMPORT_H
#define NN_CLI_IMPORT_H

#include "data/import.h"

/** Where data come from; bits, so that an option can belong to several. */
typedef enum {
    NN_FROM_CSV = 1,
    NN_FROM_IDX = 2,
    NN_FROM_NPY = 4,
    NN_FROM_NPZ = 8,
    NN_FROM_IMAGES = 16,
    NN_FROM_DATASET = 32 /* --rechunk */
} nn_import_format;

/** A list of names, such as columns. */
typedef struct {
    char **names;
    int64_t count;
} nn_name_list;

/** What the command line asks for. Texts are borrowed from argv. */
typedef struct {
    nn_import_format format;
    bool help, no_header, no_label, from_keras, grayscale;
    const char *input; /* the file or folder that is read; NULL: those of `arrays` */
    const char *like;
    nn_import_options common;
    nn_import_csv_options csv;
    nn_import_images_options images;
    nn_import_arrays arrays;
    nn_name_list labels, ignored, columns, one_hot;
    char *keras_path; /* `input`, where it was found among Keras's files */
} nn_import_request;

/** Takes in the format and all that follows: argv[0] is `import`. The caller releases the request, on
 * failure too. Errors: NN_USAGE; NN_NO_INPUT where no file of Keras has the name. */
nn_status nn_import_parse(int argc, char **argv, nn_import_request *out) NN_CHECKED;

/** Releases what a request holds. */
void nn_import_request_release(nn_import_request *request);

/** The name of a format, as the command line has it. */
const char *nn_import_format_name(nn_import_format format);

/** Prints the help of a format; 0: of all. */
void nn_import_print_help(nn_import_format format);

/** Prints what an import made, in one line. Errors: those of nn_h5_open(). */
nn_status nn_import_print_summary(const char *path) NN_CHECKED;

#endif
