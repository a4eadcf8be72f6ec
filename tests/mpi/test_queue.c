/* test_queue.c: items that ranks take when they are free: each once, by whoever comes; and the word to
 * stop. */
#include "ranks.h"

#include "comm/queue.h"
#include "comm/watchdog.h"

#include <stdatomic.h>

enum { ITEMS = 60 };

/* What rank 0 hears. */
typedef struct {
    int taken[ITEMS], consulted[ITEMS], ended[ITEMS];
} heard;

static void hear_taken(void *context, int64_t item) {
    ((heard *)context)->taken[item]++;
}

static int64_t answer(void *context, int64_t item) {
    heard *all = context;
    assert_true(all->taken[item] == 1 && all->ended[item] == 0);
    all->consulted[item]++;
    return 5 * item + 1;
}

static void hear_ended(void *context, int64_t item, int64_t result) {
    assert_int_equal(result, 7 * item);
    ((heard *)context)->ended[item]++;
}

static nn_queue *open(heard *all, int64_t count) {
    const nn_queue_observer observer = {all, hear_taken, answer, hear_ended};
    nn_queue *queue;
    *all = (heard){.taken = {0}};
    assert_ok(nn_queue_open(comm, count, &observer, &queue));
    return queue;
}

static void test_each_once(void **state) {
    (void)state;
    for (int64_t count = 0; count <= ITEMS; count += count < 4 ? 1 : ITEMS - 4) {
        heard all;
        nn_queue *queue = open(&all, count);
        uint64_t sum = 0, mine = 0;
        for (int64_t item; (item = nn_queue_take(queue)) >= 0;) {
            assert_in_range(item, 0, count - 1);
            sum += (uint64_t)item;
            mine++;
            nanosleep(&(struct timespec){0, 100000 * (rank + 1)}, NULL); /* some take longer */
            assert_false(nn_queue_poll(queue, false));
            nn_queue_end(queue, item, 7 * item);
        }
        assert_int_equal(nn_queue_take(queue), -1);
        nn_queue_close(&queue, NULL, NULL);
        assert_null(queue);
        assert_int_equal(nn_comm_sum_u64(comm, mine), count);
        assert_int_equal(nn_comm_sum_u64(comm, sum), count * (count - 1) / 2);
        for (int i = 0; rank == 0 && i < ITEMS; i++) {
            assert_int_equal(all.taken[i], i < count);
            assert_int_equal(all.ended[i], i < count);
        }
    }
}

/* Who asks about an item gets rank 0's answer about that one, also while all are to stop. */
static void test_consult(void **state) {
    (void)state;
    heard all;
    nn_queue *queue = open(&all, ITEMS);
    for (int64_t item; (item = nn_queue_take(queue)) >= 0;) {
        if (item == ITEMS / 2) nn_queue_poll(queue, true);
        if (item % 3 > 0) assert_int_equal(nn_queue_consult(queue, item), 5 * item + 1);
        nn_queue_end(queue, item, 7 * item);
    }
    nn_queue_close(&queue, NULL, NULL);
    for (int i = 0; rank == 0 && i < ITEMS; i++)
        assert_int_equal(all.consulted[i], all.taken[i] && i % 3 > 0);
}

/* The last rank wants to stop: all hear of it, wherever they are, and nobody gets an item afterwards. */
static void test_stop(void **state) {
    (void)state;
    heard all;
    nn_queue *queue = open(&all, ITEMS);
    if (rank == size - 1) assert_true(nn_queue_poll(queue, true));
    while (!nn_queue_poll(queue, rank == size - 1)) nanosleep(&(struct timespec){0, 1000000}, NULL);
    assert_int_equal(nn_queue_take(queue), -1);
    nn_queue_close(&queue, NULL, NULL);
    for (int i = 0; i < ITEMS; i++) assert_int_equal(all.taken[i], 0);
}

/* A rank that waits at the end may still want the others, which have something to do, to stop. */
static bool wants_stop(void *context) {
    (void)context;
    return rank == size - 1;
}

static void test_stop_while_waiting(void **state) {
    (void)state;
    heard all;
    nn_queue *queue = open(&all, 0);
    if (rank != size - 1)
        while (!nn_queue_poll(queue, false)) nanosleep(&(struct timespec){0, 1000000}, NULL);
    nn_queue_close(&queue, wants_stop, NULL);
}

/* Messages of other kinds do not meet those of the queue. */
static void test_beside_others(void **state) {
    (void)state;
    heard all;
    nn_queue *queue = open(&all, size);
    int sent = rank, got = -1;
    const int64_t item = nn_queue_take(queue);
    assert_true(item >= 0);
    while (rank == 0 && all.taken[size - 1] == 0) nn_queue_poll(queue, false);
    nn_queue_end(queue, item, 7 * item);
    nn_comm_exchange(comm, &sent, sizeof sent, (rank + 1) % size, &got, sizeof got,
                     (rank + size - 1) % size);
    assert_int_equal(got, (rank + size - 1) % size);
    nn_queue_close(&queue, NULL, NULL);
}

/* While rank 0 does something long, such as loading rows, the others get their items; its observer hears of
 * it afterwards, in the same order. */
static void test_while_busy(void **state) {
    (void)state;
    heard all;
    nn_shared *shared;
    nn_queue *queue = open(&all, ITEMS);
    assert_ok(nn_shared_create(comm, 0, sizeof(_Atomic int), &shared));
    _Atomic int *finished = nn_shared_data(shared);
    for (time_t begin = time(NULL); rank == 0 && atomic_load(finished) < size - 1;) {
        assert_true(time(NULL) - begin < 20);
        nn_watchdog_tick();
        for (int i = 0; i < ITEMS; i++) assert_int_equal(all.taken[i] + all.ended[i], 0);
    }
    for (int64_t i = 0; rank > 0 && i < ITEMS / 4; i++) {
        const int64_t item = nn_queue_take(queue);
        assert_true(item >= 0);
        nn_queue_end(queue, item, 7 * item);
    }
    if (rank > 0) atomic_fetch_add(finished, 1);
    const int64_t next = rank == 0 ? nn_queue_take(queue) : 0;
    if (rank == 0) assert_int_equal(next, ITEMS / 4 * (size - 1));
    nn_queue_close(&queue, NULL, NULL);
    for (int i = 0; rank == 0 && i < ITEMS; i++) {
        assert_int_equal(all.taken[i], i <= next);
        assert_int_equal(all.ended[i], i < next);
    }
    nn_shared_sync(shared);
    nn_shared_destroy(&shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_once),
        cmocka_unit_test(test_consult),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_while_waiting),
        cmocka_unit_test(test_beside_others),
        cmocka_unit_test(test_while_busy),
    };
    ranks_open();
    return ranks_close(cmocka_run_group_tests_name("queue", tests, NULL, NULL));
}
