/*
 * A model as bytes, which is all there is to it: a head, the weights of the outcomes of the rules,
 * the table of words, the table of pairs; numbers are little-endian, each part begins at a multiple
 * of 64 bytes.
 */
#ifndef CORE_SENTIMENT_MODEL_H
#define CORE_SENTIMENT_MODEL_H

#include "core/sentiment_list.h"
#include "core/sentiment_rules.h"

#define MODEL_MAGIC "streamctl sentiment model 1\n"	/* and zeros up to MODEL_COUNTS */
#define MODEL_COUNTS 40			/* u32: buckets of words, of pairs, outcomes */
#define MODEL_SUM 56			/* u64: over all that follows the head, and the counts */
#define MODEL_HEAD 64
#define MODEL_OUTCOMES_BYTES ((SENTIMENT_OUTCOMES * SENTIMENT_LABELS * 2 + 63) / 64 * 64)
#define MODEL_BUCKETS_MAX (1 << 20)

struct sentiment_model {
	const unsigned char	*bytes;
	unsigned char		*owned;	/* the same, if they are ours to free */
	struct sentiment_list	 own;	/* a user's words */
};

static inline uint32_t
model_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline struct sentiment_lookup
model_lookup(const struct sentiment_model *m)
{
	const void *words = m->bytes + MODEL_HEAD + MODEL_OUTCOMES_BYTES;

	return (struct sentiment_lookup){
		{ words, model_u32(m->bytes + MODEL_COUNTS) }, sentiment_list_words(&m->own),
	};
}

static inline struct sentiment_pairs
model_pairs(const struct sentiment_model *m)
{
	const void *pairs = m->bytes + MODEL_HEAD + MODEL_OUTCOMES_BYTES +
	    (size_t)64 * model_u32(m->bytes + MODEL_COUNTS);

	return (struct sentiment_pairs){ pairs, model_u32(m->bytes + MODEL_COUNTS + 4) };
}

/* The weight of an outcome for a label. */
static inline int
model_outcome(const struct sentiment_model *m, unsigned outcome, int label)
{
	const unsigned char *p = m->bytes + MODEL_HEAD +
	    2 * (SENTIMENT_LABELS * outcome + (unsigned)label);

	return (int16_t)(p[0] | p[1] << 8);
}

/* The sums for a text. */
struct sentiment_sums {
	int32_t	 words[SENTIMENT_LABELS];	/* and pairs, in 64ths, not shrunk */
	int32_t	 outcomes[SENTIMENT_LABELS];	/* in 1024ths */
	uint32_t features;			/* singles and pairs, whether known or not */
	uint32_t known;				/* tokens of which something was learnt */
	int64_t	 valences;			/* sizes of all together: what the list knows */
};

/* Adds what was learnt of a word or pair. */
static inline void
sentiment_sums_add(struct sentiment_sums *s, const int8_t *weight)
{
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		s->words[i] += weight[i];
	s->features++;
}

/* Adds the weights of the N outcomes of a text. */
void sentiment_sums_outcomes(struct sentiment_sums *, const struct sentiment_model *,
    const uint8_t *outcome, unsigned n);

/* Sums to the answer, for a text of so many tokens; THRESHOLD as in sentiment_judge. */
void sentiment_conclude(const struct sentiment_sums *, size_t tokens, int threshold,
    struct sentiment *out);

/* The head of a model whose other parts are in BYTES, behind room for it. */
void model_close(unsigned char *bytes, size_t len, uint32_t words, uint32_t pairs);

#endif
