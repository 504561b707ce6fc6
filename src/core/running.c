/* Answers that grow, see running.h. */
#include "core/running.h"

#include <string.h>

static int
no_merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	(void)into;
	(void)from;
	return 0;
}

/* Keys alone. */
static const struct aggregate keys_only = { .name = "keys", .words = 0, .merge = no_merge };

void
running_open(struct running *r, const struct aggregate *agg, enum emit emit, int64_t length,
    int64_t ttl, const uint64_t seed[2], struct saving *saving)
{
	*r = (struct running){
		.agg = agg, .emit = emit, .length = length, .ttl = ttl, .saving = saving,
	};
	kept_init(&r->total, agg, 1, seed);
	kept_init(&r->changed, &keys_only, 0, seed);
	map_init(&r->answer, agg->words * sizeof(uint64_t), seed);
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

struct saving *
running_part(const struct running *r, enum store_role role)
{
	if (r->saving == NULL)
		return NULL;
	r->saving->part.role = role;
	r->saving->part.tick = 0;
	return r->saving;
}

int
running_begin(struct running *r, const struct map *first)
{
	r->begun = true;
	return aggregate_merge(r->agg, &r->total.map, first);
}

/* The first batch touches what was there before it. */
static int
touch_all(struct running *r, int64_t tick, struct err *err)
{
	const struct map *total = &r->total.map;
	struct saving *to = running_part(r, STORE_TOTAL);

	r->begun = false;
	for (uint32_t id = 1; id < total->count; id++) {
		*touched(r, value_of(total, id)) = tick;
		if (to != NULL && kept_put(&r->total, value_of(total, id), to, err) == -1)
			return -1;
	}
	return to == NULL ? 0 : kept_end(&r->total, map_count(total), to, err);
}

/* Adds a batch to the total, and puts down what that touches. */
static int
add_total(struct running *r, const struct map *open, int64_t tick, struct err *err)
{
	struct saving *to = running_part(r, STORE_TOTAL);

	for (uint32_t id = 1; id < open->count; id++) {
		const struct map_key *entry = map_entry(open, id);
		uint64_t *value = map_add(&r->total.map, *entry, map_hash(open, *entry));

		if (value == NULL)
			return err_memory(err, "adding a batch to the state");
		if (forgotten(r, value, tick))
			aggregate_zero(r->agg, value);
		if (r->agg->merge(r->agg, value, (const uint64_t *)(entry + 1)) == -1)
			return err_memory(err, "adding a batch to the state");
		*touched(r, value) = tick;
		if (to != NULL && kept_put(&r->total, value, to, err) == -1)
			return -1;
	}
	return to == NULL ? 0 : kept_end(&r->total, map_count(open), to, err);
}

int
running_add(struct running *r, struct map *open, int64_t tick, struct err *err)
{
	if (r->begun && touch_all(r, tick, err) == -1)
		return -1;
	if (add_total(r, open, tick, err) == -1)
		return -1;
	if (r->emit == EMIT_UPDATE &&
	    kept_add(&r->changed, open, running_part(r, STORE_CHANGED), err) == -1)
		return -1;
	aggregate_clear(r->agg, open);
	return 0;
}

struct sweeping {
	const struct running	*running;
	int64_t			 tick;
	uint32_t		 id;		/* of the entry that is looked at */
	uint32_t		 put;		/* entries that stay and were before the cursor */
};

static bool
keep(void *arg, struct map_key *entry)
{
	struct sweeping *s = arg;
	uint64_t *value = (uint64_t *)(entry + 1);

	s->id++;
	if (forgotten(s->running, value, s->tick)) {
		aggregate_zero(s->running->agg, value);
		return false;
	}
	s->put += s->id < s->running->total.log.cursor;
	return true;
}

/* Takes what is forgotten out of the total.  A sweep of its log goes on where it was. */
static void
sweep(struct running *r, int64_t tick)
{
	struct sweeping s = { .running = r, .tick = tick };

	map_keep(&r->total.map, keep, &s);
	r->total.log.cursor = s.put + 1;
	r->swept = tick;
}

/* Copies of the values whose keys have changed. */
static int
collect(struct running *r, int64_t tick)
{
	const struct map *changed = &r->changed.map;

	aggregate_clear(r->agg, &r->answer);
	for (uint32_t id = 1; id < changed->count; id++) {
		const struct map_key *entry = map_entry(changed, id);
		uint64_t hash = map_hash(changed, *entry);
		uint64_t *from = map_get(&r->total.map, *entry, hash), *value;

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
	if (r->ttl > 0 && (r->emit == EMIT_COMPLETE || tick - r->swept >= r->ttl / 2))
		sweep(r, tick);
	if (r->emit != EMIT_UPDATE)
		return &r->total.map;
	return collect(r, tick) == -1 ? NULL : &r->answer;
}

int
running_answered(struct running *r, int64_t tick, struct err *err)
{
	aggregate_clear(r->agg, &r->answer);
	if (kept_clear(&r->changed, running_part(r, STORE_CHANGED), err) == -1)
		return -1;
	if (r->length == 0 || tick % r->length != 0)
		return 0;
	return kept_clear(&r->total, running_part(r, STORE_TOTAL), err);
}

void
running_empty(struct running *r)
{
	aggregate_clear(r->agg, &r->total.map);
	r->begun = false;
}

int
running_load(struct running *r, const struct store_part *part, struct wire *in)
{
	return kept_load(part->role == STORE_TOTAL ? &r->total : &r->changed, part, in);
}

size_t
running_bytes(const struct running *r)
{
	return kept_bytes(&r->total) + map_bytes(&r->changed.map) + map_bytes(&r->answer);
}

uint32_t
running_keys(const struct running *r)
{
	return map_count(&r->total.map);
}

void
running_close(struct running *r)
{
	if (r->agg == NULL)
		return;
	kept_free(&r->total);
	kept_free(&r->changed);
	aggregate_free(r->agg, &r->answer);
}
