/* export.c: `nnmpi export MODEL.h5 --output FILE.onnx`. */
#include "export/export.h"

#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "Usage: nnmpi export MODEL.h5 -o FILE.onnx\n"
    "       nnmpi export MODEL.h5 -o FILE.safetensors\n"
    "\n"
    "Writes a model, or a checkpoint, for programs that know neither nnmpi nor Keras. The ending of\n"
    "the output says the format. FILE.onnx holds the whole network, which ONNX Runtime and others\n"
    "run: a float32 input called 'input', an 'output', any number of rows. FILE.safetensors holds\n"
    "the weights alone, as LAYER.kernel, LAYER.bias and so on.\n"
    "\n"
    "  -o, --output FILE  the file to write; one that nnmpi export has written is replaced, no other\n"
    "\n"
    "docs/EXPORT.md says how such files are used.\n";

nn_status nn_command_export(int argc, char **argv) {
    const char *model = NULL, *output = NULL;
    const nn_option options[] = {{"output", NN_OPTION_TEXT, &output}, {0}};
    bool help;
    char *summary;
    nn_status status = nn_options_parse(argc, argv, options, "MODEL.h5", &model, &help);
    if (status != NN_OK) return status;
    if (help) {
        fputs(HELP, stdout);
        return NN_OK;
    }
    if (!output)
        return nn_fail(NN_USAGE, "nnmpi export needs --output FILE.onnx or FILE.safetensors");
    status = nn_export(model, output, &summary);
    if (status == NN_OK) printf("%s\n", summary);
    free(summary);
    return status;
}
