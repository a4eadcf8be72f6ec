/* test_lock.c: the lock of a run's folder: who is taken to have left it, and taking it twice.
 * A process has fcntl locks against others alone, so that the other is a child. */
#include "train/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static nn_lock_owner owner(const char *host, const char *job, const char *restart) {
    nn_lock_owner self = {.process = 7};
    snprintf(self.host, sizeof self.host, "%s", host);
    snprintf(self.job, sizeof self.job, "%s", job);
    snprintf(self.restart, sizeof self.restart, "%s", restart);
    return self;
}

static void judges(void **state) {
    (void)state;
    const nn_lock_owner here = owner("n1", "", ""), there = owner("n2", "", "");
    const nn_lock_owner first = owner("n1", "77", ""), again = owner("n2", "77", "1");
    const nn_lock_owner beside = owner("n2", "77", ""), other = owner("n2", "78", "1");
    const nn_lock_owner nobody = owner("", "", "");
    /* all see the locks: it could be had, so nobody has it */
    assert_true(nn_lock_is_left(&there, &here, NN_LOCKS_OF_ALL, true));
    assert_true(nn_lock_is_left(&nobody, &here, NN_LOCKS_OF_ALL, false));
    /* this host alone */
    assert_true(nn_lock_is_left(&here, &here, NN_LOCKS_OF_HOST, true));
    assert_false(nn_lock_is_left(&there, &here, NN_LOCKS_OF_HOST, false));
    assert_false(nn_lock_is_left(&nobody, &here, NN_LOCKS_OF_HOST, false));
    /* none: the process tells */
    assert_true(nn_lock_is_left(&here, &here, NN_LOCKS_NONE, false));
    assert_false(nn_lock_is_left(&here, &here, NN_LOCKS_NONE, true));
    assert_false(nn_lock_is_left(&there, &here, NN_LOCKS_NONE, false));
    /* a job that was queued again has ended before; another step of it or another job may run */
    assert_true(nn_lock_is_left(&first, &again, NN_LOCKS_OF_HOST, false));
    assert_true(nn_lock_is_left(&first, &again, NN_LOCKS_NONE, false));
    assert_false(nn_lock_is_left(&first, &beside, NN_LOCKS_OF_HOST, false));
    assert_false(nn_lock_is_left(&first, &other, NN_LOCKS_NONE, false));
}

/* The status of taking the lock, in another process, and whether it was said to have been left. */
static int take_elsewhere(const char *folder, int *was_left) {
    int code;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        nn_lock lock = {0};
        char *note = NULL;
        nn_status status = nn_lock_take(folder, &lock, &note);
        if (status != NN_OK && !strstr(nn_message(), "in use by another run: process")) _exit(1);
        _exit(status + (note ? 100 : 0)); /* as if killed: not released */
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    *was_left = WEXITSTATUS(code) >= 100;
    return WEXITSTATUS(code) % 100;
}

static void takes(void **state) {
    (void)state;
    char folder[] = "lock.XXXXXX", path[64], *note = NULL;
    nn_lock lock = {0};
    int was_left;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lock", folder);
    assert_int_equal(nn_lock_take(folder, &lock, &note), NN_OK);
    assert_null(note);
    assert_int_equal(take_elsewhere(folder, &was_left), NN_CANT_CREATE);
    nn_lock_release(&lock);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(take_elsewhere(folder, &was_left), NN_OK);
    assert_false(was_left);
    assert_int_equal(take_elsewhere(folder, &was_left), NN_OK);
    assert_true(was_left);
    assert_int_equal(nn_lock_take(folder, &lock, &note), NN_OK);
    assert_non_null(strstr(note, "it is taken over"));
    free(note);
    nn_lock_release(&lock);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(nn_lock_take(folder, &lock, &note), NN_CANT_CREATE);
    nn_lock_release(&lock);
}

/* Another run takes it over, or its file goes: that is seen, and what is there then stays. */
static void is_lost(void **state) {
    (void)state;
    char folder[] = "lost.XXXXXX", path[64], *note = NULL;
    nn_lock lock = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lock", folder);
    assert_int_equal(nn_lock_take(folder, &lock, &note), NN_OK);
    assert_int_equal(nn_lock_check(&lock), NN_OK);
    const int file = open(path, O_WRONLY | O_TRUNC); /* closed later: it would give the lock back */
    static const char other[] = "host n2\nprocess 7\nbegun 9\njob 77\nrestart 1\n";
    assert_int_equal(write(file, other, strlen(other)), strlen(other));
    assert_int_equal(nn_lock_check(&lock), NN_CANT_CREATE);
    assert_non_null(strstr(nn_message(), "was taken over by process 7 on n2, Slurm job 77"));
    close(file);
    nn_lock_release(&lock);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(nn_lock_take(folder, &lock, &note), NN_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(nn_lock_check(&lock), NN_CANT_CREATE);
    assert_non_null(strstr(nn_message(), "removed or replaced"));
    nn_lock_release(&lock);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(judges), cmocka_unit_test(takes),
                                       cmocka_unit_test(is_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
