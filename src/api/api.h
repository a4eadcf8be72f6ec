/* api.h: what the files of the library's interface know of each other: what stands behind nnmpi.h. */
#ifndef NN_API_API_H
#define NN_API_API_H

#include "nnmpi.h"

#include "comm/comm.h"
#include "data/samples.h"
#include "kernels/team.h"
#include "model/objective.h"
#include "train/saved.h"

#include <locale.h>

struct nnmpi_context {
    nn_comm *comm;
    int threads;
    bool spares_threads; /* nobody has asked for so many */
};

struct nnmpi_config {
    char *text;
    char **overrides; /* "nnmpi_config_set KEY=VALUE" */
    int64_t count;
};

struct nnmpi_dataset {
    nn_samples *samples;
    nn_status failed; /* why rows are missing that were to be appended; NN_OK: none is */
    char why[NNMPI_MESSAGE_MAX];
};

struct nnmpi_model {
    nnmpi_context *context; /* borrowed */
    nn_model *network;      /* borrowed, as is what follows: a trainer's, or of `saved` */
    const nn_object *loss;
    nn_objective *objective; /* NULL: it is not known how the model was trained, */
    char *why_not;           /* for this reason; NULL: the file says nothing of it */
    nn_saved saved;          /* of a model from a file */
    nn_objective *saved_objective;
    nn_real *x; /* (nn_model_max_rows(), input): rows that had to be converted; NULL until then */
    char name[2 * NN_LAYER_NAME];
};

/** What the calling thread did before nn_api_enter(). */
typedef struct {
    nn_team_outside team;
    locale_t plain, locale; /* that of the call, 0: it could not be had; the program's */
} nn_api_outside;

/** Around all that computes, reads or writes numbers: nn_team_enter(), and numbers with a point in them,
 * whatever the program's locale says. The program gets back what was. Local. */
nn_api_outside nn_api_enter(void);
void nn_api_leave(nn_api_outside outside);

/** Reads the configuration for rows in memory. Local. Errors: those of nn_run_read(). */
nn_status nn_api_read_config(const nnmpi_config *config, bool validated, nn_run **out) NN_CHECKED;

/** Whether the dataset has all rows that were to be appended; takes NULL. Local. Errors: that of the first
 * append that has failed. */
nn_status nn_api_check_rows(const nnmpi_dataset *dataset) NN_CHECKED;

/** The number type inside; false where `type` is none. Local. */
bool nn_api_type(nnmpi_type type, nn_h5_type *out);

#endif
