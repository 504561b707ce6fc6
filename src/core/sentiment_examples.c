/* See sentiment_examples.h. */
#include "core/sentiment_examples.h"

#include "base/mem.h"
#include "core/sort.h"

#include <string.h>

/* Room for MORE examples. */
static int
reserve(struct sentiment_examples *e, size_t more)
{
	size_t cap = e->cap < 1024 ? 1024 : e->cap;
	struct sentiment_example *at;

	while (cap < e->n + more)
		cap *= 2;
	if (cap == e->cap)
		return 0;
	at = mem_realloc(e->at, cap * sizeof(*at));
	if (at == NULL)
		return -1;
	e->at = at;
	e->cap = cap;
	return 0;
}

/* The key of what is learnt of a token alone. */
static uint64_t
single_key(const struct sentiment_token *token)
{
	if (token->negated)
		return (sentiment_not_key(token->key) | EXAMPLE_KEY | EXAMPLE_SINGLE) &
		    ~EXAMPLE_WORD;
	return token->key | EXAMPLE_KEY | EXAMPLE_SINGLE | EXAMPLE_WORD;
}

static uint64_t
pair_key(uint64_t key)
{
	return (key | EXAMPLE_KEY) & ~(EXAMPLE_WORD | EXAMPLE_SINGLE);
}

/* Writes the keys of a text, and returns how many. */
static size_t
put_keys(uint64_t *key, const struct sentiment_text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		unsigned classes;

		key[n++] = single_key(&t->token[i]);
		key[n++] = pair_key(sentiment_pair_at(t, i));
		classes = sentiment_class_pairs(t, i, key + n);
		for (unsigned k = 0; k < classes; k++)
			key[n + k] = pair_key(key[n + k]);
		n += classes;
	}
	return n;
}

int
sentiment_examples_add(struct sentiment_examples *e, const struct sentiment_text *t,
    const struct sentiment_outcomes *outcomes, enum sentiment_label label, unsigned set,
    uint64_t hash)
{
	size_t most = (2 + SENTIMENT_CLASS_PAIRS_MAX) * t->n;
	struct sentiment_example *x;

	if (reserve(e, 1) == -1 || buf_reserve(&e->keys, most * sizeof(uint64_t)) == -1)
		return -1;
	x = &e->at[e->n++];
	*x = (struct sentiment_example){ .hash = hash, .tokens = (uint32_t)t->n, .set = set,
		.first = e->keys.len / sizeof(uint64_t), .label = (uint8_t)label,
		.outcomes = (uint8_t)outcomes->n };
	memcpy(x->outcome, outcomes->at, outcomes->n);
	for (size_t i = 0; i < t->n; i++)
		x->listed |= t->token[i].valence != 0;
	x->n = (uint32_t)put_keys((uint64_t *)(void *)(e->keys.data + e->keys.len), t);
	e->keys.len += x->n * sizeof(uint64_t);
	return 0;
}

int
sentiment_examples_append(struct sentiment_examples *e, const struct sentiment_examples *from)
{
	size_t before = e->keys.len / sizeof(uint64_t);

	if (from->n == 0)
		return 0;
	if (reserve(e, from->n) == -1 || buf_add(&e->keys, from->keys.data, from->keys.len) == -1)
		return -1;
	memcpy(e->at + e->n, from->at, from->n * sizeof(*from->at));
	for (size_t i = e->n; i < e->n + from->n; i++)
		e->at[i].first += before;
	e->n += from->n;
	return 0;
}

static int
compare(const void *one, const void *other, const void *arg)
{
	const struct sentiment_example *x = one, *y = other;

	(void)arg;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	return x->set < y->set ? -1 : x->set > y->set;
}

/* Writes the examples that POINTERS lead to into a new array, without repetitions. */
static int
rearrange(struct sentiment_examples *e, const void **pointers)
{
	struct sentiment_example *at = mem_alloc(e->n * sizeof(*at));
	size_t n = 0;

	if (at == NULL)
		return -1;
	for (size_t i = 0; i < e->n; i++)
		if (n == 0 || compare(&at[n - 1], pointers[i], NULL) != 0)
			memcpy(&at[n++], pointers[i], sizeof(*at));
	mem_free(e->at);
	e->at = at;
	e->cap = e->n;
	e->n = n;
	return 0;
}

int
sentiment_examples_sort(struct sentiment_examples *e)
{
	const void **pointers;
	int result = -1;

	if (e->n == 0)
		return 0;
	pointers = mem_alloc(e->n * sizeof(*pointers));
	if (pointers == NULL)
		return -1;
	for (size_t i = 0; i < e->n; i++)
		pointers[i] = &e->at[i];
	if (sort_pointers(pointers, e->n, compare, NULL) == 0)
		result = rearrange(e, pointers);
	mem_free(pointers);
	return result;
}

void
sentiment_examples_free(struct sentiment_examples *e)
{
	mem_free(e->at);
	buf_free(&e->keys);
	*e = (struct sentiment_examples){ .at = NULL };
}
