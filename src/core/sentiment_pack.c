/*
 * See sentiment_pack.h.  The words of the list come first, as they must not be missing; features
 * follow by their strength, so that those that find a full bucket are weak.
 */
#include "core/sentiment_pack.h"
#include "core/sentiment_model.h"
#include "core/sentiment_weigh.h"

#include "base/mem.h"
#include "core/sort.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BUCKETS_MAX 4096		/* 256 KiB */
#define PAIR_BUCKETS_MAX 9216		/* 576 KiB */
#define WORDS_A_BUCKET 7		/* on average, so that few are full */
#define PAIRS_A_BUCKET 9

/* A feature on its way. */
struct packed {
	uint64_t	 key;
	uint32_t	 strength;
	int8_t		 weight[SENTIMENT_LABELS];
	bool		 word;
};

struct pack {
	struct packed			*all;
	const void			**sorted;
	size_t				 n, words;
	struct sentiment_word_bucket	*word;
	struct sentiment_pair_bucket	*pair;
	uint32_t			 nword, npair;
	size_t				 taken;
};

/* The nearest whole number, halves away from zero, from -MOST to MOST. */
static int
round_to(float weight, int unit, int most)
{
	double v = (double)weight * unit;
	int i = (int)(v < 0 ? v - 0.5 : v + 0.5);

	return v > most ? most : v < -most ? -most : i;
}

/* False: it says nothing. */
static bool
pack_feature(struct packed *p, const struct sentiment_feature *f)
{
	p->key = f->key;
	p->word = (f->key & EXAMPLE_WORD) != 0;
	p->strength = 0;
	for (int k = 0; k < SENTIMENT_LABELS; k++) {
		p->weight[k] = (int8_t)round_to(f->weight[k], WEIGH_COARSE, INT8_MAX);
		p->strength += (uint32_t)abs(p->weight[k]);
	}
	p->strength *= f->count < 64 ? f->count : 64;
	return p->strength > 0;
}

static int
compare(const void *one, const void *other, const void *arg)
{
	const struct packed *x = one, *y = other;

	(void)arg;
	if (x->strength != y->strength)
		return x->strength > y->strength ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

static int
pack_features(struct pack *p, const struct sentiment_learnt *learnt)
{
	p->all = mem_alloc((learnt->n + 1) * sizeof(*p->all));
	p->sorted = mem_alloc((learnt->n + 1) * sizeof(*p->sorted));
	if (p->all == NULL || p->sorted == NULL)
		return -1;
	for (size_t i = 0; i < learnt->n; i++)
		if (pack_feature(&p->all[p->n], &learnt->feature[i])) {
			p->words += p->all[p->n].word;
			p->sorted[p->n] = &p->all[p->n];
			p->n++;
		}
	return sort_pointers(p->sorted, p->n, compare, NULL);
}

static uint32_t
buckets(size_t n, size_t each, size_t most)
{
	size_t wanted = n / each + 16;

	return (uint32_t)(wanted < most ? wanted : most);
}

/* False: a bucket is full, or two words have the same place. */
static bool
take_listed(struct pack *p, const struct sentiment_list *list)
{
	static const int8_t nothing[SENTIMENT_LABELS];
	struct sentiment_words words = sentiment_list_words(list);
	const uint64_t *key = (const uint64_t *)(const void *)list->keys.data;

	for (size_t i = 0; i < list->words; i++)
		if (!sentiment_word_add(p->word, p->nword, key[i], sentiment_word_valence(&words,
		    sentiment_word_find(&words, key[i])), nothing))
			return false;
	return true;
}

/* A table of words in which all of the list have a place. */
static int
make_words(struct pack *p, const struct sentiment_list *list)
{
	p->nword = buckets(p->words + list->words, WORDS_A_BUCKET, WORD_BUCKETS_MAX);
	for (;;) {
		p->word = mem_zalloc(p->nword * sizeof(*p->word));
		if (p->word == NULL)
			return -1;
		if (take_listed(p, list))
			return 0;
		mem_free(p->word);
		p->nword += p->nword / 32 + 1;
	}
}

static int
make_pairs(struct pack *p)
{
	p->npair = buckets(p->n - p->words, PAIRS_A_BUCKET, PAIR_BUCKETS_MAX);
	p->pair = mem_zalloc(p->npair * sizeof(*p->pair));
	return p->pair == NULL ? -1 : 0;
}

/* A word of the list has its place already. */
static bool
take_word(struct pack *p, const struct packed *f, const struct sentiment_words *list)
{
	struct sentiment_words own = { p->word, p->nword };
	struct sentiment_place at;

	if (sentiment_place_none(sentiment_word_find(list, f->key)))
		return sentiment_word_add(p->word, p->nword, f->key, 0, f->weight);
	at = sentiment_word_find(&own, f->key);
	if (sentiment_place_none(at))
		return false;
	memcpy(p->word[at.bucket].weight[at.slot], f->weight, SENTIMENT_LABELS);
	return true;
}

static void
take_features(struct pack *p, const struct sentiment_list *list)
{
	struct sentiment_words words = sentiment_list_words(list);

	for (size_t i = 0; i < p->n; i++) {
		const struct packed *f = p->sorted[i];

		p->taken += f->word ? take_word(p, f, &words) :
		    sentiment_pair_add(p->pair, p->npair, f->key, f->weight);
	}
}

static void
put_outcomes(unsigned char *bytes, const struct sentiment_learnt *learnt)
{
	memset(bytes, 0, MODEL_OUTCOMES_BYTES);
	for (unsigned i = 0; i < SENTIMENT_OUTCOMES; i++)
		for (int k = 0; k < SENTIMENT_LABELS; k++) {
			int v = round_to(learnt->outcome[i][k], WEIGH_FINE, INT16_MAX);

			*bytes++ = (unsigned char)(v & 0xff);
			*bytes++ = (unsigned char)(v >> 8 & 0xff);
		}
}

/* Writes all parts, one behind the other. */
static int
put_model(struct buf *out, const struct pack *p, const struct sentiment_learnt *learnt)
{
	size_t words = p->nword * sizeof(*p->word), pairs = p->npair * sizeof(*p->pair);
	size_t len = MODEL_HEAD + MODEL_OUTCOMES_BYTES + words + pairs;
	unsigned char *bytes;

	if (buf_reserve(out, len) == -1)
		return -1;
	bytes = (unsigned char *)out->data + out->len;
	put_outcomes(bytes + MODEL_HEAD, learnt);
	memcpy(bytes + MODEL_HEAD + MODEL_OUTCOMES_BYTES, p->word, words);
	memcpy(bytes + MODEL_HEAD + MODEL_OUTCOMES_BYTES + words, p->pair, pairs);
	model_close(bytes, len, p->nword, p->npair);
	out->len += len;
	return 0;
}

int
sentiment_pack(struct buf *out, const struct sentiment_learnt *learnt,
    const struct sentiment_list *list, size_t *packed)
{
	struct pack p = { .n = 0 };
	int result = -1;

	if (pack_features(&p, learnt) == 0 && make_words(&p, list) == 0 && make_pairs(&p) == 0) {
		take_features(&p, list);
		result = put_model(out, &p, learnt);
		*packed = p.taken;
	}
	mem_free(p.all);
	mem_free(p.sorted);
	mem_free(p.word);
	mem_free(p.pair);
	return result;
}
