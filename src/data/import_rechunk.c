/* import_rechunk.c: a dataset file anew, its arrays in chunks of whole rows of about 1 MiB. Names,
 * values, types and attributes stay as they are. */
#include "data/import_file.h"

#include "util/text.h"

#include <stdlib.h>

enum { DEPTH = 16 }; /* of groups; hard links can make a group its own member */

static nn_status copy_group(nn_h5 *from, const char *group, int depth, nn_h5 *to, int deflate) {
    nn_status status = NN_OK;
    char **names = NULL, *path = NULL;
    int64_t count = 0;
    if (depth > DEPTH)
        return nn_fail(NN_BAD_DATA, "%s: %s lies more than %d groups deep", nn_h5_path(from), group,
                       DEPTH);
    NN_TRY(nn_h5_list(from, group, &names, &count));
    for (int64_t i = 0; i < count; i++) {
        nn_text text = {0};
        nn_text_add(&text, "%s/%s", depth == 0 ? "" : group, names[i]);
        free(path);
        path = NULL;
        NN_TRY(nn_text_take(&text, &path));
        if (nn_h5_is_group(from, path)) {
            NN_TRY(nn_h5_make_group(to, path));
            NN_TRY(copy_group(from, path, depth + 1, to, deflate));
        } else {
            NN_TRY(nn_h5_copy_dataset(from, path, to, deflate));
        }
    }
    NN_TRY(nn_h5_copy_attributes(from, group, to));
done:
    free(path);
    for (int64_t i = 0; names && i < count; i++) free(names[i]);
    free(names);
    return status;
}

nn_status nn_import_rechunk(const char *path, const nn_import_options *options) {
    nn_status status = NN_OK;
    nn_h5 *from = NULL;
    nn_import_file file = {0};
    NN_TRY(nn_h5_open(path, &from));
    if (nn_h5_has_attribute(from, "/", "model_config"))
        NN_TRY(nn_fail(NN_BAD_DATA, "%s is a model, not a dataset", path));
    NN_TRY(nn_import_file_begin(options, &file));
    NN_TRY(copy_group(from, "/", 0, file.file, options->deflate));
    NN_TRY(nn_import_file_finish(&file));
done:
    nn_import_file_release(&file);
    nn_h5_discard(&from);
    return status;
}
