/* layout.c: how the ranks lie on nodes and cores, as a table. */
#include "comm/layout.h"

#include "util/memory.h"

#include <stdlib.h>

enum { SINGLE_LINES = 8, RANGES = 4 }; /* ranks with a line each; parts of a list of ranks */

static void add_to_node(const nn_place *place, nn_layout_node *node) {
    int cores = nn_cores_count(&place->cores), threads = place->threads;
    if (nn_cores_common(&node->cores, &place->cores) > 0) node->overlap = true;
    nn_cores_join(&node->cores, &place->cores);
    nn_cores_join(&node->reachable, &place->reachable);
    nn_cores_join(&node->reachable, &place->cores);
    if (node->ranks == 0 || cores < node->least) node->least = cores;
    if (cores > node->most) node->most = cores;
    if (node->ranks == 0 || threads < node->fewest) node->fewest = threads;
    if (threads > node->greatest) node->greatest = threads;
    node->threads += threads;
    node->ranks++;
}

/* The limits of all control groups of a node, each counted once; 0 where a rank has none. */
static double sum_quota(const nn_layout *layout, int first) {
    const nn_place *places = layout->places;
    double sum = 0;
    for (int r = first; r < layout->count; r++) {
        if (places[r].node != first) continue;
        if (places[r].quota.cpus <= 0) return 0;
        bool counted = false;
        for (int k = first; k < r && !counted; k++)
            counted = places[k].node == first && places[k].quota.group == places[r].quota.group;
        if (!counted) sum += places[r].quota.cpus;
    }
    return sum;
}

/* The node of a rank. */
static nn_layout_node *node_of(const nn_layout *layout, int rank) {
    int first = layout->places[rank].node, low = 0, high = layout->node_count - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (layout->nodes[middle].first < first)
            low = middle + 1;
        else
            high = middle;
    }
    return &layout->nodes[low];
}

nn_status nn_layout_open(const nn_place *places, int count, nn_launcher launcher, int job_cpus,
                         nn_layout *out) {
    *out = (nn_layout){places, count, launcher, job_cpus, NULL, 0};
    nn_status status = nn_allocate("nodes", count, sizeof *out->nodes, &out->nodes);
    if (status != NN_OK) return status;
    for (int r = 0; r < count; r++) {
        if (places[r].node == r) out->nodes[out->node_count++].first = r;
        add_to_node(&places[r], node_of(out, r));
    }
    for (int n = 0; n < out->node_count; n++) {
        nn_layout_node *node = &out->nodes[n];
        int job = places[node->first].job_cores, used = nn_cores_count(&node->cores);
        node->quota = sum_quota(out, node->first);
        node->available = nn_cores_count(&node->reachable);
        if (job > 0 && job < node->available) node->available = job > used ? job : used;
    }
    return NN_OK;
}

void nn_layout_close(nn_layout *layout) {
    free(layout->nodes);
    layout->nodes = NULL;
}

/* ---- the table ---- */

/* Whether the ranks of two nodes have the same line, rank and host aside. */
static bool alike(const nn_layout_node *a, const nn_layout_node *b) {
    return a->ranks == b->ranks && nn_cores_equal(&a->cores, &b->cores) && a->least == b->least &&
           a->most == b->most && a->fewest == b->fewest && a->greatest == b->greatest &&
           a->overlap == b->overlap;
}

/* "0-47,96-143": the ranks on nodes like this one. Returns the number of these nodes. */
static int add_ranks(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    int parts = 0, begin = -1, nodes = 0;
    for (int r = 0; r <= layout->count; r++) {
        bool in = r < layout->count && alike(node_of(layout, r), node);
        if (in) nodes += layout->places[r].node == r;
        if (in && begin < 0) begin = r;
        if (in || begin < 0) continue;
        if (parts < RANGES) {
            nn_text_add(text, "%s%d", parts ? "," : "", begin);
            if (r - 1 > begin) nn_text_add(text, "-%d", r - 1);
        } else if (parts == RANGES) {
            nn_text_add(text, ",...");
        }
        parts++;
        begin = -1;
    }
    return nodes;
}

static void add_line(nn_text *text, const char *ranks, const char *host, const char *cores,
                     const char *threads) {
    nn_text_add(text, "  %-11s %-24s %-22s %s\n", ranks, host, cores, threads);
}

static void add_rank_line(const nn_layout *layout, int rank, nn_text *text) {
    const nn_place *place = &layout->places[rank];
    nn_text number = {0}, cores = {0}, threads = {0};
    nn_text_add(&number, "%d", rank);
    nn_cores_format(&place->cores, &cores);
    nn_text_add(&threads, "%d", place->threads);
    if (!number.failed && !cores.failed && !threads.failed)
        add_line(text, number.bytes, place->host, cores.bytes, threads.bytes);
    nn_text_free(&number);
    nn_text_free(&cores);
    nn_text_free(&threads);
}

static void add_range(nn_text *text, int from, int to) {
    nn_text_add(text, from == to ? "%d" : "%d to %d", from, to);
}

/* One line for all nodes that are like this one. */
static void add_node_line(const nn_layout *layout, const nn_layout_node *node, nn_text *text) {
    nn_text list = {0}, host = {0}, cores = {0}, threads = {0};
    int nodes = add_ranks(layout, node, &list);
    nn_text_add(&host, "%s", layout->places[node->first].host);
    if (nodes > 1) nn_text_add(&host, " + %d alike", nodes - 1);
    nn_cores_format(&node->cores, &cores);
    if (node->ranks > 1) {
        nn_text_add(&cores, ", ");
        add_range(&cores, node->least, node->most);
        nn_text_add(&cores, " each");
    }
    add_range(&threads, node->fewest, node->greatest);
    if (!list.failed && !host.failed && !cores.failed && !threads.failed)
        add_line(text, list.bytes, host.bytes, cores.bytes, threads.bytes);
    nn_text_free(&list);
    nn_text_free(&host);
    nn_text_free(&cores);
    nn_text_free(&threads);
}

/* Whether a node before this one is like it. */
static bool has_line(const nn_layout *layout, const nn_layout_node *node) {
    for (const nn_layout_node *other = layout->nodes; other < node; other++)
        if (alike(other, node)) return true;
    return false;
}

void nn_layout_format(const nn_layout *layout, nn_text *text) {
    add_line(text, "rank", "host", "cores it may use", "threads");
    for (int r = 0; r < layout->count && layout->count <= SINGLE_LINES; r++)
        add_rank_line(layout, r, text);
    if (layout->count <= SINGLE_LINES) return;
    for (int n = 0; n < layout->node_count; n++)
        if (!has_line(layout, &layout->nodes[n])) add_node_line(layout, &layout->nodes[n], text);
}
