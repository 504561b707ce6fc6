/* Unit tests of src/stage/dedup.c against a model that remembers every record. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "flow_util.h"

Suite *dedup_suite(void);

#define BATCHES 30
#define RECORDS_MAX 3000

struct record {
	int	 key;
	int64_t	 time;			/* milliseconds since FLOW_START */
	int	 batch;			/* where it is read */
};

static struct record records[RECORDS_MAX];
static int nrecords;

/* In the order they are read; by event time out of order by less than LATENESS milliseconds. */
static void
random_records(int64_t lateness)
{
	nrecords = 0;
	for (int b = 0; b < BATCHES; b++)
		for (uint64_t n = rand_below(5) == 0 ? 0 : rand_below(90); n > 0; n--) {
			struct record *r = &records[nrecords++];
			int64_t late = lateness > 0 ? (int64_t)rand_below((uint64_t)lateness) : 0;

			r->key = (int)rand_below(1 + rand_below(40));
			r->batch = b;
			r->time = b * 1000 + (int64_t)(900 / n) - late;
			if (r->time < 0)
				r->time = 0;
		}
}

/* The text of a record; long keys and short ones. */
static void
add_record(struct buf *text, const struct record *r)
{
	text_printf(text, "%lld.%03d,%d,%s%d\n", (long long)(FLOW_START + r->time / 1000),
	    (int)(r->time % 1000), r->key % 3, r->key % 2 == 0 ? "k" : "a-key-of-17-bytes", r->key);
}

static void
make_batches(struct buf batch[BATCHES])
{
	memset(batch, 0, BATCHES * sizeof(*batch));
	for (int i = 0; i < nrecords; i++)
		add_record(&batch[records[i].batch], &records[i]);
}

/* Those that pass, with the end of the batch they belong to. */
static void
want_rows(bool events, int64_t within, struct buf *want)
{
	static int64_t first[64];
	int order[RECORDS_MAX];
	int n = 0;

	for (int i = 0; i < 64; i++)
		first[i] = INT64_MIN / 2;
	for (int b = -1; b < BATCHES; b++)	/* batch by batch, each in the order they came */
		for (int i = 0; i < nrecords; i++)
			if ((events ? (int)(records[i].time / 1000) : records[i].batch) == b)
				order[n++] = i;
	DEMAND(n == nrecords);
	for (int i = 0; i < n; i++) {
		const struct record *r = &records[order[i]];
		int batch = events ? (int)(r->time / 1000) : r->batch;
		int64_t at = events ? r->time : (batch + 1) * 1000;

		if (first[r->key] > INT64_MIN / 2 && (within == 0 || at - first[r->key] < within))
			continue;
		first[r->key] = at;
		text_printf(want, "%lld\t", (long long)FLOW_START + batch + 1);
		text_printf(want, "%lld.%03d\t%d\t%s%d\n", (long long)(FLOW_START + r->time / 1000),
		    (int)(r->time % 1000), r->key % 3,
		    r->key % 2 == 0 ? "k" : "a-key-of-17-bytes", r->key);
	}
}

static void
check_flow(const struct flow *f, int64_t within)
{
	struct buf batch[BATCHES], want = { 0 };

	random_records(f->time != NULL ? f->lateness / 1000 : 0);
	make_batches(batch);
	want_rows(f->time != NULL, within, &want);
	for (int pieces = 0; pieces < 3; pieces++) {
		struct buf out = { 0 };
		struct flow_end end;

		flow_run(f, batch, BATCHES, pieces > 0, &out, &end);
		text_same(&out, &want, f->line);
		ck_assert_uint_eq(end.records, (uint64_t)nrecords);
		ck_assert_uint_eq(end.bad + end.late, 0);
		buf_free(&out);
	}
	for (int b = 0; b < BATCHES; b++)
		buf_free(&batch[b]);
	buf_free(&want);
}

static const struct {
	const char	*line;
	bool		 events;
	int64_t		 within;	/* milliseconds */
} flows[] = {
	{ "dedup key", false, 0 },
	{ "dedup key --within 1s", false, 1000 },
	{ "dedup key,mod -i 4s", false, 4000 },
	{ "dedup mod,key --within 2500ms", false, 2500 },
	{ "dedup key", true, 0 },
	{ "dedup key --within 700ms", true, 700 },
	{ "dedup key,mod --within 4s", true, 4000 },
	{ "grep . then dedup --within 11s key", true, 11000 },
};

START_TEST(model)
{
	for (int round = 0; round < 12; round++) {
		struct flow f = {
			.line = flows[_i].line, .format = "csv", .columns = "time,mod,key",
			.time = flows[_i].events ? "time" : NULL,
			.lateness = 1 + (int64_t)rand_below(3000) * 1000,
		};

		check_flow(&f, flows[_i].within);
	}
}
END_TEST

START_TEST(examples)
{
	static const char *const three[] = { "a\nb\na\n", "\n\nb\n", "a\nc\n" };
	static const char *const words[] = { "x y x\n", "y z\n", "y y\n" };

	flow_same(&(struct flow){ .line = "dedup" }, three, 3,
	    "1795389001\ta\n1795389001\tb\n1795389002\t\n1795389003\tc\n", NULL);
	flow_same(&(struct flow){ .line = "dedup line --within 1s" }, three, 3,
	    "1795389001\ta\n1795389001\tb\n1795389002\t\n1795389002\tb\n1795389003\ta\n"
	    "1795389003\tc\n", NULL);
	flow_same(&(struct flow){ .line = "wordcount then dedup word" }, words, 3,
	    "1795389001\tx\t2\n1795389001\ty\t1\n1795389002\tz\t1\n", NULL);
	flow_same(&(struct flow){ .line = "wordcount then dedup" }, words, 3,
	    "1795389001\tx\t2\n1795389001\ty\t1\n1795389002\tz\t1\n1795389003\ty\t2\n", NULL);
	flow_same(&(struct flow){ .line = "dedup -i 2rows", .batch = { 1, true, 0 } },
	    (const char *const[]){ "a\n", "a\n", "a\n", "a\n" }, 4,
	    "1795389000\ta\n1795389000\ta\n", NULL);
}
END_TEST

START_TEST(refused)
{
	flow_refused(&(struct flow){ .line = "dedup lime" }, "did you mean 'line'");
	flow_refused(&(struct flow){ .line = "dedup line --within 0s" }, "within");
	flow_refused(&(struct flow){ .line = "dedup line --within 10rows" }, "both in rows");
	flow_refused(&(struct flow){ .line = "dedup a,b,a", .format = "csv", .columns = "a,b" },
	    "two columns");
}
END_TEST

START_TEST(short_of_memory)
{
	struct flow f = {
		.line = "dedup key --within 2s", .format = "csv", .columns = "time,mod,key",
	};
	struct buf batch[BATCHES];

	random_records(0);
	make_batches(batch);
	flow_short_of_memory(&f, batch, 6);
	f.time = "time";
	flow_short_of_memory(&f, batch, 6);
	for (int b = 0; b < BATCHES; b++)
		buf_free(&batch[b]);
}
END_TEST

Suite *
dedup_suite(void)
{
	Suite *s = suite_create("dedup");
	TCase *t = case_add(s, "dedup");

	tcase_add_loop_test(t, model, 0, COUNT(flows));
	tcase_add_test(t, examples);
	tcase_add_test(t, refused);
	tcase_add_test(t, short_of_memory);
	return s;
}
