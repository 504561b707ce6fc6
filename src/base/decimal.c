/*
 * Text that is a number, see decimal.h.  Nearly all numbers that people write have at most 19
 * digits and a small exponent: they are exact by one multiplication or division of two doubles
 * that are (Clinger 1990); the others are left to strtod, in the C locale.
 */
#include "base/decimal.h"

#include "base/number_word.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 400		/* bytes of a number that is still read as one */
#define EXPONENT_MAX 9999	/* all beyond are 0 or infinite, whatever the digits */

struct written {
	bool		negative, fraction, exponent;
	unsigned	digits;		/* that count: without leading zeros */
	uint64_t	mantissa;	/* of the first 19 */
	int		scale;		/* times 10 to the power of */
};

/* Reads digits into N; behind the point each of them lowers the scale. */
static const char *
read_digits(struct written *n, const char *at, const char *end, bool behind)
{
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		if (n->digits < 19) {
			n->mantissa = n->mantissa * 10 + (uint64_t)(*at - '0');
			n->scale -= behind;
		} else {
			n->scale += !behind;
		}
		n->digits += n->mantissa != 0;
	}
	return at;
}

static const char *
read_exponent(struct written *n, const char *at, const char *end)
{
	bool down = at < end && *at == '-';
	int exponent = 0;
	const char *first;

	at += at < end && (*at == '-' || *at == '+');
	for (first = at; at < end && *at >= '0' && *at <= '9'; at++)
		if (exponent <= EXPONENT_MAX)
			exponent = exponent * 10 + (*at - '0');
	n->scale += down ? -exponent : exponent;
	return at == first ? NULL : at;
}

/* True if all of the text is a number, which is in N then. */
static bool
read_number(struct written *n, const char *at, const char *end)
{
	const char *first;

	n->negative = at < end && *at == '-';
	at += n->negative;
	first = at;
	at = read_digits(n, at, end, false);
	if (at == first || (*first == '0' && at - first > 1))
		return false;
	if (at < end && *at == '.') {
		first = ++at;
		n->fraction = true;
		at = read_digits(n, at, end, true);
		if (at == first)
			return false;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		n->exponent = true;
		at = read_exponent(n, at + 1, end);
	}
	return at == end;
}

static enum decimal
slow(const char *text, size_t len, double *d)
{
	char copy[LONGEST + 1];
	double value;

	memcpy(copy, text, len);
	copy[len] = '\0';
	value = strtod(copy, NULL);
	if (value - value != 0)
		return DECIMAL_NONE;
	*d = value;
	return DECIMAL_DOUBLE;
}

/* The short ones, eight bytes at a time; DECIMAL_NONE: it may be a number all the same. */
static inline enum decimal
parse_word(const char *text, size_t len, int64_t *i, double *d)
{
	struct number_word w;

	if (!number_read_word(text, len, &w) || text[w.minus] == '0')
		return DECIMAL_NONE;
	if (w.part == 0) {
		*i = w.minus ? -(int64_t)w.value : (int64_t)w.value;
		return DECIMAL_INT;
	}
	*d = (w.minus ? -(double)w.value : (double)w.value) / number_pow10_double[w.part];
	return DECIMAL_DOUBLE;
}

enum decimal
decimal_parse(const char *text, size_t len, int64_t *i, double *d)
{
	struct written n = { 0 };
	enum decimal kind;
	double value;

	/* Most fields that are no numbers are told by their first byte. */
	if (len == 0 || len > LONGEST || (unsigned char)text[0] > '9')
		return DECIMAL_NONE;
	if (len <= NUMBER_WORD && (kind = parse_word(text, len, i, d)) != DECIMAL_NONE)
		return kind;
	if (!read_number(&n, text, text + len))
		return DECIMAL_NONE;
	if (!n.fraction && !n.exponent && n.digits <= 19 &&
	    n.mantissa <= (uint64_t)INT64_MAX + n.negative && !(n.negative && n.mantissa == 0)) {
		*i = (int64_t)(n.negative ? -n.mantissa : n.mantissa);
		return DECIMAL_INT;
	}
	if (n.digits > 19 || n.mantissa > UINT64_C(1) << 53 || n.scale < -22 || n.scale > 22)
		return slow(text, len, d);
	value = (double)n.mantissa;
	value = n.scale < 0 ? value / number_pow10_double[-n.scale] :
	    value * number_pow10_double[n.scale];
	*d = n.negative ? -value : value;
	return DECIMAL_DOUBLE;
}
