/*
 * Unit tests of src/core/watermark.c: random times of several sources against a model that looks at
 * all that was seen, and the rules at the edges.
 */

#include <check.h>

#include "core/watermark.h"
#include "util.h"

Suite *watermark_suite(void);

#define SOURCES 4

/* What has been told so far. */
struct told {
	int64_t	newest;
	bool	seen, done, idle;
};

static int64_t
floor_to(int64_t time, int64_t batch)
{
	int64_t n = time / batch;

	return (time % batch < 0 ? n - 1 : n) * batch;
}

/* The end of the last batch that is over, as the rule says it, or INT64_MIN. */
static int64_t
closed_by_rule(const struct told *t, int64_t batch, int64_t lateness)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < SOURCES; i++) {
		if (t[i].done || t[i].idle)
			continue;
		if (!t[i].seen)
			return INT64_MIN;
		least = t[i].newest < least ? t[i].newest : least;
	}
	return least == INT64_MAX ? INT64_MIN : floor_to(least - lateness, batch);
}

START_TEST(random_times)
{
	int64_t batch = 1 + (int64_t)rand_below(50), lateness = (int64_t)rand_below(200);
	struct told told[SOURCES] = { 0 };
	struct watermark w;
	int64_t most = INT64_MIN;

	ck_assert_int_eq(watermark_open(&w, SOURCES, batch, lateness), 0);
	for (int round = 0; round < 3000; round++) {
		size_t i = rand_below(SOURCES);
		int64_t time = (int64_t)rand_below(4000) - 1000 + round, rule;
		uint64_t what = rand_below(200);
		bool moved;

		if (told[i].done)
			continue;
		if (what == 0 && round > 2500) {
			told[i].done = true;
			moved = watermark_done(&w, i);
		} else if (what < 4) {
			told[i].idle = true;
			moved = watermark_idle(&w, i, true);
		} else {
			told[i].newest = told[i].seen && told[i].newest > time ?
			    told[i].newest : time;
			told[i].seen = true;
			told[i].idle = false;
			moved = watermark_see(&w, i, time);
		}
		rule = closed_by_rule(told, batch, lateness);
		DEMAND(moved == (rule > most));
		most = rule > most ? rule : most;	/* it never goes back */
		DEMAND(w.closed == most);
	}
	watermark_close(&w);
}
END_TEST

START_TEST(batches)
{
	static const struct { int64_t time, batch, end; } rows[] = {
		{ 0, 10, 10 }, { 9, 10, 10 }, { 10, 10, 20 }, { -1, 10, 0 }, { -10, 10, 0 },
		{ -11, 10, -10 }, { 1700000000000001, 1000000, 1700000001000000 },
	};
	struct watermark w;

	for (int i = 0; i < COUNT(rows); i++) {
		ck_assert_int_eq(watermark_open(&w, 1, rows[i].batch, 0), 0);
		ck_assert_int_eq(watermark_batch(&w, rows[i].time), rows[i].end);
		watermark_close(&w);
	}
}
END_TEST

/* A time at the end of a batch is in the next one and ends it; one before it does not. */
START_TEST(ties)
{
	struct watermark w;

	ck_assert_int_eq(watermark_open(&w, 1, 10, 0), 0);
	ck_assert(watermark_see(&w, 0, 9));
	ck_assert_int_eq(w.closed, 0);
	ck_assert(watermark_see(&w, 0, 10));
	ck_assert_int_eq(w.closed, 10);
	ck_assert(!watermark_see(&w, 0, 10));
	ck_assert(!watermark_done(&w, 0));
	watermark_close(&w);
}
END_TEST

START_TEST(no_memory)
{
	struct watermark w;

	fault_set(1, false);
	ck_assert_int_eq(watermark_open(&w, 1, 10, 0), -1);
	fault_clear();
	watermark_close(&w);
}
END_TEST

Suite *
watermark_suite(void)
{
	Suite *suite = suite_create("watermark");
	TCase *model = case_add(suite, "model");
	TCase *edges = case_add(suite, "edges");

	tcase_add_loop_test(model, random_times, 0, 20);
	tcase_add_test(edges, batches);
	tcase_add_test(edges, ties);
	tcase_add_test(edges, no_memory);
	return suite;
}
