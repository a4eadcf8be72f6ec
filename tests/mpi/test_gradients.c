/* test_gradients.c: the sum of gradients over shards and ranks. With fixed shards it has the bits
 * of the tree, computed here by the plain recursion, on any number of ranks and threads; by rank it
 * is the sum within rounding, with any number of shards a rank. Shares may be empty, batches short,
 * and gradients longer than one message.
 * test: NP 1 2 3 4 5 TIMEOUT 120 LABELS trust sanitize */
#include "ranks.h"

#include "kernels/team.h"
#include "train/gradients.h"
#include "unit/scratch.h"

#include "io/yaml.h"
#include "layers/layer.h"

/* A model of about `inputs` times `units` numbers. */
static nn_model *make_model(int64_t inputs, int64_t units) {
    char text[64];
    nn_node *node;
    nn_object *layer;
    nn_model *model;
    snprintf(text, sizeof text, "{layer: Dense, units: %lld}", (long long)units);
    assert_ok(nn_yaml_parse(text, "test", &node));
    assert_ok(nn_object_read(&NN_LAYERS, node, NN_STYLE_RUN, &layer));
    nn_node_destroy(&node);
    nn_object_list layers = {.count = 1, .items = malloc(sizeof *layers.items)};
    layers.items[0] = layer;
    assert_ok(nn_model_create(&layers, (nn_shape){1, {inputs}}, 1, &model));
    return model;
}

/* Element i of the gradient of shard `shard`: sums of such numbers depend on their order. */
static float element(int64_t shard, int64_t i) {
    uint64_t mixed = ((uint64_t)shard * 1000003u + (uint64_t)i + 1) * 0x9E3779B97F4A7C15u;
    return (float)((double)(mixed >> 32) * 0x1p-32 - 0.5) * (float)(1 + shard % 5 * 100);
}

static float tree_sum(int64_t leaves, int64_t first, int64_t width, int64_t i) {
    if (width == 1) return element(first, i);
    float left = tree_sum(leaves, first, width / 2, i);
    if (first + width / 2 >= leaves) return left;
    return left + tree_sum(leaves, first + width / 2, width / 2, i);
}

typedef struct {
    nn_gradients *gradients;
    nn_model *model;
    int64_t first, count; /* this rank's shards, by their numbers */
} sum_job;

static void sum_body(void *context) {
    sum_job *job = context;
    for (int64_t s = 0; s < job->count; s++) {
        if (nn_team_is_lead()) {
            nn_gradients_next(job->gradients);
            nn_span span = nn_model_gradients(job->model);
            for (int64_t i = 0; i < span.count; i++) span.data[i] = element(job->first + s, i);
        }
        nn_team_barrier();
        nn_gradients_add(job->gradients);
    }
    nn_gradients_reduce(job->gradients);
}

/* Every stride-th element has the bits of the tree's sum. */
static void check_fixed(nn_model *model, const nn_shards *shards, int64_t rows, int64_t stride) {
    const int64_t leaves = nn_shards_of(shards, rows);
    int64_t width = 1;
    nn_span sum = nn_model_gradients(model);
    while (width < leaves) width *= 2;
    for (int64_t i = 0; i < sum.count; i += stride) {
        float expected = tree_sum(leaves, 0, width, i);
        if (memcmp(&sum.data[i], &expected, sizeof expected) != 0)
            fail_msg("%lld shards: element %lld is %.9g instead of %.9g", (long long)leaves,
                     (long long)i, (double)sum.data[i], (double)expected);
    }
    assert_same_on_all(sum.data, sum.count * (int64_t)sizeof *sum.data);
}

static void run_fixed(nn_model *model, int64_t count, int64_t last, int threads, int64_t stride) {
    nn_gradients *gradients;
    const nn_shards shards = {3 * count, 3, count, size};
    assert_ok(nn_gradients_create(comm, model, &shards, last, &gradients));
    const int64_t batches[] = {3 * count, last, 3 * count, last};
    for (int b = 0; b < 4; b++) {
        int64_t begin = nn_shards_begin(&shards, batches[b], rank);
        int64_t end = nn_shards_begin(&shards, batches[b], rank + 1);
        sum_job job = {gradients, model, nn_shards_of(&shards, begin), 0};
        job.count = nn_shards_of(&shards, end) - job.first;
        nn_gradients_begin(gradients, batches[b]);
        nn_team_run(threads, sum_body, &job);
        check_fixed(model, &shards, batches[b], stride);
    }
    nn_gradients_destroy(&gradients);
}

static void test_fixed(void **state) {
    (void)state;
    nn_model *model = make_model(20, 9);
    for (int64_t count = 1; count <= 24; count += count < 9 ? 1 : 5)
        for (int threads = 1; threads <= 2; threads++)
            run_fixed(model, count, 1 + (count * 7) % (3 * count), threads, 1);
    nn_model_destroy(&model);
}

/* Longer than what goes in one message, and not a multiple of anything. */
static void test_long(void **state) {
    (void)state;
    nn_model *model = make_model(2100, 2099);
    run_fixed(model, 5, 4, 1, 997);
    nn_model_destroy(&model);
}

static void test_by_rank(void **state) {
    (void)state;
    nn_model *model = make_model(6, 5);
    for (int64_t rows = 1; rows < 30; rows++) {
        for (int64_t steps = 1; steps < 6; steps++) {
            nn_gradients *gradients;
            /* batches of up to 30 rows; a shorter one may give a rank more than a whole one does */
            const nn_shards shards = nn_shards_by_rank(rows + steps % 3, 1 + rows / steps, size);
            assert_ok(nn_gradients_create(comm, model, &shards, rows, &gradients));
            int64_t mine = nn_shards_of(&shards, nn_shards_begin(&shards, rows, rank + 1) -
                                                     nn_shards_begin(&shards, rows, rank));
            sum_job job = {gradients, model, 100 * rank, mine};
            nn_gradients_begin(gradients, rows);
            nn_team_run(1 + (int)(steps % 2), sum_body, &job);
            nn_span sum = nn_model_gradients(model);
            assert_same_on_all(sum.data, sum.count * (int64_t)sizeof *sum.data);
            for (int64_t i = 0; i < sum.count; i++) {
                double expected = 0, scale = 1;
                for (int64_t s = 0; s < mine; s++) {
                    expected += (double)element(100 * rank + s, i);
                    scale += fabs((double)element(100 * rank + s, i));
                }
                nn_comm_sum_double(comm, &expected, 1);
                nn_comm_sum_double(comm, &scale, 1);
                assert_true(fabs((double)sum.data[i] - expected) < 1e-6 * scale);
            }
            nn_gradients_destroy(&gradients);
        }
    }
    nn_model_destroy(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_by_rank),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("gradients", tests, NULL, NULL));
}
