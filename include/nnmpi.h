/* nnmpi.h: the public interface of nnmpi, a data-parallel trainer for neural networks on CPU
 * clusters.
 *
 * Today the interface is the command `nnmpi` and the files that it writes; this header names what
 * both sides share: the version, and the status codes that every function of the library returns
 * and that the command exits with (they follow sysexits.h). */
#ifndef NNMPI_H
#define NNMPI_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, exit code, meaning) */
#define NN_STATUS_LIST(X)                                                                          \
    X(OK, 0, "done")                                                                               \
    X(USAGE, 64, "the command line was not understood")                                            \
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

/** The name of a status, such as "BAD_DATA"; "UNKNOWN" for a number that is none. */
const char *nn_status_name(nn_status status);

/** What a status means, in one line of English. */
const char *nn_status_meaning(nn_status status);

/** The version of nnmpi, such as "0.1.0". */
const char *nn_version(void);

#ifdef __cplusplus
}
#endif
#endif
