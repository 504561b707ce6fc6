/*
 * Counting keys and showing them best first: what wordcount, countby and their like share.
 *
 * While a map is small a key is counted at once.  When it has outgrown the cache, keys wait in a
 * short queue while the memory they need is fetched, so that the misses of many overlap.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "core/rank.h"
#include "core/stage.h"

#define TALLY_QUEUE 64

struct tally {
	struct map	*map;			/* values of aggregate_count */
	unsigned	 n;			/* keys in the queue */
	bool		 queued;		/* the map is large */
	struct map_key	 key[TALLY_QUEUE];
	uint64_t	 hash[TALLY_QUEUE];
	struct rank	 rank;			/* the answer, best first */
	size_t		 next;			/* its next row */
};

/* Begins counting into MAP; 0, or -1 when memory is short. */
int tally_start(struct tally *, struct map *map);

/* Counts what is still in the queue: to be called before the keys' text goes away.  0 or -1. */
int tally_end(struct tally *);

/* Ranks ANSWER for tally_rows; at least LIMIT rows.  0, or -1 and the error. */
int tally_fire(struct tally *, const struct map *answer, uint64_t limit, struct err *);

/* The next rows, {text, count}; how many, 0 at the end. */
size_t tally_rows(struct tally *, const struct rows *);

void tally_close(struct tally *);

/* Not for callers: counts the queue. */
int tally_drain(struct tally *);

/* Counts KEY if it is the one at home in the map, as it nearly always is. */
static inline bool
tally_at_home(struct map *m, struct map_key key, uint64_t hash)
{
	struct map_key *entry = map_entry(m, (uint32_t)*map_home(m, hash));

	if (entry->a != key.a || entry->b != key.b)
		return false;
	++*(uint64_t *)(entry + 1);
	return true;
}

/* Counts a key of the map_key_* makers, whose bytes stay until tally_end; 0, or -1 (memory). */
static inline int
tally_key(struct tally *t, struct map_key key, uint64_t hash)
{
	uint64_t *value;

	if (t->queued) {
		__builtin_prefetch(map_home(t->map, hash));
		t->key[t->n] = key;
		t->hash[t->n++] = hash;
		return t->n == TALLY_QUEUE ? tally_drain(t) : 0;
	}
	if (tally_at_home(t->map, key, hash))
		return 0;
	value = map_add(t->map, key, hash);
	if (value == NULL)
		return -1;
	++*value;
	return 0;
}

/* Counts the LEN bytes at TEXT, SCAN_PAD of which may be read behind them; NUL if one may be NUL. */
static inline int
tally_text(struct tally *t, const char *text, size_t len, bool nul)
{
	struct map_key key;

	if (__builtin_expect(len <= MAP_INLINE && !nul, 1)) {
		key = map_key_inline(text, len);
		return tally_key(t, key, map_hash_inline(t->map, key));
	}
	if (len > MAP_INLINE || memchr(text, '\0', len) != NULL)
		key = map_key_long(text, len);
	else
		key = map_key_inline(text, len);
	return tally_key(t, key, map_hash(t->map, key));
}

#endif
