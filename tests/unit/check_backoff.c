/*
 * Unit tests of src/source/backoff.c: the bounds of each wait against the rule, the spread of the
 * jitter, and that a seed repeats its waits.
 */

#include <check.h>
#include <stdint.h>

#include "source/backoff.h"

Suite *backoff_suite(void);

#define ROUNDS 40		/* well past the longest wait */
#define SEEDS 2000

/* The whole of the Nth wait, computed the slow way. */
static int64_t
whole(int n)
{
	int64_t us = BACKOFF_FIRST;

	for (int i = 0; i < n; i++) {
		us *= 2;
		if (us > BACKOFF_LONGEST)
			return BACKOFF_LONGEST;
	}
	return us;
}

START_TEST(bounds)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct backoff b;

		backoff_start(&b, seed);
		for (int i = 0; i < ROUNDS; i++) {
			int64_t wait = backoff_next(&b);

			ck_assert_int_ge(wait, whole(i) / 2);
			ck_assert_int_le(wait, whole(i));
		}
	}
}
END_TEST

START_TEST(longest)
{
	ck_assert_int_eq(whole(0), 100000);
	ck_assert_int_eq(whole(8), 25600000);
	ck_assert_int_eq(whole(9), 30000000);
	ck_assert_int_eq(whole(ROUNDS), 30000000);
}
END_TEST

START_TEST(seed_repeats)
{
	struct backoff a, b;

	backoff_start(&a, 7);
	backoff_start(&b, 7);
	for (int i = 0; i < ROUNDS; i++)
		ck_assert_int_eq(backoff_next(&a), backoff_next(&b));
}
END_TEST

START_TEST(seeds_differ)
{
	int same = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct backoff a, b;

		backoff_start(&a, seed);
		backoff_start(&b, seed + 1);
		same += backoff_next(&a) == backoff_next(&b);
	}
	ck_assert_int_lt(same, SEEDS / 100);
}
END_TEST

/* Each tenth of the range from half to whole gets about a tenth of the waits. */
START_TEST(spread_is_even)
{
	enum { TENTHS = 10, N = 100000 };
	int hits[TENTHS] = { 0 };
	struct backoff b;

	backoff_start(&b, 1);
	for (int i = 0; i < N; i++) {
		int64_t wait;

		backoff_reset(&b);
		wait = backoff_next(&b) - BACKOFF_FIRST / 2;
		hits[wait * TENTHS / (BACKOFF_FIRST / 2 + 1)]++;
	}
	for (int i = 0; i < TENTHS; i++) {
		ck_assert_int_gt(hits[i], N / TENTHS * 9 / 10);
		ck_assert_int_lt(hits[i], N / TENTHS * 11 / 10);
	}
}
END_TEST

START_TEST(reset_starts_over)
{
	struct backoff b;
	int64_t first, again;

	backoff_start(&b, 3);
	first = backoff_next(&b);
	for (int i = 0; i < ROUNDS; i++)
		(void)backoff_next(&b);
	backoff_reset(&b);
	again = backoff_next(&b);
	ck_assert_int_ge(again, BACKOFF_FIRST / 2);
	ck_assert_int_le(again, BACKOFF_FIRST);
	ck_assert_int_ne(again, first);		/* the jitter goes on */
	ck_assert_int_ge(backoff_next(&b), BACKOFF_FIRST);
}
END_TEST

Suite *
backoff_suite(void)
{
	Suite *suite = suite_create("backoff");
	TCase *tcase = tcase_create("waits");

	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, longest);
	tcase_add_test(tcase, seed_repeats);
	tcase_add_test(tcase, seeds_differ);
	tcase_add_test(tcase, spread_is_even);
	tcase_add_test(tcase, reset_starts_over);
	suite_add_tcase(suite, tcase);
	return suite;
}
