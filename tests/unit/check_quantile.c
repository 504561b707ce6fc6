/*
 * Unit tests of src/core/quantile.c, src/core/hist.c and src/base/wire.c: against sorted values, in
 * any order and any partition, damaged bytes, and memory that runs out.
 */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hist.h"
#include "core/quantile.h"
#include "util.h"

Suite *quantile_suite(void);

#define MOST 6000

static const double wanted[] = { 0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };

enum column_kind {
	COLUMN_UNIFORM, COLUMN_SIGNED, COLUMN_FEW, COLUMN_WIDE, COLUMN_SAME, COLUMN_ROUND,
	COLUMN_KINDS
};

static double
random_value(enum column_kind kind)
{
	double u = (double)(rand_u64() >> 11) / 9007199254740992.0;

	switch (kind) {
	case COLUMN_UNIFORM: return u * 1000;
	case COLUMN_SIGNED: return (u - 0.5) * 20;
	case COLUMN_FEW: return (double)rand_below(5) - 2;
	case COLUMN_WIDE: return ldexp(u - 0.5, (int)rand_below(260) - 130);
	case COLUMN_ROUND: return floor(u * 10000) / 100;
	default: return 42;
	}
}

static int
compare(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static void
check_answers(const uint64_t *w, const double *sorted, size_t n)
{
	double got[COUNT(wanted)];

	DEMAND(w[QUANTILE_COUNT] == n);
	quantile_list(w, wanted, (size_t)COUNT(wanted), got);
	for (int i = 0; i < COUNT(wanted); i++) {
		size_t rank = (size_t)ceil(round(wanted[i] * (double)n * 1e9) / 1e9);
		double want = sorted[rank == 0 ? 0 : rank - 1], off = fabs(got[i] - want);

		DEMAND(got[i] >= sorted[0] && got[i] <= sorted[n - 1]);
		if (fabs(want) >= 0x1p100)
			continue;
		if (n <= QUANTILE_EXACT ? off != 0 : off > fabs(want) / 256 + 0x1p-70)
			ck_abort_msg("%g of %zu: %g, but it is %g", wanted[i], n, got[i], want);
	}
}

static void
add_all(uint64_t *w, const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		DEMAND(quantile_add(w, v[i]) == 0);
}

static size_t
random_size(void)
{
	static const size_t sizes[] = { 1, 2, 4, 5, 100, 1000, QUANTILE_EXACT - 1, QUANTILE_EXACT,
		QUANTILE_EXACT + 1, MOST };

	return rand_below(3) == 0 ? sizes[rand_below(10)] : 1 + rand_below(MOST);
}

/* A saved value is the same for the same values but for the order of kept ones. */
static void
check_same(const uint64_t *x, const uint64_t *y)
{
	struct buf a = { 0 }, b = { 0 };

	DEMAND(x[QUANTILE_COUNT] == y[QUANTILE_COUNT]);
	if (x[QUANTILE_COUNT] <= QUANTILE_EXACT)
		return;
	DEMAND(quantile_save(x, &a) == 0 && quantile_save(y, &b) == 0);
	text_same(&a, &b, "saved quantiles");
	buf_free(&a);
	buf_free(&b);
}

START_TEST(any_order_and_partition)
{
	double v[MOST];

	for (int round = 0; round < 60; round++) {
		uint64_t whole[QUANTILE_WORDS] = { 0 }, part[6][QUANTILE_WORDS] = { { 0 } };
		size_t n = random_size();

		for (size_t i = 0; i < n; i++)
			v[i] = random_value((enum column_kind)_i);
		add_all(whole, v, n);
		for (size_t i = n; i-- > 0;)
			DEMAND(quantile_add(part[rand_below(1 + rand_below(6))], v[i]) == 0);
		for (size_t left = 6; left > 1; left--) {
			size_t k = rand_below(left - 1);

			DEMAND(quantile_merge(part[k], part[left - 1]) == 0);
			quantile_free(part[left - 1]);
		}
		check_same(part[0], whole);
		qsort(v, n, sizeof(*v), compare);
		check_answers(whole, v, n);
		check_answers(part[0], v, n);
		quantile_free(whole);
		quantile_free(part[0]);
	}
}
END_TEST

START_TEST(save_and_load)
{
	double v[MOST];

	for (int round = 0; round < 60; round++) {
		uint64_t w[QUANTILE_WORDS] = { 0 }, back[QUANTILE_WORDS] = { 0 };
		struct buf bytes = { 0 };
		struct wire in;
		size_t n = random_size() / 2 + 1;

		for (size_t i = 0; i < n; i++)
			v[i] = random_value((enum column_kind)_i);
		add_all(w, v, n);
		DEMAND(quantile_save(w, &bytes) == 0);
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		DEMAND(quantile_load(back, &in) == 0 && !in.damaged && in.at == in.end);
		check_same(w, back);
		/* loading merges, and a value may be merged with itself */
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		DEMAND(quantile_load(back, &in) == 0 && !in.damaged);
		DEMAND(quantile_merge(w, w) == 0);
		check_same(w, back);
		memcpy(v + n, v, (2 * n <= MOST ? n : 0) * sizeof(*v));
		if (2 * n <= MOST) {
			qsort(v, 2 * n, sizeof(*v), compare);
			check_answers(w, v, 2 * n);
			check_answers(back, v, 2 * n);
		}
		DEMAND(quantile_bytes(w) > 0);
		quantile_free(w);
		quantile_free(back);
		DEMAND(w[QUANTILE_COUNT] == 0 && w[QUANTILE_MEMORY] == 0 && quantile_bytes(w) == 0);
		buf_free(&bytes);
	}
}
END_TEST

/* Merging a histogram with itself soon brings more values than 32 bits count. */
START_TEST(more_than_32_bits)
{
	uint64_t w[QUANTILE_WORDS] = { 0 }, back[QUANTILE_WORDS] = { 0 };
	double q[] = { 0.25, 0.75 }, got[2];
	struct buf bytes = { 0 };
	struct wire in;

	for (int i = 0; i < 3000; i++)
		DEMAND(quantile_add(w, i % 2 ? -1 : 100) == 0);
	for (int i = 0; i < 30; i++)
		DEMAND(quantile_merge(w, w) == 0);
	ck_assert_uint_eq(w[QUANTILE_COUNT], UINT64_C(3000) << 30);
	ck_assert_int_eq(quantile_add(w, 5), 0);
	ck_assert_int_eq(quantile_save(w, &bytes), 0);
	in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
	ck_assert_int_eq(quantile_load(back, &in), 0);
	ck_assert(!in.damaged);
	check_same(w, back);
	quantile_list(back, q, 2, got);
	ck_assert(fabs(got[0] + 1) <= 1 / 256.0 && fabs(got[1] - 100) <= 100 / 256.0);
	quantile_free(w);
	quantile_free(back);
	buf_free(&bytes);
}
END_TEST

START_TEST(nearest_rank)
{
	uint64_t w[QUANTILE_WORDS] = { 0 };
	double q[100], got[100];

	for (int i = 0; i < 100; i++) {
		DEMAND(quantile_add(w, (double)(i * 37 % 100 + 1)) == 0);
		q[i] = (i + 1) / 100.0;
	}
	quantile_list(w, q, 100, got);
	for (int i = 0; i < 100; i++)
		DEMAND(got[i] == i + 1);
	quantile_free(w);
}
END_TEST

START_TEST(memory_stays_small)
{
	uint64_t w[QUANTILE_WORDS] = { 0 };

	for (int i = 0; i < 100000; i++)
		DEMAND(quantile_add(w, random_value(COLUMN_UNIFORM)) == 0);
	ck_assert_uint_lt(quantile_bytes(w), 16 << 10);
	for (int i = 0; i < 100000; i++)
		DEMAND(quantile_add(w, ldexp(random_value(COLUMN_SIGNED),
		    (int)rand_below(2000) - 1000)) == 0);
	ck_assert_uint_lt(quantile_bytes(w), 192 << 10);
	quantile_free(w);
}
END_TEST

/* ---- damage ---- */

static void
load_copy(const char *bytes, size_t len, bool whole)
{
	char *copy = malloc(len + 1);
	uint64_t w[QUANTILE_WORDS] = { 0 };
	double q[] = { 0.5, 0.9 }, got[2];
	struct wire in;

	memcpy(copy + 1, bytes, len);
	DEMAND(quantile_add(w, 1) == 0);
	in = (struct wire){ copy + 1, copy + 1 + len, false };
	DEMAND(quantile_load(w, &in) == 0);
	DEMAND(!whole || in.damaged);
	quantile_list(w, q, 2, got);
	quantile_free(w);
	free(copy);
}

START_TEST(damaged)
{
	uint64_t w[QUANTILE_WORDS] = { 0 };
	struct buf bytes = { 0 };

	for (int i = 0; i < (_i == 0 ? 50 : 3000); i++)
		DEMAND(quantile_add(w, random_value(COLUMN_FEW) * 100) == 0);
	DEMAND(quantile_save(w, &bytes) == 0);
	for (size_t len = 0; len < bytes.len; len++)
		load_copy(bytes.data, len, true);
	for (int i = 0; i < 20000; i++) {
		char *byte = &bytes.data[rand_below(rand_below(2) ? 30 : bytes.len)], was = *byte;

		*byte = (char)rand_u64();
		load_copy(bytes.data, bytes.len, false);
		if (rand_below(20) > 0)
			*byte = was;
	}
	buf_free(&bytes);
	quantile_free(w);
}
END_TEST

START_TEST(numbers_as_bytes)
{
	for (int i = 0; i < 100000; i++) {
		struct buf bytes = { 0 };
		uint64_t x = rand_u64() >> rand_below(64), y = rand_u64();
		struct wire in;

		DEMAND(wire_put(&bytes, x) == 0 && wire_put_word(&bytes, y) == 0);
		DEMAND(wire_put_double(&bytes, 0.1) == 0);
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		DEMAND(wire_get(&in) == x && wire_get_word(&in) == y);
		DEMAND(wire_get_double(&in) == 0.1);
		DEMAND(in.at == in.end && !in.damaged && wire_get(&in) == 0 && in.damaged);
		buf_free(&bytes);
	}
}
END_TEST

/* ---- memory runs out ---- */

static bool
work_failing(uint64_t nth, bool sticky)
{
	uint64_t x[QUANTILE_WORDS] = { 0 }, y[QUANTILE_WORDS] = { 0 };
	struct buf bytes = { 0 };
	struct wire in = { 0 };
	bool fine = true, reached;

	fault_set(nth, sticky);
	for (int i = 0; fine && i < 2200; i++)
		fine = quantile_add(x, i - 1000) == 0 && (i > 500 || quantile_add(y, i) == 0);
	fine = fine && quantile_save(x, &bytes) == 0;
	if (fine) {
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		fine = quantile_load(y, &in) == 0 && quantile_merge(x, y) == 0;
		DEMAND(!in.damaged);
	}
	reached = fault_clear() >= nth;
	DEMAND(fine != reached);
	quantile_free(x);
	quantile_free(y);
	buf_free(&bytes);
	return reached;
}

START_TEST(memory_fails)
{
	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; work_failing(nth, sticky != 0);)
			nth++;
}
END_TEST

Suite *
quantile_suite(void)
{
	Suite *suite = suite_create("quantile");
	TCase *model = case_add(suite, "model"), *damage = case_add(suite, "damage");

	tcase_add_loop_test(model, any_order_and_partition, 0, COLUMN_KINDS);
	tcase_add_loop_test(model, save_and_load, 0, COLUMN_KINDS);
	tcase_add_test(model, more_than_32_bits);
	tcase_add_test(model, nearest_rank);
	tcase_add_test(model, memory_stays_small);
	tcase_add_loop_test(damage, damaged, 0, 2);
	tcase_add_test(damage, numbers_as_bytes);
	tcase_add_test(damage, memory_fails);
	return suite;
}
