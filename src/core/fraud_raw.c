/* The score without labels, see fraud_raw.h.  All terms are natural logarithms of odds. */
#include "core/fraud_raw.h"

#include "core/fraud_math.h"

#define LN2 0.693147180559945309417
#define Z_SLOPE 1.6			/* of standard deviations ... */
#define Z_FROM 4.0			/* ... from here on ... */
#define Z_MOST 6.0			/* ... to here: what is further off is hardly odder */
#define TAIL_SLOPE 4.0			/* of powers of ten: one in ... */
#define TAIL_FROM 3.0			/* ... a thousand */
#define TAIL_MOST 3.3
#define BEYOND 0.02			/* of what is above the most; keeps the order */
#define LOW_SLOPE 2.0			/* of powers of ten, at the lower end */
#define LOW_FROM 8.0			/* odds against a small amount that is only small */
#define LEAST 1e-9			/* added to each score */

#define ODDEST 0.004			/* the share of transactions whose company is looked at */
#define EARLY 1000			/* transactions before which none is */
#define LEAN 50.0			/* of these that no company at all is worth */
#define MANY 2097152.0f			/* from this count on all are halved */

static const enum fraud_feature side[FRAUD_SIDES] = {
	F_OUTLIERS, F_SMALL, F_GAP, F_HOURLY, F_HOUR, F_CLOCK
};

/* That this one is small is its amount; that there were small ones before is not. */
static unsigned
bin_of(const struct fraud_view *v, unsigned i)
{
	return side[i] == F_SMALL ? v->bin[F_SMALL] % SMALL_NOW : v->bin[side[i]];
}

/* How much oftener a bin came with the oddest amounts than with all, as a logarithm. */
static double
ratio(const struct fraud_sides *s, unsigned i, unsigned bin)
{
	double all = ((double)s->all[i][bin] + 1) / ((double)s->all_n + FRAUD_BINS);

	return LN2 * fraud_log2(((double)s->with[i][bin] + LEAN * all) /
	    (((double)s->with_n + LEAN) * all));
}

static double
at_most(double x, double most)
{
	return x <= most ? x : most + BEYOND * (x - most);
}

void
raw_score(const struct fraud_sides *s, struct fraud_view *v)
{
	double company = 0;

	for (unsigned i = 0; i < FRAUD_SIDES; i++)
		company += ratio(s, i, bin_of(v, i));
	v->base = fraud_softplus(Z_SLOPE * (v->z - Z_FROM)) +
	    fraud_softplus(TAIL_SLOPE * (v->tail - TAIL_FROM)) + LEAST;
	v->raw = fraud_softplus(Z_SLOPE * (at_most(v->z, Z_MOST) - Z_FROM) + company) +
	    fraud_softplus(TAIL_SLOPE * (at_most(v->tail, TAIL_MOST) - TAIL_FROM)) + LEAST;
	if (v->small)
		v->raw += fraud_softplus(company + LOW_SLOPE * v->low - LOW_FROM);
}

static void
halve(struct fraud_sides *s)
{
	s->all_n /= 2;
	s->with_n /= 2;
	for (unsigned i = 0; i < FRAUD_SIDES; i++)
		for (unsigned b = 0; b < FRAUD_BINS; b++) {
			s->all[i][b] /= 2;
			s->with[i][b] /= 2;
		}
}

void
raw_learn(struct fraud_sides *s, const struct fraud_view *v)
{
	bool odd = s->base.n >= EARLY && tail_share(&s->base, v->base) < ODDEST;

	tail_take(&s->base, v->base);
	if (s->all_n >= MANY)
		halve(s);
	s->all_n++;
	s->with_n += odd ? 1 : 0;
	for (unsigned i = 0; i < FRAUD_SIDES; i++) {
		s->all[i][bin_of(v, i)]++;
		s->with[i][bin_of(v, i)] += odd ? 1 : 0;
	}
}
