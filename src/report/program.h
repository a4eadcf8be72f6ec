/* program.h: running another program, gnuplot or fontconfig's, with files in place of its streams. */
#ifndef NN_REPORT_PROGRAM_H
#define NN_REPORT_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

/** Runs arguments[0], found on the PATH, without a shell, and waits for its end. Its standard streams are
 * the descriptors; where `input` is -1, there is nothing to read. *ended is whether it left with 0. Returns 0, or
 * the errno with which it cannot be started. Local. */
int nn_program_run(char *const *arguments, int input, int output, int complaints, bool *ended);

#endif
