/* eval.c: `nnmpi eval MODEL.h5 --data FILE.h5`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/use.h"
#include "io/json.h"
#include "train/evaluate.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "Usage: nnmpi eval MODEL.h5 --data FILE.h5 [--split test]\n"
    "       mpirun -np N nnmpi eval MODEL.h5 --data FILE.h5 [--split test]\n"
    "\n"
    "Evaluates a model that nnmpi trained, with the loss and the metrics of its run, on a group\n"
    "of a dataset file. The last line on stdout is a JSON object.\n"
    "\n"
    "  --data FILE.h5   the dataset file\n"
    "  --split NAME     the group in it (test)\n" NN_COMMAND_TIMEOUT_HELP;

static nn_status print_result(const nn_use *use, const double *sums) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    char *text = NULL;
    double loss = nn_objective_loss(use->objective, sums) +
                  nn_model_penalty(use->saved.model, false);
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the result", &root));
    NN_TRY(nn_node_add_text(root, "split", use->split));
    NN_TRY(nn_node_add_int(root, "samples", nn_dataset_rows(use->dataset)));
    NN_TRY(nn_node_add_real(root, "loss", loss));
    for (int64_t i = 0; i < nn_objective_metrics(use->objective); i++)
        NN_TRY(nn_node_add_real(root, nn_objective_metric_name(use->objective, i),
                                nn_objective_metric(use->objective, i, sums)));
    NN_TRY(nn_json_format(root, &text));
    puts(text);
done:
    free(text);
    nn_node_destroy(&root);
    return status;
}

static nn_status evaluate(nn_comm *comm, nn_use *use) {
    nn_status status = NN_OK;
    double *sums = NULL;
    NN_TRY(nn_use_open(comm, true, use));
    NN_TRY(nn_comm_agree(comm, nn_allocate("sums", nn_objective_sums(use->objective),
                                           sizeof *sums, &sums)));
    NN_TRY(nn_evaluate(comm, use->saved.model, use->objective, use->loader, use->threads, NULL,
                       sums));
    NN_TRY(nn_comm_agree(comm, nn_comm_rank(comm) == 0 ? print_result(use, sums) : NN_OK));
done:
    free(sums);
    nn_use_close(use);
    return status;
}

nn_status nn_command_eval(int argc, char **argv, nn_comm **comm) {
    nn_use use = {.split = "test"};
    const nn_option options[] = {
        {"data", NN_OPTION_TEXT, &use.data_file}, {"split", NN_OPTION_TEXT, &use.split},
        {"hang-timeout", NN_OPTION_TEXT, &use.hang_timeout}, {0}};
    bool help;
    nn_status status =
        nn_options_parse(argc, argv, options, "MODEL.h5", &use.model_file, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    if (!use.data_file) return nn_fail(NN_USAGE, "nnmpi eval needs --data FILE.h5");
    status = nn_command_timeout(use.hang_timeout, &use.timeout);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    return status == NN_OK ? evaluate(*comm, &use) : status;
}
