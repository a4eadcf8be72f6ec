/* train.c: the runs of a sweep, trained side by side by groups of ranks.
 *
 * From the moment that the ranks are split until all have trained their last run, nothing is collective
 * among all of them: a group that fails, or takes long, keeps no other waiting. Which run is next, that
 * one has ended, and that all are to leave goes over a queue (comm/queue.h), whose messages rank 0
 * answers between its own steps, and between the parts of what takes longer. Rank 0 alone holds the table. */
#include "sweep/train.h"

#include "comm/groups.h"
#include "comm/queue.h"
#include "sweep/folder.h"
#include "train/checkpoint.h"
#include "train/signals.h"
#include "train/train.h"
#include "util/memory.h"
#include "util/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a rank needs to train one of the runs. */
typedef struct {
    int64_t number;
    char *label, *folder, *config; /* the folder's path */
    bool resume;                   /* where it holds a checkpoint */
} assignment;

typedef struct {
    const nn_sweep_options *options;
    nn_comm *comm, *group;
    nn_queue *queue;
    assignment *assignments;
    int64_t count;
    const assignment *current; /* that this rank trains */
    nn_sweep_table *table;     /* rank 0's */
    bool is_unwritten;         /* rank 0: the table could not be written, and that was told */
    bool replaces;             /* what was in the folder, and its table, is there still */
} sweeping;

static void tell(const sweeping *self, const assignment *of, const char *text) {
    const nn_sweep_observer *observer = &self->options->observer;
    if (observer->noted)
        observer->noted(observer->context, of ? of->number : 0, of ? of->label : NULL, text);
}

/* ---- what is to be trained ---- */

/* Rank 0's list, of the runs that are waiting. */
static nn_status list_runs(const nn_sweep *sweep, const nn_sweep_table *table, assignment *list,
                           int64_t *count) {
    nn_status status = NN_OK;
    *count = 0;
    for (int64_t i = 0; i < sweep->run_count; i++) {
        const nn_sweep_run *run = &sweep->runs[i];
        if (table->results[i].state != NN_SWEEP_WAITING) continue;
        assignment *next = &list[(*count)++];
        next->number = i + 1;
        NN_TRY(nn_copy_text(run->label, &next->label));
        NN_TRY(nn_sweep_table_run_folder(table, i, &next->folder));
        NN_TRY(nn_copy_text(run->config, &next->config));
    }
done:
    return status;
}

/* Gives all ranks the list; `sweep` is rank 0's. */
static nn_status share_runs(sweeping *self, const nn_sweep *sweep) {
    nn_status status = NN_OK;
    int64_t most = sweep ? sweep->run_count : 0;
    nn_comm_broadcast(self->comm, &most, sizeof most);
    NN_TRY(nn_comm_agree(self->comm, nn_allocate("the runs of a sweep", most, sizeof(assignment),
                                                 &self->assignments)));
    NN_TRY(nn_comm_agree(self->comm, sweep ? list_runs(sweep, self->table, self->assignments,
                                                       &self->count)
                                           : NN_OK));
    nn_comm_broadcast(self->comm, &self->count, sizeof self->count);
    nn_comm_broadcast(self->comm, &self->replaces, sizeof self->replaces);
    for (int64_t i = 0; i < self->count; i++) {
        assignment *at = &self->assignments[i];
        nn_comm_broadcast(self->comm, &at->number, sizeof at->number);
        NN_TRY(nn_comm_broadcast_text(self->comm, &at->label));
        NN_TRY(nn_comm_broadcast_text(self->comm, &at->folder));
        NN_TRY(nn_comm_broadcast_text(self->comm, &at->config));
    }
done:
    return status;
}

static void free_runs(sweeping *self) {
    for (int64_t i = 0; self->assignments && i < self->count; i++) {
        free(self->assignments[i].label);
        free(self->assignments[i].folder);
        free(self->assignments[i].config);
    }
    free(self->assignments);
}

/* ---- what rank 0 hears ---- */

/* The table is for looking at while the sweep runs; at the end it must be written. */
static void write_table(sweeping *self) {
    if (self->replaces || nn_sweep_table_write(self->table) == NN_OK || self->is_unwritten) return;
    self->is_unwritten = true;
    tell(self, NULL, nn_message());
}

static void begin_run(void *context, int64_t item) {
    sweeping *self = context;
    self->table->results[self->assignments[item].number - 1].state = NN_SWEEP_RUNNING;
    write_table(self);
}

/* The first run that has got through its data takes the place of the old sweep, all of it, before anything of it is
 * written: so the table is always that of the folders. */
static int64_t replace(void *context, int64_t item) {
    sweeping *self = context;
    (void)item;
    if (!self->replaces) return NN_OK;
    const nn_status status = nn_sweep_folder_clear(self->table);
    self->replaces = status != NN_OK;
    if (status != NN_OK) tell(self, NULL, nn_message());
    write_table(self);
    return status;
}

static nn_sweep_state state_of(nn_status status) {
    switch (status) {
    case NN_OK: return NN_SWEEP_DONE;
    case NN_DIVERGED: return NN_SWEEP_DIVERGED;
    case NN_INTERRUPTED: return NN_SWEEP_INTERRUPTED;
    default: return NN_SWEEP_FAILED;
    }
}

static void end_run(void *context, int64_t item, int64_t result) {
    sweeping *self = context;
    const nn_sweep_observer *observer = &self->options->observer;
    const assignment *of = &self->assignments[item];
    nn_sweep_result *row = &self->table->results[of->number - 1];
    row->status = (nn_status)result;
    row->state = state_of(row->status);
    if (nn_sweep_table_look(self->table, of->number - 1) != NN_OK) tell(self, of, nn_message());
    write_table(self);
    if (observer->ended) observer->ended(observer->context, self->table, of->number - 1);
}

/* ---- a group ---- */

static bool is_asked(void *context) {
    sweeping *self = context;
    return nn_queue_poll(self->queue, nn_signals_came());
}

static bool signal_came(void *context) {
    (void)context;
    return nn_signals_came();
}

static void note(void *context, const char *text) {
    const sweeping *self = context;
    tell(self, self->current, text);
}

/* On the group's first rank: its run has got through its data. */
static nn_status may_begin(void *context) {
    sweeping *self = context;
    if (!self->replaces) return NN_OK;
    const nn_status status = (nn_status)nn_queue_consult(self->queue, self->current - self->assignments);
    self->replaces = status != NN_OK;
    if (status == NN_OK) return NN_OK;
    return nn_fail(status, "what is in %s cannot be replaced", self->options->output);
}

/* On the group's first rank: whether the run goes on, or begins. */
static nn_status look_into_folder(const sweeping *self, bool *resume) {
    nn_checkpoint_kinds saved = {.whole = false};
    nn_status status = NN_OK;
    if (self->options->resume) status = nn_checkpoint_look(self->current->folder, &saved);
    *resume = saved.whole;
    return status;
}

static nn_status train_run(sweeping *self) {
    nn_status status = NN_OK;
    nn_run *run = NULL;
    bool resume = false;
    const bool first = nn_comm_rank(self->group) == 0;
    const bool may_overwrite = self->options->overwrite || self->options->resume; /* what it has not saved */
    NN_TRY(nn_comm_agree(self->group, first ? look_into_folder(self, &resume) : NN_OK));
    nn_comm_broadcast(self->group, &resume, sizeof resume);
    NN_TRY(nn_comm_agree(self->group,
                         nn_run_read(self->current->config, "the effective run file", NULL, 0, &run)));
    const nn_train_options options = {.output = self->current->folder,
                                      .run_file = self->options->run_file,
                                      .resume = resume,
                                      .overwrite = may_overwrite && !resume,
                                      .threads = self->options->threads,
                                      .spare_threads = self->options->spare_threads,
                                      .deadline = self->options->deadline,
                                      .observer = {.context = self, .noted = note},
                                      .asked = is_asked,
                                      .may_begin = may_begin,
                                      .asked_context = self};
    NN_TRY(nn_train(self->group, run, &options));
done:
    nn_run_destroy(&run);
    return status;
}

/* Takes runs and trains them, until there are no more or all are to leave. */
static void train_runs(sweeping *self) {
    const bool first = nn_comm_rank(self->group) == 0;
    for (;;) {
        const bool leaves = nn_comm_max(self->group, is_asked(self)) > 0;
        int64_t item = first && !leaves ? nn_queue_take(self->queue) : -1;
        nn_comm_broadcast(self->group, &item, sizeof item);
        if (item < 0) return;
        self->current = &self->assignments[item];
        const nn_status status = train_run(self);
        if (first && status != NN_OK && status != NN_INTERRUPTED) tell(self, self->current, nn_message());
        nn_queue_poll(self->queue, status == NN_INTERRUPTED); /* of which the job's end is no signal */
        if (first) nn_queue_end(self->queue, item, status);
    }
}

/* ---- the sweep ---- */

static nn_status check_shares(const nn_comm *comm, int each) {
    const int size = nn_comm_size(comm);
    if (each == 0 || size % each == 0) return NN_OK;
    return nn_fail(NN_USAGE, "--ranks-per-run %d: %d rank%s cannot be split into groups of %d", each,
                   size, size == 1 ? "" : "s", each);
}

/* Splits the ranks; nothing is trained yet. */
static nn_status split(sweeping *self) {
    nn_status status = NN_OK;
    const int size = nn_comm_size(self->comm), each = self->options->ranks_per_run;
    const int64_t runs = self->count > 0 ? self->count : 1;
    int group;
    nn_sweep_shares shares = {.groups = each ? size / each : runs < size ? (int)runs : size,
                              .runs = self->count};
    const nn_queue_observer observer = {self, begin_run, replace, end_run};
    NN_TRY(nn_groups_find(self->comm, shares.groups, each, &group));
    NN_TRY(nn_comm_split(self->comm, group, &self->group));
    shares.most = (int)nn_comm_max(self->comm, nn_comm_size(self->group));
    shares.least = (int)-nn_comm_max(self->comm, -nn_comm_size(self->group));
    if (self->table && self->options->observer.started)
        self->options->observer.started(self->options->observer.context, self->table, &shares);
    NN_TRY(nn_queue_open(self->comm, self->count, &observer, &self->queue));
done:
    return status;
}

/* What the sweep as a whole has come to; by rank 0. */
static nn_status sum_up(const nn_sweep_table *table) {
    const int64_t all = table->sweep->run_count, done = nn_sweep_table_count(table, NN_SWEEP_DONE);
    const int64_t diverged = nn_sweep_table_count(table, NN_SWEEP_DIVERGED);
    const int64_t failed = nn_sweep_table_count(table, NN_SWEEP_FAILED);
    nn_status status = NN_DIVERGED;
    if (done == all) return NN_OK;
    if (done + diverged + failed < all)
        return nn_fail(NN_INTERRUPTED,
                       "interrupted: %" PRId64 " of the %" PRId64 " runs in %s have ended, the others are "
                       "saved or have not begun: go on with --resume",
                       done + diverged + failed, all, table->folder);
    for (int64_t i = all - 1; i >= 0; i--)
        if (table->results[i].state == NN_SWEEP_FAILED) status = table->results[i].status;
    return nn_fail(status,
                   "of the %" PRId64 " runs of the sweep %" PRId64 " diverged and %" PRId64
                   " failed: see %s",
                   all, diverged, failed, table->path);
}

/* Where no run has begun, and what was to be replaced is there still. */
static nn_status leave_old(const nn_sweep_table *table) {
    nn_status status = NN_INTERRUPTED;
    for (int64_t i = table->sweep->run_count - 1; i >= 0; i--)
        if (table->results[i].state == NN_SWEEP_FAILED) status = table->results[i].status;
    return nn_fail(status, "%s before any run had begun: what was in %s is there still",
                   status == NN_INTERRUPTED ? "interrupted" : "failed", table->folder);
}

static nn_status finish(sweeping *self) {
    const nn_sweep_observer *observer = &self->options->observer;
    if (!self->table) return NN_OK;
    if (self->replaces) return leave_old(self->table);
    nn_status status = nn_sweep_table_write(self->table);
    if (observer->finished) observer->finished(observer->context, self->table);
    return status == NN_OK ? sum_up(self->table) : status;
}

nn_status nn_sweep_train(nn_comm *comm, nn_sweep *sweep, const nn_sweep_options *options) {
    nn_status status = NN_OK;
    nn_sweep_table table = {.sweep = NULL};
    nn_folder folder = {0};
    sweeping self = {.options = options, .comm = comm};
    NN_TRY(check_shares(comm, options->ranks_per_run));
    if (sweep) {
        char *left = NULL;
        status = nn_sweep_folder_enter(options->output, sweep, options->run_file, options->resume,
                                       options->overwrite, &folder, &self.replaces, &left);
        if (left) tell(&self, NULL, left);
        free(left);
        if (status == NN_OK)
            status = nn_sweep_table_open(sweep, options->output, options->by,
                                         options->larger_is_better, &table);
        if (status == NN_OK && options->resume) status = nn_sweep_table_resume(&table);
        if (status == NN_OK && !self.replaces) status = nn_sweep_table_write(&table);
        self.table = &table;
    }
    NN_TRY(nn_comm_agree(comm, status));
    NN_TRY(share_runs(&self, sweep));
    NN_TRY(split(&self));
    train_runs(&self);
    nn_queue_close(&self.queue, signal_came, NULL);
    NN_TRY(nn_comm_agree(comm, finish(&self)));
done:
    nn_comm_release(&self.group);
    free_runs(&self);
    nn_sweep_table_release(&table);
    nn_folder_release(&folder);
    return status;
}
