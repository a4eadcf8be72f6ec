/* comm.c: the world of ranks, agreement, and collectives over buffers of any length. */
#include "comm/comm_mpi.h"
#include "comm/comm_private.h"

#include "kernels/team.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 28 }; /* elements of one message: MPI's counts are ints */

/* The first of the environment's variables that is set, as a number; `otherwise` where none is. */
static int from_environment(const char *const *variables, int otherwise) {
    for (; *variables; variables++) {
        const char *text = getenv(*variables);
        if (text && *text >= '0' && *text <= '9') return atoi(text);
    }
    return otherwise;
}

int nn_comm_launched(void) {
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                            "SLURM_STEP_NUM_TASKS", NULL};
    return from_environment(variables, 1);
}

int nn_comm_launched_rank(void) {
    static const char *const variables[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID",
                                            NULL};
    return from_environment(variables, 0);
}

/* Whether srun has started several processes that have nobody to connect them. Open MPI would end in
 * MPI_Init then, with two pages of advice from each. */
static bool disconnected(void) {
    static const char *const connections[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_NAMESPACE", "PMIX_RANK",
                                              "PMI_RANK", "PMI_FD"};
    for (size_t i = 0; i < sizeof connections / sizeof *connections; i++)
        if (getenv(connections[i])) return false;
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    return tasks && atoi(tasks) > 1;
}

/* The launcher and the MPI that nnmpi is linked with do not know each other. */
static nn_status refuse_singletons(void) {
    char library[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(library, &length);
    library[strcspn(library, ",\n")] = '\0'; /* "Open MPI v4.1.4, package: ...", "MPICH Version:\t4.0.2" */
    for (char *at = library; *at; at++)
        if (*at == '\t') *at = ' ';
    const bool is_mpich = strncmp(library, "MPICH", 5) == 0;
    return nn_fail(NN_USAGE,
                   "%d processes were started, but each sees itself alone: the launcher and this MPI "
                   "do not fit together; try `srun --mpi=%s` (`srun --mpi=list` shows what there "
                   "is), or the %s of the MPI that nnmpi runs with, %.60s",
                   nn_comm_launched(), is_mpich ? "pmi2" : "pmix", is_mpich ? "mpiexec" : "mpirun", library);
}

/* Begins to speak over `world`, which becomes self's. `self` has room for two: the ranks across the nodes
 * are the second. */
static void open_on(nn_comm *self, MPI_Comm world) {
    int provided = MPI_THREAD_SINGLE, length = 0;
    self->world = world;
    MPI_Comm_rank(self->world, &self->rank);
    self->number = self->rank;
    MPI_Comm_size(self->world, &self->size);
    MPI_Get_processor_name(self->host, &length);
    MPI_Query_thread(&provided);
    self->threads = provided >= MPI_THREAD_FUNNELED;
    nn_comm_open_node(self, self + 1);
}

nn_status nn_comm_open(nn_comm **out) {
    nn_status status = NN_OK;
    static nn_comm self[2]; /* not allocated: a rank without memory would skip what the others do */
    int provided;
    MPI_Comm world;
    *out = NULL;
    nn_team_keep();
    if (disconnected()) return refuse_singletons();
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return nn_fail(NN_INTERNAL, "MPI does not start");
    MPI_Comm_dup(MPI_COMM_WORLD, &world);
    open_on(self, world);
    *out = self;
    if (self->size == 1 && nn_comm_launched() > 1) NN_TRY(refuse_singletons());
done:
    return status;
}

/* Gives back what open_on() has taken. */
static void close_on(nn_comm *self) {
    nn_comm_close_node(self);
    MPI_Comm_free(&self->world);
}

void nn_comm_close(nn_comm **comm) {
    int initialized = 0, finalized = 0;
    nn_watchdog_doing(NN_DOING_END);
    nn_watchdog_wait();
    if (*comm) close_on(*comm);
    *comm = NULL;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized && !finalized) MPI_Finalize();
    nn_watchdog_stop(); /* only now: a rank that is stopped keeps the others in MPI_Finalize */
}

/* Before any message: what is wrong here is so on all ranks, or MPI cannot tell the others. */
static nn_status check_theirs(MPI_Comm theirs) {
    int started = 0, ended = 0, between = 0;
    MPI_Initialized(&started);
    if (started) MPI_Finalized(&ended);
    if (!started || ended)
        return nn_fail(NN_USAGE, "MPI %s: call nnmpi between MPI_Init_thread and MPI_Finalize",
                       ended ? "has ended" : "has not been started");
    if (theirs == MPI_COMM_NULL)
        return nn_fail(NN_USAGE, "the communicator is MPI_COMM_NULL: this rank is not a part of it");
    MPI_Comm_test_inter(theirs, &between);
    if (between)
        return nn_fail(NN_USAGE, "the communicator is one between two groups; nnmpi wants one group");
    return NN_OK;
}

nn_status nn_comm_of(MPI_Comm theirs, nn_comm **out) {
    nn_comm *self = NULL;
    MPI_Comm world;
    int failed, any;
    *out = NULL;
    nn_status usable = check_theirs(theirs);
    if (usable != NN_OK) return usable;
    nn_status status = nn_allocate("a communicator", 2, sizeof *self, &self);
    failed = status != NN_OK;
    MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, theirs);
    if (any) {
        free(self);
        return failed ? status : nn_fail(NN_INTERNAL, "out of memory on another rank: a communicator");
    }
    MPI_Comm_dup(theirs, &world);
    MPI_Comm_set_errhandler(world, MPI_ERRORS_ARE_FATAL); /* the caller's may return errors */
    open_on(self, world);
    *out = self;
    return NN_OK;
}

nn_status nn_comm_split(nn_comm *comm, int group, nn_comm **out) {
    nn_comm *self = NULL;
    MPI_Comm part;
    *out = NULL;
    nn_status status = nn_comm_agree(comm, nn_allocate("a communicator", 2, sizeof *self, &self));
    if (status != NN_OK) {
        free(self);
        return status;
    }
    NN_WAITS(MPI_Comm_split(comm->world, group, comm->rank, &part));
    open_on(self, part);
    self[0].number = self[1].number = comm->number;
    *out = self;
    return NN_OK;
}

void nn_comm_release(nn_comm **comm) {
    if (!*comm) return;
    close_on(*comm);
    free(*comm);
    *comm = NULL;
}

int nn_comm_rank(const nn_comm *comm) {
    return comm->rank;
}

int nn_comm_size(const nn_comm *comm) {
    return comm->size;
}

const char *nn_comm_host(const nn_comm *comm) {
    return comm->host;
}

/* What the first failing rank tells the others. */
typedef struct {
    nn_status status;
    int number;
    char host[MPI_MAX_PROCESSOR_NAME];
    char message[NN_MESSAGE_MAX];
} report;

nn_status nn_comm_agree(nn_comm *comm, nn_status status) {
    int failing = status == NN_OK ? comm->size : comm->rank, first;
    if (comm->size == 1) return status;
    NN_WAITS(MPI_Allreduce(&failing, &first, 1, MPI_INT, MPI_MIN, comm->world));
    if (first == comm->size) return NN_OK;
    report told = {.status = status, .number = comm->number};
    memcpy(told.host, comm->host, sizeof told.host);
    memcpy(told.message, nn_message(), sizeof told.message);
    NN_WAITS(MPI_Bcast(&told, (int)sizeof told, MPI_BYTE, first, comm->world));
    if (strncmp(told.message, "rank ", 5) == 0) /* agreed before */
        return nn_fail(told.status, "%s", told.message);
    return nn_fail(told.status, "rank %d on %s: %s", told.number, told.host, told.message);
}

void nn_comm_sum_float(nn_comm *comm, float *data, int64_t count) {
    if (comm->size == 1) return;
    for (int64_t at = 0; at < count; at += PIECE) {
        int length = (int)(count - at < PIECE ? count - at : PIECE);
        NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, data + at, length, MPI_FLOAT, MPI_SUM, comm->world));
    }
}

void nn_comm_sum_double(nn_comm *comm, double *data, int64_t count) {
    if (comm->size == 1) return;
    for (int64_t at = 0; at < count; at += PIECE) {
        int length = (int)(count - at < PIECE ? count - at : PIECE);
        NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, data + at, length, MPI_DOUBLE, MPI_SUM, comm->world));
    }
}

struct nn_sums_under_way {
    MPI_Comm world;
    int count;
    MPI_Request *requests;
};

nn_status nn_sums_under_way_create(nn_comm *comm, int64_t most, nn_sums_under_way **out) {
    nn_status status = NN_OK;
    nn_sums_under_way *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("sums under way", 1, sizeof *self, &self));
    self->world = comm->world;
    NN_TRY(nn_allocate("requests", most, sizeof *self->requests, &self->requests));
    *out = self;
    self = NULL;
done:
    nn_sums_under_way_destroy(&self);
    return status;
}

void nn_sums_under_way_destroy(nn_sums_under_way **sums) {
    if (!*sums) return;
    free((*sums)->requests);
    free(*sums);
    *sums = NULL;
}

void nn_comm_start_sum(nn_sums_under_way *sums, const float *from, float *to, int64_t count) {
    MPI_Iallreduce(from, to, (int)count, MPI_FLOAT, MPI_SUM, sums->world,
                   &sums->requests[sums->count++]);
}

void nn_comm_progress_sums(nn_sums_under_way *sums) {
    int done;
    if (sums->count > 0) MPI_Testall(sums->count, sums->requests, &done, MPI_STATUSES_IGNORE);
}

void nn_comm_finish_sums(nn_sums_under_way *sums) {
    NN_WAITS(MPI_Waitall(sums->count, sums->requests, MPI_STATUSES_IGNORE));
    sums->count = 0;
}

void nn_comm_progress(nn_comm *comm) {
    int there;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm->world, &there, MPI_STATUS_IGNORE);
}

void nn_comm_wait_for_all(nn_comm *comm) {
    NN_WAITS(MPI_Barrier(comm->world));
}

int64_t nn_comm_max(nn_comm *comm, int64_t number) {
    NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_INT64_T, MPI_MAX, comm->world));
    return number;
}

uint64_t nn_comm_sum_u64(nn_comm *comm, uint64_t number) {
    NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, &number, 1, MPI_UINT64_T, MPI_SUM, comm->world));
    return number;
}

bool nn_comm_is_same(nn_comm *comm, uint64_t number) {
    uint64_t greatest[2] = {number, ~number}; /* of ~number: the complement of the least */
    NN_WAITS(MPI_Allreduce(MPI_IN_PLACE, greatest, 2, MPI_UINT64_T, MPI_MAX, comm->world));
    return greatest[0] == ~greatest[1];
}

void nn_comm_broadcast_from(nn_comm *comm, int rank, void *data, int64_t bytes) {
    if (comm->size == 1) return;
    for (int64_t at = 0; at < bytes; at += PIECE) {
        int length = (int)(bytes - at < PIECE ? bytes - at : PIECE);
        NN_WAITS(MPI_Bcast((char *)data + at, length, MPI_BYTE, rank, comm->world));
    }
}

void nn_comm_broadcast(nn_comm *comm, void *data, int64_t bytes) {
    nn_comm_broadcast_from(comm, 0, data, bytes);
}

nn_status nn_comm_broadcast_text(nn_comm *comm, char **text) {
    int64_t bytes = comm->rank == 0 ? (int64_t)strlen(*text) + 1 : 0;
    nn_status status = NN_OK;
    nn_comm_broadcast(comm, &bytes, sizeof bytes);
    if (comm->rank != 0) {
        *text = NULL;
        status = nn_allocate("a text", bytes, 1, text);
    }
    status = nn_comm_agree(comm, status);
    if (status == NN_OK) nn_comm_broadcast(comm, *text, bytes);
    else if (comm->rank != 0) {
        free(*text);
        *text = NULL;
    }
    return status;
}

nn_status nn_comm_check_same(nn_comm *comm, const char *what, const char *text) {
    char *expected = comm->rank == 0 ? (char *)text : NULL;
    nn_status status = nn_comm_broadcast_text(comm, &expected);
    if (status != NN_OK) return status;
    if (strcmp(expected, text) != 0)
        status = nn_fail(NN_BAD_CONFIG, "%s differs from rank 0's: '%s' here, '%s' there", what,
                         text, expected);
    if (comm->rank != 0) free(expected);
    return nn_comm_agree(comm, status);
}

void nn_comm_gather(nn_comm *comm, const void *mine, int64_t bytes, void *all) {
    NN_WAITS(MPI_Gather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, 0, comm->world));
}

void nn_comm_send(nn_comm *comm, const void *data, int64_t bytes, int to) {
    for (int64_t at = 0; at < bytes; at += PIECE)
        NN_WAITS(MPI_Send((const char *)data + at, (int)(bytes - at < PIECE ? bytes - at : PIECE), MPI_BYTE,
                 to, 0, comm->world));
}

void nn_comm_receive(nn_comm *comm, void *data, int64_t bytes, int from) {
    for (int64_t at = 0; at < bytes; at += PIECE)
        NN_WAITS(MPI_Recv((char *)data + at, (int)(bytes - at < PIECE ? bytes - at : PIECE), MPI_BYTE, from,
                 0, comm->world, MPI_STATUS_IGNORE));
}

void nn_comm_exchange(nn_comm *comm, const void *out, int64_t out_bytes, int to, void *in,
                      int64_t in_bytes, int from) {
    for (int64_t at = 0; at < out_bytes || at < in_bytes; at += PIECE) {
        int64_t sends = out_bytes - at < PIECE ? out_bytes - at : PIECE;
        int64_t receives = in_bytes - at < PIECE ? in_bytes - at : PIECE;
        NN_WAITS(MPI_Sendrecv(sends > 0 ? (const char *)out + at : NULL, sends > 0 ? (int)sends : 0, MPI_BYTE,
                     sends > 0 ? to : MPI_PROC_NULL, 0, receives > 0 ? (char *)in + at : NULL,
                     receives > 0 ? (int)receives : 0, MPI_BYTE,
                     receives > 0 ? from : MPI_PROC_NULL, 0, comm->world, MPI_STATUS_IGNORE));
    }
}
