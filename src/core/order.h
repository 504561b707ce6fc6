/*
 * The keys of an answer in order of their bytes, a prefix before what it begins: what stages use
 * whose rows come in order of the key.
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "core/rank.h"

/* A zeroed struct is empty; its memory is reused from one answer to the next. */
struct order {
	const struct map	*map;
	struct rank_item	*items, *scratch;
	size_t			 n, cap;
	size_t			 next;		/* for the caller: the next row */
};

/*
 * Orders the keys of MAP whose values count something, and those of ALWAYS (or NULL) in it.  0, or
 * -1 when memory is short.
 */
int order_keys(struct order *, const struct map *map, const struct map *always);

/* The Ith key as an entry of the map, its value behind it. */
static inline const struct map_key *
order_entry(const struct order *o, size_t i)
{
	return map_entry(o->map, o->items[i].id);
}

void order_free(struct order *);

/* As rank_used. */
void order_used(struct order *);

#endif
