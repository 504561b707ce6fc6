/*
 * Reading the numbers in records, see number.h.
 *
 * Digits are read eight at a time (base/number_word).  A number of up to 19 digits is then
 * m * 10^e with a 64-bit m, and rounds correctly as one operation on exact doubles (Clinger, "How
 * to Read Floating Point Numbers Accurately", 1990) or one division of whole numbers; what is
 * longer is left to strtod.
 */
#include "base/number_word.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_DIGITS 19		/* always fit in 64 bits */
#define LONG_DIGITS 800		/* more never change how a number rounds (767 suffice) */
#define EXPONENT_MAX 1000000000000000

const uint64_t number_pow10[20] = {
	1U, 10U, 100U, 1000U, 10000U, 100000U, 1000000U, 10000000U, 100000000U, 1000000000U,
	10000000000U, 100000000000U, 1000000000000U, 10000000000000U, 100000000000000U,
	1000000000000000U, 10000000000000000U, 100000000000000000U, 1000000000000000000U,
	10000000000000000000U,
};

const double number_pow10_double[23] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* A number as it is written: m * 10^exponent, a sign before it. */
struct decimal {
	uint64_t	m;
	int64_t		exponent;
	bool		negative;
};

/* What is left to read, and where the slice began. */
struct cursor {
	const char	*at, *end, *begin;
};

/* The next eight bytes of the slice, the first lowest, zeros behind its end. */
static inline uint64_t
next_eight(const struct cursor *in)
{
	ptrdiff_t left = in->end - in->at;

	if (left >= 8)
		return load_word(in->at);
	if (left == 0)
		return 0;
	if (in->end - in->begin >= 8)
		return load_word(in->end - 8) >> (8 * (8 - left));
	return number_load_few(in->at, (size_t)left);
}

/* Takes all digits that follow, behind those in *M, which wraps if they are more than 19. */
static inline size_t
take_digits(struct cursor *in, uint64_t *m)
{
	const char *start = in->at;
	unsigned n;

	do {
		uint64_t word = next_eight(in);

		n = number_first_byte(number_others(word));
		if (n == 0)
			break;
		*m = *m * number_pow10[n] + number_eight_digits(word << (64 - 8 * n));
		in->at += n;
	} while (n == 8);
	return (size_t)(in->at - start);
}

/* ---- from decimal to number ---- */

static const wide_uint exact_limit = (wide_uint)UINT64_C(10000000000) * UINT64_C(10000000000) *
    NUMBER_NANO;

/* True if m * 10^exponent is exact: then its magnitude in nano is in *NANO. */
static inline bool
to_nano(uint64_t m, int64_t exponent, wide_uint *nano)
{
	wide_uint v = m;

	for (; exponent < -9 && m % 10 == 0 && m > 0; m /= 10)
		exponent++;
	if (exponent < -9 || exponent > 20)
		return false;
	v = m;
	exponent += 9;
	if (exponent > 19) {
		v *= number_pow10[exponent - 19];	/* at most 10^10: 98 bits */
		exponent = 19;
		if (v >> 64 != 0)
			return false;
	}
	*nano = v * number_pow10[exponent];
	return *nano < exact_limit;
}

/* The double next to m * 10^exponent, m not 0; false if it is out of easy reach. */
static inline bool
to_double(uint64_t m, int64_t exponent, double *d)
{
	if (m <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) {
		*d = exponent < 0 ? (double)m / number_pow10_double[-exponent] :
		    (double)m * number_pow10_double[exponent];
		return true;
	}
	if (exponent < -19 || exponent > 19)
		return false;
	*d = exponent < 0 ? wide_ratio(m, number_pow10[-exponent], 0) :
	    wide_ratio((wide_uint)m * number_pow10[exponent], 1, 0);
	return true;
}

/* strtod, on text without a point so that no locale matters. */
static bool
convert_text(const char *digits, size_t n, int64_t exponent, double *d)
{
	char text[LONG_DIGITS + 32];

	/* beyond these the answer is 0 or infinite whatever the digits are */
	if (exponent > 2 * LONG_DIGITS)
		exponent = 2 * LONG_DIGITS;
	if (exponent < -4 * LONG_DIGITS)
		exponent = -4 * LONG_DIGITS;
	snprintf(text, sizeof(text), "%.*se%d", (int)n, digits, (int)exponent);
	*d = strtod(text, NULL);
	return isfinite(*d);
}

static void
set_number(struct number *out, bool exact, wide_uint nano, double d, bool negative)
{
	out->exact = exact;
	out->nano = !exact ? 0 : negative ? -(wide_int)nano : (wide_int)nano;
	out->d = negative && d != 0 ? -d : d;
}

/* A number of up to 19 digits; the first branch takes nearly all. */
static bool
finish_short(const struct decimal *v, struct number *out)
{
	char digits[SHORT_DIGITS + 2];
	wide_uint nano = 0;
	bool exact;
	double d = 0;

	if (v->m < UINT64_C(1) << 53 && v->exponent <= 0 && v->exponent >= -9) {
		nano = (wide_uint)v->m * number_pow10[9 + v->exponent];
		d = (double)v->m / number_pow10_double[-v->exponent];
		set_number(out, true, nano, d, v->negative);
		return true;
	}
	if (v->m == 0) {
		*out = (struct number){ .exact = true };
		return true;
	}
	exact = to_nano(v->m, v->exponent, &nano);
	if (!to_double(v->m, v->exponent, &d)) {
		int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v->m);

		if (!convert_text(digits, (size_t)n, v->exponent, &d))
			return false;
	}
	set_number(out, exact, nano, d, v->negative);
	return true;
}

/* The digits of a long number, without zeros before and behind. */
struct digits {
	char	text[LONG_DIGITS + 2];
	size_t	n;
	int64_t	exponent;		/* of the last digit */
};

/* Gathers the digits of TEXT[0 .. LEN), a point among them or none. */
static void
gather(struct digits *v, const char *text, size_t len)
{
	size_t dropped = 0;
	bool more = false;		/* a digit other than 0 was dropped */

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' || (v->n == 0 && text[i] == '0'))
			continue;
		if (v->n < LONG_DIGITS) {
			v->text[v->n++] = text[i];
		} else {
			dropped++;
			more = more || text[i] != '0';
		}
	}
	v->exponent += (int64_t)dropped;
	if (more) {
		v->text[v->n++] = '1';
		v->exponent--;
		return;
	}
	for (; v->n > 0 && v->text[v->n - 1] == '0'; v->n--)
		v->exponent++;
}

/* A number of more than 19 digits, zeros included. */
static bool
finish_long(const char *text, size_t len, const struct decimal *v, struct number *out)
{
	struct digits digits = { .exponent = v->exponent };
	bool exact;
	wide_uint nano = 0;
	double d;

	gather(&digits, text, len);
	if (digits.n <= SHORT_DIGITS) {
		struct decimal shorter = { 0, digits.exponent, v->negative };

		for (size_t i = 0; i < digits.n; i++)
			shorter.m = shorter.m * 10 + (uint64_t)(digits.text[i] - '0');
		return finish_short(&shorter, out);
	}
	exact = digits.exponent >= -9 && (int64_t)digits.n + digits.exponent <= 20;
	for (int64_t i = 0; exact && i < (int64_t)digits.n + digits.exponent + 9; i++)
		nano = nano * 10 + (i < (int64_t)digits.n ? (unsigned)(digits.text[i] - '0') : 0U);
	if (exact)
		d = wide_ratio(nano, NUMBER_NANO, 0);
	else if (!convert_text(digits.text, digits.n, digits.exponent, &d))
		return false;
	set_number(out, exact, nano, d, v->negative);
	return true;
}

/* Takes e[+-]digits, which are added to *EXPONENT. */
static bool
take_exponent(struct cursor *in, int64_t *exponent)
{
	bool negative;
	int64_t sum = 0;
	const char *digits;

	in->at++;
	negative = in->at < in->end && *in->at == '-';
	if (in->at < in->end && (*in->at == '-' || *in->at == '+'))
		in->at++;
	digits = in->at;
	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++)
		if (sum < EXPONENT_MAX)
			sum = sum * 10 + (*in->at - '0');
	*exponent += negative ? -sum : sum;
	return in->at > digits;
}

bool
number_parse(const char *text, size_t len, struct number *n)
{
	struct cursor in = { .at = text, .end = text + len, .begin = text };
	struct decimal v = { 0 };
	const char *digits;
	size_t whole, part = 0, length;

	if (len - 1 < NUMBER_WORD && number_parse_word(text, len, n))
		return true;
	if (len > 0 && (*text == '-' || *text == '+')) {
		v.negative = *text == '-';
		in.at++;
	}
	digits = in.at;
	whole = take_digits(&in, &v.m);
	if (whole == 0)
		return false;
	if (in.at < in.end && *in.at == '.') {
		in.at++;
		part = take_digits(&in, &v.m);
		if (part == 0)
			return false;
	}
	length = (size_t)(in.at - digits);
	v.exponent = -(int64_t)part;
	if (in.at < in.end && (*in.at == 'e' || *in.at == 'E') && !take_exponent(&in, &v.exponent))
		return false;
	if (in.at != in.end)
		return false;
	if (whole + part > SHORT_DIGITS)
		return finish_long(digits, length, &v, n);
	return finish_short(&v, n);
}
