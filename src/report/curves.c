/* curves.c: the metrics.csv of a run, and its name. */
#include "report/curves.h"

#include "io/publish.h"
#include "util/memory.h"
#include "util/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The folder's name, whatever the way to it is. */
static nn_status name_run(const char *folder, char **out) {
    char *whole = realpath(folder, NULL);
    if (!whole) return nn_fail(NN_NO_INPUT, "%s: %s", folder, strerror(errno));
    const char *slash = strrchr(whole, '/');
    nn_status status = nn_copy_text(slash && slash[1] ? slash + 1 : whole, out);
    free(whole);
    return status;
}

static nn_status find_file(const char *run, nn_curves *out) {
    char *folder = NULL;
    nn_status status = NN_OK;
    if (nn_is_folder(run)) {
        NN_TRY(nn_join_path(run, "metrics.csv", &out->path));
        return name_run(run, &out->name);
    }
    NN_TRY(nn_copy_text(run, &out->path));
    NN_TRY(nn_copy_text(run, &folder));
    char *slash = strrchr(folder, '/');
    if (slash == folder) slash[1] = '\0';
    else if (slash) *slash = '\0';
    NN_TRY(name_run(slash ? folder : ".", &out->name));
done:
    free(folder);
    return status;
}

nn_status nn_curves_read(const char *run, nn_curves *out) {
    nn_status status = NN_OK;
    *out = (nn_curves){0};
    NN_TRY(find_file(run, out));
    NN_TRY(nn_history_table_open(out->path, &out->table, &out->cut));
    if (nn_history_table_find(&out->table, "epoch") < 0 || out->table.columns < 2)
        status = out->table.names[0][0]
                     ? nn_fail(NN_BAD_DATA, "%s is no metrics.csv of a run: its first line names no column "
                                            "'epoch'", out->path)
                     : nn_fail(NN_BAD_DATA, "%s is empty: it is no metrics.csv of a run", out->path);
done:
    if (status != NN_OK) nn_curves_release(out);
    return status;
}

void nn_curves_release(nn_curves *curves) {
    nn_history_table_free(&curves->table);
    free(curves->name);
    free(curves->path);
    *curves = (nn_curves){0};
}
