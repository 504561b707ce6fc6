/*
 * The index of the hash map, see map.h and map_index.h.  Linear probing; the home of a slot is the
 * low bits of its own tag, so a shard grows without a look at the entries.
 */
#include "base/map_index.h"

#include "base/mem.h"

#define SPLIT_SLOTS 131072	/* of a single shard; then it becomes MAP_SHARDS */

void
map_shard_place(struct map *m, unsigned i, uint64_t *slots, size_t size)
{
	struct map_shard *s = &m->shard[i];

	s->slots = slots;
	s->mask = (uint32_t)(size - 1);
	s->limit = (uint32_t)(size / 2 + size / 4 * i / MAP_SHARDS);
}

void
map_shard_insert(struct map_shard *s, uint64_t slot)
{
	uint32_t i = map_slot_tag(slot) & s->mask;

	while (s->slots[i] != 0)
		i = (i + 1) & s->mask;
	s->slots[i] = slot;
	s->used++;
}

int
map_region_open(struct map_region *r, size_t size, unsigned shards)
{
	r->slots = mem_pages(size * shards * sizeof(*r->slots));
	if (r->slots == NULL)
		return -1;
	r->size = size;
	r->shards = 0;
	return 0;
}

size_t
map_region_bytes(const struct map *m, const struct map_region *r)
{
	return r->size * (m->shard_mask + 1) * sizeof(*r->slots);
}

void
map_region_close(const struct map *m, struct map_region *r)
{
	mem_pages_free(r->slots, map_region_bytes(m, r));
	*r = (struct map_region){ 0 };
}

/* Moves shard I from where it is to its place in the newest region. */
static void
shard_move(struct map *m, unsigned i)
{
	struct map_shard old = m->shard[i];
	size_t size = m->region.size;

	map_shard_place(m, i, m->region.slots + i * size, size);
	m->shard[i].used = 0;
	/* Zeros already; but a page that is read before it is written costs two faults. */
	memset(m->shard[i].slots, 0, size * sizeof(*old.slots));
	for (size_t k = 0; k <= old.mask; k++)
		if (old.slots[k] != 0)
			map_shard_insert(&m->shard[i], old.slots[k]);
	m->region.shards++;
	if (--m->older.shards == 0)
		map_region_close(m, &m->older);
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
	if (map_region_open(&next, m->region.size * 2, m->shard_mask + 1) == -1)
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
		map_shard_insert(&m->shard[i], hash << 32 | id);
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

	if (map_region_open(&m->region, size, MAP_SHARDS) == -1) {
		m->region = old;
		return -1;
	}
	m->region.shards = MAP_SHARDS;
	m->shard_mask = MAP_SHARDS - 1;
	for (unsigned i = 0; i < MAP_SHARDS; i++) {
		map_shard_place(m, i, m->region.slots + i * size, size);
		m->shard[i].used = 0;
	}
	if (index_all(m) == -1) {
		map_region_close(m, &m->region);
		map_region_close(m, &m->older);
		m->region = old;
		m->shard[0] = whole;
		m->shard_mask = 0;
		return -1;
	}
	mem_pages_free(old.slots, old.size * sizeof(*old.slots));
	return 0;
}

int
map_index_grow(struct map *m, unsigned i)
{
	if (m->shard_mask == 0 && m->shard[0].mask + 1 >= SPLIT_SLOTS)
		return split(m);
	return shard_grow(m, i);
}
