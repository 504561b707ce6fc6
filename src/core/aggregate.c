/* Merging and writing down partial answers, see aggregate.h. */
#include "core/aggregate.h"

#include "base/mem.h"

#include <string.h>

#define FEW 32			/* words that are read without memory of their own */

static int
count_merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	*into += *from;
	return 0;
}

const struct aggregate aggregate_count = {
	.name = "count",
	.words = 1,
	.merge = count_merge,
};

/* A large map's slots and entries are far from the cache: fetch a run of them, then merge it. */
int
aggregate_merge(const struct aggregate *agg, struct map *into, const struct map *from)
{
	uint64_t hashes[AGGREGATE_AHEAD];

	for (uint32_t id = 1; id < from->count;) {
		uint32_t left = from->count - id;
		uint32_t n = left < AGGREGATE_AHEAD ? left : AGGREGATE_AHEAD;

		if (map_ready(into) == -1)
			return -1;
		for (uint32_t i = 0; i < n; i++) {
			hashes[i] = map_hash(into, *map_entry(from, id + i));
			__builtin_prefetch(map_home(into, hashes[i]));
		}
		for (uint32_t i = 0; i < n; i++)
			__builtin_prefetch(map_entry(into,
			    map_probe(map_shard(into, hashes[i]), hashes[i])));
		for (uint32_t i = 0; i < n; i++, id++) {
			struct map_key *entry = map_entry(from, id);
			uint64_t *value = map_at(into, *entry, hashes[i]);

			if (value == NULL)
				return -1;
			if (agg->merge(agg, value, (const uint64_t *)(entry + 1)) == -1)
				return -1;
		}
	}
	return 0;
}

void
aggregate_zero(const struct aggregate *agg, uint64_t *value)
{
	if (agg->drop != NULL)
		agg->drop(agg, value);
	memset(value, 0, agg->words * sizeof(*value));
}

static void
free_values(const struct aggregate *agg, struct map *map)
{
	for (uint32_t id = 1; agg->drop != NULL && id < map->count; id++)
		agg->drop(agg, (uint64_t *)(map_entry(map, id) + 1));
}

void
aggregate_clear(const struct aggregate *agg, struct map *map)
{
	free_values(agg, map);
	map_clear(map);
}

void
aggregate_free(const struct aggregate *agg, struct map *map)
{
	free_values(agg, map);
	map_free(map);
}

size_t
aggregate_bytes(const struct aggregate *agg, const struct map *map)
{
	size_t bytes = 0;

	for (uint32_t id = 1; agg->bytes != NULL && id < map->count; id++)
		bytes += agg->bytes(agg, (const uint64_t *)(map_entry(map, id) + 1));
	return bytes;
}

int
aggregate_save(const struct aggregate *agg, const uint64_t *value, struct buf *out)
{
	const struct map_key *entry = (const struct map_key *)(const void *)value - 1;
	size_t len;
	const char *key = map_key_bytes(entry, &len);

	if (wire_put_bytes(out, key, len) == -1)
		return -1;
	if (agg->save != NULL)
		return agg->save(agg, value, out);
	for (size_t i = 0; i < agg->words; i++)
		if (wire_put(out, value[i]) == -1)
			return -1;
	return 0;
}

/* Merges plain words into a value. */
static int
load_words(const struct aggregate *agg, uint64_t *value, struct wire *in)
{
	uint64_t few[FEW], *words = agg->words <= FEW ? few :
	    mem_alloc(agg->words * sizeof(*words));
	int rc;

	if (words == NULL)
		return -1;
	for (size_t i = 0; i < agg->words; i++)
		words[i] = wire_get(in);
	rc = in->damaged ? 0 : agg->merge(agg, value, words);
	if (words != few)
		mem_free(words);
	return rc;
}

int
aggregate_ahead(const struct aggregate *agg, struct map *map, struct wire in, size_t more)
{
	uint64_t hashes[AGGREGATE_AHEAD];
	uint32_t n = 0;

	if (agg->load != NULL)
		return 0;
	if (map_ready(map) == -1)
		return -1;
	for (; n < AGGREGATE_AHEAD && in.at < in.end; n++) {
		size_t len;
		const char *key = wire_get_bytes(&in, &len);

		if (in.damaged)
			break;
		hashes[n] = map_hash(map, map_key_make(key, len));
		__builtin_prefetch(map_home(map, hashes[n]));
		for (size_t i = 0; i < agg->words + more; i++)
			(void)wire_get(&in);
	}
	for (uint32_t i = 0; i < n; i++)
		__builtin_prefetch(map_entry(map,
		    map_probe(map_shard(map, hashes[i]), hashes[i])), 1);
	return 0;
}

int
aggregate_load(const struct aggregate *agg, struct map *map, struct wire *in, uint64_t **value)
{
	size_t len;
	const char *key = wire_get_bytes(in, &len);

	*value = NULL;
	if (in->damaged)
		return 0;
	*value = map_put(map, key, len);
	if (*value == NULL)
		return -1;
	aggregate_zero(agg, *value);
	return agg->load != NULL ? agg->load(agg, *value, in) : load_words(agg, *value, in);
}
