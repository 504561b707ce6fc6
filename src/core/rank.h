/*
 * Puts counted keys in order: by count down, then by key bytes up (a prefix before what it
 * begins).  Used by every stage whose answer is ranked counts.
 */
#ifndef CORE_RANK_H
#define CORE_RANK_H

#include "base/map.h"

#define RANK_AHEAD 16			/* entries that are fetched ahead of use */

struct rank_item {
	uint64_t	prefix;		/* 8 key bytes, the first in the highest bits */
	uint32_t	id;		/* entry of the map */
};

/* A zeroed struct is empty; its memory is reused from one answer to the next. */
struct rank {
	const struct map	*map;
	struct rank_item	*items, *scratch;
	size_t			 n;		/* items in order */
	size_t			 cap;
};

/*
 * Ranks the keys of MAP (values of aggregate_count) that have a count, and those of ALWAYS (or
 * NULL) in it that have none; at least the first LIMIT of them are in order, further ones may be
 * missing.  0, or -1 when memory is short.
 */
int rank_sort(struct rank *, const struct map *map, const struct map *always, uint64_t limit);

/* The Ith best: its key, the key's length and its count. */
const char *rank_get(const struct rank *, size_t i, size_t *len, uint64_t *count);

/* The Ith best as an entry of the map, its value behind it. */
static inline const struct map_key *
rank_entry(const struct rank *r, size_t i)
{
	return map_entry(r->map, r->items[i].id);
}

/* Asks for the memory of an entry that is soon used, if there is one, when the Ith is. */
static inline void
rank_ahead(const struct rank *r, size_t i)
{
	if (i + RANK_AHEAD < r->n)
		__builtin_prefetch(map_entry(r->map, r->items[i + RANK_AHEAD].id));
}

void rank_free(struct rank *);

/* The answer has been used: where memory is bounded it is not kept for the next one. */
void rank_used(struct rank *);

#endif
