/* test_exchange_decide.c: which way of exchanging gradients the times of a trial speak for. */
#include "check.h"

#include "train/exchange_private.h"

#include <math.h>

static void test_one_node(void **state) {
    (void)state;
    assert_int_equal(nn_exchange_decide(1, 1, INFINITY, 1), NN_COMMUNICATION_NODE);
    assert_int_equal(nn_exchange_decide(1, 3, INFINITY, 1), NN_COMMUNICATION_NODE);
    assert_int_equal(nn_exchange_decide(1, 5, INFINITY, 1), NN_COMMUNICATION_ALLREDUCE);
    assert_int_equal(nn_exchange_decide(1, INFINITY, INFINITY, 1), NN_COMMUNICATION_ALLREDUCE);
    /* overlap says nothing there, whatever was measured */
    assert_int_equal(nn_exchange_decide(1, 1, 0, 1), NN_COMMUNICATION_NODE);
}

static void test_several_nodes(void **state) {
    (void)state;
    assert_int_equal(nn_exchange_decide(2, 1, 1, 1), NN_COMMUNICATION_NODE);
    assert_int_equal(nn_exchange_decide(2, 1, 0.4, 1), NN_COMMUNICATION_OVERLAP);
    assert_int_equal(nn_exchange_decide(2, 0.7, 0.4, 1), NN_COMMUNICATION_NODE);
    assert_int_equal(nn_exchange_decide(2, 3, 1, 1), NN_COMMUNICATION_ALLREDUCE);
    assert_int_equal(nn_exchange_decide(2, INFINITY, 0.6, 1), NN_COMMUNICATION_ALLREDUCE);
    assert_int_equal(nn_exchange_decide(2, INFINITY, 0.4, 1), NN_COMMUNICATION_OVERLAP);
    assert_int_equal(nn_exchange_decide(2, INFINITY, INFINITY, 1), NN_COMMUNICATION_ALLREDUCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_node),
        cmocka_unit_test(test_several_nodes),
    };
    return cmocka_run_group_tests_name("exchange_decide", tests, NULL, NULL);
}
