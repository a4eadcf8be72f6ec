/* test_comm.c: what the ranks must keep among themselves: a failure anywhere is the same failure
 * everywhere, within seconds; sums are exact where they can be, and the same bits on all ranks and
 * from run to run; memory of a node is shared. */
#include "ranks.h"

#include "comm/comm_mpi.h"

#include <unistd.h>

/* ---- agreement ---- */

static const nn_status CODES[] = {NN_BAD_DATA, NN_IO, NN_INTERNAL, NN_NO_INPUT};

/* What a rank that fails says. */
static nn_status failure_of(int k) {
    return nn_fail(CODES[k % 4], "the disk of number %d is full (100 %%)", k);
}

static void test_each_rank_failing_alone(void **state) {
    (void)state;
    double begin = seconds();
    for (int k = 0; k < size; k++) {
        char part[64];
        nn_status status = nn_comm_agree(comm, rank == k ? failure_of(k) : NN_OK);
        snprintf(part, sizeof part, "the disk of number %d is full (100 %%)", k);
        assert_agreed(status, CODES[k % 4], k, part);
        status = nn_comm_agree(comm, status); /* again: the message stays as it is */
        char message[NN_MESSAGE_MAX];
        snprintf(message, sizeof message, "%s", nn_message());
        assert_agreed(status, CODES[k % 4], k, part);
        assert_ptr_equal(strstr(message, "rank "), size > 1 ? message : NULL);
        if (size > 1) assert_null(strstr(message + 5, "rank "));
        assert_int_equal(nn_comm_agree(comm, NN_OK), NN_OK);
    }
    assert_true(seconds() - begin < 10);
}

static void test_pairs_and_all(void **state) {
    (void)state;
    for (int a = 0; a < size; a++) {
        for (int b = a + 1; b < size; b++) {
            char part[64];
            bool fails = rank == a || rank == b;
            nn_status status = nn_comm_agree(comm, fails ? failure_of(rank) : NN_OK);
            snprintf(part, sizeof part, "number %d is", a);
            assert_agreed(status, CODES[a % 4], a, part);
        }
    }
    assert_agreed(nn_comm_agree(comm, failure_of(rank)), CODES[0], 0, "number 0 is");
    assert_int_equal(nn_comm_agree(comm, NN_OK), NN_OK);
}

/* A message of the greatest length, which the rank in front of it must not push out of its buffer.
 */
static void test_long_message(void **state) {
    (void)state;
    char text[2 * NN_MESSAGE_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    nn_status status = nn_comm_agree(comm, rank == size - 1 ? nn_fail(NN_IO, "%s", text) : NN_OK);
    assert_agreed(status, NN_IO, size - 1, "xxxxxxxx");
}

/* ---- sums ---- */

static void test_sums_of_integers(void **state) {
    (void)state;
    static const int64_t counts[] = {0, 1, 7, 1000, 300001};
    for (int i = 0; i < 5; i++) {
        const int64_t count = counts[i];
        float *floats = calloc((size_t)count + 1, sizeof *floats);
        double *doubles = calloc((size_t)count + 1, sizeof *doubles);
        assert_true(floats && doubles);
        for (int64_t k = 0; k <= count; k++) {
            floats[k] = (float)(k % 1000 + rank);
            doubles[k] = (double)(k * 1000003 + rank);
        }
        nn_comm_sum_float(comm, floats, count);
        nn_comm_sum_double(comm, doubles, count);
        const int ranks = size * (size - 1) / 2;
        for (int64_t k = 0; k < count; k++) {
            assert_true(floats[k] == (float)(size * (k % 1000) + ranks));
            assert_true(doubles[k] == (double)(size * (k * 1000003) + ranks));
        }
        assert_true(floats[count] == (float)(count % 1000 + rank)); /* what lies behind is left */
        free(floats);
        free(doubles);
    }
}

static void test_sums_are_reproducible(void **state) {
    (void)state;
    enum { COUNT = 100003 };
    static float first[COUNT], floats[COUNT];
    static double first_doubles[COUNT], doubles[COUNT];
    for (int turn = 0; turn < 5; turn++) {
        for (int k = 0; k < COUNT; k++) {
            floats[k] = sinf((float)(k * 13 + rank * 7)) * expf((float)(k % 37) - 18);
            doubles[k] = (double)floats[k] / 3;
        }
        nn_comm_sum_float(comm, floats, COUNT);
        nn_comm_sum_double(comm, doubles, COUNT);
        if (turn == 0) memcpy(first, floats, sizeof first);
        if (turn == 0) memcpy(first_doubles, doubles, sizeof doubles);
        assert_memory_equal(first, floats, sizeof first);
        assert_memory_equal(first_doubles, doubles, sizeof doubles);
    }
    assert_same_on_all(floats, sizeof floats);
    assert_same_on_all(doubles, sizeof doubles);
}

/* ---- texts and bytes ---- */

static void test_broadcast(void **state) {
    (void)state;
    enum { MANY = 123457 };
    static char data[MANY];
    for (int64_t bytes = 0; bytes <= MANY; bytes = bytes * 11 + 1) {
        memset(data, rank == 0 ? 'a' : 'z', sizeof data);
        nn_comm_broadcast(comm, data, bytes);
        for (int64_t i = 0; i < bytes; i++) assert_int_equal(data[i], 'a');
        assert_int_equal(data[bytes], rank == 0 ? 'a' : 'z');
    }
}

static void test_broadcast_text(void **state) {
    (void)state;
    enum { MANY = 100000 };
    static char nothing[1], run_file[] = "model:\n  - {layer: Dense}\n", large[MANY];
    char *texts[] = {nothing, run_file, large};
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < 3; i++) {
        char *text = rank == 0 ? texts[i] : NULL;
        assert_ok(nn_comm_broadcast_text(comm, &text));
        assert_string_equal(text, texts[i]);
        if (rank == 0) assert_ptr_equal(text, texts[i]);
        if (rank != 0) free(text);
    }
}

static void test_check_same(void **state) {
    (void)state;
    assert_ok(nn_comm_check_same(comm, "the seed", "42"));
    for (int k = 1; k < size; k++) {
        nn_status status = nn_comm_check_same(comm, "the seed", rank == k ? "43" : "42");
        assert_agreed(status, NN_BAD_CONFIG, k, "the seed");
        assert_non_null(strstr(nn_message(), "'43' here, '42' there"));
    }
    if (size > 1) /* rank 0 is what the others are compared with */
        assert_agreed(nn_comm_check_same(comm, "the seed", rank == 0 ? "42" : "longer than that"),
                      NN_BAD_CONFIG, 1, "longer than that");
    assert_ok(nn_comm_check_same(comm, "the seed", ""));
}

static void test_gather_and_ring(void **state) {
    (void)state;
    int64_t mine[2] = {rank, 100 * rank}, all[64] = {0};
    assert_true(size <= 32);
    nn_comm_gather(comm, mine, sizeof mine, all);
    for (int r = 0; rank == 0 && r < size; r++)
        assert_true(all[2 * r] == r && all[2 * r + 1] == 100 * r);
    enum { MANY = 100000 };
    static int32_t data[MANY];
    for (int64_t count = 0; count <= MANY; count = count * 50 + 1) { /* once around the ring */
        for (int64_t i = 0; i < count; i++) data[i] = rank == 0 ? (int32_t)i : -1;
        if (size == 1) break;
        if (rank > 0) nn_comm_receive(comm, data, count * (int64_t)sizeof *data, rank - 1);
        for (int64_t i = 0; i < count; i++) data[i]++;
        nn_comm_send(comm, data, count * (int64_t)sizeof *data, (rank + 1) % size);
        if (rank == 0) nn_comm_receive(comm, data, count * (int64_t)sizeof *data, size - 1);
        for (int64_t i = 0; rank == 0 && i < count; i++) assert_int_equal(data[i], i + size);
    }
}

/* Each to the next and from the one before, in different numbers, some of them none; and alone. */
static void test_exchange(void **state) {
    (void)state;
    static float out[3000], in[3000];
    const int to = (rank + 1) % size, from = (rank + size - 1) % size;
    for (int64_t count = 0; count < 2900; count += 89) {
        const int64_t sends = rank % 3 == 1 ? 0 : count + rank;
        const int64_t receives = from % 3 == 1 ? 0 : count + from;
        for (int64_t i = 0; i < sends; i++) out[i] = (float)(i + 10000 * rank);
        for (int64_t i = 0; i < 3000; i++) in[i] = -1;
        nn_comm_exchange(comm, sends ? out : NULL, sends * (int64_t)sizeof *out, to,
                         receives ? in : NULL, receives * (int64_t)sizeof *in, from);
        for (int64_t i = 0; i < 3000; i++)
            assert_true(in[i] == (i < receives ? (float)(i + 10000 * from) : -1));
    }
}

/* Several sums at a time, each started by all ranks, looked after now and then. */
static void test_sums_under_way(void **state) {
    (void)state;
    enum { SUMS = 5, COUNT = 70000 };
    static float from[SUMS][COUNT], to[SUMS][COUNT];
    nn_sums_under_way *sums;
    assert_ok(nn_sums_under_way_create(comm, SUMS, &sums));
    nn_comm_progress_sums(sums);
    nn_comm_finish_sums(sums);
    for (int turn = 0; turn < 3; turn++) {
        for (int s = 0; s < SUMS; s++) {
            for (int i = 0; i < COUNT; i++) from[s][i] = (float)(rank + s + i % 100 + turn);
            nn_comm_start_sum(sums, from[s], to[s], s == 2 ? 1 : COUNT);
            if ((s + rank) % 2) nn_comm_progress_sums(sums);
        }
        nn_comm_finish_sums(sums);
        for (int s = 0; s < SUMS; s++)
            for (int i = 0; i < (s == 2 ? 1 : COUNT); i++)
                assert_true(to[s][i] == (float)(size * (size - 1) / 2 + size * (s + i % 100 + turn)));
    }
    nn_sums_under_way_destroy(&sums);
}

static void test_most(void **state) {
    (void)state;
    assert_int_equal(nn_comm_max(comm, rank == size / 2 ? 7 : -rank), 7);
    assert_int_equal(nn_comm_max(comm, -5 - rank), -5);
    nn_comm_wait_for_all(comm);
}

static void test_is_same(void **state) {
    (void)state;
    static const uint64_t numbers[] = {0, 1, UINT64_MAX, 0x8000000000000000u, 0x123456789ABCDEFu};
    for (int i = 0; i < 5; i++) {
        assert_true(nn_comm_is_same(comm, numbers[i]));
        for (int k = 0; k < size; k++)
            assert_int_equal(nn_comm_is_same(comm, numbers[i] ^ (uint64_t)(rank == k)), size == 1);
    }
}

/* ---- the node ---- */

/* The ranks of this test share a node. */
static void test_nodes(void **state) {
    (void)state;
    assert_int_equal(nn_comm_nodes(comm), 1);
    assert_int_equal(nn_comm_node_size(comm), size);
    assert_int_equal(nn_comm_node_rank(comm), rank);
    assert_int_equal(nn_comm_node_least(comm), size);
    float number = (float)rank;
    nn_comm *across = nn_comm_across(comm);
    assert_int_equal(nn_comm_size(across), 1);
    nn_comm_sum_float(across, &number, 1);
    assert_true(number == (float)rank);
}

/* ---- parts of the world ---- */

/* Every other rank, and one rank each: messages, agreement and memory stay within the part. */
static void test_split(void **state) {
    (void)state;
    for (int parts = 1; parts <= size; parts++) {
        nn_comm *part;
        assert_ok(nn_comm_split(comm, rank % parts, &part));
        const int expected = (size - rank % parts + parts - 1) / parts;
        assert_int_equal(nn_comm_size(part), expected);
        assert_int_equal(nn_comm_rank(part), rank / parts);
        assert_int_equal(nn_comm_node_size(part), expected);
        assert_int_equal(nn_comm_max(part, rank % parts), rank % parts);
        assert_int_equal(nn_comm_sum_u64(part, 1), expected);
        const bool fails = rank % parts == parts - 1 && nn_comm_rank(part) == 0;
        nn_status status = nn_comm_agree(part, fails ? failure_of(1) : NN_OK);
        assert_int_equal(status, rank % parts == parts - 1 ? CODES[1] : NN_OK);
        nn_shared *shared;
        assert_ok(nn_shared_create(part, 0, sizeof(int), &shared));
        if (nn_comm_rank(part) == 0) *(int *)nn_shared_data(shared) = rank % parts;
        nn_shared_sync(shared);
        assert_int_equal(*(int *)nn_shared_data(shared), rank % parts);
        nn_shared_destroy(&shared);
        nn_comm_release(&part);
        assert_null(part);
    }
    nn_comm_release(&(nn_comm *){NULL});
}

/* A caller's communicator, in another order than the world's, whose messages do not meet ours. */
static void test_of_a_caller(void **state) {
    (void)state;
    MPI_Comm theirs;
    nn_comm *ours;
    int32_t sent = rank, got = -1;
    MPI_Request request;
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &theirs);
    MPI_Irecv(&got, 1, MPI_INT32_T, MPI_ANY_SOURCE, MPI_ANY_TAG, theirs, &request);
    assert_ok(nn_comm_of(theirs, &ours));
    assert_int_equal(nn_comm_size(ours), size);
    assert_int_equal(nn_comm_rank(ours), size - 1 - rank);
    int32_t next = -1;
    const int here = nn_comm_rank(ours);
    nn_comm_exchange(ours, &sent, sizeof sent, (here + 1) % size, &next, sizeof next, (here + size - 1) % size);
    assert_int_equal(next, (rank + 1) % size);
    assert_int_equal(got, -1);
    nn_comm_release(&ours);
    MPI_Send(&sent, 1, MPI_INT32_T, here, 0, theirs);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    assert_int_equal(got, rank);
    MPI_Comm_free(&theirs);
}

static void test_threads(void **state) {
    (void)state;
    assert_int_equal(nn_comm_threads(comm, 3), 3);
    int threads = nn_comm_threads(comm, 0);
    assert_true(threads >= 1);
    double all = threads;
    nn_comm_sum_double(comm, &all, 1);
    assert_true(all <= fmax(size, (double)sysconf(_SC_NPROCESSORS_ONLN)));
    assert_true(nn_comm_launched() == size || nn_comm_launched() == 1);
    assert_true(nn_comm_host(comm)[0] != '\0');
}

static void test_shared_memory(void **state) {
    (void)state;
    for (int64_t count = 1; count < 3000000; count = count * 40 + 1) {
        nn_shared *shared;
        int node_size, node_rank;
        assert_ok(nn_shared_create(comm, 0, count * (int64_t)sizeof(int32_t), &shared));
        node_rank = nn_shared_rank(shared, &node_size);
        assert_int_equal(node_size, size); /* the test runs on one node */
        assert_int_equal(node_rank, rank);
        int32_t *data = nn_shared_data(shared);
        assert_non_null(data);
        assert_true((uintptr_t)data % sizeof(double) == 0);
        for (int writer = 0; writer < size; writer++) { /* one writes, all see it */
            for (int64_t i = 0; rank == writer && i < count; i++) data[i] = (int32_t)i * 3 + writer;
            nn_shared_sync(shared);
            for (int64_t i = 0; i < count; i++) assert_true(data[i] == (int32_t)i * 3 + writer);
            nn_shared_sync(shared);
        }
        for (int64_t i = rank; i < count; i += size) data[i] = -(int32_t)i; /* all write */
        nn_shared_sync(shared);
        for (int64_t i = 0; i < count; i++) assert_true(data[i] == -(int32_t)i);
        nn_shared_destroy(&shared);
        assert_null(shared);
    }
    nn_shared *none = NULL;
    nn_shared_destroy(&none);
}

static void test_shared_memory_again_and_again(void **state) {
    (void)state;
    for (int turn = 0; turn < 100; turn++) {
        nn_shared *shared;
        assert_ok(nn_shared_create(comm, 0, 4096, &shared));
        ((char *)nn_shared_data(shared))[rank] = 'x';
        nn_shared_destroy(&shared);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rank_failing_alone),
        cmocka_unit_test(test_pairs_and_all),
        cmocka_unit_test(test_long_message),
        cmocka_unit_test(test_sums_of_integers),
        cmocka_unit_test(test_sums_are_reproducible),
        cmocka_unit_test(test_broadcast),
        cmocka_unit_test(test_broadcast_text),
        cmocka_unit_test(test_check_same),
        cmocka_unit_test(test_gather_and_ring),
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_sums_under_way),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_is_same),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_of_a_caller),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_shared_memory),
        cmocka_unit_test(test_shared_memory_again_and_again),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("comm", tests, NULL, NULL));
}
