/*
 * Taking keys out of partial answers when memory is full (--on-full).  Which ones: those that
 * nothing has touched for longest where that is known, else those with the fewest records, and of
 * equal ones those that came first, for they have had the most time to come again.
 *
 * Where the fewest records always go first what is left is a summary of frequent keys ("Lossy
 * Counting", Manku and Motwani 2002; its ancestor is Misra and Gries 1982): a key that goes had
 * no more records than the ERROR of that eviction, so a count is never too high, and too low by no
 * more than the sum of the errors since the counting began; a key with more records than that is
 * there.
 */
#ifndef CORE_EVICT_H
#define CORE_EVICT_H

#include "core/aggregate.h"

#define EVICT_ALL 256

enum on_full {
	FULL_FAIL,			/* the run ends, with what it has */
	FULL_EVICT,			/* keys go */
	FULL_APPROX,			/* keys go, by count alone; values shrink */
};

struct eviction {
	unsigned	 share;		/* of the keys, in parts of EVICT_ALL; not all */
	bool		 approx;	/* how old a key is must not matter; values shrink */
};

struct evicted {			/* what went */
	uint64_t	keys, records;
};

/*
 * Takes keys out of a map of values of AGG; TOUCHED: behind each lies the tick that touched it
 * last.  Adds to SUM what went; returns the greatest number of records that one of them had.
 */
uint64_t evict_map(struct map *, const struct aggregate *, const struct eviction *, bool touched,
    struct evicted *sum);

#endif
