/*
 * A hash map from byte strings to values of one fixed size, made for counting: verified keys,
 * no pause while it grows, entries that lie densely in the order they came.
 *
 *   hash -> shard -> slot {tag, id} -> entry id {key, value}
 *
 * A key of up to 16 bytes without NUL lies in the entry itself, padded with NULs, so equality is
 * two word compares.  A longer one lies in an arena and the entry points to it.  The index holds
 * eight bytes a slot, 32 hash bits and the entry's number.  A large map has 256 shards that grow
 * one at a time and at staggered loads, so the longest pause is the rehash of one.
 *
 * Entries are numbered from 1; entry 0 is a sentinel that equals no key.  Values start as
 * zeros.  A map is used by one thread at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAP_SHARDS 256
#define MAP_INLINE 16		/* longest key in bytes that lies in the entry itself */
#define MAP_CHUNK_BITS 18	/* entries are allocated 2^18 at a time */

struct map_key {
	uint64_t a, b;		/* 16 bytes; or pointer and length, see map_key_is_long */
};

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
	uint32_t		 count;		/* entries, the sentinel included; 0: no memory yet */
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

/* Makes an empty map's first memory so that the inline functions below may be used; 0 or -1. */
int map_ready(struct map *m);

/* The number of keys. */
static inline uint32_t
map_count(const struct map *m)
{
	return m->count > 0 ? m->count - 1 : 0;
}

/* Bytes held from the allocator. */
size_t map_bytes(const struct map *m);

/* The value of KEY, added as zeros when it is new; valid until the next add.  NULL: no memory. */
void *map_put(struct map *m, const char *key, size_t len);

/* The value of KEY, or NULL when it is not there. */
void *map_find(const struct map *m, const char *key, size_t len);

/*
 * As map_put for a key made by map_key_inline or map_key_long (its bytes are copied when it is
 * new) and its hash by map_hash.
 */
void *map_add(struct map *m, struct map_key key, uint64_t hash);

/* As map_find, for a made key. */
void *map_get(const struct map *m, struct map_key key, uint64_t hash);

/* The key of an entry: its bytes, valid while the entry is, and their number. */
const char *map_key_bytes(const struct map_key *key, size_t *len);

/* The hash of a key in a map of this seed. */
uint64_t map_hash(const struct map *m, struct map_key key);

/* What the hot loops use, inline. */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MAP_LENGTH_SHIFT 8
#define MAP_FIRST_BYTE(word) ((word) & 0xff)
#else
#define MAP_LENGTH_SHIFT 0
#define MAP_FIRST_BYTE(word) ((word) >> 56)
#endif

extern const unsigned char map_masks[32];

/* A key of 0 to 16 bytes, none of them NUL; 16 bytes at TEXT must be readable. */
static inline struct map_key
map_key_inline(const char *text, size_t len)
{
	struct map_key key, mask;

	memcpy(&key, text, sizeof(key));
	memcpy(&mask, map_masks + 16 - len, sizeof(mask));
	key.a &= mask.a;
	key.b &= mask.b;
	return key;
}

/*
 * A key of 1 to 2^48 bytes of any kind, as pointer and length.  An inline key's byte 8 is NUL only if
 * all behind it are; here it is NUL and the length behind it is not, so no two kinds are equal.
 */
static inline struct map_key
map_key_long(const char *text, size_t len)
{
	return (struct map_key){ (uintptr_t)text, (uint64_t)len << MAP_LENGTH_SHIFT };
}

static inline bool
map_key_is_long(struct map_key key)
{
	return MAP_FIRST_BYTE(key.b) == 0 && key.b != 0;
}

/* Both halves of a 128-bit product, folded: the mixing step of wyhash (Wang Yi, 2019). */
static inline uint64_t
map_mix(uint64_t x, uint64_t y)
{
	__extension__ unsigned __int128 product = (unsigned __int128)x * y;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t
map_hash_inline(const struct map *m, struct map_key key)
{
	return map_mix(key.a ^ m->seed[0], key.b ^ m->seed[1]);
}

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

#endif
