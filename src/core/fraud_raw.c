/* The score without labels, see fraud_raw.h. */
#include "core/fraud_raw.h"

#include "core/fraud_math.h"
#include <stdlib.h>
#include <stdio.h>

#define LN2 0.693147180559945309417
#define ANCHOR 0.003
#define LEAN 50.0

static const unsigned side[] = { F_OUTLIERS, F_SMALL, F_GAP, F_HOURLY, F_HOUR, F_CLOCK };
#define SIDES (sizeof(side) / sizeof(side[0]))

static double P[20]; static int init;
static void params(void) { const char *e; if (init) return; init = 1;
	double d[20] = {1,1,1,1,1,1, 1.6,4, 4,3, 1,8,2, 0,3,1, 6,3.3,0,0}; for (int i=0;i<20;i++) { char n[8]; snprintf(n,8,"P%d",i); P[i]=d[i]; if ((e=getenv(n))) P[i]=atof(e);} }

static unsigned
bin_of(const struct fraud_view *v, unsigned feature)
{
	return feature == F_SMALL ? v->bin[F_SMALL] & 7 : v->bin[feature];
}

static double
ratio(const struct fraud_common *c, unsigned feature, unsigned bin)
{
	double all = ((double)c->all[feature][bin] + 1) / ((double)c->all_n + FRAUD_BINS);

	return LN2 * fraud_log2(((double)c->with[feature][bin] + LEAN * all) /
	    ((double)c->with_n + LEAN) / all);
}

void
raw_score(const struct fraud_common *c, struct fraud_view *v)
{
	double s = 0;
	params();
	double z = v->z < P[16] ? v->z : P[16] + 0.02*(v->z-P[16]), tail = v->tail < P[17] ? v->tail : P[17]+0.02*(v->tail-P[17]);

	for (unsigned i = 0; i < SIDES; i++)
		s += P[i] * ratio(c, side[i], bin_of(v, side[i]));
	v->base = fraud_softplus(P[6] * (v->z - P[7])) + fraud_softplus(P[8] * (v->tail - P[9])) + 1e-9;
	v->raw = fraud_softplus(P[6] * (z - P[7]) + s) + fraud_softplus(P[8] * (tail - P[9])) + 1e-9;
	if (P[13] > 0)
		v->raw += fraud_softplus(P[13]*(v->merchant_z - P[14]) + P[15]*s);
	if (P[10] > 0 && v->small)
		v->raw += fraud_softplus(P[10]*s + P[12]*v->low - P[11]);
}

void
raw_learn(struct fraud_common *c, const struct fraud_view *v)
{
	bool anchor = tail_share(&c->base, v->base) < ANCHOR && c->base.n > 1000;
	tail_add(&c->base, v->base);

	c->all_n++;
	c->with_n += anchor;
	for (unsigned i = 0; i < SIDES; i++) {
		c->all[side[i]][bin_of(v, side[i])]++;
		c->with[side[i]][bin_of(v, side[i])] += anchor;
	}
	if (getenv("DUMP") && (unsigned)c->all_n == (unsigned)atoi(getenv("DUMP")))
		for (unsigned i = 0; i < SIDES; i++) {
			printf("%u:", i);
			for (unsigned b = 0; b < FRAUD_BINS; b++)
				printf(" %.2f(%.0f)", ratio(c, side[i], b), (double)c->with[side[i]][b]);
			printf("\n");
		}
}
