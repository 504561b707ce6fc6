/*
 * Unit tests of src/core/bucket.c: what a reader that asks as it should may take in a second,
 * whatever its lines and its timers are like.
 */

#include "core/bucket.h"
#include "util.h"

Suite *bucket_suite(void);

#define SECOND 1000000

struct reader {
	struct bucket	bucket;
	int64_t		now;
	uint64_t	taken;
	uint64_t	line;		/* bytes of each line */
	uint64_t	rest;		/* bytes of the last one that were read */
	int64_t		late;		/* of each timer */
};

/* Reads until UNTIL as source/reader.c does. */
static void
read_until(struct reader *r, int64_t until)
{
	int64_t wait;

	while (r->now < until) {
		if (bucket_allowed(&r->bucket, r->now, &wait) == 0) {
			r->now += wait + r->late;
			continue;
		}
		size_t n = bucket_bytes(&r->bucket, 262144);
		uint64_t records = (r->rest + n) / r->line;

		r->rest = (r->rest + n) % r->line;
		r->taken += records;
		bucket_spend(&r->bucket, records, n);
	}
}

START_TEST(exact_over_seconds)
{
	static const uint64_t rates[] = { 1, 3, 10, 999, 5000, 1000000, BUCKET_MOST };
	static const uint64_t lines[] = { 1, 2, 20, 300, 70000 };
	static const int64_t lates[] = { 0, 100, 20000 };

	for (int i = 0; i < COUNT(rates) * COUNT(lines) * COUNT(lates); i++) {
		uint64_t rate = rates[i % COUNT(rates)];
		struct reader r = {
			.line = lines[i / COUNT(rates) % COUNT(lines)],
			.late = lates[i / COUNT(rates) / COUNT(lines)],
		};

		if (rate * r.line > 50000000)
			continue;		/* too much for a test */
		bucket_open(&r.bucket, rate, 0);
		read_until(&r, 10 * SECOND);
		DEMAND(r.taken <= rate * 10 + 1 + rate / 50 + 8);
		DEMAND(r.taken + rate / 20 + 2 >= rate * 10);
	}
}
END_TEST

START_TEST(idle_gives_no_flood)
{
	struct reader r = { .line = 10 };
	int64_t wait;

	bucket_open(&r.bucket, 1000, 0);
	read_until(&r, SECOND);
	r.now += 3600LL * SECOND;
	r.bucket.waiting = false;
	ck_assert_uint_le(bucket_allowed(&r.bucket, r.now, &wait), 11);
}
END_TEST

START_TEST(debt_is_paid)
{
	struct bucket b;
	int64_t wait = 0;

	bucket_open(&b, 10, 0);
	ck_assert_uint_eq(bucket_allowed(&b, 0, &wait), 1);
	bucket_spend(&b, 21, 100);
	ck_assert_uint_eq(bucket_allowed(&b, 0, &wait), 0);
	ck_assert_int_eq(wait, 21 * SECOND / 10);
	ck_assert_uint_eq(bucket_allowed(&b, wait, &wait), 1);
}
END_TEST

START_TEST(no_limit)
{
	struct bucket b;
	int64_t wait;

	bucket_open(&b, 0, 0);
	ck_assert_uint_eq(bucket_allowed(&b, 0, &wait), UINT64_MAX);
	ck_assert_uint_eq(bucket_bytes(&b, 12345), 12345);
}
END_TEST

Suite *
bucket_suite(void)
{
	Suite *suite = suite_create("bucket");
	TCase *tcase = case_add(suite, "rates");

	tcase_add_test(tcase, exact_over_seconds);
	tcase_add_test(tcase, idle_gives_no_flood);
	tcase_add_test(tcase, debt_is_paid);
	tcase_add_test(tcase, no_limit);
	return suite;
}
