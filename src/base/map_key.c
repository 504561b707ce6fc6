/* Keys of a map, see map_key.h. */
#include "base/map_key.h"

const unsigned char map_masks[32] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

struct map_key
map_key_make(const char *text, size_t len)
{
	char padded[MAP_INLINE] = { 0 };

	if (len > MAP_INLINE || (len > 0 && memchr(text, '\0', len) != NULL))
		return map_key_long(text, len);
	if (len > 0)
		memcpy(padded, text, len);
	return map_key_inline(padded, len);
}

const char *
map_key_bytes(const struct map_key *key, size_t *len)
{
	const char *end;

	if (map_key_is_long(*key)) {
		*len = (size_t)(key->b >> MAP_LENGTH_SHIFT);
		return (const char *)(uintptr_t)key->a;
	}
	end = memchr(key, '\0', sizeof(*key));
	*len = end == NULL ? sizeof(*key) : (size_t)(end - (const char *)key);
	return (const char *)key;
}

bool
map_key_equal(struct map_key x, struct map_key y)
{
	const char *bytes;
	size_t len;

	if (x.b != y.b)
		return false;
	if (x.a == y.a)
		return true;
	if (!map_key_is_long(x))
		return false;
	bytes = map_key_bytes(&x, &len);
	return memcmp(bytes, (const char *)(uintptr_t)y.a, len) == 0;
}

/* Sixteen bytes a step, each step mixed into the next. */
static uint64_t
hash_long(const char *text, size_t len, const uint64_t seed[2])
{
	uint64_t word[2], h = seed[1] ^ len;

	for (; len > sizeof(word); len -= sizeof(word), text += sizeof(word)) {
		memcpy(word, text, sizeof(word));
		h = map_mix(word[0] ^ seed[0], word[1] ^ h);
	}
	memset(word, 0, sizeof(word));
	memcpy(word, text, len);
	return map_spread(map_mix(word[0] ^ seed[0] ^ h, word[1] ^ seed[1] ^ (h >> 32)));
}

uint64_t
map_key_hash(struct map_key key, const uint64_t seed[2])
{
	const char *text;
	size_t len;

	if (!map_key_is_long(key))
		return map_key_hash_inline(key, seed);
	text = map_key_bytes(&key, &len);
	return hash_long(text, len, seed);
}
