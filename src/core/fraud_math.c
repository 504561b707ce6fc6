/* Powers and logarithms, see fraud_math.h. */
#include "core/fraud_math.h"

#include <math.h>
#include <string.h>

#define LN2 0.693147180559945309417
#define SQRT2 1.41421356237309504880
#define BIAS 1023			/* of the exponent of a double */
#define MANTISSA 52			/* its bits */

/* Taylor's series of e^y for half a power of two at most: ten terms leave 1e-11. */
static double
exp_small(double y)
{
	static const double over[] = {
		1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
		1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
	};
	double sum = 0;

	for (unsigned i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		sum = sum * y + over[i];
	return sum;
}

double
fraud_exp2(double x)
{
	double whole, power;
	uint64_t bits;

	if (!(x > -1000))
		return 0;
	if (x > 1000)
		x = 1000;
	whole = (double)(int64_t)(x < 0 ? x - 0.5 : x + 0.5);
	bits = (uint64_t)((int64_t)whole + BIAS) << MANTISSA;
	memcpy(&power, &bits, sizeof(power));
	return exp_small((x - whole) * LN2) * power;
}

/* The series of artanh: log m = 2 artanh((m - 1) / (m + 1)), m between 1 / sqrt 2 and sqrt 2. */
double
fraud_log2(double x)
{
	uint64_t bits;
	int64_t exponent;
	double m, s, square;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int64_t)(bits >> MANTISSA) - BIAS;
	bits = (bits & (((uint64_t)1 << MANTISSA) - 1)) | (uint64_t)BIAS << MANTISSA;
	memcpy(&m, &bits, sizeof(m));
	if (m > SQRT2) {
		m /= 2;
		exponent++;
	}
	s = (m - 1) / (m + 1);
	square = s * s;
	s *= 1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7 +
	    square * (1.0 / 9 + square * (1.0 / 11)))));
	return (double)exponent + s * (2 / LN2);
}

double
fraud_fade(int64_t age, double half)
{
	return age <= 0 ? 1 : fraud_exp2(-(double)age / half);
}

double
fraud_sigmoid(double x)
{
	return 1 / (1 + fraud_exp2(-x / LN2));
}

double
fraud_softplus(double x)
{
	return x > 30 ? x : LN2 * fraud_log2(1 + fraud_exp2(x / LN2));
}
