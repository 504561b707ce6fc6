/* Merging and writing down partial answers, see aggregate.h. */
#include "core/aggregate.h"

#include "base/mem.h"

#include <string.h>

#define AHEAD 32		/* keys whose memory is asked for before they are merged */

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
	uint64_t hashes[AHEAD];

	for (uint32_t id = 1; id < from->count;) {
		uint32_t n = from->count - id < AHEAD ? from->count - id : AHEAD;

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

static int
save_word(struct buf *out, uint64_t word)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(word >> (8 * i));
	return buf_add(out, bytes, sizeof(bytes));
}

static uint64_t
load_word(const char *bytes)
{
	uint64_t word = 0;

	for (unsigned i = 8; i-- > 0;)
		word = word << 8 | (unsigned char)bytes[i];
	return word;
}

static int
save_entry(const struct aggregate *agg, const struct map_key *entry, struct buf *out)
{
	const uint64_t *value = (const uint64_t *)(entry + 1);
	size_t len;
	const char *key = map_key_bytes(entry, &len);

	if (save_word(out, len) == -1 || buf_add(out, key, len) == -1)
		return -1;
	if (agg->save != NULL)
		return agg->save(agg, value, out);
	for (size_t i = 0; i < agg->words; i++)
		if (save_word(out, value[i]) == -1)
			return -1;
	return 0;
}

int
aggregate_save(const struct aggregate *agg, const struct map *map, struct buf *out)
{
	if (save_word(out, map_count(map)) == -1)
		return -1;
	for (uint32_t id = 1; id < map->count; id++)
		if (save_entry(agg, map_entry(map, id), out) == -1)
			return -1;
	return 0;
}

/* Merges plain words off BYTES into VALUE; returns as aggregate->load. */
static ptrdiff_t
load_words(const struct aggregate *agg, uint64_t *value, const char *bytes, size_t left,
    uint64_t *words)
{
	if (left < 8 * agg->words)
		return 0;
	for (size_t i = 0; i < agg->words; i++)
		words[i] = load_word(bytes + 8 * i);
	return agg->merge(agg, value, words) == -1 ? -1 : (ptrdiff_t)(8 * agg->words);
}

/* Takes one entry off BYTES; its size, or 0 when it is cut short, or -1 when memory is. */
static ptrdiff_t
load_entry(const struct aggregate *agg, struct map *map, const char *bytes, size_t left,
    uint64_t *words)
{
	size_t len, head;
	uint64_t *value;
	ptrdiff_t took;

	if (left < 8 || load_word(bytes) > left - 8)
		return 0;
	len = (size_t)load_word(bytes);
	head = 8 + len;
	value = map_put(map, bytes + 8, len);
	if (value == NULL)
		return -1;
	took = agg->load != NULL ? agg->load(agg, value, bytes + head, left - head) :
	    load_words(agg, value, bytes + head, left - head, words);
	return took <= 0 ? took : took + (ptrdiff_t)head;
}

int
aggregate_load(const struct aggregate *agg, struct map *map, const char *bytes, size_t len,
    struct err *err)
{
	uint64_t *words = mem_alloc(agg->words * sizeof(*words));
	size_t at = 8;
	ptrdiff_t took = 1;

	if (words == NULL)
		return err_memory(err, "loading state");
	for (uint64_t n = len < 8 ? 1 : load_word(bytes); n > 0 && took > 0; n--) {
		took = len < at ? 0 : load_entry(agg, map, bytes + at, len - at, words);
		at += (size_t)(took > 0 ? took : 0);
	}
	mem_free(words);
	if (took == -1)
		return err_memory(err, "loading state");
	if (took == 0 || at != len)
		return err_set(err, ERR_RUN, "saved state is damaged at byte %zu of %zu", at, len);
	return 0;
}
