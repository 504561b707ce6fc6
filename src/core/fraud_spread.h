/*
 * A running mean and variance that outliers cannot drag along: what lies too many standard
 * deviations off counts as that many, and with less weight the further off it is.  What is older
 * weighs less.  Until there is enough of it, it leans on a prior: that of all accounts together.
 */
#ifndef CORE_FRAUD_SPREAD_H
#define CORE_FRAUD_SPREAD_H

struct spread {				/* zeroed: nothing is known */
	float	mean, var;
	float	n;			/* values, up to the memory's length */
};

struct prior {
	double	mean, var;
	double	weight;			/* as of so many values */
};

/* What is thought of the next value. */
void spread_guess(const struct spread *, const struct prior *, double *mean, double *sd);

/* Takes a value of which spread_guess thought MEAN and SD; MEMORY: how many values count. */
void spread_add(struct spread *, double value, double mean, double sd, double memory);

#endif
