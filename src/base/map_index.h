/*
 * What the files of the hash map share, see map.h: its index of slots.
 */
#ifndef BASE_MAP_INDEX_H
#define BASE_MAP_INDEX_H

#include "base/map.h"

static inline uint32_t
map_slot_tag(uint64_t slot)
{
	return (uint32_t)(slot >> 32);
}

/* Room for SHARDS shards of SIZE empty slots each; 0, or -1 when memory is short. */
int map_region_open(struct map_region *, size_t size, unsigned shards);
void map_region_close(const struct map *, struct map_region *);
size_t map_region_bytes(const struct map *, const struct map_region *);

/*
 * Shard I has the SIZE slots at SLOTS from now on.  Shards fill to between 1/2 and 3/4, each to its
 * own load: they do not all grow in the same moment, and the memory a key takes stays even.
 */
void map_shard_place(struct map *, unsigned i, uint64_t *slots, size_t size);

void map_shard_insert(struct map_shard *, uint64_t slot);

/* Shard I is full: makes it larger, or one shard many.  0, or -1 when memory is short. */
int map_index_grow(struct map *, unsigned i);

#endif
