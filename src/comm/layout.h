/* layout.h: how the ranks of a run lie on nodes and cores, what is wrong with that, and which
 * option of the launcher mends it. All functions are Local and work on a table of places alone. */
#ifndef NN_COMM_LAYOUT_H
#define NN_COMM_LAYOUT_H

#include "comm/place.h"

/** The ranks of one node. */
typedef struct {
    int first;            /* rank */
    int ranks;            /* on this node */
    nn_cores cores;       /* that any of its ranks may use */
    nn_cores reachable;   /* that its ranks could have, were they not bound */
    int available;        /* how many of these: a Slurm job may have fewer */
    int least, most;      /* cores of a rank */
    int threads;          /* of all ranks */
    int fewest, greatest; /* threads of a rank */
    bool overlap;         /* two ranks may use the same core */
    double quota;         /* processor time that all have together, in processors; 0: no limit */
} nn_layout_node;

/** What is known about the ranks. */
typedef struct {
    const nn_place *places; /* (count), by rank; borrowed */
    int count;
    nn_launcher launcher;
    int job_cpus; /* cpus-per-task of the Slurm job that srun has not taken over; 0: none */
    nn_layout_node *nodes; /* (node_count), by their first rank */
    int node_count;
} nn_layout;

/** Sums up the nodes of a table of places, which is borrowed. Errors: NN_INTERNAL. */
nn_status nn_layout_open(const nn_place *places, int count, nn_launcher launcher, int job_cpus,
                         nn_layout *out) NN_CHECKED;

/** Releases what nn_layout_open() has allocated. */
void nn_layout_close(nn_layout *layout);

/** Appends a table of ranks, hosts, cores and threads. A few ranks have a line each; of many, those
 * of a node share one, and nodes that are alike do too. */
void nn_layout_format(const nn_layout *layout, nn_text *text);

/** Kinds of problems: cores that are idle, which a small model is better off with, and all others. */
typedef enum { NN_PROBLEMS_ALL, NN_PROBLEMS_IDLE, NN_PROBLEMS_OTHER } nn_problems;

/** Appends what is wrong, a paragraph for each thing, with what mends it behind "->". Returns how
 * many there are. */
int nn_layout_problems(const nn_layout *layout, nn_problems which, nn_text *text);

/** The threads that a rank would have if the idle cores were used as NN_PROBLEMS_IDLE advises; 0 where
 * none is idle. */
int nn_layout_idle_threads(const nn_layout *layout);

/** Appends one line for the start of a training, where ranks or threads are in each other's way or
 * bound to fewer cores than there are; returns whether there was a reason. */
bool nn_layout_warn(const nn_layout *layout, nn_text *text);

#endif
