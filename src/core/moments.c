/*
 * Exact sums, see moments.h.  The answers are ratios of whole numbers of up to 12 words, rounded
 * once: with N the sum in units of 10^-9, X that in units of 2^-128, and Q and R their squares,
 *
 *   sum        (N 2^128 + X 10^9) / (10^9 2^128)
 *   variance   (n (Q 2^256 + R 10^18) - (N 2^128 + X 10^9)^2) / (n (n - 1) 10^18 2^256)
 *
 * so nothing cancels, which a running mean avoids only nearly (Chan, Golub and LeVeque, "Algorithms
 * for Computing the Sample Variance", 1983), and the order does not matter, as in Demmel and
 * Nguyen, "Fast Reproducible Floating-Point Summation" (2013).
 */
#include "core/moments.h"

#include <math.h>
#include <string.h>

#define WIDE_WORDS 4
#define SQUARE_WORDS 8
#define UNIT_BITS 128			/* inexact numbers are counted in units of 2^-128 */
#define HUGE_BITS 95			/* those below 2^95 */
#define SUM_WORDS 6
#define TOTAL_WORDS 12
#define FIVE_9 1953125U			/* 5^9: 10^9 without its powers of two */
#define FIVE_18 (UINT64_C(1953125) * 1953125)

static double
get_double(const uint64_t *w)
{
	double d;

	memcpy(&d, w, sizeof(d));
	return d;
}

static void
add_double(uint64_t *w, double d)
{
	d += get_double(w);
	memcpy(w, &d, sizeof(d));
}

/* |D| = *c * 2^(returned - 128), c below 2^53, rounded to a whole number of units. */
static unsigned
in_units(double d, uint64_t *c)
{
	int exponent, shift;

	*c = (uint64_t)ldexp(frexp(fabs(d), &exponent), 53);
	shift = exponent - 53 + UNIT_BITS;
	if (shift >= 0)
		return (unsigned)shift;
	*c = shift < -54 ? 0 : (*c + (UINT64_C(1) << (-shift - 1))) >> -shift;
	return 0;
}

void
moments_add_inexact(uint64_t *w, double d, enum moments_part part)
{
	uint64_t c;
	unsigned shift;

	w[MOMENTS_INEXACT]++;
	if (fabs(d) >= ldexp(1, HUGE_BITS)) {
		add_double(w + MOMENTS_HUGE, d);
		if (part >= MOMENTS_SQUARES)
			add_double(w + MOMENTS_HUGE_SQUARES, d * d);
		return;
	}
	shift = in_units(d, &c);
	if (d < 0)
		wide_sub_at(w + MOMENTS_WIDE, WIDE_WORDS, c, shift);
	else
		wide_add_at(w + MOMENTS_WIDE, WIDE_WORDS, c, shift);
	if (part >= MOMENTS_SQUARES)
		wide_add_at(w + MOMENTS_WIDE_SQUARES, SQUARE_WORDS, (wide_uint)c * c, 2 * shift);
}

/* The sum of exact numbers has become too large: it goes on as a double. */
void
moments_spill(uint64_t *w)
{
	add_double(w + MOMENTS_HUGE, number_from_nano(wide_get(w + MOMENTS_NANO)).d);
	wide_set(w + MOMENTS_NANO, 0);
	w[MOMENTS_INEXACT]++;
}

void
moments_add_square(uint64_t *w, wide_int nano)
{
	uint64_t x[2], square[4];

	wide_set(x, (wide_int)wide_magnitude(nano));
	wide_mul(square, x, 2, x, 2);
	wide_add(w + MOMENTS_NANO_SQUARES, square, 4);
}

/* ---- least and greatest ---- */

static struct number
get_number(const uint64_t *w)
{
	if (w[1] == MOMENTS_NOT_NANO)
		return (struct number){ .d = get_double(w) };
	return number_from_nano(wide_get(w));
}

static void
set_number(uint64_t *w, const struct number *n)
{
	if (n->exact) {
		wide_set(w, n->nano);
		return;
	}
	memcpy(w, &n->d, sizeof(n->d));
	w[1] = MOMENTS_NOT_NANO;
}

/* Below, at or above zero as N is to the number at W. */
static int
compare(const struct number *n, const uint64_t *w)
{
	struct number other;

	if (n->exact && w[1] != MOMENTS_NOT_NANO)
		return (n->nano > wide_get(w)) - (n->nano < wide_get(w));
	other = get_number(w);
	return number_compare(n, &other);
}

void
moments_add_range(uint64_t *w, const struct number *n)
{
	if (w[MOMENTS_COUNT] == 0 || compare(n, w + MOMENTS_LEAST) < 0)
		set_number(w + MOMENTS_LEAST, n);
	if (w[MOMENTS_COUNT] == 0 || compare(n, w + MOMENTS_GREATEST) > 0)
		set_number(w + MOMENTS_GREATEST, n);
}

struct number
moments_least(const uint64_t *w)
{
	return get_number(w + MOMENTS_LEAST);
}

struct number
moments_greatest(const uint64_t *w)
{
	return get_number(w + MOMENTS_GREATEST);
}

/* ---- merging ---- */

static void
merge_range(uint64_t *into, const uint64_t *from)
{
	struct number least = moments_least(from), greatest = moments_greatest(from);

	if (compare(&least, into + MOMENTS_LEAST) < 0)
		set_number(into + MOMENTS_LEAST, &least);
	if (compare(&greatest, into + MOMENTS_GREATEST) > 0)
		set_number(into + MOMENTS_GREATEST, &greatest);
}

void
moments_merge(uint64_t *into, const uint64_t *from, enum moments_part part)
{
	wide_int sum, more = wide_get(from + MOMENTS_NANO);

	if (from[MOMENTS_COUNT] == 0)
		return;
	if (into[MOMENTS_COUNT] == 0) {
		memcpy(into, from, MOMENTS_WORDS(part) * sizeof(*into));
		return;
	}
	if (part >= MOMENTS_RANGE)
		merge_range(into, from);
	into[MOMENTS_COUNT] += from[MOMENTS_COUNT];
	into[MOMENTS_INEXACT] += from[MOMENTS_INEXACT];
	wide_add(into + MOMENTS_WIDE, from + MOMENTS_WIDE, WIDE_WORDS);
	add_double(into + MOMENTS_HUGE, get_double(from + MOMENTS_HUGE));
	if (__builtin_add_overflow(wide_get(into + MOMENTS_NANO), more, &sum)) {
		moments_spill(into);
		sum = more;
	}
	wide_set(into + MOMENTS_NANO, sum);
	if (part < MOMENTS_SQUARES)
		return;
	wide_add(into + MOMENTS_NANO_SQUARES, from + MOMENTS_NANO_SQUARES, 4);
	wide_add(into + MOMENTS_WIDE_SQUARES, from + MOMENTS_WIDE_SQUARES, SQUARE_WORDS);
	add_double(into + MOMENTS_HUGE_SQUARES, get_double(from + MOMENTS_HUGE_SQUARES));
}

/* ---- answers ---- */

/* OUT = |N 2^128 + X 10^9|; its sign. */
static int
whole_sum(const uint64_t *w, uint64_t out[SUM_WORDS])
{
	const uint64_t nano = NUMBER_NANO;
	wide_int n = wide_get(w + MOMENTS_NANO);
	uint64_t x[WIDE_WORDS];
	int sign;

	memcpy(x, w + MOMENTS_WIDE, sizeof(x));
	sign = wide_abs(x, WIDE_WORDS);
	wide_mul(out, x, WIDE_WORDS, &nano, 1);
	out[SUM_WORDS - 1] = 0;
	if ((n < 0) == (sign < 0))
		wide_add_at(out, SUM_WORDS, wide_magnitude(n), UNIT_BITS);
	else
		wide_sub_at(out, SUM_WORDS, wide_magnitude(n), UNIT_BITS);
	return sign * wide_abs(out, SUM_WORDS);
}

/* The sum divided by COUNT, but for the huge ones. */
static double
divided_sum(const uint64_t *w, uint64_t count)
{
	uint64_t sum[SUM_WORDS];
	int exponent, sign = whole_sum(w, sum);
	wide_uint top = wide_top(sum, SUM_WORDS, &exponent);

	return sign * wide_ratio(top, (wide_uint)count * FIVE_9, exponent - UNIT_BITS - 9);
}

struct number
moments_sum(const uint64_t *w)
{
	struct number sum = { .d = 0 };

	if (w[MOMENTS_INEXACT] == 0)
		return number_from_nano(wide_get(w + MOMENTS_NANO));
	sum.d = divided_sum(w, 1) + get_double(w + MOMENTS_HUGE);
	return sum;
}

double
moments_mean(const uint64_t *w)
{
	double huge = get_double(w + MOMENTS_HUGE), count = (double)w[MOMENTS_COUNT];

	return divided_sum(w, w[MOMENTS_COUNT]) + (huge == 0 ? 0 : huge / count);
}

/* OUT = n (Q 2^256 + R 10^18) - (N 2^128 + X 10^9)^2, never negative. */
static void
whole_variance(const uint64_t *w, uint64_t out[TOTAL_WORDS])
{
	const uint64_t nano_square = (uint64_t)NUMBER_NANO * NUMBER_NANO;
	uint64_t squares[TOTAL_WORDS - 1] = { 0 }, nano[SQUARE_WORDS - 1] = { 0 };
	uint64_t sum[SUM_WORDS], square[TOTAL_WORDS];

	wide_mul(squares, w + MOMENTS_WIDE_SQUARES, SQUARE_WORDS, &nano_square, 1);
	memcpy(nano, w + MOMENTS_NANO_SQUARES, 4 * sizeof(*nano));
	wide_add(squares + 2 * UNIT_BITS / 64, nano, SQUARE_WORDS - 1);
	wide_mul(out, squares, TOTAL_WORDS - 1, &w[MOMENTS_COUNT], 1);
	whole_sum(w, sum);
	wide_mul(square, sum, SUM_WORDS, sum, SUM_WORDS);
	wide_sub(out, square, TOTAL_WORDS);
}

/* n (n - 1) 10^18, without its powers of two. */
static wide_uint
divisor(uint64_t count, int *exponent)
{
	uint64_t count_word[2], five = FIVE_18, product[3];
	wide_uint top;

	wide_set(count_word, (wide_int)((wide_uint)count * (count - 1)));
	wide_mul(product, count_word, 2, &five, 1);
	top = wide_top(product, 3, exponent);
	*exponent += 18;
	return top;
}

double
moments_variance(const uint64_t *w)
{
	double huge = get_double(w + MOMENTS_HUGE_SQUARES), sum, count = (double)w[MOMENTS_COUNT];
	uint64_t total[TOTAL_WORDS];
	int exponent, less;
	wide_uint top, by;

	if (w[MOMENTS_COUNT] < 2)
		return NAN;
	if (huge != 0 || get_double(w + MOMENTS_HUGE) != 0) {
		/* beside these no other is seen */
		sum = moments_sum(w).d;
		sum = (huge - sum / count * sum) / (count - 1);
		return isfinite(sum) && sum >= 0 ? sum : NAN;
	}
	whole_variance(w, total);
	top = wide_top(total, TOTAL_WORDS, &exponent);
	by = divisor(w[MOMENTS_COUNT], &less);
	return wide_ratio(top, by, exponent - less - 2 * UNIT_BITS);
}

double
moments_deviation(const uint64_t *w)
{
	double variance = moments_variance(w);

	return isnan(variance) ? variance : sqrt(variance);
}
