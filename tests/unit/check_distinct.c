/*
 * Unit tests of src/core/distinct.c: exact counts, the stated error of estimates, any order and
 * partition, damaged bytes, and memory that runs out.
 */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/distinct.h"
#include "util.h"

Suite *distinct_suite(void);

#define WORDS DISTINCT_WORDS

static uint64_t
text_hash(const char *text)
{
	struct value v = value_text(text, strlen(text));

	return distinct_hash(&v);
}

static uint64_t
number_text_hash(uint64_t i)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)i);
	return text_hash(text);
}

static void
add(uint64_t *w, uint64_t hash)
{
	DEMAND(distinct_add(w, hash) == 0);
}

/* The same count, and the same bytes once there are registers. */
static void
check_same(const uint64_t *x, const uint64_t *y)
{
	struct buf a = { 0 }, b = { 0 };
	bool ax, ay;

	DEMAND(distinct_count(x, &ax) == distinct_count(y, &ay) && ax == ay);
	if (!ax)
		return;
	DEMAND(distinct_save(x, &a) == 0 && distinct_save(y, &b) == 0);
	text_same(&a, &b, "saved registers");
	buf_free(&a);
	buf_free(&b);
}

START_TEST(exact_counts)
{
	uint64_t w[WORDS] = { 0 };
	bool approximate = true;

	ck_assert_uint_eq(distinct_count(w, &approximate), 0);
	ck_assert(!approximate);
	add(w, 0);
	add(w, 0);
	ck_assert_uint_eq(distinct_count(w, &approximate), 1);
	distinct_free(w);
	for (uint64_t i = 0; i < DISTINCT_EXACT; i++) {
		add(w, number_text_hash(i));
		add(w, number_text_hash(rand_below(i + 1)));
		DEMAND(distinct_count(w, &approximate) == i + 1 && !approximate);
	}
	add(w, number_text_hash(DISTINCT_EXACT));
	ck_assert_uint_gt(distinct_count(w, &approximate), DISTINCT_EXACT);
	ck_assert(approximate);
	distinct_free(w);
	ck_assert(w[0] == 0 && w[1] == 0 && distinct_bytes(w) == 0);
}
END_TEST

/* Over many columns of consecutive numbers the mean error is near 0, the standard error as told. */
START_TEST(stated_error)
{
	static const uint64_t sizes[] = { 3500, 10000, 40000, 100000, 400000 };
	double sum = 0, squares = 0, worst = 0, expected = 1.04 / 128;
	uint64_t n = sizes[_i];
	int runs = n > 100000 ? 20 : 60;

	for (int run = 0; run < runs; run++) {
		uint64_t w[WORDS] = { 0 }, first = rand_below(1000000000);
		bool approximate;
		double error;

		for (uint64_t i = 0; i < n; i++)
			add(w, number_text_hash(first + i));
		error = (double)distinct_count(w, &approximate) / (double)n - 1;
		DEMAND(approximate && distinct_bytes(w) == 16384);
		sum += error;
		squares += error * error;
		worst = fabs(error) > worst ? fabs(error) : worst;
		distinct_free(w);
	}
	ck_assert_double_lt(fabs(sum / runs), 4 * expected / sqrt(runs));
	ck_assert_double_lt(sqrt(squares / runs), expected * 1.5);
	ck_assert_double_lt(worst, 4 * expected);
}
END_TEST

/* Far more than fit into a test: hashes of random bits stand for them; none of 2^60 is lost. */
START_TEST(large_registers)
{
	uint64_t w[WORDS] = { 0 };
	bool approximate;

	for (uint64_t i = 0; i < 5000; i++)
		add(w, rand_u64());
	for (uint64_t i = 0; i < 16384; i++)
		add(w, i << 50);
	/* every register is as high as it can be */
	ck_assert_uint_gt(distinct_count(w, &approximate), UINT64_C(1) << 60);
	distinct_free(w);
}
END_TEST

START_TEST(any_order_and_partition)
{
	static const size_t sizes[] = { 10, 1000, DISTINCT_EXACT - 1, DISTINCT_EXACT,
		DISTINCT_EXACT + 1, 6000, 20000 };
	size_t n = sizes[_i];

	for (int round = 0; round < 20; round++) {
		uint64_t whole[WORDS] = { 0 }, part[6][WORDS] = { { 0 } };
		uint64_t *hash = malloc(n * sizeof(*hash));

		for (size_t i = 0; i < n; i++)
			add(whole, hash[i] = rand_u64());
		for (size_t i = 0; i < 2 * n; i++)
			add(part[rand_below(1 + rand_below(6))],
			    hash[i < n ? n - 1 - i : rand_below(n)]);
		for (size_t left = 6; left > 1; left--) {
			size_t k = rand_below(left - 1);

			DEMAND(distinct_merge(part[k], part[left - 1]) == 0);
			distinct_free(part[left - 1]);
		}
		DEMAND(distinct_merge(part[0], part[0]) == 0);
		check_same(whole, part[0]);
		distinct_free(whole);
		distinct_free(part[0]);
		free(hash);
	}
}
END_TEST

START_TEST(save_and_load)
{
	static const size_t sizes[] = { 0, 1, 50, DISTINCT_EXACT, 5000 };

	for (int a = 0; a < COUNT(sizes); a++) {
		for (int b = 0; b < COUNT(sizes); b++) {
			uint64_t x[WORDS] = { 0 }, y[WORDS] = { 0 };
			struct buf bytes = { 0 };
			struct wire in;

			for (size_t i = 0; i < sizes[a]; i++)
				add(x, number_text_hash(i));
			for (size_t i = 0; i < sizes[b]; i++)
				add(y, number_text_hash(i * 2));
			DEMAND(distinct_save(x, &bytes) == 0);
			in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
			DEMAND(distinct_load(y, &in) == 0 && !in.damaged && in.at == in.end);
			for (size_t i = 0; i < sizes[b]; i++)
				add(x, number_text_hash(i * 2));
			check_same(x, y);
			distinct_free(x);
			distinct_free(y);
			buf_free(&bytes);
		}
	}
}
END_TEST

START_TEST(hashes_of_values)
{
	struct value one = value_int(1), one_double = value_double(1), half = value_double(0.5);
	struct value text = value_text("1", 1), yes = value_bool(true), null = value_null();
	struct value zero = value_double(-0.0), zero_int = value_int(0), empty = value_text("", 0);
	const struct value *all[] = { &one, &half, &text, &yes, &null, &zero, &empty };

	ck_assert(distinct_hash(&one) == distinct_hash(&one_double));
	ck_assert(distinct_hash(&zero) == distinct_hash(&zero_int));
	for (int i = 0; i < COUNT(all); i++)
		for (int k = 0; k < i; k++)
			ck_assert(distinct_hash(all[i]) != distinct_hash(all[k]));
	/* saved sketches merge on other machines: these never change */
	ck_assert_uint_eq(text_hash("streamctl"), text_hash("streamctl"));
	ck_assert_uint_eq(text_hash("a"), UINT64_C(0x942ead3ab7e93b0e));
	ck_assert_uint_eq(text_hash("a longer text than sixteen bytes"),
	    UINT64_C(0xa045d51e9a14ba97));
	ck_assert_uint_eq(distinct_hash(&one), UINT64_C(0xb152a1c16ccd2190));
}
END_TEST

/* ---- damage ---- */

static void
load_copy(const char *bytes, size_t len, bool cut)
{
	char *copy = malloc(len + 1);
	uint64_t w[WORDS] = { 0 };
	struct wire in = { copy + 1, copy + 1 + len, false };
	bool approximate;

	memcpy(copy + 1, bytes, len);
	add(w, 7);
	DEMAND(distinct_load(w, &in) == 0);
	DEMAND(!cut || in.damaged);
	(void)distinct_count(w, &approximate);
	distinct_free(w);
	free(copy);
}

START_TEST(damaged)
{
	uint64_t w[WORDS] = { 0 };
	struct buf bytes = { 0 };

	for (int i = 0; i < (_i == 0 ? 100 : 4000); i++)
		add(w, rand_u64());
	DEMAND(distinct_save(w, &bytes) == 0);
	for (size_t len = 0; len < bytes.len; len += 1 + (len > 100) * 97)
		load_copy(bytes.data, len, true);
	for (int i = 0; i < 2000; i++) {
		char *byte = &bytes.data[rand_below(rand_below(2) ? 10 : bytes.len)], was = *byte;

		*byte = (char)rand_u64();
		load_copy(bytes.data, bytes.len, false);
		*byte = was;
	}
	buf_free(&bytes);
	distinct_free(w);
}
END_TEST

static bool
work_failing(uint64_t nth, bool sticky)
{
	uint64_t x[WORDS] = { 0 }, y[WORDS] = { 0 };
	struct buf bytes = { 0 };
	struct wire in;
	bool fine = true, reached;

	fault_set(nth, sticky);
	for (uint64_t i = 1; fine && i < 3500; i++)
		fine = distinct_add(x, i * UINT64_C(0x9e3779b97f4a7c15)) == 0 &&
		    (i > 500 || distinct_add(y, i) == 0);
	fine = fine && distinct_save(x, &bytes) == 0;
	in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
	fine = fine && distinct_load(y, &in) == 0 && distinct_merge(x, y) == 0;
	reached = fault_clear() >= nth;
	DEMAND(fine != reached);
	distinct_free(x);
	distinct_free(y);
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
distinct_suite(void)
{
	Suite *suite = suite_create("distinct");
	TCase *model = case_add(suite, "model"), *damage = case_add(suite, "damage");

	tcase_add_test(model, exact_counts);
	tcase_add_loop_test(model, stated_error, 0, 5);
	tcase_add_test(model, large_registers);
	tcase_add_loop_test(model, any_order_and_partition, 0, 7);
	tcase_add_test(model, save_and_load);
	tcase_add_test(model, hashes_of_values);
	tcase_add_loop_test(damage, damaged, 0, 2);
	tcase_add_test(damage, memory_fails);
	return suite;
}
