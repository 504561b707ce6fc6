/*
 * Batches of the real engine on clocks that the test sets: what is read when, what is emitted, how
 * the rows are named.  Nothing here sleeps.
 */
#include "engine/job.h"

#include "base/mem.h"
#include "core/plan.h"
#include "engine/sys.h"
#include "format/format_table.h"
#include "stage/stage_table.h"
#include "util.h"

#include <event2/event.h>
#include <string.h>

Suite *batch_suite(void);

#define SECOND INT64_C(1000000)
#define EPOCH_DAY INT64_C(1795305600)	/* 2026-11-22T00:00:00Z */

static int64_t wall, mono;		/* the clocks, microseconds */
static struct sys real;

static int64_t
test_wall(void)
{
	return wall;
}

static int64_t
test_mono(void)
{
	return mono;
}

static void
pass(int64_t us)
{
	wall += us;
	mono += us;
}

/* A job without a loop: lines are given by the test, rows are kept. */
struct rig {
	struct plan		 plan;
	const struct format_class *to[1];
	struct job_config	 config;
	struct account		 sum;
	struct job		 job;
	struct source		 source;
	struct source		*sources[1];
	struct err		 err;
	struct buf		 rows;
};

static void
no_callback(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
}

static int
keep_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct rig *rig = arg;

	(void)err;
	ck_assert_uint_eq(output, 0);
	text_add(&rig->rows, bytes, len);
	return 0;
}

static void
no_print(const char *line)
{
	(void)line;
}

static void
open_pipeline(struct rig *rig)
{
	const struct pipeline_config config = {
		.plan = &rig->plan, .from = format_find("lines"), .to = rig->to, .lanes = 1,
		.seed = test_seed, .time_format = TIME_ISO,
		.host = { .arg = rig, .write = keep_rows },
	};

	rig->to[0] = format_find("tsv");
	ck_assert_uint_eq(rig->plan.accounts, 1);
	ck_assert_int_eq(pipeline_open(&rig->job.pipeline, &config, &rig->err), 0);
}

/* Opens LINE as a pipeline with this batch; the clocks say 00:00:00.5 of a day. */
static void
rig_open(struct rig *rig, const char *line, struct span batch)
{
	struct plan_defaults d = { .classes = stage_table, .batch = batch };
	struct words words;

	*rig = (struct rig){
		.config = {
			.max_line = 1 << 20, .print = no_print, .from = format_find("lines"),
			.bound = true,
		},
	};
	real = sys;
	sys.wall = test_wall;
	sys.mono = test_mono;
	wall = EPOCH_DAY * SECOND + SECOND / 2;
	mono = 5 * SECOND;
	words_split(&words, line);
	rig->config.plan = &rig->plan;
	ck_assert_int_eq(plan_lines(&rig->plan, &d, words.word, words.n, 0, &rig->err), 0);
	rig->job = (struct job){
		.config = &rig->config, .err = &rig->err, .stats_fd = -1,
		.nsources = 1, .source = rig->sources, .scan = scan_best(),
		.base = event_base_new(), .account_sums = &rig->sum, .bound = true,
	};
	rig->sources[0] = &rig->source;
	rig->job.boundary = evtimer_new(rig->job.base, no_callback, NULL);
	ck_assert_int_eq(lines_open(&rig->job.lines, 1 << 16), 0);
	open_pipeline(rig);
	input_host(&rig->job);
	rig->source = (struct source){ .host = &rig->job.host, .address = "test" };
	batch_start(&rig->job);
}

static void
rig_close(struct rig *rig)
{
	event_free(rig->job.boundary);
	event_base_free(rig->job.base);
	pipeline_close(&rig->job.pipeline);
	lines_close(&rig->job.lines);
	plan_close(&rig->plan);
	buf_free(&rig->rows);
	sys = real;
}

static void
give(struct rig *rig, const char *lines)
{
	ck_assert(rig->job.host.take(&rig->source, lines, strlen(lines)));
}

static void
tick(struct rig *rig)
{
	ck_assert_int_eq(batch_tick(&rig->job), 0);
}

/* Compares the rows so far, each without the date and zone, with WANT and forgets them. */
static void
expect(struct rig *rig, const char *want)
{
	struct buf got = { 0 };
	const char *p, *newline;

	text_add(&rig->rows, "", 1);
	for (p = rig->rows.data; *p != '\0'; p = newline + 1) {
		newline = strchr(p, '\n');
		ck_assert_int_eq(strncmp(p, "2026-11-22T", 11), 0);
		text_printf(&got, "%.12s%.*s\n", p + 11, (int)(newline - p - 24), p + 24);
	}
	text_add(&got, "", 1);
	ck_assert_str_eq(got.data, want);
	buf_free(&got);
	rig->rows.len = 0;
}

static const struct span one_second = { .ticks = SECOND };

START_TEST(boundaries_are_multiples)
{
	struct rig rig;

	rig_open(&rig, "count", one_second);
	give(&rig, "a\nb\n");
	pass(SECOND / 2 - 1);
	tick(&rig);
	expect(&rig, "");		/* 00:00:00.999999 */
	pass(1);
	tick(&rig);
	expect(&rig, "00:00:01.000\t2\n");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "00:00:02.000\t0\n");
	rig_close(&rig);
}
END_TEST

/* What is read at the very boundary belongs to the next batch. */
START_TEST(lines_belong_to_when_they_are_read)
{
	struct rig rig;

	rig_open(&rig, "wordcount", one_second);
	give(&rig, "early\n");
	pass(SECOND / 2);
	give(&rig, "late\n");
	expect(&rig, "00:00:01.000\tearly\t1\n");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "00:00:02.000\tlate\t1\n");
	rig_close(&rig);
}
END_TEST

START_TEST(a_blocked_process_fires_each_boundary_once)
{
	struct rig rig;

	rig_open(&rig, "count", one_second);
	give(&rig, "a\n");
	pass(4 * SECOND);
	give(&rig, "b\nc\n");
	expect(&rig, "00:00:01.000\t1\n00:00:02.000\t0\n00:00:03.000\t0\n00:00:04.000\t0\n");
	tick(&rig);
	expect(&rig, "");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "00:00:05.000\t2\n");
	rig_close(&rig);
}
END_TEST

START_TEST(a_clock_step_moves_the_next_boundary)
{
	struct rig rig;

	rig_open(&rig, "count", one_second);
	give(&rig, "a\n");
	wall += 3600 * SECOND;		/* forward an hour */
	pass(SECOND / 4);
	tick(&rig);
	expect(&rig, "");		/* the open batch is as long as it was */
	pass(SECOND / 4);
	tick(&rig);
	expect(&rig, "00:00:01.000\t1\n");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "01:00:02.000\t0\n");
	wall -= 1800 * SECOND;		/* back half an hour */
	give(&rig, "b\n");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "01:00:03.000\t1\n");
	pass(SECOND);
	tick(&rig);
	expect(&rig, "00:30:04.000\t0\n");
	rig_close(&rig);
}
END_TEST

START_TEST(windows_slide_on_the_clock)
{
	static const char *const lines[] = { "a\n", "a\nb\n", "", "c\n", "", "", "", "" };
	static const char *const rows[] = {
		"", "00:00:02.000\ta\t2\n00:00:02.000\tb\t1\n", "",
		"00:00:04.000\ta\t2\n00:00:04.000\tb\t1\n00:00:04.000\tc\t1\n", "",
		"00:00:06.000\tc\t1\n", "", "",		/* c fell to zero */
	};
	struct rig rig;

	rig_open(&rig, "wordcount --window 4s --slide 2s", one_second);
	pass(-SECOND / 2);
	ticker_start(&rig.job.ticker, SECOND, wall, mono);
	for (size_t i = 0; i < 8; i++) {
		give(&rig, lines[i]);
		pass(SECOND);
		tick(&rig);
		expect(&rig, rows[i]);
	}
	rig_close(&rig);
}
END_TEST

/* The end closes the open batch and the window that would have ended next, under its name. */
START_TEST(the_end_names_the_open_window)
{
	struct rig rig;

	rig_open(&rig, "wordcount --window 20s --slide 10s then top 1", one_second);
	give(&rig, "x\nx\ny\n");
	pass(3 * SECOND);
	give(&rig, "y\ny\n");
	ck_assert_int_eq(batch_finish(&rig.job), 0);
	expect(&rig, "00:00:10.000\ty\t3\n");
	ck_assert_uint_eq(rig.job.sums.lines.records, 5);
	ck_assert(stats_conserved(&rig.job.sums, &rig.sum));
	rig_close(&rig);
}
END_TEST

START_TEST(a_thousand_batches_of_a_millisecond)
{
	const struct span ms = { .ticks = 1000 };
	struct rig rig;
	int rows = 0;

	rig_open(&rig, "count", ms);
	for (int i = 0; i < 1000; i++) {
		give(&rig, "line\n");
		pass(1000);
		tick(&rig);
	}
	for (size_t i = 0; i < rig.rows.len; i++)
		rows += rig.rows.data[i] == '\n';
	ck_assert_int_eq(rows, 1000);
	ck_assert_uint_eq(rig.sum.counted, 1000);
	rig_close(&rig);
}
END_TEST

/* Rows end batches wherever they are in a block, and take their figures with them. */
START_TEST(rows_end_batches_within_a_block)
{
	const struct span three = { .ticks = 3, .rows = true };
	struct rig rig;

	rig_open(&rig, "count", three);
	give(&rig, "1\n2\n3\n4\n5\n6\n7\n");
	ck_assert_int_eq(batch_feed(&rig.job), 0);
	expect(&rig, "00:00:00.500\t3\n00:00:00.500\t3\n");
	ck_assert_uint_eq(rig.job.sums.lines.records, 6);
	ck_assert_uint_eq(rig.job.sums.lines.bytes, 12);
	ck_assert_int_eq(batch_finish(&rig.job), 0);
	expect(&rig, "00:00:00.500\t1\n");
	ck_assert_uint_eq(rig.job.sums.lines.records, 7);
	ck_assert_uint_eq(rig.job.sums.lines.bytes, 14);
	rig_close(&rig);
}
END_TEST

/* ---- the figures of batches by rows ---- */

static const char *input;		/* what sys.read gives ... */
static size_t input_at, read_max;	/* ... from there on, so much at a time */
static struct buf stats_rows;		/* what was written to --stats */

static ssize_t
test_read(int fd, void *bytes, size_t size)
{
	size_t left = strlen(input) - input_at;

	(void)fd;
	if (size > read_max)
		size = read_max;
	if (size > left)
		size = left;
	memcpy(bytes, input + input_at, size);
	input_at += size;
	return (ssize_t)size;
}

/* Keeps a row of --stats from records to bad: the times differ. */
static ssize_t
test_write(int fd, const void *bytes, size_t size)
{
	const char *from = memchr(bytes, '\t', size), *to = from;

	(void)fd;
	for (int i = 0; i < 5; i++)
		to = strchr(to + 1, '\t');
	text_add(&stats_rows, from + 1, (size_t)(to - from - 1));
	text_add(&stats_rows, "\n", 1);
	return (ssize_t)size;
}

/* Runs INPUT through batches of two rows of at most 4 bytes, FEED reads at a time. */
static void
run_input(const char *text, size_t max, int feed)
{
	const struct span two = { .ticks = 2, .rows = true };
	struct framer framer = { 0 };
	struct rig rig;
	int reads = 0;

	rig_open(&rig, "grep -v no then count", two);
	sys.read = test_read;
	sys.write = test_write;
	rig.config.max_line = 4;
	rig.config.stats = "test";
	rig.config.quiet = true;
	rig.job.stats_fd = 9;
	input = text;
	input_at = 0;
	read_max = max;
	while (rig.job.host.receive(&rig.source, &framer, 0) == RECEIVE_SOME)
		if (++reads % feed == 0)
			ck_assert_int_eq(batch_feed(&rig.job), 0);
	rig.job.host.finish(&rig.source, &framer, true);
	ck_assert_int_eq(batch_finish(&rig.job), 0);
	ck_assert_uint_eq(rig.job.sums.lines.bytes, strlen(text));
	ck_assert(stats_conserved(&rig.job.sums, &rig.sum));
	frame_close(&framer);
	buf_free(&rig.job.stats_text);
	rig_close(&rig);
}

static const struct {
	const char *text, *stats;	/* records, bytes, counted, filtered, bad */
} figures[] = {
	{ "", "0\t0\t0\t0\t0\n" },
	{ "1\n22\n333\n", "2\t5\t2\t0\t0\n1\t4\t1\t0\t0\n" },
	{ "1\r\n22\r\nno\n4444", "2\t7\t2\t0\t0\n2\t7\t1\t1\t0\n" },
	{ "1\n2\nlonger\n3\n", "2\t4\t2\t0\t0\n2\t9\t1\t0\t1\n" },
	{ "longer\n1\n2\nlonger still\nlonger", "3\t11\t2\t0\t1\n2\t19\t0\t0\t2\n" },
	{ "1\nlonger\nlongest\n\n\n4\n5",
	    "4\t18\t2\t0\t2\n2\t3\t2\t0\t0\n1\t1\t1\t0\t0\n" },
};

START_TEST(figures_of_rows_do_not_depend_on_reads)
{
	for (size_t max = 1; max <= 40; max++) {
		for (int feed = 1; feed <= 8; feed++) {
			run_input(figures[_i].text, max, feed);
			text_add(&stats_rows, "", 1);
			ck_assert_str_eq(stats_rows.data, figures[_i].stats);
			buf_free(&stats_rows);
		}
	}
}
END_TEST

Suite *
batch_suite(void)
{
	Suite *suite = suite_create("batch");
	TCase *tc = case_add(suite, "clock");

	tcase_add_test(tc, boundaries_are_multiples);
	tcase_add_test(tc, lines_belong_to_when_they_are_read);
	tcase_add_test(tc, a_blocked_process_fires_each_boundary_once);
	tcase_add_test(tc, a_clock_step_moves_the_next_boundary);
	tcase_add_test(tc, windows_slide_on_the_clock);
	tcase_add_test(tc, the_end_names_the_open_window);
	tcase_add_test(tc, a_thousand_batches_of_a_millisecond);
	tcase_add_test(tc, rows_end_batches_within_a_block);
	tcase_add_loop_test(tc, figures_of_rows_do_not_depend_on_reads, 0, COUNT(figures));
	return suite;
}
