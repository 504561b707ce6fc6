/* Unit tests of src/stage/top*.c but for ranked rows, against models that sort all rows. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_util.h"

Suite *top_suite(void);

#define BATCHES 6
#define RECORDS_MAX 60000
#define TEXT -1				/* a number that is a text, and null */
#define NONE -2

struct record {
	int	batch, key, n;
	bool	json_number;
};

static struct record records[RECORDS_MAX];
static int nrecords;

static void
random_records(uint64_t most)
{
	nrecords = 0;
	for (int b = 0; b < BATCHES; b++)
		for (uint64_t n = rand_below(4) == 0 ? 0 : rand_below(most); n > 0; n--)
			records[nrecords++] = (struct record){
				.batch = b, .key = (int)rand_below(1 + rand_below(30)),
				.n = (int)rand_below(40) - 2,
			};
}

static void
add_record(struct buf *text, const struct record *r)
{
	text_printf(text, "{\"key\":\"k%d\"", r->key);
	if (r->n == TEXT)
		text_printf(text, ",\"n\":\"x\"");
	else if (r->n != NONE)
		text_printf(text, r->key % 2 == 0 ? ",\"n\":%d.5" : ",\"n\":\"%d.50\"", r->n);
	text_printf(text, "}\n");
}

static void
make_batches(struct buf batch[BATCHES])
{
	memset(batch, 0, BATCHES * sizeof(*batch));
	for (int i = 0; i < nrecords; i++)
		add_record(&batch[records[i].batch], &records[i]);
}

static void
check_flow(const struct flow *f, const struct buf batch[BATCHES], const struct buf *want)
{
	for (int pieces = 0; pieces < 2; pieces++) {
		struct buf out = { 0 };
		struct flow_end end;

		flow_run(f, batch, BATCHES, pieces > 0, &out, &end);
		text_same(&out, want, f->line);
		ck_assert_uint_eq(end.records, (uint64_t)nrecords);
		ck_assert_uint_eq(end.counted, (uint64_t)nrecords);
		buf_free(&out);
	}
}

static int
by_number(const void *x, const void *y)
{
	const struct record *a = x, *b = y;
	char akey[16], bkey[16];

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;	/* text is below numbers, null below text */
	snprintf(akey, sizeof(akey), "%d", a->key);
	snprintf(bkey, sizeof(bkey), "%d", b->key);
	return strcmp(akey, bkey);
}

static void
want_column(int limit, struct buf *want)
{
	static struct record sorted[RECORDS_MAX];

	for (int b = 0; b < BATCHES; b++) {
		int n = 0;

		for (int i = 0; i < nrecords; i++)
			if (records[i].batch == b)
				sorted[n++] = records[i];
		qsort(sorted, (size_t)n, sizeof(*sorted), by_number);
		for (int i = 0; i < n && i < limit; i++) {
			const struct record *r = &sorted[i];

			text_printf(want, "%lld\tk%d\t", (long long)FLOW_START + b + 1, r->key);
			if (r->n == TEXT || r->n == NONE)
				text_printf(want, r->n == TEXT ? "x\n" : "\\N\n");
			else
				text_printf(want, r->key % 2 == 0 ? "%d.5\n" : "%d.50\n", r->n);
		}
	}
}

START_TEST(column)
{
	static const int limits[] = { 1, 7, 1000 };

	for (int round = 0; round < 8; round++) {
		int limit = limits[round % COUNT(limits)];
		char line[64];
		struct flow f = { .line = line, .format = "json" };
		struct buf batch[BATCHES], want = { 0 };

		snprintf(line, sizeof(line), "select key,n then top %d n", limit);
		random_records(round < 6 ? 60 : 9000);
		make_batches(batch);
		want_column(limit, &want);
		check_flow(&f, batch, &want);
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

struct count {
	int	key;
	long	n;
};

static int
by_count(const void *x, const void *y)
{
	const struct count *a = x, *b = y;
	char akey[16], bkey[16];

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	snprintf(akey, sizeof(akey), "%d", a->key);
	snprintf(bkey, sizeof(bkey), "%d", b->key);
	return strcmp(akey, bkey);
}

/* In windows of WINDOW batches that end with each. */
static void
want_by(int limit, int window, bool error, struct buf *want)
{
	for (int b = 0; b < BATCHES - 1 + window; b++) {
		struct count counts[30] = { { 0 } };

		if (b >= BATCHES && (b + 1) > BATCHES)
			break;
		for (int k = 0; k < COUNT(counts); k++)
			counts[k].key = k;
		for (int i = 0; i < nrecords; i++)
			if (records[i].batch <= b && records[i].batch > b - window)
				counts[records[i].key].n++;
		qsort(counts, COUNT(counts), sizeof(*counts), by_count);
		for (int i = 0; i < COUNT(counts) && i < limit && counts[i].n > 0; i++)
			text_printf(want, "%lld\tk%d\t%ld%s\n", (long long)FLOW_START + b + 1,
			    counts[i].key, counts[i].n, error ? "\t0" : "");
	}
}

static const struct {
	const char	*line;
	int		 limit, window;
	bool		 error;
} flows[] = {
	{ "top 3 --by key", 3, 1, false },
	{ "top 100 -b key", 100, 1, false },
	{ "top 4 --by key --window 3s --slide 1s", 4, 3, false },
	{ "top 5 --by key then top 2", 2, 1, false },
	{ "top 2 --by key then top 5", 2, 1, false },
	{ "top 3 --approx --by key", 3, 1, true },
	{ "top 4 -a -b key -w 3s -s 1s", 4, 3, true },
};

START_TEST(values)
{
	for (int round = 0; round < 10; round++) {
		struct flow f = { .line = flows[_i].line, .format = "json" };
		struct buf batch[BATCHES], want = { 0 };

		random_records(80);
		make_batches(batch);
		want_by(flows[_i].limit, flows[_i].window, flows[_i].error, &want);
		check_flow(&f, batch, &want);
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

/* More values than counters: each count is too high by no more than its error. */
START_TEST(bounds)
{
	static long counts[20000];
	struct flow f = { .line = "top 50 --by line --approx" };
	struct buf batch = { 0 }, out = { 0 };
	const char *at;
	int rows = 0;

	for (int i = 0; i < 60000; i++) {
		int value = (int)rand_below(1 + rand_below(1 + rand_below(20000)));

		counts[value]++;
		text_printf(&batch, "%d\n", value);
	}
	flow_run(&f, &batch, 1, true, &out, NULL);
	text_add(&out, "", 1);
	for (at = out.data; *at != '\0'; rows++) {
		long value, count, error;
		int used;

		DEMAND(sscanf(at, "%*d\t%ld\t%ld\t%ld\n%n", &value, &count, &error, &used) == 3);
		DEMAND(counts[value] <= count && count - error <= counts[value]);
		DEMAND(error <= 60000 / 1024);
		at += used;
	}
	ck_assert_int_eq(rows, 50);
	buf_free(&batch);
	buf_free(&out);
}
END_TEST

#define AT(n) "179538900" #n "\t"

static const struct {
	const char	*line, *format, *columns, *batch[4], *want;
} examples[] = {
	{ "top 2 n", "csv", "k,n", { "a,5\nb,10\nc,\nd,x\n", "e,1\n" },
	    AT(1) "b\t10\n" AT(1) "a\t5\n" AT(2) "e\t1\n" },
	{ "countby then top 2 line", NULL, NULL, { "3\n20\n3\n100\n" },
	    AT(1) "100\t1\n" AT(1) "20\t1\n" },
	{ "countby --window 2s --slide 1s then top 1 count", NULL, NULL, { "a\na\n", "b\n", "b\n" },
	    AT(1) "a\t2\n" AT(2) "a\t2\n" AT(3) "b\t2\n" },
	{ "top 1 n", "json", NULL, { "{\"n\":9007199254740993}\n{\"n\":9007199254740992.0}\n" },
	    AT(1) "{\"n\":9007199254740993}\n" },
	{ "top 9 --by k,n", "csv", "k,n", { "a,1\nb,1\na,1\n" },
	    AT(1) "a\t1\t2\n" AT(1) "b\t1\t1\n" },
	{ "top 1 --by line --running", NULL, NULL, { "a\n", "b\n", "b\n" },
	    AT(1) "a\t1\n" AT(2) "a\t1\n" AT(3) "b\t2\n" },
};

START_TEST(example)
{
	struct flow f = {
		.line = examples[_i].line, .format = examples[_i].format,
		.columns = examples[_i].columns,
	};
	int n = 0;

	while (n < 4 && examples[_i].batch[n] != NULL)
		n++;
	flow_same(&f, examples[_i].batch, n, examples[_i].want, NULL);
}
END_TEST

static const struct {
	const char	*line, *why;
} refusals[] = {
	{ "top 3", "needs ranked rows" },
	{ "countby then top 3 lime", "did you mean 'line'" },
	{ "top 3 line --by line", "give one of them" },
	{ "top 3 --approx", "is for --by" },
	{ "top 3 --by lime", "did you mean 'line'" },
	{ "top 3 line --window 2s", "aggregate, which top does not" },
	{ "countby then top 3 --slide 2s", "aggregate, which top does not" },
	{ "countby then top 3 --running", "--running and --emit are for" },
	{ "countby then top 3 line --emit update", "--running and --emit are for" },
	{ "top 100000000 --by line --approx", "too many" },
	{ "top --by line", "more words" },
	{ "top x --by line", "N 'x'" },
	{ "top 3 --by line --window 1500ms", "multiple" },
};

START_TEST(refused)
{
	for (int i = 0; i < COUNT(refusals); i++)
		flow_refused(&(struct flow){ .line = refusals[i].line }, refusals[i].why);
}
END_TEST

START_TEST(short_of_memory)
{
	for (int i = 0; i < COUNT(flows); i += 5) {
		struct flow f = { .line = flows[i].line, .format = "json" };
		struct buf batch[BATCHES];

		random_records(20);
		make_batches(batch);
		flow_short_of_memory(&f, batch, BATCHES);
		f.line = "top 3 n";
		flow_short_of_memory(&f, batch, BATCHES);
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
	}
}
END_TEST

Suite *
top_suite(void)
{
	Suite *s = suite_create("top");
	TCase *t = case_add(s, "top");

	tcase_add_test(t, column);
	tcase_add_loop_test(t, values, 0, COUNT(flows));
	tcase_add_test(t, bounds);
	tcase_add_loop_test(t, example, 0, COUNT(examples));
	tcase_add_test(t, refused);
	tcase_add_test(t, short_of_memory);
	return s;
}
