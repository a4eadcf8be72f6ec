/* history.c: metrics.csv. Numbers are the shortest that read back as the same double. */
#include "train/history.h"

#include "io/publish.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nn_history_begin(nn_text *history, const nn_objective *objective, bool validated) {
    nn_text_free(history);
    nn_text_add(history, "epoch,step");
    for (int part = 0; part < (validated ? 2 : 1); part++) {
        const char *prefix = part ? "val_" : "";
        nn_text_add(history, ",%sloss", prefix);
        for (int64_t i = 0; i < nn_objective_metrics(objective); i++)
            nn_text_add(history, ",%s%s", prefix, nn_objective_metric_name(objective, i));
    }
    nn_text_add(history, ",learning_rate,seconds,samples_per_second\n");
}

void nn_history_add_number(nn_text *history, double value) {
    char text[NN_REAL_TEXT] = ""; /* NaN: an empty cell, which spreadsheets, pandas and R take for none */
    if (isnan(value)) text[0] = '\0';
    else if (isinf(value)) strcpy(text, value > 0 ? "inf" : "-inf");
    else nn_format_real(value, text);
    nn_text_add(history, ",%s", text);
}

void nn_history_add(nn_text *history, const nn_history_line *line) {
    const nn_epoch_values *values = &line->values;
    nn_text_add(history, "%" PRId64 ",%" PRId64, line->epoch, line->step);
    for (int part = 0; part < (values->val_sums ? 2 : 1); part++) {
        nn_history_add_number(history, part ? values->val_loss : values->loss);
        for (int64_t i = 0; i < nn_objective_metrics(values->objective); i++)
            nn_history_add_number(history, nn_objective_metric(values->objective, i,
                                                    part ? values->val_sums : values->sums));
    }
    nn_history_add_number(history, line->learning_rate);
    nn_text_add(history, ",%.3f,%.1f\n", line->seconds, line->samples_per_second);
}

void nn_history_take_back(nn_text *history, int64_t epoch) {
    if (history->failed || history->length == 0) return;
    size_t begin = history->length - 1; /* of the last line */
    while (begin > 0 && history->bytes[begin - 1] != '\n') begin--;
    if (begin == 0 || strtoll(history->bytes + begin, NULL, 10) != epoch) return;
    history->length = begin;
    history->bytes[begin] = '\0';
}

nn_status nn_history_write(const nn_text *history, const char *path) {
    if (history->failed) return nn_fail(NN_INTERNAL, "out of memory: the history of the run");
    return nn_publish_text(path, history->bytes);
}

nn_status nn_history_append(const nn_text *history, size_t *written, const char *path) {
    if (history->failed) return nn_fail(NN_INTERNAL, "out of memory: the history of the run");
    nn_status status = access(path, F_OK) != 0
                           ? nn_history_write(history, path) /* someone has removed it */
                           : nn_append_bytes(path, history->bytes + *written, (int64_t)(history->length - *written));
    if (status == NN_OK) *written = history->length;
    return status;
}
