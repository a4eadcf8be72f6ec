/* test_exchange.c: the sum of gradients over shards and ranks, and the step that follows, in each way of
 * exchanging them. With fixed shards the sum has the bits of the tree, computed here by the plain
 * recursion, on any number of ranks and threads; by rank it is the sum within rounding, with any number
 * of shards a rank. Shares may be empty, batches short, gradients longer than one message. The optimizer
 * is SGD with a learning rate of 1 and weights of 0, so that the weights become the sum's negative.
 * 4 ranks count as two nodes, 5 as nodes of 3 and 2.
 * test: NP 1 2 3 4 5 TIMEOUT 120 LABELS trust sanitize */
#include "ranks.h"

#include "kernels/team.h"
#include "train/exchange.h"
#include "unit/scratch.h"

#include "io/yaml.h"
#include "layers/layer.h"

static nn_object *read_object(const nn_registry *registry, const char *text) {
    nn_node *node;
    nn_object *object;
    assert_ok(nn_yaml_parse(text, "test", &node));
    assert_ok(nn_object_read(registry, node, NN_STYLE_RUN, &object));
    nn_node_destroy(&node);
    return object;
}

/* A model of about `inputs` times `units` numbers. */
static nn_model *make_model(int64_t inputs, int64_t units) {
    char text[64];
    nn_model *model;
    snprintf(text, sizeof text, "{layer: Dense, units: %lld}", (long long)units);
    nn_object_list layers = {.count = 1, .items = malloc(sizeof *layers.items)};
    layers.items[0] = read_object(&NN_LAYERS, text);
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

/* All that a step needs but the passes. */
typedef struct {
    nn_model *model;
    nn_object *args;
    nn_optimizer *optimizer;
    nn_gradients *gradients;
    nn_exchange *exchange;
    nn_profile profile;
    int64_t first, count; /* this rank's shards, by their numbers */
    double message[3];
} rig;

static rig set_up(int64_t inputs, int64_t units, const nn_shards *shards, int64_t last,
                  const char *optimizer, nn_communication way, nn_precision precision) {
    rig made = {.model = make_model(inputs, units)};
    const nn_exchange_options options = {way, precision, last, 3};
    made.args = read_object(&NN_OPTIMIZERS, optimizer);
    assert_ok(nn_optimizer_create(made.args, made.model, &made.optimizer));
    assert_ok(nn_gradients_create(made.model, shards, rank, &made.gradients));
    assert_ok(nn_exchange_create(comm, made.model, made.optimizer, made.gradients, &options,
                                 &made.exchange));
    return made;
}

static void tear_down(rig *made) {
    nn_gradients_destroy(&made->gradients);
    nn_optimizer_destroy(&made->optimizer);
    nn_model_destroy(&made->model);
    nn_exchange_destroy(&made->exchange);
    nn_object_destroy(&made->args);
}

static void step_body(void *context) {
    rig *job = context;
    for (int64_t s = 0; s < job->count; s++) {
        if (nn_team_is_lead()) {
            nn_gradients_next(job->gradients);
            nn_span span = nn_model_gradients(job->model);
            for (int64_t i = 0; i < span.count; i++) span.data[i] = element(job->first + s, i);
        }
        nn_team_barrier();
        nn_gradients_add(job->gradients);
    }
    if (nn_team_is_lead()) nn_exchange_message(job->exchange, job->message, 3);
    nn_team_barrier();
    nn_exchange_update(job->exchange, &job->profile);
}

/* One step from weights of 0 on shards first .. first + count - 1 of a batch of `rows` rows. */
static void run_step(rig *job, int64_t rows, int64_t first, int64_t count, int threads) {
    nn_span values = nn_model_values(job->model);
    nn_comm_wait_for_all(comm); /* the weights may be shared */
    memset(values.data, 0, (size_t)values.count * sizeof *values.data);
    nn_comm_wait_for_all(comm);
    job->first = first;
    job->count = count;
    const double message[] = {1, rank, 100 * rank + 7};
    memcpy(job->message, message, sizeof message);
    nn_gradients_begin(job->gradients, rows);
    nn_exchange_begin(job->exchange, count);
    nn_team_run(threads, step_body, job);
    assert_true(job->message[0] == size);
    assert_true(job->message[1] == size * (size - 1) / 2.0);
    assert_true(job->message[2] == 100 * (size * (size - 1) / 2.0) + 7 * size);
    assert_same_on_all(values.data, values.count * (int64_t)sizeof *values.data);
}

/* Every stride-th element has the bits of the tree's sum. */
static void check_fixed(const nn_model *model, int64_t leaves, int64_t stride) {
    int64_t width = 1;
    nn_span values = nn_model_values(model);
    while (width < leaves) width *= 2;
    for (int64_t p = 0; p < nn_model_parameters(model); p++) {
        const nn_parameter *parameter = nn_model_parameter(model, p);
        for (int64_t i = parameter->offset; i < parameter->offset + parameter->count; i += stride) {
            float expected = -tree_sum(leaves, 0, width, i);
            if (values.data[i] != expected)
                fail_msg("%lld shards: element %lld is %.9g instead of %.9g", (long long)leaves,
                         (long long)i, (double)values.data[i], (double)expected);
        }
    }
}

static void run_fixed(int64_t inputs, int64_t units, int64_t count, int64_t last, int threads,
                      int64_t stride, nn_communication way) {
    const nn_shards shards = {3 * count, 3, count, size};
    rig job = set_up(inputs, units, &shards, last, "{name: sgd, learning_rate: 1}", way, NN_FLOAT32);
    const int64_t batches[] = {3 * count, last, 3 * count, last};
    for (int b = 0; b < 4; b++) {
        int64_t begin = nn_shards_begin(&shards, batches[b], rank);
        int64_t end = nn_shards_begin(&shards, batches[b], rank + 1);
        const int64_t first = nn_shards_of(&shards, begin);
        run_step(&job, batches[b], first, nn_shards_of(&shards, end) - first, threads);
        check_fixed(job.model, nn_shards_of(&shards, batches[b]), stride);
    }
    tear_down(&job);
}

static const nn_communication WAYS[] = {NN_COMMUNICATION_ALLREDUCE, NN_COMMUNICATION_OVERLAP,
                                        NN_COMMUNICATION_NODE};

static void test_fixed(void **state) {
    (void)state;
    for (int w = 0; w < 3; w++)
        for (int64_t count = 1; count <= 24; count += count < 9 ? 1 : 5)
            run_fixed(20, 9, count, 1 + (count * 7) % (3 * count), 1 + (int)(count % 2), 1, WAYS[w]);
}

/* Longer than what goes in one message, than a slice or a piece of the optimizer, and not a multiple
 * of anything. */
static void test_long(void **state) {
    (void)state;
    run_fixed(2100, 2099, 5, 4, 1, 997, NN_COMMUNICATION_ALLREDUCE);
    run_fixed(210, 209, 5, 4, 2, 1, NN_COMMUNICATION_NODE);
}

/* The sum over all ranks within `tolerance` of the sizes of what is added. */
static void check_by_rank(const nn_model *model, int64_t mine, int64_t stride, double tolerance) {
    nn_span values = nn_model_values(model);
    const nn_parameter *parameter = nn_model_parameter(model, 0);
    for (int64_t i = parameter->offset; i < parameter->offset + parameter->count; i += stride) {
        double sums[2] = {0, 1};
        for (int64_t s = 0; s < mine; s++) {
            sums[0] -= (double)element(100 * rank + s, i);
            sums[1] += fabs((double)element(100 * rank + s, i));
        }
        nn_comm_sum_double(comm, sums, 2);
        assert_true(fabs((double)values.data[i] - sums[0]) < tolerance * sums[1]);
    }
}

static int64_t shards_of_mine(const nn_shards *shards, int64_t rows) {
    return nn_shards_of(shards, nn_shards_begin(shards, rows, rank + 1) -
                                    nn_shards_begin(shards, rows, rank));
}

static void test_by_rank(void **state) {
    (void)state;
    for (int64_t rows = 1; rows < 30; rows += 1 + rows / 12) {
        for (int64_t steps = 1; steps < 6; steps++) {
            /* batches of up to 30 rows; a shorter one may give a rank more than a whole one does */
            const nn_shards shards = nn_shards_by_rank(rows + steps % 3, 1 + rows / steps, size);
            for (int w = 0; w < 3; w++) {
                rig job = set_up(6, 5, &shards, rows, "{name: sgd, learning_rate: 1}", WAYS[w],
                                 NN_FLOAT32);
                run_step(&job, rows, 100 * rank, shards_of_mine(&shards, rows), 1 + (int)(steps % 2));
                check_by_rank(job.model, shards_of_mine(&shards, rows), 1, 1e-6);
                tear_down(&job);
            }
        }
    }
}

/* In several buckets, slices and pieces, and rounded on the way. */
static void test_long_by_rank(void **state) {
    (void)state;
    for (int rows = 2; rows <= 16; rows += 14) { /* ranks without rows, and all with */
        const nn_shards shards = nn_shards_by_rank(rows, rows, size);
        for (int w = 0; w < 3; w++) {
            for (nn_precision precision = NN_FLOAT32; precision <= NN_BF16; precision++) {
                if (precision == NN_BF16 && WAYS[w] == NN_COMMUNICATION_OVERLAP) continue;
                rig job = set_up(1100, 1021, &shards, rows, "{name: sgd, learning_rate: 1}", WAYS[w],
                                 precision);
                run_step(&job, rows, 100 * rank, shards_of_mine(&shards, rows), 2);
                check_by_rank(job.model, shards_of_mine(&shards, rows), 9973,
                              precision == NN_BF16 && size > 1 ? 0x1p-7 : 1e-6);
                tear_down(&job);
            }
        }
    }
}

/* Norms are those of all gradients, whoever updates which part; each way makes the same steps, with
 * state that carries over. */
static void test_clipped(void **state) {
    (void)state;
    static const char *const optimizers[] = {"{name: sgd, learning_rate: 1, global_clipnorm: 0.5}",
                                             "{name: sgd, learning_rate: 1, clipnorm: 0.5}",
                                             "{name: adam, clipvalue: 0.25, weight_decay: 0.1}"};
    for (int o = 0; o < 3; o++) {
        const nn_shards shards = nn_shards_by_rank(64, 64, size);
        nn_real *expected = NULL;
        for (int w = 0; w < 3; w++) {
            rig job = set_up(150, 131, &shards, 64, optimizers[o], WAYS[w], NN_FLOAT32);
            nn_span values = nn_model_values(job.model);
            double squares = 0;
            for (int turn = 0; turn < 3; turn++)
                run_step(&job, 64, 100 * rank + turn, shards_of_mine(&shards, 64), 1 + turn % 2);
            for (int64_t i = 0; i < values.count; i++)
                squares += (double)values.data[i] * (double)values.data[i];
            if (o == 0) assert_true(fabs(sqrt(squares) - 0.5) < 1e-5);
            if (!expected) {
                expected = malloc((size_t)values.count * sizeof *expected);
                memcpy(expected, values.data, (size_t)values.count * sizeof *expected);
            }
            for (int64_t i = 0; i < values.count; i++)
                assert_true(fabsf(values.data[i] - expected[i]) <= 2e-6f * (1 + fabsf(expected[i])));
            tear_down(&job);
        }
        free(expected);
    }
}

/* What is chosen is one of the ways, the same on all ranks, and it says why. */
static void test_auto(void **state) {
    (void)state;
    const nn_shards shards = nn_shards_by_rank(16, 16, size);
    rig job = set_up(300, 300, &shards, 16, "{name: sgd, learning_rate: 1}", NN_COMMUNICATION_AUTO,
                     NN_FLOAT32);
    const char *said = nn_exchange_description(job.exchange);
    if (size == 1) assert_string_equal(said, "");
    else assert_true(strncmp(said, "node", 4) == 0 || strncmp(said, "allreduce", 9) == 0 ||
                     (nn_comm_nodes(comm) > 1 && strncmp(said, "overlap", 7) == 0));
    if (size > 1) assert_non_null(strstr(said, ", allreduce ")); /* its time */
    assert_same_on_all(said, (int64_t)strcspn(said, ","));
    run_step(&job, 16, 100 * rank, shards_of_mine(&shards, 16), 1);
    check_by_rank(job.model, shards_of_mine(&shards, 16), 1, 1e-6);
    tear_down(&job);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed),        cmocka_unit_test(test_long),
        cmocka_unit_test(test_by_rank),      cmocka_unit_test(test_long_by_rank),
        cmocka_unit_test(test_clipped),      cmocka_unit_test(test_auto),
    };
    if (nn_comm_launched() >= 4)
        setenv("NNMPI_NODE_RANKS", nn_comm_launched() == 4 ? "2" : "3", 1);
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("exchange", tests, NULL, NULL));
}
