/* predict.c: `nnmpi predict MODEL.h5 --data FILE.h5 --output OUT.h5`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/use.h"
#include "io/publish.h"
#include "train/evaluate.h"

#include <inttypes.h>
#include <stdio.h>

static const char HELP[] =
    "Usage: nnmpi predict MODEL.h5 --data FILE.h5 [--split test] --output OUT.h5\n"
    "       mpirun -np N nnmpi predict ...\n"
    "\n"
    "Writes what a model says about each row of a group of a dataset file to /predictions of\n"
    "OUT.h5, in the order of the rows. The group needs x alone.\n"
    "\n"
    "  --data FILE.h5    the dataset file\n"
    "  --split NAME      the group in it (test)\n"
    "  --output OUT.h5   the file to write; one of that name is replaced\n" NN_COMMAND_TIMEOUT_HELP;

static nn_status predict(nn_comm *comm, nn_use *use, const char *output) {
    char shape[NN_SHAPE_TEXT];
    nn_status status = nn_use_open(comm, false, use);
    if (status == NN_OK)
        status = nn_predict(comm, use->saved.model, use->loader, use->threads, output);
    if (status == NN_OK && nn_comm_rank(comm) == 0)
        printf("%s: /predictions, %" PRId64 " rows of shape %s\n", output,
               nn_dataset_rows(use->dataset),
               nn_shape_format(nn_model_output_shape(use->saved.model), shape));
    nn_use_close(use);
    return status;
}

nn_status nn_command_predict(int argc, char **argv, nn_comm **comm) {
    nn_use use = {.split = "test"};
    const char *output = NULL;
    const nn_option options[] = {{"data", NN_OPTION_TEXT, &use.data_file},
                                 {"split", NN_OPTION_TEXT, &use.split},
                                 {"output", NN_OPTION_TEXT, &output},
                                 {"hang-timeout", NN_OPTION_TEXT, &use.hang_timeout},
                                 {0}};
    bool help;
    nn_status status =
        nn_options_parse(argc, argv, options, "MODEL.h5", &use.model_file, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    if (!use.data_file) return nn_fail(NN_USAGE, "nnmpi predict needs --data FILE.h5");
    if (!output) return nn_fail(NN_USAGE, "nnmpi predict needs --output OUT.h5");
    status = nn_refuse_same_file(output, use.data_file);
    if (status == NN_OK) status = nn_refuse_same_file(output, use.model_file);
    if (status != NN_OK) return status;
    status = nn_command_timeout(use.hang_timeout, &use.timeout);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    return status == NN_OK ? predict(*comm, &use, output) : status;
}
