/* Numbers from other numbers, see number.h; number_parse.c reads them from text. */
#include "base/number.h"

#include <math.h>

struct number
number_from_int(int64_t v)
{
	return (struct number){ (wide_int)v * NUMBER_NANO, (double)v, true };
}

struct number
number_from_nano(wide_int nano)
{
	double d = wide_ratio(wide_magnitude(nano), NUMBER_NANO, 0);

	return (struct number){ nano, nano < 0 ? -d : d, true };
}

/* The fewest of up to eight decimals that read back as V: what it was written as, most likely. */
static bool
short_to_nano(double magnitude, wide_uint *nano)
{
	uint64_t power = 1;

	for (; power < NUMBER_NANO && magnitude * (double)power < 0x1p53; power *= 10) {
		double whole = nearbyint(magnitude * (double)power);

		if (whole / (double)power != magnitude)
			continue;		/* one division of exact doubles: rounded once */
		*nano = (wide_uint)whole * (NUMBER_NANO / power);
		return true;
	}
	return false;
}

/*
 * With V = c * 2^-down, nano is c * 10^9 / 2^down, rounded, and reads back as V if it is off by no
 * more than half of V's last place (a quarter below a power of two).  All of it in whole numbers.
 */
static bool
double_to_nano(double magnitude, wide_uint *nano)
{
	int exponent;
	uint64_t c = (uint64_t)ldexp(frexp(magnitude, &exponent), 53);
	int down = 53 - exponent;
	wide_uint v = (wide_uint)c * NUMBER_NANO, off, room = NUMBER_NANO;

	if (down <= 0) {
		*nano = v << -down;
		return true;
	}
	if (down > 96)
		return false;
	*nano = (v + ((wide_uint)1 << (down - 1))) >> down;
	off = *nano << down > v ? (*nano << down) - v : v - (*nano << down);
	if (c == UINT64_C(1) << 52 && *nano << down < v)
		room /= 2;
	return off * 2 < room || (off * 2 == room && c % 2 == 0);
}

struct number
number_from_double(double v)
{
	struct number n = { .d = v };
	double magnitude = fabs(v);
	wide_uint nano = 0;

	if (magnitude == 0)
		return (struct number){ .exact = true };
	n.exact = short_to_nano(magnitude, &nano) ||
	    (magnitude < 1e20 && double_to_nano(magnitude, &nano));
	if (n.exact)
		n.nano = v < 0 ? -(wide_int)nano : (wide_int)nano;
	return n;
}

int
number_compare(const struct number *x, const struct number *y)
{
	if (x->exact && y->exact)
		return (x->nano > y->nano) - (x->nano < y->nano);
	if (x->d != y->d)
		return x->d < y->d ? -1 : 1;
	return (int)y->exact - (int)x->exact;
}
