/* watchdog_judge.c: what the reports of all ranks amount to.
 *
 * A job hangs where no rank has got further for the timeout and none that still reports is busy with a
 * file: a file system may take its time, and a stopped process reports nothing. Missing are the ranks
 * that are silent, and those that do not wait for others. */
#include "comm/watchdog_private.h"

#include <stdarg.h>
#include <stdio.h>

enum { SILENT = 5, NAMED = 8 }; /* intervals without a report: some datagrams get lost */

static const char *const DOINGS[NN_DOINGS] = {
    "loading", "gathering statistics", "in a step", "evaluating", "predicting", "saving", "ending"};

static const char *name_of(const nn_watch_state *state) {
    return state->doing >= 0 && state->doing < NN_DOINGS ? DOINGS[state->doing] : "?";
}

void nn_watch_hear(nn_watch_table *table, int rank, const nn_watch_state *state, double now) {
    nn_watch_rank *of = &table->ranks[rank];
    if (of->state.progress != state->progress) of->moved = now;
    of->heard = now;
    of->state = *state;
}

bool nn_watch_in_file(const nn_watch_state *state) {
    if (state->files > 0) return true;
    return !state->waiting && (state->doing == NN_DOING_LOAD || state->doing == NN_DOING_SAVE);
}

static bool is_silent(const nn_watch_table *table, const nn_watch_rank *rank, double now) {
    return now - rank->heard > SILENT * table->interval;
}

static bool is_busy(const nn_watch_table *table, const nn_watch_rank *rank, double now) {
    return !is_silent(table, rank, now) && nn_watch_in_file(&rank->state);
}

/* When a rank last got further. */
static double last_moved(const nn_watch_table *table) {
    double moved = table->ranks[0].moved;
    for (int i = 1; i < table->size; i++)
        if (table->ranks[i].moved > moved) moved = table->ranks[i].moved;
    return moved;
}

nn_watch_verdict nn_watch_judge(nn_watch_table *table, double now) {
    if (now - last_moved(table) <= table->timeout) return NN_WATCH_GOES_ON;
    bool busy = false;
    for (int i = 0; i < table->size && !busy; i++) busy = is_busy(table, &table->ranks[i], now);
    if (!busy) return NN_WATCH_HANGS;
    if (now - table->noticed <= table->timeout) return NN_WATCH_GOES_ON;
    table->noticed = now;
    return NN_WATCH_SLOW;
}

/* Adds to a text that has room for NN_WATCH_TEXT: without memory, which a stuck process may not get. */
static void add(char *text, size_t *length, const char *format, ...) NN_PRINTF(3, 4);
static void add(char *text, size_t *length, const char *format, ...) {
    va_list arguments;
    if (*length >= NN_WATCH_TEXT - 1) return;
    va_start(arguments, format);
    const int added = vsnprintf(text + *length, NN_WATCH_TEXT - *length, format, arguments);
    va_end(arguments);
    if (added > 0) *length += (size_t)added;
    if (*length > NN_WATCH_TEXT - 1) *length = NN_WATCH_TEXT - 1;
}

static void add_rank(char *text, size_t *length, const nn_watch_table *table, int number, double now) {
    const nn_watch_rank *rank = &table->ranks[number];
    add(text, length, "rank %d on %s (", number, rank->host);
    if (is_silent(table, rank, now))
        add(text, length, "stopped or cut off: last heard of %.0f s ago, %s)", now - rank->heard,
            name_of(&rank->state));
    else if (rank->state.files > 0 && rank->state.waiting)
        add(text, length, "%s: reading rows, for %.0f s)", name_of(&rank->state), now - rank->moved);
    else add(text, length, "%s, for %.0f s)", name_of(&rank->state), now - rank->moved);
}

/* Names the ranks that are waited for: how many. */
static int add_missing(char *text, size_t *length, const nn_watch_table *table, bool slow, double now) {
    int count = 0;
    for (int i = 0; i < table->size; i++) {
        const nn_watch_rank *rank = &table->ranks[i];
        const bool silent = is_silent(table, rank, now);
        if (slow ? !is_busy(table, rank, now) : rank->state.waiting && !silent) continue;
        if (count < NAMED) {
            add(text, length, "%s", count == 0 ? "waiting for " : ", ");
            add_rank(text, length, table, i, now);
        }
        count++;
    }
    if (count > NAMED) add(text, length, " and %d more", count - NAMED);
    return count;
}

void nn_watch_describe(const nn_watch_table *table, nn_watch_verdict verdict, double now,
                       char text[NN_WATCH_TEXT]) {
    size_t length = 0;
    const double stuck = now - last_moved(table);
    if (verdict == NN_WATCH_SLOW) {
        add(text, &length, "nnmpi: no progress for %.0f s: ", stuck);
        add_missing(text, &length, table, true, now);
        add(text, &length, "; files may take as long as they need\n");
        return;
    }
    add(text, &length, "nnmpi: the run hangs: no progress for %.0f s (--hang-timeout %.0f): ", stuck,
        table->timeout);
    if (add_missing(text, &length, table, false, now) == 0)
        add(text, &length, "all %d ranks wait for each other (%s); is the network between the nodes "
            "in order?", table->size, name_of(&table->ranks[0].state));
    add(text, &length, "; %s\n", table->advice);
}

void nn_watch_describe_first(const nn_watch_table *table, const nn_watch_rank *first, int rank,
                             const char *host, double now, char text[NN_WATCH_TEXT]) {
    size_t length = 0;
    add(text, &length,
        "nnmpi: the run hangs: no progress for %.0f s (--hang-timeout %.0f): rank %d on %s is waiting for "
        "rank 0 on %s (stopped or cut off: last heard of %.0f s ago, %s); %s\n",
        now - first->moved, table->timeout, rank, host, first->host, now - first->heard,
        name_of(&first->state), table->advice);
}
