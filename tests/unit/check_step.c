/*
 * Unit tests of src/stage/step.c, delta.c, rate.c, ewma.c: against models that look back at all
 * rows.
 */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "core/decay.h"
#include "flow_util.h"

Suite *step_suite(void);

#define BATCHES 12
#define RECORDS_MAX 1000
#define MARK INT64_MIN			/* of a record without a number */

struct record {
	int	 key, batch;
	int64_t	 time;			/* milliseconds since FLOW_START */
	int64_t	 cents;			/* MARK: null; MARK + 1: bad */
};

static struct record records[RECORDS_MAX];
static int order[RECORDS_MAX], nrecords;
static bool by_event;

static void
random_records(int64_t lateness)
{
	nrecords = 0;
	by_event = lateness > 0;
	for (int b = 0; b < BATCHES; b++)
		for (uint64_t n = rand_below(4) == 0 ? 0 : rand_below(40); n > 0; n--) {
			struct record *r = &records[nrecords++];

			r->key = (int)rand_below(1 + rand_below(6));
			r->batch = b;
			r->time = b * 1000 + (int64_t)(1000 - 25 * n) / 100 * 100;
			if (by_event)
				r->time -= (int64_t)rand_below((uint64_t)lateness);
			if (r->time < 0)
				r->time = 0;
			r->cents = (int64_t)rand_below(20000) - 4000;
			if (rand_below(10) == 0)
				r->cents = MARK + (int64_t)rand_below(2);
		}
}

static int
batch_of(const struct record *r)
{
	return by_event ? (int)(r->time / 1000) : r->batch;
}

/* The order in which the stage sees them. */
static void
sort_records(void)
{
	int n = 0;

	for (int b = -1; b < BATCHES; b++)
		for (int i = 0; i < nrecords; i++)
			if (batch_of(&records[i]) == b)
				order[n++] = i;
	DEMAND(n == nrecords);
}

static int64_t
time_of(const struct record *r)
{
	return by_event ? r->time * 1000 : (int64_t)(r->batch + 1) * FLOW_SECOND;
}

static void
add_record(struct buf *text, const struct record *r)
{
	char sign = r->cents < 0 ? '-' : '+';
	int64_t cents = r->cents == MARK ? 0 : llabs(r->cents);

	text_printf(text, "{\"time\":\"%lld.%03d\",\"key\":\"%d\"",
	    (long long)(FLOW_START + r->time / 1000), (int)(r->time % 1000), r->key);
	if (r->cents == MARK + 1)
		text_printf(text, ",\"n\":\"1x\"}\n");
	else if (r->cents == MARK)
		text_printf(text, rand_below(2) == 0 ? ",\"n\":null}\n" : "}\n");
	else
		text_printf(text, ",\"n\":\"%c%lld.%02lld\"}\n", sign, (long long)cents / 100,
		    (long long)cents % 100);
}

/* ---- models: of row ORDER[at], from all before it with its key; NAN is null ---- */

typedef double (*model_fn)(int at, int64_t parameter);

static bool
same_key(int x, int y)
{
	return records[order[x]].key == records[order[y]].key && records[order[x]].cents > MARK + 1;
}

static double
model_delta(int at, int64_t parameter)
{
	(void)parameter;
	for (int i = at - 1; i >= 0; i--)
		if (same_key(i, at))
			return (double)(records[order[at]].cents - records[order[i]].cents) / 100;
	return NAN;
}

static double
model_rate(int at, int64_t parameter)
{
	int64_t now = INT64_MIN, since = INT64_MIN, growth = 0, before = 0;
	bool fresh = true;

	(void)parameter;
	for (int i = 0; i <= at; i++) {
		const struct record *r = &records[order[i]];
		int64_t step = r->cents < before ? r->cents : r->cents - before;

		if (!same_key(i, at))
			continue;
		if (!fresh && time_of(r) > now) {
			since = now;
			growth = 0;
		}
		growth += step;
		now = time_of(r) > now ? time_of(r) : now;
		before = r->cents;
		fresh = false;
	}
	return since == INT64_MIN ? NAN : (double)growth / 100 / ((double)(now - since) / 1e6);
}

static double
model_alpha(int at, int64_t percent)
{
	double mean = NAN, alpha = (double)percent / 100;
	int n = 0;

	for (int i = 0; i <= at; i++)
		if (same_key(i, at))
			mean = n++ == 0 ? (double)records[order[i]].cents / 100 :
			    alpha * (double)records[order[i]].cents / 100 + (1 - alpha) * mean;
	return n < 2 ? NAN : mean;
}

static double
model_half_life(int at, int64_t half)
{
	double sum = 0, weights = 0;
	int64_t now = INT64_MIN;
	int n = 0;

	for (int i = 0; i <= at; i++)
		if (same_key(i, at) && time_of(&records[order[i]]) > now)
			now = time_of(&records[order[i]]);
	for (int i = 0; i <= at; i++) {
		double weight;

		if (!same_key(i, at))
			continue;
		weight = exp2(-(double)(now - time_of(&records[order[i]])) / (double)half);
		sum += weight * (double)records[order[i]].cents / 100;
		weights += weight;
		n++;
	}
	return n < 2 ? NAN : sum / weights;
}

static const struct {
	const char	*line;
	bool		 event;
	model_fn	 model;
	int64_t		 parameter;
} flows[] = {
	{ "delta n --by key then select key,n_delta", false, model_delta, 0 },
	{ "delta -b key n then select key,n_delta", true, model_delta, 0 },
	{ "rate n --by key then select key,n_rate", false, model_rate, 0 },
	{ "rate n --by key --ttl 1d then select key,n_rate", true, model_rate, 0 },
	{ "ewma n --by key --alpha 0.25 then select key,n_ewma", false, model_alpha, 25 },
	{ "ewma n --by key -a 1 then select key,n_ewma", true, model_alpha, 100 },
	{ "ewma n --by key --half-life 3s then select key,n_ewma", false, model_half_life,
	    3000000 },
	{ "ewma n -b key -l 700ms then select key,n_ewma", true, model_half_life, 700000 },
};

/* Goes through the rows that came out. */
static void
check_rows(int flow, const struct buf *out)
{
	const char *at = out->data, *end = out->data + out->len;

	for (int i = 0; i < nrecords; i++) {
		const struct record *r = &records[order[i]];
		double want, got;
		long long time;
		char cell[64];
		int key, used;

		if (r->cents == MARK + 1)
			continue;
		DEMAND(at < end);
		DEMAND(sscanf(at, "%lld\t%d\t%63[^\n]\n%n", &time, &key, cell, &used) == 3);
		at += used;
		ck_assert_int_eq(time, FLOW_START + batch_of(r) + 1);
		ck_assert_int_eq(key, r->key);
		want = r->cents == MARK ? NAN : flows[flow].model(i, flows[flow].parameter);
		if (isnan(want)) {
			ck_assert_str_eq(cell, "\\N");
			continue;
		}
		got = atof(cell);
		ck_assert_msg(fabs(got - want) <= 1e-9 * (1 + fabs(want)),
		    "%s: row %d is %s, not %.17g", flows[flow].line, i, cell, want);
	}
	DEMAND(at == end);
}

START_TEST(models)
{
	for (int round = 0; round < 12; round++) {
		struct flow f = {
			.line = flows[_i].line, .format = "json",
			.time = flows[_i].event ? "time" : NULL, .lateness = 2 * FLOW_SECOND,
		};
		struct buf batch[BATCHES] = { { 0 } }, first = { 0 };
		uint64_t bad = 0;

		random_records(flows[_i].event ? 2000 : 0);
		sort_records();
		for (int i = 0; i < nrecords; i++) {
			add_record(&batch[records[i].batch], &records[i]);
			bad += records[i].cents == MARK + 1;
		}
		for (int pieces = 0; pieces < 3; pieces++) {
			struct buf out = { 0 };
			struct flow_end end;

			text_add(&out, "", 1);
			out.len = 0;
			flow_run(&f, batch, BATCHES, pieces > 0, &out, &end);
			text_add(&out, "", 1);
			out.len--;
			check_rows(_i, &out);
			ck_assert_uint_eq(end.bad, bad);
			ck_assert_uint_eq(end.records, end.counted + bad);
			if (pieces == 0)
				first = out;
			else
				text_same(&out, &first, f.line);
			if (pieces > 0)
				buf_free(&out);
		}
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&first);
	}
}
END_TEST

#define AT(n) "179538900" #n "\t"

static const struct {
	const char	*line, *format, *columns, *batch[4], *want, *why;
} examples[] = {
	{ "delta n -b k", "csv", "k,n", { "a,1\nb,5\na,3.1\n", "a,x\nb,\n", "b,2\na,4\n" },
	    AT(1) "a\t1\t\\N\n" AT(1) "b\t5\t\\N\n" AT(1) "a\t3.1\t2.1\n" AT(3) "b\t2\t-3\n"
	    AT(3) "a\t4\t0.9\n", "delta: n 'x' is not a number" },
	{ "delta n", "json", NULL, { "{\"n\":9223372036854775807}\n{\"n\":-9223372036854775808}\n"
	    "{\"n\":true}\n{\"n\":1e308}\n{\"n\":-1e308}\n" },
	    AT(1) "{\"n\":9223372036854775807}\t\\N\n"
	    AT(1) "{\"n\":-9223372036854775808}\t-1.8446744073709552e+19\n"
	    AT(1) "{\"n\":1e308}\t1e+308\n" AT(1) "{\"n\":-1e308}\t\\N\n",
	    "delta: n 'true' is not a number" },
	{ "countby then delta count --by line then top 1", NULL, NULL, { "a\na\nb\n", "b\nb\na\n" },
	    AT(1) "a\t2\t\\N\n" AT(2) "b\t2\t1\n", "" },
	{ "countby then rate count --by line", NULL, NULL, { "a\n", "a\na\na\n", "", "a\n" },
	    AT(1) "a\t1\t\\N\n" AT(2) "a\t3\t2\n" AT(4) "a\t1\t0.5\n", "" },
	{ "countby then delta count --by line --ttl 2s", NULL, NULL, { "a\n", "a\na\n", "", "a\n" },
	    AT(1) "a\t1\t\\N\n" AT(2) "a\t2\t1\n" AT(4) "a\t1\t\\N\n", "" },
	{ "countby then delta count --by line --ttl 2s", NULL, NULL, { "a\n", "", "a\na\n", "a\n" },
	    AT(1) "a\t1\t\\N\n" AT(3) "a\t2\t\\N\n" AT(4) "a\t1\t-1\n", "" },
	{ "rate n", "csv", "n", { "100\n130\n", "10\n30\n", "\"\"\n50\n" },
	    AT(1) "100\t\\N\n" AT(1) "130\t\\N\n" AT(2) "10\t10\n" AT(2) "30\t30\n"
	    AT(3) "50\t20\n", "rate: n '' is not a number" },
	{ "delta n then ewma n_delta --alpha 0.5 then where n_delta_ewma>1", "csv", "n",
	    { "1\n3\n8\n", "9\n" }, AT(1) "8\t5\t3.5\n" AT(2) "9\t1\t2.25\n", "" },
};

START_TEST(example)
{
	struct flow f = {
		.line = examples[_i].line, .format = examples[_i].format,
		.columns = examples[_i].columns,
	};
	struct flow_end end;
	int n = 0;

	while (n < 4 && examples[_i].batch[n] != NULL)
		n++;
	flow_same(&f, examples[_i].batch, n, examples[_i].want, &end);
	ck_assert_str_eq(end.why, examples[_i].why);
}
END_TEST

static const struct {
	const char	*line, *why;
} refusals[] = {
	{ "delta lime", "did you mean 'line'" },
	{ "delta line --by a", "no column 'a'" },
	{ "delta line then delta line", "two columns are called 'line_delta'" },
	{ "rate line --ttl 5rows", "both in rows" },
	{ "ewma line", "give --alpha A or" },
	{ "ewma line --alpha 0.5 --half-life 5s", "not both" },
	{ "ewma line --alpha 0", "must be above 0" },
	{ "ewma line --alpha 1.01", "must be above 0" },
	{ "ewma line --alpha x", "is not a number" },
};

START_TEST(refused)
{
	for (int i = 0; i < COUNT(refusals); i++)
		flow_refused(&(struct flow){ .line = refusals[i].line }, refusals[i].why);
}
END_TEST

START_TEST(decays)
{
	for (int64_t age = 0; age < 100000; age += 1 + age / 50) {
		double want = ldexp(exp2(-(double)(age % 700) / 700), (int)(-age / 700));

		DEMAND(fabs(decay(age, 700) - want) <= 1e-15 * want);
	}
	DEMAND(decay(0, 1) == 1);
	DEMAND(decay(5, 1) == 0.03125);
	DEMAND(decay(INT64_MAX, 1) == 0);
}
END_TEST

Suite *
step_suite(void)
{
	Suite *s = suite_create("step");
	TCase *t = case_add(s, "step");

	tcase_add_loop_test(t, models, 0, COUNT(flows));
	tcase_add_loop_test(t, example, 0, COUNT(examples));
	tcase_add_test(t, refused);
	tcase_add_test(t, decays);
	return s;
}
