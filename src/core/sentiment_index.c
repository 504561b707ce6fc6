/* See sentiment_index.h: an open-addressed table of keys with their counts, made for one run. */
#include "core/sentiment_index.h"

#include "base/mem.h"

#define SEEN_MIN 3

struct entry {
	uint64_t	key;		/* 0: free */
	uint32_t	count;
	uint32_t	number;		/* LEARN_NONE: none yet */
};

struct index {
	struct entry	*at;
	size_t		 mask;
};

/* The entry of a key, or the free one where it belongs. */
static struct entry *
find(const struct index *index, uint64_t key)
{
	size_t i = (size_t)(key ^ key >> 32) & index->mask;

	while (index->at[i].key != 0 && index->at[i].key != key)
		i = (i + 1) & index->mask;
	return &index->at[i];
}

static void
count_keys(const struct index *index, const struct sentiment_examples *e,
    const struct sentiment_example *x)
{
	const uint64_t *key = sentiment_example_keys(e, x);

	for (uint32_t i = 0; i < x->n; i++) {
		struct entry *entry = find(index, key[i]);

		if (entry->key == 0)
			*entry = (struct entry){ key[i], 0, LEARN_NONE };
		entry->count++;
	}
}

/* Gives numbers to the keys of an example that have none yet; those that are rare get none. */
static void
number_keys(const struct index *index, struct sentiment_learnt *learnt,
    const struct sentiment_examples *e, const struct sentiment_example *x)
{
	const uint64_t *key = sentiment_example_keys(e, x);

	for (uint32_t i = 0; i < x->n; i++) {
		struct entry *entry = find(index, key[i]);

		if (entry->number != LEARN_NONE || entry->count < SEEN_MIN)
			continue;
		entry->number = (uint32_t)learnt->n;
		learnt->feature[learnt->n++] = (struct sentiment_feature){
			.key = key[i], .count = entry->count,
		};
	}
}

static int
make_table(struct index *index, size_t keys)
{
	size_t size = 1024;

	while (size < keys + keys / 2)
		size *= 2;
	index->at = mem_zalloc(size * sizeof(*index->at));
	index->mask = size - 1;
	return index->at == NULL ? -1 : 0;
}

int
sentiment_index(struct sentiment_learnt *learnt, const struct sentiment_examples *e,
    const bool *used, uint32_t **ids)
{
	size_t keys = e->keys.len / sizeof(uint64_t);
	struct index index;

	if (make_table(&index, keys) == -1)
		return -1;
	for (size_t i = 0; i < e->n; i++)
		if (used[i])
			count_keys(&index, e, &e->at[i]);
	learnt->n = 0;
	learnt->feature = mem_alloc((keys / SEEN_MIN + 1) * sizeof(*learnt->feature));
	*ids = mem_alloc((keys + 1) * sizeof(**ids));
	if (learnt->feature == NULL || *ids == NULL) {
		mem_free(index.at);
		return -1;
	}
	for (size_t i = 0; i < e->n; i++)
		if (used[i])
			number_keys(&index, learnt, e, &e->at[i]);
	for (size_t i = 0; i < e->n; i++)
		for (uint32_t k = 0; k < e->at[i].n; k++) {
			const struct entry *entry = find(&index,
			    sentiment_example_keys(e, &e->at[i])[k]);

			(*ids)[e->at[i].first + k] = entry->key == 0 ? LEARN_NONE : entry->number;
		}
	mem_free(index.at);
	return 0;
}
