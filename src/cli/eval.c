/* eval.c: `nnmpi eval MODEL.h5 --data FILE.h5`. */
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/use.h"
#include "io/json.h"
#include "io/publish.h"
#include "train/evaluate.h"
#include "util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char HELP[] =
    "Usage: nnmpi eval MODEL.h5 --data FILE.h5 [--split test] [OPTION]...\n"
    "       mpirun -np N nnmpi eval MODEL.h5 --data FILE.h5 [--split test] [OPTION]...\n"
    "\n"
    "Evaluates a model that nnmpi trained, with the loss and the metrics of its run, or one that\n"
    "Keras saved, with those that it was compiled with, on a group of a dataset file. The last\n"
    "line on stdout is a JSON object. Data whose classes or features have other names than those\n"
    "that the model was trained on are refused.\n"
    "\n"
    "  --data FILE.h5   the dataset file\n"
    "  --split NAME     the group in it (test)\n"
    "  --loss NAME      another loss than that of the file, such as huber or, as in a run file,\n"
    "                   '{name: huber, delta: 0.5}'\n"
    "  --metric NAME[,NAME]...\n"
    "                   other metrics than those of the file\n"
    "  --save OUT.h5    writes what the model says about each row and what is true, /predictions,\n"
    "                   /classes and /y, which nnmpi plot OUT.h5 draws, and /files where the data\n"
    "                   have names of files; a file of that name is replaced if it holds\n"
    "                   predictions too\n" NN_COMMAND_TIMEOUT_HELP;

/* The result as a JSON object, which the caller frees. */
static nn_status format_result(const nn_use *use, const double *sums, char **out) {
    nn_status status = NN_OK;
    nn_node *root = NULL;
    double loss = nn_objective_loss(use->objective, sums) +
                  nn_model_penalty(use->saved.model, false);
    NN_TRY(nn_node_add(NULL, NULL, NN_NODE_MAP, "the result", &root));
    NN_TRY(nn_node_add_text(root, "split", use->split));
    NN_TRY(nn_node_add_int(root, "samples", nn_dataset_rows(use->dataset)));
    NN_TRY(nn_node_add_real(root, "loss", loss));
    for (int64_t i = 0; i < nn_objective_metrics(use->objective); i++)
        NN_TRY(nn_node_add_real(root, nn_objective_metric_name(use->objective, i),
                                nn_objective_metric(use->objective, i, sums)));
    NN_TRY(nn_json_format(root, out));
done:
    nn_node_destroy(&root);
    return status;
}

static nn_status print_result(const nn_use *use, const double *sums) {
    char *text = NULL;
    nn_status status = format_result(use, sums, &text);
    if (status == NN_OK) puts(text);
    free(text);
    return status;
}

static nn_status note_result(const nn_use *use, const double *sums, nn_predictions *file) {
    char *text = NULL;
    nn_status status = format_result(use, sums, &text);
    if (status == NN_OK) status = nn_predictions_note(file, "result", text);
    free(text);
    return status;
}

static nn_status evaluate(nn_comm *comm, nn_use *use, const char *save) {
    nn_status status = NN_OK;
    double *sums = NULL;
    const bool first = nn_comm_rank(comm) == 0;
    NN_TRY(nn_use_open(comm, true, use));
    NN_TRY(nn_comm_agree(comm, nn_allocate("sums", nn_objective_sums(use->objective),
                                           sizeof *sums, &sums)));
    if (save) {
        NN_TRY(nn_use_predict(comm, use, save, sums, note_result));
        if (first)
            printf("%s: predictions and truth of %" PRId64 " rows\n", save,
                   nn_dataset_rows(use->dataset));
    } else
        NN_TRY(nn_evaluate(comm, use->saved.model, use->objective, use->loader, use->threads, NULL,
                           sums));
    NN_TRY(nn_comm_agree(comm, first ? print_result(use, sums) : NN_OK));
done:
    free(sums);
    nn_use_close(use);
    return status;
}

/* What is saved has more than one array, which CSV has no place for, and must destroy nothing. */
static nn_status check_save(const nn_use *use, const char *save) {
    if (!save) return NN_OK;
    nn_status status = nn_predictions_check_name(save);
    if (status == NN_OK && strcasecmp(save + strlen(save) - strlen(".csv"), ".csv") == 0)
        status = nn_fail(NN_USAGE,
                         "--save writes HDF5, which the name must say, such as results.h5; for CSV "
                         "there is nnmpi predict --output");
    if (status == NN_OK) status = nn_refuse_same_file(save, use->data_file);
    return status == NN_OK ? nn_refuse_same_file(save, use->model_file) : status;
}

nn_status nn_command_eval(int argc, char **argv, nn_comm **comm) {
    nn_use use = {.split = "test"};
    const char *save = NULL;
    const nn_option options[] = {
        {"data", NN_OPTION_TEXT, &use.data_file}, {"split", NN_OPTION_TEXT, &use.split},
        {"save", NN_OPTION_TEXT, &save},
        {"loss", NN_OPTION_TEXT, &use.measures.loss}, {"metric", NN_OPTION_TEXT, &use.measures.metrics},
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
    status = check_save(&use, save);
    if (status == NN_OK) status = nn_command_timeout(use.hang_timeout, &use.timeout);
    if (status != NN_OK) return status;
    status = nn_command_open(NN_OK, comm);
    return status == NN_OK ? evaluate(*comm, &use, save) : status;
}
