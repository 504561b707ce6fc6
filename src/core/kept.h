/*
 * A partial answer that is written down as it grows: a map of an aggregate's values, to which the
 * answers of batches are added.  Each time the entries that this touches are put down as they are
 * now, and others when the log asks for it (core/save: changelog).
 *
 * Its part in the store is the caller's to name: the same at each call.  Without a store (NULL)
 * nothing is put down and it is a map like any other.
 */
#ifndef CORE_KEPT_H
#define CORE_KEPT_H

#include "core/aggregate.h"
#include "core/save.h"

struct kept {
	const struct aggregate	*agg;
	size_t			 more;		/* words behind each value, the caller's */
	struct map		 map;
	struct changelog	 log;
	bool			 stored;	/* something was put down */
};

void kept_init(struct kept *, const struct aggregate *, size_t more, const uint64_t seed[2]);

/* Adds all of FROM, which stays as it is; 0, or -1 and the error. */
int kept_add(struct kept *, const struct map *from, struct saving *, struct err *);

/* The same for a map of the same kind of values, which is empty then. */
int kept_take(struct kept *, struct map *from, struct saving *, struct err *);

/* Puts a value down that has changed; to be called between values; then kept_end with how many. */
int kept_put(const struct kept *, const uint64_t *value, struct saving *, struct err *);
int kept_end(struct kept *, uint64_t n, struct saving *, struct err *);

/* Makes it empty. */
int kept_clear(struct kept *, struct saving *, struct err *);

/*
 * The caller has taken the map's content, or does not want it any more: what was put down of it
 * is void.
 */
int kept_forget(struct kept *, struct saving *, struct err *);

/* Entries have gone or moved: puts all that there are down in place of what was.  0 or -1. */
int kept_rewrite(struct kept *, struct saving *, struct err *);

/* Takes a chunk; 0, or -1 (memory).  Damage is seen in the wire. */
int kept_load(struct kept *, const struct store_part *, struct wire *);

size_t kept_bytes(const struct kept *);		/* held from the allocator */
void kept_free(struct kept *);

#endif
