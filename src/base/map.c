/*
 * The hash map, see map.h.  Linear probing; the home of a slot is the low bits of its own tag, so
 * a shard grows without a look at the entries.
 */
#include "base/map.h"

#include "base/mem.h"

#define CHUNK ((uint32_t)1 << MAP_CHUNK_BITS)
#define FIRST_SLOTS 64		/* slots of a new map */
#define FIRST_ROOM 32		/* entries of a new map, sentinel included */
#define KEEP_ROOM 4096		/* entries up to which an emptied map keeps its memory anyway */
#define SPLIT_SLOTS 131072	/* of a single shard; then it becomes MAP_SHARDS */

/* ---- the index ---- */

static uint32_t
slot_tag(uint64_t slot)
{
	return (uint32_t)(slot >> 32);
}

/*
 * Shards fill to between 1/2 and 3/4, each to its own load: they do not all grow in the same
 * moment, and the memory a key takes stays even.
 */
static void
shard_place(struct map *m, unsigned i, uint64_t *slots, size_t size)
{
	struct map_shard *s = &m->shard[i];

	s->slots = slots;
	s->mask = (uint32_t)(size - 1);
	s->limit = (uint32_t)(size / 2 + size / 4 * i / MAP_SHARDS);
}

static void
shard_insert(struct map_shard *s, uint64_t slot)
{
	uint32_t i = slot_tag(slot) & s->mask;

	while (s->slots[i] != 0)
		i = (i + 1) & s->mask;
	s->slots[i] = slot;
	s->used++;
}

static int
region_open(struct map_region *r, size_t size, unsigned shards)
{
	r->slots = mem_pages(size * shards * sizeof(*r->slots));
	if (r->slots == NULL)
		return -1;
	r->size = size;
	r->shards = 0;
	return 0;
}

static size_t
region_bytes(const struct map *m, const struct map_region *r)
{
	return r->size * (m->shard_mask + 1) * sizeof(*r->slots);
}

static void
region_close(const struct map *m, struct map_region *r)
{
	mem_pages_free(r->slots, region_bytes(m, r));
	*r = (struct map_region){ 0 };
}

/* Moves shard I from where it is to its place in the newest region. */
static void
shard_move(struct map *m, unsigned i)
{
	struct map_shard old = m->shard[i];
	size_t size = m->region.size;

	shard_place(m, i, m->region.slots + i * size, size);
	m->shard[i].used = 0;
	/* Zeros already; but a page that is read before it is written costs two faults. */
	memset(m->shard[i].slots, 0, size * sizeof(*old.slots));
	for (size_t k = 0; k <= old.mask; k++)
		if (old.slots[k] != 0)
			shard_insert(&m->shard[i], old.slots[k]);
	m->region.shards++;
	if (--m->older.shards == 0)
		region_close(m, &m->older);
}

/*
 * Opens a region of shards of twice the size.  Two are alive at most: if some shard is to double
 * again before another has once, which random keys do not do, the others are moved now.
 */
static int
region_next(struct map *m)
{
	struct map_region next;

	for (unsigned i = 0; m->older.slots != NULL && i <= m->shard_mask; i++)
		if ((size_t)m->shard[i].mask + 1 == m->older.size)
			shard_move(m, i);
	if (region_open(&next, m->region.size * 2, m->shard_mask + 1) == -1)
		return -1;
	m->older = m->region;
	m->region = next;
	return 0;
}

static int
shard_grow(struct map *m, unsigned i)
{
	if ((size_t)m->shard[i].mask + 1 == m->region.size && region_next(m) == -1)
		return -1;
	shard_move(m, i);
	return 0;
}

/* Puts every entry into the index anew, which is empty; 0, or -1 when memory is short. */
static int
index_all(struct map *m)
{
	for (uint32_t id = 1; id < m->count; id++) {
		uint64_t hash = map_hash(m, *map_entry(m, id));
		unsigned i = (unsigned)(hash >> 56);

		if (m->shard[i].used >= m->shard[i].limit && shard_grow(m, i) == -1)
			return -1;
		shard_insert(&m->shard[i], hash << 32 | id);
	}
	return 0;
}

/* From one shard to MAP_SHARDS, each with the share of the slots that the one would have next. */
static int
split(struct map *m)
{
	size_t size = ((size_t)m->shard[0].mask + 1) * 2 / MAP_SHARDS;
	struct map_shard whole = m->shard[0];
	struct map_region old = m->region;

	if (region_open(&m->region, size, MAP_SHARDS) == -1) {
		m->region = old;
		return -1;
	}
	m->region.shards = MAP_SHARDS;
	m->shard_mask = MAP_SHARDS - 1;
	for (unsigned i = 0; i < MAP_SHARDS; i++) {
		shard_place(m, i, m->region.slots + i * size, size);
		m->shard[i].used = 0;
	}
	if (index_all(m) == -1) {
		region_close(m, &m->region);
		region_close(m, &m->older);
		m->region = old;
		m->shard[0] = whole;
		m->shard_mask = 0;
		return -1;
	}
	mem_pages_free(old.slots, old.size * sizeof(*old.slots));
	return 0;
}

static int
grow(struct map *m, unsigned i)
{
	if (m->shard_mask == 0 && m->shard[0].mask + 1 >= SPLIT_SLOTS)
		return split(m);
	return shard_grow(m, i);
}

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
	char *chunk = mem_pages(chunk_bytes(m, room));

	if (chunk == NULL)
		return -1;
	if (m->room > 0) {
		memcpy(chunk, m->chunks[0], chunk_bytes(m, m->room));
		mem_pages_free(m->chunks[0], chunk_bytes(m, m->room));
	}
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
		if (region_open(&m->region, FIRST_SLOTS, 1) == -1)
			return -1;
		m->region.shards = 1;
		shard_place(m, 0, m->region.slots, FIRST_SLOTS);
	}
	*map_entry(m, 0) = (struct map_key){ 0, (uint64_t)1 << MAP_LENGTH_SHIFT };
	m->count = 1;
	return 0;
}

void
map_free(struct map *m)
{
	uint64_t seed[2] = { m->seed[0], m->seed[1] };

	for (uint32_t i = 0; i < m->nchunks; i++)
		mem_pages_free(m->chunks[i], chunk_bytes(m, m->nchunks == 1 ? m->room : CHUNK));
	mem_free(m->chunks);
	region_close(m, &m->region);
	region_close(m, &m->older);
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
	memset(m->region.slots, 0, region_bytes(m, &m->region));
	for (unsigned i = 0; i <= m->shard_mask; i++)
		m->shard[i].used = 0;
	arena_reset(&m->bytes);
	m->count = 1;
}

size_t
map_bytes(const struct map *m)
{
	return chunk_bytes(m, m->room) + m->nchunks * sizeof(*m->chunks) + m->bytes.total +
	    region_bytes(m, &m->region) + region_bytes(m, &m->older);
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

		if (slot_tag(slot) != (uint32_t)hash)
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
		if (grow(m, i) == -1)
			return NULL;
		i = (unsigned)(hash >> 56) & m->shard_mask;
	}
	entry = entry_append(m, key);
	if (entry == NULL)
		return NULL;
	shard_insert(&m->shard[i], hash << 32 | (m->count - 1));
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
