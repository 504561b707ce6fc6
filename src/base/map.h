/*
 * A hash map from byte strings to values of one fixed size, made for counting: verified keys,
 * no pause while it grows, entries that lie densely in the order they came.
 *
 *   hash -> shard -> slot {tag, id} -> entry id {key, value}
 *
 * A short key lies in the entry itself, a long one in an arena (base/map_key).  The index holds
 * eight bytes a slot, 32 hash bits and the entry's number.  A large map has 256 shards that grow
 * one at a time and at staggered loads, so the longest pause is the rehash of one.
 *
 * Entries are numbered from 1; entry 0 is a sentinel that equals no key.  Values start as
 * zeros.  A map is used by one thread at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/map_key.h"

#define MAP_SHARDS 256
#define MAP_CHUNK_BITS 18	/* entries are allocated 2^18 at a time */

struct map_shard {
	uint64_t	*slots;		/* tag << 32 | id; 0 is empty */
	uint32_t	 mask;		/* number of slots - 1 */
	uint32_t	 used;
	uint32_t	 limit;		/* grow when used reaches it */
};

struct map_region {			/* the slots of all shards of one size */
	uint64_t	*slots;
	size_t		 size;		/* slots of each shard */
	unsigned	 shards;	/* shards that live in it */
};

struct map {
	uint64_t		 seed[2];
	char			**chunks;	/* entries, 2^MAP_CHUNK_BITS in each */
	uint32_t		 nchunks;
	uint32_t		 room;		/* entries that the chunks have room for */
	uint32_t		 count;		/* entries with the sentinel; 0: no memory */
	uint32_t		 touched;	/* entries that once were, up to the last clear */
	uint32_t		 stride;	/* bytes of an entry: key and value */
	unsigned		 shard_mask;	/* 0 or MAP_SHARDS - 1 */
	struct map_region	 region, older;	/* older: still holds shards that have not grown */
	struct arena		 bytes;		/* long keys */
	struct map_shard	 shard[MAP_SHARDS];
};

/*
 * Makes an empty map of values of VALUE_SIZE bytes (a multiple of 8).  SEED (two random words)
 * keeps an attacker from choosing colliding keys; maps that are merged share it.
 */
void map_init(struct map *m, size_t value_size, const uint64_t seed[2]);

/* Frees all memory; the map is empty and can be used again. */
void map_free(struct map *m);

/*
 * Empties the map and keeps its memory for the next filling, or gives it back where the last one
 * used less than a quarter.
 */
void map_clear(struct map *m);

/*
 * Takes out every entry of which KEEP says false; the others stay in their order, but their values
 * move.  What a value owns that goes is KEEP's to free.  Memory is given back; none is needed, so
 * this cannot fail.  Not for a map that was made by map_copy.
 */
void map_keep(struct map *m, bool (*keep)(void *arg, struct map_key *entry), void *arg);

/*
 * Makes TO, an empty map of the same seed and value size, equal to FROM, which keeps the bytes of
 * long keys for both: it must not be cleared before TO.  0, or -1 when memory is short: then TO is
 * empty.
 */
int map_copy(struct map *to, const struct map *from);

/* Makes an empty map's first memory so that the inline functions below may be used; 0 or -1. */
int map_ready(struct map *m);

/* Sees to it that adding N keys moves no value; 0, or -1 when memory is short. */
int map_reserve(struct map *m, uint32_t n);

/* The number of keys. */
static inline uint32_t
map_count(const struct map *m)
{
	return m->count > 0 ? m->count - 1 : 0;
}

/* Bytes held from the allocator. */
size_t map_bytes(const struct map *m);

/*
 * Bytes of memory pages that adding N keys takes besides those that the map has used, at most and
 * at once: what grows is there twice for a while.  The bytes of long keys are not in it.
 */
size_t map_growth(const struct map *m, size_t n);

/* The value of KEY, added as zeros when it is new; valid until the next add.  NULL: no memory. */
void *map_put(struct map *m, const char *key, size_t len);

/* The value of KEY, or NULL when it is not there. */
void *map_find(const struct map *m, const char *key, size_t len);

/*
 * As map_put for a made key, the bytes of which are copied when it is new, and its hash.
 */
void *map_add(struct map *m, struct map_key key, uint64_t hash);

/* As map_find, for a made key. */
void *map_get(const struct map *m, struct map_key key, uint64_t hash);

/* The hash of a key in this map. */
static inline uint64_t
map_hash(const struct map *m, struct map_key key)
{
	return map_key_is_long(key) ? map_key_hash(key, m->seed) :
	    map_key_hash_inline(key, m->seed);
}

/* What the hot loops use, inline. */

static inline struct map_key *
map_entry(const struct map *m, uint32_t id)
{
	char *chunk = m->chunks[id >> MAP_CHUNK_BITS];

	return (struct map_key *)(void *)
	    (chunk + (size_t)(id & ((1U << MAP_CHUNK_BITS) - 1)) * m->stride);
}

static inline const struct map_shard *
map_shard(const struct map *m, uint64_t hash)
{
	return &m->shard[(hash >> 56) & m->shard_mask];
}

/* The slot where a hash belongs, empty or of another key though it may be. */
static inline const uint64_t *
map_home(const struct map *m, uint64_t hash)
{
	const struct map_shard *s = map_shard(m, hash);

	return &s->slots[hash & s->mask];
}

/*
 * The entry in a shard that a hash most likely belongs to: the first behind its home whose tag is
 * the same, or the sentinel if there is none.
 */
static inline uint32_t
map_probe(const struct map_shard *s, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & s->mask;
	uint64_t slot = s->slots[i];

	while ((uint32_t)(slot >> 32) != (uint32_t)hash && slot != 0)
		slot = s->slots[i = (i + 1) & s->mask];
	return (uint32_t)slot;
}

/* map_add, inline for a key that is there; the map is ready. */
static inline void *
map_at(struct map *m, struct map_key key, uint64_t hash)
{
	struct map_key *entry = map_entry(m, map_probe(map_shard(m, hash), hash));

	return entry->a == key.a && entry->b == key.b ? entry + 1 : map_add(m, key, hash);
}

#endif
