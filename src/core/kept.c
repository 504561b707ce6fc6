/* Partial answers that are written down, see kept.h. */
#include "core/kept.h"

void
kept_init(struct kept *k, const struct aggregate *agg, size_t more, const uint64_t seed[2])
{
	*k = (struct kept){ .agg = agg, .more = more };
	map_init(&k->map, (agg->words + more) * sizeof(uint64_t), seed);
}

int
kept_put(const struct kept *k, const uint64_t *value, struct saving *s, struct err *err)
{
	s->part.generation = k->log.generation;
	if (aggregate_save(k->agg, value, s->out) == -1)
		return err_memory(err, "putting state down");
	for (size_t i = 0; i < k->more; i++)
		if (wire_put(s->out, value[k->agg->words + i]) == -1)
			return err_memory(err, "putting state down");
	return save_room(s, err);
}

int
kept_end(struct kept *k, uint64_t n, struct saving *s, struct err *err)
{
	uint32_t count = map_count(&k->map), id, to;

	if (n == 0)
		return 0;
	k->stored = true;
	if (save_flush(s, err) == -1)
		return -1;
	changelog_sweep(&k->log, s, n, count, &id, &to);
	for (; id < to; id++)
		if (kept_put(k, (uint64_t *)(map_entry(&k->map, id) + 1), s, err) == -1)
			return -1;
	return changelog_swept(&k->log, s, count, err);
}

int
kept_add(struct kept *k, const struct map *from, struct saving *s, struct err *err)
{
	for (uint32_t id = 1; id < from->count; id++) {
		const struct map_key *entry = map_entry(from, id);
		uint64_t *value = map_add(&k->map, *entry, map_hash(&k->map, *entry));

		if (value == NULL ||
		    k->agg->merge(k->agg, value, (const uint64_t *)(entry + 1)) == -1)
			return err_memory(err, "adding a batch to the state");
		if (s != NULL && kept_put(k, value, s, err) == -1)
			return -1;
	}
	return s == NULL ? 0 : kept_end(k, map_count(from), s, err);
}

/* With nothing to merge with the maps change places. */
int
kept_take(struct kept *k, struct map *from, struct saving *s, struct err *err)
{
	struct map *map = &k->map, empty = *map;

	if (map_count(map) > 0 || s == NULL) {
		int rc = kept_add(k, from, s, err);

		aggregate_clear(k->agg, from);
		return rc;
	}
	*map = *from;
	*from = empty;
	for (uint32_t id = 1; id < map->count; id++)
		if (kept_put(k, (uint64_t *)(map_entry(map, id) + 1), s, err) == -1)
			return -1;
	return kept_end(k, map_count(map), s, err);
}

int
kept_forget(struct kept *k, struct saving *s, struct err *err)
{
	if (s == NULL || !k->stored)
		return 0;
	k->stored = false;
	return changelog_clear(&k->log, s, err);
}

int
kept_clear(struct kept *k, struct saving *s, struct err *err)
{
	aggregate_clear(k->agg, &k->map);
	return kept_forget(k, s, err);
}

int
kept_rewrite(struct kept *k, struct saving *s, struct err *err)
{
	struct saving older;

	if (s == NULL || !k->stored)
		return 0;
	k->log = (struct changelog){
		.generation = k->log.generation + 1, .written = map_count(&k->map),
	};
	for (uint32_t id = 1; id < k->map.count; id++)
		if (kept_put(k, (uint64_t *)(map_entry(&k->map, id) + 1), s, err) == -1)
			return -1;
	s->part.generation = k->log.generation;
	if (save_flush(s, err) == -1)
		return -1;
	older = *s;
	older.part.generation--;
	return save_clear(&older, err);
}

int
kept_load(struct kept *k, const struct store_part *part, struct wire *in)
{
	uint64_t n = 0, *value;

	for (; in->at < in->end; n++) {
		if (n % AGGREGATE_AHEAD == 0 &&
		    aggregate_ahead(k->agg, &k->map, *in, k->more) == -1)
			return -1;
		if (aggregate_load(k->agg, &k->map, in, &value) == -1)
			return -1;
		for (size_t i = 0; i < k->more && !in->damaged; i++)
			value[k->agg->words + i] = wire_get(in);
	}
	k->stored = true;
	changelog_loaded(&k->log, part, n);
	return 0;
}

size_t
kept_bytes(const struct kept *k)
{
	return map_bytes(&k->map) + aggregate_bytes(k->agg, &k->map);
}

void
kept_free(struct kept *k)
{
	if (k->agg != NULL)
		aggregate_free(k->agg, &k->map);
	*k = (struct kept){ 0 };
}
