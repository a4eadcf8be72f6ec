/* watchdog_private.h: what the files of the watchdog know of each other: its messages, the table that
 * rank 0 keeps, and the judgement. */
#ifndef NN_COMM_WATCHDOG_PRIVATE_H
#define NN_COMM_WATCHDOG_PRIVATE_H

#include "comm/watchdog.h"

#include <netinet/in.h>

enum { NN_WATCH_WAYS = 16, NN_WATCH_HOST = 64, NN_WATCH_TEXT = 1536 };

/** What a process is about. */
typedef struct {
    uint64_t progress; /* changes where it gets further */
    int32_t doing;
    int32_t waiting; /* for other ranks */
    int32_t files;   /* threads that are in a file */
    int32_t zero;    /* in place of padding, for it is sent */
} nn_watch_state;

/** A datagram. All ranks run the same executable on one kind of machine. */
typedef struct {
    uint64_t session; /* of this run: others are strays */
    int32_t kind, rank;
    int32_t way; /* the address of rank 0's to which it was sent; an answer repeats it */
    int32_t zero;
    nn_watch_state state; /* the sender's */
} nn_watch_message;
enum { NN_WATCH_NOTE, NN_WATCH_ANSWER, NN_WATCH_END };

/** What is known of a rank; times on a clock that stands while the process that looks is stopped. */
typedef struct {
    char host[NN_WATCH_HOST];
    nn_watch_state state;
    double heard, moved; /* when it last reported, and when its progress last changed */
    struct sockaddr_storage from;
    socklen_t from_length; /* 0: none yet */
} nn_watch_rank;

typedef struct {
    int size;
    double timeout, interval; /* seconds; that of the reports */
    double noticed;           /* when a slow file was last told of */
    const char *advice;
    nn_watch_rank *ranks; /* (size) */
} nn_watch_table;

typedef enum {
    NN_WATCH_GOES_ON,
    NN_WATCH_SLOW, /* no progress for the timeout, but a rank is busy with a file */
    NN_WATCH_HANGS
} nn_watch_verdict;

/** Takes up what a rank said at `now`. Local. */
void nn_watch_hear(nn_watch_table *table, int rank, const nn_watch_state *state, double now);

/** Whether a process in this state is busy with a file. Local. */
bool nn_watch_in_file(const nn_watch_state *state);

/** What is to be said of the job at `now`; NN_WATCH_SLOW once in each timeout. Local. */
nn_watch_verdict nn_watch_judge(nn_watch_table *table, double now);

/** The line that says so, with the ranks that did not arrive, into `text`. Local. */
void nn_watch_describe(const nn_watch_table *table, nn_watch_verdict verdict, double now,
                       char text[NN_WATCH_TEXT]);

/** The line of a rank to which rank 0 (`first`) does not answer. Local. */
void nn_watch_describe_first(const nn_watch_table *table, const nn_watch_rank *first, int rank,
                             const char *host, double now, char text[NN_WATCH_TEXT]);

/** A socket for datagrams on any address, IPv6 and IPv4 where there are both; -1: none. Local. */
int nn_watch_socket(int *port);

/** This host's addresses (NN_WATCH_WAYS at most), IPv4 as IPv6 knows them, the loopback first. Local. */
int nn_watch_addresses(struct in6_addr addresses[NN_WATCH_WAYS]);

/** Sends a message to an address and port from a socket of nn_watch_socket(). Local. */
void nn_watch_send(int file, const struct in6_addr *to, int port, const nn_watch_message *message);

#endif
