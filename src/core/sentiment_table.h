/*
 * Tables of weights by key, made for looking up: a bucket is one line of the cache, its tags are
 * compared at once, and what does not fit into its bucket is not in the table.  A tag is 16 bits of
 * the key, so of a hundred thousand keys that are not there some fifteen are found all the same.
 * The bytes of a table are the same on every machine.
 */
#ifndef CORE_SENTIMENT_TABLE_H
#define CORE_SENTIMENT_TABLE_H

#include "core/sentiment.h"

#include <stdbool.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define SENTIMENT_WORD_SLOTS 10
#define SENTIMENT_PAIR_SLOTS 12

/*
 * A tag is two bytes, 0 is free.  Behind the last slot lies one that nobody gets, of zeros: what is
 * not there has it, and nothing need be asked of what was found.
 */
struct sentiment_word_bucket {		/* words: what was learnt, and what the word list says */
	int8_t	valence[SENTIMENT_WORD_SLOTS + 1];	/* twentieths, or a role */
	uint8_t	low[SENTIMENT_WORD_SLOTS], high[SENTIMENT_WORD_SLOTS];
	int8_t	weight[SENTIMENT_WORD_SLOTS + 1][SENTIMENT_LABELS];
};

struct sentiment_pair_bucket {		/* negated words, and two in a row */
	uint8_t	low[SENTIMENT_PAIR_SLOTS], high[SENTIMENT_PAIR_SLOTS];
	int8_t	weight[SENTIMENT_PAIR_SLOTS + 1][SENTIMENT_LABELS];
	uint8_t	unused[1];
};

/* Of what a word does to others, in place of a valence; all are above SENTIMENT_VALENCE_MAX. */
enum sentiment_role {
	SENTIMENT_VALENCE_MAX = 100,
	SENTIMENT_NEGATOR, SENTIMENT_BOOSTER, SENTIMENT_DAMPENER, SENTIMENT_BUT,
};

struct sentiment_words {
	const struct sentiment_word_bucket	*bucket;
	uint32_t				 n;
};

struct sentiment_pairs {
	const struct sentiment_pair_bucket	*bucket;
	uint32_t				 n;
};

static inline uint32_t
sentiment_bucket(uint64_t key, uint32_t n)
{
	return (uint32_t)((key >> 32) * n >> 32);
}

static inline unsigned
sentiment_tag(uint64_t key)
{
	unsigned tag = key & 0xffff;

	return tag == 0 ? 1 : tag;
}

/* The first of N slots with the tag, or N; 16 bytes from either on are readable. */
static inline unsigned
sentiment_match(const uint8_t *low, const uint8_t *high, unsigned tag, unsigned n)
{
#if defined(__x86_64__)
	__m128i lows = _mm_loadu_si128((const __m128i *)(const void *)low);
	__m128i highs = _mm_loadu_si128((const __m128i *)(const void *)high);
	__m128i same = _mm_and_si128(_mm_cmpeq_epi8(lows, _mm_set1_epi8((char)tag)),
	    _mm_cmpeq_epi8(highs, _mm_set1_epi8((char)(tag >> 8))));
	unsigned bits = (unsigned)_mm_movemask_epi8(same) & ((1U << n) - 1);

	return (unsigned)__builtin_ctz(bits | 1U << n);
#else
	unsigned i = 0;

	while (i < n && !(low[i] == (tag & 0xff) && high[i] == tag >> 8))
		i++;
	return i;
#endif
}

/* Where a word is in its table; slot SENTIMENT_WORD_SLOTS: it is not there. */
struct sentiment_place {
	uint32_t	bucket, slot;
};

static inline struct sentiment_place
sentiment_word_find(const struct sentiment_words *w, uint64_t key)
{
	uint32_t i = sentiment_bucket(key, w->n);

	return (struct sentiment_place){ i, sentiment_match(w->bucket[i].low, w->bucket[i].high,
	    sentiment_tag(key), SENTIMENT_WORD_SLOTS) };
}

static inline bool
sentiment_place_none(struct sentiment_place at)
{
	return at.slot == SENTIMENT_WORD_SLOTS;
}

static inline int
sentiment_word_valence(const struct sentiment_words *w, struct sentiment_place at)
{
	return w->bucket[at.bucket].valence[at.slot];
}

static inline const int8_t *
sentiment_word_weight(const struct sentiment_words *w, struct sentiment_place at)
{
	return w->bucket[at.bucket].weight[at.slot];
}

/* The weights, which are zeros if the key is not there; *KNOWN grows by one if it is. */
static inline const int8_t *
sentiment_pair_find(const struct sentiment_pairs *p, uint64_t key, uint32_t *known)
{
	const struct sentiment_pair_bucket *b = &p->bucket[sentiment_bucket(key, p->n)];
	unsigned slot = sentiment_match(b->low, b->high, sentiment_tag(key), SENTIMENT_PAIR_SLOTS);

	*known += slot != SENTIMENT_PAIR_SLOTS;
	return b->weight[slot];
}

/* Key of a word that is negated, and of two words in a row. */
static inline uint64_t
sentiment_not_key(uint64_t key)
{
	key = (key ^ UINT64_C(0x8ebc6af09c88c6e3)) * UINT64_C(0x589965cc75374cc3);
	return key ^ key >> 29;
}

static inline uint64_t
sentiment_pair_key(uint64_t first, uint64_t second)
{
	uint64_t key = ((first << 21 | first >> 43) ^ second) * UINT64_C(0x1d8e4e27c47d124f);

	return key ^ key >> 31;
}

/*
 * Takes a key into a table that is being made; false if its bucket is full, or holds another with
 * the same tag.
 */
bool sentiment_word_add(struct sentiment_word_bucket *, uint32_t n, uint64_t key, int valence,
    const int8_t *weight);
bool sentiment_pair_add(struct sentiment_pair_bucket *, uint32_t n, uint64_t key,
    const int8_t *weight);

#endif
