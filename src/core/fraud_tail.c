/* How rare a size is, see fraud_tail.h. */
#include "core/fraud_tail.h"

#include <string.h>

#define PARTS_BITS 4			/* of TAIL_PARTS */
#define MANTISSA 52			/* bits of a double */
#define LOWEST (1023 - 12)		/* exponent of the first power, biased as in a double */
#define MANY 2097152.0			/* from this count on all are halved */
#define LEAST 0.001			/* each part has as much from the start */
#define PARTS (TAIL_POWERS * TAIL_PARTS)

/* The part that X belongs to, and how far into it X is, from 0 to 1. */
static unsigned
part_of(double x, double *into)
{
	const double lowest = 0x1p-12, highest = 0x1.ffffp39;
	uint64_t bits, low = (uint64_t)1 << (MANTISSA - PARTS_BITS);

	x = x > lowest ? x < highest ? x : highest : lowest;
	memcpy(&bits, &x, sizeof(bits));
	*into = (double)(bits & (low - 1)) / (double)low;
	return (unsigned)((bits >> (MANTISSA - PARTS_BITS)) - LOWEST * TAIL_PARTS);
}

static void
halve(struct tail *t)
{
	for (unsigned i = 0; i < PARTS; i++)
		t->part[i] /= 2;
	for (unsigned i = 0; i < TAIL_POWERS; i++)
		t->power[i] /= 2;
	t->n /= 2;
}

void
tail_take(struct tail *t, double x)
{
	double into;
	unsigned part = part_of(x, &into);

	if (t->n >= MANY)
		halve(t);
	t->part[part]++;
	t->power[part / TAIL_PARTS]++;
	t->n++;
}

double
tail_share(const struct tail *t, double x)
{
	double into, above;
	unsigned part = part_of(x, &into), power = part / TAIL_PARTS;

	above = (1 - into) * ((double)t->part[part] + LEAST);
	for (unsigned i = part + 1; i < (power + 1) * TAIL_PARTS; i++)
		above += (double)t->part[i];
	for (unsigned i = power + 1; i < TAIL_POWERS; i++)
		above += (double)t->power[i];
	above += LEAST * (double)(PARTS - 1 - part);
	return above / (t->n + LEAST * PARTS);
}
