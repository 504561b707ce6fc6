/* Counters by rising count, see heavy_counters.h. */
#include "core/heavy_counters.h"

#include "base/mem.h"

#include <string.h>

struct heavy_counters *
heavy_counters_new(uint32_t capacity)
{
	struct heavy_counters *h = mem_zalloc(sizeof(*h));
	uint32_t slots = 8;

	if (h == NULL)
		return NULL;
	while (slots < 2 * capacity)
		slots *= 2;
	h->slots = mem_zalloc(slots * sizeof(*h->slots));
	h->counter = mem_zalloc(capacity * sizeof(*h->counter));
	h->bucket = mem_zalloc(capacity * sizeof(*h->bucket));
	if (h->slots == NULL || h->counter == NULL || h->bucket == NULL) {
		heavy_counters_free(h);
		return NULL;
	}
	h->capacity = capacity;
	h->mask = slots - 1;
	h->lowest = h->highest = HEAVY_NONE;
	for (uint32_t i = 0; i < capacity; i++)
		h->bucket[i].higher = i + 1 < capacity ? i + 1 : HEAVY_NONE;
	return h;
}

void
heavy_counters_free(struct heavy_counters *h)
{
	if (h == NULL)
		return;
	for (uint32_t i = 0; i < h->n; i++)
		if (map_key_is_long(h->counter[i].key))
			mem_free((void *)(uintptr_t)h->counter[i].key.a);
	mem_free(h->slots);
	mem_free(h->counter);
	mem_free(h->bucket);
	mem_free(h);
}

/* ---- the index: linear probing ---- */

static uint32_t
find_slot(const struct heavy_counters *h, struct map_key key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & h->mask;

	for (; h->slots[i] != 0; i = (i + 1) & h->mask) {
		const struct heavy_counter *c = &h->counter[h->slots[i] - 1];

		if (c->hash == hash && map_key_equal(c->key, key))
			break;
	}
	return i;
}

uint32_t
heavy_counters_find(const struct heavy_counters *h, struct map_key key, uint64_t hash)
{
	return h->slots[find_slot(h, key, hash)] - 1;	/* 0 - 1 is HEAVY_NONE */
}

/* Empties a slot, moves up what would not be found behind it (Knuth vol. 3, 6.4, algorithm R). */
static void
remove_slot(struct heavy_counters *h, uint32_t empty)
{
	uint32_t i = empty;

	h->slots[empty] = 0;
	for (;;) {
		uint32_t home;

		i = (i + 1) & h->mask;
		if (h->slots[i] == 0)
			return;
		home = (uint32_t)h->counter[h->slots[i] - 1].hash & h->mask;
		if (((i - home) & h->mask) < ((i - empty) & h->mask))
			continue;
		h->slots[empty] = h->slots[i];
		h->slots[i] = 0;
		empty = i;
	}
}

/* ---- buckets ---- */

/* A bucket of COUNT above LOWER (HEAVY_NONE: the lowest); there is always an unused one. */
static uint32_t
insert_bucket(struct heavy_counters *h, uint64_t count, uint32_t lower)
{
	uint32_t id = h->unused;
	struct heavy_bucket *b = &h->bucket[id];
	uint32_t higher = lower == HEAVY_NONE ? h->lowest : h->bucket[lower].higher;

	h->unused = b->higher;
	*b = (struct heavy_bucket){ count, HEAVY_NONE, HEAVY_NONE, lower, higher };
	if (lower == HEAVY_NONE)
		h->lowest = id;
	else
		h->bucket[lower].higher = id;
	if (higher == HEAVY_NONE)
		h->highest = id;
	else
		h->bucket[higher].lower = id;
	return id;
}

static void
remove_bucket(struct heavy_counters *h, uint32_t id)
{
	struct heavy_bucket *b = &h->bucket[id];

	if (b->lower == HEAVY_NONE)
		h->lowest = b->higher;
	else
		h->bucket[b->lower].higher = b->higher;
	if (b->higher == HEAVY_NONE)
		h->highest = b->lower;
	else
		h->bucket[b->higher].lower = b->lower;
	b->higher = h->unused;
	h->unused = id;
}

/* Puts a counter last in a bucket. */
static void
enter(struct heavy_counters *h, uint32_t id, uint32_t bucket)
{
	struct heavy_bucket *b = &h->bucket[bucket];
	struct heavy_counter *c = &h->counter[id];

	c->bucket = bucket;
	c->before = b->last;
	c->after = HEAVY_NONE;
	if (b->last == HEAVY_NONE)
		b->first = id;
	else
		h->counter[b->last].after = id;
	b->last = id;
}

static void
leave(struct heavy_counters *h, uint32_t id)
{
	struct heavy_counter *c = &h->counter[id];
	struct heavy_bucket *b = &h->bucket[c->bucket];

	if (c->before == HEAVY_NONE)
		b->first = c->after;
	else
		h->counter[c->before].after = c->after;
	if (c->after == HEAVY_NONE)
		b->last = c->before;
	else
		h->counter[c->after].before = c->before;
}

/* One more for a counter: into the next bucket, or its own moves up if it is alone in it. */
static void
increment(struct heavy_counters *h, uint32_t id)
{
	uint32_t from = h->counter[id].bucket, to = h->bucket[from].higher;
	uint64_t count = h->bucket[from].count + 1;
	bool alone = h->bucket[from].first == h->bucket[from].last;

	if (to == HEAVY_NONE || h->bucket[to].count != count) {
		if (alone) {
			h->bucket[from].count = count;
			return;
		}
		to = insert_bucket(h, count, from);
	}
	leave(h, id);
	enter(h, id, to);
	if (alone)
		remove_bucket(h, from);
}

/* ---- keys ---- */

/* A key that outlives KEY; false when memory is short. */
static bool
copy_key(struct heavy_counters *h, struct map_key *key)
{
	const char *bytes;
	char *copy;
	size_t len;

	if (!map_key_is_long(*key))
		return true;
	bytes = map_key_bytes(key, &len);
	copy = mem_alloc(len);
	if (copy == NULL)
		return false;
	memcpy(copy, bytes, len);
	*key = map_key_long(copy, len);
	h->long_bytes += len;
	return true;
}

static void
drop_key(struct heavy_counters *h, struct map_key *key)
{
	const char *bytes;
	size_t len;

	if (!map_key_is_long(*key))
		return;
	bytes = map_key_bytes(key, &len);
	h->long_bytes -= len;
	mem_free((void *)(uintptr_t)bytes);
}

/* Gives a key that has no counter the next one, in no bucket yet; HEAVY_NONE: no memory. */
static uint32_t
place(struct heavy_counters *h, struct map_key key, uint64_t hash, uint64_t error)
{
	uint32_t slot = find_slot(h, key, hash), id = h->n;

	if (!copy_key(h, &key))
		return HEAVY_NONE;
	h->n++;
	h->slots[slot] = id + 1;
	h->counter[id] = (struct heavy_counter){ .key = key, .hash = hash, .error = error };
	return id;
}

int
heavy_counters_append(struct heavy_counters *h, struct map_key key, uint64_t hash, uint64_t count,
    uint64_t error)
{
	uint32_t id = place(h, key, hash, error), bucket = h->highest;

	if (id == HEAVY_NONE)
		return -1;
	if (bucket == HEAVY_NONE || h->bucket[bucket].count != count)
		bucket = insert_bucket(h, count, h->highest);
	enter(h, id, bucket);
	return 0;
}

/* A new key that came once belongs into the lowest bucket. */
static int
insert(struct heavy_counters *h, struct map_key key, uint64_t hash)
{
	uint32_t id = place(h, key, hash, 0), bucket = h->lowest;

	if (id == HEAVY_NONE)
		return -1;
	if (bucket == HEAVY_NONE || h->bucket[bucket].count != 1)
		bucket = insert_bucket(h, 1, HEAVY_NONE);
	enter(h, id, bucket);
	return 0;
}

/* The first of those that came least often, which has waited longest, gives its counter away. */
static int
replace(struct heavy_counters *h, struct map_key key, uint64_t hash)
{
	uint32_t id = h->bucket[h->lowest].first;
	struct heavy_counter *c = &h->counter[id];

	if (!copy_key(h, &key))
		return -1;
	remove_slot(h, find_slot(h, c->key, c->hash));
	drop_key(h, &c->key);
	c->key = key;
	c->hash = hash;
	c->error = h->bucket[h->lowest].count;
	h->slots[find_slot(h, key, hash)] = id + 1;
	increment(h, id);
	return 0;
}

int
heavy_counters_add(struct heavy_counters *h, struct map_key key, uint64_t hash)
{
	uint32_t id = heavy_counters_find(h, key, hash);

	if (id == HEAVY_NONE)
		return h->n < h->capacity ? insert(h, key, hash) : replace(h, key, hash);
	increment(h, id);
	return 0;
}
