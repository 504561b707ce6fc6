/*
 * Unit tests of src/core/moments.c: sums against 128-bit arithmetic, variance against two passes in
 * long double, the same bytes for any order and any partition.
 */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "core/moments.h"
#include "util.h"

Suite *moments_suite(void);

#define WORDS MOMENTS_WORDS(MOMENTS_SQUARES)
#define MOST 400

/* What columns look like. */
enum column_kind {
	COLUMN_CENTS,
	COLUMN_INTS,		/* of any size up to 64 bits */
	COLUMN_DOUBLES,		/* of many digits, around 1 */
	COLUMN_OFFSET,		/* near 10^9, where a sum of squares in doubles loses all */
	COLUMN_MIXED,
	COLUMN_LARGE,		/* exact, up to 10^20 */
	COLUMN_KINDS
};

static struct number
random_number(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_CENTS:
		return number_from_nano(((wide_int)rand_below(2000000) - 1000000) * 10000000);
	case COLUMN_INTS:
		return number_from_int((int64_t)rand_u64() >> rand_below(64));
	case COLUMN_DOUBLES:
		return number_from_double((double)(int64_t)rand_u64() / 9e18);
	case COLUMN_OFFSET:
		return number_from_double(1e9 + (double)rand_below(1000000) / 7e5);
	case COLUMN_LARGE:
		return number_from_nano((wide_int)(rand_u64() >> 1) * 5000000000 *
		    (rand_below(2) ? 1 : -1));
	default:
		return random_number((enum column_kind)rand_below(COLUMN_MIXED));
	}
}

static void
fill(uint64_t *w, const struct number *x, size_t n)
{
	memset(w, 0, WORDS * sizeof(*w));
	for (size_t i = 0; i < n; i++)
		moments_add(w, &x[i], MOMENTS_SQUARES);
}

static void
check_near(double got, long double want, double relative)
{
	if (fabsl(got - want) > fabsl(want) * relative)
		ck_abort_msg("%.17g, but it is %.17Lg", got, want);
}

/* X - REF, so that what lies near REF keeps its digits. */
static long double
value(const struct number *x, wide_int ref)
{
	if (x->exact)
		return (long double)(x->nano - ref * NUMBER_NANO) / 1e9L;
	return (long double)x->d - (long double)ref;
}

/* Sums in long double, with Neumaier's compensation. */
static long double
careful_sum(const struct number *x, size_t n, wide_int ref, long double mean, bool square)
{
	long double sum = 0, lost = 0;

	for (size_t i = 0; i < n; i++) {
		long double v = value(&x[i], ref) - mean, t;

		v = square ? v * v : v;
		t = sum + v;
		lost += fabsl(sum) >= fabsl(v) ? (sum - t) + v : (v - t) + sum;
		sum = t;
	}
	return sum + lost;
}

static void
check_answers(const uint64_t *w, const struct number *x, size_t n)
{
	wide_int ref = (wide_int)x[0].d;
	long double mean = careful_sum(x, n, 0, 0, false) / n, magnitude = 0;
	long double off = careful_sum(x, n, ref, 0, false) / n;
	long double variance = n > 1 ? careful_sum(x, n, ref, off, true) / (n - 1) : 0;
	struct number least = x[0], greatest = x[0], got;
	wide_int sum = 0;
	bool exact = true;

	for (size_t i = 0; i < n; i++) {
		exact = exact && x[i].exact;
		sum += x[i].nano;
		magnitude += fabsl(value(&x[i], 0));
		if (number_compare(&x[i], &least) < 0)
			least = x[i];
		if (number_compare(&x[i], &greatest) > 0)
			greatest = x[i];
	}
	got = moments_sum(w);
	DEMAND(w[MOMENTS_COUNT] == n && got.exact == exact && (!exact || got.nano == sum));
	DEMAND(fabsl(got.d - mean * n) <= magnitude * 3e-16L);
	DEMAND(fabsl(moments_mean(w) - mean) <= magnitude / n * 3e-16L);
	got = moments_least(w);
	DEMAND(number_compare(&got, &least) == 0 && got.d == least.d);
	got = moments_greatest(w);
	DEMAND(number_compare(&got, &greatest) == 0 && got.d == greatest.d);
	if (n < 2) {
		DEMAND(isnan(moments_variance(w)) && isnan(moments_deviation(w)));
	} else {
		check_near(moments_variance(w), variance, 1e-13);
		check_near(moments_deviation(w), sqrtl(variance), 1e-13);
	}
}

START_TEST(answers)
{
	struct number x[MOST];
	uint64_t w[WORDS];

	for (int round = 0; round < 1000; round++) {
		size_t n = 1 + rand_below(rand_below(2) ? 5 : MOST);

		for (size_t i = 0; i < n; i++)
			x[i] = random_number((enum column_kind)_i);
		fill(w, x, n);
		check_answers(w, x, n);
	}
}
END_TEST

/* Shuffled, cut into parts, merged as a random tree: always the same words. */
START_TEST(any_order)
{
	struct number x[MOST];
	uint64_t want[WORDS], part[8][WORDS];

	for (int round = 0; round < 500; round++) {
		size_t n = rand_below(MOST);

		for (size_t i = 0; i < n; i++)
			x[i] = random_number((enum column_kind)_i);
		fill(want, x, n);
		for (size_t i = n; i > 1; i--) {
			size_t k = rand_below(i);
			struct number swap = x[k];

			x[k] = x[i - 1];
			x[i - 1] = swap;
		}
		memset(part, 0, sizeof(part));
		for (size_t i = 0; i < n; i++)
			moments_add(part[rand_below(8)], &x[i], MOMENTS_SQUARES);
		for (size_t left = 8; left > 1; left--) {
			size_t k = rand_below(left - 1);

			moments_merge(part[k], part[left - 1], MOMENTS_SQUARES);
		}
		DEMAND(memcmp(part[0], want, sizeof(want)) == 0);
	}
}
END_TEST

/* Each part has the first words of the next, and no others are written. */
START_TEST(parts)
{
	struct number x[MOST];
	uint64_t all[WORDS], some[WORDS], other[WORDS];

	for (size_t i = 0; i < MOST; i++)
		x[i] = random_number(COLUMN_MIXED);
	fill(all, x, MOST);
	for (int part = MOMENTS_SUM; part <= MOMENTS_SQUARES; part++) {
		size_t words = MOMENTS_WORDS(part);

		memset(some, 0, sizeof(some));
		memset(other, 0, sizeof(other));
		for (size_t i = 0; i < MOST; i++)
			moments_add(i % 3 ? some : other, &x[i], (enum moments_part)part);
		moments_merge(some, other, (enum moments_part)part);
		DEMAND(memcmp(some, all, words * sizeof(*all)) == 0);
		for (size_t i = words; i < WORDS; i++)
			DEMAND(some[i] == 0);
	}
}
END_TEST

static struct number
parsed(const char *text)
{
	struct number n;

	DEMAND(number_parse(text, strlen(text), &n));
	return n;
}

START_TEST(known_answers)
{
	struct number x[5];
	uint64_t w[WORDS];

	for (int i = 0; i < 5; i++)
		x[i] = number_from_int(i + 1);
	fill(w, x, 5);
	ck_assert_double_eq(moments_mean(w), 3);
	ck_assert_double_eq(moments_variance(w), 2.5);
	ck_assert_double_eq(moments_deviation(w), sqrt(2.5));
	for (int i = 0; i < 3; i++)
		x[i] = parsed("0.1");
	fill(w, x, 3);
	ck_assert(moments_sum(w).nano == 300000000);
	ck_assert_double_eq(moments_mean(w), 0.1);
	ck_assert_double_eq(moments_variance(w), 0);
	x[0] = parsed("9007199254740993");
	x[1] = parsed("9007199254740995");
	fill(w, x, 2);
	ck_assert_double_eq(moments_variance(w), 2);
	ck_assert(moments_least(w).nano == x[0].nano && moments_greatest(w).nano == x[1].nano);
	fill(w, x, 1);
	ck_assert(isnan(moments_variance(w)));
}
END_TEST

START_TEST(huge_numbers)
{
	struct number x[] = { number_from_double(1e300), number_from_int(5),
		number_from_double(-3e299) };
	uint64_t w[WORDS];
	struct number sum;

	fill(w, x, 3);
	sum = moments_sum(w);
	ck_assert(!sum.exact && sum.d == 1e300 - 3e299);
	check_near(moments_mean(w), 7e299L / 3, 1e-15);
	ck_assert(isnan(moments_variance(w)));		/* 10^600 */
	ck_assert(moments_greatest(w).d == 1e300 && moments_least(w).d == -3e299);
	x[0] = number_from_double(1e40);
	x[2] = number_from_double(2e40);
	fill(w, x, 3);
	check_near(moments_variance(w), 1e80L, 1e-14);
	x[0] = number_from_double(1.7e308);
	x[1] = x[0];
	fill(w, x, 2);
	ck_assert(isinf(moments_sum(w).d) && isnan(moments_variance(w)));
}
END_TEST

/* A sum of exact numbers that does not fit goes on as a double and says so. */
START_TEST(spilled_sum)
{
	struct number most = parsed("99999999999999999999.999999999");
	uint64_t w[WORDS] = { 0 }, half[WORDS];

	for (int i = 0; i < 40; i++) {
		moments_add(w, &most, MOMENTS_SQUARES);
		memcpy(half, w, sizeof(w));
		if (i < 30)
			moments_merge(w, half, MOMENTS_SQUARES);
	}
	ck_assert(!moments_sum(w).exact);
	check_near(moments_sum(w).d, 1e20L * w[0], 1e-14);
	check_near(moments_mean(w), 1e20L, 1e-14);
}
END_TEST

START_TEST(tiny_numbers)
{
	struct number x[] = { number_from_double(1e-12), number_from_double(3e-12),
		number_from_double(1e-300) };
	uint64_t w[WORDS];

	fill(w, x, 2);
	check_near(moments_sum(w).d, 4e-12L, 3e-16);
	check_near(moments_variance(w), 2e-24L, 1e-15);
	fill(w, x, 3);
	ck_assert(moments_least(w).d == 1e-300);
	check_near(moments_sum(w).d, 4e-12L, 3e-16);
}
END_TEST

Suite *
moments_suite(void)
{
	Suite *suite = suite_create("moments");
	TCase *model = case_add(suite, "model"), *edges = case_add(suite, "edges");

	tcase_add_loop_test(model, answers, 0, COLUMN_KINDS);
	tcase_add_loop_test(model, any_order, 0, COLUMN_KINDS);
	tcase_add_test(model, parts);
	tcase_add_test(edges, known_answers);
	tcase_add_test(edges, huge_numbers);
	tcase_add_test(edges, spilled_sum);
	tcase_add_test(edges, tiny_numbers);
	return suite;
}
