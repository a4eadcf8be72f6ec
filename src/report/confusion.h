/* confusion.h: the confusion matrix of a classifier: how many rows of each class were taken for which,
 * as a table in text or as a picture. All functions are Local. */
#ifndef NN_REPORT_CONFUSION_H
#define NN_REPORT_CONFUSION_H

#include "report/canvas.h"
#include "report/results.h"

typedef struct {
    int64_t classes;
    int64_t *counts; /* (classes, classes): [true][predicted] */
    int64_t rows, right, undecided; /* undecided: without a predicted class, and not in counts */
    const nn_names *names;          /* borrowed */
} nn_confusion;

/** Counts the rows of a file, which must stay open as long as the matrix. Releases nothing on failure
 * that nn_confusion_release() would not. Errors: NN_BAD_DATA, NN_IO, NN_INTERNAL. */
nn_status nn_confusion_count(nn_results *results, nn_confusion *out) NN_CHECKED;

/** Releases it. */
void nn_confusion_release(nn_confusion *matrix);

/** The name of a class; its number, written into `number`, where it has none. */
enum { NN_CLASS_NUMBER = 24 };
const char *nn_confusion_name(const nn_confusion *matrix, int64_t class, char *number);

/** Adds the matrix as a table of at most `columns` characters a line; where it does not fit, a line
 * for each class and what it is most often taken for. */
void nn_confusion_table(const nn_confusion *matrix, int columns, nn_text *out);

/** Adds the script of the picture: counts in cells coloured by their share of the class; colours alone
 * where there are more than 20 classes. Errors: NN_INTERNAL. */
nn_status nn_confusion_script(const nn_canvas *canvas, const nn_confusion *matrix,
                              nn_text *script) NN_CHECKED;

#endif
