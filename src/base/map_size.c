/*
 * What a hash map will take as it grows, see map.h.  Its tables are mapped as a whole, but a page
 * takes memory only when it is touched: entries one behind the other, slots shard by shard.
 */
#include "base/map_index.h"

#define FIRST_SLOTS 64

/* Bytes of slots that have been touched. */
static size_t
index_resident(const struct map *m)
{
	size_t shards = m->region.shards;

	if (m->region.slots == NULL)
		return 0;
	return map_region_bytes(m, &m->older) + m->region.size * shards * sizeof(uint64_t);
}

/*
 * The bytes that slots for COUNT keys take at most on the way there: from half full on shards move
 * to a region twice as large, until at three quarters all have and the old one goes.
 */
static size_t
index_peak(size_t slots, size_t count)
{
	size_t before = slots, peak, more;

	while (count > slots / 4 * 3)
		slots *= 2;
	peak = slots * sizeof(uint64_t);
	more = count > slots / 2 ? (count - slots / 2) * 8 * sizeof(uint64_t) : 0;
	if (slots > before && peak / 2 > more)
		more = peak / 2;		/* the last one that went */
	return peak + more;
}

size_t
map_growth(const struct map *m, size_t n)
{
	size_t count = m->count + n;
	size_t slots = m->region.slots == NULL ? FIRST_SLOTS :
	    m->region.size * (m->shard_mask + 1);
	size_t entries = m->count > m->touched ? m->count : m->touched;
	size_t peak = index_peak(slots, count), resident = index_resident(m), bytes = 0;

	if (n == 0)
		return 0;
	if (count > entries)
		bytes = (count - entries) * m->stride;
	return bytes + (peak > resident ? peak - resident : 0);
}
