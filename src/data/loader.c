/* loader.c: the batches of an epoch, and this rank's shards of each. */
#include "data/loader.h"

#include "kernels/elementwise.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { X, Y, W, ARRAYS };

/* One array of the shard, on its way from the dataset to the batch. */
typedef struct {
    const nn_array *source;
    void *staged;  /* (max_rows, columns) as read from the file; NULL where the source is in memory */
    nn_real *real; /* (max_rows, columns); NULL for classes */
    int32_t *classes;
} lane;

/* A row of the dataset and its place in the shard. */
typedef struct {
    int64_t row, place;
} placed_row;

struct nn_loader {
    nn_dataset *dataset;
    nn_loader_options options;
    int rank;
    int64_t max_rows; /* of a shard */
    int64_t epoch; /* whose permutation is at hand; -1: none */
    nn_permutation permutation;
    int64_t *rows; /* (max_rows): the dataset's rows that make the shard */
    int64_t *from; /* (max_rows): where they lie in the memory that they are gathered from */
    placed_row *sorted; /* (max_rows): for reading in the order of the file */
    lane lanes[ARRAYS];
    nn_batch batch;
};

static nn_status create_lane(nn_loader *self, int which, const nn_array *source) {
    lane *made = &self->lanes[which];
    nn_status status = NN_OK;
    made->source = source;
    if (source->columns == 0) return NN_OK;
    int64_t count = self->max_rows * source->columns;
    if (!source->memory)
        status = nn_allocate("rows from the file", count, source->type == NN_H5_U8 ? 1 : 4,
                             &made->staged);
    if (status != NN_OK) return status;
    if (source->type == NN_H5_I32)
        return nn_allocate("classes", count, sizeof *made->classes, &made->classes);
    return nn_allocate("a batch", count, sizeof *made->real, &made->real);
}

nn_status nn_loader_create(nn_comm *comm, nn_dataset *dataset, const nn_loader_options *options,
                           nn_loader **out) {
    nn_status status = NN_OK;
    nn_loader *self = NULL;
    *out = NULL;
    NN_TRY(nn_allocate("a loader", 1, sizeof *self, &self));
    self->dataset = dataset;
    self->options = *options;
    self->rank = nn_comm_rank(comm);
    self->epoch = -1;
    int64_t rows = nn_dataset_rows(dataset);
    self->max_rows = options->shards.shard_rows < rows ? options->shards.shard_rows : rows;
    NN_TRY(nn_allocate("row numbers", self->max_rows, sizeof *self->rows, &self->rows));
    NN_TRY(nn_allocate("row numbers", self->max_rows, sizeof *self->from, &self->from));
    NN_TRY(nn_allocate("row numbers", self->max_rows, sizeof *self->sorted, &self->sorted));
    NN_TRY(create_lane(self, X, nn_dataset_x(dataset)));
    NN_TRY(create_lane(self, Y, nn_dataset_y(dataset)));
    NN_TRY(create_lane(self, W, nn_dataset_w(dataset)));
    self->batch.x = self->lanes[X].real;
    self->batch.targets = (nn_targets){.classes = self->lanes[Y].classes,
                                       .values = self->lanes[Y].real,
                                       .weights = self->lanes[W].real};
    *out = self;
    self = NULL;
done:
    nn_loader_destroy(&self);
    return status;
}

void nn_loader_destroy(nn_loader **loader) {
    if (!*loader) return;
    for (int i = 0; i < ARRAYS; i++) {
        free((*loader)->lanes[i].staged);
        free((*loader)->lanes[i].real);
        free((*loader)->lanes[i].classes);
    }
    free((*loader)->rows);
    free((*loader)->from);
    free((*loader)->sorted);
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

/* Reads the chosen rows of an array, neighbours in the file together. */
static nn_status stage(nn_loader *self, lane *of) {
    const nn_array *source = of->source;
    size_t row_bytes = (size_t)source->columns * (source->type == NN_H5_U8 ? 1 : 4);
    nn_status status = NN_OK;
    for (int64_t i = 0, count; i < self->batch.rows && status == NN_OK; i += count) {
        count = 1;
        while (i + count < self->batch.rows && self->rows[i + count] == self->rows[i] + count)
            count++;
        status = nn_dataset_read(self->dataset, source, self->rows[i], count,
                                 (char *)of->staged + (size_t)i * row_bytes);
    }
    return status;
}

static int by_row(const void *a, const void *b) {
    int64_t x = ((const placed_row *)a)->row, y = ((const placed_row *)b)->row;
    return (x > y) - (x < y);
}

/* Puts the rows of the shard into the order of the file, in which they are staged. */
static void sort_rows(nn_loader *self) {
    for (int64_t i = 0; i < self->batch.rows; i++)
        self->sorted[i] = (placed_row){self->rows[i], i};
    qsort(self->sorted, (size_t)self->batch.rows, sizeof *self->sorted, by_row);
    for (int64_t i = 0; i < self->batch.rows; i++) {
        self->rows[i] = self->sorted[i].row;
        self->from[self->sorted[i].place] = i;
    }
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
    nn_status status = NN_OK;
    if (self->options.shuffle && self->epoch != epoch) {
        nn_random_stream stream = {self->options.seed, NN_RANDOM_SHUFFLE, 0, (uint32_t)epoch};
        self->permutation =
            nn_permutation_make(stream, (uint64_t)nn_dataset_rows(self->dataset));
        self->epoch = epoch;
    }
    find_shard(self, batch, shard);
    const int64_t begin = batch * self->options.shards.batch_rows + self->batch.first;
    const bool in_memory = nn_dataset_in_memory(self->dataset);
    for (int64_t i = 0; i < self->batch.rows; i++) {
        uint64_t position = (uint64_t)(begin + i);
        self->rows[i] = self->options.shuffle
                            ? (int64_t)nn_permute(&self->permutation, position)
                            : (int64_t)position;
        self->from[i] = self->rows[i];
    }
    if (!in_memory) sort_rows(self);
    for (int i = 0; i < ARRAYS && !in_memory && status == NN_OK; i++)
        if (self->lanes[i].staged) status = stage(self, &self->lanes[i]);
    if (status != NN_OK) self->batch.rows = 0;
    return status;
}

void nn_loader_assemble(nn_loader *loader) {
    for (int i = 0; i < ARRAYS; i++) {
        const lane *of = &loader->lanes[i];
        if (of->source->columns == 0) continue;
        const void *memory = of->staged ? of->staged : of->source->memory;
        if (of->classes)
            nn_gather_classes(loader->batch.rows, memory, loader->from, of->classes);
        else
            nn_gather(loader->batch.rows, of->source->columns,
                      of->source->type == NN_H5_U8 ? memory : NULL,
                      of->source->type == NN_H5_U8 ? NULL : memory, loader->from, of->real);
    }
}

const nn_batch *nn_loader_batch(const nn_loader *loader) {
    return &loader->batch;
}
