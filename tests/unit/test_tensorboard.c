/* test_tensorboard.c: which event files a run's folder holds: a TensorBoard that is open goes from one to that
 * whose name is the next, so a new part of a run must have the greatest name, whatever the clock says. What
 * stands in them, TensorBoard itself checks (tests/curves). */
#include "scratch.h"

#include "io/publish.h"
#include "train/tensorboard.h"

#include <inttypes.h>
#include <time.h>

static const char TWO[] = "epoch,step,loss,val_loss,learning_rate,seconds,samples_per_second\n"
                          "1,10,0.5,0.6,0.1,1.0,100.0\n2,20,0.25,0.3,0.1,1.0,100.0\n";

/* The path of a part's folder, or of a file in it; the caller frees it. */
static char *path_of(const char *part, const char *name) {
    nn_text text = {0};
    char *path;
    nn_text_add(&text, "%s/%s%s%s", scratch("tensorboard"), part, name ? "/" : "", name ? name : "");
    assert_ok(nn_text_take(&text, &path));
    return path;
}

/* The names in the folder of a part, in order. */
static int64_t list(const char *part, char names[8][256]) {
    int64_t count = 0;
    char *path = path_of(part, NULL);
    DIR *entries = opendir(path);
    free(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] == '.') continue;
        assert_true(count < 8);
        snprintf(names[count++], 256, "%.255s", entry->d_name);
    }
    closedir(entries);
    qsort(names, (size_t)count, 256, (int (*)(const void *, const void *))strcmp);
    return count;
}

static void put(const char *part, const char *name) {
    char *folder = path_of(part, NULL), *path = path_of(part, name);
    assert_ok(nn_make_folder(folder));
    write_string(path, "events");
    free(folder);
    free(path);
}

static int64_t size_of(const char *part, const char *name) {
    char *path = path_of(part, name);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    free(path);
    return about.st_size;
}

/* A part of a run begins, and has one more epoch: of the files that there are then, this one must grow. */
static void train_one_more(int64_t files, int64_t ours) {
    nn_text history = {0};
    nn_tensorboard *curves = NULL;
    char names[8][256];
    nn_text_add(&history, "%s", TWO);
    assert_ok(nn_tensorboard_create(scratch("tensorboard"), &history, &curves));
    assert_int_equal(list("train", names), files);
    const int64_t before = size_of("train", names[ours]);
    nn_text_add(&history, "3,30,0.125,0.2,0.1,1.0,100.0\n");
    assert_ok(nn_tensorboard_append(curves, &history));
    assert_int_equal(list("train", names), files);
    assert_true(size_of("train", names[ours]) > before);
    nn_tensorboard_destroy(&curves);
    nn_text_free(&history);
}

static int64_t time_of(const char *name) {
    return strtoll(name + strlen("events.out.tfevents."), NULL, 10);
}

static void clear(void) {
    nn_tensorboard_remove(scratch("tensorboard"));
    assert_false(file_exists(scratch("tensorboard")));
}

static void parts_follow_each_other(void **state) {
    (void)state;
    char names[8][256], older[256];
    train_one_more(1, 0);
    for (int part = 0; part < 4; part++) { /* within a second */
        assert_int_equal(list("train", names), part ? 2 : 1);
        memcpy(older, names[part ? 1 : 0], sizeof older);
        train_one_more(2, 1);
        list("train", names);
        assert_string_equal(names[0], older); /* where an open TensorBoard stands */
    }
    assert_int_equal(list("validation", names), 2);
    clear();
}

static void the_clock_goes_back(void **state) {
    (void)state;
    char names[8][256], ahead[256];
    const int64_t later = (int64_t)time(NULL) + 3600;
    snprintf(ahead, sizeof ahead, "events.out.tfevents.%" PRId64 ".zz-another-host.nnmpi", later);
    put("train", ahead);
    train_one_more(2, 1);
    list("train", names);
    assert_string_equal(names[0], ahead);
    assert_int_equal(time_of(names[1]), later + 1);
    assert_int_equal(list("validation", names), 1);
    clear();
}

/* On a host whose name comes first. */
static void another_host_in_the_same_second(void **state) {
    (void)state;
    char names[8][256], other[256];
    const int64_t second = (int64_t)time(NULL);
    for (int ahead = 0; ahead < 3; ahead++) { /* whenever the second ends */
        snprintf(other, sizeof other, "events.out.tfevents.%" PRId64 ".~.nnmpi", second + ahead);
        put("train", other);
    }
    train_one_more(2, 1);
    list("train", names);
    assert_string_equal(names[0], other);
    clear();
}

/* What a kill has left of a file goes, and counts for nothing; files of others stay. */
static void leftovers_and_strangers(void **state) {
    (void)state;
    char names[8][256];
    const int64_t now = (int64_t)time(NULL);
    char partial[256];
    snprintf(partial, sizeof partial, "events.out.tfevents.%" PRId64 ".host.nnmpi.partial", now + 3600);
    put("train", partial);
    put("train", "next.nnmpi");
    put("train", "next.nnmpi.partial");
    put("train", "events.out.tfevents.9999999999.host.v2");
    put("train", "events.out.tfevents.later.nnmpi");
    train_one_more(3, 0);
    list("train", names);
    assert_true(time_of(names[0]) >= now && time_of(names[0]) < now + 3600);
    assert_string_equal(names[1], "events.out.tfevents.9999999999.host.v2");
    assert_string_equal(names[2], "events.out.tfevents.later.nnmpi");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_each_other),
        cmocka_unit_test(the_clock_goes_back),
        cmocka_unit_test(another_host_in_the_same_second),
        cmocka_unit_test(leftovers_and_strangers),
    };
    return cmocka_run_group_tests_name("tensorboard", tests, scratch_make, scratch_remove);
}
