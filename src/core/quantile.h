/*
 * Quantiles of a column, as two words of an aggregate's value: how many values, and a pointer to
 * the memory that they own.  Up to QUANTILE_EXACT values are all kept, and the answers are values
 * that occurred; from there on they are counted in a histogram (core/hist), and answers are within
 * 1/256 (0.4 %) of such values, or 2^-70.  What the answer is depends on the values alone, not on
 * their order nor on how they were dealt and merged.
 */
#ifndef CORE_QUANTILE_H
#define CORE_QUANTILE_H

#include "base/buf.h"
#include "base/wire.h"

#include <stddef.h>
#include <stdint.h>

#define QUANTILE_EXACT 2048		/* values; a power of two */
#define QUANTILE_FIRST 4		/* that the first memory has room for */

enum quantile_word { QUANTILE_COUNT, QUANTILE_MEMORY, QUANTILE_WORDS };

/* Adds a finite value; 0, or -1 when memory is short. */
static inline int quantile_add(uint64_t *w, double v);

/* These are as in struct aggregate; load tells damage in IN. */
int quantile_merge(uint64_t *into, const uint64_t *from);
void quantile_free(uint64_t *w);
size_t quantile_bytes(const uint64_t *w);
int quantile_save(const uint64_t *w, struct buf *out);
int quantile_load(uint64_t *w, struct wire *in);

/*
 * OUT[i] becomes the Q[i] quantile, 0 to 1 and in rising order, by nearest rank: the value at place
 * ceil(q * count) of all in order, the first for q = 0.  The count is at least 1.  Values that are
 * kept change their places in memory, so no other thread may use W meanwhile.
 */
void quantile_list(const uint64_t *w, const double *q, size_t n, double *out);

/* Not for callers. */
int quantile_add_slow(uint64_t *w, double v);

/* Where the next value is put, if it is kept: for prefetching. */
static inline const void *
quantile_next(const uint64_t *w)
{
	const double *kept = (const double *)(uintptr_t)w[QUANTILE_MEMORY];

	return w[QUANTILE_COUNT] < QUANTILE_EXACT ? kept + w[QUANTILE_COUNT] : kept;
}

static inline int
quantile_add(uint64_t *w, double v)
{
	uint64_t n = w[QUANTILE_COUNT];

	/* memory has room for a power of two of values, so it is full when their number is one */
	if (n > QUANTILE_EXACT || n < QUANTILE_FIRST || (n & (n - 1)) == 0)
		return quantile_add_slow(w, v);
	((double *)(uintptr_t)w[QUANTILE_MEMORY])[n] = v;
	w[QUANTILE_COUNT] = n + 1;
	return 0;
}

#endif
