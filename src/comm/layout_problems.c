/* layout_problems.c: what is wrong with the way in which the ranks lie on nodes and cores. A rule a
 * problem: whether a node has it, and what to say about the first node that does. */
#include "comm/layout.h"

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Cores that the node has for its ranks, with as many as its limit on processor time is worth. */
static int cores_of(const nn_layout_node *node) {
    int cores = node->available;
    return node->quota > 0 && node->quota < cores ? (node->quota < 1 ? 1 : (int)node->quota)
                                                  : cores;
}

/* Cores that each rank of the node could have to itself; 0 where there are more ranks. */
static int cores_each(const nn_layout_node *node) {
    return cores_of(node) / node->ranks;
}

/* ---- the options that mend ---- */

/* Gives each rank `cores` cores of its own. */
static void add_binding(const nn_layout *layout, const nn_layout_node *node, int cores,
                        nn_text *text) {
    switch (layout->launcher) {
    case NN_LAUNCHER_MPIRUN:
        nn_text_add(text, "mpirun --bind-to core --map-by ");
        if (layout->node_count == 1)
            nn_text_add(text, "slot:PE=%d", cores);
        else
            nn_text_add(text, "ppr:%d:node:PE=%d", node->ranks, cores);
        break;
    case NN_LAUNCHER_SRUN:
        nn_text_add(text, "srun --cpus-per-task=%d --cpu-bind=cores", cores);
        if (layout->places[node->first].core_threads > 1)
            nn_text_add(text, " --hint=nomultithread"); /* Slurm's CPUs are hardware threads */
        if (layout->job_cpus > 0)
            nn_text_add(text,
                        ", or `export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK` in the job script: "
                        "since Slurm 22.05 srun does not take --cpus-per-task over from the job");
        break;
    case NN_LAUNCHER_MPIEXEC: nn_text_add(text, "mpiexec -bind-to core:%d", cores); break;
    case NN_LAUNCHER_NONE:
        nn_text_add(text, "taskset -c ");
        nn_cores_format(&node->reachable, text);
        nn_text_add(text, " nnmpi ... (something has bound this process: a batch script, or the "
                          "shell that it runs in)");
        break;
    }
}

/* Starts no more ranks than there are cores. */
static void add_fewer_ranks(const nn_layout *layout, nn_text *text) {
    int ranks = 0;
    for (int n = 0; n < layout->node_count; n++)
        ranks += smaller(layout->nodes[n].ranks, cores_of(&layout->nodes[n]));
    nn_text_add(text, "%s %d; more ranks than cores are good for a test alone",
                layout->launcher == NN_LAUNCHER_SRUN      ? "srun -n"
                : layout->launcher == NN_LAUNCHER_MPIEXEC ? "mpiexec -n"
                                                          : "mpirun -np",
                ranks);
    if (layout->launcher == NN_LAUNCHER_MPIRUN)
        nn_text_add(text, ", with --oversubscribe --mca mpi_yield_when_idle 1");
}

/* ---- the rules ---- */

static void add_cores(const nn_cores *cores, nn_text *text) {
    int count = nn_cores_count(cores);
    nn_text_add(text, "%d core%s (", count, count == 1 ? "" : "s");
    nn_cores_format(cores, text);
    nn_text_add(text, ")");
}

static void add_subject(const nn_layout_node *node, nn_text *text) {
    if (node->ranks == 1)
        nn_text_add(text, "rank %d runs", node->first);
    else
        nn_text_add(text, "%d ranks run", node->ranks);
    nn_text_add(text, " %d thread%s", node->threads, node->threads == 1 ? "" : "s");
}

/* More threads than cores: they take turns, and each waits for the slowest. */
static bool is_crowded(const nn_layout *layout, const nn_layout_node *node) {
    (void)layout;
    return node->threads > nn_cores_count(&node->cores);
}

static void say_crowded(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    const nn_place *first = &layout->places[node->first];
    int each = cores_each(node);
    add_subject(node, text);
    nn_text_add(text, " on ");
    add_cores(&node->cores, text);
    nn_text_add(text, ", where they take turns");
    if (node->threads > node->ranks && first->requested > 1)
        nn_text_add(text, "; OMP_NUM_THREADS is %d", first->requested);
    if (first->core_threads > 1)
        nn_text_add(text, " (a core's %d hardware threads share what multiplies, and count once)",
                    first->core_threads);
    nn_text_add(text, "\n  -> ");
    if (each < 1)
        add_fewer_ranks(layout, text);
    else if (nn_cores_count(&node->cores) < each * node->ranks)
        add_binding(layout, node, each, text);
    if (each >= 1 && first->requested > each) {
        if (nn_cores_count(&node->cores) < each * node->ranks) nn_text_add(text, "; and ");
        nn_text_add(text, "export OMP_NUM_THREADS=%d, or leave it unset", each);
    } else if (each >= 1 && nn_cores_count(&node->cores) >= each * node->ranks) {
        add_binding(layout, node, each, text);
    }
}

/* Bound to fewer cores than there are for each rank, as mpirun does with one or two. */
static bool is_narrow(const nn_layout *layout, const nn_layout_node *node) {
    (void)layout;
    int idle = node->available - nn_cores_count(&node->cores);
    return idle >= node->ranks && cores_each(node) > node->most;
}

static void say_narrow(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    int idle = node->available - nn_cores_count(&node->cores);
    if (node->ranks == 1)
        nn_text_add(text, "rank %d is bound to ", node->first);
    else
        nn_text_add(text, "each of %d ranks is bound to ", node->ranks);
    nn_text_add(text, "%d of %d cores, and %d %s idle", node->most, node->available, idle,
                idle == 1 ? "is" : "are");
    if (layout->launcher == NN_LAUNCHER_MPIRUN && node->most == 1)
        nn_text_add(text, " (mpirun binds each of one or two ranks to one core)");
    nn_text_add(text, "\n  -> ");
    add_binding(layout, node, cores_each(node), text);
}

/* Enough cores for all threads, but nobody has its own. */
static bool is_loose(const nn_layout *layout, const nn_layout_node *node) {
    return node->overlap && !is_crowded(layout, node) && cores_each(node) >= 1;
}

static void say_loose(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    add_subject(node, text);
    nn_text_add(text, " and share ");
    add_cores(&node->cores, text);
    nn_text_add(text,
                ": enough, but the system moves them about; bound they run more evenly\n  -> ");
    add_binding(layout, node, cores_each(node), text);
}

/* A rank with more threads than cores, on a node that has enough for all. */
static bool is_lopsided(const nn_layout *layout, const nn_layout_node *node) {
    if (is_crowded(layout, node)) return false;
    for (int r = node->first; r < layout->count; r++) {
        const nn_place *place = &layout->places[r];
        if (place->node == node->first && place->threads > nn_cores_count(&place->cores))
            return true;
    }
    return false;
}

static void say_lopsided(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    for (int r = node->first; r < layout->count; r++) {
        const nn_place *place = &layout->places[r];
        if (place->node != node->first || place->threads <= nn_cores_count(&place->cores)) continue;
        nn_text_add(text, "rank %d runs %d threads on ", r, place->threads);
        add_cores(&place->cores, text);
        break;
    }
    nn_text_add(text, "\n  -> ");
    add_binding(layout, node, cores_each(node) > 0 ? cores_each(node) : 1, text);
}

/* OMP_NUM_THREADS leaves cores idle. */
static bool is_lazy(const nn_layout *layout, const nn_layout_node *node) {
    const nn_place *place = &layout->places[node->first];
    return place->requested > 0 && place->requested < place->share;
}

static void say_lazy(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    const nn_place *place = &layout->places[node->first];
    nn_text_add(text,
                "OMP_NUM_THREADS=%d, but each rank has %d cores to itself\n"
                "  -> export OMP_NUM_THREADS=%d, or leave it unset",
                place->requested, place->share, place->share);
}

/* A limit on processor time below the cores that are seen. */
static bool is_limited(const nn_layout *layout, const nn_layout_node *node) {
    (void)layout;
    return node->quota > 0 && node->quota < nn_cores_count(&node->cores);
}

static void say_limited(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    (void)layout;
    nn_text_add(text,
                "the container or job has the time of %.3g cores, though it sees %d; more threads "
                "than that are stopped again and again\n"
                "  -> ask for more (docker --cpus, Slurm --cpus-per-task), or keep ranks x threads "
                "at %d",
                node->quota, nn_cores_count(&node->cores), cores_of(node));
}

/* Ranks of unequal strength: all get equal shares of a batch. */
static bool is_unequal(const nn_layout *layout, const nn_layout_node *node) {
    return node->fewest != layout->nodes[0].fewest || node->greatest != layout->nodes[0].fewest;
}

static void say_unequal(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    int here = node->available;
    int there = layout->nodes[0].available;
    if (node->fewest != node->greatest)
        nn_text_add(text, "some ranks have %d threads, others %d", node->greatest, node->fewest);
    else
        nn_text_add(text, "ranks have %d threads here, but %d on %s", node->fewest,
                    layout->nodes[0].fewest, layout->places[0].host);
    nn_text_add(text, "; a batch is shared out equally, so all wait for those with fewer");
    if (here != there)
        nn_text_add(text, "\n  -> use equal nodes: this one has %d cores, %s has %d", here,
                    layout->places[0].host, there);
    else {
        nn_text_add(text, "\n  -> ");
        add_binding(layout, node, cores_each(node) > 0 ? cores_each(node) : 1, text);
    }
}

typedef struct {
    bool (*has)(const nn_layout *layout, const nn_layout_node *node);
    void (*say)(const nn_layout *layout, const nn_layout_node *node, nn_text *text);
    bool idle; /* more threads would mend it */
} rule;

enum { WARNED = 2 }; /* the first rules are worth a line when a training starts */
static const rule RULES[] = {{is_crowded, say_crowded, false}, {is_narrow, say_narrow, true},
                             {is_loose, say_loose, false},     {is_lopsided, say_lopsided, false},
                             {is_lazy, say_lazy, true},        {is_limited, say_limited, false},
                             {is_unequal, say_unequal, false}};
enum { RULE_COUNT = sizeof RULES / sizeof *RULES };

/* The first node that has the problem; NULL where none has. `nodes` says how many have. */
static const nn_layout_node *first_with(const nn_layout *layout, const rule *what, int *nodes) {
    const nn_layout_node *first = NULL;
    *nodes = 0;
    for (int n = 0; n < layout->node_count; n++) {
        if (!what->has(layout, &layout->nodes[n])) continue;
        if (!first) first = &layout->nodes[n];
        *nodes += 1;
    }
    return first;
}

/* The same where it is to be told. Too few cores where there would be more is one problem, not two. */
static const nn_layout_node *first_to_tell(const nn_layout *layout, const rule *what, int *nodes) {
    const nn_layout_node *node = first_with(layout, what, nodes);
    return node && what->has == is_narrow && is_crowded(layout, node) ? NULL : node;
}

int nn_layout_idle_threads(const nn_layout *layout) {
    int threads = 0;
    for (int i = 0; i < RULE_COUNT; i++) {
        int nodes, more;
        const nn_layout_node *node = RULES[i].idle ? first_to_tell(layout, &RULES[i], &nodes) : NULL;
        if (!node) continue;
        more = RULES[i].has == is_narrow ? cores_each(node) : layout->places[node->first].share;
        if (more > threads) threads = more;
    }
    return threads;
}

int nn_layout_problems(const nn_layout *layout, nn_problems which, nn_text *text) {
    int problems = 0;
    for (int i = 0; i < RULE_COUNT; i++) {
        int nodes;
        const nn_layout_node *node = first_to_tell(layout, &RULES[i], &nodes);
        if (!node || which == (RULES[i].idle ? NN_PROBLEMS_OTHER : NN_PROBLEMS_IDLE)) continue;
        problems++;
        nn_text_add(text, "! %s", layout->places[node->first].host);
        if (nodes > 1) nn_text_add(text, " (and %d more)", nodes - 1);
        nn_text_add(text, ": ");
        RULES[i].say(layout, node, text);
        nn_text_add(text, "\n");
    }
    return problems;
}

/* Who has said how many threads there are to be wants no more cores. */
static bool is_worth_a_warning(const nn_layout *layout, const nn_layout_node *node,
                               const rule *what) {
    return what->has == is_crowded || layout->places[node->first].requested == 0;
}

bool nn_layout_warn(const nn_layout *layout, nn_text *text) {
    for (int i = 0; i < WARNED; i++) {
        int nodes;
        const nn_layout_node *node = first_with(layout, &RULES[i], &nodes);
        if (!node || !is_worth_a_warning(layout, node, &RULES[i])) continue;
        int cores = nn_cores_count(&node->cores), idle = node->available - cores;
        nn_text_add(text, "on %s ", layout->places[node->first].host);
        if (RULES[i].has == is_crowded)
            nn_text_add(text, "%d threads of %d rank%s have %d core%s", node->threads, node->ranks,
                        node->ranks == 1 ? "" : "s", cores, cores == 1 ? "" : "s");
        else
            nn_text_add(text, "each rank is bound to %d of %d cores, and %d %s idle", node->most,
                        node->available, idle, idle == 1 ? "is" : "are");
        nn_text_add(text, ": `nnmpi doctor`, started in the same way, says what to do");
        return true;
    }
    return false;
}
