/* test_layout.c: tables of ranks, problems and what mends them, of made-up machines. */
#include "check.h"

#include "comm/layout.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1024 };
static nn_place places[MOST];
static nn_text text;
static int idle_threads; /* of the last problems() */

static nn_cores range(int first, int last) {
    nn_cores cores = {{0}};
    for (int i = first; i <= last; i++) nn_cores_add(&cores, i);
    return cores;
}

/* `each` cores for each of `ranks` ranks a node, of `cores` that there are; 0: all for all. */
static int make(int nodes, int ranks, int cores, int each) {
    for (int r = 0; r < nodes * ranks; r++) {
        nn_place *place = &places[r];
        int first = each * (r % ranks);
        *place = (nn_place){.node = r / ranks * ranks, .node_ranks = ranks};
        snprintf(place->host, sizeof place->host, "node%d", 1 + r / ranks);
        place->reachable = range(0, cores - 1);
        place->cores = each ? range(first, first + each - 1) : place->reachable;
        place->threads = place->share = each ? each : cores / ranks ? cores / ranks : 1;
    }
    return nodes * ranks;
}

static void request(int count, int threads) {
    for (int r = 0; r < count; r++) places[r].requested = places[r].threads = threads;
}

/* The number of problems; what is said is in `text`. Idle cores are told with the others or alone. */
static int problems(int count, nn_launcher launcher, int job_cpus) {
    nn_layout layout;
    nn_text_free(&text);
    text = (nn_text){0};
    assert_ok(nn_layout_open(places, count, launcher, job_cpus, &layout));
    int found = nn_layout_problems(&layout, NN_PROBLEMS_ALL, &text);
    nn_text idle = {0}, others = {0};
    int parts = nn_layout_problems(&layout, NN_PROBLEMS_IDLE, &idle);
    idle_threads = nn_layout_idle_threads(&layout);
    assert_true((parts > 0) == (idle_threads > 0));
    parts += nn_layout_problems(&layout, NN_PROBLEMS_OTHER, &others);
    assert_int_equal(parts, found);
    assert_int_equal(idle.length + others.length, text.length);
    nn_text_free(&idle);
    nn_text_free(&others);
    nn_layout_close(&layout);
    return found;
}

static const char *table(int count) {
    nn_layout layout;
    nn_text_free(&text);
    text = (nn_text){0};
    assert_ok(nn_layout_open(places, count, NN_LAUNCHER_SRUN, 0, &layout));
    nn_layout_format(&layout, &text);
    nn_layout_close(&layout);
    return text.bytes;
}

static bool warns(int count) {
    nn_layout layout;
    nn_text_free(&text);
    text = (nn_text){0};
    assert_ok(nn_layout_open(places, count, NN_LAUNCHER_MPIRUN, 0, &layout));
    bool warned = nn_layout_warn(&layout, &text);
    nn_layout_close(&layout);
    assert_true(warned == (text.length > 0));
    return warned;
}

static void says(const char *part) {
    if (!text.bytes || !strstr(text.bytes, part))
        fail_msg("'%s' is not said: %s", part, text.bytes ? text.bytes : "nothing");
}

static int lines(const char *of) {
    int count = 0;
    for (; *of; of++) count += *of == '\n';
    return count;
}

static void test_nothing_wrong(void **state) {
    (void)state;
    assert_int_equal(problems(make(1, 4, 16, 4), NN_LAUNCHER_MPIRUN, 0), 0);
    assert_int_equal(problems(make(16, 64, 64, 1), NN_LAUNCHER_SRUN, 0), 0);
    assert_int_equal(problems(make(1, 1, 8, 0), NN_LAUNCHER_NONE, 0), 0);
    assert_false(warns(make(16, 64, 64, 1)));
    int count = make(1, 4, 16, 4);
    request(count, 4);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 0);
    assert_int_equal(problems(make(1, 3, 16, 5), NN_LAUNCHER_MPIRUN, 0), 0); /* one core is left */
    assert_int_equal(idle_threads, 0);
}

static void test_one_core_each(void **state) {
    (void)state;
    assert_int_equal(problems(make(1, 2, 16, 1), NN_LAUNCHER_MPIRUN, 0), 1);
    says("! node1: each of 2 ranks is bound to 1 of 16 cores, and 14 are idle");
    says("-> mpirun --bind-to core --map-by slot:PE=8\n");
    assert_int_equal(idle_threads, 8);
    assert_true(warns(make(1, 2, 16, 1)));
    says("on node1 each rank is bound to 1 of 16 cores, and 14 are idle: `nnmpi doctor`");
    request(make(1, 2, 16, 1), 1); /* one thread is wanted */
    assert_false(warns(2));
    assert_int_equal(problems(make(1, 2, 16, 1), NN_LAUNCHER_MPIEXEC, 0), 1);
    says("-> mpiexec -bind-to core:8\n");
    assert_int_equal(problems(make(3, 2, 16, 1), NN_LAUNCHER_MPIRUN, 0), 1);
    says("! node1 (and 2 more): ");
    says("--map-by ppr:2:node:PE=8\n");
    assert_int_equal(problems(make(1, 1, 4, 1), NN_LAUNCHER_NONE, 0), 1);
    says("taskset -c 0-3 nnmpi");
}

static void test_slurm(void **state) {
    (void)state;
    int count = make(2, 4, 32, 1);
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 8), 1);
    says("-> srun --cpus-per-task=8 --cpu-bind=cores");
    says("export SRUN_CPUS_PER_TASK=");
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    assert_null(strstr(text.bytes, "SRUN_CPUS_PER_TASK"));
    for (int r = 0; r < count; r++) places[r].job_cores = 4; /* the other cores are not the job's */
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 0);
    for (int r = 0; r < count; r++) places[r].job_cores = 8;
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    says("srun --cpus-per-task=2 --cpu-bind=cores\n");
    for (int r = 0; r < count; r++) places[r].core_threads = 2;
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    says("srun --cpus-per-task=2 --cpu-bind=cores --hint=nomultithread\n");
}

static void test_crowded(void **state) {
    (void)state;
    int count = make(1, 4, 2, 0); /* more ranks than cores */
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("! node1: 4 ranks run 4 threads on 2 cores (0,1), where they take turns\n");
    says("-> mpirun -np 2;");
    says("--oversubscribe");
    assert_int_equal(idle_threads, 0);
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    says("-> srun -n 2;");
    assert_true(warns(count));
    says("on node1 4 threads of 4 ranks have 2 cores: `nnmpi doctor`");
    count = make(2, 4, 8, 2); /* OMP_NUM_THREADS */
    request(count, 8);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("4 ranks run 32 threads on 8 cores (0-7), where they take turns; OMP_NUM_THREADS is 8");
    says("-> export OMP_NUM_THREADS=2, or leave it unset\n");
    count = make(1, 2, 8, 1); /* bound to one core each, and 4 threads: two things to mend */
    request(count, 4);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("-> mpirun --bind-to core --map-by slot:PE=4\n");
    for (int r = 0; r < count; r++) places[r].core_threads = 2;
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("(a core's 2 hardware threads share what multiplies, and count once)");
    request(count, 5);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("slot:PE=4; and export OMP_NUM_THREADS=4");
    count = make(1, 3, 8, 1);
    for (int r = 0; r < count; r++) places[r].cores = range(5, 5); /* all on the same core */
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("3 ranks run 3 threads on 1 core (5)");
    says("slot:PE=2");
}

static void test_loose(void **state) {
    (void)state;
    int count = make(1, 4, 16, 0);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("4 ranks run 16 threads and share 16 cores (0-15): enough");
    says("slot:PE=4");
    assert_false(warns(count));
    count = make(1, 2, 6, 3); /* partly the same cores */
    places[1].cores = range(2, 5);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("share 6 cores (0-5)");
}

static void test_threads_that_do_not_fit(void **state) {
    (void)state;
    int count = make(1, 2, 8, 4);
    request(count, 1);
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("OMP_NUM_THREADS=1, but each rank has 4 cores to itself");
    says("-> export OMP_NUM_THREADS=4, or leave it unset");
    assert_int_equal(idle_threads, 4);
    count = make(1, 2, 8, 4); /* one rank of two has too few cores */
    places[1].cores = range(4, 4);
    places[1].requested = places[1].threads = 2;
    places[0].threads = 2;
    assert_true(problems(count, NN_LAUNCHER_MPIRUN, 0) >= 1);
    says("rank 1 runs 2 threads on 1 core (4)");
}

static void test_quota(void **state) {
    (void)state;
    int count = make(1, 2, 8, 4);
    for (int r = 0; r < count; r++) places[r].quota = (nn_quota){1.5, 9};
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 1);
    says("has the time of 1.5 cores, though it sees 8");
    for (int r = 0; r < count; r++) places[r].quota = (nn_quota){4, (uint64_t)r};
    assert_int_equal(problems(count, NN_LAUNCHER_MPIRUN, 0), 0); /* 4 for each rank */
}

static void test_unequal(void **state) {
    (void)state;
    int count = make(2, 1, 64, 0);
    places[0].cores = places[0].reachable = range(0, 15);
    places[0].threads = places[0].share = 16;
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    says("! node2: ranks have 64 threads here, but 16 on node1");
    says("-> use equal nodes: this one has 64 cores, node1 has 16");
    count = make(1, 2, 8, 4);
    places[1].threads = places[1].share = 2;
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 1);
    says("some ranks have 4 threads, others 2");
}

/* ---- the table ---- */

static void test_few_ranks(void **state) {
    (void)state;
    const char *told = table(make(2, 2, 8, 4));
    assert_int_equal(lines(told), 5);
    says("  3           node2                    4-7                    4\n");
}

/* 1,024 ranks on a screen, whatever the order in which they were dealt out. */
static void test_many_ranks(void **state) {
    (void)state;
    int count = make(16, 64, 64, 1);
    assert_int_equal(lines(table(count)), 2);
    says("0-1023");
    says("node1 + 15 alike");
    says("0-63, 1 each");
    for (int r = 5 * 64; r < 6 * 64; r++) places[r].threads = 2; /* one node differs */
    assert_int_equal(lines(table(count)), 3);
    says("0-319,384-1023 ");
    says("320-383 ");
    for (int r = 0; r < count; r++) { /* rank by rank to the nodes */
        places[r] = (nn_place){.node = r % 16, .node_ranks = 64, .threads = 1, .share = 1};
        snprintf(places[r].host, sizeof places[r].host, "node%d", 1 + r % 16);
        places[r].reachable = range(0, 63);
        places[r].cores = range(r / 16, r / 16);
        if (r % 16 == 3) places[r].threads = 2;
    }
    assert_int_equal(lines(table(count)), 3);
    says("3,19,35,51,... ");
    assert_int_equal(problems(count, NN_LAUNCHER_SRUN, 0), 2); /* crowded, and unequal */
    says("! node4: 64 ranks run 128 threads on 64 cores (0-63)");
}

/* Hosts are told apart by what they share, not by their names. */
static void test_names_of_one_host(void **state) {
    (void)state;
    int count = make(2, 5, 10, 2); /* containers with the same name are two nodes */
    for (int r = 0; r < count; r++) snprintf(places[r].host, sizeof places[r].host, "box");
    nn_layout layout;
    assert_ok(nn_layout_open(places, count, NN_LAUNCHER_NONE, 0, &layout));
    assert_int_equal(layout.node_count, 2);
    assert_int_equal(layout.nodes[1].first, 5);
    assert_int_equal(layout.nodes[1].ranks, 5);
    assert_int_equal(layout.nodes[1].threads, 10);
    assert_false(layout.nodes[1].overlap);
    nn_layout_close(&layout);
}

static int release(void **state) {
    (void)state;
    nn_text_free(&text);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_wrong),
        cmocka_unit_test(test_one_core_each),
        cmocka_unit_test(test_slurm),
        cmocka_unit_test(test_crowded),
        cmocka_unit_test(test_loose),
        cmocka_unit_test(test_threads_that_do_not_fit),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_unequal),
        cmocka_unit_test(test_few_ranks),
        cmocka_unit_test(test_many_ranks),
        cmocka_unit_test(test_names_of_one_host),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, release);
}
