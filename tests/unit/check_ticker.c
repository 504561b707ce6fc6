/*
 * Unit tests of src/core/ticker.c on clocks that the test sets: boundaries are multiples, fire once
 * and in order, and follow the wall clock when it steps or drifts.
 */

#include <check.h>
#include <stdlib.h>

#include "core/ticker.h"
#include "util.h"

Suite *ticker_suite(void);

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)
#define NOW INT64_C(1795389012345678)

/* Two clocks that run together until the wall clock is set. */
struct clocks {
	int64_t wall, mono;
};

static void
pass(struct clocks *c, int64_t us)
{
	c->wall += us;
	c->mono += us;
}

static struct clocks
start(struct ticker *t, int64_t interval, int64_t wall)
{
	struct clocks c = { .wall = wall, .mono = 777 * SECOND };

	ticker_start(t, interval, c.wall, c.mono);
	return c;
}

/* Sleeps until the deadline, as a timer that is never early. */
static void
wait_for(struct clocks *c, const struct ticker *t)
{
	if (t->deadline > c->mono)
		pass(c, t->deadline - c->mono);
	DEMAND(ticker_due(t, c->mono));
}

static const struct {
	int64_t interval, wall, boundary;
} starts[] = {
	{ SECOND, 0, SECOND },
	{ SECOND, 1, SECOND },
	{ SECOND, SECOND - 1, SECOND },
	{ SECOND, SECOND, 2 * SECOND },		/* stamped T is in the next one */
	{ SECOND, -1, 0 },
	{ SECOND, -SECOND, 0 },
	{ SECOND, -SECOND - 1, -SECOND },
	{ MS, NOW, NOW - 678 + MS },
	{ DAY, NOW, NOW / DAY * DAY + DAY },
	{ DAY, -1, 0 },
	{ 7 * SECOND, 6 * SECOND, 7 * SECOND },
	{ 1, NOW, NOW + 1 },
	{ 3600 * SECOND, INT64_C(1774746000) * SECOND, INT64_C(1774749600) * SECOND },
};

START_TEST(aligned)
{
	struct ticker t;
	struct clocks c = start(&t, starts[_i].interval, starts[_i].wall);

	ck_assert_int_eq(t.boundary, starts[_i].boundary);
	ck_assert_int_eq(t.deadline - c.mono, t.boundary - c.wall);
	ck_assert(!ticker_due(&t, t.deadline - 1));
	ck_assert(ticker_due(&t, t.deadline));
	ck_assert_int_eq(ticker_lateness(&t, c.mono), 0);
	ck_assert_int_eq(ticker_lateness(&t, t.deadline), 0);
	ck_assert_int_eq(ticker_lateness(&t, t.deadline + 5), 5);
}
END_TEST

static const int64_t intervals[] = { MS, 250 * MS, SECOND, 7 * SECOND, 3600 * SECOND, DAY };

START_TEST(steady)
{
	int64_t interval = intervals[_i], before;
	struct ticker t;
	struct clocks c = start(&t, interval, NOW);

	for (int i = 0; i < 5000; i++) {
		before = t.boundary;
		wait_for(&c, &t);
		DEMAND(c.wall == t.boundary);
		pass(&c, (int64_t)rand_below((uint64_t)interval / 2));
		ticker_next(&t, c.wall, c.mono);
		DEMAND(t.boundary == before + interval && !ticker_due(&t, c.mono));
	}
}
END_TEST

/* Blocked for many intervals: each that passed fires once, in order, then all is as before. */
START_TEST(late)
{
	int64_t interval = intervals[_i];
	struct ticker t;
	struct clocks c = start(&t, interval, NOW);

	for (int round = 0; round < 200; round++) {
		int64_t passed = (int64_t)rand_below(12), first = t.boundary;

		wait_for(&c, &t);
		pass(&c, passed * interval + interval / 3);
		for (int64_t i = 0; i <= passed; i++) {
			DEMAND(ticker_due(&t, c.mono) && t.boundary == first + i * interval);
			DEMAND(ticker_lateness(&t, c.mono) == c.wall - t.boundary);
			ticker_next(&t, c.wall, c.mono);
		}
		DEMAND(!ticker_due(&t, c.mono));
	}
}
END_TEST

#define LEAST_STEP (100 * MS)	/* of the wall clock that counts as one */

static const struct {
	int64_t step;		/* of the wall clock, in tenths of the interval */
	bool moves;		/* the boundary, to the first multiple behind the new time */
} steps[] = {
	{ 9, false }, { -9, false }, { 3, false }, { -3, false },
	{ 10, true }, { -10, true }, { 11, true }, { -11, true },
	{ 1000, true }, { -1000, true }, { 1234567, true }, { -1234567, true },
};

START_TEST(clock_steps)
{
	for (int k = 0; k < COUNT(intervals); k++) {
		int64_t interval = intervals[k], before;
		struct ticker t;
		struct clocks c = start(&t, interval, NOW);

		wait_for(&c, &t);
		before = t.boundary;
		c.wall += interval / 10 * steps[_i].step;
		ticker_next(&t, c.wall, c.mono);
		ck_assert_int_eq(t.boundary % interval, 0);
		if (!steps[_i].moves || llabs(interval / 10 * steps[_i].step) < LEAST_STEP)
			ck_assert_int_eq(t.boundary, before + interval);
		else
			ck_assert(t.boundary > c.wall && t.boundary <= c.wall + interval);
		ck_assert_int_eq(t.deadline - c.mono, t.boundary - c.wall);
		/* and nothing else: from here on it is steady */
		for (int i = 0; i < 10; i++) {
			before = t.boundary;
			wait_for(&c, &t);
			ticker_next(&t, c.wall, c.mono);
			DEMAND(t.boundary == before + interval);
		}
	}
}
END_TEST

/* The wall clock is slewed by up to 500 ppm either way: no boundary is lost or made twice. */
START_TEST(drift)
{
	static const int64_t ppm[] = { 500, -500, 37 };
	int64_t before, interval = SECOND;
	struct ticker t;
	struct clocks c = start(&t, interval, NOW);

	for (int i = 0; i < 10000; i++) {
		before = t.boundary;
		c.wall += interval * ppm[_i] / 1000000;
		wait_for(&c, &t);
		pass(&c, (int64_t)rand_below(1000));
		ticker_next(&t, c.wall, c.mono);
		DEMAND(t.boundary == before + interval && t.boundary % interval == 0);
		DEMAND(t.deadline - c.mono == t.boundary - c.wall);
	}
}
END_TEST

START_TEST(around_the_epoch)
{
	struct ticker t;
	struct clocks c = start(&t, SECOND, -5 * SECOND - 1);

	for (int64_t want = -5; want < 5; want++) {
		ck_assert_int_eq(t.boundary, want * SECOND);
		wait_for(&c, &t);
		ticker_next(&t, c.wall, c.mono);
	}
}
END_TEST

Suite *
ticker_suite(void)
{
	Suite *suite = suite_create("ticker");
	TCase *tc = case_add(suite, "ticker");

	tcase_add_loop_test(tc, aligned, 0, COUNT(starts));
	tcase_add_loop_test(tc, steady, 0, COUNT(intervals));
	tcase_add_loop_test(tc, late, 0, COUNT(intervals));
	tcase_add_loop_test(tc, clock_steps, 0, COUNT(steps));
	tcase_add_loop_test(tc, drift, 0, 3);
	tcase_add_test(tc, around_the_epoch);
	return suite;
}
