/* loader.c: the batches of an epoch, and this rank's shards of each. */
#include "data/loader.h"

#include "data/reader.h"
#include "kernels/elementwise.h"
#include "kernels/team.h"
#include "util/memory.h"

#include <stdlib.h>

enum { X, Y, W, ARRAYS };

static const int64_t BUFFER = 256 << 20, /* where nothing else is asked for */
    IN_ORDER = 32 << 20; /* is enough where rows come in the order of the file, or two batches */

/* One array of the shard, on its way from the dataset to the batch. */
typedef struct {
    const nn_array *source;
    nn_real *real; /* (max_rows, columns); NULL for classes */
    int32_t *classes;
} lane;

struct nn_loader {
    nn_dataset *dataset;
    nn_loader_options options;
    int rank;
    int64_t max_rows; /* of a shard */
    int64_t epoch; /* whose permutation is at hand; -1: none */
    nn_permutation permutation;
    int64_t *from;     /* (max_rows): which rows in memory make the shard */
    nn_reader *reader; /* of a dataset that is not in memory; otherwise NULL */
    nn_windows windows; /* the reader's */
    lane lanes[ARRAYS];
    nn_batch batch;
};

static nn_status create_lane(nn_loader *self, int which, const nn_array *source) {
    lane *made = &self->lanes[which];
    made->source = source;
    if (source->columns == 0) return NN_OK;
    int64_t count = self->max_rows * source->columns;
    if (source->type == NN_H5_I32)
        return nn_allocate("classes", count, sizeof *made->classes, &made->classes);
    return nn_allocate("a batch", count, sizeof *made->real, &made->real);
}

static nn_status create_here(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                             nn_loader **out) {
    nn_status status = nn_allocate("a loader", 1, sizeof **out, out);
    nn_loader *self = *out;
    if (status != NN_OK) return status;
    self->dataset = dataset;
    self->options = *options;
    self->rank = nn_comm_rank(comm);
    self->epoch = -1;
    int64_t rows = nn_dataset_rows(dataset);
    self->max_rows = options->shards.shard_rows < rows ? options->shards.shard_rows : rows;
    NN_TRY(nn_allocate("row numbers", self->max_rows, sizeof *self->from, &self->from));
    NN_TRY(create_lane(self, X, nn_dataset_x(dataset)));
    NN_TRY(create_lane(self, Y, nn_dataset_y(dataset)));
    NN_TRY(create_lane(self, W, nn_dataset_w(dataset)));
    self->batch.x = self->lanes[X].real;
    self->batch.targets = (nn_targets){.classes = self->lanes[Y].classes,
                                       .values = self->lanes[Y].real,
                                       .weights = self->lanes[W].real};
done:
    return status;
}

static int64_t row_bytes(const nn_loader *self) {
    int64_t bytes = 0;
    for (int i = 0; i < ARRAYS; i++) bytes += nn_array_row_bytes(self->lanes[i].source);
    return bytes;
}

/* Without shuffling, a larger buffer mixes nothing: it need only keep reading ahead of the ranks, of
 * which each is somewhere in the batch. */
static void cut_windows(nn_loader *self) {
    const nn_loader_options *options = &self->options;
    nn_windows_wish wish = {.rows = nn_dataset_rows(self->dataset),
                            .row_bytes = row_bytes(self),
                            .chunk_rows = nn_dataset_chunk_rows(self->dataset),
                            .buffer = options->buffer > 0 ? options->buffer : BUFFER,
                            .least_rows = options->shards.shard_rows,
                            .shuffle = options->shuffle,
                            .seed = options->seed};
    const int64_t batch = options->shards.batch_rows < wish.rows ? options->shards.batch_rows : wish.rows;
    if (wish.least_rows < options->pass_rows) wish.least_rows = options->pass_rows;
    int64_t enough = 2 * batch * wish.row_bytes;
    if (enough < IN_ORDER) enough = IN_ORDER;
    if (!options->shuffle && wish.buffer > enough) wish.buffer = enough;
    self->windows = nn_windows_make(&wish);
}

nn_status nn_loader_create(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                           nn_loader **out) {
    nn_loader *self = NULL;
    *out = NULL;
    nn_status status = nn_comm_agree(comm, create_here(comm, dataset, options, &self));
    if (status == NN_OK && !nn_dataset_in_memory(dataset)) {
        cut_windows(self);
        status = nn_reader_create(comm, dataset, &self->windows, &options->shards, &self->reader);
    }
    if (status == NN_OK) *out = self;
    else nn_loader_destroy(&self);
    return status;
}

void nn_loader_destroy(nn_loader **loader) {
    if (!*loader) return;
    nn_reader_destroy(&(*loader)->reader);
    for (int i = 0; i < ARRAYS; i++) {
        free((*loader)->lanes[i].real);
        free((*loader)->lanes[i].classes);
    }
    free((*loader)->from);
    free(*loader);
    *loader = NULL;
}

int64_t nn_loader_batches(const nn_loader *loader) {
    int64_t rows = nn_dataset_rows(loader->dataset), size = loader->options.shards.batch_rows;
    return (rows + size - 1) / size;
}

int64_t nn_loader_batch_rows(const nn_loader *loader, int64_t batch) {
    const int64_t size = loader->options.shards.batch_rows;
    const int64_t left = nn_dataset_rows(loader->dataset) - batch * size;
    return left < size ? left : size;
}

const nn_shards *nn_loader_shards(const nn_loader *loader) {
    return &loader->options.shards;
}

const nn_windows *nn_loader_windows(const nn_loader *loader) {
    return loader->reader ? &loader->windows : NULL;
}

int64_t nn_loader_buffer(const nn_loader *loader) {
    if (!loader->reader) return 0;
    return (loader->windows.count > 1 ? 2 : 1) * loader->windows.max_rows * row_bytes(loader);
}

double nn_loader_waited(const nn_loader *loader) {
    return loader->reader ? nn_reader_waited(loader->reader) : 0;
}

/* This rank's rows of a batch: *begin .. *end - 1. */
static void find_share(const nn_loader *self, int64_t batch, int64_t *begin, int64_t *end) {
    const nn_shards *shards = &self->options.shards;
    const int64_t rows = nn_loader_batch_rows(self, batch);
    *begin = nn_shards_begin(shards, rows, self->rank);
    *end = nn_shards_begin(shards, rows, self->rank + 1);
}

int64_t nn_loader_count(const nn_loader *loader, int64_t batch) {
    int64_t begin, end;
    find_share(loader, batch, &begin, &end);
    return nn_shards_of(&loader->options.shards, end - begin);
}

/* Which rows of the batch the shard has. */
static void find_shard(nn_loader *self, int64_t batch, int64_t shard) {
    const nn_shards *shards = &self->options.shards;
    int64_t begin, end;
    find_share(self, batch, &begin, &end);
    begin += shard * shards->shard_rows;
    self->batch.batch_rows = nn_loader_batch_rows(self, batch);
    self->batch.first = begin;
    self->batch.rows = end - begin < shards->shard_rows ? end - begin : shards->shard_rows;
    self->batch.slot = shards->fixed > 0 ? begin / shards->shard_rows : 0;
}

nn_status nn_loader_choose(nn_loader *loader, int64_t epoch, int64_t batch, int64_t shard) {
    nn_loader *self = loader;
    find_shard(self, batch, shard);
    const int64_t begin = batch * self->options.shards.batch_rows + self->batch.first;
    if (self->reader) {
        nn_status status = nn_reader_want(self->reader, epoch, batch, begin, self->batch.rows, self->from);
        if (status != NN_OK) self->batch.rows = 0;
        return status;
    }
    if (self->options.shuffle && self->epoch != epoch) {
        nn_random_stream stream = {self->options.seed, NN_RANDOM_SHUFFLE, 0, (uint32_t)epoch};
        self->permutation =
            nn_permutation_make(stream, (uint64_t)nn_dataset_rows(self->dataset));
        self->epoch = epoch;
    }
    if (self->options.shuffle)
        nn_permute_some(&self->permutation, (uint64_t)begin, self->batch.rows, self->from);
    for (int64_t i = 0; i < self->batch.rows && !self->options.shuffle; i++) self->from[i] = begin + i;
    return NN_OK;
}

void nn_loader_assemble(nn_loader *loader) {
    for (int i = 0; i < ARRAYS; i++) {
        const lane *of = &loader->lanes[i];
        if (of->source->columns == 0) continue;
        const void *memory = loader->reader ? nn_reader_memory(loader->reader, of->source)
                                            : of->source->memory;
        if (of->classes)
            nn_gather_classes(loader->batch.rows, memory, loader->from, of->classes);
        else
            nn_gather(loader->batch.rows, of->source->columns,
                      of->source->type == NN_H5_U8 ? memory : NULL,
                      of->source->type == NN_H5_U8 ? NULL : memory, loader->from, of->real);
    }
    if (loader->reader && nn_team_is_lead()) nn_reader_release(loader->reader); /* all have finished */
}

const nn_batch *nn_loader_batch(const nn_loader *loader) {
    return &loader->batch;
}
