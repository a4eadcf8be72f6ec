/* status.h: the status codes that every function of nnmpi returns and that the command `nnmpi` exits with;
 * they follow sysexits.h. nnmpi.h includes it. */
#ifndef NNMPI_STATUS_H
#define NNMPI_STATUS_H

/* X(name, exit code, meaning) */
#define NN_STATUS_LIST(X)                                                                          \
    X(OK, 0, "done")                                                                               \
    X(USAGE, 64, "the command line, or an argument, was not understood")                                            \
    X(BAD_DATA, 65, "a data file holds what it must not hold")                                     \
    X(NO_INPUT, 66, "an input file is missing or cannot be read")                                  \
    X(INTERNAL, 70, "out of memory, or a defect of nnmpi")                                         \
    X(CANT_CREATE, 73, "an output file or folder cannot be created")                               \
    X(IO, 74, "reading or writing failed")                                                         \
    X(INTERRUPTED, 75, "interrupted, checkpoint saved: run again with --resume")                   \
    X(DIVERGED, 76, "the loss became NaN or infinite")                                             \
    X(BAD_CONFIG, 78, "the run file is wrong")

/** What a function that can fail returns; the value is also the exit code. */
typedef enum {
#define NN_STATUS_ENUM(name, code, meaning) NN_##name = code,
    NN_STATUS_LIST(NN_STATUS_ENUM)
#undef NN_STATUS_ENUM
} nn_status;

#endif
