/* Weights that decay, see decay.h. */
#include "core/decay.h"

#include <math.h>

#define LN2 0.693147180559945309417
#define TERMS 18			/* of the series of exp, for up to ln 2 */

double
decay(int64_t age, int64_t half)
{
	int64_t whole = age / half;
	double x = -LN2 * ((double)(age % half) / (double)half), sum = 0;

	if (whole > 1100)
		return 0;
	for (int i = TERMS; i > 0; i--)		/* Horner: 1 + x/1 (1 + x/2 (1 + ... */
		sum = (1 + sum) * x / i;
	return ldexp(1 + sum, -(int)whole);
}
