/* The hash map, see map.h: entries, and what is done to both them and the index. */
#include "base/map_index.h"

#include "base/mem.h"

#define CHUNK ((uint32_t)1 << MAP_CHUNK_BITS)
#define FIRST_SLOTS 64		/* slots of a new map */
#define FIRST_ROOM 32		/* entries of a new map, sentinel included */
#define KEEP_ROOM 4096		/* entries up to which an emptied map keeps its memory anyway */

/* ---- the entries ---- */

static size_t
chunk_bytes(const struct map *m, uint32_t entries)
{
	return (size_t)entries * m->stride;
}

/* The first chunk grows by doubling; the others come whole, so nothing large is ever moved. */
static int
first_chunk_grow(struct map *m)
{
	uint32_t room = m->room == 0 ? FIRST_ROOM : m->room * 2;
	char *chunk = m->room == 0 ? mem_pages(chunk_bytes(m, room)) :
	    mem_pages_grow(m->chunks[0], chunk_bytes(m, m->room), chunk_bytes(m, room));

	if (chunk == NULL)
		return -1;
	m->chunks[0] = chunk;
	m->room = room;
	return 0;
}

static int
entries_grow(struct map *m)
{
	char **chunks, *chunk;

	if (m->nchunks == 1 && m->room < CHUNK)
		return first_chunk_grow(m);
	if (m->room > UINT32_MAX - CHUNK)
		return -1;
	chunks = mem_realloc(m->chunks, (m->nchunks + 1) * sizeof(*chunks));
	if (chunks == NULL)
		return -1;
	m->chunks = chunks;
	chunk = mem_pages(chunk_bytes(m, CHUNK));
	if (chunk == NULL)
		return -1;
	m->chunks[m->nchunks++] = chunk;
	m->room += CHUNK;
	return 0;
}

/* Appends an entry with zeros for a value; long keys are copied into the arena. */
static struct map_key *
entry_append(struct map *m, struct map_key key)
{
	struct map_key *entry;

	if (m->count == m->room && entries_grow(m) == -1)
		return NULL;
	if (map_key_is_long(key)) {
		size_t len;
		const char *bytes = map_key_bytes(&key, &len);
		char *copy = arena_bytes(&m->bytes, len);

		if (copy == NULL)
			return NULL;
		key.a = (uintptr_t)memcpy(copy, bytes, len);
	}
	entry = map_entry(m, m->count);
	*entry = key;
	memset(entry + 1, 0, m->stride - sizeof(*entry));
	m->count++;
	return entry;
}

/* ---- the map ---- */

void
map_init(struct map *m, size_t value_size, const uint64_t seed[2])
{
	*m = (struct map){
		.seed = { seed[0], seed[1] },
		.stride = (uint32_t)(sizeof(struct map_key) + value_size),
	};
}

int
map_ready(struct map *m)
{
	if (m->count > 0)
		return 0;
	if (m->chunks == NULL) {
		m->chunks = mem_zalloc(sizeof(*m->chunks));
		if (m->chunks == NULL)
			return -1;
		m->nchunks = 1;
	}
	if (m->room == 0 && first_chunk_grow(m) == -1)
		return -1;
	if (m->region.slots == NULL) {
		if (map_region_open(&m->region, FIRST_SLOTS, 1) == -1)
			return -1;
		m->region.shards = 1;
		map_shard_place(m, 0, m->region.slots, FIRST_SLOTS);
	}
	*map_entry(m, 0) = (struct map_key){ 0, (uint64_t)1 << MAP_LENGTH_SHIFT };
	m->count = 1;
	return 0;
}

int
map_reserve(struct map *m, uint32_t n)
{
	if (map_ready(m) == -1)
		return -1;
	while (m->nchunks == 1 && m->room < CHUNK && m->room - m->count < n)
		if (first_chunk_grow(m) == -1)
			return -1;
	return 0;
}

void
map_free(struct map *m)
{
	uint64_t seed[2] = { m->seed[0], m->seed[1] };

	for (uint32_t i = 0; i < m->nchunks; i++)
		mem_pages_free(m->chunks[i], chunk_bytes(m, m->nchunks == 1 ? m->room : CHUNK));
	mem_free(m->chunks);
	map_region_close(m, &m->region);
	map_region_close(m, &m->older);
	arena_free(&m->bytes);
	map_init(m, m->stride - sizeof(struct map_key), seed);
}

void
map_clear(struct map *m)
{
	if (m->count == 0)
		return;
	if ((m->room > KEEP_ROOM && m->count < m->room / 4) || m->older.slots != NULL) {
		map_free(m);
		return;
	}
	memset(m->region.slots, 0, map_region_bytes(m, &m->region));
	for (unsigned i = 0; i <= m->shard_mask; i++)
		m->shard[i].used = 0;
	arena_reset(&m->bytes);
	if (m->count > m->touched)
		m->touched = m->count;
	m->count = 1;
}

/* Memory of TO for as many entries and slots as FROM has. */
static int
copy_room(struct map *to, const struct map *from)
{
	if (to->older.slots != NULL || to->region.size != from->region.size ||
	    to->shard_mask != from->shard_mask) {
		map_region_close(to, &to->region);
		map_region_close(to, &to->older);
		to->shard_mask = from->shard_mask;
		if (map_region_open(&to->region, from->region.size, to->shard_mask + 1) == -1)
			return -1;
		to->region.shards = to->shard_mask + 1;
	}
	if (map_ready(to) == -1)
		return -1;
	while (to->room < from->count)
		if (entries_grow(to) == -1)
			return -1;
	return 0;
}

/* All shards of TO have the newest size, though some of FROM may not have grown yet. */
static void
copy_slots(struct map *to, const struct map *from)
{
	size_t size = to->region.size;

	for (unsigned i = 0; i <= to->shard_mask; i++) {
		const struct map_shard *s = &from->shard[i];
		uint64_t *slots = to->region.slots + i * size;

		map_shard_place(to, i, slots, size);
		to->shard[i].used = 0;
		if ((size_t)s->mask + 1 == size) {
			memcpy(slots, s->slots, size * sizeof(*slots));
			to->shard[i].used = s->used;
			continue;
		}
		memset(slots, 0, size * sizeof(*slots));
		for (size_t k = 0; k <= s->mask; k++)
			if (s->slots[k] != 0)
				map_shard_insert(&to->shard[i], s->slots[k]);
	}
}

int
map_copy(struct map *to, const struct map *from)
{
	if (map_count(from) == 0)
		return 0;
	if (copy_room(to, from) == -1) {
		map_free(to);
		return -1;
	}
	copy_slots(to, from);
	for (uint32_t id = 0; id < from->count; id += CHUNK) {
		uint32_t left = from->count - id;

		memcpy(map_entry(to, id), map_entry(from, id),
		    chunk_bytes(to, left < CHUNK ? left : CHUNK));
	}
	to->count = from->count;
	return 0;
}

size_t
map_bytes(const struct map *m)
{
	return chunk_bytes(m, m->room) + m->nchunks * sizeof(*m->chunks) + m->bytes.total +
	    map_region_bytes(m, &m->region) + map_region_bytes(m, &m->older);
}

void *
map_get(const struct map *m, struct map_key key, uint64_t hash)
{
	const struct map_shard *s = map_shard(m, hash);
	uint64_t slot;

	if (m->count == 0)
		return NULL;
	for (uint32_t i = (uint32_t)hash & s->mask; (slot = s->slots[i]) != 0;
	    i = (i + 1) & s->mask) {
		struct map_key *entry;

		if (map_slot_tag(slot) != (uint32_t)hash)
			continue;
		entry = map_entry(m, (uint32_t)slot);
		if (map_key_equal(*entry, key))
			return entry + 1;
	}
	return NULL;
}

void *
map_add(struct map *m, struct map_key key, uint64_t hash)
{
	void *value = map_get(m, key, hash);
	struct map_key *entry;
	unsigned i;

	if (value != NULL)
		return value;
	if (map_ready(m) == -1)
		return NULL;
	i = (unsigned)(hash >> 56) & m->shard_mask;
	if (m->shard[i].used >= m->shard[i].limit) {
		if (map_index_grow(m, i) == -1)
			return NULL;
		i = (unsigned)(hash >> 56) & m->shard_mask;
	}
	entry = entry_append(m, key);
	if (entry == NULL)
		return NULL;
	map_shard_insert(&m->shard[i], hash << 32 | (m->count - 1));
	return entry + 1;
}

void *
map_put(struct map *m, const char *text, size_t len)
{
	struct map_key key = map_key_make(text, len);

	return map_add(m, key, map_hash(m, key));
}

void *
map_find(const struct map *m, const char *text, size_t len)
{
	struct map_key key = map_key_make(text, len);

	return map_get(m, key, map_hash(m, key));
}
