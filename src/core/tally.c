/* Counting keys and showing them best first, see tally.h. */
#include "core/tally.h"

int
tally_start(struct tally *t, struct map *map)
{
	t->map = map;
	t->seed[0] = map->seed[0];
	t->seed[1] = map->seed[1];
	t->n = 0;
	t->far = map->shard_mask != 0;
	return map_ready(map);
}

struct count_entry {			/* of a map of counts */
	struct map_key	key;
	uint64_t	count;
};

/* Counts a key that is not in the entry that was probed: it is new, long, or elsewhere. */
static int
count_elsewhere(struct tally *t, unsigned i)
{
	uint64_t *value = map_add(t->map, t->key[i], t->hash[i]);

	if (value == NULL)
		return -1;
	++*value;
	return 0;
}

/* map_entry for entries whose size is known when this is compiled. */
static inline struct count_entry *
entry_at(char *const *chunks, uint32_t id)
{
	char *chunk = chunks[id >> MAP_CHUNK_BITS];

	return (struct count_entry *)(void *)chunk + (id & ((1U << MAP_CHUNK_BITS) - 1));
}

/* Counts the waiting keys that are in a map of one shard and one chunk; lists the others. */
static unsigned
count_near(const struct tally *t, unsigned n, unsigned missed[TALLY_QUEUE])
{
	const struct map_shard one = t->map->shard[0];
	struct count_entry *entries = (void *)t->map->chunks[0];
	unsigned misses = 0;

	for (unsigned i = 0; i < n; i++) {
		struct count_entry *entry = entries + map_probe(&one, t->hash[i]);

		if (entry->key.a == t->key[i].a && entry->key.b == t->key[i].b)
			entry->count++;
		else
			missed[misses++] = i;
	}
	return misses;
}

/*
 * The same for any map: all entries are asked for before the first is used.  Many keys are new to
 * a large map, and which ones cannot be foretold: so they are counted without a branch.
 */
static unsigned
count_far(const struct tally *t, unsigned n, unsigned missed[TALLY_QUEUE])
{
	const struct map *m = t->map;
	char *const *chunks = m->chunks;
	struct count_entry *at[TALLY_QUEUE];
	unsigned misses = 0;

	for (unsigned i = 0; i < n; i++) {
		at[i] = entry_at(chunks, map_probe(map_shard(m, t->hash[i]), t->hash[i]));
		__builtin_prefetch(at[i], 1);
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t differ = (at[i]->key.a ^ t->key[i].a) | (at[i]->key.b ^ t->key[i].b);

		at[i]->count += differ == 0;
		missed[misses] = i;
		misses += differ != 0;
	}
	return misses;
}

/* The keys found are counted first; adding the others may move the entries. */
int
tally_drain(struct tally *t)
{
	unsigned missed[TALLY_QUEUE], n = t->n, misses;

	t->n = 0;
	misses = t->map->shard_mask == 0 ? count_near(t, n, missed) : count_far(t, n, missed);
	for (unsigned i = 0; i < misses; i++)
		if (count_elsewhere(t, missed[i]) == -1)
			return -1;
	return 0;
}

/* Puts N words into the queue, which has room for them. */
static void
queue_words(struct tally *t, const char *text, const uint16_t *edge, unsigned n)
{
	struct map_key *keys = t->key + t->n;
	uint64_t *hashes = t->hash + t->n;
	const uint64_t seed[2] = { t->seed[0], t->seed[1] };
	const bool far = t->far;

	for (size_t i = 0; i < n; i++) {
		size_t start = edge[2 * i], len = edge[2 * i + 1] - start;

		if (len <= MAP_INLINE) {
			keys[i] = map_key_inline(text + start, len);
			hashes[i] = map_key_hash_inline(keys[i], seed);
		} else {
			keys[i] = map_key_long(text + start, len);
			hashes[i] = map_key_hash(keys[i], seed);
		}
		if (far)
			__builtin_prefetch(map_home(t->map, hashes[i]));
	}
	t->n += n;
}

int
tally_words(struct tally *t, const char *text, const uint16_t *edge, size_t n)
{
	while (n > 0) {
		unsigned room = TALLY_QUEUE - t->n;
		unsigned take = n < room ? (unsigned)n : room;

		queue_words(t, text, edge, take);
		if (take == room && tally_drain(t) == -1)
			return -1;
		edge += 2 * take;
		n -= take;
	}
	return 0;
}

int
tally_end(struct tally *t)
{
	return tally_drain(t);
}

int
tally_fire(struct tally *t, const struct stage *s, const struct map *answer, uint64_t limit,
    struct err *err)
{
	t->next = 0;
	if (rank_sort(&t->rank, answer, s->given.always, limit) == -1)
		return err_memory(err, "ordering the answer");
	return 0;
}

size_t
tally_rows(struct tally *t, const struct rows *rows)
{
	size_t n = 0;

	for (; n < rows->cap && t->next < t->rank.n; n++, t->next++) {
		struct value *cells = rows->cells + 2 * n;
		const char *text;
		uint64_t count;
		size_t len;

		rank_ahead(&t->rank, t->next);
		text = rank_get(&t->rank, t->next, &len, &count);
		cells[0] = value_text(text, len);
		cells[1] = value_int((int64_t)count);
	}
	if (n == 0)
		rank_used(&t->rank);
	return n;
}

void
tally_close(struct tally *t)
{
	rank_free(&t->rank);
}
