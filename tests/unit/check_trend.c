/* Unit tests of src/stage/trend.c against averages that are computed from all answers before. */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_util.h"

Suite *trend_suite(void);

#define BATCHES 40
#define KEYS 9

static int counts[BATCHES][KEYS];

/* In some stretches nothing comes. */
static void
random_counts(void)
{
	for (int b = 0; b < BATCHES; b++) {
		bool none = b % 13 > 9;

		for (int k = 0; k < KEYS; k++)
			counts[b][k] = none || rand_below(3) == 0 ? 0 :
			    (int)rand_below(1 + rand_below(12));
	}
}

/* What is usual for a key before batch AT; NAN: it is new. */
static double
usual(int key, int at, int slide, double alpha, double minimum)
{
	double mean = NAN;

	for (int b = slide - 1; b < at; b += slide) {
		int n = 0;

		for (int i = b - slide + 1; i <= b; i++)
			n += counts[i][key];
		if (isnan(mean) && n == 0)
			continue;
		mean = isnan(mean) ? n : alpha * n + (1 - alpha) * mean;
		if (fabs(mean) < minimum)
			mean = NAN;
	}
	return mean;
}

struct row {
	int	key, count;
	double	usual, ratio;
};

/* Ratio down, new ones last, else by count down and key, as countby has them. */
static int
by_ratio(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	if (isnan(a->ratio) != isnan(b->ratio))
		return isnan(a->ratio) ? 1 : -1;
	if (!isnan(a->ratio) && a->ratio != b->ratio)
		return a->ratio > b->ratio ? -1 : 1;
	return a->count != b->count ? b->count - a->count : a->key - b->key;
}

static const struct {
	const char	*line;
	int		 slide;
	double		 alpha, minimum;
	int		 limit;
} flows[] = {
	{ "countby then trend count", 1, 0.1, 0.01, KEYS },
	{ "countby then trend count --by line --alpha 0.5 --min-usual 0.3", 1, 0.5, 0.3, KEYS },
	{ "countby -w 4s then trend count -a 0.25", 4, 0.25, 0.01, KEYS },
	{ "countby then trend count -a 0.5 then top 3", 1, 0.5, 0.01, 3 },
};

static void
want_rows(int flow, struct buf *want)
{
	int slide = flows[flow].slide;

	for (int b = slide - 1; b < BATCHES; b += slide) {
		struct row rows[KEYS];
		int n = 0;

		for (int k = 0; k < KEYS; k++) {
			struct row *r = &rows[n];

			*r = (struct row){ .key = k };
			for (int i = b - slide + 1; i <= b; i++)
				r->count += counts[i][k];
			if (r->count == 0)
				continue;
			r->usual = usual(k, b, slide, flows[flow].alpha, flows[flow].minimum);
			r->ratio = r->count / r->usual;
			n++;
		}
		qsort(rows, (size_t)n, sizeof(*rows), by_ratio);
		for (int i = 0; i < n && i < flows[flow].limit; i++)
			text_printf(want, "%lld %d %d %.9g %.9g\n", (long long)FLOW_START + b + 1,
			    rows[i].key, rows[i].count, rows[i].usual, rows[i].ratio);
	}
}

/* Numbers with nine digits. */
static void
round_rows(const struct buf *out, struct buf *rounded)
{
	const char *at = out->data, *end = out->data + out->len;

	while (at < end) {
		char mean[40], ratio[40];
		int key, count, used;
		long long time;

		DEMAND(sscanf(at, "%lld\t%d\t%d\t%39[^\t]\t%39[^\n]\n%n", &time, &key, &count, mean,
		    ratio, &used) == 5);
		at += used;
		text_printf(rounded, "%lld %d %d %.9g %.9g\n", time, key, count,
		    mean[0] == '\\' ? NAN : atof(mean), ratio[0] == '\\' ? NAN : atof(ratio));
	}
}

START_TEST(models)
{
	for (int round = 0; round < 12; round++) {
		struct flow f = { .line = flows[_i].line };
		struct buf batch[BATCHES] = { { 0 } }, want = { 0 };

		random_counts();
		for (int b = 0; b < BATCHES; b++)
			for (int k = 0; k < KEYS; k++)
				for (int n = 0; n < counts[b][k]; n++)
					text_printf(&batch[b], "%d\n", k);
		want_rows(_i, &want);
		for (int pieces = 0; pieces < 2; pieces++) {
			struct buf out = { 0 }, rounded = { 0 };

			flow_run(&f, batch, BATCHES, pieces > 0, &out, NULL);
			text_add(&out, "", 1);
			out.len--;
			round_rows(&out, &rounded);
			text_same(&rounded, &want, f.line);
			buf_free(&out);
			buf_free(&rounded);
		}
		if (round == 0)
			flow_short_of_memory(&f, batch, 3);
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

START_TEST(examples)
{
	static const char *const lines[] = { "a,1\nb,x\n", "a,4\nb,2\n" };
	struct flow_end end;

	flow_same(&(struct flow){ .line = "select k,n then trend n --by k", .format = "csv",
	    .columns = "k,n" }, lines, 2,
	    "1795389001\ta\t1\t\\N\t\\N\n1795389002\ta\t4\t1\t4\n1795389002\tb\t2\t\\N\t\\N\n",
	    &end);
	ck_assert_str_eq(end.why, "trend: n 'x' is not a number");
	flow_refused(&(struct flow){ .line = "trend line" }, "put it behind a stage that");
	flow_refused(&(struct flow){ .line = "countby then trend coumt" }, "did you mean 'count'");
	flow_refused(&(struct flow){ .line = "countby then trend count --alpha 2" }, "at most 1");
	flow_refused(&(struct flow){ .line = "countby then trend count -m 0" }, "above 0");
	flow_refused(&(struct flow){ .line = "countby then trend count then trend count" },
	    "two columns are called 'usual'");
}
END_TEST

Suite *
trend_suite(void)
{
	Suite *s = suite_create("trend");
	TCase *t = case_add(s, "trend");

	tcase_add_loop_test(t, models, 0, COUNT(flows));
	tcase_add_test(t, examples);
	return s;
}
