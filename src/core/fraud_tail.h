/*
 * How rare a size is: a histogram of positive numbers in equal parts of each power of two, in which
 * what is old fades (all counts are halved once there are many).  Constant memory and time.
 */
#ifndef CORE_FRAUD_TAIL_H
#define CORE_FRAUD_TAIL_H

#include <stdint.h>

#define TAIL_PARTS 16			/* of each power of two */
#define TAIL_POWERS 52			/* from 2^-12 on */

struct tail {				/* zeroed: empty */
	float	part[TAIL_POWERS * TAIL_PARTS];
	float	power[TAIL_POWERS];	/* their sums */
	double	n;
};

void tail_take(struct tail *, double x);

/* The share of what came so far that was at least X: above 0, and falling strictly. */
double tail_share(const struct tail *, double x);

#endif
