/* Answers that grow, see running.h. */
#include "core/running.h"

#include <string.h>

void
running_open(struct running *r, const struct aggregate *agg, enum emit emit, int64_t length,
    int64_t ttl, const uint64_t seed[2])
{
	size_t size = agg->words * sizeof(uint64_t);

	*r = (struct running){ .agg = agg, .emit = emit, .length = length, .ttl = ttl };
	map_init(&r->total, size + sizeof(int64_t), seed);
	map_init(&r->changed, 0, seed);
	map_init(&r->answer, size, seed);
}

static uint64_t *
value_of(const struct map *m, uint32_t id)
{
	return (uint64_t *)(map_entry(m, id) + 1);
}

/* The tick that touched a value of the total last. */
static int64_t *
touched(const struct running *r, uint64_t *value)
{
	return (int64_t *)(value + r->agg->words);
}

static bool
forgotten(const struct running *r, uint64_t *value, int64_t tick)
{
	return r->ttl > 0 && *touched(r, value) + r->ttl <= tick;
}

static void
clear_value(const struct running *r, uint64_t *value)
{
	if (r->agg->drop != NULL)
		r->agg->drop(r->agg, value);
	memset(value, 0, r->agg->words * sizeof(*value));
}

int
running_begin(struct running *r, const struct map *first)
{
	r->begun = true;
	return aggregate_merge(r->agg, &r->total, first);
}

/* The first batch touches what was there before it. */
static void
touch_all(struct running *r, int64_t tick)
{
	for (uint32_t id = 1; id < r->total.count; id++)
		*touched(r, value_of(&r->total, id)) = tick;
	r->begun = false;
}

int
running_add(struct running *r, struct map *open, int64_t tick)
{
	if (r->begun)
		touch_all(r, tick);
	for (uint32_t id = 1; id < open->count; id++) {
		const struct map_key *entry = map_entry(open, id);
		uint64_t hash = map_hash(open, *entry);
		uint64_t *value = map_add(&r->total, *entry, hash);

		if (value == NULL)
			return -1;
		if (forgotten(r, value, tick))
			clear_value(r, value);
		if (r->agg->merge(r->agg, value, (const uint64_t *)(entry + 1)) == -1)
			return -1;
		*touched(r, value) = tick;
		if (r->emit == EMIT_UPDATE && map_add(&r->changed, *entry, hash) == NULL)
			return -1;
	}
	aggregate_clear(r->agg, open);
	return 0;
}

/* Makes a total of what is not forgotten; values move. */
static int
sweep(struct running *r, int64_t tick)
{
	struct map kept;

	map_init(&kept, r->total.stride - sizeof(struct map_key), r->total.seed);
	for (uint32_t id = 1; id < r->total.count; id++) {
		const struct map_key *entry = map_entry(&r->total, id);
		uint64_t *value = value_of(&r->total, id), *to;

		if (forgotten(r, value, tick))
			continue;
		to = map_add(&kept, *entry, map_hash(&kept, *entry));
		if (to == NULL) {
			map_free(&kept);	/* the values are still the total's */
			return -1;
		}
		memcpy(to, value, r->total.stride - sizeof(*entry));
	}
	for (uint32_t id = 1; id < r->total.count; id++)
		if (forgotten(r, value_of(&r->total, id), tick))
			clear_value(r, value_of(&r->total, id));
	map_free(&r->total);
	r->total = kept;
	r->swept = tick;
	return 0;
}

/* Copies of the values whose keys have changed. */
static int
collect(struct running *r, int64_t tick)
{
	aggregate_clear(r->agg, &r->answer);
	for (uint32_t id = 1; id < r->changed.count; id++) {
		const struct map_key *entry = map_entry(&r->changed, id);
		uint64_t hash = map_hash(&r->changed, *entry);
		uint64_t *from = map_get(&r->total, *entry, hash), *value;

		if (from == NULL || forgotten(r, from, tick))
			continue;
		value = map_add(&r->answer, *entry, hash);
		if (value == NULL || r->agg->merge(r->agg, value, from) == -1)
			return -1;
	}
	return 0;
}

struct map *
running_answer(struct running *r, int64_t tick)
{
	/* All is gone through anyway when all is told; else once in half a lifetime. */
	if (r->ttl > 0 && (r->emit == EMIT_COMPLETE || tick - r->swept >= r->ttl / 2) &&
	    sweep(r, tick) == -1)
		return NULL;
	if (r->emit != EMIT_UPDATE)
		return &r->total;
	return collect(r, tick) == -1 ? NULL : &r->answer;
}

void
running_answered(struct running *r, int64_t tick)
{
	map_clear(&r->changed);
	aggregate_clear(r->agg, &r->answer);
	if (r->length > 0 && tick % r->length == 0)
		aggregate_clear(r->agg, &r->total);
}

size_t
running_bytes(const struct running *r)
{
	return map_bytes(&r->total) + aggregate_bytes(r->agg, &r->total) +
	    map_bytes(&r->changed) + map_bytes(&r->answer);
}

uint32_t
running_keys(const struct running *r)
{
	return map_count(&r->total);
}

void
running_close(struct running *r)
{
	if (r->agg == NULL)
		return;
	aggregate_free(r->agg, &r->total);
	aggregate_free(r->agg, &r->answer);
	map_free(&r->changed);
}
