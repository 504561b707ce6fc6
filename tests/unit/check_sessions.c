/* Unit tests of src/stage/sessions.c against a model that sorts all records. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tstamp.h"
#include "flow_util.h"

Suite *sessions_suite(void);

#define BATCHES 25
#define RECORDS_MAX 2000
#define KEYS 12

struct record {
	int	 key, batch;
	int64_t	 time;			/* milliseconds since FLOW_START */
};

struct session {
	int	 key;
	int64_t	 start, end, told;	/* milliseconds since FLOW_START */
	int	 count;
};

static struct record records[RECORDS_MAX];
static struct session sessions[RECORDS_MAX];
static int nrecords, nsessions;

static void
random_records(int64_t lateness)
{
	nrecords = 0;
	for (int b = 0; b < BATCHES; b++)
		for (uint64_t n = rand_below(3) != 0 ? rand_below(4) : rand_below(30); n > 0; n--) {
			struct record *r = &records[nrecords++];

			r->key = (int)rand_below(1 + rand_below(KEYS));
			r->batch = b;
			r->time = b * 1000 + (int64_t)(1000 - 30 * n);
			if (lateness > 0)
				r->time -= (int64_t)rand_below((uint64_t)lateness);
			if (r->time < 0)
				r->time = 0;
		}
}

static void
add_record(struct buf *text, const struct record *r)
{
	text_printf(text, "%lld.%03d,%d,%d\n", (long long)(FLOW_START + r->time / 1000),
	    (int)(r->time % 1000), r->key % 3, r->key / 3);
}

static int
by_time(const void *x, const void *y)
{
	const struct record *a = x, *b = y;

	return (a->time > b->time) - (a->time < b->time);
}

static int
by_end(const void *x, const void *y)
{
	const struct session *a = x, *b = y;
	int key = a->key % 3 != b->key % 3 ? a->key % 3 - b->key % 3 : a->key - b->key;

	if (a->told != b->told)
		return a->told < b->told ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	return key != 0 ? key : a->start < b->start ? -1 : 1;
}

/* Records must be sorted by time. */
static void
find_sessions(int64_t gap, int64_t end)
{
	nsessions = 0;
	for (int key = 0; key < KEYS; key++) {
		struct session *s = NULL;

		for (int i = 0; i < nrecords; i++) {
			int64_t t = records[i].time;

			if (records[i].key != key)
				continue;
			if (s == NULL || t - s->end >= gap) {
				s = &sessions[nsessions++];
				*s = (struct session){ .key = key, .start = t };
			}
			s->end = t;
			s->count++;
			s->told = (t + gap + 999) / 1000 * 1000;
			if (s->told > end)
				s->told = end;
		}
	}
	qsort(sessions, (size_t)nsessions, sizeof(*sessions), by_end);
}

static void
add_time(struct buf *out, int64_t time)
{
	char text[TSTAMP_BYTES];

	text_add(out, text, tstamp_format(text, FLOW_START * 1000 + time));
	text_add(out, "\t", 1);
}

static void
want_rows(struct buf *want)
{
	for (int i = 0; i < nsessions; i++) {
		const struct session *s = &sessions[i];

		text_printf(want, "%lld\t%d\t%d\t", (long long)FLOW_START + s->told / 1000,
		    s->key % 3, s->key / 3);
		add_time(want, s->start);
		add_time(want, s->end);
		text_printf(want, "%d\n", s->count);
	}
}

static const struct {
	const char	*line;
	bool		 event;
	int64_t		 gap;		/* milliseconds */
} flows[] = {
	{ "sessions --gap 2s a,b", false, 2000 },
	{ "sessions a,b --gap 3500ms", false, 3500 },
	{ "sessions a,b -g 1h", false, 3600000 },
	{ "sessions a,b --gap 100ms", true, 100 },
	{ "sessions a,b --gap 1s", true, 1000 },
	{ "grep . then sessions a,b --gap 2700ms", true, 2700 },
	{ "sessions a,b --gap 1d", true, 86400000 },
};

START_TEST(models)
{
	for (int round = 0; round < 15; round++) {
		struct flow f = {
			.line = flows[_i].line, .format = "csv", .columns = "time,a,b",
			.time = flows[_i].event ? "time" : NULL,
			.lateness = (1 + (int64_t)rand_below(4000)) * 1000,
		};
		struct buf batch[BATCHES] = { { 0 } }, want = { 0 };
		int64_t last = 0;

		random_records(flows[_i].event ? f.lateness / 1000 : 0);
		for (int i = 0; i < nrecords; i++) {
			add_record(&batch[records[i].batch], &records[i]);
			if (!flows[_i].event)
				records[i].time = records[i].batch * 1000 + 1000;
			if (records[i].time > last)
				last = records[i].time;
		}
		qsort(records, (size_t)nrecords, sizeof(*records), by_time);
		find_sessions(flows[_i].gap, flows[_i].event ? (last / 1000 + 1) * 1000 :
		    BATCHES * 1000);
		want_rows(&want);
		for (int pieces = 0; pieces < 3; pieces++) {
			struct buf out = { 0 };
			struct flow_end end;

			flow_run(&f, batch, BATCHES, pieces > 0, &out, &end);
			text_same(&out, &want, f.line);
			ck_assert_uint_eq(end.records, (uint64_t)nrecords);
			ck_assert_uint_eq(end.counted, (uint64_t)nrecords);
			buf_free(&out);
		}
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

static const struct {
	const char	*line, *format, *time, *batch[5], *want;
} examples[] = {
	/* What is told at the end goes on to those behind. */
	{ "sessions line --gap 5s then countby line", NULL, NULL, { "a\nb\n", "a\n" },
	    "1795389002\ta\t1\n1795389002\tb\t1\n" },
	{ "sessions line --gap 1s then countby line", NULL, NULL, { "a\nb\n", "", "a\na\n" },
	    "1795389002\ta\t1\n1795389002\tb\t1\n1795389003\ta\t1\n" },
	/* Windows that end behind the input go on with a session. */
	{ "countby --window 2s then sessions line --gap 5s", NULL, NULL,
	    { "a\n", "a\n", "a\nb\n" },
	    "1795389004\ta\t2026-11-22T23:10:02.000Z\t2026-11-22T23:10:04.000Z\t2\n"
	    "1795389004\tb\t2026-11-22T23:10:04.000Z\t2026-11-22T23:10:04.000Z\t1\n" },
	{ "sessions k --gap 10s", "json", "t", {
	    "{\"t\":1795389000,\"k\":1}\n{\"t\":1795389020,\"k\":1}\n"
	    "{\"t\":1795389009.5}\n{\"t\":1795389009,\"k\":1.0}\n"
	    "{\"t\":1795389018,\"k\":\"1\"}\n" },
	    "1795389019\t1\t2026-11-22T23:10:00.000Z\t2026-11-22T23:10:09.000Z\t2\n"
	    "1795389020\t\\N\t2026-11-22T23:10:09.500Z\t2026-11-22T23:10:09.500Z\t1\n"
	    "1795389021\t1\t2026-11-22T23:10:18.000Z\t2026-11-22T23:10:18.000Z\t1\n"
	    "1795389021\t1\t2026-11-22T23:10:20.000Z\t2026-11-22T23:10:20.000Z\t1\n" },
};

START_TEST(example)
{
	struct flow f = {
		.line = examples[_i].line, .format = examples[_i].format,
		.time = examples[_i].time, .lateness = 15 * FLOW_SECOND,
	};
	int n = 0;

	while (n < 5 && examples[_i].batch[n] != NULL)
		n++;
	flow_same(&f, examples[_i].batch, n, examples[_i].want, NULL);
}
END_TEST

START_TEST(refused)
{
	flow_refused(&(struct flow){ .line = "sessions line" }, "--gap DUR");
	flow_refused(&(struct flow){ .line = "sessions lime --gap 5s" }, "did you mean 'line'");
	flow_refused(&(struct flow){ .line = "sessions line --gap 5rows" }, "both in rows");
	flow_refused(&(struct flow){ .line = "sessions --gap 5s" }, "more words");
	flow_refused(&(struct flow){ .line = "sessions start --gap 5s", .format = "json" },
	    "two columns are called 'start'");
}
END_TEST

/* A long silence between two records: it is not gone through batch by batch. */
START_TEST(silence)
{
	static const char *const lines[] = { "0,a\n", "4000000000,b\n" };

	flow_same(&(struct flow){ .line = "sessions k --gap 5s", .format = "csv",
	    .columns = "t,k", .time = "t", .lateness = 0 }, lines, 2,
	    "5\ta\t1970-01-01T00:00:00.000Z\t1970-01-01T00:00:00.000Z\t1\n"
	    "4000000001\tb\t2096-10-02T07:06:40.000Z\t2096-10-02T07:06:40.000Z\t1\n", NULL);
	flow_same(&(struct flow){ .line = "dedup k then delta t", .format = "csv",
	    .columns = "t,k", .time = "t", .lateness = 0 }, lines, 2,
	    "1\t0\ta\t\\N\n4000000001\t4000000000\tb\t4000000000\n", NULL);
}
END_TEST

Suite *
sessions_suite(void)
{
	Suite *s = suite_create("sessions");
	TCase *t = case_add(s, "sessions");

	tcase_add_loop_test(t, models, 0, COUNT(flows));
	tcase_add_loop_test(t, example, 0, COUNT(examples));
	tcase_add_test(t, refused);
	tcase_add_test(t, silence);
	return s;
}
