/* tree.h: comparing trees of values, and making random ones. */
#ifndef NN_TESTS_UNIT_TREE_H
#define NN_TESTS_UNIT_TREE_H

#include "check.h"

#include "util/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/** Fails the test unless two trees hold the same values, keys and order. */
static inline void assert_same_tree(const nn_node *a, const nn_node *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(!a->key, !b->key);
    if (a->key) assert_string_equal(a->key, b->key);
    if (a->kind == NN_NODE_BOOL) assert_int_equal(a->boolean, b->boolean);
    if (a->kind == NN_NODE_INT) assert_true(a->integer == b->integer);
    if (a->kind == NN_NODE_REAL && isnan(a->real))
        assert_true(isnan(b->real));
    else if (a->kind == NN_NODE_REAL)
        assert_memory_equal(&a->real, &b->real, sizeof a->real);
    if (a->kind == NN_NODE_TEXT) assert_string_equal(a->text, b->text);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) assert_same_tree(a->items[i], b->items[i]);
}

/** Texts that are easily written wrong. */
static const char *const nasty_texts[] = {"",
                                          " ",
                                          "a",
                                          "null",
                                          "~",
                                          "Null",
                                          "true",
                                          "FALSE",
                                          "12",
                                          "-1",
                                          "1.5",
                                          "1e5",
                                          ".5",
                                          ".inf",
                                          "-.INF",
                                          ".nan",
                                          "+.inf",
                                          "0x10",
                                          "1_000",
                                          "yes",
                                          "- a",
                                          "-",
                                          "--- a",
                                          "...",
                                          "? b",
                                          "a: b",
                                          "a:b",
                                          "a #b",
                                          "#a",
                                          "a, b",
                                          "[x",
                                          "{y}",
                                          "]",
                                          "&anchor",
                                          "*alias",
                                          "!tag",
                                          "|",
                                          ">",
                                          "'quoted'",
                                          "\"dq\"",
                                          "it's",
                                          "%percent",
                                          "@at",
                                          "`tick",
                                          "a\nb",
                                          "a\n",
                                          "\nb",
                                          "a\n\n\nb",
                                          "tab\there",
                                          "trailing ",
                                          " leading",
                                          "back\\sl",
                                          "\\n",
                                          "\x01",
                                          "\x7f",
                                          "a\r\nb",
                                          "sch\xC3\xB6n",
                                          "\xE2\x82\xAC",
                                          "\xF0\x9F\x98\x80",
                                          "2024-01-01",
                                          "<<",
                                          "=",
                                          ":",
                                          "a:",
                                          ": a",
                                          "a - b",
                                          "1 2",
                                          "012",
                                          "1.",
                                          "\xEF\xBB\xBF",
                                          "\xC2\x85",
                                          "a\xE2\x80\xA8-",
                                          "99999999999999999999",
                                          "a  b",
                                          "/train/x",
                                          "C:\\dir",
                                          "x\n  y\nz"};
enum { NASTY_COUNT = sizeof nasty_texts / sizeof *nasty_texts };

static inline void add_random(nn_node *parent, int depth, unsigned *seed) {
    char key[32];
    size_t number = parent->count;
    nn_node *child;
    snprintf(key, sizeof key, "%s%zu", rand_r(seed) % 2 ? "key " : "", number);
    const char *name = parent->kind == NN_NODE_MAP ? key : NULL;
    switch (rand_r(seed) % (depth > 0 ? 8 : 5)) {
    case 0: assert_ok(nn_node_add_null(parent, name)); break;
    case 1: assert_ok(nn_node_add_bool(parent, name, rand_r(seed) % 2)); break;
    case 2: assert_ok(nn_node_add_int(parent, name, rand_r(seed) - RAND_MAX / 2)); break;
    case 3:
        assert_ok(
            nn_node_add_real(parent, name, ldexp(rand_r(seed) - 1e9, rand_r(seed) % 200 - 100)));
        break;
    case 4:
        assert_ok(nn_node_add_text(parent, name, nasty_texts[rand_r(seed) % NASTY_COUNT]));
        break;
    default:
        assert_ok(nn_node_add(parent, name, rand_r(seed) % 2 ? NN_NODE_MAP : NN_NODE_LIST, "here",
                              &child));
        child->flow = rand_r(seed) % 2;
        for (int i = rand_r(seed) % 5; i > 0; i--) add_random(child, depth - 1, seed);
    }
}

#endif
