/*
 * The counters of core/heavy: keys in a hash index, and in a list of buckets by rising count, in
 * each of which those that came first are first.  Counting a key and finding the least frequent one
 * take constant time (the "stream summary" of Metwally, Agrawal and El Abbadi 2005).
 */
#ifndef CORE_HEAVY_COUNTERS_H
#define CORE_HEAVY_COUNTERS_H

#include "core/heavy.h"

#define HEAVY_NONE UINT32_MAX

struct heavy_counter {
	struct map_key	key;		/* a long one owns its bytes */
	uint64_t	hash, error;
	uint32_t	bucket;
	uint32_t	before, after;	/* in its bucket */
};

struct heavy_bucket {			/* of counters that have the same count */
	uint64_t	count;
	uint32_t	first, last;	/* counters */
	uint32_t	lower, higher;	/* buckets; higher is the next free one, too */
};

struct heavy_counters {
	uint32_t		 capacity, n;
	uint32_t		 mask;		/* slots of the index - 1 */
	uint32_t		*slots;		/* a counter's number + 1; 0: empty */
	struct heavy_counter	*counter;
	struct heavy_bucket	*bucket;
	uint32_t		 lowest, highest;	/* buckets */
	uint32_t		 unused;		/* the first of a list of buckets */
	size_t			 long_bytes;	/* of keys that are not inline */
};

/* NULL when memory is short. */
struct heavy_counters *heavy_counters_new(uint32_t capacity);
void heavy_counters_free(struct heavy_counters *h);

/* The counter of a key, or HEAVY_NONE. */
uint32_t heavy_counters_find(const struct heavy_counters *h, struct map_key key, uint64_t hash);

/* Adds a key that has no counter, with a count not below those there are.  0 or -1 (memory). */
int heavy_counters_append(struct heavy_counters *h, struct map_key key, uint64_t hash,
    uint64_t count, uint64_t error);

/* Counts a key once, in the place of the least frequent one if there is no room.  0 or -1. */
int heavy_counters_add(struct heavy_counters *h, struct map_key key, uint64_t hash);

static inline uint64_t
heavy_counters_get(const struct heavy_counters *h, uint32_t id)
{
	return h->bucket[h->counter[id].bucket].count;
}

/* How often a key that has no counter came at most. */
static inline uint64_t
heavy_counters_floor(const struct heavy_counters *h)
{
	return h->n < h->capacity ? 0 : h->bucket[h->lowest].count;
}

#endif
