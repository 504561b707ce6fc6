/*
 * Sum, least and greatest, mean and variance of one column, as a value of an aggregate: words that
 * own nothing, zeros when empty, the first the number of values.
 *
 * All is kept in whole numbers, so that the answer does not depend on the order of the values, nor
 * on how they were dealt to threads, panes or machines:
 *
 *   exact numbers   units of 10^-9
 *   other doubles   units of 2^-128: exact from 2^-75 on, else to within 2^-129 (1.5e-39)
 *   of 2^95 (4e28)  and more: a plain sum of doubles, the last digits of which depend on the order
 *
 * and so is a sum of exact numbers that leaves +-1.7e29 on its way.
 */
#ifndef CORE_MOMENTS_H
#define CORE_MOMENTS_H

#include "base/number.h"

/* What is kept: each has what those before it have. */
enum moments_part {
	MOMENTS_SUM,			/* and mean */
	MOMENTS_RANGE,			/* least and greatest */
	MOMENTS_SQUARES,		/* variance */
};

enum moments_word {
	MOMENTS_COUNT = 0,
	MOMENTS_INEXACT = 1,		/* how often something was not exact */
	MOMENTS_NANO = 2,		/* the sum of exact numbers, 2 words */
	MOMENTS_WIDE = 4,		/* of others, 4 words */
	MOMENTS_HUGE = 8,		/* of the largest, a double */
	MOMENTS_LEAST = 9,		/* 2 words each: nano, or a double and MOMENTS_NOT_NANO */
	MOMENTS_GREATEST = 11,
	MOMENTS_NANO_SQUARES = 13,	/* sums of squares: 4 words */
	MOMENTS_WIDE_SQUARES = 17,	/* 8 words */
	MOMENTS_HUGE_SQUARES = 25,	/* a double */
};

#define MOMENTS_NOT_NANO (UINT64_C(1) << 63)	/* higher than any nano reaches */
#define MOMENTS_WORDS(part) ((part) == MOMENTS_SUM ? 9 : (part) == MOMENTS_RANGE ? 13 : 26)

/* Adds a number. */
static inline void moments_add(uint64_t *w, const struct number *n, enum moments_part part);

/* Adds what FROM holds to INTO. */
void moments_merge(uint64_t *into, const uint64_t *from, enum moments_part part);

/* The sum: exact if all values are.  Its double may be infinite if one is of 2^95 or more. */
struct number moments_sum(const uint64_t *w);

/* The double next to sum / count, which is at least 1; infinite as moments_sum. */
double moments_mean(const uint64_t *w);

/* The values themselves; the count is at least 1. */
struct number moments_least(const uint64_t *w);
struct number moments_greatest(const uint64_t *w);

/*
 * The sample variance (divided by count - 1), from exact sums, and its square root; NAN if there
 * are less than two values or it cannot be told, with numbers of 2^95 and more.
 */
double moments_variance(const uint64_t *w);
double moments_deviation(const uint64_t *w);

/* Not for callers: what is not on the fast path. */
void moments_add_inexact(uint64_t *w, double d, enum moments_part part);
void moments_add_range(uint64_t *w, const struct number *n);
void moments_add_square(uint64_t *w, wide_int nano);
void moments_spill(uint64_t *w);

/* True if an exact number lies between least and greatest, which are exact, too. */
static inline bool
moments_between(const uint64_t *w, const struct number *n)
{
	return n->exact && w[MOMENTS_LEAST + 1] != MOMENTS_NOT_NANO &&
	    n->nano >= wide_get(w + MOMENTS_LEAST) && n->nano <= wide_get(w + MOMENTS_GREATEST);
}

static inline void
moments_add(uint64_t *w, const struct number *n, enum moments_part part)
{
	wide_uint square;
	wide_int sum;

	if (part >= MOMENTS_RANGE && !moments_between(w, n))
		moments_add_range(w, n);
	w[MOMENTS_COUNT]++;
	if (!n->exact) {
		moments_add_inexact(w, n->d, part);
		return;
	}
	if (__builtin_add_overflow(wide_get(w + MOMENTS_NANO), n->nano, &sum)) {
		moments_spill(w);
		sum = n->nano;
	}
	wide_set(w + MOMENTS_NANO, sum);
	if (part < MOMENTS_SQUARES)
		return;
	/* a square below 2^126 nearly never carries out of the low words */
	if ((int64_t)n->nano == n->nano) {
		square = (wide_uint)(n->nano * n->nano);
		if (!__builtin_add_overflow((wide_uint)wide_get(w + MOMENTS_NANO_SQUARES), square,
		    &square)) {
			wide_set(w + MOMENTS_NANO_SQUARES, (wide_int)square);
			return;
		}
	}
	moments_add_square(w, n->nano);
}

#endif
