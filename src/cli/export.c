/* export.c: `nnmpi export MODEL.h5 --output model.onnx`. */
#include "export/export.h"

#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "Usage: nnmpi export MODEL.h5 -o model.onnx\n"
    "       nnmpi export MODEL.h5 -o model.safetensors\n"
    "\n"
    "Writes a model, or a checkpoint, for programs that know neither nnmpi nor Keras. The ending\n"
    "of the output says the format:\n"
    "\n"
    "  .onnx             the whole network, which ONNX Runtime and others run: a float32 input\n"
    "                    called 'input', an 'output', any number of rows\n"
    "  .safetensors      the weights alone, as LAYER.kernel, LAYER.bias and so on\n"
    "\n"
    "  --output FILE, -o FILE\n"
    "                    the file to write; one of that name is replaced\n"
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
        return nn_fail(NN_USAGE, "nnmpi export needs --output model.onnx or model.safetensors");
    status = nn_export(model, output, &summary);
    if (status == NN_OK) printf("%s\n", summary);
    free(summary);
    return status;
}
