/*
 * Taking entries out of a hash map, see map.h: those that stay move together, in their order, and
 * the index is made anew.  All of it in place: it is what is done when memory is short, so it needs
 * none and cannot fail.
 */
#include "base/map_index.h"

#include "base/mem.h"

#define CHUNK ((uint32_t)1 << MAP_CHUNK_BITS)

/* Moves what stays to the front, long keys too; how many entries there are, with the sentinel. */
static uint32_t
keep_entries(struct map *m, bool (*keep)(void *arg, struct map_key *entry), void *arg)
{
	struct arena_squeeze bytes;
	uint32_t to = 1;

	arena_squeeze_begin(&bytes, &m->bytes);
	for (uint32_t id = 1; id < m->count; id++) {
		struct map_key *entry = map_entry(m, id);

		if (!keep(arg, entry))
			continue;
		if (map_key_is_long(*entry)) {
			size_t len;
			const char *key = map_key_bytes(entry, &len);

			entry->a = (uintptr_t)arena_squeeze_keep(&bytes, key, len);
		}
		if (to != id)
			memcpy(map_entry(m, to), entry, m->stride);
		to++;
	}
	arena_squeeze_end(&bytes);
	return to;
}

/* Gives back the memory of entries that are gone. */
static void
give_back(struct map *m)
{
	uint32_t chunks = (m->count + CHUNK - 1) / CHUNK, last = m->count - (chunks - 1) * CHUNK;

	while (m->nchunks > chunks) {
		mem_pages_free(m->chunks[--m->nchunks], (size_t)CHUNK * m->stride);
		m->room -= CHUNK;
	}
	mem_pages_cut(m->chunks[chunks - 1], (size_t)(m->room < CHUNK ? m->room : CHUNK) *
	    m->stride, (size_t)last * m->stride);
}

/* Puts every entry into the slots of REGION; false if a shard is too full for it. */
static bool
fill(struct map *m, const struct map_region *region)
{
	memset(region->slots, 0, map_region_bytes(m, region));
	for (unsigned i = 0; i <= m->shard_mask; i++) {
		map_shard_place(m, i, region->slots + i * region->size, region->size);
		m->shard[i].used = 0;
	}
	for (uint32_t id = 1; id < m->count; id++) {
		uint64_t hash = map_hash(m, *map_entry(m, id));
		struct map_shard *s = &m->shard[(hash >> 56) & m->shard_mask];

		if (s->used >= s->limit)
			return false;
		map_shard_insert(s, hash << 32 | id);
	}
	return true;
}

/* While the map was growing there are two regions: the smaller one will often do. */
static void
index_anew(struct map *m)
{
	if (m->older.slots == NULL) {
		(void)fill(m, &m->region);
		return;
	}
	if (fill(m, &m->older)) {
		map_region_close(m, &m->region);
		m->region = m->older;
		m->older = (struct map_region){ 0 };
	} else {
		map_region_close(m, &m->older);
		(void)fill(m, &m->region);	/* no shard has more than it had */
	}
	m->region.shards = m->shard_mask + 1;
}

void
map_keep(struct map *m, bool (*keep)(void *arg, struct map_key *entry), void *arg)
{
	uint32_t count;

	if (map_count(m) == 0)
		return;
	count = keep_entries(m, keep, arg);
	if (count == m->count)
		return;
	m->count = m->touched = count;
	give_back(m);
	index_anew(m);
}
