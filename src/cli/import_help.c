/* import_help.c: what `nnmpi import --help` says, of all formats or of one. */
#include "cli/import.h"

#include <stdio.h>

typedef struct {
    int formats;
    const char *usage, *text;
} help_part;

static const char intro[] =
    "\n"
    "Makes a dataset file of groups /train, /validation and /test, each with samples x and labels\n"
    "y (docs/FILES.md). Files ending in .gz are read directly.\n"
    "\n"
    "  --output FILE.h5       the file to write; a dataset of that name is replaced, another file\n"
    "                         is not\n"
    "  --title, --source, --license TEXT   noted in the file\n"
    "  --compress 0-9         0: not at all (0)\n";

static const char splitting[] =
    "  --test-fraction F      the part of the rows, picked at random, that goes to /test (0)\n"
    "  --seed S               of that choice, and of the order of images in /train (0)\n"
    "  --group NAME           where the rows go: train, validation or test (train; test for rows\n"
    "                         with --like or --no-label, which are not to be trained on)\n";

static const help_part parts[] = {
    {NN_FROM_CSV, "csv FILE --label COLUMN[,COLUMN]... --output FILE.h5 [OPTION]...",
     "  --label COLUMN[,...]   what to predict. One column of texts, or of whole numbers\n"
     "                         0 to K-1, gives classes; anything else gives values\n"
     "  --no-label             there is nothing to predict: features alone, for nnmpi predict\n"
     "  --values               values even where classes are possible\n"
     "  --classes              classes even where the labels are other numbers: each different\n"
     "                         one is a class\n"
     "  --columns COLUMN[,...] the features, in this order; without it all columns that are not\n"
     "                         labels\n"
     "  --ignore COLUMN[,...]  columns to leave out of them\n"
     "  --one-hot COLUMN[,...] features that are texts: each becomes a column COLUMN=TEXT of 0 and 1\n"
     "                         for each text that occurs\n"
     "  --fill VALUE|mean      what replaces missing values: a number, or the column's mean\n"
     "                         over /train, that of the --like dataset where one is given; without\n"
     "                         it they are an error\n"
     "  --drop-missing         leaves out rows without a label, and those with a missing value\n"
     "                         where there is no --fill\n"
     "  --like FILE.h5         columns, labels, classes, texts and means as in that dataset, which\n"
     "                         was made from CSV too; labels may be missing\n"
     "  --delimiter C          a character, tab or space (the first of , ; tab in line 1, outside quotes)\n"
     "  --no-header            line 1 is data; columns are called 1, 2, 3...\n"
     "Lists of columns may be given several times; a name that holds a comma or a quote is quoted\n"
     "as in a CSV file: --label '\"a, b\",c'.\n"},
    {NN_FROM_IMAGES, "images FOLDER --output FILE.h5 [OPTION]...",
     "FOLDER holds a folder for each class, with PNG and JPEG images in it; or folders train,\n"
     "validation and test (train at least) with class folders in each. x is uint8 (N, height,\n"
     "width, channels). What is transparent is laid on white; 16 bits become 8. The names of the\n"
     "files are kept beside them, and predictions come with them.\n"
     "  --size HEIGHTxWIDTH    brings all images to this size: mean over the area where they shrink,\n"
     "                         bilinear where they grow; without it all must have one size\n"
     "  --channels 1|3         gray, or colours; without it all must be of one kind\n"
     "  --grayscale            --channels 1\n"
     "  --no-label             the images stand in FOLDER itself, without classes: for nnmpi predict\n"
     "  --like FILE.h5         classes, size and channels as in that dataset\n"},
    {NN_FROM_NPZ,
     "npz FILE.npz --output FILE.h5 [OPTION]...\n"
     "       nnmpi import --from-keras-dataset NAME.npz --output FILE.h5 [OPTION]...",
     "Arrays x_train, y_train, x_val, y_val, x_test, y_test, or x and y, or those that the options\n"
     "below name. --from-keras-dataset is npz, and looks for the file where Keras keeps it\n"
     "(~/.keras/datasets) too.\n"},
    {NN_FROM_NPY, "npy X.npy [Y.npy] --output FILE.h5 [OPTION]...", ""},
    {NN_FROM_IDX,
     "idx --train-x FILE [--train-y FILE] [--test-x FILE] [--test-y FILE]\n"
     "                        --output FILE.h5 [OPTION]...",
     ""},
    {NN_FROM_IDX | NN_FROM_NPY | NN_FROM_NPZ, NULL,
     "  --train-x, --train-y, --validation-x, --validation-y, --test-x, --test-y FILE|NAME\n"
     "                         samples and labels of each group: files, or names in the .npz file;\n"
     "                         idx and npy files may also be named without, x before y\n"},
    {NN_FROM_DATASET, "--rechunk OLD.h5 --output NEW.h5 [OPTION]...",
     "Copies a dataset file so that its rows are read fast: in chunks of whole rows, about 1 MiB\n"
     "each; all else stays as it is.\n"}};
enum { PART_COUNT = sizeof parts / sizeof *parts };

void nn_import_print_help(nn_import_format format) {
    const int all = ~0, wanted = format ? (int)format : all;
    const char *lead = "Usage:";
    for (int i = 0; i < PART_COUNT; i++) {
        if (!parts[i].usage || !(parts[i].formats & wanted)) continue;
        printf("%s nnmpi import %s\n", lead, parts[i].usage);
        lead = "      ";
    }
    fputs(intro, stdout);
    if (wanted != NN_FROM_DATASET) fputs(splitting, stdout);
    for (int i = 0; i < PART_COUNT; i++) {
        if (!(parts[i].formats & wanted) || parts[i].text[0] == '\0') continue;
        printf("\n");
        const char *between = "";
        for (int bit = 1; wanted == all && bit <= NN_FROM_DATASET; bit *= 2)
            if (parts[i].formats & bit) {
                printf("%s%s", between, nn_import_format_name((nn_import_format)bit));
                between = ", ";
            }
        if (wanted == all) printf(":\n");
        fputs(parts[i].text, stdout);
    }
}
