/*
 * A histogram of doubles with buckets that are as wide as the values are large: each power of two
 * is cut into 128, so that the middle of a bucket is within 1/256 (0.4 %) of all that is in it.
 *
 * Magnitudes below 2^-70 count as 0, those of 2^100 and more as one bucket.  Each sign has a
 * dense run of counters that grows in both directions, of 32 bits until 2^32 values are in it, then
 * of 64.  What it holds depends on the values alone, not on their order.
 */
#ifndef CORE_HIST_H
#define CORE_HIST_H

#include "base/buf.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hist_run {			/* counters of one sign */
	void		*count;		/* uint32_t, or uint64_t if wide */
	uint32_t	 first, n;	/* magnitudes first .. first + n - 1 */
};

struct hist {
	uint64_t	 total, zeros;
	double		 least, greatest;	/* if total > 0 */
	bool		 wide;
	struct hist_run	 run[2];	/* of positive values, of negative ones */
};

/* A zeroed struct is empty.  These return 0, or -1 when memory is short; V is finite. */
int hist_add(struct hist *, double v);
int hist_merge(struct hist *into, const struct hist *from);
int hist_save(const struct hist *, struct buf *);

/* Merges what was saved into it; damage is told in IN. */
int hist_load(struct hist *, struct wire *in);

/* What it holds beyond the struct. */
size_t hist_bytes(const struct hist *);
void hist_free(struct hist *);

/*
 * The middle of the bucket of the RANKth least value, 1 to total, but never beyond the least and
 * greatest values themselves.
 */
double hist_get(const struct hist *, uint64_t rank);

#endif
