/*
 * Keys of a map: byte strings of any kind in 16 bytes.  One of up to 16 bytes without NUL lies in
 * the key itself, padded with NULs, so that equality is two word compares; any other is a pointer
 * and a length.  An inline key's byte 8 is NUL only if all behind it are; in a long key it is
 * NUL and the length behind it is not: so no two kinds are ever equal.
 */
#ifndef BASE_MAP_KEY_H
#define BASE_MAP_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAP_INLINE 16		/* longest key in bytes that lies in the key itself */

struct map_key {
	uint64_t a, b;
};

/* A key of LEN bytes of any kind (at most 2^48); a long one borrows TEXT. */
struct map_key map_key_make(const char *text, size_t len);

/* The bytes of a key, valid while the key is, and their number. */
const char *map_key_bytes(const struct map_key *key, size_t *len);

bool map_key_equal(struct map_key x, struct map_key y);

/* The hash of a key under two random words, which keep an attacker from choosing collisions. */
uint64_t map_key_hash(struct map_key key, const uint64_t seed[2]);

/* What the hot loops use, inline. */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MAP_LENGTH_SHIFT 8
#define MAP_FIRST_BYTE(word) ((word) & 0xff)
#else
#define MAP_LENGTH_SHIFT 0
#define MAP_FIRST_BYTE(word) ((word) >> 56)
#endif

extern const unsigned char map_masks[32];

/*
 * A key of 0 to 16 bytes, none of them NUL or else map_key_has_nul tells; 16 bytes at TEXT must be
 * readable.
 */
static inline struct map_key
map_key_inline(const char *text, size_t len)
{
	struct map_key key, mask;

	memcpy(&key.a, text, sizeof(key.a));
	memcpy(&key.b, text + sizeof(key.a), sizeof(key.b));
	memcpy(&mask, map_masks + 16 - len, sizeof(mask));
	key.a &= mask.a;
	key.b &= mask.b;
	return key;
}

/* True if one of the LEN bytes that map_key_inline made KEY of was NUL. */
static inline bool
map_key_has_nul(struct map_key key, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	struct map_key mask;

	memcpy(&mask, map_masks + 16 - len, sizeof(mask));
	key.a |= ~mask.a;
	key.b |= ~mask.b;
	return ((((key.a - ones) & ~key.a) | ((key.b - ones) & ~key.b)) & highs) != 0;
}

/* A key of 1 to 2^48 bytes of any kind, as pointer and length. */
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

/* Spreads a mixed word over all bits: the high ones choose a shard, the low ones a slot. */
static inline uint64_t
map_spread(uint64_t mixed)
{
	uint64_t h = mixed * 0x9e3779b97f4a7c15U;	/* 2^64 over the golden ratio */

	return h ^ (h >> 32);
}

/* map_key_hash of an inline key. */
static inline uint64_t
map_key_hash_inline(struct map_key key, const uint64_t seed[2])
{
	return map_spread(map_mix(key.a ^ seed[0], key.b ^ seed[1]));
}

#endif
