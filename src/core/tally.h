/*
 * Counting keys and showing them best first: what wordcount, countby and their like share.
 *
 * Keys wait in a short queue, and each step is done for all of them: they are hashed, and for a
 * large map first their slots and then their entries are fetched, before one is counted.  So the
 * work and the cache misses of many keys overlap.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "core/rank.h"
#include "core/stage.h"

#define TALLY_QUEUE 64

struct tally {
	struct map	*map;			/* values of aggregate_count */
	uint64_t	 seed[2];		/* of the map */
	unsigned	 n;			/* keys in the queue */
	bool		 far;			/* the map is sharded: not in the second cache */
	struct map_key	 key[TALLY_QUEUE];
	uint64_t	 hash[TALLY_QUEUE];
	struct rank	 rank;			/* the answer, best first */
	size_t		 next;			/* its next row */
};

/* Begins counting into MAP; 0, or -1 when memory is short. */
int tally_start(struct tally *, struct map *map);

/* Counts what is still in the queue: to be called before the keys' text goes away.  0 or -1. */
int tally_end(struct tally *);

/* Ranks the ANSWER of a stage for tally_rows; at least LIMIT rows.  0, or -1 and the error. */
int tally_fire(struct tally *, const struct stage *, const struct map *answer, uint64_t limit,
    struct err *);

/* The next rows, {text, count}; how many, 0 at the end. */
size_t tally_rows(struct tally *, const struct rows *);

void tally_close(struct tally *);

/* Not for callers: counts the queue. */
int tally_drain(struct tally *);

/* Counts a key of the map_key_* makers, whose bytes stay until tally_end; 0, or -1 (memory). */
static inline int
tally_key(struct tally *t, struct map_key key, uint64_t hash)
{
	unsigned n = t->n++;

	t->key[n] = key;
	t->hash[n] = hash;
	if (t->far)
		__builtin_prefetch(map_home(t->map, hash));
	return n == TALLY_QUEUE - 1 ? tally_drain(t) : 0;
}

/*
 * Counts N words of TEXT, none of them empty or with a NUL; word i lies from edge[2 * i] up to
 * edge[2 * i + 1].  SCAN_PAD bytes behind them may be read.  0, or -1 (memory).
 */
int tally_words(struct tally *, const char *text, const uint16_t *edge, size_t n);

/* Counts the LEN bytes at TEXT, whatever they are; SCAN_PAD bytes behind them may be read. */
static inline int
tally_text(struct tally *t, const char *text, size_t len)
{
	struct map_key key;

	if (len <= MAP_INLINE) {
		key = map_key_inline(text, len);
		if (!map_key_has_nul(key, len))
			return tally_key(t, key, map_key_hash_inline(key, t->seed));
	}
	key = map_key_long(text, len);
	return tally_key(t, key, map_hash(t->map, key));
}

#endif
