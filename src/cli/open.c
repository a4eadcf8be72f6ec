/* open.c: from the arguments of a command to its ranks. */
#include "cli/commands.h"
#include "kernels/blas.h"
#include "kernels/team.h"

#include <stdlib.h>
#include <string.h>

nn_status nn_command_open(nn_status status, nn_comm **comm) {
    if (status != NN_OK && nn_comm_launched() == 1) return status;
    nn_status opened = nn_comm_open(comm);
    if (opened == NN_OK) opened = nn_comm_agree(*comm, status);
    return opened == NN_OK ? nn_command_check_same(*comm) : opened;
}

nn_status nn_command_place(nn_comm *comm, nn_place *place) {
    nn_status status = nn_place_find(comm, nn_team_requested(), place);
    if (status == NN_OK) status = nn_comm_check_threads(comm, place->threads);
    if (status == NN_OK) status = nn_blas_check(place->threads);
    if (status == NN_OK) status = nn_team_check(place->threads);
    return nn_comm_agree(comm, status);
}

nn_status nn_command_threads(nn_comm *comm, int *threads) {
    nn_place place;
    nn_status status = nn_command_place(comm, &place);
    *threads = place.threads;
    return status;
}

nn_status nn_command_timeout(const char *text, double *seconds) {
    char *end;
    *seconds = 600;
    if (!text) return NN_OK;
    const double number = strtod(text, &end);
    const double unit = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1
                        : strcmp(end, "m") == 0                       ? 60
                        : strcmp(end, "h") == 0                       ? 3600
                                                                      : 0;
    *seconds = number * unit;
    if (end == text || unit == 0 || !(number == 0 || (*seconds >= 1 && *seconds <= 1e7)))
        return nn_fail(NN_USAGE,
                       "--hang-timeout is a time of a second or more, such as 90, 90s, 10m or 1h, or 0 "
                       "for never, not '%s'",
                       text);
    return NN_OK;
}

/* Rank 0 has read and checked the run file; the others get the effective text. */
static nn_status share_run(nn_comm *comm, nn_status status, nn_run **run) {
    char *text = NULL;
    const bool first = nn_comm_rank(comm) == 0;
    if (first && status == NN_OK) status = nn_run_format(*run, &text);
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) status = nn_comm_broadcast_text(comm, &text);
    if (status == NN_OK && !first) status = nn_run_read(text, "the effective run file", NULL, 0, run);
    free(text);
    return nn_comm_agree(comm, status);
}

nn_status nn_command_read_run(nn_comm *comm, const char *path, const nn_option_list *overrides,
                              nn_run **run) {
    nn_status status = NN_OK;
    if (nn_comm_rank(comm) == 0)
        status = nn_run_read_file(path, overrides->values, overrides->count, run);
    return share_run(comm, status, run);
}

nn_status nn_command_read_resumed(nn_comm *comm, const char *path, const nn_option_list *overrides,
                                  const char *output, nn_run **run) {
    nn_status status = NN_OK;
    if (nn_comm_rank(comm) == 0)
        status = nn_run_read_resumed(path, overrides->values, overrides->count, output, run);
    return share_run(comm, status, run);
}

/* What a Slurm job asks for, where its srun does not know of it. */
static int forgotten_cpus(void) {
    const char *job = getenv("SLURM_CPUS_PER_TASK");
    return job && !getenv("SRUN_CPUS_PER_TASK") ? atoi(job) : 0;
}

nn_status nn_command_layout(nn_comm *comm, const nn_place *mine, nn_launcher launcher,
                            nn_place **places, nn_layout *layout) {
    *layout = (nn_layout){0};
    nn_status status = nn_place_gather(comm, mine, places);
    if (status == NN_OK && *places)
        status = nn_layout_open(*places, nn_comm_size(comm), launcher, forgotten_cpus(), layout);
    return nn_comm_agree(comm, status);
}
