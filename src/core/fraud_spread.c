/* Means and variances that outliers cannot drag along, see fraud_spread.h. */
#include "core/fraud_spread.h"

#include <math.h>

#define CLIP 3.0			/* standard deviations from which a value is an outlier */

void
spread_guess(const struct spread *s, const struct prior *prior, double *mean, double *sd)
{
	double n = (double)s->n, all = n + prior->weight, off = (double)s->mean - prior->mean;

	*mean = (n * (double)s->mean + prior->weight * prior->mean) / all;
	*sd = sqrt((n * (double)s->var + prior->weight * prior->var) / all +
	    n * prior->weight * off * off / (all * all * (all + 1)) + 1e-12);
}

void
spread_add(struct spread *s, double value, double mean, double sd, double memory)
{
	double weight = 1, far = fabs(value - mean) / sd, n = (double)s->n, step, off;

	if (far > CLIP) {		/* the further off, the less it counts */
		weight = CLIP / far;
		value = mean + (value > mean ? CLIP : -CLIP) * sd;
	}
	n = n + weight < memory ? n + weight : memory;
	step = weight / n;
	off = value - (double)s->mean;
	if (s->n == 0) {
		s->mean = (float)value;
		s->n = (float)weight;
		return;
	}
	s->mean = (float)((double)s->mean + step * off);
	s->var = (float)((1 - step) * ((double)s->var + step * off * off));
	s->n = (float)n;
}
