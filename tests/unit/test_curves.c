/* test_curves.c: metrics.csv as a table of numbers, whole, cut and damaged; which panels follow, and the
 * script that draws them. */
#include "report/learning.h"
#include "scratch.h"

#include <math.h>

static const char HEADER[] = "epoch,step,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,"
                             "samples_per_second\n";
static const char TWO[] = "1,10,2.5,0.5,3,0.25,0.001,1.5,20000\n2,20,0.01,nan,inf,0.75,0.001,1.5,30000\n";

static nn_status read_text(const char *lines, nn_curves *out) {
    char text[4096];
    snprintf(text, sizeof text, "%s%s", HEADER, lines);
    write_string(scratch("metrics.csv"), text);
    return nn_curves_read(scratch("metrics.csv"), out);
}

static void a_table(void **state) {
    (void)state;
    nn_curves curves;
    assert_ok(read_text(TWO, &curves));
    assert_int_equal(curves.table.rows, 2);
    assert_int_equal(curves.table.columns, 9);
    assert_false(curves.cut);
    assert_string_equal(curves.name, strrchr(scratch_folder, '/') + 1);
    assert_int_equal(nn_history_table_find(&curves.table, "val_loss"), 4);
    assert_int_equal(nn_history_table_find(&curves.table, "los"), -1);
    assert_true(nn_curves_value(&curves, 1, 2) == 0.01);
    assert_true(isnan(nn_curves_value(&curves, 1, 3)));
    assert_true(isinf(nn_curves_value(&curves, 1, 4)));
    nn_curves_release(&curves);
    assert_ok(nn_curves_read(scratch_folder, &curves)); /* the folder of the run */
    assert_int_equal(curves.table.rows, 2);
    nn_curves_release(&curves);
}

/* Whatever of a last line is there already: it does not count until it has its end. */
static void a_line_that_is_being_written(void **state) {
    (void)state;
    const char *const last = "3,30,0.5,0.5,0.5,0.5,0.001,1.5,40000";
    for (size_t length = 1; length <= strlen(last); length++) {
        nn_curves curves;
        char lines[512];
        snprintf(lines, sizeof lines, "%s%.*s", TWO, (int)length, last);
        assert_ok(read_text(lines, &curves));
        assert_int_equal(curves.table.rows, 2);
        assert_true(curves.cut);
        nn_curves_release(&curves);
    }
    nn_curves none;
    assert_ok(read_text("1,1", &none));
    assert_int_equal(none.table.rows, 0);
    nn_curves_release(&none);
}

static void damage(void **state) {
    (void)state;
    nn_curves curves;
    assert_fails(read_text("1,10,2.5\n2,20,0.5,0.5,0.5,0.5,0.1,1,1\n", &curves), NN_BAD_DATA,
                 "metrics.csv:2: it has 3 fields, but the first line has 9");
    assert_fails(read_text("1,10,high,0,0,0,0,0,0\n", &curves), NN_BAD_DATA,
                 "metrics.csv:2: the column 'loss' holds 'high'");
    assert_fails(read_text("1,10,0.5x,0,0,0,0,0,0\n", &curves), NN_BAD_DATA, "'0.5x'");
    write_string(scratch("empty.csv"), "");
    assert_fails(nn_curves_read(scratch("empty.csv"), &curves), NN_BAD_DATA, "is empty");
    write_string(scratch("other.csv"), "a,b\n1,2\n");
    assert_fails(nn_curves_read(scratch("other.csv"), &curves), NN_BAD_DATA, "no column 'epoch'");
    write_bytes(scratch("zero.csv"), "epoch,loss\n1,\0\n", 15);
    assert_fails(nn_curves_read(scratch("zero.csv"), &curves), NN_BAD_DATA, "NUL");
    assert_fails(nn_curves_read(scratch("none"), &curves), NN_NO_INPUT, "none");
    write_string(scratch("spreadsheet.csv"), "epoch,loss\r\n1,0.5\r\n2,\r\n");
    assert_ok(nn_curves_read(scratch("spreadsheet.csv"), &curves));
    assert_int_equal(curves.table.rows, 2);
    assert_true(nn_curves_value(&curves, 0, 1) == 0.5 && isnan(nn_curves_value(&curves, 1, 1)));
    nn_curves_release(&curves);
}

static void which_panels(void **state) {
    (void)state;
    nn_curves runs[2];
    nn_panels panels;
    assert_ok(read_text(TWO, &runs[0]));
    write_string(scratch("second.csv"), "epoch,step,loss,mae,learning_rate\n1,1,4,nan,0.1\n9,2,3,nan,0.1\n");
    assert_ok(nn_curves_read(scratch("second.csv"), &runs[1]));
    assert_ok(nn_panels_choose(runs, 2, NULL, 0, &panels));
    static const char *const names[] = {"loss", "accuracy", "learning_rate", "samples_per_second"};
    assert_int_equal(panels.count, 4); /* nothing of mae can be drawn */
    for (int i = 0; i < 4; i++) assert_string_equal(panels.panels[i].column, names[i]);
    const nn_panel *loss = &panels.panels[0], *rate = &panels.panels[2], *speed = &panels.panels[3];
    assert_int_equal(loss->count, 3); /* two runs, one validation */
    assert_true(loss->series[2].validation && loss->series[2].run == 0 && loss->series[2].column == 4);
    assert_true(loss->least == 0.01 && loss->most == 4 && loss->logarithmic);
    assert_false(panels.panels[1].logarithmic);
    assert_true(rate->logarithmic && isnan(rate->floor)); /* 0.001 and 0.1 */
    assert_true(speed->from_zero && speed->scale == 1e3);
    assert_true(panels.validated && panels.first_epoch == 1 && panels.last_epoch == 9);
    nn_panels_release(&panels);

    static const char *const wanted[] = {"seconds", "val_accuracy", "accuracy"};
    assert_ok(nn_panels_choose(runs, 2, wanted, 3, &panels));
    assert_int_equal(panels.count, 2);
    assert_string_equal(panels.panels[0].column, "seconds");
    assert_string_equal(panels.panels[1].column, "accuracy");
    nn_panels_release(&panels);
    static const char *const wrong[] = {"acuracy"}, *const empty[] = {"mae"};
    assert_fails(nn_panels_choose(runs, 2, wrong, 1, &panels), NN_USAGE, "did you mean 'accuracy'?");
    nn_panels_release(&panels);
    assert_fails(nn_panels_choose(runs, 2, empty, 1, &panels), NN_BAD_DATA, "no run has a number");
    nn_panels_release(&panels);
    nn_curves_release(&runs[0]);
    nn_curves_release(&runs[1]);
}

static void quotes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int most;
        const char *quoted, *tick, *plain;
    } cases[] = {
        {"it's", 0, "\"it\\047s\"", "\"it\\047s\"", "it's"},
        {"`rm` $(x)", 0, "\"\\140rm\\140 \\044(x)\"", "\"\\140rm\\140 \\044(x)\"", "`rm` $(x)"},
        {"\"\\@{^", 0, "\"\\042\\134\\100\\173\\136\"", "\"\\042\\134\\100\\173\\136\"", "\"\\@{^"},
        {"a\nb\tc\x7f", 0, "\"a b c \"", "\"a b c \"", "a b c "},
        {"50 %", 0, "\"50 \\045\"", "\"50 \\045\\045\"", "50 %"},
        {"\xc3\xa4\xff\xc3", 0, "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"",
         "\"\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"", "\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", 0, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"abcdef", 6, "\"abcdef\"", "\"abcdef\"", "abcdef"},
        {"abcd\xc3\xa4g", 4, "\"\xe2\x80\xa6" "d\xc3\xa4g\"", "\"abc\xe2\x80\xa6\"", "abc\xe2\x80\xa6"},
        {"", 3, "\"\"", "\"\"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_text text = {0};
        nn_script_quote(&text, cases[i].text, cases[i].most);
        assert_string_equal(text.bytes, cases[i].quoted);
        nn_text_free(&text);
        nn_script_quote_tick(&text, cases[i].text, cases[i].most);
        assert_string_equal(text.bytes, cases[i].tick);
        nn_text_free(&text);
        nn_text_add(&text, "%s", "");
        nn_text_add_plain(&text, cases[i].text, cases[i].most);
        assert_string_equal(text.bytes, cases[i].plain);
        nn_text_free(&text);
    }
}

static void ticks_and_colours(void **state) {
    (void)state;
    char colour[8];
    assert_true(nn_tick_step(39, 8, 1) == 5);
    assert_true(nn_tick_step(3, 8, 1) == 1);
    assert_float_equal(nn_tick_step(0.02, 6, 0), 0.005, 1e-9);
    assert_true(nn_tick_step(0, 6, 0) == 1);
    assert_true(nn_tick_step(NAN, 6, 2) == 2);
    nn_series_colour(0, 1, colour);
    assert_string_equal(colour, "#0072b2");
    for (int64_t i = 0; i < 64; i++) {
        nn_series_colour(i, 64, colour);
        assert_true(strlen(colour) == 7 && strspn(colour + 1, "0123456789abcdef") == 6);
    }
    assert_string_equal(colour, "#e6d732");
}

static void the_script(void **state) {
    (void)state;
    nn_curves run;
    nn_panels panels;
    nn_text script = {0};
    assert_ok(read_text(TWO, &run));
    assert_ok(nn_panels_choose(&run, 1, NULL, 0, &panels));
    const nn_canvas svg = {.kind = NN_CANVAS_SVG};
    assert_ok(nn_learning_script(&svg, &run, 1, &panels, &script));
    static const char *const parts[] = {
        "set terminal svg noenhanced size 800,",
        "$run0 << END\n 1 1 10 2.5 0.5 3 0.25 0.001 1.5 20000\n 2 2 20 0.01 NaN NaN 0.75",
        "set label \"training\"", "set label \"validation\"", "set title \"loss\"",
        "set title \"thousand samples per second\"", "set logscale y",
        "$run0 using 1:($4/1) with linespoints lw 1.6 dt solid",
        "$run0 using 1:($6/1) with points pt 6"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(script.bytes, parts[i])) fail_msg("the script lacks %s:\n%s", parts[i], script.bytes);
    nn_text_free(&script);
    nn_panels_release(&panels);
    nn_curves_release(&run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table),      cmocka_unit_test(a_line_that_is_being_written),
        cmocka_unit_test(damage),       cmocka_unit_test(which_panels),
        cmocka_unit_test(quotes),       cmocka_unit_test(ticks_and_colours),
        cmocka_unit_test(the_script),
    };
    return cmocka_run_group_tests_name("curves", tests, scratch_make, scratch_remove);
}
