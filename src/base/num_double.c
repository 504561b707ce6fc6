/*
 * Doubles and exact decimals to text, see num.h.
 *
 * What is a decimal of at most 15 digits is found by one multiplication: such decimals read back as
 * different doubles, so it is the shortest.  Any other of ordinary size is c * 2^q, q from -69 on,
 * and times 10^21 it still fits in 128 bits: so the shortest decimal between its neighbours is
 * found in exact whole numbers, as in Steele and White, "How to Print Floating-Point Numbers
 * Accurately" (1990).
 */
#include "base/num.h"
#include "base/wide.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MIN 1e-5		/* magnitudes from here on */
#define PLAIN_MAX 1e17		/* up to below here are written without an exponent */
#define EASY_DIGITS 15		/* decimals that all read back as different doubles */
#define FULL_DIGITS 17		/* enough for each double */

/* digits * 10^exponent, digits without a zero at its end. */
struct decimal {
	uint64_t	digits;
	int		exponent;
};

static const double pow10_double[23] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static void
drop_zeros(struct decimal *v)
{
	while (v->digits % 10000 == 0 && v->digits != 0) {
		v->digits /= 10000;
		v->exponent += 4;
	}
	while (v->digits % 10 == 0 && v->digits != 0) {
		v->digits /= 10;
		v->exponent++;
	}
}

/* How many digits V (of plain size) has before its point; 0, -1 ... for zeros behind it. */
static int
digits_before_point(double v)
{
	static const double below_one[] = { 1e-1, 1e-2, 1e-3, 1e-4 };
	int n = 0;

	if (v >= 1) {
		while (v >= pow10_double[n])
			n++;
		return n;
	}
	while (n < 4 && v < below_one[n])
		n++;
	return -n;
}

/* V as a decimal of at most EASY_DIGITS; false if it is none. */
static bool
easy_decimal(double v, int before, struct decimal *out)
{
	int decimals = EASY_DIGITS - before;
	uint64_t digits;

	if (decimals < 0)
		return false;
	/* off by less than 0.23 if V is such a decimal; a division of exact doubles proves it */
	digits = (uint64_t)(v * pow10_double[decimals] + 0.5);
	if (digits > UINT64_C(1000000000000000) || (double)digits / pow10_double[decimals] != v)
		return false;
	*out = (struct decimal){ digits, -decimals };
	return true;
}

/* What reads back as a double, low to high, all times 2^shift; V lies between. */
struct interval {
	wide_uint	low, v, high;
	int		shift;
	bool		closed;		/* low and high do so, too */
};

static bool
within(const struct interval *i, uint64_t digits)
{
	wide_uint x = (wide_uint)digits << i->shift;

	return i->closed ? x >= i->low && x <= i->high : x > i->low && x < i->high;
}

/* The multiple of UNIT next to V, or the one on its other side, if it reads back. */
static bool
nearest(const struct interval *i, uint64_t unit, uint64_t *digits)
{
	uint64_t below = (uint64_t)(i->v >> i->shift) / unit * unit, above = below + unit;
	wide_uint down = i->v - ((wide_uint)below << i->shift);
	wide_uint up = ((wide_uint)above << i->shift) - i->v;
	bool even = below / unit % 2 == 0;
	bool lower = down < up || (down == up && even);

	*digits = lower ? below : above;
	if (within(i, *digits))
		return true;
	*digits = lower ? above : below;
	return within(i, *digits);
}

/*
 * In units of 2^-shift, V is 4c and its neighbours lie 4 away (2 below a power of two): what reads
 * back lies no more than 2 (1) away.  SCALE makes that whole numbers of 10^-decimals.
 */
static void
full_decimal(double v, int before, struct decimal *out)
{
	int exponent, decimals = FULL_DIGITS - before;
	uint64_t c = (uint64_t)ldexp(frexp(v, &exponent), 53), digits = 0;
	int shift = 2 + 53 - exponent;
	wide_uint scale = 1;
	struct interval i = { .shift = shift > 0 ? shift : 0, .closed = c % 2 == 0 };

	for (int k = 0; k < decimals; k++)
		scale *= 10;
	if (shift < 0)
		scale <<= -shift;
	i.v = (wide_uint)(4 * c) * scale;
	i.high = i.v + 2 * scale;
	i.low = i.v - (c == UINT64_C(1) << 52 ? 1 : 2) * scale;
	for (uint64_t unit = 1000; unit > 0; unit /= 10)
		if (nearest(&i, unit, &digits))
			break;
	*out = (struct decimal){ digits, -decimals };
}

/* The digits and exponent of what printf's %e wrote; any point is passed over. */
static struct decimal
read_scientific(const char *text)
{
	struct decimal v = { 0, 0 };
	int decimals = -1;

	for (; *text != 'e'; text++) {
		if (*text < '0' || *text > '9')
			continue;
		v.digits = v.digits * 10 + (uint64_t)(*text - '0');
		decimals++;
	}
	v.exponent = atoi(text + 1) - decimals;
	return v;
}

/* Any V, by trial; subnormal numbers may need but one digit. */
static void
any_decimal(double v, struct decimal *out)
{
	int n = v < 2.3e-308 ? 1 : EASY_DIGITS;
	char text[64];

	for (;; n++) {
		snprintf(text, sizeof(text), "%.*e", n - 1, v);
		*out = read_scientific(text);
		snprintf(text, sizeof(text), "%llue%d", (unsigned long long)out->digits,
		    out->exponent);
		if (n >= FULL_DIGITS || strtod(text, NULL) == v)
			return;
	}
}

/* ---- writing ---- */

static char *
put_zeros(char *out, int n)
{
	for (; n > 0; n--)
		*out++ = '0';
	return out;
}

static size_t
put_plain(char *out, const struct decimal *v)
{
	char digits[NUM_INT_BYTES], *at = out;
	int n = (int)num_format_u64(digits, v->digits);
	int before = n + v->exponent;

	if (before <= 0) {
		*at++ = '0';
		*at++ = '.';
		at = put_zeros(at, -before);
		before = 0;
	} else {
		int whole = before < n ? before : n;

		memcpy(at, digits, (size_t)whole);
		at = put_zeros(at + whole, before - n);
		if (before >= n)
			return (size_t)(at - out);
		*at++ = '.';
	}
	memcpy(at, digits + before, (size_t)(n - before));
	return (size_t)(at - out) + (size_t)(n - before);
}

static size_t
put_scientific(char *out, const struct decimal *v)
{
	size_t n = num_format_u64(out + 1, v->digits);
	int exponent = v->exponent + (int)n - 1;
	char *at = out + 1 + n;

	out[0] = out[1];
	out[1] = '.';
	if (n == 1)
		at = out + 1;
	*at++ = 'e';
	*at++ = exponent < 0 ? '-' : '+';
	exponent = abs(exponent);
	if (exponent < 10)
		*at++ = '0';
	return (size_t)(at - out) + num_format_u64(at, (uint64_t)exponent);
}

size_t
num_format_double(char *out, double v)
{
	size_t sign = v < 0;
	struct decimal decimal;
	int before;

	*out = '-';
	v = fabs(v);
	if (v < 9007199254740992.0 && v == (double)(uint64_t)v)
		return v == 0 ? num_format_u64(out, 0) :
		    sign + num_format_u64(out + sign, (uint64_t)v);
	if (v < PLAIN_MIN || v >= PLAIN_MAX) {
		any_decimal(v, &decimal);
		drop_zeros(&decimal);
		return sign + put_scientific(out + sign, &decimal);
	}
	before = digits_before_point(v);
	if (!easy_decimal(v, before, &decimal))
		full_decimal(v, before, &decimal);
	drop_zeros(&decimal);
	return sign + put_plain(out + sign, &decimal);
}

size_t
num_format_nano(char *out, wide_int nano)
{
	const uint64_t unit = UINT64_C(1000000000), limb = UINT64_C(1000000000000000000);
	wide_uint magnitude = wide_magnitude(nano), whole = magnitude / unit;
	char *at = out;
	int decimals = 9;
	uint64_t part = (uint64_t)(magnitude % unit), low;

	if (nano < 0)
		*at++ = '-';
	if (whole >> 64 == 0) {
		at += num_format_u64(at, (uint64_t)whole);
	} else {
		at += num_format_u64(at, (uint64_t)(whole / limb));
		low = (uint64_t)(whole % limb);
		for (int i = 17; i >= 0; i--, low /= 10)
			at[i] = (char)('0' + low % 10);
		at += 18;
	}
	if (part == 0)
		return (size_t)(at - out);
	for (; part % 10 == 0; part /= 10)
		decimals--;
	*at++ = '.';
	for (int i = decimals - 1; i >= 0; i--, part /= 10)
		at[i] = (char)('0' + part % 10);
	return (size_t)(at - out) + (size_t)decimals;
}
