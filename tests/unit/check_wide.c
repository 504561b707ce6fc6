/*
 * Unit tests of src/base/wide.c: against 128-bit arithmetic where it reaches, and against the laws
 * of numbers beyond.
 */

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/wide.h"
#include "util.h"

Suite *wide_suite(void);

#define ROUNDS 100000
#define WORDS 6

static void
random_words(uint64_t *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w[i] = rand_below(4) == 0 ? -(uint64_t)rand_below(2) : rand_u64();
}

static wide_uint
random_wide(void)
{
	return ((wide_uint)rand_u64() << 64 | rand_u64()) >> rand_below(128);
}

START_TEST(add_and_sub)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t x[WORDS], y[WORDS], z[WORDS];
		size_t n = 2 + rand_below(WORDS - 1);

		random_words(x, n);
		random_words(y, n);
		memcpy(z, x, sizeof(z));
		wide_add(z, y, n);
		DEMAND((wide_uint)wide_get(z) == (wide_uint)wide_get(x) + (wide_uint)wide_get(y));
		wide_sub(z, y, n);
		DEMAND(memcmp(z, x, n * 8) == 0);
	}
}
END_TEST

/* Adding V << SHIFT is adding V SHIFT times doubled. */
START_TEST(add_at_a_shift)
{
	for (int i = 0; i < ROUNDS / 10; i++) {
		uint64_t x[WORDS], y[WORDS], z[WORDS] = { 0 };
		size_t n = 2 + rand_below(WORDS - 1);
		unsigned shift = (unsigned)rand_below(64 * n + 20);
		wide_uint v = random_wide();

		random_words(x, n);
		memcpy(y, x, sizeof(y));
		wide_add_at(y, n, v, shift);
		wide_set(z, (wide_int)v);
		for (unsigned k = 0; k < shift; k++)
			wide_add(z, z, n);
		wide_add(z, x, n);
		DEMAND(memcmp(y, z, n * 8) == 0);
		wide_sub_at(y, n, v, shift);
		DEMAND(memcmp(y, x, n * 8) == 0);
	}
}
END_TEST

START_TEST(multiply)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t x[3], y[2], sum[2], xy[5], xs[5], x1[5];
		uint64_t one = rand_u64(), two = rand_u64(), out[2];

		wide_mul(out, &one, 1, &two, 1);
		DEMAND((wide_uint)wide_get(out) == (wide_uint)one * two);
		/* x * (y + 1) = x * y + x, if y + 1 does not wrap */
		random_words(x, 3);
		random_words(y, 2);
		y[1] &= UINT64_MAX >> 1;
		memcpy(sum, y, sizeof(sum));
		wide_add_at(sum, 2, 1, 0);
		wide_mul(xy, x, 3, y, 2);
		wide_mul(xs, x, 3, sum, 2);
		memset(x1, 0, sizeof(x1));
		memcpy(x1, x, sizeof(x));
		wide_add(xy, x1, 5);
		DEMAND(memcmp(xy, xs, sizeof(xs)) == 0);
	}
}
END_TEST

START_TEST(magnitudes)
{
	for (int i = 0; i < ROUNDS; i++) {
		wide_int v = (wide_int)random_wide() * (rand_below(2) ? 1 : -1);
		uint64_t w[WORDS];

		wide_set(w, v);
		for (int k = 2; k < WORDS; k++)
			w[k] = v < 0 ? UINT64_MAX : 0;
		DEMAND(wide_abs(w, WORDS) == (v < 0 ? -1 : 1));
		DEMAND((wide_uint)wide_get(w) == wide_magnitude(v));
		for (int k = 2; k < WORDS; k++)
			DEMAND(w[k] == 0);
	}
}
END_TEST

/* The top of V * 2^shift + rest is V, as far as 127 bits reach, and odd if there is a rest. */
START_TEST(tops)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t w[WORDS] = { 0 };
		wide_uint v = random_wide() >> 1, top;
		unsigned shift = (unsigned)rand_below(200);
		int exponent;

		wide_add_at(w, WORDS, v, shift);
		top = wide_top(w, WORDS, &exponent);
		while (top % 2 == 0 && top != 0)
			top /= 2, exponent++;
		for (int k = (int)shift; v % 2 == 0 && v != 0; k++, shift++)
			v /= 2;
		DEMAND(top == v && (v == 0 || exponent == (int)shift));
	}
	for (unsigned low = 0; low < 200; low++) {
		uint64_t w[WORDS] = { 0 };
		int exponent;

		wide_add_at(w, WORDS, 1, low);
		wide_add_at(w, WORDS, 1, 300);
		DEMAND(wide_top(w, WORDS, &exponent) % 2 ==
		    (300 - low > 126 || exponent == (int)low));
	}
}
END_TEST

START_TEST(ratio_of_small_numbers)
{
	for (int i = 0; i < ROUNDS * 10; i++) {
		uint64_t x = rand_u64() >> (11 + rand_below(50)), y = 1 + (rand_u64() >> (12 +
		    rand_below(50)));
		int exponent = (int)rand_below(400) - 200;

		DEMAND(wide_ratio(x, y, exponent) == ldexp((double)x / (double)y, exponent));
	}
}
END_TEST

/* Where the quotient is a whole number its rounding is that of a conversion. */
START_TEST(ratio_of_large_numbers)
{
	for (int i = 0; i < ROUNDS * 10; i++) {
		wide_uint whole = random_wide() >> 64;
		uint64_t y = 1 + (rand_u64() >> rand_below(64));

		DEMAND(wide_ratio(whole * y, y, 0) == (double)(uint64_t)whole);
		whole = random_wide();
		DEMAND(wide_ratio(whole, 1, 0) == (double)whole);
	}
	ck_assert_double_eq(wide_ratio(1, 1, 2000), HUGE_VAL);
	ck_assert_double_eq(wide_ratio(0, 1, 0), 0);
}
END_TEST

Suite *
wide_suite(void)
{
	Suite *suite = suite_create("wide");
	TCase *model = case_add(suite, "model");

	tcase_add_test(model, add_and_sub);
	tcase_add_test(model, add_at_a_shift);
	tcase_add_test(model, multiply);
	tcase_add_test(model, magnitudes);
	tcase_add_test(model, tops);
	tcase_add_test(model, ratio_of_small_numbers);
	tcase_add_test(model, ratio_of_large_numbers);
	return suite;
}
