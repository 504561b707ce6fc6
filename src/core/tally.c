/* Counting keys and showing them best first, see tally.h. */
#include "core/tally.h"

#define LARGE 40000		/* keys from which on a map is not in the second-level cache */

int
tally_start(struct tally *t, struct map *map)
{
	t->map = map;
	t->n = 0;
	t->queued = map_count(map) > LARGE;
	return map_ready(map);
}

int
tally_drain(struct tally *t)
{
	struct map *m = t->map;
	unsigned n = t->n;

	t->n = 0;
	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(map_entry(m, (uint32_t)*map_home(m, t->hash[i])), 1);
	for (unsigned i = 0; i < n; i++) {
		uint64_t *value;

		if (tally_at_home(m, t->key[i], t->hash[i]))
			continue;
		value = map_add(m, t->key[i], t->hash[i]);
		if (value == NULL)
			return -1;
		++*value;
	}
	return 0;
}

int
tally_end(struct tally *t)
{
	return tally_drain(t);
}

int
tally_fire(struct tally *t, const struct map *answer, uint64_t limit, struct err *err)
{
	t->next = 0;
	if (rank_sort(&t->rank, answer, limit) == -1)
		return err_memory(err, "ordering the answer");
	return 0;
}

size_t
tally_rows(struct tally *t, const struct rows *rows)
{
	size_t n = 0;

	for (; n < rows->cap && t->next < t->rank.n; n++, t->next++) {
		struct value *cells = rows->cells + 2 * n;
		uint64_t count;

		cells[0].kind = VALUE_TEXT;
		cells[0].text = rank_get(&t->rank, t->next, &cells[0].len, &count);
		cells[1].kind = VALUE_INT;
		cells[1].i = (int64_t)count;
	}
	return n;
}

void
tally_close(struct tally *t)
{
	rank_free(&t->rank);
}
