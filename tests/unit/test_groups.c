/* test_groups.c: which ranks make a group, on equal and unequal nodes. */
#include "check.h"

#include "comm/groups.h"

enum { MOST = 64 };

/* The groups of ranks as digits. */
static const char *cut(const char *nodes, int groups, int each) {
    static char text[MOST + 1];
    int node[MOST] = {0}, order[MOST] = {0}, group[MOST] = {0};
    const int size = (int)strlen(nodes);
    for (int i = 0; i < size; i++) node[i] = nodes[i];
    nn_groups_cut(node, size, groups, each, order, group);
    for (int i = 0; i < size; i++) text[i] = (char)('0' + group[i]);
    text[size] = '\0';
    return text;
}

static void one_node_is_cut_evenly(void **state) {
    (void)state;
    assert_string_equal(cut("aaaa", 1, 0), "0000");
    assert_string_equal(cut("aaaa", 2, 0), "0011");
    assert_string_equal(cut("aaaa", 3, 0), "0012");
    assert_string_equal(cut("aaaa", 4, 0), "0123");
    assert_string_equal(cut("aaaaaaaa", 3, 0), "00011122");
}

static void groups_stay_on_their_node(void **state) {
    (void)state;
    assert_string_equal(cut("aaabbb", 2, 0), "000111");
    assert_string_equal(cut("aaabbb", 3, 0), "001222");
    assert_string_equal(cut("aaabbb", 4, 0), "001223");
    assert_string_equal(cut("ababab", 2, 0), "010101"); /* ranks in turn on the nodes */
    assert_string_equal(cut("aaaaab", 3, 0), "000112");
    assert_string_equal(cut("abbbbb", 2, 0), "011111");
}

static void fewer_groups_than_nodes_have_whole_nodes(void **state) {
    (void)state;
    assert_string_equal(cut("aabbccdd", 2, 0), "00001111");
    assert_string_equal(cut("aabbcc", 2, 0), "000011");
    assert_string_equal(cut("aabbcc", 1, 0), "000000");
}

static void a_number_of_ranks_is_kept(void **state) {
    (void)state;
    assert_string_equal(cut("aaaabbbb", 9, 2), "00112233");
    assert_string_equal(cut("abababab", 9, 4), "01010101");
    assert_string_equal(cut("aaabbb", 9, 2), "001122");
}

/* Whatever the nodes: all groups have ranks, and none of several has a part of a node. */
static void every_group_has_ranks(void **state) {
    (void)state;
    const char *const all[] = {"a", "ab", "aab", "abb", "aaaabbc", "abcabca", "aaaaaaabccccdd", "aabbbbbbbbbb"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const int size = (int)strlen(all[i]);
        for (int groups = 1; groups <= size; groups++) {
            const char *of = cut(all[i], groups, 0);
            int ranks[MOST] = {0};
            for (int r = 0; r < size; r++) {
                assert_in_range(of[r], '0', '0' + groups - 1);
                ranks[of[r] - '0']++;
            }
            for (int g = 0; g < groups; g++) assert_true(ranks[g] > 0);
            for (int r = 0; r < size; r++)
                for (int s = 0; s < size; s++) {
                    if (of[r] != of[s] || all[i][r] == all[i][s]) continue;
                    for (int t = 0; t < size; t++)
                        if (all[i][t] == all[i][r]) assert_int_equal(of[t], of[r]);
                }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node_is_cut_evenly),
        cmocka_unit_test(groups_stay_on_their_node),
        cmocka_unit_test(fewer_groups_than_nodes_have_whole_nodes),
        cmocka_unit_test(a_number_of_ranks_is_kept),
        cmocka_unit_test(every_group_has_ranks),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
