/* predict.c: `nnmpi predict MODEL.h5 --data FILE.h5 --output OUT.h5|OUT.csv`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/use.h"
#include "io/publish.h"

#include <inttypes.h>
#include <stdio.h>

static const char HELP[] =
    "Usage: nnmpi predict MODEL.h5 --data FILE.h5 [--split test] --output OUT.h5|OUT.csv\n"
    "       mpirun -np N nnmpi predict ...\n"
    "\n"
    "Writes what a model says about each row of a group of a dataset file, in the order of the rows.\n"
    "The group needs x alone. The ending of the name says how:\n"
    "\n"
    "  .h5   /predictions, the outputs, and /classes, the class that a classifier decides on\n"
    "  .csv  a column of each output, called as the class or the target that it stands for where\n"
    "        that is known, and for a classifier a last column, class\n"
    "\n"
    "Where the data say which file each row came from, as nnmpi import images notes, that is\n"
    "/files, or the first column, file.\n"
    "\n"
    "Data whose classes or features have other names than those that the model was trained on are\n"
    "refused.\n"
    "\n"
    "  --data FILE.h5    the dataset file\n"
    "  --split NAME      the group in it (test)\n"
    "  --output OUT      the file to write; one of that name is replaced if it holds predictions too\n"
    NN_COMMAND_TIMEOUT_HELP;

static nn_status predict(nn_comm *comm, nn_use *use, const char *output) {
    char shape[NN_SHAPE_TEXT];
    nn_status status = nn_use_open(comm, false, use);
    if (status == NN_OK) status = nn_use_predict(comm, use, output, NULL, NULL);
    if (status == NN_OK && nn_comm_rank(comm) == 0)
        printf("%s: predictions of %" PRId64 " rows, of shape %s\n", output,
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
    if (!output) return nn_fail(NN_USAGE, "nnmpi predict needs --output OUT.h5 or OUT.csv");
    status = nn_predictions_check_name(output);
    if (status == NN_OK) status = nn_refuse_same_file(output, use.data_file);
    if (status == NN_OK) status = nn_refuse_same_file(output, use.model_file);
    if (status != NN_OK) return status;
    status = nn_command_timeout(use.hang_timeout, &use.timeout);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    return status == NN_OK ? predict(*comm, &use, output) : status;
}
