/* watchdog.c: the marks of what a process does, and the thread that reports them, listens, and ends
 * the job. */
#include "comm/comm_private.h"
#include "comm/queue.h"
#include "comm/watchdog_private.h"

#include "util/clock.h"
#include "util/memory.h"
#include "util/thread.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- marks ---- */

static struct {
    _Atomic uint64_t lead, files_read; /* their sum is the progress */
    _Atomic int doing, waiting, files;
} marks;

/* The lead alone writes it: no locked instruction is needed. */
static void move(void) {
    const uint64_t lead = atomic_load_explicit(&marks.lead, memory_order_relaxed);
    atomic_store_explicit(&marks.lead, lead + 1, memory_order_relaxed);
}

void nn_watchdog_doing(nn_doing what) {
    atomic_store_explicit(&marks.doing, (int)what, memory_order_relaxed);
    move();
}

void nn_watchdog_tick(void) {
    move();
    nn_queue_serve();
}

void nn_watchdog_wait(void) {
    atomic_store_explicit(&marks.waiting, 1, memory_order_relaxed);
}

void nn_watchdog_go_on(void) {
    atomic_store_explicit(&marks.waiting, 0, memory_order_relaxed);
    move();
}

void nn_watchdog_file_begin(void) {
    atomic_fetch_add_explicit(&marks.files, 1, memory_order_relaxed);
}

void nn_watchdog_file_end(void) {
    atomic_fetch_sub_explicit(&marks.files, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&marks.files_read, 1, memory_order_relaxed);
}

static nn_watch_state look(void) {
    return (nn_watch_state){
        .progress = atomic_load_explicit(&marks.lead, memory_order_relaxed) +
                    atomic_load_explicit(&marks.files_read, memory_order_relaxed),
        .doing = atomic_load_explicit(&marks.doing, memory_order_relaxed),
        .waiting = atomic_load_explicit(&marks.waiting, memory_order_relaxed),
        .files = atomic_load_explicit(&marks.files, memory_order_relaxed)};
}

/* ---- the thread ---- */

/* What rank 0 announces. */
typedef struct {
    uint64_t session;
    int32_t port, count;
    struct in6_addr addresses[NN_WATCH_WAYS];
    char host[NN_WATCH_HOST];
} announcement;

typedef struct {
    nn_comm *comm;
    announcement first;   /* of rank 0 */
    nn_watch_table table; /* on the other ranks of rank 0 alone */
    nn_watch_state own;   /* when it last looked, */
    double moved;         /* and when it had last moved */
    int rank, way;        /* the address that rank 0 answers on; -1: not known */
    int socket, stop[2];  /* a pipe, to be closed at the end */
    double delay;         /* of its own conclusion: later than those of the ranks before it */
    double time, read_at; /* the clock, and the real time when it was read */
    pthread_t thread;
    bool runs;
    _Atomic bool reached; /* rank 0 has answered */
} dog;

/* Who hears of the end; context first, for the thread looks at the function. */
static struct {
    void *context;
    void (*_Atomic told)(void *context, const char *message);
    _Atomic bool heard;
} last_words;

static dog watching = {.socket = -1, .stop = {-1, -1}};

enum { PATIENCE = 3, END_AFTER = 5 }; /* seconds: for the first answers, for MPI to end the job */
static const double HURRY = 0.05;     /* between the first messages */
static const double ON_ITS_WAY = 0.3, MOST_WORDS = 1.5, OTHERS_WAIT = 2.5; /* at the end of the job */

/* A process that was stopped for a while, with all of its job perhaps, has not seen the others wait. */
static void advance(dog *self) {
    const double now = nn_now(), most = 2 * self->table.interval, gone = now - self->read_at;
    self->time += gone < most ? gone : most;
    self->read_at = now;
}

static void pause_for(double seconds) {
    const struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

/* MPI ends the processes on other nodes too. It may not come back, or may not get as far. */
static void *abort_job(void *context) {
    const dog *self = context;
    if (ftrylockfile(stdout) == 0) {
        fflush(stdout);
        funlockfile(stdout);
    }
    if (look().doing != NN_DOING_END) MPI_Abort(self->comm->world, NN_INTERNAL);
    _exit(NN_INTERNAL);
}

void nn_watchdog_tell(void (*told)(void *context, const char *message), void *context) {
    last_words.context = context;
    atomic_store(&last_words.told, told);
}

/* It writes a file, perhaps, which may take as long as it likes: nobody waits for its end. */
static void *tell(void *context) {
    void (*told)(void *, const char *) = atomic_load(&last_words.told);
    if (told) told(last_words.context, context);
    atomic_store(&last_words.heard, true);
    return NULL;
}

/* The line without the name in front and its end, for who hears of it, and the time that this takes. */
static void tell_end(const char *text) {
    static char message[NN_WATCH_TEXT];
    static const char name[] = "nnmpi: ";
    const double begin = nn_now();
    pthread_t thread;
    if (!atomic_load(&last_words.told)) return;
    snprintf(message, sizeof message, "%s",
             strncmp(text, name, strlen(name)) == 0 ? text + strlen(name) : text);
    message[strcspn(message, "\n")] = '\0';
    if (pthread_create(&thread, NULL, tell, message) != 0) return;
    while (!atomic_load(&last_words.heard) && nn_now() - begin < MOST_WORDS) pause_for(HURRY);
}

static void end_job(dog *self, const char *text) {
    pthread_t thread;
    const nn_watch_message end = {.session = self->first.session, .kind = NN_WATCH_END};
    for (size_t at = 0, length = strlen(text); at < length;) {
        const ssize_t written = write(STDERR_FILENO, text + at, length - at);
        if (written <= 0) break;
        at += (size_t)written;
    }
    for (int i = 1; self->rank == 0 && i < self->table.size; i++) {
        const nn_watch_rank *to = &self->table.ranks[i];
        for (int again = 0; again < 3 && to->from_length > 0; again++)
            (void)!sendto(self->socket, &end, sizeof end, MSG_DONTWAIT,
                          (const struct sockaddr *)&to->from, to->from_length);
    }
    nn_shared_abandon();
    if (*text) tell_end(text);
    pause_for(*text ? ON_ITS_WAY : OTHERS_WAIT); /* the message is on its way; who says it ends the job */
    if (pthread_create(&thread, NULL, abort_job, self) == 0) pause_for(END_AFTER);
    _exit(NN_INTERNAL);
}

/* A rank's message reaches rank 0, and is answered. */
static void answer(dog *self, const nn_watch_message *from, const struct sockaddr_storage *address,
                   socklen_t length) {
    if (from->kind != NN_WATCH_NOTE || from->rank < 1 || from->rank >= self->table.size) return;
    nn_watch_rank *rank = &self->table.ranks[from->rank];
    const nn_watch_message reply = {.session = self->first.session, .kind = NN_WATCH_ANSWER,
                                    .way = from->way, .state = look()};
    nn_watch_hear(&self->table, from->rank, &from->state, self->time);
    rank->from = *address;
    rank->from_length = length;
    (void)!sendto(self->socket, &reply, sizeof reply, MSG_DONTWAIT, (const struct sockaddr *)address,
                  length);
}

static void receive(dog *self) {
    nn_watch_message message;
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    for (ssize_t bytes; (bytes = recvfrom(self->socket, &message, sizeof message, MSG_DONTWAIT,
                                          (struct sockaddr *)&from, &length)) >= 0;
         length = sizeof from) {
        if (bytes != sizeof message || message.session != self->first.session) continue;
        if (self->rank == 0) {
            answer(self, &message, &from, length);
        } else if (message.kind == NN_WATCH_ANSWER) {
            nn_watch_hear(&self->table, 0, &message.state, self->time);
            self->way = message.way;
            atomic_store(&self->reached, true);
        } else if (message.kind == NN_WATCH_END) {
            end_job(self, "");
        }
    }
}

/* To the address that rank 0 answered on or, where it no longer does, to all that it has. */
static void report(dog *self) {
    nn_watch_message message = {.session = self->first.session, .kind = NN_WATCH_NOTE,
                                .rank = self->rank, .state = self->own};
    const bool lost = self->time - self->table.ranks[0].heard > 2.5 * self->table.interval;
    const bool same_host = strncmp(self->first.host, self->comm->host, NN_WATCH_HOST - 1) == 0;
    for (int way = same_host ? 0 : 1; way < self->first.count; way++) { /* the loopback is the first */
        if (self->way >= 0 && !lost && way != self->way) continue;
        message.way = way;
        nn_watch_send(self->socket, &self->first.addresses[way], self->first.port, &message);
    }
}

/* Rank 0 looks at everybody. */
static void judge(dog *self) {
    char text[NN_WATCH_TEXT];
    nn_watch_hear(&self->table, 0, &self->own, self->time);
    const nn_watch_verdict verdict = nn_watch_judge(&self->table, self->time);
    if (verdict == NN_WATCH_GOES_ON) return;
    nn_watch_describe(&self->table, verdict, self->time, text);
    if (verdict == NN_WATCH_HANGS) end_job(self, text);
    (void)!write(STDERR_FILENO, text, strlen(text));
}

/* The others look at themselves and at rank 0. */
static void judge_first(dog *self) {
    char text[NN_WATCH_TEXT];
    nn_watch_rank *first = &self->table.ranks[0];
    const double limit = self->table.timeout + 3 * self->table.interval + 1 + self->delay;
    if (!atomic_load(&self->reached) || self->time - first->heard < limit ||
        self->time - self->moved < limit || nn_watch_in_file(&self->own))
        return;
    nn_watch_rank described = *first;
    described.moved = self->moved;
    nn_watch_describe_first(&self->table, &described, self->rank, self->comm->host, self->time, text);
    end_job(self, text);
}

static void *watch(void *context) {
    dog *self = context;
    double next = self->time;
    for (;;) {
        struct pollfd files[2] = {{.fd = self->socket, .events = POLLIN},
                                  {.fd = self->stop[0], .events = POLLIN}};
        const double left = next - self->time;
        poll(files, 2, left > 0 ? (int)(left * 1e3) + 1 : 0);
        if (files[1].revents) return NULL;
        advance(self);
        if (files[0].revents) receive(self);
        if (self->time < next) continue;
        const nn_watch_state own = look();
        if (own.progress != self->own.progress) self->moved = self->time;
        self->own = own;
        if (self->rank == 0) {
            judge(self);
        } else {
            report(self);
            judge_first(self);
        }
        next = self->time + (atomic_load(&self->reached) ? self->table.interval : HURRY);
    }
}

/* ---- beginning and end ---- */

/* Rank 0's address; a socket for each. What cannot be had here shows when nobody is reached. */
static void open_net(dog *self) {
    int port = 0;
    if (pipe(self->stop) != 0) return;
    fcntl(self->stop[0], F_SETFD, FD_CLOEXEC);
    fcntl(self->stop[1], F_SETFD, FD_CLOEXEC);
    self->socket = nn_watch_socket(&port);
    if (self->rank != 0) return;
    self->first.port = port;
    self->first.count = nn_watch_addresses(self->first.addresses);
    snprintf(self->first.host, NN_WATCH_HOST, "%.*s", NN_WATCH_HOST - 1, self->comm->host);
    if (getrandom(&self->first.session, sizeof self->first.session, 0) < 0)
        self->first.session = (uint64_t)getpid() << 32 ^ (uint64_t)(nn_now() * 1e6);
}

static void start_thread(dog *self) {
    self->runs = self->socket >= 0 && nn_thread_start(&self->thread, watch, self) == NN_OK;
}

/* Where a rank's datagrams do not come through, nothing can be said of it, and nothing is watched. */
static void check_reach(dog *self) {
    const double begin = nn_now();
    while (self->runs && !atomic_load(&self->reached) && nn_now() - begin < PATIENCE) pause_for(0.001);
    const bool reached = self->runs && atomic_load(&self->reached);
    const int64_t lost = nn_comm_max(self->comm, reached ? -1 : self->rank);
    if (lost < 0) return;
    if (self->rank == 0)
        fprintf(stderr,
                "nnmpi: hangs are not noticed (--hang-timeout): rank %d on %s does not reach rank 0 on %s "
                "by UDP, port %d\n",
                (int)lost, self->table.ranks[lost].host, self->first.host, (int)self->first.port);
    nn_watchdog_stop();
}

nn_status nn_watchdog_start(nn_comm *comm, double timeout, const char *advice) {
    dog *self = &watching;
    nn_status status = NN_OK;
    char host[NN_WATCH_HOST], *hosts = NULL;
    if (comm->size == 1 || timeout <= 0 || !comm->threads) return NN_OK;
    *self = (dog){.comm = comm, .rank = comm->rank, .way = -1, .socket = -1, .stop = {-1, -1},
                  .reached = comm->rank == 0, .read_at = nn_now()};
    self->delay = (comm->node_rank < 10 ? comm->node_rank : 10) + 0.1 * (comm->rank / comm->node_size % 10);
    self->table = (nn_watch_table){.size = comm->rank == 0 ? comm->size : 1, .timeout = timeout,
                                   .interval = timeout < 100 ? timeout / 10 : 10,
                                   .noticed = -timeout, .advice = advice};
    open_net(self);
    nn_comm_broadcast(comm, &self->first, sizeof self->first);
    status = nn_allocate("the watchdog", self->table.size, sizeof *self->table.ranks, &self->table.ranks);
    if (status == NN_OK) status = nn_allocate("hosts", comm->size, NN_WATCH_HOST, &hosts);
    NN_TRY(nn_comm_agree(comm, status));
    snprintf(host, sizeof host, "%.*s", NN_WATCH_HOST - 1, comm->host);
    nn_comm_gather(comm, host, NN_WATCH_HOST, hosts);
    for (int i = 0; i < self->table.size; i++)
        snprintf(self->table.ranks[i].host, NN_WATCH_HOST, "%.*s", NN_WATCH_HOST - 1,
                 comm->rank == 0 ? hosts + (ptrdiff_t)i * NN_WATCH_HOST : self->first.host);
    start_thread(self);
    check_reach(self);
done:
    free(hosts);
    if (status != NN_OK) nn_watchdog_stop();
    return status;
}

void nn_watchdog_stop(void) {
    dog *self = &watching;
    if (self->stop[1] >= 0) close(self->stop[1]); /* which wakes the thread */
    if (self->runs) pthread_join(self->thread, NULL);
    if (self->stop[0] >= 0) close(self->stop[0]);
    if (self->socket >= 0) close(self->socket);
    free(self->table.ranks);
    *self = (dog){.socket = -1, .stop = {-1, -1}};
}
